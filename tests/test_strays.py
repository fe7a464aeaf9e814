"""What is left under an old name after a rename: told by provision and teardown, deleted by neither."""

import json

import pytest

from stack.strays import Stray, Strays, look
from tests.command_lines import called, config_file, outcomes
from tests.inventory import inventory

RENAMED = "{function: {name: NewFunction}, table: {name: new-table}}"
KINDS = {
    "old_table": ("DynamoDB table", "{}old-table"),
    "old_group": ("Log group", "/aws/lambda/{}Old"),
    "old_function": ("Lambda function", "{}Old"),
}
READS = {
    "DescribeTable": ("old_table", "dynamodb:DescribeTable"),
    "ListTagsOfResource": ("old_table", "dynamodb:ListTagsOfResource"),
    "ListTagsForResource": ("old_group", "logs:ListTagsForResource"),
    "ListTags": ("old_function", "lambda:ListTags"),
    "GetRestApi": ("old_stage", "apigateway:GET"),
    "GetStage": ("old_stage", "apigateway:GET"),
}
DENIED = "may not look for leftovers under other names (tag:GetResources is denied)"


@pytest.fixture
def old_table(faulty):
    """The ARN of a table with our tags that config.yaml does not name."""
    lab = faulty.new_lab(table={"name": "old-table"})
    faulty.step("table", lab).up()
    yield lab.table_arn
    faulty.lab.aws.dynamodb.delete_table(TableName=lab.table_name)


@pytest.fixture
def old_group(faulty):
    """The ARN of a log group with our tags that config.yaml does not name."""
    lab = faulty.new_lab(function={"name": "Old"})
    faulty.step("function", lab).log_group.up()
    yield lab.log_group_arn
    faulty.lab.aws.logs.delete_log_group(logGroupName=lab.log_group_name)


@pytest.fixture
def old_function(faulty):
    """The ARN of a function with our tags that config.yaml does not name; its log group is gone."""
    faulty.up_to("role")
    lab = faulty.new_lab(function={"name": "Old"})
    faulty.step("function", lab).up()
    lab.aws.logs.delete_log_group(logGroupName=lab.log_group_name)
    yield lab.function_arn
    lab.aws.lambda_.delete_function(FunctionName=lab.function_name)


