//! VPCs.

use super::Ec2;
use crate::testing::all;

#[tokio::test(start_paused = true)]
async fn a_vpc_comes_with_a_main_route_table_and_a_default_group() {
    let ec2 = Ec2::new();
    let answer = ec2.done("CreateVpc", &[("CidrBlock", "10.0.3.7/16")]);
    assert_eq!(all(&answer, "cidrBlock"), ["10.0.0.0/16", "10.0.0.0/16"]);
    assert_eq!(all(&answer, "state"), ["pending", "associated"]);
    let listed = ec2.done("DescribeVpcs", &[]);
    assert_eq!(all(&listed, "state"), ["available", "associated"]);

    let tables =
        ec2.done("DescribeRouteTables", &[("Filter.1.Name", "association.main"), ("Filter.1.Value.1", "true")]);
    assert_eq!(all(&tables, "destinationCidrBlock"), ["10.0.0.0/16"]);
    assert_eq!(all(&tables, "gatewayId"), ["local"]);
    let rules = ec2.done("DescribeSecurityGroupRules", &[]);
    assert_eq!(all(&rules, "ipProtocol"), ["-1", "-1"]);
    let mut ways = all(&rules, "isEgress");
    ways.sort();
    assert_eq!(ways, ["false", "true"]);
    assert_eq!(ec2.list("DescribeSecurityGroups", &[], "groupName"), ["default"]);
}

#[tokio::test(start_paused = true)]
async fn vpc_ranges_are_validated() {
    let ec2 = Ec2::new();
    for cidr in ["10.0.0.0/15", "10.0.0.0/29", "0.0.0.0/0"] {
        assert_eq!(ec2.refused("CreateVpc", &[("CidrBlock", cidr)]), "InvalidVpc.Range");
    }
    assert_eq!(ec2.refused("CreateVpc", &[("CidrBlock", "10.0.0.0")]), "InvalidParameterValue");
    assert_eq!(ec2.refused("CreateVpc", &[]), "MissingParameter");
    let input = [("CidrBlock", "10.0.0.0/16"), ("InstanceTenancy", "mine")];
    assert_eq!(ec2.refused("CreateVpc", &input), "InvalidParameterValue");
    let input = [("CidrBlock", "10.0.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")];
    assert_eq!(ec2.refused("CreateVpc", &input), "NotModelled");
}

#[tokio::test(start_paused = true)]
async fn a_region_has_five_vpcs() {
    let ec2 = Ec2::new();
    (0..5).for_each(|_| drop(ec2.vpc()));
    assert_eq!(ec2.refused("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]), "VpcLimitExceeded");
}

#[tokio::test(start_paused = true)]
async fn a_vpc_that_is_not_empty_is_not_deleted() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let stays = || assert_eq!(ec2.refused("DeleteVpc", &[("VpcId", &vpc)]), "DependencyViolation");

    let subnet = ec2.subnet(&vpc, "10.0.1.0/24");
    stays();
    ec2.done("DeleteSubnet", &[("SubnetId", &subnet)]);
    let gateway = ec2.internet_gateway(&vpc);
    stays();
    ec2.done("DetachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", &vpc)]);
    let group = ec2.group(&vpc, "web");
    stays();
    ec2.done("DeleteSecurityGroup", &[("GroupId", &group)]);
    let table = ec2.table(&vpc);
    stays();
    ec2.done("DeleteRouteTable", &[("RouteTableId", &table)]);
    let input = [("VpcId", vpc.as_str()), ("ServiceName", "com.amazonaws.us-east-1.s3")];
    let endpoint = ec2.get("CreateVpcEndpoint", &input, "vpcEndpointId");
    stays();
    ec2.done("DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    stays();
    crate::testing::pass(super::super::timing::ENDPOINT_STOPS).await;

    ec2.done("DeleteVpc", &[("VpcId", &vpc)]);
    for listing in ["DescribeVpcs", "DescribeRouteTables", "DescribeSecurityGroups", "DescribeSecurityGroupRules"] {
        assert!(ec2.list(listing, &[], "item").is_empty(), "{listing} has something left");
    }
    assert_eq!(ec2.refused("DeleteVpc", &[("VpcId", &vpc)]), "InvalidVpcID.NotFound");
}

#[tokio::test(start_paused = true)]
async fn only_one_vpc_attribute_is_modified_per_call() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let is = |attribute| ec2.get("DescribeVpcAttribute", &[("VpcId", &vpc), ("Attribute", attribute)], "value");
    assert_eq!((is("enableDnsSupport"), is("enableDnsHostnames")), ("true".to_owned(), "false".to_owned()));

    ec2.done("ModifyVpcAttribute", &[("VpcId", &vpc), ("EnableDnsHostnames.Value", "true")]);
    ec2.done("ModifyVpcAttribute", &[("VpcId", &vpc), ("EnableDnsSupport.Value", "false")]);
    assert_eq!((is("enableDnsSupport"), is("enableDnsHostnames")), ("false".to_owned(), "true".to_owned()));

    let both = [("VpcId", vpc.as_str()), ("EnableDnsHostnames.Value", "true"), ("EnableDnsSupport.Value", "true")];
    assert_eq!(ec2.refused("ModifyVpcAttribute", &both), "InvalidParameterCombination");
    assert_eq!(ec2.refused("ModifyVpcAttribute", &[("VpcId", &vpc)]), "MissingParameter");
    let input = [("VpcId", vpc.as_str()), ("EnableDnsSupport.Value", "perhaps")];
    assert_eq!(ec2.refused("ModifyVpcAttribute", &input), "InvalidParameterValue");
    let input = [("VpcId", vpc.as_str()), ("Attribute", "dnsSupport")];
    assert_eq!(ec2.refused("DescribeVpcAttribute", &input), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn malformed_and_unknown_ids_are_distinguished() {
    let ec2 = Ec2::new();
    for (action, key, prefix, malformed, unknown) in [
        ("DeleteVpc", "VpcId", "vpc", "InvalidVpcID.Malformed", "InvalidVpcID.NotFound"),
        ("DeleteSubnet", "SubnetId", "subnet", "InvalidSubnetID.Malformed", "InvalidSubnetID.NotFound"),
        ("DeleteSecurityGroup", "GroupId", "sg", "InvalidGroupId.Malformed", "InvalidGroup.NotFound"),
        ("DeleteRouteTable", "RouteTableId", "rtb", "InvalidRouteTableId.Malformed", "InvalidRouteTableID.NotFound"),
        ("DeleteNatGateway", "NatGatewayId", "nat", "NatGatewayMalformed", "NatGatewayNotFound"),
        (
            "DeleteInternetGateway",
            "InternetGatewayId",
            "igw",
            "InvalidInternetGatewayId.Malformed",
            "InvalidInternetGatewayID.NotFound",
        ),
        ("ReleaseAddress", "AllocationId", "eipalloc", "InvalidAllocationID.NotFound", "InvalidAllocationID.NotFound"),
    ] {
        for id in ["x", &format!("{prefix}-xyz"), &format!("{prefix}-1234"), "ami-0123456789abcdef0", ""] {
            assert_eq!(ec2.refused(action, &[(key, id)]), malformed, "{action} of {id}");
        }
        assert_eq!(ec2.refused(action, &[(key, &format!("{prefix}-0123456789abcdef0"))]), unknown);
        assert_eq!(ec2.refused(action, &[(key, &format!("{prefix}-12345678"))]), unknown);
        assert_eq!(ec2.refused(action, &[]), "MissingParameter");
    }
}
