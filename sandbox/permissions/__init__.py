"""Who calls, and whether policies let them.

`evaluation` is pure: policies and a request in, a decision out, with the wildcards and variables of `patterns` and the
operators of `conditions`. `identities` keeps the sessions of roles. `rights` asks whether a session may make a call, of
which `needed_rights` and `dynamodb_rights` know the actions and resources; `trust`, whether a role may be assumed.
"""
