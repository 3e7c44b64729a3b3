"""Listings of the remaining services: what they are filtered by, and how they go over pages."""

from talk import Talk

from scripts.service import definition
from scripts.stage import TRUST, small_tags, tags


def listings(talk: Talk) -> None:
    """Several of each, of which a part is asked for."""
    of_tasks(talk)
    of_secrets(talk)
    of_logs(talk)
    of_roles(talk)
    of_tags(talk)


def of_tasks(talk: Talk) -> None:
    ecs = talk.ecs
    role = talk.iam.create_role(RoleName="listed", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    clusters = [
        ecs.create_cluster(clusterName=f"listed-{number}", tags=small_tags())["cluster"]["clusterArn"]
        for number in range(3)
    ]
    ecs.describe_clusters("some of which are there", clusters=[clusters[0], "listed-1", "listed-9"], include=["TAGS"])
    for family in ["first", "second", "second"]:
        ecs.register_task_definition(**(definition(role) | {"family": f"listed-{family}"}))
    ecs.list_task_definitions("of a family", familyPrefix="listed-second")
    ecs.list_task_definitions("of a part of a name", familyPrefix="listed-")
    ecs.list_task_definitions("the newest first", familyPrefix="listed-second", sort="DESC")
    ecs.pages(
        "list_task_definitions", "taskDefinitionArns", familyPrefix="listed-second", PaginationConfig={"PageSize": 1}
    )
    ecs.deregister_task_definition(taskDefinition="listed-second:1")
    ecs.deregister_task_definition("again", taskDefinition="listed-second:1")
    ecs.list_task_definitions("inactive", familyPrefix="listed-second", status="INACTIVE")
    ecs.describe_task_definition("the newest of a family", taskDefinition="listed-second")
    ecs.register_task_definition("after that", **(definition(role) | {"family": "listed-second"}))
    for name in ["listed-first:1", "listed-second:2", "listed-second:3"]:
        ecs.deregister_task_definition(taskDefinition=name)
    for cluster in clusters:
        ecs.delete_cluster(cluster=cluster)


def of_secrets(talk: Talk) -> None:
    secrets = talk.secrets
    for number, name in enumerate(["listed/one", "listed/two", "unlisted/one"]):
        token = f"00000000-0000-4000-8000-00000000020{number}"
        secrets.create_secret(
            Name=name,
            SecretString="x",
            ClientRequestToken=token,
            Description=f"The {name[-3:]}",
            Tags=tags(at=name[-3:]),
        )
    filters: dict[str, list[str]] = {
        "name": ["listed/"],
        "description": ["The two"],
        "tag-key": ["at"],
        "tag-value": ["two"],
        "all": ["unlisted"],
    }
    for key, values in filters.items():
        secrets.list_secrets(f"by {key}", Filters=[{"Key": key, "Values": values}])
    secrets.list_secrets("by what it is not", Filters=[{"Key": "name", "Values": ["!listed/"]}])
    secrets.list_secrets("by one of two", Filters=[{"Key": "name", "Values": ["listed/one", "unlisted/"]}])
    secrets.list_secrets(
        "by two together", Filters=[{"Key": "name", "Values": ["listed/"]}, {"Key": "tag-value", "Values": ["one"]}]
    )
    secrets.batch_get_secret_value("by a filter", Filters=[{"Key": "name", "Values": ["listed/"]}])
    for name in ["listed/one", "listed/two", "unlisted/one"]:
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def of_logs(talk: Talk) -> None:
    logs = talk.logs
    for name in ["/listed/b", "/listed/a", "/Listed/c"]:
        logs.create_log_group(logGroupName=name)
    logs.describe_log_groups("in the order of their names", logGroupNamePrefix="/listed/")
    logs.describe_log_groups("by a part of their names", logGroupNamePattern="isted/")
    logs.pages("describe_log_groups", "logGroups", logGroupNamePrefix="/listed/", PaginationConfig={"PageSize": 1})
    for name in ["/listed/b", "/listed/a", "/Listed/c"]:
        logs.delete_log_group(logGroupName=name)


def of_roles(talk: Talk) -> None:
    iam = talk.iam
    iam.create_role(
        RoleName="pages",
        Path="/pages/",
        AssumeRolePolicyDocument=TRUST,
        Tags=[{"Key": f"key-{number}", "Value": "x"} for number in range(5)],
    )
    iam.pages("list_role_tags", "Tags", RoleName="pages", PaginationConfig={"PageSize": 2})
    for number in range(5):
        iam.put_role_policy(
            RoleName="pages",
            PolicyName=f"policy-{number}",
            PolicyDocument=TRUST.replace("sts:AssumeRole", "s3:Get*").replace(
                '"Principal": {"Service": "ecs-tasks.amazonaws.com"}', '"Resource": "*"'
            ),
        )
    iam.pages("list_role_policies", "PolicyNames", RoleName="pages", PaginationConfig={"PageSize": 2})
    iam.list_roles("of a part of a path", PathPrefix="/pag")
    for number in range(5):
        iam.delete_role_policy(RoleName="pages", PolicyName=f"policy-{number}")
    iam.untag_role("a tag that is not there", RoleName="pages", TagKeys=["nothing"])
    iam.delete_role(RoleName="pages")


def of_tags(talk: Talk) -> None:
    tagging = talk.tagging
    talk.logs.create_log_group(logGroupName="/pages/tagged", tags={"page": "1"})
    tagging.get_resources("of a log group's type", TagFilters=[{"Key": "page"}], ResourceTypeFilters=["logs:log-group"])
    tagging.get_resources("of another type", TagFilters=[{"Key": "page"}], ResourceTypeFilters=["s3"])
    tagging.get_resources("of any type", TagFilters=[{"Key": "page"}])
    tagging.get_resources(
        "by a key twice", TagFilters=[{"Key": "page", "Values": ["1"]}, {"Key": "page", "Values": ["2"]}]
    )
    talk.logs.delete_log_group(logGroupName="/pages/tagged")
