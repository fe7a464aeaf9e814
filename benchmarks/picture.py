"""docs/timeline.svg: each call of a provision as a bar, and those that had to wait for one another in colour."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch

from benchmarks.timeline import TimedCall, longest_chain
from tests.backend import INVOKE_URL

PICTURE = Path(__file__).parents[1] / "docs" / "timeline.svg"
CHAIN, OTHER, SMOKE, TEXT = "#c2410c", "#94a3b8", "#2563eb", "#1f2937"
INCHES_A_BAR, INCHES_AROUND, WIDTH = 0.17, 1.3, 9.0
# The same calls give the same bytes, and words stay words.
SETTINGS = {"svg.hashsalt": "timeline", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 8}


def draw(control: list[TimedCall], smoke: list[TimedCall], title: str, path: Path = PICTURE) -> Path:
    """A white card, so that it is the same on light pages and on dark ones."""
    chain = longest_chain(control)
    calls = sorted([*control, *smoke], key=lambda call: call.started)
    last = max(call.ended for call in calls)
    colours = [SMOKE if call in smoke else CHAIN if call in chain else OTHER for call in calls]
    with mpl.rc_context(SETTINGS):
        height = INCHES_AROUND + INCHES_A_BAR * len(calls)
        figure = Figure((WIDTH, height), facecolor="none")
        rounded = "round,pad=0,rounding_size=0.15"
        card = FancyBboxPatch((0.1, 0.1), WIDTH - 0.2, height - 0.2, rounded, fc="white", ec="#d1d5db", zorder=-1)
        card.set_transform(figure.dpi_scale_trans)
        figure.add_artist(card)
        axes = figure.add_axes((0.35 / WIDTH, 0.55 / height, 1 - 0.7 / WIDTH, 1 - 1.05 / height), facecolor="none")
        axes.barh(
            range(len(calls)), [call.seconds for call in calls], 0.7, [call.started for call in calls], color=colours
        )
        for row, call in enumerate(calls):
            name = "invoke URL" if call.operation == INVOKE_URL else call.operation
            is_late = call.ended > last * 0.75
            at, side = (call.started, "right") if is_late else (call.ended, "left")
            axes.annotate(
                name, (at, row), (-3 if is_late else 3, 0), textcoords="offset points", ha=side, va="center", color=TEXT
            )
        axes.set(xlim=(0, last * 1.01), ylim=(len(calls) - 0.4, -0.6), yticks=[])
        axes.set_xlabel("seconds from the start of the process", color=TEXT)
        axes.set_title(title, loc="left", color=TEXT, fontsize=10)
        axes.tick_params(colors=TEXT)
        axes.grid(axis="x", color="#e5e7eb")
        axes.set_axisbelow(True)
        axes.spines[:].set_visible(False)
        told = {CHAIN: "longest chain: each began after the one before it", OTHER: "beside it", SMOKE: "smoke test"}
        axes.legend(
            handles=[Patch(color=colour, label=text) for colour, text in told.items() if colour in colours],
            loc="lower left",
            frameon=False,
            labelcolor=TEXT,
        )
        figure.savefig(path, format="svg", metadata={"Date": None})
    return path
