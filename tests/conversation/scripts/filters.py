"""EC2: what listings are filtered by, and how far patterns in filters reach."""

from talk import Talk

from scripts.stage import EVERYWHERE, Network, by, spec


def filters(talk: Talk) -> None:
    """Two networks of which each filter must find the one that it means."""
    ec2 = talk.ec2
    vpc = ec2.create_vpc(CidrBlock="10.10.0.0/16", TagSpecifications=spec("vpc", Name="first*"))["Vpc"]["VpcId"]
    other = Network(talk, "10.11", zones="ab", opened=True)
    both = by("cidr", "10.10.0.0/16", "10.11.0.0/16")
    ec2.describe_vpcs("of two blocks", Filters=[both])
    ec2.describe_vpcs("with a tag", Filters=[both, by("tag:Name", "*")])
    ec2.describe_vpcs("with a pattern of one character", Filters=[both, by("tag:Name", "firs??")])
    ec2.describe_vpcs("with another pattern", Filters=[both, by("tag:Name", "second*")])
    ec2.describe_vpcs("with a star that is meant", Filters=[both, by("tag:Name", "first\\*")])
    ec2.describe_vpcs("in another case", Filters=[both, by("tag:Name", "FIRST*")])
    ec2.describe_vpcs("by state and id", Filters=[by("state", "available"), by("vpc-id", vpc)])
    ec2.describe_vpcs("by id and by another's filter", VpcIds=[vpc], Filters=[by("cidr", "10.11.0.0/16")])
    ec2.describe_vpcs("by a known and an unknown id", VpcIds=[vpc, "vpc-00000000000000000"])
    ec2.describe_subnets("by block", Filters=[by("cidr-block", "10.11.1.0/24")])
    ec2.describe_subnets(
        "by several", Filters=[by("vpc-id", other.vpc), by("availability-zone", "us-east-1a", "us-east-1b")]
    )
    table = ec2.create_route_table(VpcId=other.vpc, TagSpecifications=spec("route-table"))["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=other.gateway)
    ec2.create_route(
        "of a smaller block", RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", GatewayId=other.gateway
    )
    associated = ec2.associate_route_table(RouteTableId=table, SubnetId=other.subnets[0])["AssociationId"]
    ec2.describe_route_tables("main ones", Filters=[by("vpc-id", other.vpc), by("association.main", "true")])
    ec2.describe_route_tables("by association", Filters=[by("association.route-table-association-id", associated)])
    ec2.describe_route_tables("by route", Filters=[by("vpc-id", other.vpc), by("route.gateway-id", other.gateway)])
    ec2.describe_route_tables(
        "by destination", Filters=[by("vpc-id", other.vpc), by("route.destination-cidr-block", EVERYWHERE)]
    )
    groups = [other.group(name) for name in ["one", "two"]]
    ec2.describe_security_groups("by name's pattern", Filters=[by("vpc-id", other.vpc), by("group-name", "t*")])
    ec2.describe_security_groups("by id", Filters=[by("group-id", *groups)])
    ec2.describe_security_group_rules("by no such group", Filters=[by("group-id", "sg-00000000000000000")])
    for group in groups:
        ec2.delete_security_group(GroupId=group)
    ec2.delete_route_table("associated", RouteTableId=table)
    ec2.disassociate_route_table(AssociationId=associated)
    ec2.delete_route_table(RouteTableId=table)
    ec2.delete_vpc("the first", VpcId=vpc)
    other.close()
