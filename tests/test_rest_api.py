"""Step 6, the REST API: one API with our tags, whatever happens to an answer, and its whole definition in one call."""

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from stack.aws import FEW_ATTEMPTS
from stack.config import Config
from stack.openapi import document
from stack.step import StepError
from stack.waiting import GaveUp
from tests.faults import FakeClock, amend, answer_with, lose_answer, refuse

START = datetime(2026, 1, 1, tzinfo=UTC)
METHOD = "methods.POST /DynamoDBManager"
TOO_MANY = ("TooManyRequestsException", "Too Many Requests")


@pytest.fixture
def tagged(bench):
    """A lab with a tag of the user's own."""
    bench.lab = replace(bench.lab, config=Config(prefix=bench.prefix, tags={"course": "serverless"}))
    return bench


@pytest.fixture
def made(tagged):
    """The API is in place."""
    tagged.step("api").up()
    tagged.calls.clear()
    return tagged


def apis(lab):
    """All APIs of our name."""
    listed = lab.aws.apigateway.get_rest_apis(limit=500)["items"]
    return [api for api in listed if api["name"] == lab.api_name]


def api_id(lab):
    (api,) = apis(lab)
    return api["id"]


def method(lab):
    """(API's id, id of the resource, its POST method)"""
    identifier = api_id(lab)
    resources = lab.aws.apigateway.get_resources(restApiId=identifier, embed=["methods"])["items"]
    ((resource, verbs),) = ((each["id"], each["resourceMethods"]) for each in resources if "resourceMethods" in each)
    return identifier, resource, verbs["POST"]


def at_method(lab):
    """Where the method is, as arguments."""
    identifier, resource, _ = method(lab)
    return {"restApiId": identifier, "resourceId": resource, "httpMethod": "POST"}


def create(lab, **changes):
    """An API behind the step's back, by default with our name and tags."""
    arguments = {"name": lab.api_name, "tags": lab.api_identity, "endpointConfiguration": {"types": ["REGIONAL"]}}
    return lab.aws.apigateway.create_rest_api(**(arguments | changes))["id"]


def delete(lab, *identifiers):
    for identifier in identifiers:
        lab.aws.apigateway.delete_rest_api(restApiId=identifier)


def once(lab):
    """The client whose calls are sent once."""
    return lab.aws.client("apigateway", attempts=1)


def few(lab):
    """The client that leaves the waiting to the step."""
    return lab.aws.client("apigateway", attempts=FEW_ATTEMPTS)


def mended(bench, *fields):
    """Exactly these fields differ; up mends them by uploading the definition, and nothing is left."""
    bench.calls.clear()
    changes = bench.step("api").plan().changes
    assert set(changes) == set(fields)
    assert bench.calls.writing == []
    assert bench.step("api").up().changes == changes
    assert bench.calls.writing == ["PutRestApi"]
    assert bench.step("api").plan().outcome == "unchanged"
    return changes


# Up


def test_the_api_is_created_once_as_asked_by_two_calls(tagged):
    bench, lab = tagged, tagged.lab
    outcome = bench.step("api").up()
    assert (outcome.outcome, outcome.notes) == ("created", ())
    assert bench.calls.writing == ["CreateRestApi", "PutRestApi"]
    (api,) = apis(lab)
    assert api["name"] == f"{bench.prefix}DynamoDBOperations"
    assert api["description"] == "One endpoint that routes a JSON envelope to DynamoDB operations"
    assert api["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert api["tags"] == {
        "stack": f"{bench.prefix}lambda-apigateway",
        "managed-by": "lambda-apigateway-lab",
        "stack-name": "lambda-apigateway",
        "course": "serverless",
    }
    _, _, live = method(lab)
    assert live["authorizationType"] == "NONE"
    integration = live["methodIntegration"]
    assert (integration["type"], integration["httpMethod"]) == ("AWS", "POST")
    assert integration["uri"].endswith(f":function:{lab.function_name}/invocations")
    assert set(integration["integrationResponses"]) == {"200", "400", "403", "404", "409", "429", "500", "504"}


def test_the_api_bears_our_tags_from_its_first_moment(bench):
    refuse(few(bench.lab), "PutRestApi", "BadRequestException")
    with pytest.raises(ClientError):
        bench.step("api").up()
    assert bench.step("api").plan().outcome == "would update"
    assert bench.step("api").up().outcome == "updated"
    assert len(apis(bench.lab)) == 1


