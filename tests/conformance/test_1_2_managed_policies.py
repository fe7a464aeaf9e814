"""1.2 IAM managed policies."""

import json

import pytest

from tests.conformance.cloud import LOGS_ONLY, refused

BUCKET = "arn:aws:s3:::example_bucket"


def statement(**elements):
    """A policy document of one statement; elements that are None are left out."""
    body = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUCKET, **elements}
    return {"Version": "2012-10-17", "Statement": {key: value for key, value in body.items() if value is not None}}


def version(cloud, arn, document=LOGS_ONLY, **choices):
    """The id of a new version."""
    answer = cloud.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), **choices)
    assert "Document" not in answer["PolicyVersion"]
    made = answer["PolicyVersion"]["VersionId"]
    if not choices.get("SetAsDefault"):
        cloud.later(cloud.iam.delete_policy_version, PolicyArn=arn, VersionId=made)
    return made


def unknown(cloud):
    return f"arn:{cloud.partition}:iam::{cloud.account}:policy/{cloud.name()}"


def test_a_policy_is_not_made_twice(cloud):
    """Source: LS:iam test_policy_errors"""
    name = cloud.name()
    cloud.policy(name=name)
    text = f"A policy called {name} already exists. Duplicate names are not allowed."
    with refused(409, "EntityAlreadyExists", text):
        cloud.policy(name=name)


def test_names_that_differ_in_case_only_are_one(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""
    name = cloud.name()
    cloud.policy(name=name)
    text = f"A policy called {name.upper()} already exists. Duplicate names are not allowed."
    with refused(409, "EntityAlreadyExists", text):
        cloud.policy(name=name.upper())


def test_the_arn_of_a_policy_follows_from_its_name(cloud):
    """Source: LS:iam test_policy_lifecycle"""
    name = cloud.name()
    assert cloud.policy(name=name) == f"arn:{cloud.partition}:iam::{cloud.account}:policy/{name}"


def test_an_unknown_policy_is_told_so(cloud):
    """Source: LS:iam test_delete_non_existent_policy"""
    arn = unknown(cloud)
    with refused(404, "NoSuchEntity", f"Policy {arn} was not found."):
        cloud.iam.get_policy(PolicyArn=arn)
    with refused(404, "NoSuchEntity", f"Policy {arn} was not found."):
        cloud.iam.delete_policy(PolicyArn=arn)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("no json", "Syntax errors in policy."),
        ({"Statement": LOGS_ONLY["Statement"]}, "Policy document must be version 2012-10-17 or greater."),
        ({"Version": "2012-10-17", "Statement": []}, "Syntax errors in policy."),
        (statement(Effect="invalid"), "Syntax errors in policy."),
        (statement(Extra="x"), "Syntax errors in policy."),
        (statement(Condition={"x": {"a": "1"}}), "Syntax errors in policy."),
        (statement(Effect="denY"), "The policy failed legacy parsing"),
        (statement(Resource="arn:aws:s3::example_bucket"), "The policy failed legacy parsing"),
        (statement(Resource="invalid resource"), 'Resource invalid resource must be in ARN format or "*".'),
        (
            statement(Resource="arn:error:s3:::b"),
            'Partition "error" is not valid for resource "arn:error:s3:::b".',
        ),
        (
            statement(Resource="arn:aws:iam:::example_bucket"),
            'IAM resource path must either be "*", root, or start with user/, federated-user/, role/, group/, '
            "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, "
            "access-report/.",
        ),
        (statement(Resource=None), "Policy statement must contain resources."),
        (statement(Resource=None, Action="invalid"), "Policy statement must contain resources."),
        (statement(Action=None), "Policy statement must contain actions."),
        (
            statement(Action="invalid"),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
        (statement(Action="s3:List:Bucket"), "Actions/Condition can contain only one colon."),
        (statement(Action="a a:ListBucket"), "Vendor a a is not valid"),
    ],
)
def test_a_policy_document_that_is_malformed_is_refused(cloud, document, text):
    """Source: LS:iam test_create_policy_invalid_document"""
    written = document if isinstance(document, str) else json.dumps(document)
    with refused(400, "MalformedPolicyDocument", text):
        cloud.iam.create_policy(PolicyName=cloud.name(), PolicyDocument=written)