def stage_with_our_tags(faulty, api_tags):
    """The ARN of a stage with our tags of an API with these."""
    apigateway = faulty.lab.aws.apigateway
    api = apigateway.create_rest_api(name=f"{faulty.prefix}other", tags=api_tags)["id"]
    root = apigateway.get_resources(restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    apigateway.put_method(**method, authorizationType="NONE")
    apigateway.put_integration(**method, type="MOCK")
    deployment = apigateway.create_deployment(restApiId=api)["id"]
    apigateway.create_stage(restApiId=api, stageName="Prod", deploymentId=deployment, tags=faulty.lab.identity)
    return f"{faulty.lab.api_arn(api)}/stages/Prod"


@pytest.fixture
def old_stage(faulty):
    arn = stage_with_our_tags(faulty, {"owner": "bob"})
    yield arn
    faulty.lab.aws.apigateway.delete_rest_api(restApiId=arn.split("/")[2])


def list_also(backend, *arns):
    """The listing, which lags behind, shows these as well."""
    more = [{"ResourceARN": arn, "Tags": []} for arn in arns]
    backend.on("tagging:GetResources").amend(lambda answer: answer["ResourceTagMappingList"].extend(more))


# A rename, as its user sees it


def test_after_a_rename_the_old_ones_are_told_and_stay_until_their_names_are_back(make_bench, tmp_path):
    bench = make_bench()
    called("provision", bench, "--until", "5")
    aws, table = bench.lab.aws, bench.lab.table_name
    aws.dynamodb.put_item(TableName=table, Item={"id": {"S": "precious"}})
    function, group = bench.lab.function_name, bench.lab.log_group_name
    renamed = ("--config", config_file(tmp_path, RENAMED))
    lines = [
        f"{kind} {name} carries our tags, but config.yaml does not name it: it stays as it is."
        for kind, name in (("DynamoDB table", table), ("Lambda function", function), ("Log group", group))
    ]
    left = [f"DynamoDB table {table}", f"Lambda function {function}", f"Log group {group}"]
    left_line = f"left: {', '.join(f'{each} (not in config.yaml)' for each in left)}"

    plan = called("provision", bench, *renamed, "--until", "5", "--plan")
    assert plan.returncode == 3
    assert [line for line in plan.stdout.splitlines() if line in lines] == lines
    assert "To remove what stays: put its name back into config.yaml and run the teardown" in plan.stdout

    done = called("provision", bench, *renamed, "--until", "5")
    assert done.returncode == 0
    assert outcomes(done.stdout)[2:] == ["created", "passed", "created"]
    assert [line for line in done.stdout.splitlines() if line in lines] == lines
    strays = json.loads(called("provision", bench, *renamed, "--until", "5", "--json").stdout)["outputs"]["strays"]
    assert [f"{stray['kind']} {stray['name']}" for stray in strays] == left
    assert strays[0]["arn"] == bench.lab.table_arn

    plan = called("teardown", bench, *renamed, "--plan")
    assert plan.stdout.splitlines()[-1] == left_line
    torn = called("teardown", bench, *renamed, "--yes")
    assert (torn.returncode, torn.stdout.splitlines()[-1]) == (1, left_line)
    assert [line for line in torn.stdout.splitlines() if line in lines] == lines
    assert inventory(aws, bench.prefix) == [f"function {function}", f"log group {group}", f"table {table}"]
    assert aws.dynamodb.scan(TableName=table)["Count"] == 1

    again = called("teardown", bench, *renamed, "--json")
    assert (again.returncode, again.stderr.splitlines()[-1]) == (1, left_line)
    document = json.loads(again.stdout)["outputs"]
    assert document["left"] == [f"{each} (not in config.yaml)" for each in left]
    assert document["strays"] == strays

    back = called("teardown", bench, "--yes")
    assert (back.returncode, back.stdout.splitlines()[-1]) == (0, "nothing left")
    assert inventory(aws, bench.prefix) == []


def test_of_a_stack_under_its_own_names_nothing_is_told(backend, faulty):
    done = called("provision", faulty, "--json")
    assert json.loads(done.stdout)["outputs"]["strays"] == []
    assert "config.yaml does not name" not in done.stderr
    assert [call.service for call in backend.calls if call == "GetResources"].count("tagging") == 1
    assert look(faulty.lab) == Strays(())


def test_a_run_that_failed_tells_of_none(backend, faulty):
    backend.on("CreatePolicy").deny()
    done = called("provision", faulty, "--until", "2", "--json")
    assert json.loads(done.stdout)["outputs"]["strays"] is None


# What is a stray, and what is none


@pytest.mark.parametrize("fixture", KINDS)
def test_what_carries_our_tags_under_another_name_is_found(faulty, request, fixture):
    arn = request.getfixturevalue(fixture)
    kind, name = KINDS[fixture]
    assert look(faulty.lab) == Strays((Stray(kind, name.format(faulty.prefix), arn),))


def test_a_stage_of_ours_is_found_where_its_api_is_not_ours(faulty, old_stage):
    name = old_stage.split("/", 2)[2]
    assert look(faulty.lab) == Strays((Stray("REST API stage", name, old_stage),))


def test_the_stages_of_our_own_api_are_none(backend, faulty):
    arn = stage_with_our_tags(faulty, faulty.lab.identity)
    assert arn in [each["ResourceARN"] for each in listed(faulty)]
    backend.calls.clear()
    assert look(faulty.lab) == Strays(())
    assert backend.calls == ["GetResources"]


def test_the_stages_of_our_own_api_are_none_while_the_listing_lacks_the_api(backend, faulty):
    arn = stage_with_our_tags(faulty, faulty.lab.identity)
    backend.on("tagging:GetResources").amend(
        lambda answer: answer.update(ResourceTagMappingList=[{"ResourceARN": arn, "Tags": []}])
    )
    assert look(faulty.lab) == Strays(())
    assert "GetRestApi" in backend.calls


def listed(bench):
    tagging = bench.lab.aws.client("resourcegroupstaggingapi")
    filters = [{"Key": key, "Values": [value]} for key, value in bench.lab.identity.items()]
    return tagging.get_resources(TagFilters=filters)["ResourceTagMappingList"]


def test_what_is_deleted_and_still_listed_is_not_told(backend, faulty):
    list_also(
        backend,
        "arn:aws:lambda:us-east-1:123456789012:function:gone",
        "arn:aws:dynamodb:us-east-1:123456789012:table/gone",
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/gone",
        "arn:aws:apigateway:us-east-1::/restapis/gone",
        "arn:aws:apigateway:us-east-1::/restapis/gone-too/stages/Prod",
        "arn:aws:s3:::a-bucket-that-somebody-gave-our-tags",
    )
    assert look(faulty.lab) == Strays(())
    asked = {"ListTags", "DescribeTable", "ListTagsForResource", "GetRestApi"}
    assert asked <= set(backend.calls)


def test_what_has_other_tags_by_now_is_not_told(backend, faulty, old_table):
    faulty.lab.aws.dynamodb.tag_resource(ResourceArn=old_table, Tags=[{"Key": "stack", "Value": "theirs"}])
    list_also(backend, old_table)
    assert look(faulty.lab) == Strays(())


def test_a_table_that_is_being_deleted_is_not_told(backend, faulty, old_table):
    backend.on("DescribeTable").hold("DELETING", polls=1)
    assert look(faulty.lab) == Strays(())
    assert len(look(faulty.lab).found) == 1


def test_the_arn_of_a_log_group_may_end_with_a_star(backend, faulty, old_group):
    backend.on("tagging:GetResources").amend(
        lambda answer: [
            each.update(ResourceARN=f"{each['ResourceARN']}:*") for each in answer["ResourceTagMappingList"]
        ]
    )
    assert [stray.arn for stray in look(faulty.lab).found] == [old_group]


def test_the_listing_is_read_to_its_last_page(backend, faulty, old_table, old_group):
    tagging = faulty.lab.aws.client("resourcegroupstaggingapi", attempts=2)
    event = "provide-client-params.resource-groups-tagging-api.GetResources"
    tagging.meta.events.register(event, lambda params, **_: {**params, "ResourcesPerPage": 1})
    assert [stray.arn for stray in look(faulty.lab).found] == [old_table, old_group]
    assert backend.calls.count("GetResources") > 1


# Where nobody may look, or can


def test_without_the_right_to_list_by_tags_the_runs_say_so_and_go_on(backend, faulty):
    backend.on("tagging:GetResources").deny()
    done = called("provision", faulty, "--until", "1", "--json")
    assert done.returncode == 0
    assert DENIED in done.stderr.splitlines()
    assert json.loads(done.stdout)["outputs"]["strays"] is None
    torn = called("teardown", faulty, "--yes")
    assert DENIED in torn.stdout.splitlines()
    assert torn.stdout.splitlines()[-1] == "nothing left under the names in config.yaml"
    assert torn.returncode == 0
    again = called("teardown", faulty)
    assert again.stdout.splitlines()[-1] == "nothing to do under the names in config.yaml"
    assert again.returncode == 0


@pytest.mark.parametrize("operation", READS)
def test_without_the_right_to_read_a_stray_only_that_one_is_in_doubt(backend, faulty, request, operation):
    fixture, action = READS[operation]
    request.getfixturevalue(fixture)
    (stray,) = look(faulty.lab).found
    backend.on(operation).deny()
    doubt = f"may not look whether {stray.kind} {stray.name} is still ours ({action} is denied)"
    assert look(faulty.lab) == Strays((), (doubt,))


@pytest.mark.parametrize("code, status", [("NotImplemented", 501), ("UnknownOperationException", 404)])
def test_an_endpoint_that_does_not_know_the_service_fails_nothing(backend, faulty, code, status):
    backend.on("tagging:GetResources").refuse(code, status=status)
    doubt = f"could not look for leftovers under other names (GetResources: {code})"
    assert look(faulty.lab) == Strays(None, (doubt,))


def test_a_listing_that_is_never_answered_fails_nothing(backend, faulty):
    lost = backend.on("tagging:GetResources").lose_request(times=100)
    strays = look(faulty.lab)
    assert strays.found is None
    assert strays.doubts[0].startswith("could not look for leftovers under other names (")
    assert len(lost.acted) == 2
