"""What the themes need before they begin: a network, a role, a policy; and how tags are written."""

import json
from typing import Any

from talk import Talk

EVERYWHERE = "0.0.0.0/0"


def tags(**more: str) -> list[dict[str, str]]:
    """Tags as most services write them."""
    return [{"Key": key, "Value": value} for key, value in ({"tenant_id": "acme"} | more).items()]


def small_tags(**more: str) -> list[dict[str, str]]:
    """The same, as ECS writes them."""
    return [{"key": tag["Key"], "value": tag["Value"]} for tag in tags(**more)]


def spec(kind: str, **more: str) -> list[dict[str, Any]]:
    """The same, as EC2 takes them at creation."""
    return [{"ResourceType": kind, "Tags": tags(**more)}]


def by(name: str, *values: str) -> dict[str, Any]:
    """A filter of EC2."""
    return {"Name": name, "Values": list(values)}


def document(**statement: Any) -> str:
    """A policy with one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | statement]})


TRUST = document(Action="sts:AssumeRole", Principal={"Service": "ecs-tasks.amazonaws.com"})


class Network:
    """A network with a subnet in each of some zones; open to the Internet where something needs that."""

    def __init__(self, talk: Talk, block: str, zones: str = "ab", opened: bool = False) -> None:
        self.ec2 = talk.ec2
        self.vpc = self.ec2.create_vpc(CidrBlock=f"{block}.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self.subnet(f"{block}.{number}.0/24", zone) for number, zone in enumerate(zones)]
        self.gateway = ""
        if opened:
            self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
            self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)

    def subnet(self, block: str, zone: str = "a") -> str:
        """One more subnet."""
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=block, AvailabilityZone=f"us-east-1{zone}")
        return made["Subnet"]["SubnetId"]

    def group(self, name: str) -> str:
        """A security group."""
        made = self.ec2.create_security_group(GroupName=name, Description=f"For {name}", VpcId=self.vpc)
        return made["GroupId"]

    def close(self) -> None:
        """Takes away what was made here."""
        if self.gateway:
            self.ec2.detach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
            self.ec2.delete_internet_gateway(InternetGatewayId=self.gateway)
        for subnet in self.subnets:
            self.ec2.delete_subnet(SubnetId=subnet)
        self.ec2.delete_vpc(VpcId=self.vpc)
