"""EC2: networks, subnets, Internet gateways, route tables, and endpoints."""

from talk import Talk

from scripts.stage import EVERYWHERE, by, spec, tags


def network(talk: Talk) -> None:
    """A network is made, looked at, changed, and taken away from the inside out."""
    ec2 = talk.ec2
    vpc = a_vpc(talk)
    subnets = some_subnets(talk, vpc)
    gateway = an_internet_gateway(talk, vpc)
    routes(talk, vpc, subnets, gateway)
    ec2.delete_vpc("with subnets and a gateway", VpcId=vpc)
    ec2.delete_internet_gateway("attached", InternetGatewayId=gateway)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.detach_internet_gateway("again", InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_internet_gateway("again", InternetGatewayId=gateway)
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_subnet("again", SubnetId=subnets[0])
    ec2.delete_vpc(VpcId=vpc)
    ec2.delete_vpc("again", VpcId=vpc)
    ec2.describe_vpcs("gone", VpcIds=[vpc])
    ec2.describe_vpcs("by a tag of what is gone", Filters=[by("tag:tenant_id", "acme")])


def a_vpc(talk: Talk) -> str:
    ec2 = talk.ec2
    ec2.create_vpc("too large a block", CidrBlock="10.0.0.0/8")
    ec2.create_vpc("not a block", CidrBlock="10.0.0.0")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=spec("vpc"))["Vpc"]["VpcId"]
    ec2.describe_vpcs(VpcIds=[vpc])
    ec2.describe_vpcs("unknown", VpcIds=["vpc-00000000000000000"])
    ec2.describe_vpcs("malformed", VpcIds=["vpc-nonsense"])
    ec2.describe_vpcs("by tag", Filters=[by("tag:tenant_id", "acme", "globex")])
    ec2.describe_vpcs("by a tag's key", Filters=[by("tag-key", "tenant_id"), by("cidr", "10.0.0.0/16")])
    ec2.describe_vpcs("by another tag", Filters=[by("tag:tenant_id", "globex")])
    for attribute, field in [("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")]:
        ec2.describe_vpc_attribute(VpcId=vpc, Attribute=attribute)
        ec2.modify_vpc_attribute(VpcId=vpc, **{field: {"Value": True}})
        ec2.describe_vpc_attribute("changed", VpcId=vpc, Attribute=attribute)
    ec2.modify_vpc_attribute("unknown", VpcId="vpc-00000000000000000", EnableDnsSupport={"Value": True})
    ec2.create_tags(Resources=[vpc], Tags=tags(digest="one", tenant_id="globex"))
    ec2.describe_tags(Filters=[by("resource-id", vpc)])
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "digest"}])
    ec2.describe_vpcs("tagged", VpcIds=[vpc])
    ec2.create_tags("of nothing", Resources=["vpc-00000000000000000"], Tags=tags())
    return vpc


def some_subnets(talk: Talk, vpc: str) -> list[str]:
    ec2 = talk.ec2
    subnets = []
    for zone, block in [("us-east-1a", "10.0.1.0/24"), ("us-east-1b", "10.0.2.0/24")]:
        made = ec2.create_subnet(
            VpcId=vpc, CidrBlock=block, AvailabilityZone=zone, TagSpecifications=spec("subnet", Name=zone)
        )
        subnets.append(made["Subnet"]["SubnetId"])
    ec2.create_subnet("overlapping", VpcId=vpc, CidrBlock="10.0.1.128/25", AvailabilityZone="us-east-1c")
    ec2.create_subnet("outside", VpcId=vpc, CidrBlock="10.9.0.0/24", AvailabilityZone="us-east-1c")
    ec2.create_subnet("no such zone", VpcId=vpc, CidrBlock="10.0.3.0/24", AvailabilityZone="us-east-1z")
    ec2.create_subnet("no such network", VpcId="vpc-00000000000000000", CidrBlock="10.0.3.0/24")
    ec2.modify_subnet_attribute(SubnetId=subnets[0], MapPublicIpOnLaunch={"Value": True})
    ec2.describe_subnets(Filters=[by("vpc-id", vpc)])
    ec2.modify_subnet_attribute("back", SubnetId=subnets[0], MapPublicIpOnLaunch={"Value": False})
    ec2.describe_subnets("one", SubnetIds=subnets[:1])
    ec2.describe_subnets(
        "by tag and zone", Filters=[by("tag:Name", "us-east-1*"), by("availability-zone", "us-east-1b")]
    )
    ec2.describe_subnets("unknown", SubnetIds=["subnet-00000000000000000"])
    return subnets