def test_nobody_can_call_it_yet(made):
    assert made.lab.aws.apigateway.get_stages(restApiId=api_id(made.lab))["item"] == []


def test_a_second_up_changes_nothing(made):
    assert made.step("api").plan().outcome == "unchanged"
    assert made.step("api").up().outcome == "unchanged"
    assert made.calls.writing == []


# Drift: every field


def test_an_api_without_any_definition_lacks_every_field(bench):
    create(bench.lab, name="another name")
    changes = bench.step("api").plan().changes
    wanted = bench.step("api").wanted()
    assert changes["name"] == ("another name", bench.lab.api_name)
    assert changes["description"] == (None, wanted["description"])
    assert f"{METHOD}.integration.uri" in changes
    assert "models.Envelope.type" in changes
    assert bench.step("api").up().changes == changes
    assert bench.step("api").plan().outcome == "unchanged"


def test_every_field_of_another_definition_is_named_and_mended(made):
    lab = made.lab
    other = copy.deepcopy(document(lab))
    other["info"] |= {"title": "another name", "description": "another description"}
    other["x-amazon-apigateway-request-validators"]["body"]["validateRequestBody"] = False
    other["components"]["schemas"]["Envelope"]["required"] = ["tableName"]
    operation = other["paths"]["/DynamoDBManager"]["post"]
    del operation["requestBody"]["content"]["application/x-www-form-urlencoded"]
    operation["requestBody"]["content"]["application/json"]["schema"]["$ref"] = "#/components/schemas/ErrorBody"
    del operation["responses"]["409"]
    integration = operation["x-amazon-apigateway-integration"]
    integration |= {
        "type": "aws_proxy",
        "httpMethod": "GET",
        "uri": integration["uri"].replace(":function:", ":function:other-"),
        "passthroughBehavior": "never",
        "timeoutInMillis": 1000,
        "requestTemplates": {"application/json": "{}"},
    }
    responses = integration["responses"]
    responses[r"\[Forbidden\].*"] = responses.pop(r"\[Forbidden\][\s\S]*")
    responses[r"\[NotFound\][\s\S]*"]["responseTemplates"]["application/json"] = "{}"
    del responses[r"\[Conflict\][\s\S]*"]
    lab.aws.apigateway.put_rest_api(restApiId=api_id(lab), mode="overwrite", body=json.dumps(other))
    wanted = made.step("api").wanted()
    method = wanted["methods"]["POST /DynamoDBManager"]
    changes = mended(
        made,
        "name",
        "description",
        f"{METHOD}.validates_body",
        f"{METHOD}.request_models.application/json",
        f"{METHOD}.request_models.application/x-www-form-urlencoded",
        f"{METHOD}.method_responses",
        f"{METHOD}.integration.type",
        f"{METHOD}.integration.http_method",
        f"{METHOD}.integration.uri",
        f"{METHOD}.integration.passthrough",
        f"{METHOD}.integration.timeout_ms",
        f"{METHOD}.integration.request_templates.application/json",
        f"{METHOD}.responses.403.pattern",
        f"{METHOD}.responses.404.templates.application/json",
        f"{METHOD}.responses.409.pattern",
        f"{METHOD}.responses.409.templates.application/json",
        "models.Envelope.required",
    )
    assert changes["name"] == ("another name", lab.api_name)
    assert changes[f"{METHOD}.validates_body"] == (False, True)
    assert changes[f"{METHOD}.request_models.application/json"] == ("ErrorBody", "Envelope")
    assert changes[f"{METHOD}.integration.timeout_ms"] == (1000, 29000)
    assert changes[f"{METHOD}.responses.403.pattern"] == (r"\[Forbidden\].*", method["responses"]["403"]["pattern"])
    assert changes["models.Envelope.required"] == (["tableName"], ["operation"])


def test_a_method_that_asks_for_credentials_or_a_key_is_drift(made):
    lab = made.lab
    where = at_method(lab)
    lab.aws.apigateway.delete_method(**where)
    lab.aws.apigateway.put_method(**where, authorizationType="AWS_IAM", apiKeyRequired=True)
    changes = made.step("api").plan().changes
    assert changes[f"{METHOD}.authorization"] == ("AWS_IAM", "NONE")
    assert changes[f"{METHOD}.api_key_required"] == (True, False)
    made.step("api").up()
    assert made.step("api").plan().outcome == "unchanged"


