//! Amazon EC2: VPCs and everything in their networks.

mod address;
mod association;
mod authorization;
mod checks;
mod cidr;
mod endpoint;
mod filter;
mod interface;
mod internet_gateway;
mod inventory;
mod listing;
mod nat_gateway;
mod permission;
mod prefix_list;
mod quotas;
mod resource;
mod route;
mod route_table;
mod rule;
mod security_group;
mod subnet;
mod tags;
#[cfg(test)]
mod tests;
mod timing;
mod vpc;
mod zone;

use crate::services::prelude::*;
use crate::tokens::Tokens;

use address::Address;
use endpoint::Endpoint;
use nat_gateway::NatGateway;
use route_table::RouteTable;
use rule::Rule;

pub(crate) use interface::{Interface, attach, free_addresses, map_public_address, release, set_groups};
pub(crate) use internet_gateway::{InternetGateway, has_internet_gateway};
pub(crate) use security_group::{SecurityGroup, default_group};
pub(crate) use subnet::Subnet;
pub(crate) use vpc::Vpc;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "Amazon EC2",
    signing_name: "ec2",
    protocol: Protocol::Ec2Query { namespace: "http://ec2.amazonaws.com/doc/2016-11-15/", operations: OPERATIONS },
    model: include_str!("../../../models/ec2.json"),
    errors: Errors {
        missing_parameter: "MissingParameter",
        // Source: Amazon EC2 Developer Guide, "Request throttling for the Amazon EC2 API".
        throttled: ("RequestLimitExceeded", 503, "Request limit exceeded."),
        access_denied: ("UnauthorizedOperation", 403),
    },
    consistency,
    latency: Latency { slow: &[("CreateNatGateway", 600), ("CreateVpc", 600)], ..Latency::USUAL },
    collections: |cloud| {
        vec![
            &mut cloud.ec2.vpcs,
            &mut cloud.ec2.subnets,
            &mut cloud.ec2.groups,
            &mut cloud.ec2.interfaces,
            &mut cloud.ec2.rules,
            &mut cloud.ec2.internet_gateways,
            &mut cloud.ec2.addresses,
            &mut cloud.ec2.nat_gateways,
            &mut cloud.ec2.route_tables,
            &mut cloud.ec2.endpoints,
        ]
    },
    inventory: inventory::inventory,
    tagged: tags::tagged,
};

/// Performs an operation. A dry run changes nothing, and fails with `DryRunOperation` where the call
/// would succeed. Source: Amazon EC2 API reference, "Common parameters".
pub(crate) fn perform(cloud: &mut Cloud, input: &Input, operation: XmlOperation) -> Result<Vec<Element>, Refusal> {
    if input.flag("DryRun") != Some(true) {
        return operation(cloud, input);
    }
    operation(&mut cloud.clone(), input)?;
    let message = "Request would have succeeded, but DryRun flag is set.";
    Err(Refusal::new("DryRunOperation", message).status(412))
}

