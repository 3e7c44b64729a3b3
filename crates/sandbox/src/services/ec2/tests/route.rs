//! Routes.

use super::super::timing;
use super::Ec2;
use crate::testing::{all, pass};

const ANYWHERE: (&str, &str) = ("DestinationCidrBlock", "0.0.0.0/0");

/// The routes of a table as pairs of a destination and a state.
fn routes(ec2: &Ec2, table: &str) -> Vec<(String, String)> {
    let listed = ec2.done("DescribeRouteTables", &[("RouteTableId.1", table)]);
    let states: Vec<String> =
        all(&listed, "state").into_iter().filter(|state| state == "active" || state == "blackhole").collect();
    all(&listed, "destinationCidrBlock").into_iter().zip(states).collect()
}

fn pair(destination: &str, state: &str) -> (String, String) {
    (destination.to_owned(), state.to_owned())
}

#[tokio::test(start_paused = true)]
async fn routes_to_unknown_targets_are_refused() {
    let ec2 = Ec2::new();
    let [vpc, internet_gateway, _, nat_gateway, _] = ec2.network();
    let table = ec2.table(&vpc);
    let create = |key: &str, target: &str| {
        ec2.call("CreateRoute", &[("RouteTableId", &table), ANYWHERE, (key, target)]).map(drop)
    };
    let refused = |code: &str| Err(code.to_owned());
    assert_eq!(create("NatGatewayId", "nat-0123456789abcdef0"), refused("InvalidNatGatewayID.NotFound"));
    assert_eq!(create("NatGatewayId", &nat_gateway), refused("InvalidNatGatewayID.NotFound"));
    assert_eq!(create("GatewayId", "igw-0123456789abcdef0"), refused("InvalidGatewayID.NotFound"));
    assert_eq!(create("GatewayId", "x"), refused("InvalidGatewayID.NotFound"));
    assert_eq!(create("InstanceId", "i-0123456789abcdef0"), refused("InvalidInstanceID.NotFound"));
    assert_eq!(create("NetworkInterfaceId", "eni-0123456789abcdef0"), refused("InvalidNetworkInterfaceID.NotFound"));
    let none = ec2.refused("CreateRoute", &[("RouteTableId", &table), ANYWHERE]);
    assert_eq!(none, "InvalidParameterCombination");
    let both = [("RouteTableId", table.as_str()), ANYWHERE, ("GatewayId", "x"), ("NatGatewayId", "y")];
    assert_eq!(ec2.refused("CreateRoute", &both), "InvalidParameterCombination");

    create("GatewayId", &internet_gateway).expect("a route");
    assert_eq!(create("GatewayId", &internet_gateway), refused("RouteAlreadyExists"));
    pass(timing::NAT_GATEWAY_STARTS).await;
    let replace = [("RouteTableId", table.as_str()), ANYWHERE, ("NatGatewayId", nat_gateway.as_str())];
    ec2.done("ReplaceRoute", &replace);
    assert_eq!(routes(&ec2, &table), [pair("10.0.0.0/16", "active"), pair("0.0.0.0/0", "active")]);
    assert_eq!(ec2.get("DescribeRouteTables", &[("RouteTableId.1", &table)], "natGatewayId"), nat_gateway);
}

#[tokio::test(start_paused = true)]
async fn a_route_to_a_deleted_target_is_a_blackhole() {
    let ec2 = Ec2::new();
    let [vpc, internet_gateway, _, nat_gateway, _] = ec2.network();
    pass(timing::NAT_GATEWAY_STARTS).await;
    let (public, private) = (ec2.table(&vpc), ec2.table(&vpc));
    ec2.done("CreateRoute", &[("RouteTableId", &public), ANYWHERE, ("GatewayId", &internet_gateway)]);
    ec2.done("CreateRoute", &[("RouteTableId", &private), ANYWHERE, ("NatGatewayId", &nat_gateway)]);
    ec2.done("DeleteNatGateway", &[("NatGatewayId", &nat_gateway)]);
    assert_eq!(routes(&ec2, &private)[1], pair("0.0.0.0/0", "blackhole"));
    pass(timing::NAT_GATEWAY_STOPS).await;
    assert_eq!(routes(&ec2, &public)[1], pair("0.0.0.0/0", "active"));
    ec2.done("DetachInternetGateway", &[("InternetGatewayId", &internet_gateway), ("VpcId", &vpc)]);
    ec2.done("DeleteInternetGateway", &[("InternetGatewayId", &internet_gateway)]);
    assert_eq!(routes(&ec2, &public)[1], pair("0.0.0.0/0", "blackhole"));
    let blackhole = [("Filter.1.Name", "route.state"), ("Filter.1.Value.1", "blackhole")];
    assert_eq!(ec2.list("DescribeRouteTables", &blackhole, "propagatingVgwSet").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_route_requires_a_gateway_of_the_same_vpc() {
    let ec2 = Ec2::new();
    let [_, _, _, nat_gateway, _] = ec2.network();
    pass(timing::NAT_GATEWAY_STARTS).await;
    let other = ec2.vpc();
    let table = ec2.table(&other);
    let loose = ec2.get("CreateInternetGateway", &[], "internetGatewayId");
    for target in [("NatGatewayId", nat_gateway.as_str()), ("GatewayId", &loose)] {
        let refused = ec2.refused("CreateRoute", &[("RouteTableId", &table), ANYWHERE, target]);
        assert_eq!(refused, "InvalidParameterValue");
    }
}

#[tokio::test(start_paused = true)]
async fn the_local_route_is_not_changed() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let gateway = ec2.internet_gateway(&vpc);
    let table = ec2.table(&vpc);
    let to = |destination| {
        [("RouteTableId", table.as_str()), ("DestinationCidrBlock", destination), ("GatewayId", gateway.as_str())]
    };
    assert_eq!(ec2.refused("DeleteRoute", &to("10.0.0.0/16")[..2]), "InvalidParameterValue");
    assert_eq!(ec2.refused("ReplaceRoute", &to("10.0.0.0/16")), "InvalidParameterValue");
    assert_eq!(ec2.refused("CreateRoute", &to("10.0.0.0/16")), "RouteAlreadyExists");
    assert_eq!(ec2.refused("CreateRoute", &to("10.0.7.0/24")), "InvalidParameterValue");
    assert_eq!(ec2.refused("CreateRoute", &to("everywhere")), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_route_is_neither_replaced_nor_deleted() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let gateway = ec2.internet_gateway(&vpc);
    let table = ec2.table(&vpc);
    let route = [("RouteTableId", table.as_str()), ANYWHERE, ("GatewayId", gateway.as_str())];
    assert_eq!(ec2.refused("ReplaceRoute", &route), "InvalidParameterValue");
    assert_eq!(ec2.refused("DeleteRoute", &route[..2]), "InvalidRoute.NotFound");
    ec2.done("CreateRoute", &route);
    ec2.done("DeleteRoute", &route[..2]);
    assert_eq!(routes(&ec2, &table), [pair("10.0.0.0/16", "active")]);
    let ipv6 = [route[0], ("DestinationIpv6CidrBlock", "::/0"), route[2]];
    ec2.done("CreateRoute", &ipv6);
    assert_eq!(ec2.refused("CreateRoute", &ipv6), "RouteAlreadyExists");
}
