"""The Resource Groups Tagging API, as far as it is asked: for buckets, log groups and task definitions."""

from typing import Any

from talk import Talk

from scripts.service import definition
from scripts.stage import TRUST, small_tags, tags

TYPES = ["s3", "logs", "ecs:task-definition"]


def tagged(talk: Talk) -> None:
    """Resources of three services are found by their tags, over pages, until they are gone."""
    tagging = talk.tagging
    for number in range(2):
        talk.s3.create_bucket(Bucket=f"a-tagged-bucket-{number}")
        talk.s3.put_bucket_tagging(Bucket=f"a-tagged-bucket-{number}", Tagging={"TagSet": tags(found="yes")})
        talk.logs.create_log_group(logGroupName=f"/tagged/{number}", tags={"found": "yes"})
    talk.logs.create_log_group(logGroupName="/tagged/otherwise", tags={"found": "no"})
    role = talk.iam.create_role(RoleName="tagged", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    talk.ecs.register_task_definition(**(definition(role) | {"family": "tagged", "tags": small_tags(found="yes")}))
    found: dict[str, Any] = {"TagFilters": [{"Key": "found", "Values": ["yes"]}]}
    tagging.get_resources(**found, ResourceTypeFilters=TYPES)
    tagging.get_resources(
        "by one of two values", TagFilters=[{"Key": "found", "Values": ["yes", "no"]}], ResourceTypeFilters=["logs"]
    )
    tagging.get_resources(
        "of buckets by key", TagFilters=[{"Key": "tenant_id"}, *found["TagFilters"]], ResourceTypeFilters=["s3"]
    )
    tagging.get_resources("none", TagFilters=[{"Key": "found", "Values": ["never"]}], ResourceTypeFilters=TYPES)
    tagging.pages(
        "get_resources", "ResourceTagMappingList", **found, ResourceTypeFilters=["s3", "logs"], ResourcesPerPage=2
    )
    for number in range(2):
        talk.s3.delete_bucket(Bucket=f"a-tagged-bucket-{number}")
        talk.logs.delete_log_group(logGroupName=f"/tagged/{number}")
    talk.logs.delete_log_group(logGroupName="/tagged/otherwise")
    tagging.get_resources("gone", **found, ResourceTypeFilters=["s3", "logs"])
