"""What API Gateway's control plane refuses: one file a thing that its calls are about.

Architecture: a call comes in at `calls` and is checked there, in `resources`, `methods`, `integrations`, `deployments`,
`stages`, `usage_plans` or `keys`, before moto has it; `fields` says what Update calls may change. `backend` brings them
together, and has the state behind them. An import is no such call: what it is refused for is `sandbox.api_gateway`'s.
"""

from sandbox.refusals.api_gateway.backend import RefusingApiGateway, snapshot

__all__ = ["RefusingApiGateway", "snapshot"]