def test_another_endpoint_type_is_mended_and_nothing_else(made):
    patch = {"op": "replace", "path": "/endpointConfiguration/types/REGIONAL", "value": "EDGE"}
    made.lab.aws.apigateway.update_rest_api(restApiId=api_id(made.lab), patchOperations=[patch])
    made.calls.clear()
    assert made.step("api").up().changes == {"endpoint_type": ("EDGE", "REGIONAL")}
    assert made.calls.writing == ["UpdateRestApi"]
    assert made.step("api").plan().outcome == "unchanged"


@pytest.mark.parametrize("live", ["other", None])
def test_a_tag_of_the_users_that_drifted_is_mended_and_nothing_else(made, live):
    apigateway, arn = made.lab.aws.apigateway, made.lab.api_arn(api_id(made.lab))
    if live:
        apigateway.tag_resource(resourceArn=arn, tags={"course": live})
    else:
        apigateway.untag_resource(resourceArn=arn, tagKeys=["course"])
    made.calls.clear()
    assert made.step("api").up().changes == {"tags.course": (live, "serverless")}
    assert made.calls.writing == ["TagResource"]
    assert made.step("api").plan().outcome == "unchanged"


def test_a_method_that_others_added_is_drift(made):
    lab = made.lab
    lab.aws.apigateway.put_method(**(at_method(lab) | {"httpMethod": "GET"}), authorizationType="NONE")
    ((live, wanted),) = mended(made, "methods.GET /DynamoDBManager").values()
    assert live["authorization"] == "NONE"
    assert wanted is None


# What vanished


def test_an_api_that_vanished_is_made_again(made):
    delete(made.lab, api_id(made.lab))
    assert made.step("api").plan().outcome == "would create"
    assert made.step("api").up().outcome == "created"
    assert made.step("api").plan().outcome == "unchanged"


def test_a_method_that_vanished_is_made_again(made):
    made.lab.aws.apigateway.delete_method(**at_method(made.lab))
    changes = made.step("api").plan().changes
    assert changes
    assert all(field.startswith(f"{METHOD}.") for field in changes)
    made.step("api").up()
    assert made.step("api").plan().outcome == "unchanged"


def test_a_resource_that_vanished_is_made_again(made):
    identifier, resource, _ = method(made.lab)
    made.lab.aws.apigateway.delete_resource(restApiId=identifier, resourceId=resource)
    assert made.step("api").up().outcome == "updated"
    assert made.step("api").plan().outcome == "unchanged"


def test_an_integration_that_vanished_is_made_again(made):
    made.lab.aws.apigateway.delete_integration(**at_method(made.lab))
    changes = made.step("api").plan().changes
    assert changes[f"{METHOD}.integration.type"] == (None, "AWS")
    made.step("api").up()
    assert made.step("api").plan().outcome == "unchanged"


def test_an_integration_response_that_vanished_is_made_again(made):
    made.lab.aws.apigateway.delete_integration_response(**at_method(made.lab), statusCode="404")
    mended(made, f"{METHOD}.responses.404.pattern", f"{METHOD}.responses.404.templates.application/json")


def test_the_default_response_that_vanished_is_made_again(made):
    made.lab.aws.apigateway.delete_integration_response(**at_method(made.lab), statusCode="200")
    assert made.step("api").up().outcome == "updated"
    _, _, live = method(made.lab)
    assert "200" in live["methodIntegration"]["integrationResponses"]


def test_a_method_response_that_vanished_is_made_again(made):
    made.lab.aws.apigateway.delete_method_response(**at_method(made.lab), statusCode="404")
    mended(made, f"{METHOD}.method_responses")


def test_a_model_that_vanished_is_made_again(made):
    made.lab.aws.apigateway.delete_method(**at_method(made.lab))  # a model that is referred to does not vanish
    made.lab.aws.apigateway.delete_model(restApiId=api_id(made.lab), modelName="Envelope")
    changes = made.step("api").plan().changes
    assert any(field.startswith("models.Envelope.") for field in changes)
    mended(made, *changes)


def test_a_validator_that_vanished_is_made_again(made):
    identifier, _, live = method(made.lab)
    validator = live["requestValidatorId"]
    made.lab.aws.apigateway.delete_request_validator(restApiId=identifier, requestValidatorId=validator)
    mended(made, f"{METHOD}.validates_body")


