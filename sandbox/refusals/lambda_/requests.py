"""What Lambda's operations refuse of a request, whatever is there: values, sizes, and more than there may be."""

from __future__ import annotations

import functools
import json
from typing import Any

from moto.core.utils import get_service_model

from sandbox.lambda_.answers import Invalid, Refusal
from sandbox.refusals.shapes import Violation, told, violations

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; the model has those of managed instances.
MOST = {"timeout": 900, "memorySize": 10_240}
OTHERWISE = {"runtime", *MOST}
LONGEST_NAME = 64
LARGEST_ENVIRONMENT_BYTES = 4096
MOST_TAGS = 50
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
RESERVED = {
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
}
# What AWS recommends instead, where it is known in AWS's words.
# https://github.com/aws-samples/amazon-ec2-gitlab-runner/issues/7
# https://github.com/diodonfrost/terraform-aws-lambda-scheduler-stop-start/issues/59
RETIRED = {"python3.6": "python3.9", "python3.7": "python3.12"}
UNCONFIGURABLE = (
    "Lambda was unable to configure your environment variables because the environment variables you have provided"
)


def require_valid(shape: str, asked: dict[str, Any]) -> None:
    """`asked` is the body of a request, `shape` its name in the model."""
    found = [
        each for each in violations(get_service_model("lambda").shape_for(shape), asked) if each.where not in OTHERWISE
    ]
    for where, most in MOST.items():
        value = asked.get(where[0].upper() + where[1:], 0)
        if value > most:
            found.append(Violation(where, value, f"Member must have value less than or equal to {most}"))
    if found:
        raise Refusal(400, "ValidationException", told(found, with_values=True))
    require_runtime(asked.get("Runtime"))
    require_environment(asked.get("Environment", {}).get("Variables", {}))
    require_few(asked.get("Tags", {}))


@functools.lru_cache(maxsize=256)
def require_valid_name(text: str) -> None:
    """The name or ARN of a function. Remembered, since every invocation asks."""
    require_valid("GetFunctionRequest", {"FunctionName": text})


def require_short(name: str) -> None:
    """LS:lambda test_function_arns"""
    if len(name) > LONGEST_NAME:
        wrong = Violation("functionName", name, f"Member must have length less than or equal to {LONGEST_NAME}")
        raise Invalid(told([wrong], with_values=True))


def require_handler(spec: dict[str, Any]) -> None:
    """https://github.com/pipe-cd/pipecd/issues/1400"""
    if spec.get("PackageType", "Zip") == "Zip" and not (spec.get("Runtime") and spec.get("Handler")):
        raise Invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")


def require_runtime(runtime: str | None) -> None:
    """LS:lambda test_create_lambda_exceptions"""
    known = get_service_model("lambda").shape_for("Runtime").metadata["enum"]
    if runtime is not None and runtime not in known:
        constraint = f"Member must satisfy enum value set: [{', '.join(known)}] or be a valid ARN"
        raise Invalid(f"Value {runtime} at 'runtime' failed to satisfy constraint: {constraint}")
    if runtime in RETIRED:
        text = (
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions."
        )
        hint = f"We recommend you use the new runtime ({RETIRED[runtime]}) while creating or updating functions."
        raise Invalid(f"{text} {hint}")


def require_environment(variables: dict[str, str]) -> None:
    """LS:lambda TestLambdaSizeLimits::test_large_environment_variables_fails

    https://github.com/mattermost/mattermost-cloud-monitoring/pull/264
    """
    reserved = sorted(RESERVED & set(variables))
    if reserved:
        text = "contains reserved keys that are currently not supported for modification."
        raise Invalid(f"{UNCONFIGURABLE} {text} Reserved keys used in this request: {', '.join(reserved)}")
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > LARGEST_ENVIRONMENT_BYTES:
        raise Invalid(f"{UNCONFIGURABLE} exceeded the 4KB limit. String measured: {measured}")


def require_few(tags: dict[str, str]) -> None:
    """LS:lambda TestLambdaTags::test_tag_limits"""
    if len(tags) > MOST_TAGS:
        raise Invalid("Number of tags exceeds resource tag limit.")
