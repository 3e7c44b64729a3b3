//! Network interfaces and zones.

use std::time::Duration;

use super::super::{attach, free_addresses, map_public_address, release};
use super::Ec2;
use crate::testing::{Bench, GROUP, SUBNETS, VPC, all, pass};

#[tokio::test(start_paused = true)]
async fn an_interface_has_an_address_of_its_subnet() {
    let ec2 = Ec2(Bench::with_network());
    let groups = [GROUP.to_owned()];
    let first = ec2.0.cloud(|cloud| {
        let first = attach(cloud, SUBNETS[0], &groups, "one");
        attach(cloud, SUBNETS[0], &groups, "two");
        attach(cloud, SUBNETS[1], &[], "three");
        first
    });
    let addresses = |filter: (&str, &str)| {
        let input = [("Filter.1.Name", filter.0), ("Filter.1.Value.1", filter.1)];
        let listed = ec2.done("DescribeNetworkInterfaces", &input);
        let mut addresses = all(&listed, "privateIpAddress");
        addresses.sort();
        addresses.dedup();
        addresses
    };
    assert_eq!(addresses(("subnet-id", SUBNETS[0])), ["10.0.1.4", "10.0.1.5"]);
    assert_eq!(addresses(("group-id", GROUP)), ["10.0.1.4", "10.0.1.5"]);
    assert_eq!(addresses(("vpc-id", VPC)).len(), 3);
    assert_eq!(addresses(("description", "t*")), ["10.0.1.5", "10.0.2.4"]);
    assert_eq!(ec2.get("DescribeSubnets", &[("SubnetId.1", SUBNETS[0])], "availableIpAddressCount"), "249");

    // A free address is assigned again.
    ec2.0.cloud(|cloud| release(cloud, &first, Duration::from_secs(10)));
    pass(Duration::from_secs(10)).await;
    ec2.0.cloud(|cloud| attach(cloud, SUBNETS[0], &[], "four"));
    assert_eq!(addresses(("description", "four")), ["10.0.1.4"]);
}

#[tokio::test(start_paused = true)]
async fn a_full_subnet_has_no_address_for_an_interface() {
    let ec2 = Ec2::new();
    let subnet = ec2.subnet(&ec2.vpc(), "10.0.1.0/28");
    ec2.0.cloud(|cloud| {
        (0..12).for_each(|_| drop(attach(cloud, &subnet, &[], "a task")));
        let without = cloud.ec2.interfaces.values().filter(|interface| interface.private_ip.is_empty());
        assert_eq!(without.count(), 1);
        assert_eq!(free_addresses(cloud, &cloud.ec2.subnets[&subnet]), 0);
    });
}

#[tokio::test(start_paused = true)]
async fn an_automatic_public_address_prevents_detaching_the_internet_gateway() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let (gateway, subnet) = (ec2.internet_gateway(&vpc), ec2.subnet(&vpc, "10.0.1.0/24"));
    let interface = ec2.0.cloud(|cloud| {
        let interface = attach(cloud, &subnet, &[], "ELB app/web/0123456789abcdef");
        map_public_address(cloud, &interface);
        interface
    });
    assert_eq!(ec2.list("DescribeNetworkInterfaces", &[], "ipOwnerId"), ["amazon", "amazon"]);
    let detach = || ec2.call("DetachInternetGateway", &[("InternetGatewayId", &gateway), ("VpcId", &vpc)]);
    assert_eq!(detach(), Err("DependencyViolation".to_owned()));
    ec2.0.cloud(|cloud| release(cloud, &interface, Duration::from_secs(10)));
    pass(Duration::from_secs(10)).await;
    detach().expect("the address is gone");
}

#[tokio::test(start_paused = true)]
async fn the_interface_of_a_nat_gateway_names_its_gateway() {
    let ec2 = Ec2::new();
    let [vpc, _, _, gateway, address] = ec2.network();
    let listed = ec2.done("DescribeNetworkInterfaces", &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &vpc)]);
    assert_eq!(all(&listed, "description"), [format!("Interface for NAT Gateway {gateway}")]);
    assert_eq!(all(&listed, "interfaceType"), ["nat_gateway"]);
    assert_eq!(all(&listed, "allocationId")[0], address);
    assert_eq!(all(&listed, "status"), ["in-use"]);
}

#[tokio::test(start_paused = true)]
async fn the_zones_of_the_region() {
    let ec2 = Ec2::new();
    let zones = ec2.done("DescribeAvailabilityZones", &[]);
    assert_eq!(all(&zones, "zoneName").len(), 6);
    assert_eq!(all(&zones, "zoneId")[0], "use1-az1");
    assert_eq!(ec2.list("DescribeAvailabilityZones", &[("ZoneName.1", "us-east-1b")], "zoneId"), ["use1-az2"]);
    let unknown = [("ZoneName.1", "us-east-1z")];
    assert_eq!(ec2.refused("DescribeAvailabilityZones", &unknown), "InvalidParameterValue");
    let available = [("Filter.1.Name", "state"), ("Filter.1.Value.1", "available")];
    assert_eq!(ec2.list("DescribeAvailabilityZones", &available, "zoneName").len(), 6);
    ec2.0.cloud(|cloud| cloud.account.region = "eu-west-1".to_owned());
    assert_eq!(
        ec2.list("DescribeAvailabilityZones", &[], "zoneName"),
        ["a", "b", "c"].map(|letter| format!("eu-west-1{letter}"))
    );
    assert_eq!(ec2.refused("DescribeAvailabilityZones", &[("ZoneName.1", "eu-west-1d")]), "InvalidParameterValue");
}
