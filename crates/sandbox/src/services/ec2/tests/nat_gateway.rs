//! NAT gateways.

use std::time::Duration;

use super::super::timing;
use super::Ec2;
use crate::testing::{all, first, pass};

#[tokio::test(start_paused = true)]
async fn creating_and_deleting_a_nat_gateway_takes_minutes() {
    let ec2 = Ec2::new();
    let [_, _, _, gateway, _] = ec2.network();
    assert_eq!(ec2.nat_state(&gateway), "pending");
    pass(timing::NAT_GATEWAY_STARTS / 2).await;
    assert_eq!(ec2.nat_state(&gateway), "pending");
    pass(timing::NAT_GATEWAY_STARTS / 2).await;
    assert_eq!(ec2.nat_state(&gateway), "available");

    ec2.done("DeleteNatGateway", &[("NatGatewayId", &gateway)]);
    ec2.done("DeleteNatGateway", &[("NatGatewayId", &gateway)]);
    assert_eq!(ec2.nat_state(&gateway), "deleting");
    pass(timing::NAT_GATEWAY_STOPS).await;
    assert_eq!(ec2.nat_state(&gateway), "deleted");
    assert!(ec2.list("DescribeNetworkInterfaces", &[], "networkInterfaceId").is_empty());
    assert_eq!(ec2.refused("DeleteNatGateway", &[("NatGatewayId", &gateway)]), "NatGatewayNotFound");

    pass(timing::NAT_GATEWAY_IS_FORGOTTEN).await;
    assert_eq!(ec2.refused("DescribeNatGateways", &[("NatGatewayId.1", &gateway)]), "NatGatewayNotFound");
    assert!(ec2.list("DescribeNatGateways", &[], "natGatewayId").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_gateway_is_not_found() {
    let ec2 = Ec2::new();
    let unknown = "nat-0123456789abcdef0";
    assert_eq!(ec2.refused("DescribeNatGateways", &[("NatGatewayId.1", unknown)]), "NatGatewayNotFound");
    assert_eq!(ec2.refused("DeleteNatGateway", &[("NatGatewayId", unknown)]), "NatGatewayNotFound");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_is_deleted_while_pending_never_becomes_available() {
    let ec2 = Ec2::new();
    let [_, _, _, gateway, _] = ec2.network();
    pass(timing::NAT_GATEWAY_STARTS - timing::NAT_GATEWAY_STOPS / 2).await;
    ec2.done("DeleteNatGateway", &[("NatGatewayId", &gateway)]);
    pass(timing::NAT_GATEWAY_STOPS / 2).await;
    assert_eq!(ec2.nat_state(&gateway), "deleting");
    pass(timing::NAT_GATEWAY_STOPS / 2).await;
    assert_eq!(ec2.nat_state(&gateway), "deleted");
}

#[tokio::test(start_paused = true)]
async fn a_nat_gateway_fails_without_an_internet_gateway() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let (subnet, address) = (ec2.subnet(&vpc, "10.0.1.0/24"), ec2.address());
    let gateway = ec2.nat_gateway(&subnet, &address);
    let listed = ec2.done("DescribeNatGateways", &[]);
    assert_eq!((first(&listed, "state").as_deref(), first(&listed, "failureCode")), (Some("pending"), None));
    pass(timing::NAT_GATEWAY_STARTS).await;
    let listed = ec2.done("DescribeNatGateways", &[]);
    assert_eq!(all(&listed, "failureCode"), ["Gateway.NotAttached"]);
    assert_eq!(ec2.nat_state(&gateway), "failed");
    // The failed creation uses nothing.
    ec2.done("ReleaseAddress", &[("AllocationId", &address)]);
    ec2.done("DeleteSubnet", &[("SubnetId", &subnet)]);
    pass(timing::NAT_GATEWAY_IS_FORGOTTEN).await;
    assert!(ec2.list("DescribeNatGateways", &[], "natGatewayId").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_nat_gateway_fails_while_the_internet_gateway_attachment_is_not_visible() {
    let ec2 = Ec2::stale_reads();
    let vpc = ec2.vpc();
    let (subnet, address) = (ec2.subnet(&vpc, "10.0.1.0/24"), ec2.address());
    let gateway = ec2.get("CreateInternetGateway", &[], "internetGatewayId");
    pass(Duration::from_secs(60)).await;
    ec2.done("AttachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", &vpc)]);
    assert!(ec2.list("DescribeInternetGateways", &[], "vpcId").is_empty(), "it is attached to nothing yet");
    let early = ec2.nat_gateway(&subnet, &address);
    pass(Duration::from_secs(60)).await;
    assert_eq!(ec2.list("DescribeInternetGateways", &[], "vpcId"), [vpc]);
    let late = ec2.nat_gateway(&subnet, &address);
    // Their final states are visible only after a delay, too.
    pass(timing::NAT_GATEWAY_STARTS + Duration::from_secs(60)).await;
    assert_eq!((ec2.nat_state(&early), ec2.nat_state(&late)), ("failed".to_owned(), "available".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_nat_gateway_fails_if_its_address_is_in_use() {
    let ec2 = Ec2::new();
    let [_, _, subnet, first, address] = ec2.network();
    let second = ec2.nat_gateway(&subnet, &address);
    pass(timing::NAT_GATEWAY_STARTS).await;
    assert_eq!((ec2.nat_state(&first), ec2.nat_state(&second)), ("available".to_owned(), "failed".to_owned()));
    let failed = [("Filter.1.Name", "state"), ("Filter.1.Value.1", "failed")];
    assert_eq!(ec2.list("DescribeNatGateways", &failed, "failureCode"), ["Resource.AlreadyAssociated"]);
    ec2.done("DeleteNatGateway", &[("NatGatewayId", &second)]);
    assert_eq!(ec2.nat_state(&first), "available");
}

#[tokio::test(start_paused = true)]
async fn a_nat_gateway_fails_in_a_full_subnet() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    ec2.internet_gateway(&vpc);
    let subnet = ec2.subnet(&vpc, "10.0.1.0/28");
    ec2.0.cloud(|cloud| (0..11).for_each(|_| drop(super::super::attach(cloud, &subnet, &[], "a task"))));
    let gateway = ec2.nat_gateway(&subnet, &ec2.address());
    pass(timing::NAT_GATEWAY_STARTS).await;
    assert_eq!(ec2.nat_state(&gateway), "failed");
    assert_eq!(ec2.get("DescribeNatGateways", &[], "failureCode"), "InsufficientFreeAddressesInSubnet");
}

#[tokio::test(start_paused = true)]
async fn the_same_token_is_the_same_gateway() {
    let ec2 = Ec2::new();
    let [_, _, subnet, _, _] = ec2.network();
    let address = ec2.address();
    let input = [("SubnetId", subnet.as_str()), ("AllocationId", address.as_str()), ("ClientToken", "once")];
    let create = || ec2.get("CreateNatGateway", &input, "natGatewayId");
    let gateway = create();
    assert_eq!(create(), gateway);
    assert_eq!(ec2.list("DescribeNatGateways", &[], "natGatewayId").len(), 2);

    let other = [input[0], input[1], input[2], ("ConnectivityType", "public")];
    assert_eq!(ec2.refused("CreateNatGateway", &other), "IdempotentParameterMismatch");
    let long = "x".repeat(65);
    let input = [input[0], input[1], ("ClientToken", long.as_str())];
    assert_eq!(ec2.refused("CreateNatGateway", &input), "InvalidParameterValue");

    // Also when it is deleted and no longer listed.
    ec2.done("DeleteNatGateway", &[("NatGatewayId", &gateway)]);
    pass(timing::NAT_GATEWAY_STOPS + timing::NAT_GATEWAY_IS_FORGOTTEN).await;
    let input = [("SubnetId", subnet.as_str()), ("AllocationId", address.as_str()), ("ClientToken", "once")];
    let again = ec2.done("CreateNatGateway", &input);
    assert_eq!((first(&again, "natGatewayId"), first(&again, "state")), (Some(gateway), Some("deleted".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn invalid_gateways_are_refused() {
    let ec2 = Ec2::new();
    let [_, _, subnet, _, address] = ec2.network();
    let refused = |input: &[(&str, &str)]| ec2.refused("CreateNatGateway", input);
    assert_eq!(refused(&[("AllocationId", &address)]), "MissingParameter");
    assert_eq!(refused(&[("SubnetId", &subnet)]), "MissingParameter");
    let unknown = "eipalloc-0123456789abcdef0";
    assert_eq!(refused(&[("SubnetId", &subnet), ("AllocationId", unknown)]), "InvalidElasticIpID.NotFound");
    let unknown = "subnet-0123456789abcdef0";
    assert_eq!(refused(&[("SubnetId", unknown), ("AllocationId", &address)]), "InvalidSubnetID.NotFound");
    let private = [("SubnetId", subnet.as_str()), ("AllocationId", &address), ("ConnectivityType", "private")];
    assert_eq!(refused(&private), "InvalidParameterCombination");
    ec2.done("CreateNatGateway", &[private[0], private[2]]);
}

#[tokio::test(start_paused = true)]
async fn a_zone_has_five_nat_gateways() {
    let ec2 = Ec2::new();
    let subnet = ec2.subnet(&ec2.vpc(), "10.0.1.0/24");
    let input = [("SubnetId", subnet.as_str()), ("ConnectivityType", "private")];
    (0..5).for_each(|_| drop(ec2.done("CreateNatGateway", &input)));
    assert_eq!(ec2.refused("CreateNatGateway", &input), "NatGatewayLimitExceeded");
}

#[tokio::test(start_paused = true)]
async fn nat_gateways_are_filtered_by_tags() {
    let ec2 = Ec2::new();
    let [vpc, _, subnet, _, _] = ec2.network();
    let address = ec2.address();
    let input = [
        ("SubnetId", subnet.as_str()),
        ("AllocationId", &address),
        ("TagSpecification.1.ResourceType", "natgateway"),
        ("TagSpecification.1.Tag.1.Key", "owner"),
        ("TagSpecification.1.Tag.1.Value", "me"),
    ];
    let gateway = ec2.get("CreateNatGateway", &input, "natGatewayId");
    let found = |name, value| {
        ec2.list("DescribeNatGateways", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)], "natGatewayId")
    };
    assert_eq!(found("tag:owner", "me"), [gateway.as_str()]);
    assert_eq!(found("tag-key", "owner"), [gateway]);
    assert!(found("tag:owner", "you").is_empty());
    assert_eq!(found("vpc-id", &vpc).len(), 2);
}
