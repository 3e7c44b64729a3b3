"""CloudWatch Logs: log groups and pages of them."""

from talk import Talk

from scripts.stage import tags

NAME = "/ecs/tenant/acme"


def logs(talk: Talk) -> None:
    """A group is made, kept for some days, tagged, and taken away."""
    logs = talk.logs
    logs.create_log_group(logGroupName=NAME, tags=as_map())
    logs.create_log_group("again", logGroupName=NAME)
    logs.put_retention_policy(logGroupName=NAME, retentionInDays=30)
    logs.put_retention_policy("unknown", logGroupName="nothing", retentionInDays=30)
    groups = logs.describe_log_groups(logGroupNamePrefix="/ecs/tenant/")
    logs.describe_log_groups("none", logGroupNamePrefix="/nowhere/")
    arn = groups["logGroups"][0]["arn"].removesuffix(":*")
    logs.list_tags_for_resource(resourceArn=arn)
    logs.tag_resource(resourceArn=arn, tags=as_map(digest="one", tenant_id="globex"))
    logs.untag_resource(resourceArn=arn, tagKeys=["digest"])
    logs.list_tags_for_resource("changed", resourceArn=arn)
    logs.create_log_stream(logGroupName=NAME, logStreamName="a/b/c")
    logs.create_log_stream("again", logGroupName=NAME, logStreamName="a/b/c")
    logs.create_log_stream("in no such group", logGroupName="nothing", logStreamName="x")
    logs.describe_log_streams(logGroupName=NAME)
    logs.delete_log_stream(logGroupName=NAME, logStreamName="a/b/c")
    logs.delete_log_stream("again", logGroupName=NAME, logStreamName="a/b/c")
    logs.delete_retention_policy(logGroupName=NAME)
    logs.describe_log_groups("kept for ever", logGroupNamePrefix=NAME)
    pages(talk)
    logs.delete_log_group(logGroupName=NAME)
    logs.delete_log_group("again", logGroupName=NAME)


def pages(talk: Talk) -> None:
    logs = talk.logs
    for number in range(5):
        logs.create_log_group(logGroupName=f"/paged/{number}")
    first = logs.describe_log_groups(logGroupNamePrefix="/paged/", limit=2)
    second = logs.describe_log_groups(
        "the second page", logGroupNamePrefix="/paged/", limit=2, nextToken=first["nextToken"]
    )
    logs.describe_log_groups("the third page", logGroupNamePrefix="/paged/", limit=2, nextToken=second["nextToken"])
    logs.describe_log_groups("too many", limit=51)
    for number in range(5):
        logs.delete_log_group(logGroupName=f"/paged/{number}")


def as_map(**more: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags(**more)}