const OPERATIONS: &[(&str, XmlOperation)] = &[
    ("AllocateAddress", address::allocate),
    ("AssociateRouteTable", association::associate),
    ("AttachInternetGateway", internet_gateway::attach),
    ("AuthorizeSecurityGroupEgress", |cloud, input| authorization::authorize(cloud, input, true)),
    ("AuthorizeSecurityGroupIngress", |cloud, input| authorization::authorize(cloud, input, false)),
    ("CreateInternetGateway", internet_gateway::create),
    ("CreateNatGateway", nat_gateway::create),
    ("CreateRoute", route::create),
    ("CreateRouteTable", route_table::create),
    ("CreateSecurityGroup", security_group::create),
    ("CreateSubnet", subnet::create),
    ("CreateTags", tags::create),
    ("CreateVpc", vpc::create),
    ("CreateVpcEndpoint", endpoint::create),
    ("DeleteInternetGateway", internet_gateway::delete),
    ("DeleteNatGateway", nat_gateway::delete),
    ("DeleteRoute", route::delete),
    ("DeleteRouteTable", route_table::delete),
    ("DeleteSecurityGroup", security_group::delete),
    ("DeleteSubnet", subnet::delete),
    ("DeleteTags", tags::delete),
    ("DeleteVpc", vpc::delete),
    ("DeleteVpcEndpoints", endpoint::delete),
    ("DescribeAddresses", address::describe),
    ("DescribeAvailabilityZones", zone::describe),
    ("DescribeInternetGateways", listing::describe::<InternetGateway>),
    ("DescribeNatGateways", listing::describe::<NatGateway>),
    ("DescribeNetworkInterfaces", interface::describe),
    ("DescribePrefixLists", prefix_list::describe),
    ("DescribeRouteTables", listing::describe::<RouteTable>),
    ("DescribeSecurityGroupRules", rule::describe),
    ("DescribeSecurityGroups", security_group::describe),
    ("DescribeSubnets", listing::describe::<Subnet>),
    ("DescribeTags", tags::describe),
    ("DescribeVpcAttribute", vpc::describe_attribute),
    ("DescribeVpcEndpoints", listing::describe::<Endpoint>),
    ("DescribeVpcs", listing::describe::<Vpc>),
    ("DetachInternetGateway", internet_gateway::detach),
    ("DisassociateRouteTable", association::disassociate),
    ("ModifySubnetAttribute", subnet::modify_attribute),
    ("ModifyVpcAttribute", vpc::modify_attribute),
    ("ModifyVpcEndpoint", endpoint::modify),
    ("ReleaseAddress", address::release),
    ("ReplaceRoute", route::replace),
    ("ReplaceRouteTableAssociation", association::replace),
    ("RevokeSecurityGroupEgress", |cloud, input| authorization::revoke(cloud, input, true)),
    ("RevokeSecurityGroupIngress", |cloud, input| authorization::revoke(cloud, input, false)),
    ("UpdateSecurityGroupRuleDescriptionsEgress", |cloud, input| authorization::describe(cloud, input, true)),
    ("UpdateSecurityGroupRuleDescriptionsIngress", |cloud, input| authorization::describe(cloud, input, false)),
];

/// Source: Amazon EC2 Developer Guide, "Eventual consistency in the Amazon EC2 API".
fn consistency(operation: &str) -> Option<Consistency> {
    match operation {
        // These are AWS's own resources and never change.
        "DescribeAvailabilityZones" | "DescribePrefixLists" => Some(Consistency::Strong),
        _ => operation.starts_with("Describe").then_some(Consistency::Eventual),
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) vpcs: Eventual<Vpc>,
    pub(crate) subnets: Eventual<Subnet>,
    pub(crate) groups: Eventual<SecurityGroup>,
    pub(crate) interfaces: Eventual<Interface>,
    rules: Eventual<Rule>,
    pub(crate) internet_gateways: Eventual<InternetGateway>,
    addresses: Eventual<Address>,
    nat_gateways: Eventual<NatGateway>,
    route_tables: Eventual<RouteTable>,
    endpoints: Eventual<Endpoint>,
    nat_gateway_tokens: Tokens,
    route_table_tokens: Tokens,
    endpoint_tokens: Tokens,
}

/// The scheduled events of EC2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// A network interface is deleted, with its address.
    InterfaceGone(String),
    /// A NAT gateway becomes available.
    NatGatewayStarts(String),
    /// The creation of a NAT gateway fails.
    NatGatewayFails(String),
    /// The deletion of a NAT gateway completes and releases its address.
    NatGatewayStops(String),
    /// A deleted or failed NAT gateway is no longer listed.
    NatGatewayIsForgotten(String),
    /// The deletion of an endpoint completes, and its routes are removed.
    EndpointIsGone(String),
}

pub(crate) fn handle(cloud: &mut Cloud, event: Event) {
    match event {
        Event::InterfaceGone(id) => interface::delete(cloud, &id),
        Event::NatGatewayStarts(id) => nat_gateway::starts(cloud, &id),
        Event::NatGatewayFails(id) => nat_gateway::fails(cloud, &id),
        Event::NatGatewayStops(id) => nat_gateway::stops(cloud, &id),
        Event::NatGatewayIsForgotten(id) => nat_gateway::is_forgotten(cloud, &id),
        Event::EndpointIsGone(id) => endpoint::is_gone(cloud, &id),
    }
}