def test_models_that_aws_adds_itself_are_no_drift(made):
    listed = made.lab.aws.apigateway.get_models(restApiId=api_id(made.lab))["items"]
    empty = [model for model in listed if model["name"] == "Empty"] or [{"name": "Empty", "schema": "{}"}]
    amend(made.lab.aws.apigateway, "GetModels", lambda parsed: parsed["items"].extend(empty))
    assert made.step("api").plan().outcome == "unchanged"


def test_keywords_that_aws_adds_to_a_schema_are_no_drift(made):
    def richer(parsed):
        for model in parsed["items"]:
            schema = {"$schema": "http://json-schema.org/draft-04/schema#", **json.loads(model["schema"])}
            model["schema"] = json.dumps(schema)

    amend(made.lab.aws.apigateway, "GetModels", richer)
    assert made.step("api").plan().outcome == "unchanged"


# Found by tags


def test_ours_is_found_by_its_tags_among_many_of_the_same_name_on_many_pages(bench):
    lab = bench.lab
    others = [create(lab, tags={"stack": "theirs"}) for _ in range(30)]
    try:
        assert bench.step("api").up().outcome == "created"
        assert len({api["id"] for api in apis(lab)} - set(others)) == 1
        pages = []
        amend(lab.aws.apigateway, "GetRestApis", lambda parsed: pages.append(parsed["items"]), times=1000)
        small = "provide-client-params.apigateway.GetRestApis"
        lab.aws.apigateway.meta.events.register(small, lambda params, **_: {**params, "limit": 25})
        assert bench.step("api").plan().outcome == "unchanged"
        assert len(pages) > 1
        assert len(pages[0]) == 25
        assert bench.step("api").down().outcome == "deleted"
        bench.lab = lab = bench.new_lab()
        assert {api["id"] for api in apis(lab)} == set(others)
    finally:
        delete(bench.lab, *others)


@pytest.mark.parametrize("tags", [{}, {"stack": "theirs"}, {"managed-by": "lambda-apigateway-lab"}])
def test_an_api_of_our_name_without_all_our_tags_is_not_ours(bench, tags):
    other = create(bench.lab, tags=tags)
    before = bench.lab.aws.apigateway.get_rest_api(restApiId=other)
    assert bench.step("api").plan().outcome == "would create"
    assert bench.step("api").down().outcome == "absent"
    bench.step("api").up()
    bench.step("api").down()
    after = bench.lab.aws.apigateway.get_rest_api(restApiId=other)
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
    delete(bench.lab, other)


def test_an_api_of_another_name_with_our_tags_is_ours(bench):
    create(bench.lab, name="renamed in the console")
    assert bench.step("api").up().outcome == "updated"
    assert len(apis(bench.lab)) == 1


@pytest.mark.parametrize("verb", ["plan", "up"])
def test_twins_that_this_run_did_not_make_stop_it_with_their_ids(bench, verb):
    one, other = create(bench.lab), create(bench.lab)
    bench.lab.clock = clock = FakeClock()
    bench.calls.clear()
    amend(bench.lab.aws.apigateway, "GetRestApis", created_at({one: -300, other: -200}), times=1000)
    with pytest.raises(StepError) as error:
        getattr(bench.step("api"), verb)()
    assert str(error.value).startswith("2 APIs carry our tags: ")
    assert one in str(error.value)
    assert other in str(error.value)
    assert bench.calls.writing == []
    assert clock.sleeps == []


def test_down_deletes_twins_as_well(bench):
    create(bench.lab), create(bench.lab)
    assert bench.step("api").plan_down().outcome == "would delete"
    assert bench.step("api").down().outcome == "deleted"
    assert apis(bench.lab) == []


def test_a_second_down_finds_nothing_to_do(made):
    assert made.step("api").plan_down().outcome == "would delete"
    assert made.step("api").down().outcome == "deleted"
    assert made.calls.writing == ["DeleteRestApi"]
    made.calls.clear()
    assert made.step("api").down().outcome == "absent"
    assert made.step("api").plan_down().outcome == "absent"
    assert made.calls.writing == []


# CreateRestApi, which is never idempotent


def test_a_lost_answer_leaves_exactly_one_api(bench):
    lost = lose_answer(once(bench.lab), "CreateRestApi")
    assert bench.step("api").up().outcome == "created"
    assert (len(lost), len(apis(bench.lab))) == (1, 1)
    assert bench.step("api").plan().outcome == "unchanged"


