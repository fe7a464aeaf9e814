"""The comparison of accounts that other tests rest on."""

from tests.conftest import Bench
from tests.inventory import inventory, snapshot


def test_two_runs_of_one_prefix_compare_equal_but_for_what_aws_chose(bench: Bench) -> None:
    seen = []
    for _ in range(2):
        bench.up_to("smoke")
        seen.append([snapshot(bench.lab.aws, bench.prefix, masked=masked) for masked in (True, False)])
        assert snapshot(bench.lab.aws, bench.prefix) == seen[-1][1], "looking changes nothing"
        bench.clean()
    (first_masked, first), (second_masked, second) = seen
    assert first_masked == second_masked
    assert first != second
    assert sorted(first_masked) == [
        f"api {bench.lab.api_name} (API-1)",
        f"function {bench.lab.function_name}",
        f"log group {bench.lab.log_group_name}",
        f"policy {bench.lab.policy_name}",
        f"role {bench.lab.role_name}",
        f"table {bench.lab.table_name}",
    ]
    assert (inventory(bench.lab.aws, bench.prefix), snapshot(bench.lab.aws, bench.prefix)) == ([], {})


def test_what_is_done_to_one_thing_shows_itself(bench: Bench) -> None:
    bench.up_to("smoke")
    aws, lab = bench.lab.aws, bench.lab
    before = snapshot(aws, bench.prefix)
    aws.iam.tag_role(RoleName=lab.role_name, Tags=[{"Key": "somebody", "Value": "else"}])
    aws.lambda_.put_function_concurrency(FunctionName=lab.function_name, ReservedConcurrentExecutions=1)
    aws.dynamodb.put_item(TableName=lab.table_name, Item={"id": {"S": "1"}})
    after = snapshot(aws, bench.prefix)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {f"role {lab.role_name}", f"function {lab.function_name}", f"table {lab.table_name}"}
