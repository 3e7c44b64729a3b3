"""Lists all live AWS resources of a platform, found by tag or by name.

It shows that a destroy leaves no resources, and that an apply that was killed and repeated creates no duplicates. It
therefore includes untagged parts of tagged resources: security group rules, task definition revisions, inline
policies, scaling policies and objects. It is independent of saas and calls AWS through boto3 only.

    python tests/inventory.py --endpoint URL --platform saas-platform

prints a sorted JSON list of texts, `kind name-or-id address`, where the address is that of the tag, or `-`; with
`--digests`, the digest of the tag comes behind it.

It omits resources that AWS still lists after their deletion (NAT gateways, endpoints, ECS clusters and services, task
definition revisions), resources that AWS creates and deletes with others (a network's main route table and default
group, network interfaces, automated snapshots, a service's tasks), tasks that have ended, and the content of
PostgreSQL.
"""

import argparse
import json
import os
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import boto3
from botocore.config import Config

GONE = {"deleted", "INACTIVE"}


class Resource(NamedTuple):
    """A live resource, with the address and digest from its tags."""

    kind: str
    name: str
    address: str
    digest: str


class Inventory:
    """The live resources of a platform."""

    def __init__(self, endpoint: str, region: str, platform: str) -> None:
        self.platform = platform
        # Prefixes of names. Those of tenants' secrets and log groups do not contain the platform.
        shared = (f"{platform}-", f"rds/{platform}/", f"ecs/{platform}/", f"/ecs/{platform}/", f"service/{platform}/")
        self.prefixes = (*shared, "rds/tenant/", "ecs/tenant/", "/ecs/tenant/")
        # An emulator accepts any credentials, but boto3 requires some.
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
        session = boto3.Session(region_name=region)
        # Buckets of a server on loopback are not host names.
        config = Config(s3={"addressing_style": "path"})

        def client(service: str) -> Any:
            return session.client(service, endpoint_url=endpoint, config=config)

        self.ec2, self.rds, self.s3, self.elb = client("ec2"), client("rds"), client("s3"), client("elbv2")
        self.ecs, self.scaling, self.logs = client("ecs"), client("application-autoscaling"), client("logs")
        self.secrets_manager, self.iam, self.scheduler = client("secretsmanager"), client("iam"), client("scheduler")

    def resources(self) -> list[Resource]:
        """All resources, sorted, with duplicates."""
        parts = [
            self.network,
            self.database,
            self.ingress,
            self.service,
            self.scaling_of_services,
            self.schedules,
            self.roles,
            self.buckets,
            self.log_groups,
            self.secrets,
        ]
        return sorted(resource for part in parts for resource in part())

    def owns(self, tags: Any, name: str = "") -> bool:
        """Whether the resource belongs to the platform: by its tag or, without such a tag, by its name."""
        platform = tag_map(tags).get("saas:platform")
        return platform == self.platform if platform else name == self.platform or name.startswith(self.prefixes)

    @cached_property
    def vpcs(self) -> set[str]:
        """The tagged networks. All resources in them belong to the platform."""
        return {one["VpcId"] for one in every(self.ec2, "describe_vpcs", "Vpcs") if self.owns(one.get("Tags", []))}

    def network(self) -> Iterator[Resource]:
        """EC2: tagged resources, and all resources in a tagged network."""
        groups = set()
        for kind, operation, key, name in [
            ("vpc", "describe_vpcs", "Vpcs", "VpcId"),
            ("subnet", "describe_subnets", "Subnets", "SubnetId"),
            ("internet-gateway", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
            ("elastic-ip", "describe_addresses", "Addresses", "AllocationId"),
            ("nat-gateway", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
            ("route-table", "describe_route_tables", "RouteTables", "RouteTableId"),
            ("vpc-endpoint", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
            ("security-group", "describe_security_groups", "SecurityGroups", "GroupId"),
        ]:
            for one in every(self.ec2, operation, key):
                networks = {one.get("VpcId"), *(attached.get("VpcId") for attached in one.get("Attachments", []))}
                ours = self.owns(one.get("Tags", []), one.get("GroupName", "")) or not networks.isdisjoint(self.vpcs)
                if not ours or one.get("State") in GONE or comes_with_network(one):
                    continue
                if kind == "security-group":
                    groups.add(one["GroupId"])
                yield resource(kind, one[name], one.get("Tags", []))
        for rule in every(self.ec2, "describe_security_group_rules", "SecurityGroupRules"):
            if rule["GroupId"] in groups or self.owns(rule.get("Tags", [])):
                yield resource("security-group-rule", rule["SecurityGroupRuleId"], rule.get("Tags", []))

    def database(self) -> Iterator[Resource]:
        """RDS, with manual snapshots."""
        for kind, operation, stem, name in [
            ("db-subnet-group", "describe_db_subnet_groups", "DBSubnetGroup", "Name"),
            ("db-cluster-parameter-group", "describe_db_cluster_parameter_groups", "DBClusterParameterGroup", "Name"),
            ("db-cluster", "describe_db_clusters", "DBCluster", "Identifier"),
            ("db-instance", "describe_db_instances", "DBInstance", "Identifier"),
            ("db-cluster-snapshot", "describe_db_cluster_snapshots", "DBClusterSnapshot", "Identifier"),
            ("db-snapshot", "describe_db_snapshots", "DBSnapshot", "Identifier"),
        ]:
            for one in every(self.rds, operation, f"{stem}s"):
                if one.get("SnapshotType") == "automated":
                    continue
                tags = self.rds.list_tags_for_resource(ResourceName=one[f"{stem}Arn"])["TagList"]
                source = one.get("DBClusterIdentifier", one.get("DBInstanceIdentifier", ""))
                if self.owns(tags, one[stem + name]) or self.owns(tags, source):
                    yield resource(kind, one[stem + name], tags)

    def ingress(self) -> Iterator[Resource]:
        """Load balancers with their listeners and rules, and target groups."""
        for balancer in every(self.elb, "describe_load_balancers", "LoadBalancers"):
            tags = self.elb_tags(balancer["LoadBalancerArn"])
            if not self.owns(tags, balancer["LoadBalancerName"]) and balancer["VpcId"] not in self.vpcs:
                continue
            yield resource("load-balancer", balancer["LoadBalancerName"], tags)
            arn = balancer["LoadBalancerArn"]
            for listener in every(self.elb, "describe_listeners", "Listeners", LoadBalancerArn=arn):
                arn = listener["ListenerArn"]
                yield resource("listener", f"{balancer['LoadBalancerName']}:{listener['Port']}", self.elb_tags(arn))
                for rule in every(self.elb, "describe_rules", "Rules", ListenerArn=arn):
                    if not rule["IsDefault"]:
                        yield resource("listener-rule", rule["RuleArn"], self.elb_tags(rule["RuleArn"]))
        for group in every(self.elb, "describe_target_groups", "TargetGroups"):
            tags = self.elb_tags(group["TargetGroupArn"])
            if self.owns(tags, group["TargetGroupName"]) or group.get("VpcId") in self.vpcs:
                yield resource("target-group", group["TargetGroupName"], tags)

    def elb_tags(self, arn: str) -> list[dict[str, str]]:
        """The tags of a resource of Elastic Load Balancing."""
        return self.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"]

    def service(self) -> Iterator[Resource]:
        """Clusters with their services, and each active task definition revision."""
        for arn in every(self.ecs, "list_clusters", "clusterArns"):
            [cluster] = self.ecs.describe_clusters(clusters=[arn], include=["TAGS"])["clusters"]
            tags = cluster.get("tags", [])
            if not self.owns(tags, cluster["clusterName"]) or cluster["status"] in GONE:
                continue
            yield resource("ecs-cluster", cluster["clusterName"], tags)
            for arn in every(self.ecs, "list_services", "serviceArns", cluster=cluster["clusterArn"]):
                answer = self.ecs.describe_services(cluster=cluster["clusterArn"], services=[arn], include=["TAGS"])
                for service in answer["services"]:
                    if service["status"] not in GONE:
                        yield resource("service", service["serviceName"], service.get("tags", []))
            yield from self.tasks(cluster["clusterArn"])
        for arn in every(self.ecs, "list_task_definitions", "taskDefinitionArns", status="ACTIVE"):
            tags = self.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"]).get("tags", [])
            if self.owns(tags, arn.split("/")[-1]):
                yield resource("task-definition", arn.split("/")[-1], tags)

    def tasks(self, cluster: str) -> Iterator[Resource]:
        """Tasks that run and belong to no service."""
        arns = every(self.ecs, "list_tasks", "taskArns", cluster=cluster, desiredStatus="RUNNING")
        for first in range(0, len(arns), 100):
            answer = self.ecs.describe_tasks(cluster=cluster, tasks=arns[first : first + 100], include=["TAGS"])
            for task in answer["tasks"]:
                if not task["group"].startswith("service:") and task["lastStatus"] == "RUNNING":
                    yield resource("task", task["group"].removeprefix("family:"), task.get("tags", []))

    def scaling_of_services(self) -> Iterator[Resource]:
        """Scalable targets and policies, by name only: not every emulator supports their tags."""
        for kind, operation, key in [
            ("scalable-target", "describe_scalable_targets", "ScalableTargets"),
            ("scaling-policy", "describe_scaling_policies", "ScalingPolicies"),
        ]:
            for one in every(self.scaling, operation, key, ServiceNamespace="ecs"):
                if self.owns([], one["ResourceId"]):
                    name = "/".join([one["ResourceId"], *filter(None, [one.get("PolicyName")])])
                    yield resource(kind, name, [])

    def schedules(self) -> Iterator[Resource]:
        """Groups with their schedules, which have no tags."""
        for group in every(self.scheduler, "list_schedule_groups", "ScheduleGroups"):
            tags = self.scheduler.list_tags_for_resource(ResourceArn=group["Arn"])["Tags"]
            if not self.owns(tags, group["Name"]):
                continue
            yield resource("schedule-group", group["Name"], tags)
            for schedule in every(self.scheduler, "list_schedules", "Schedules", GroupName=group["Name"]):
                # Not every emulator lists those of one group only.
                if schedule["GroupName"] == group["Name"]:
                    yield resource("schedule", schedule["Name"], [])

    def roles(self) -> Iterator[Resource]:
        """Roles with their policies."""
        for role in every(self.iam, "list_roles", "Roles"):
            name = role["RoleName"]
            tags = every(self.iam, "list_role_tags", "Tags", RoleName=name)
            if self.owns(tags, name):
                yield resource("role", name, tags)
                for policy in every(self.iam, "list_role_policies", "PolicyNames", RoleName=name):
                    yield resource("inline-policy", f"{name}/{policy}", [])
                for policy in every(self.iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name):
                    yield resource("attached-policy", f"{name}/{policy['PolicyArn']}", [])

    def buckets(self) -> Iterator[Resource]:
        """Buckets with all versions and delete markers."""
        for bucket in every(self.s3, "list_buckets", "Buckets"):
            name = bucket["Name"]
            try:
                tags = self.s3.get_bucket_tagging(Bucket=name)["TagSet"]
            except self.s3.exceptions.ClientError as error:
                # S3 has an error for a bucket without tags.
                if error.response["Error"]["Code"] != "NoSuchTagSet":
                    raise
                tags = []
            if self.owns(tags, name):
                yield resource("bucket", name, tags)
                yield from self.versions(name)

    def versions(self, bucket: str) -> Iterator[Resource]:
        """The content of a bucket. The policy of a tenant's bucket denies access to all but the tenant."""
        try:
            for kind, key in [("object-version", "Versions"), ("delete-marker", "DeleteMarkers")]:
                for one in every(self.s3, "list_object_versions", key, Bucket=bucket):
                    yield resource(kind, f"{bucket}/{one['Key']}@{one['VersionId']}", [])
        except self.s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise

    def log_groups(self) -> Iterator[Resource]:
        """Log groups."""
        for group in every(self.logs, "describe_log_groups", "logGroups"):
            # The listed ARN ends in `:*`; tags are stored at the ARN without it.
            tags = self.logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
            if self.owns(tags, group["logGroupName"]):
                yield resource("log-group", group["logGroupName"], tags)

    def secrets(self) -> Iterator[Resource]:
        """Secrets; also those scheduled for deletion, because they block their names."""
        for secret in every(self.secrets_manager, "list_secrets", "SecretList", IncludePlannedDeletion=True):
            if self.owns(secret.get("Tags", []), secret["Name"]):
                kind = "secret-scheduled-for-deletion" if "DeletedDate" in secret else "secret"
                yield resource(kind, secret["Name"], secret.get("Tags", []))


def every(client: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    """All items of a paginated listing."""
    if client.can_paginate(operation):
        return client.get_paginator(operation).paginate(**parameters).build_full_result().get(key, [])
    return getattr(client, operation)(**parameters).get(key, [])


def comes_with_network(resource: dict[str, Any]) -> bool:
    """Whether AWS created it with a network: its main route table, or its security group `default`."""
    main = any(association.get("Main") for association in resource.get("Associations", []))
    return main or resource.get("GroupName") == "default"


def tag_map(tags: Any) -> dict[str, str]:
    """Tags as a map, from any of the forms that AWS returns."""
    if isinstance(tags, dict):
        return tags
    return {tag.get("Key", tag.get("key")): tag.get("Value", tag.get("value")) for tag in tags}


def resource(kind: str, name: str, tags: Any) -> Resource:
    """A resource as it is listed."""
    own = tag_map(tags)
    return Resource(kind, name, own.get("saas:address", "-"), own.get("saas:digest", "-"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Lists what is alive and belongs to a platform.")
    parser.add_argument("--endpoint", required=True, help="where AWS answers")
    parser.add_argument("--platform", required=True)
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--digests", action="store_true", help="the digest of the tag behind each address")
    wanted = parser.parse_args()
    resources = Inventory(wanted.endpoint, wanted.region, wanted.platform).resources()
    print(json.dumps([" ".join(one if wanted.digests else one[:-1]) for one in resources], indent=2))


if __name__ == "__main__":
    main()