def test_an_answer_of_5xx_may_have_made_the_api_too(bench):
    made = create(bench.lab)
    apigateway = bench.lab.aws.apigateway
    amend(apigateway, "GetRestApis", lambda parsed: parsed["items"].clear())
    refuse(once(bench.lab), "CreateRestApi", "InternalServerError", status=503)
    assert bench.step("api").up().outcome == "created"
    assert api_id(bench.lab) == made


def test_a_create_that_came_to_nothing_is_sent_again(bench):
    bench.lab.clock = clock = FakeClock()
    refuse(once(bench.lab), "CreateRestApi", "InternalServerError", status=500, times=2)
    outcome = bench.step("api").up()
    assert outcome.outcome == "created"
    looked, waited = outcome.notes
    assert looked == "waited 20.0 s for API Gateway to show what a CreateRestApi without an answer has made"
    assert waited.endswith("for API Gateway to answer CreateRestApi")
    assert clock.now < 60
    assert len(apis(bench.lab)) == 1


def created_at(times):
    """A change of GetRestApis' answer: {id: seconds}; the sandbox and AWS give whole seconds, too coarse for a test."""

    def change(parsed):
        for api in parsed["items"]:
            if api["id"] in times:
                api["createdDate"] = START + timedelta(seconds=times[api["id"]])

    return change


def test_the_older_api_of_another_run_wins_and_the_younger_is_deleted(bench):
    apigateway, older = bench.lab.aws.apigateway, create(bench.lab)
    amend(apigateway, "GetRestApis", lambda parsed: parsed["items"].clear())
    amend(apigateway, "GetRestApis", created_at({older: 0}), times=10)
    outcome = bench.step("api").up()
    assert outcome.outcome == "created"
    assert api_id(bench.lab) == older
    (note,) = outcome.notes
    assert note.startswith(f"the API {older} was there first; deleted the twin ")
    assert bench.calls.writing[-2:] == ["DeleteRestApi", "PutRestApi"]
    assert bench.step("api").plan().outcome == "unchanged"


def test_the_older_of_two_runs_goes_on_with_its_own(bench):
    dates = {}

    def another_run_follows(parsed):
        dates.update({parsed["id"]: 0, create(bench.lab): 1})
        parsed["createdDate"] = START

    amend(once(bench.lab), "CreateRestApi", another_run_follows)
    amend(bench.lab.aws.apigateway, "GetRestApis", created_at(dates), times=10)
    assert bench.step("api").up().outcome == "created"
    assert "DeleteRestApi" not in bench.calls
    ours, younger = dates
    delete(bench.lab, younger)
    assert api_id(bench.lab) == ours
    assert bench.step("api").plan().outcome == "unchanged"


def made_in_the_same_second(bench):
    """Another run makes the API in the second in which this one does. Returns their ids: ours, theirs."""
    bench.lab.clock = FakeClock()
    dates = {}

    def another_run_makes_it_too(parsed):
        dates.update({parsed["id"]: 0, create(bench.lab): 0})
        parsed["createdDate"] = START

    amend(once(bench.lab), "CreateRestApi", another_run_makes_it_too)
    amend(bench.lab.aws.apigateway, "GetRestApis", created_at(dates), times=1000)
    return dates


def as_soon_as(client, operation, do, *, after=0):
    """`do` is done once, before the call of this operation that follows so many."""
    calls = []

    def before_call(**_):
        calls.append(operation)
        if len(calls) == after + 1:
            do()

    client.meta.events.register(f"before-call.apigateway.{operation}", before_call)


def test_of_two_of_one_second_ours_is_deleted_where_the_other_stays(bench):
    dates = made_in_the_same_second(bench)
    outcome = bench.step("api").up()
    assert outcome.outcome == "created"
    ours, theirs = dates
    assert f"the API {theirs} was there first; deleted the twin {ours}" in outcome.notes
    assert any("in the same second, to keep it or to delete it" in note for note in outcome.notes)
    assert 0.2 <= bench.lab.clock.now <= 4
    assert api_id(bench.lab) == theirs
    assert bench.calls.writing == ["CreateRestApi", "CreateRestApi", "DeleteRestApi", "PutRestApi"]


