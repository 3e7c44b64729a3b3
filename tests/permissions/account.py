"""What an account has, as far as answers tell: the ARNs and tags of resources."""

TYPES = {
    "vpc": "vpc",
    "subnet": "subnet",
    "igw": "internet-gateway",
    "eipalloc": "elastic-ip",
    "nat": "natgateway",
    "rtb": "route-table",
    "vpce": "vpc-endpoint",
    "sg": "security-group",
    "sgr": "security-group-rule",
}


def pairs(tags: list[dict] | dict | None) -> dict[str, str]:
    """Tags as a dictionary, in whichever form a service takes them."""
    if isinstance(tags, dict):
        return tags
    return {tag.get("Key", tag.get("key")): tag.get("Value", tag.get("value", "")) for tag in tags or []}


def specified(given: dict) -> dict[str, str]:
    """The tags that EC2 gives to what a call creates."""
    return {key: value for of in given.get("TagSpecifications") or [] for key, value in pairs(of["Tags"]).items()}


class Account:
    def __init__(self, number: str, region: str, partition: str):
        self.number, self.region, self.partition = number, region, partition
        self.tags: dict[str, dict[str, str]] = {}
        # Route tables and subnets, by association.
        self.associations: dict[str, tuple[str, str]] = {}
        # ARNs by names, where a name says less than the ARN.
        self.roles: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        # Permissions boundaries, by the ARNs of roles.
        self.boundaries: dict[str, str] = {}

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.number}:{resource}"

    def ec2(self, id: str) -> str:
        return self.arn("ec2", f"{TYPES[id.split('-')[0]]}/{id}")

    def role(self, name: str) -> str:
        """A role that does not exist has no path."""
        return self.roles.get(name, f"arn:{self.partition}:iam::{self.number}:role/{name}")

    def secret(self, id: str) -> str:
        return id if id.startswith("arn:") else self.secrets.get(id, self.arn("secretsmanager", f"secret:{id}"))

    def learn(self, call: str, given: dict, answer: dict) -> None:
        service, _, operation = call.partition(":")
        learn = getattr(self, f"_learn_{service.replace('-', '_')}", None)
        if learn:
            learn(operation, given, answer)

    def _learn_ec2(self, operation: str, given: dict, answer: dict) -> None:
        if operation == "CreateTags":
            for id in given["Resources"]:
                self.tags.setdefault(self.ec2(id), {}).update(pairs(given["Tags"]))
        elif operation in ("AssociateRouteTable", "ReplaceRouteTableAssociation"):
            old = self.associations.pop(given.get("AssociationId", ""), (None, None))
            id = answer.get("AssociationId") or answer["NewAssociationId"]
            self.associations[id] = (given["RouteTableId"], given.get("SubnetId") or old[1])
        elif operation == "DescribeRouteTables":
            for table in answer.get("RouteTables", []):
                for of in table.get("Associations", []):
                    if of.get("SubnetId"):
                        self.associations[of["RouteTableAssociationId"]] = (table["RouteTableId"], of["SubnetId"])
        elif specified(given):
            for id in created_ids(answer):
                self.tags[self.ec2(id)] = specified(given)

    def _learn_elasticloadbalancing(self, operation: str, given: dict, answer: dict) -> None:
        if operation == "AddTags":
            for arn in given["ResourceArns"]:
                self.tags.setdefault(arn, {}).update(pairs(given["Tags"]))
        elif operation == "CreateTargetGroup":
            self.tags[answer["TargetGroups"][0]["TargetGroupArn"]] = pairs(given.get("Tags"))

    def _learn_iam(self, operation: str, given: dict, answer: dict) -> None:
        role = answer.get("Role", {})
        if role:
            self.roles[role["RoleName"]] = role["Arn"]
            self._bound(role)
        for role in answer.get("RoleDetailList", []):
            self.roles[role["RoleName"]] = role["Arn"]
            self._bound(role)
        if operation == "PutRolePermissionsBoundary":
            self.boundaries[self.role(given["RoleName"])] = given["PermissionsBoundary"]
        if operation == "DeleteRolePermissionsBoundary":
            self.boundaries.pop(self.role(given["RoleName"]), None)
        if operation == "DeleteRole":
            self.boundaries.pop(self.role(given["RoleName"]), None)
            self.roles.pop(given["RoleName"], None)

    def _bound(self, role: dict) -> None:
        self.boundaries.pop(role["Arn"], None)
        boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        if boundary:
            self.boundaries[role["Arn"]] = boundary

    def _learn_secretsmanager(self, operation: str, given: dict, answer: dict) -> None:
        for of in [answer, *answer.get("SecretList", []), *answer.get("SecretValues", [])]:
            if of.get("ARN"):
                self.secrets[of["Name"]] = of["ARN"]


def created_ids(answer: object) -> list[str]:
    """The ids of what a call of EC2 created, wherever its answer has them."""
    own = {
        "Vpc": "VpcId",
        "Subnet": "SubnetId",
        "InternetGateway": "InternetGatewayId",
        "NatGateway": "NatGatewayId",
        "RouteTable": "RouteTableId",
        "VpcEndpoint": "VpcEndpointId",
    }
    found = [answer[name][id] for name, id in own.items() if name in answer]
    found += [answer[id] for id in ("AllocationId", "GroupId") if isinstance(answer.get(id), str)]
    return found + [rule["SecurityGroupRuleId"] for rule in answer.get("SecurityGroupRules", [])]
