"""Lists everything alive in AWS that belongs to a platform, by its tags or by its name.

It shows that a destroy leaves nothing, and that an apply which was killed and repeated leaves nothing twice. So it looks
beneath what is tagged as well: every rule of a security group, revision of a task definition, inline policy, scaling
policy and object counts. It depends on nothing of saas and sees AWS through boto3 alone.

    python tests/inventory.py --endpoint URL --platform saas-platform

prints a sorted JSON list of texts, `kind name-or-id address`, where the address is that of the tag, or `-`.

Left out is what AWS lists after its deletion (NAT gateways, endpoints, ECS clusters and services, task definitions), what
AWS makes and removes with something else (a network's main route table and default group, automated snapshots, network
interfaces) and the schemas of PostgreSQL, of which AWS knows nothing.
"""

import argparse
import json
import os
from collections.abc import Iterable, Iterator
from typing import Any

import boto3
from botocore.config import Config

GONE = {"deleted", "INACTIVE"}


class Inventory:
    """What is alive and belongs to a platform."""

    def __init__(self, endpoint: str, region: str, platform: str) -> None:
        self.platform = platform
        # An emulator takes any credentials, but boto3 does not call without.
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
        session = boto3.Session(region_name=region)
        # Buckets of a server on loopback are not host names.
        config = Config(s3={"addressing_style": "path"})

        def client(service: str) -> Any:
            return session.client(service, endpoint_url=endpoint, config=config)

        self.ec2, self.rds, self.s3, self.elb = client("ec2"), client("rds"), client("s3"), client("elbv2")
        self.ecs, self.scaling, self.logs = client("ecs"), client("application-autoscaling"), client("logs")
        self.secrets_manager, self.iam, self.alarms = client("secretsmanager"), client("iam"), client("cloudwatch")

    def lines(self) -> list[str]:
        """Everything, sorted. What is there twice is in it twice."""
        parts = [self.network, self.database, self.ingress, self.service, self.roles, self.storage]
        return sorted(line for part in parts for line in part())

    def network(self) -> Iterator[str]:
        """EC2: what is tagged, and whatever is in a network that is."""
        vpcs = [one["VpcId"] for one in self.listed(self.ec2, "describe_vpcs", "Vpcs") if self.owns(one["Tags"])]
        kinds = [
            ("vpc", "describe_vpcs", "Vpcs", "VpcId"),
            ("subnet", "describe_subnets", "Subnets", "SubnetId"),
            ("internet-gateway", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
            ("elastic-ip", "describe_addresses", "Addresses", "AllocationId"),
            ("nat-gateway", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
            ("route-table", "describe_route_tables", "RouteTables", "RouteTableId"),
            ("vpc-endpoint", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
            ("security-group", "describe_security_groups", "SecurityGroups", "GroupName"),
        ]
        groups = set()
        for kind, operation, key, name in kinds:
            for one in self.listed(self.ec2, operation, key):
                networks = {one.get("VpcId"), *(attached.get("VpcId") for attached in one.get("Attachments", []))}
                ours = self.owns(one.get("Tags", [])) or not networks.isdisjoint(vpcs)
                if ours and one.get("State") not in GONE and not made_with_network(one):
                    groups |= {one["GroupId"]} if kind == "security-group" else set()
                    yield line(kind, one[name], one.get("Tags", []))
        for rule in self.listed(self.ec2, "describe_security_group_rules", "SecurityGroupRules"):
            if rule["GroupId"] in groups or self.owns(rule["Tags"]):
                yield line("security-group-rule", rule["SecurityGroupRuleId"], rule["Tags"])

    def database(self) -> Iterator[str]:
        """RDS: by name, for each name begins with the platform's."""
        kinds = [
            ("db-subnet-group", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
            (
                "db-cluster-parameter-group",
                "describe_db_cluster_parameter_groups",
                "DBClusterParameterGroups",
                "DBClusterParameterGroupName",
            ),
            ("db-cluster", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
            ("db-instance", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
        ]
        for kind, operation, key, name in kinds:
            for one in self.listed(self.rds, operation, key):
                arn = next(value for field, value in one.items() if field == name.removesuffix("Identifier")
                           .removesuffix("Name") + "Arn")
                tags = self.rds.list_tags_for_resource(ResourceName=arn)["TagList"]
                if self.owns(tags, one[name]):
                    yield line(kind, one[name], tags)
        for snapshot in self.listed(self.rds, "describe_db_cluster_snapshots", "DBClusterSnapshots"):
            if snapshot["SnapshotType"] == "manual" and self.owns([], snapshot["DBClusterIdentifier"]):
                yield line("db-cluster-snapshot", snapshot["DBClusterSnapshotIdentifier"], [])
