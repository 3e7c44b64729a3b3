//! Subnets.

use super::Ec2;
use crate::testing::all;

#[tokio::test(start_paused = true)]
async fn subnets_are_within_their_vpc_and_do_not_overlap() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let create = |cidr| ec2.call("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", cidr)]);
    let refused = |cidr| create(cidr).expect_err("a subnet that cannot be");
    for cidr in ["10.1.0.0/24", "10.0.0.0/15", "10.0.0.0/29", "0.0.0.0/0"] {
        assert_eq!(refused(cidr), "InvalidSubnet.Range");
    }
    assert_eq!(refused("10.0.1.0"), "InvalidParameterValue");
    create("10.0.1.0/24").expect("a subnet");
    for cidr in ["10.0.1.0/24", "10.0.1.128/25", "10.0.0.0/23", "10.0.0.0/16", "10.0.1.77/28"] {
        assert_eq!(refused(cidr), "InvalidSubnet.Conflict");
    }
    let next = create("10.0.2.9/24").expect("a subnet beside it");
    assert_eq!(all(&next, "cidrBlock"), ["10.0.2.0/24"]);

    let other = ec2.vpc();
    ec2.subnet(&other, "10.0.1.0/24");
    let input = [("VpcId", "vpc-0123456789abcdef0"), ("CidrBlock", "10.0.1.0/24")];
    assert_eq!(ec2.refused("CreateSubnet", &input), "InvalidVpcID.NotFound");
}

#[tokio::test(start_paused = true)]
async fn a_subnet_is_in_a_zone_of_the_region() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let create = |key, zone, cidr| ec2.call("CreateSubnet", &[("VpcId", &vpc), ("CidrBlock", cidr), (key, zone)]);
    let zone = |answer: Result<String, String>| all(&answer.expect("a subnet"), "availabilityZone");
    assert_eq!(zone(create("AvailabilityZone", "us-east-1c", "10.0.1.0/24")), ["us-east-1c"]);
    assert_eq!(zone(create("AvailabilityZoneId", "use1-az2", "10.0.2.0/24")), ["us-east-1b"]);
    assert_eq!(zone(create("AvailabilityZone", "us-east-1a", "10.0.3.0/24")), ["us-east-1a"]);
    for unknown in ["us-east-1z", "us-west-2a", "a"] {
        let refused = create("AvailabilityZone", unknown, "10.0.4.0/24");
        assert_eq!(refused, Err("InvalidParameterValue".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_vpc_has_200_subnets() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    (0..200).for_each(|number| drop(ec2.subnet(&vpc, &format!("10.0.{number}.0/24"))));
    let input = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.200.0/24")];
    assert_eq!(ec2.refused("CreateSubnet", &input), "SubnetLimitExceeded");
}

#[tokio::test(start_paused = true)]
async fn a_subnet_with_an_interface_or_a_nat_gateway_is_not_deleted() {
    let ec2 = Ec2::new();
    let [_, _, subnet, gateway, _] = ec2.network();
    assert_eq!(ec2.refused("DeleteSubnet", &[("SubnetId", &subnet)]), "DependencyViolation");
    ec2.done("DeleteNatGateway", &[("NatGatewayId", &gateway)]);
    assert_eq!(ec2.refused("DeleteSubnet", &[("SubnetId", &subnet)]), "DependencyViolation");
    crate::testing::pass(super::super::timing::NAT_GATEWAY_STOPS).await;
    ec2.done("DeleteSubnet", &[("SubnetId", &subnet)]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_subnet_has_no_association() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let (subnet, table) = (ec2.subnet(&vpc, "10.0.1.0/24"), ec2.table(&vpc));
    ec2.done("AssociateRouteTable", &[("RouteTableId", &table), ("SubnetId", &subnet)]);
    ec2.done("DeleteSubnet", &[("SubnetId", &subnet)]);
    ec2.done("DeleteRouteTable", &[("RouteTableId", &table)]);
}

#[tokio::test(start_paused = true)]
async fn only_one_subnet_attribute_is_modified_per_call() {
    let ec2 = Ec2::new();
    let subnet = ec2.subnet(&ec2.vpc(), "10.0.1.0/24");
    assert_eq!(ec2.get("DescribeSubnets", &[], "mapPublicIpOnLaunch"), "false");
    ec2.done("ModifySubnetAttribute", &[("SubnetId", &subnet), ("MapPublicIpOnLaunch.Value", "true")]);
    assert_eq!(ec2.get("DescribeSubnets", &[], "mapPublicIpOnLaunch"), "true");
    let names = [("SubnetId", subnet.as_str()), ("PrivateDnsHostnameTypeOnLaunch", "resource-name")];
    ec2.done("ModifySubnetAttribute", &names);
    assert_eq!(ec2.get("DescribeSubnets", &[], "hostnameType"), "resource-name");

    let both = [names[0], names[1], ("MapPublicIpOnLaunch.Value", "true")];
    assert_eq!(ec2.refused("ModifySubnetAttribute", &both), "InvalidParameterCombination");
    let dns64 = [names[0], ("EnableDns64.Value", "true")];
    assert_eq!(ec2.refused("ModifySubnetAttribute", &dns64), "NotModelled");
}
