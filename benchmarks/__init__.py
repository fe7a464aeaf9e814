"""How long it all takes, one command each: `python -m benchmarks.NAME` prints a table and writes results/NAME.json.

Nothing here is asserted: timings belong to a machine and a day. docs/performance.md tells what was measured.
"""