def test_of_two_of_one_second_ours_stays_where_the_other_is_deleted(bench):
    dates = made_in_the_same_second(bench)
    as_soon_as(bench.lab.aws.apigateway, "GetRestApis", lambda: delete(bench.lab, list(dates)[1]), after=2)
    assert bench.step("api").up().outcome == "created"
    assert api_id(bench.lab) == next(iter(dates))
    assert bench.calls.count("DeleteRestApi") == 1  # theirs


def test_where_each_of_two_has_deleted_its_own_another_is_made(bench):
    dates = made_in_the_same_second(bench)
    as_soon_as(once(bench.lab), "DeleteRestApi", lambda: delete(bench.lab, list(dates)[1]))
    outcome = bench.step("api").up()
    assert outcome.outcome == "created"
    assert api_id(bench.lab) not in dates
    assert any("for another run to make the API: each has deleted its own" in note for note in outcome.notes)
    assert bench.step("api").plan().outcome == "unchanged"


def test_a_twin_that_waits_for_its_deletion_stays_when_the_other_goes_first(bench):
    dates = made_in_the_same_second(bench)
    as_soon_as(once(bench.lab), "DeleteRestApi", lambda: delete(bench.lab, list(dates)[1]))
    refuse(once(bench.lab), "DeleteRestApi", *TOO_MANY, status=429)
    assert bench.step("api").up().outcome == "created"
    assert api_id(bench.lab) == next(iter(dates))


@pytest.mark.parametrize("verb", ["plan", "up"])
def test_twins_of_which_one_is_fresh_are_left_to_the_run_that_made_it(bench, verb):
    bench.step("api").up()
    twin = create(bench.lab)
    bench.lab.clock = FakeClock()
    as_soon_as(bench.lab.aws.apigateway, "GetRestApis", lambda: delete(bench.lab, twin), after=3)
    outcome = getattr(bench.step("api"), verb)()
    assert outcome.outcome == "unchanged"
    assert outcome.notes[0].endswith("for another run to delete the API that it made beside ours")
    assert len(bench.lab.clock.sleeps) == 3


def test_fresh_twins_that_nobody_deletes_are_told_after_two_minutes(bench):
    bench.step("api").up()
    create(bench.lab)
    bench.lab.clock = clock = FakeClock()
    with pytest.raises(StepError, match=r"^2 APIs carry our tags: "):
        bench.step("api").up()
    assert clock.now == pytest.approx(120)


def test_a_list_that_lags_behind_does_not_hide_what_was_made(bench):
    amend(bench.lab.aws.apigateway, "GetRestApis", lambda parsed: parsed["items"].clear(), times=2)
    assert bench.step("api").up().outcome == "created"
    assert bench.calls.writing == ["CreateRestApi", "PutRestApi"]
    assert bench.step("api").plan().outcome == "unchanged"


def test_a_request_that_api_gateway_refuses_fails_at_once(bench):
    bench.lab.clock = clock = FakeClock()
    refuse(once(bench.lab), "CreateRestApi", "BadRequestException", "no such endpoint type")
    with pytest.raises(ClientError, match="no such endpoint type"):
        bench.step("api").up()
    assert (clock.sleeps, apis(bench.lab)) == ([], [])


# Quotas and conflicts


def test_the_quota_of_create_is_waited_for_and_said(bench):
    bench.lab.clock = clock = FakeClock()
    refuse(once(bench.lab), "CreateRestApi", *TOO_MANY, status=429, times=6)
    outcome = bench.step("api").up()
    assert outcome.outcome == "created"
    reason = "a quota of AWS that the whole account shares"
    assert outcome.notes == (f"waited {clock.now:.1f} s for {reason}",)
    assert bench.said[0] == f"waiting for {reason}, 0 s of at most 1800 s"
    assert bench.calls.count("CreateRestApi") == 7
    assert len(apis(bench.lab)) == 1


def test_a_quota_that_never_frees_is_given_up(bench):
    bench.lab.clock = clock = FakeClock()
    refuse(once(bench.lab), "CreateRestApi", *TOO_MANY, status=429, times=10_000)
    with pytest.raises(GaveUp, match=r"^waited 1800 s for a quota of AWS"):
        bench.step("api").up()
    assert clock.now == pytest.approx(1800)


