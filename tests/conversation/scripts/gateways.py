"""EC2: NAT gateways and the addresses that they take."""

from talk import Talk

from scripts.stage import EVERYWHERE, Network, by, spec


def gateways(talk: Talk) -> None:
    """A NAT gateway is made with an address, routed to, and taken away."""
    ec2 = talk.ec2
    network = Network(talk, "10.1", zones="a", opened=True)
    [subnet] = network.subnets
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=spec("elastic-ip"))["AllocationId"]
    ec2.describe_addresses(AllocationIds=[address])
    ec2.describe_addresses("by tag", Filters=[by("tag:tenant_id", "acme")])
    ec2.describe_addresses("unknown", AllocationIds=["eipalloc-00000000000000000"])
    made = ec2.create_nat_gateway(
        SubnetId=subnet, AllocationId=address, ClientToken="a-nat", TagSpecifications=spec("natgateway")
    )
    nat = made["NatGateway"]["NatGatewayId"]
    ec2.create_nat_gateway("no such subnet", SubnetId="subnet-00000000000000000", AllocationId=address)
    ec2.create_nat_gateway("no such address", SubnetId=subnet, AllocationId="eipalloc-00000000000000000")
    ec2.until(lambda answer: state(answer) == "available", "describe_nat_gateways", NatGatewayIds=[nat])
    ec2.describe_nat_gateways(NatGatewayIds=[nat])
    ec2.describe_nat_gateways("by network and state", Filter=[by("vpc-id", network.vpc), by("state", "available")])
    ec2.describe_nat_gateways("unknown", NatGatewayIds=["nat-00000000000000000"])
    ec2.describe_addresses("taken", AllocationIds=[address])
    ec2.describe_network_interfaces(Filters=[by("subnet-id", subnet)])
    table = ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, NatGatewayId=nat)
    ec2.describe_route_tables("to a NAT gateway", RouteTableIds=[table])
    ec2.replace_route("to the Internet", RouteTableId=table, DestinationCidrBlock=EVERYWHERE, GatewayId=network.gateway)
    ec2.describe_route_tables("replaced", RouteTableIds=[table])
    ec2.delete_nat_gateway(NatGatewayId=nat)
    ec2.until(lambda answer: state(answer) in ("", "deleted"), "describe_nat_gateways", NatGatewayIds=[nat])
    ec2.describe_nat_gateways("deleted", NatGatewayIds=[nat])
    ec2.delete_nat_gateway("unknown", NatGatewayId="nat-00000000000000000")
    ec2.describe_addresses("free again", AllocationIds=[address])
    ec2.release_address(AllocationId=address)
    ec2.release_address("again", AllocationId=address)
    ec2.delete_route_table(RouteTableId=table)
    network.close()


def state(answer: dict) -> str:
    return answer["NatGateways"][0]["State"] if answer["NatGateways"] else ""