def test_two_statements_do_not_bear_one_sid(cloud):
    """Source: LS:iam test_create_policy_invalid_document"""
    twin = {**LOGS_ONLY["Statement"][0], "Sid": "Logs"}
    with refused(400, "MalformedPolicyDocument", "Statement IDs (SID) in a single policy must be unique."):
        cloud.policy({**LOGS_ONLY, "Statement": [twin, twin]})


def test_a_policy_names_no_principal(cloud):
    """Source: https://github.com/hashicorp/terraform/issues/13449"""
    with refused(400, "MalformedPolicyDocument", "Policy document should not specify a principal."):
        cloud.policy(statement(Principal={"AWS": "*"}))


def test_a_policy_has_at_most_6144_characters_beside_white_space(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    document = json.dumps(statement(Sid="x")).replace('"x"', '"' + "x" * 6000 + '"')
    room = 6144 - len("".join(document.split()))
    fits = document.replace('"xx', '"xx' + "x" * room) + " " * 500
    arn = cloud.iam.create_policy(PolicyName=cloud.name(), PolicyDocument=fits)["Policy"]["Arn"]
    cloud.later(cloud.iam.delete_policy, PolicyArn=arn)
    with refused(409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
        cloud.iam.create_policy(PolicyName=cloud.name(), PolicyDocument=fits.replace('"xx', '"xxx'))


def test_a_version_is_refused_as_a_policy_is(cloud):
    """Source: BC:iam CreatePolicyVersion"""
    arn = cloud.policy()
    with refused(400, "MalformedPolicyDocument", "Policy statement must contain resources."):
        version(cloud, arn, statement(Resource=None))
    with refused(409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144"):
        version(cloud, arn, statement(Sid="x" * 6144))


def test_a_version_is_added_even_if_nothing_differs(cloud):
    """Versions are listed without their documents, the newest first.

    Source: LS:iam test_policy_version_lifecycle
    """
    arn = cloud.policy()
    assert version(cloud, arn) == "v2"
    listed = cloud.iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [(one["VersionId"], one["IsDefaultVersion"]) for one in listed] == [("v2", False), ("v1", True)]
    assert not any("Document" in one for one in listed)


def test_the_document_of_a_version_comes_back_as_it_was_given(cloud):
    """On the wire it is URL-encoded; boto3 hands it back decoded.

    Source: BC:iam PolicyVersion.Document
    """
    document = statement(Resource=["arn:aws:s3:::a%20b/+", "arn:aws:s3:::ü"])
    arn = cloud.policy(document)
    assert cloud.iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] == document


def test_the_sixth_version_is_refused(cloud):
    """A policy has at most five versions; a number is not given twice.

    Source: LS:iam test_policy_version_limit
    """
    arn = cloud.policy()
    made = [version(cloud, arn) for _ in range(4)]
    text = (
        "A managed policy can have up to 5 versions. "
        "Before you create a new version, you must delete an existing version."
    )
    with refused(409, "LimitExceeded", text):
        version(cloud, arn)
    cloud.iam.delete_policy_version(PolicyArn=arn, VersionId=made[-1])
    assert version(cloud, arn) == "v6"


def test_a_version_is_set_as_default_as_often_as_one_likes(cloud):
    """Source: LS:iam test_policy_version_set_default"""
    arn = cloud.policy()
    version(cloud, arn, SetAsDefault=True)
    cloud.later(cloud.iam.delete_policy_version, PolicyArn=arn, VersionId="v2")
    for _ in range(2):
        cloud.iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
        assert cloud.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"


def test_a_version_that_is_not_there_is_told_so(cloud):
    """Source: LS:iam test_policy_version_errors"""
    for arn in (cloud.policy(), unknown(cloud)):
        text = f"Policy {arn} version v9 does not exist or is not attachable."
        for call in (
            cloud.iam.get_policy_version,
            cloud.iam.set_default_policy_version,
            cloud.iam.delete_policy_version,
        ):
            with refused(404, "NoSuchEntity", text):
                call(PolicyArn=arn, VersionId="v9")


def test_a_version_id_is_a_v_and_a_number(cloud):
    """Source: LS:iam test_policy_version_errors"""
    text = (
        "1 validation error detected: Value at 'versionId' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"
    )
    with refused(400, "ValidationError", text):
        cloud.iam.set_default_policy_version(PolicyArn=unknown(cloud), VersionId="wrong_version_id")


def test_the_default_version_is_not_deleted(cloud):
    """Source: LS:iam test_policy_version_errors"""
    with refused(409, "DeleteConflict", "Cannot delete the default version of a policy."):
        cloud.iam.delete_policy_version(PolicyArn=cloud.policy(), VersionId="v1")


def test_a_policy_with_versions_is_not_deleted(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html"""
    arn = cloud.policy()
    version(cloud, arn)
    text = (
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
        "The default version is deleted with the policy."
    )
    with refused(409, "DeleteConflict", text):
        cloud.iam.delete_policy(PolicyArn=arn)


def test_an_attached_policy_is_not_deleted(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html"""
    arn = cloud.policy()
    cloud.role(arn)
    with refused(409, "DeleteConflict", "Cannot delete a policy attached to entities."):
        cloud.iam.delete_policy(PolicyArn=arn)


def test_a_description_and_tags_are_told_by_get_policy_and_not_by_list_policies(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html"""
    path, tags = f"/{cloud.name()}/", [{"Key": "course", "Value": "serverless"}]
    made = cloud.iam.create_policy(
        PolicyName=cloud.name(), Path=path, Description="told", PolicyDocument=json.dumps(LOGS_ONLY), Tags=tags
    )["Policy"]
    cloud.later(cloud.iam.delete_policy, PolicyArn=made["Arn"])
    assert "Description" not in made
    found = cloud.iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    assert (found["Description"], found["Tags"]) == ("told", tags)
    listed = cloud.iam.list_policies(Scope="Local", PathPrefix=path)["Policies"]
    assert [(one["Arn"], "Tags" in one, "Description" in one) for one in listed] == [(made["Arn"], False, False)]


def test_who_holds_a_policy_is_listed(cloud):
    """Source: LS:iam test_list_entities_for_policy"""
    arn = cloud.policy()
    role = cloud.role(arn)
    holders = cloud.iam.list_entities_for_policy(PolicyArn=arn)
    assert [one["RoleName"] for one in holders["PolicyRoles"]] == [role]
    assert (holders["PolicyUsers"], holders["PolicyGroups"]) == ([], [])
    assert cloud.iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="User")["PolicyRoles"] == []


def test_who_is_bounded_by_a_policy_holds_it_too(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html"""
    arn = cloud.policy()
    name, bounded = cloud.role(arn), cloud.role()
    cloud.iam.put_role_permissions_boundary(RoleName=bounded, PermissionsBoundary=arn)
    cloud.later(cloud.iam.delete_role_permissions_boundary, RoleName=bounded)

    def holders(**filters):
        return {one["RoleName"] for one in cloud.iam.list_entities_for_policy(PolicyArn=arn, **filters)["PolicyRoles"]}

    assert holders() == {name, bounded}
    assert holders(PolicyUsageFilter="PermissionsPolicy") == {name}
    assert holders(PolicyUsageFilter="PermissionsBoundary") == {bounded}


def test_who_holds_an_unknown_policy_is_not_listed(cloud):
    """Source: LS:iam test_list_entities_for_policy_errors"""
    arn = unknown(cloud)
    with refused(404, "NoSuchEntity", f"Policy {arn} does not exist or is not attachable."):
        cloud.iam.list_entities_for_policy(PolicyArn=arn)
