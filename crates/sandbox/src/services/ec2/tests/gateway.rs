//! Internet gateways and elastic IP addresses.

use super::super::timing;
use super::Ec2;
use crate::testing::{all, pass};

#[tokio::test(start_paused = true)]
async fn a_gateway_is_attached_to_one_vpc_and_a_vpc_to_one_gateway() {
    let ec2 = Ec2::new();
    let (vpc, other) = (ec2.vpc(), ec2.vpc());
    let gateway = ec2.internet_gateway(&vpc);
    let attach = |gateway: &str, vpc: &str| {
        ec2.refused("AttachInternetGateway", &[("InternetGatewayId", gateway), ("VpcId", vpc)])
    };
    assert_eq!(attach(&gateway, &vpc), "Resource.AlreadyAssociated");
    assert_eq!(attach(&gateway, &other), "Resource.AlreadyAssociated");
    let second = ec2.get("CreateInternetGateway", &[], "internetGatewayId");
    assert_eq!(attach(&second, &vpc), "InvalidParameterValue");
    assert_eq!(attach(&second, "vpc-0123456789abcdef0"), "InvalidVpcID.NotFound");
    assert_eq!(attach("igw-0123456789abcdef0", &other), "InvalidInternetGatewayID.NotFound");

    let listed = ec2.done("DescribeInternetGateways", &[("InternetGatewayId.1", &gateway)]);
    assert_eq!((all(&listed, "vpcId"), all(&listed, "state")), (vec![vpc], vec!["available".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn an_attached_gateway_is_not_deleted() {
    let ec2 = Ec2::new();
    let (vpc, other) = (ec2.vpc(), ec2.vpc());
    let gateway = ec2.internet_gateway(&vpc);
    let refused = ec2.refused("DeleteInternetGateway", &[("InternetGatewayId", &gateway)]);
    assert_eq!(refused, "DependencyViolation");
    let detach = |vpc: &str| ec2.call("DetachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", vpc)]);
    assert_eq!(detach(&other), Err("Gateway.NotAttached".to_owned()));
    detach(&vpc).expect("it is attached");
    assert_eq!(detach(&vpc), Err("Gateway.NotAttached".to_owned()));
    ec2.done("DeleteInternetGateway", &[("InternetGatewayId", &gateway)]);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_is_not_detached_while_public_addresses_are_mapped() {
    let ec2 = Ec2::new();
    let [vpc, gateway, _, nat_gateway, _] = ec2.network();
    let detach = || ec2.call("DetachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", &vpc)]);
    assert_eq!(detach(), Err("DependencyViolation".to_owned()));
    ec2.done("DeleteNatGateway", &[("NatGatewayId", &nat_gateway)]);
    assert_eq!(detach(), Err("DependencyViolation".to_owned()));
    pass(timing::NAT_GATEWAY_STOPS).await;
    detach().expect("nothing is mapped any more");
}

#[tokio::test(start_paused = true)]
async fn a_region_has_five_internet_gateways_and_five_addresses() {
    let ec2 = Ec2::new();
    for _ in 0..5 {
        ec2.done("CreateInternetGateway", &[]);
        ec2.address();
    }
    assert_eq!(ec2.refused("CreateInternetGateway", &[]), "InternetGatewayLimitExceeded");
    assert_eq!(ec2.refused("AllocateAddress", &[]), "AddressLimitExceeded");
    let mut addresses = ec2.list("DescribeAddresses", &[], "publicIp");
    addresses.dedup();
    assert_eq!(addresses.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_address_in_use_reports_its_association_and_is_not_released() {
    let ec2 = Ec2::new();
    let [_, _, _, gateway, address] = ec2.network();
    let listed = ec2.done("DescribeAddresses", &[("AllocationId.1", &address)]);
    let interface = ec2.get("DescribeNatGateways", &[], "networkInterfaceId");
    assert_eq!(all(&listed, "networkInterfaceId"), [interface]);
    assert_eq!(all(&listed, "privateIpAddress"), ["10.0.1.4"]);
    assert_eq!(all(&listed, "associationId").len(), 1);

    assert_eq!(ec2.refused("ReleaseAddress", &[("AllocationId", &address)]), "AuthFailure");
    ec2.done("DeleteNatGateway", &[("NatGatewayId", &gateway)]);
    assert_eq!(ec2.refused("ReleaseAddress", &[("AllocationId", &address)]), "AuthFailure");
    pass(timing::NAT_GATEWAY_STOPS).await;
    assert!(ec2.list("DescribeAddresses", &[], "associationId").is_empty());
    ec2.done("ReleaseAddress", &[("AllocationId", &address)]);
    assert_eq!(ec2.refused("ReleaseAddress", &[("AllocationId", &address)]), "InvalidAllocationID.NotFound");
}

#[tokio::test(start_paused = true)]
async fn an_address_of_a_vpc_is_released_by_its_id() {
    let ec2 = Ec2::new();
    let public_ip = ec2.get("AllocateAddress", &[], "publicIp");
    assert_eq!(ec2.refused("ReleaseAddress", &[("PublicIp", &public_ip)]), "InvalidParameterValue");
    assert_eq!(ec2.refused("AllocateAddress", &[("Domain", "standard")]), "InvalidParameterValue");
    assert_eq!(ec2.list("DescribeAddresses", &[("PublicIp.1", &public_ip)], "publicIp"), [public_ip]);
    assert_eq!(ec2.refused("DescribeAddresses", &[("PublicIp.1", "198.51.100.1")]), "InvalidAddress.NotFound");
    assert_eq!(ec2.refused("DescribeAddresses", &[("PublicIp.1", "here")]), "InvalidAddress.Malformed");
}
