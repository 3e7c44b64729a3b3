//! Tests of the inventory, and of saving and loading it.

use super::super::timing;
use super::{Ec2, tcp};
use crate::cloud::Cloud;
use crate::testing::pass;

fn kinds(ec2: &Ec2) -> Vec<String> {
    ec2.0.inventory().into_iter().map(|item| item.kind).collect()
}

#[tokio::test(start_paused = true)]
async fn resources_of_callers_are_in_the_inventory_until_they_are_deleted() {
    let ec2 = Ec2::new();
    let [vpc, internet_gateway, subnet, nat_gateway, address] = ec2.network();
    let group = ec2.group(&vpc, "web");
    ec2.rule(&group, "80", "10.0.0.0/8");
    let table = ec2.table(&vpc);
    let input = [("RouteTableId", table.as_str()), ("SubnetId", &subnet)];
    let association = ec2.get("AssociateRouteTable", &input, "associationId");
    let anywhere = ("DestinationCidrBlock", "0.0.0.0/0");
    ec2.done("CreateRoute", &[("RouteTableId", &table), anywhere, ("GatewayId", &internet_gateway)]);
    let s3 = ("ServiceName", "com.amazonaws.us-east-1.s3");
    let input = [("VpcId", vpc.as_str()), s3, ("RouteTableId.1", &table)];
    let endpoint = ec2.get("CreateVpcEndpoint", &input, "vpcEndpointId");
    let expected = [
        "ec2:elastic-ip",
        "ec2:internet-gateway",
        "ec2:internet-gateway-attachment",
        "ec2:nat-gateway",
        "ec2:route",
        "ec2:route-table",
        "ec2:route-table-association",
        "ec2:security-group",
        "ec2:security-group-rule",
        "ec2:subnet",
        "ec2:vpc",
        "ec2:vpc-endpoint",
    ];
    assert_eq!(kinds(&ec2), expected);

    ec2.done("DeleteNatGateway", &[("NatGatewayId", &nat_gateway)]);
    ec2.done("DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    pass(timing::NAT_GATEWAY_STOPS).await;
    ec2.done("ReleaseAddress", &[("AllocationId", &address)]);
    ec2.done("DetachInternetGateway", &[("InternetGatewayId", &internet_gateway), ("VpcId", &vpc)]);
    ec2.done("DeleteInternetGateway", &[("InternetGatewayId", &internet_gateway)]);
    ec2.done("DisassociateRouteTable", &[("AssociationId", &association)]);
    ec2.done("DeleteRouteTable", &[("RouteTableId", &table)]);
    ec2.done("DeleteSecurityGroup", &[("GroupId", &group)]);
    ec2.done("DeleteSubnet", &[("SubnetId", &subnet)]);
    ec2.done("DeleteVpc", &[("VpcId", &vpc)]);
    assert!(kinds(&ec2).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_rule_in_a_default_group_is_listed() {
    let ec2 = Ec2::new();
    ec2.vpc();
    let group = ec2.get("DescribeSecurityGroups", &[], "groupId");
    ec2.done("AuthorizeSecurityGroupIngress", &tcp(&group, "80", "10.0.0.0/8"));
    assert_eq!(kinds(&ec2), ["ec2:security-group-rule", "ec2:vpc"]);
}

#[tokio::test(start_paused = true)]
async fn the_state_is_saved_and_restored() {
    let ec2 = Ec2::new();
    let [vpc, _, _, _, _] = ec2.network();
    ec2.rule(&ec2.group(&vpc, "web"), "80", "10.0.0.0/8");
    ec2.done("CreateVpcEndpoint", &[("VpcId", &vpc), ("ServiceName", "com.amazonaws.us-east-1.s3")]);
    ec2.0.cloud(|cloud| {
        let kept = serde_json::to_value(&*cloud).expect("JSON");
        let again: Cloud = serde_json::from_value(kept.clone()).expect("a cloud");
        assert_eq!(serde_json::to_value(&again).expect("JSON"), kept);
    });
}
