"""The stages of our API, as GetStages gives them: which of them are ours, how they are throttled, what they serve.

Ours is the one that config.yaml names, for the API is ours, and each other that carries our tags: that was its name in
config.yaml once. Those of other names without our tags are somebody's; they only go with the API.
https://docs.aws.amazon.com/apigateway/latest/api/API_GetStages.html
"""

from __future__ import annotations

from typing import Any

from stack.lab import Lab
from stack.outcome import Shape


def own(lab: Lab, stages: Any) -> list[Any]:
    """The one of the configured name first."""
    ours = [stage for stage in stages if is_named(lab, stage) or lab.identity.items() <= stage.get("tags", {}).items()]
    return sorted(ours, key=lambda stage: not is_named(lab, stage))


def foreign(lab: Lab, stages: Any) -> list[str]:
    """The names of the others."""
    ours = own(lab, stages)
    return [stage["stageName"] for stage in stages if stage not in ours]


def is_named(lab: Lab, stage: Any) -> bool:
    return bool(stage["stageName"] == lab.config.api.stage)


def throttle_of(stage: Any) -> Shape:
    """Of all methods; None where nothing is set."""
    setting = stage.get("methodSettings", {}).get("*/*", {})
    return {"rate_per_second": setting.get("throttlingRateLimit"), "burst": setting.get("throttlingBurstLimit")}


def served(stages: Any) -> set[str | None]:
    """The ids of the deployments that these stages and their canaries point at."""
    canaries = {stage.get("canarySettings", {}).get("deploymentId") for stage in stages}
    return canaries | {stage["deploymentId"] for stage in stages}
