"""IAM and STS: who is asking, and roles with their policies."""

import json

from talk import Talk

from scripts.stage import TRUST, document, tags

PATH = "/saas/development/"


def access(talk: Talk) -> None:
    """A role with an inline policy, an attached one, and tags; then more roles than fit on a page."""
    iam = talk.iam
    talk.sts.get_caller_identity()
    iam.create_role(RoleName="web-task", Path=PATH, AssumeRolePolicyDocument=TRUST, Description="Of tasks", Tags=tags())
    iam.create_role("a name that is taken", RoleName="web-task", Path=PATH, AssumeRolePolicyDocument=TRUST)
    iam.get_role(RoleName="web-task")
    iam.get_role("unknown", RoleName="nobody")
    iam.update_role(RoleName="web-task", Description="Of other tasks", MaxSessionDuration=7200)
    iam.update_role("unknown", RoleName="nobody")
    trust = json.loads(TRUST)
    trust["Statement"][0]["Condition"] = {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    iam.update_assume_role_policy(RoleName="web-task", PolicyDocument=json.dumps(trust))
    iam.update_assume_role_policy("unknown", RoleName="nobody", PolicyDocument=TRUST)
    iam.tag_role(RoleName="web-task", Tags=tags(digest="one", tenant_id="globex"))
    iam.list_role_tags(RoleName="web-task")
    iam.untag_role(RoleName="web-task", TagKeys=["digest"])
    iam.tag_role("unknown", RoleName="nobody", Tags=tags())
    iam.get_role("changed", RoleName="web-task")
    policies(talk)
    pages(talk)
    iam.delete_role(RoleName="web-task")
    iam.delete_role("again", RoleName="web-task")
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    iam.create_service_linked_role("again", AWSServiceName="ecs.amazonaws.com")


def policies(talk: Talk) -> None:
    iam, managed = talk.iam, "arn:aws:iam::aws:policy/ReadOnlyAccess"
    reading = document(Action="s3:GetObject", Resource="arn:aws:s3:::a-bucket/*")
    iam.put_role_policy(RoleName="web-task", PolicyName="own", PolicyDocument=reading)
    iam.put_role_policy("a second time", RoleName="web-task", PolicyName="own", PolicyDocument=reading)
    iam.put_role_policy("unknown role", RoleName="nobody", PolicyName="own", PolicyDocument=reading)
    iam.put_role_policy("that is no JSON", RoleName="web-task", PolicyName="x", PolicyDocument="{")
    iam.get_role_policy(RoleName="web-task", PolicyName="own")
    iam.get_role_policy("unknown", RoleName="web-task", PolicyName="x")
    iam.list_role_policies(RoleName="web-task")
    iam.list_role_policies("unknown role", RoleName="nobody")
    iam.attach_role_policy(RoleName="web-task", PolicyArn=managed)
    iam.list_attached_role_policies(RoleName="web-task")
    iam.list_attached_role_policies("unknown role", RoleName="nobody")
    iam.delete_role("with policies", RoleName="web-task")
    iam.get_account_authorization_details(Filter=["Role"])
    iam.detach_role_policy(RoleName="web-task", PolicyArn=managed)
    iam.detach_role_policy("again", RoleName="web-task", PolicyArn=managed)
    iam.delete_role("with an inline policy", RoleName="web-task")
    iam.delete_role_policy(RoleName="web-task", PolicyName="own")
    iam.delete_role_policy("again", RoleName="web-task", PolicyName="own")


def pages(talk: Talk) -> None:
    iam = talk.iam
    for number in range(5):
        iam.create_role(RoleName=f"page-{number}", Path="/paged/", AssumeRolePolicyDocument=TRUST)
    iam.pages("list_roles", "Roles", PathPrefix="/paged/", PaginationConfig={"PageSize": 3})
    iam.list_roles("all at once", PathPrefix="/paged/")
    iam.list_roles("of another path", PathPrefix="/nowhere/")
    for number in range(5):
        iam.delete_role(RoleName=f"page-{number}")
