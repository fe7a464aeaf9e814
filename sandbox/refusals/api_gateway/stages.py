"""Stages of a REST API and their settings, as reads tell them and as patches may change them.

A method setting's key is what stood in the patch's path: `*/*`, `pets/GET` or `~1pets/GET`.
https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateStage.html
"""

from __future__ import annotations

import copy
import math
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from moto.apigateway.models import RestAPI, Stage

from sandbox.api_gateway.answers import answer
from sandbox.api_gateway.errors import BadRequest, Conflict
from sandbox.refusals.api_gateway.calls import Call, check_room
from sandbox.refusals.api_gateway.fields import flag

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
STAGES_PER_API = 10
LEVELS = ("OFF", "ERROR", "INFO")
# LocalStack's recording: apigateway test_create_update_stages
DEFAULTS = {
    "cacheDataEncrypted": False,
    "cacheTtlInSeconds": 300,
    "cachingEnabled": False,
    "dataTraceEnabled": False,
    "metricsEnabled": False,
    "requireAuthorizationForCacheControl": True,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
VALID_PATHS = (
    "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, "
    "/accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, "
    "/{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, "
    "/{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit"
    "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, "
    "/{resourcePath}/{httpMethod}/caching/dataEncrypted, "
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, "
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, "
    "/*/*/logging/dataTrace, /*/*/logging/loglevel, "
    "/*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, /*/*/caching/enabled, "
    "/*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, "
    "/*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled"
)
PLAIN = re.compile(
    r"/(deploymentId|description|cacheCluster(Enabled|Size)|clientCertificateId|tracingEnabled"
    r"|accessLogSettings(/(destinationArn|format))?|variables/[^/]+)"
)
# Of one verb, never ANY: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
SETTING = re.compile(r"/(?P<key>\*/\*|.*/(?:GET|PUT|POST|DELETE|PATCH|OPTIONS|HEAD))/(?P<name>\w+/\w+)")


def number(kind: Callable[[str], float]) -> Callable[[str], float]:
    def read(value: str) -> float:
        try:
            found = kind(value)
        except ValueError:
            found = math.nan
        if not math.isfinite(found) or found < -1:  # -1 is without a limit
            raise BadRequest(f"Invalid method setting value specified: {value}")
        return found

    return read


SETTINGS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "metrics/enabled": ("metricsEnabled", flag),
    "logging/dataTrace": ("dataTraceEnabled", flag),
    "logging/loglevel": ("loggingLevel", str),
    "throttling/burstLimit": ("throttlingBurstLimit", number(int)),
    "throttling/rateLimit": ("throttlingRateLimit", number(float)),
    "caching/enabled": ("cachingEnabled", flag),
    "caching/ttlInSeconds": ("cacheTtlInSeconds", number(int)),
    "caching/dataEncrypted": ("cacheDataEncrypted", flag),
    "caching/requireAuthorizationForCacheControl": ("requireAuthorizationForCacheControl", flag),
    "caching/unauthorizedCacheControlHeaderStrategy": ("unauthorizedCacheControlHeaderStrategy", str),
}


class Stages(Call):
    def create_stage(self) -> Any:
        """The texts are from experience."""
        api, name = self.find_api(), self._get_param("stageName")
        check_name(name)
        if name in api.stages:
            raise Conflict("Stage already exists")
        if self._get_param("deploymentId") not in api.deployments:
            raise BadRequest("Deployment id does not exist")
        check_room(api.stages, STAGES_PER_API, "Stages", "API")
        super().create_stage()
        return answer(201, shown(api.stages[name]))

    def get_stage(self) -> Any:
        return answer(200, shown(self.find_stage()))

    def get_stages(self) -> Any:
        """LocalStack's recording: apigateway test_get_stages_filters_by_deployment_id"""
        wanted = self._get_param("deploymentId")
        stages = [each for each in self.find_api().stages.values() if wanted in (None, each.deployment_id)]
        return answer(200, {"item": [shown(each) for each in stages]})

    def update_stage(self) -> Any:
        """All patches, or none. LocalStack's recordings: apigateway test_create_update_stages,
        test_update_stage_remove_wildcard, test_update_stage_canary_deployment_validation"""
        api, stage = self.find_api(), self.find_stage()
        changed = copy.deepcopy(stage)
        for patch in self.patches():
            self.patch_stage(api, changed, patch)
        changed.last_updated_date = int(time.time())
        vars(stage).update(vars(changed))  # the same stage: what it has throttled is not forgotten
        return answer(200, shown(stage))

    def patch_stage(self, api: RestAPI, stage: Stage, patch: dict[str, Any]) -> None:
        path, value = patch["path"], patch.get("value") or ""
        setting = SETTING.fullmatch(path)
        if patch["op"] == "remove" and not path.startswith(("/accessLogSettings", "/variables/")):
            remove_setting(stage, path[1:])
        elif setting and setting["name"] in SETTINGS:
            self.check_logging(setting["name"] == "logging/loglevel" and value != "OFF")
            change_setting(stage, setting["key"], setting["name"], value)
        elif PLAIN.fullmatch(path):
            if patch["op"] not in ("add", "replace", "remove"):
                raise BadRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
            if path == "/deploymentId" and value not in api.deployments:
                raise BadRequest("Deployment id does not exist")
            self.check_logging(path.startswith("/accessLogSettings") and patch["op"] != "remove")
            stage.apply_operations([{**patch, "op": patch["op"].replace("add", "replace"), "value": value}])
        else:
            raise BadRequest(f"Invalid method setting path: {path}. Must be one of: [{VALID_PATHS}]")

    def delete_stage(self) -> Any:
        """Usage plans lose the stage. https://github.com/hashicorp/terraform-provider-aws/issues/14100"""
        self.find_stage()
        for plan in self.backend.usage_plans.values():
            own = {"apiId": self.uri_match["restapi_id"], "stage": self.uri_match["stage_name"]}
            plan.api_stages = [each for each in plan.api_stages if not own.items() <= each.items()]
        return super().delete_stage()

    def find_stage(self) -> Stage:
        self.find_api()
        return self.backend.get_stage(self.uri_match["restapi_id"], self.uri_match["stage_name"])

    def check_logging(self, asked: bool) -> None:
        """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html"""
        if asked and not self.backend.account.cloudwatch_role_arn:
            raise BadRequest("CloudWatch Logs role ARN must be set in account settings to enable logging")


def shown(stage: Stage) -> dict[str, Any]:
    """LocalStack's recording: apigateway test_create_update_stages"""
    return {
        "cacheClusterStatus": "NOT_AVAILABLE",
        "tracingEnabled": False,
        "createdDate": stage.created_date,
        "lastUpdatedDate": stage.last_updated_date,
        **stage.to_json(),
    }


def check_name(name: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html; the text is from experience."""
    if not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", name):
        raise BadRequest("Stage name only allows a-zA-Z0-9_-")


def remove_setting(stage: Stage, key: str) -> None:
    if stage.method_settings.pop(key, None) is None:
        raise BadRequest(f"Cannot remove method setting {key} because there is no method setting for this method ")


def change_setting(stage: Stage, key: str, name: str, value: str) -> None:
    field, read = SETTINGS[name]
    if name == "logging/loglevel" and value not in LEVELS:
        raise BadRequest(f"Invalid method setting value specified: {value}")
    stage.method_settings.setdefault(key, dict(DEFAULTS))[field] = read(value)
