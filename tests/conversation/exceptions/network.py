"""Exceptions of EC2, but for what concerns security groups."""

from exceptions.exception import differs, invents, lacks, lets_pass, refuses, says_otherwise

API = "Amazon EC2 API reference, "

EXCEPTIONS = [
    *says_otherwise(
        {"ec2.create_vpc, not a block": ("InvalidVpc.Range 400", "InvalidParameterValue 400")},
        f"{API}Error codes, InvalidVpc.Range",
        "the range is only judged of what is a block at all",
    ),
    *says_otherwise(
        {"ec2.describe_vpcs, malformed": ("InvalidVpcID.NotFound 400", "InvalidVpcID.Malformed 400")},
        f"{API}Error codes, InvalidVpcID.Malformed",
        "moto does not look at the form of an id",
    ),
    *differs(
        "ec2.*_vpc*",
        {"*.DhcpOptionsId": ("default", "dopt-*")},
        f"{API}Vpc, dhcpOptionsId",
        "a network has the account's own set of options, and moto says its name of old",
    ),
    *differs(
        "ec2.create_vpc",
        {"Vpc.State": ("available", "pending")},
        f"{API}CreateVpc, example",
        "the answer is given before the network is there",
    ),
    *lacks(
        "ec2.*_subnet*",
        ["*.EnableDns64", "*.MapCustomerOwnedIpOnLaunch"],
        f"{API}Subnet",
        "moto does not know these settings",
    ),
    *lacks(
        "ec2.create_*",
        ["ClientToken"],
        f"{API}CreateRouteTable and CreateNatGateway, clientToken",
        "the token is given back, and boto3 sends one of its own where the script does not",
    ),
    *says_otherwise(
        {
            "ec2.create_route, no such gateway": (
                "InvalidInternetGatewayID.NotFound 400",
                "InvalidGatewayID.NotFound 400",
            )
        },
        "github.com/hashicorp/terraform, issue 4987",
        "of a route AWS speaks of gateways, for the parameter takes others than those to the Internet too",
    ),
    *lacks(
        "ec2.describe_prefix_lists",
        ["PrefixLists.*.Cidrs"],
        f"{API}PrefixList, cidrSet",
        "moto has the lists empty",
    ),
    *lacks(
        "ec2.*_vpc_endpoint*",
        ["*.ServiceRegion"],
        f"{API}VpcEndpoint, serviceRegion",
        "moto does not know the field",
    ),
    *differs(
        "ec2.*_vpc_endpoint*",
        {"*.PrivateDnsEnabled": ("true", "false")},
        f"{API}CreateVpcEndpoint, PrivateDnsEnabled",
        "it is a setting of interface endpoints, and this one is of a gateway",
    ),
    *lacks("ec2.*_vpc_endpoint*", ["*.RequesterManaged"], f"{API}VpcEndpoint", "moto does not know the field"),
    *lacks(
        "ec2.*_vpc_endpoint*",
        ["*.VpcEndpointType"],
        f"{API}CreateVpcEndpoint, VpcEndpointType",
        "moto has no default for the type",
    ),
    *refuses(
        {
            "ec2.delete_vpc_endpoints, again": "InvalidRoute.NotFound 400",
            "ec2.delete_vpc_endpoints, changed": "unreadable",
        },
        f"{API}DeleteVpcEndpoints, unsuccessful",
        "moto looks for a route in each table; AWS tells what it cannot delete in its answer",
    ),
    *lacks(
        "ec2.allocate_address",
        ["NetworkBorderGroup", "PublicIpv4Pool"],
        f"{API}AllocateAddress, example",
        "moto does not know the fields",
    ),
    *lacks(
        "ec2.describe_addresses",
        ["*.NetworkBorderGroup", "*.PublicIpv4Pool"],
        f"{API}DescribeAddresses, example",
        "moto does not know the fields",
    ),
    *invents(
        "ec2.describe_addresses",
        ["*.InstanceId", "*.NetworkInterfaceId"],
        f"{API}Address",
        "moto gives an empty text for what is not there",
    ),
    *invents(
        "ec2.describe_addresses, free again",
        ["*.AssociationId", "*.NetworkInterfaceOwnerId", "*.PrivateIpAddress"],
        "Amazon VPC User Guide, Work with NAT gateways: deleting one disassociates its address",
        "moto leaves the address with the gateway that is gone",
    ),
    *lacks(
        "ec2.*_nat_gateway*",
        [
            "*.AvailabilityMode",
            "*.ConnectivityType",
            "*.NatGatewayAddresses.*.IsPrimary",
            "*.NatGatewayAddresses.*.Status",
        ],
        f"{API}NatGateway and NatGatewayAddress",
        "moto does not know the fields",
    ),
    *differs(
        "ec2.create_nat_gateway",
        {"NatGateway.State": ("available", "pending")},
        f"{API}CreateNatGateway, example",
        "the answer is given before the gateway is there",
    ),
    *says_otherwise(
        {
            "ec2.create_nat_gateway, no such address": (
                "InvalidAllocationID.NotFound 400",
                "InvalidElasticIpID.NotFound 400",
            )
        },
        "github.com/hashicorp/terraform-provider-aws, issue 27087",
        "of a NAT gateway AWS has another code than of an address itself",
    ),
    *lets_pass(
        {"ec2.describe_nat_gateways, unknown": "NatGatewayNotFound 400"},
        f"{API}Error codes, NatGatewayNotFound",
        "moto gives an empty list",
    ),
    *says_otherwise(
        {"ec2.delete_nat_gateway, unknown": ("unreadable", "NatGatewayNotFound 400")},
        f"{API}Error codes, NatGatewayNotFound",
        "moto fails with an HTTP 500",
    ),
    *lacks(
        "ec2.describe_nat_gateways, deleted",
        ["NatGateways.0.DeleteTime"],
        f"{API}NatGateway, DeleteTime",
        "moto does not say when",
    ),
    *invents(
        "ec2.describe_network_interfaces",
        ["NetworkInterfaces.*.Association.PublicDnsName", "NetworkInterfaces.*.Groups", "NetworkInterfaces.1"],
        "Amazon VPC User Guide, NAT gateway basics: no security group can be associated with one",
        "moto makes two ordinary interfaces for one gateway",
    ),
    *invents(
        "ec2.describe_network_interfaces",
        ["NetworkInterfaces.*.RequesterId"],
        f"{API}NetworkInterface, requesterId",
        "the id is that of an account of AWS's own, which the sandbox does not make up",
    ),
    *lacks(
        "ec2.describe_network_interfaces",
        ["NetworkInterfaces.*.PrivateIpAddresses.*.Association"],
        f"{API}NetworkInterfacePrivateIpAddress",
        "moto has the association of the interface only",
    ),
    *lacks(
        "ec2.describe_network_interfaces",
        ["NetworkInterfaces.*.AvailabilityZoneId"],
        f"{API}NetworkInterface, availabilityZoneId",
        "moto has the zone's name only",
    ),
    *differs(
        "ec2.describe_network_interfaces",
        {
            "*.Description": ("", "Interface for NAT Gateway nat-*"),
            "*.InterfaceType": ("interface", "nat_gateway"),
            "*.RequesterManaged": ("false", "true"),
            "*.SourceDestCheck": ("true", "false"),
            "*.Status": ("available", "in-use"),
        },
        f"{API}NetworkInterface",
        "moto makes an ordinary interface, and does not attach it",
    ),
    *lacks(
        "ec2.describe_vpcs, with a star that is meant",
        ["Vpcs"],
        "Amazon EC2 User Guide, Filter your resources using the CLI: a backslash before a star that is meant",
        "moto does not know the backslash",
    ),
    *differs(
        "ec2.create_*, with an address in its block",
        {"*.CidrBlock": ("10.15.*", "10.15.*.0/*")},
        f"{API}CreateVpc, CidrBlock: `We modify the specified CIDR block to its canonical form`",
        "moto keeps it as it was given",
    ),
    *invents(
        "ec2.describe_tags, nothing left",
        ["Tags"],
        f"{API}DeleteTags: where no tags are named, all that users have set are deleted",
        "moto deletes those that are named",
    ),
]