def an_internet_gateway(talk: Talk, vpc: str) -> str:
    ec2 = talk.ec2
    made = ec2.create_internet_gateway(TagSpecifications=spec("internet-gateway"))
    gateway = made["InternetGateway"]["InternetGatewayId"]
    ec2.describe_internet_gateways("not attached", InternetGatewayIds=[gateway])
    ec2.detach_internet_gateway("not attached", InternetGatewayId=gateway, VpcId=vpc)
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.attach_internet_gateway("again", InternetGatewayId=gateway, VpcId=vpc)
    ec2.attach_internet_gateway("unknown", InternetGatewayId="igw-00000000000000000", VpcId=vpc)
    ec2.describe_internet_gateways(Filters=[by("attachment.vpc-id", vpc)])
    ec2.describe_internet_gateways("by tag", Filters=[by("tag:tenant_id", "acme")])
    ec2.describe_internet_gateways("unknown", InternetGatewayIds=["igw-00000000000000000"])
    return gateway


def routes(talk: Talk, vpc: str, subnets: list[str], gateway: str) -> None:
    ec2 = talk.ec2
    ec2.describe_route_tables("the main one", Filters=[by("vpc-id", vpc)])
    made = ec2.create_route_table(VpcId=vpc, ClientToken="a-table", TagSpecifications=spec("route-table"))
    table = made["RouteTable"]["RouteTableId"]
    other = ec2.create_route_table("another", VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route_table("no such network", VpcId="vpc-00000000000000000")
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=gateway)
    ec2.create_route("again", RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=gateway)
    ec2.create_route(
        "no such table", RouteTableId="rtb-00000000000000000", DestinationCidrBlock=EVERYWHERE, GatewayId=gateway
    )
    ec2.create_route(
        "no such gateway", RouteTableId=other, DestinationCidrBlock=EVERYWHERE, GatewayId="igw-00000000000000000"
    )
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=gateway)
    ec2.replace_route("none there", RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", GatewayId=gateway)
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnets[0])["AssociationId"]
    second = ec2.associate_route_table("the other subnet", RouteTableId=table, SubnetId=subnets[1])["AssociationId"]
    ec2.associate_route_table("no such subnet", RouteTableId=table, SubnetId="subnet-00000000000000000")
    ec2.describe_route_tables(RouteTableIds=[table])
    ec2.describe_route_tables("by tag", Filters=[by("tag:tenant_id", "acme")])
    ec2.describe_route_tables("by subnet", Filters=[by("association.subnet-id", subnets[1])])
    ec2.describe_route_tables("unknown", RouteTableIds=["rtb-00000000000000000"])
    endpoints(talk, vpc, [table, other])
    moved = ec2.replace_route_table_association(AssociationId=association, RouteTableId=other)["NewAssociationId"]
    ec2.describe_route_tables("moved", RouteTableIds=[other])
    ec2.delete_route_table("associated", RouteTableId=other)
    ec2.disassociate_route_table(AssociationId=moved)
    ec2.disassociate_route_table("the other", AssociationId=second)
    ec2.disassociate_route_table("again", AssociationId=moved)
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE)
    ec2.delete_route("again", RouteTableId=table, DestinationCidrBlock=EVERYWHERE)
    ec2.delete_route_table(RouteTableId=table)
    ec2.delete_route_table("the other", RouteTableId=other)
    ec2.delete_route_table("again", RouteTableId=other)


def endpoints(talk: Talk, vpc: str, tables: list[str]) -> None:
    ec2, service = talk.ec2, "com.amazonaws.us-east-1.s3"
    ec2.describe_prefix_lists(Filters=[by("prefix-list-name", service)])
    made = ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Gateway",
        ServiceName=service,
        RouteTableIds=tables[:1],
        TagSpecifications=spec("vpc-endpoint"),
    )
    endpoint = made["VpcEndpoint"]["VpcEndpointId"]
    ec2.create_vpc_endpoint(
        "no such network", VpcId="vpc-00000000000000000", ServiceName=service, RouteTableIds=tables[:1]
    )
    ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.describe_vpc_endpoints("by tag", Filters=[by("tag:tenant_id", "acme")])
    ec2.describe_route_tables("with an endpoint", RouteTableIds=tables[:1])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    ec2.until(no_endpoint, "describe_vpc_endpoints", Filters=[by("vpc-id", vpc)])
    ec2.delete_vpc_endpoints("again", VpcEndpointIds=[endpoint])
    ec2.describe_vpc_endpoints("unknown", VpcEndpointIds=["vpce-00000000000000000"])
    ec2.describe_route_tables("without the endpoint", RouteTableIds=tables[:1])
    other = ec2.create_vpc_endpoint("another", VpcId=vpc, ServiceName=service, RouteTableIds=tables[:1])
    other_id = other["VpcEndpoint"]["VpcEndpointId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=other_id, AddRouteTableIds=tables[1:], RemoveRouteTableIds=tables[:1])
    ec2.describe_vpc_endpoints("changed", VpcEndpointIds=[other_id])
    ec2.delete_vpc_endpoints("changed", VpcEndpointIds=[other_id])


def no_endpoint(answer: dict) -> bool:
    return all(one["State"] == "deleted" for one in answer["VpcEndpoints"])