def test_the_quota_of_delete_is_waited_for_in_its_own_rhythm(made):
    made.lab.clock = clock = FakeClock()
    refuse(once(made.lab), "DeleteRestApi", *TOO_MANY, status=429, times=20)
    outcome = made.step("api").down()
    assert outcome.outcome == "deleted"
    reason = "a quota of AWS that the whole account shares (one DeleteRestApi per 30 s)"
    assert outcome.notes == (f"waited {clock.now:.1f} s for {reason}",)
    assert made.said[0] == f"waiting for {reason}, 0 s of at most 14400 s"
    assert min(clock.sleeps) >= 0.75 * 30
    assert clock.now > 600


def test_a_concurrent_change_delays_the_definition(bench):
    bench.lab.clock = clock = FakeClock()
    text = "Unable to complete operation due to concurrent modification. Please try again later."
    refuse(few(bench.lab), "PutRestApi", "ConflictException", text, status=409, times=3)
    outcome = bench.step("api").up()
    assert outcome.outcome == "created"
    assert outcome.notes == (f"waited {clock.now:.1f} s for API Gateway to finish another change of the API",)


@pytest.mark.parametrize("operation", ["TagResource", "UpdateRestApi", "DeleteRestApi"])
def test_a_concurrent_change_delays_every_other_write(made, operation):
    lab, identifier = made.lab, api_id(made.lab)
    lab.aws.apigateway.untag_resource(resourceArn=lab.api_arn(identifier), tagKeys=["course"])
    patch = {"op": "replace", "path": "/endpointConfiguration/types/REGIONAL", "value": "EDGE"}
    lab.aws.apigateway.update_rest_api(restApiId=identifier, patchOperations=[patch])
    lab.clock = FakeClock()
    for client in (lab.aws.apigateway, once(lab)):
        refuse(client, operation, "ConflictException", "concurrent modification", status=409)
    assert made.step("api").up().outcome == "updated"
    assert made.step("api").down().outcome == "deleted"


def test_a_delete_without_an_answer_is_sent_again(made):
    made.lab.clock = clock = FakeClock()
    refuse(once(made.lab), "DeleteRestApi", "InternalServerError", status=500, times=2)
    outcome = made.step("api").down()
    assert outcome.outcome == "deleted"
    assert outcome.notes == (f"waited {clock.now:.1f} s for API Gateway to answer DeleteRestApi",)


def test_a_delete_that_was_carried_out_without_an_answer_is_done(made, monkeypatch):
    monkeypatch.setattr("stack.rest_api.DELETE_BUDGET_SECONDS", 60)
    made.lab.clock = FakeClock()
    lost = lose_answer(once(made.lab), "DeleteRestApi")
    assert made.step("api").down().outcome == "deleted"
    assert len(lost) == 1


def test_an_import_that_goes_on_after_its_answer_is_waited_for(bench):
    bench.lab.clock = clock = FakeClock()
    states = iter(["PENDING", "UPDATING", "AVAILABLE"])
    amend(few(bench.lab), "PutRestApi", lambda parsed: parsed.update(apiStatus="UPDATING"))
    amend(bench.lab.aws.apigateway, "GetRestApi", lambda parsed: parsed.update(apiStatus=next(states)), times=3)
    outcome = bench.step("api").up()
    assert outcome.outcome == "created"
    assert len(clock.sleeps) == 2
    assert outcome.notes[0].endswith("for API Gateway to finish the import (it is PENDING)")


def test_what_aws_keeps_in_another_form_is_told(bench):
    def another_timeout(parsed):
        for resource in parsed["items"]:
            for method in resource.get("resourceMethods", {}).values():
                method["methodIntegration"]["timeoutInMillis"] = 5000

    amend(bench.lab.aws.apigateway, "GetResources", another_timeout)
    outcome = bench.step("api").up()
    assert outcome.notes == (f"API Gateway keeps another {METHOD}.integration.timeout_ms than was sent: 5000",)


def test_warnings_of_the_upload_become_notes(bench):
    warnings = ["Ignoring response model for 404", "Unknown extension"]
    amend(few(bench.lab), "PutRestApi", lambda parsed: parsed.update(warnings=warnings))
    outcome = bench.step("api").up()
    assert outcome.outcome == "created"
    assert outcome.notes == tuple(f"API Gateway warns: {warning}" for warning in warnings)


def test_a_model_that_the_upload_drops_is_seen_by_the_next_run(bench):
    bench.step("api").up()
    answer_with(bench.lab.aws.apigateway, "GetModels", {"items": []})
    changes = bench.step("api").plan().changes
    assert changes
    assert all(field.startswith("models.") for field in changes)
