"""What API Gateway's control plane refuses: one file a thing that its calls are about.

Architecture: a call comes in at `calls` and is checked there, in `resources`, `methods`, `integrations`, `authorizers`,
`deployments`, `stages`, `usage_plans` or `keys`, before moto has it; `fields` says what Update calls may change.
`backend` brings them together, and has the state behind them: what an import is refused for as well, which is no such
call, is checked there.
"""

from sandbox.refusals.api_gateway.backend import RefusingApiGateway, snapshot

__all__ = ["RefusingApiGateway", "snapshot"]
