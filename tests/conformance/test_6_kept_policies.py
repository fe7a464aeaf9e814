"""6 Resource policies of REST APIs, as they are kept."""

import json

import pytest

from tests.conformance.cloud import refused

INVALID = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."


@pytest.fixture(scope="module")
def api(shared):
    return shared.api()


def policy(resource="execute-api:/*"):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def replaced(cloud, api, text):
    operation = {"op": "replace", "path": "/policy", "value": text}
    return cloud.apigateway.update_rest_api(restApiId=api, patchOperations=[operation])


def kept(told):
    """The policy of an answer, whose text is escaped once more."""
    return json.loads(json.loads(f'"{told["policy"]}"'))


def test_the_short_form_of_a_resource_is_written_out(cloud, api):
    """`execute-api:/...` becomes the ARN of the API.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
    """
    arn = f"arn:{cloud.partition}:execute-api:{cloud.region}:{cloud.account}:{api}"
    assert kept(replaced(cloud, api, json.dumps(policy())))["Statement"][0]["Resource"] == f"{arn}/*"
    told = kept(replaced(cloud, api, json.dumps(policy("execute-api:/Prod/POST/x"))))
    assert told["Statement"][0]["Resource"] == f"{arn}/Prod/POST/x"


def test_the_text_of_a_policy_is_told_with_escaped_quotes(cloud, api):
    """Source: TF:apigateway/rest_api.go"""
    told = replaced(cloud, api, json.dumps(policy()))["policy"]
    assert told.startswith(r"{\"Version\":\"2012-10-17\",")
    assert cloud.apigateway.get_rest_api(restApiId=api)["policy"] == told


def test_an_empty_text_removes_the_policy(cloud, api):
    """Source: from experience"""
    replaced(cloud, api, json.dumps(policy()))
    assert "policy" not in replaced(cloud, api, "")


def test_what_is_no_policy_is_refused(cloud, api):
    """Source: https://github.com/hashicorp/terraform-provider-aws/issues/29392"""
    with refused(400, "BadRequestException", INVALID):
        replaced(cloud, api, "{}")
    with refused(400, "BadRequestException", INVALID):
        cloud.apigateway.create_rest_api(name=cloud.name(), policy="not json")


def test_a_policy_has_at_most_8192_characters(cloud, api):
    """The words of the refusal are not known.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
    """
    with refused(400, "BadRequestException"):
        replaced(cloud, api, json.dumps(policy([f"execute-api:/Prod/GET/{'x' * 50}{n}" for n in range(120)])))
