//! The network: VPC, subnets, gateways, routes and security groups.

use saas_model_derive::ResourceSpec;
use serde::{Deserialize, Serialize};

use super::{HasReferences, Visitor, without_references};
use crate::cidr::Cidr;
use crate::fields::Path;
use crate::identifier::{SecurityGroupName, ZoneName};
use crate::impact::{NEEDED, NONE, REPLACED, fixed, interrupts, replaced_after};
use crate::reference::Ref;
use crate::set::Set;

/// A virtual network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(Id), holds_data = false, removal = fixed(NEEDED))]
pub struct Vpc {
    /// Its addresses.
    // Source: Amazon VPC User Guide, "VPC CIDR blocks": the block cannot be changed.
    #[replaces(fixed("make a second platform with that network, and move the tenants there"))]
    pub cidr: Cidr,
    /// Whether the resolver of AWS answers in it.
    #[updates(NONE)]
    pub dns_support: bool,
    /// Whether instances get host names; endpoints need it.
    #[updates(NONE)]
    pub dns_hostnames: bool,
}

/// A part of a virtual network, in one zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(Id), holds_data = false, removal = fixed("keep the `[[network.zone]]` as it is, and add others beside it"))]
pub struct Subnet {
    /// The network it is part of.
    #[replaces(fixed(ANOTHER_ZONE))]
    pub vpc: Ref<Vpc>,
    /// Its addresses.
    // Source: Amazon VPC User Guide, "Subnet CIDR blocks": the block cannot be changed, and
    // `DeleteSubnet` is refused while an interface is in it.
    #[replaces(fixed(ANOTHER_ZONE))]
    pub cidr: Cidr,
    /// Its zone.
    #[replaces(fixed(ANOTHER_ZONE))]
    pub zone: ZoneName,
    /// Whether what starts in it gets a public address by itself; never, here.
    #[updates(NONE)]
    pub public_ip_on_launch: bool,
}

const ANOTHER_ZONE: &str = "keep the `[[network.zone]]` as it is, and add another one beside it";

/// The way from a virtual network to the Internet. Its attachment is part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, removal = fixed(NEEDED))]
pub struct InternetGateway {
    /// The network it is attached to.
    #[replaces(fixed("make a second platform in that network, and move the tenants there"))]
    pub vpc: Ref<Vpc>,
}

/// A public IPv4 address that stays the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, removal = NONE)]
pub struct ElasticIp {}

/// The way out for a zone's private subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, removal = NONE)]
pub struct NatGateway {
    /// The public subnet it is in.
    #[replaces(replaced_after(NO_WAY_OUT))]
    pub subnet: Ref<Subnet>,
    /// The address it sends from.
    #[replaces(replaced_after(NO_WAY_OUT))]
    pub elastic_ip: Ref<ElasticIp>,
}

const NO_WAY_OUT: &str = "about 3 minutes in which the zone's tasks reach nothing outside";

/// Where packets go. Its routes and its associations are part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, removal = NONE)]
pub struct RouteTable {
    /// The network it belongs to.
    #[replaces(fixed("make a second platform in that network, and move the tenants there"))]
    pub vpc: Ref<Vpc>,
    /// Where everything else goes (`0.0.0.0/0`).
    #[updates(interrupts("connections to the outside break off once"))]
    pub default_route: Option<DefaultRoute>,
    /// The subnets that follow it.
    #[updates(NONE)]
    pub subnets: Set<Ref<Subnet>>,
}

/// Where packets for the rest of the world go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultRoute {
    /// To the Internet directly.
    InternetGateway(Ref<InternetGateway>),
    /// To the Internet from the address of a NAT gateway.
    NatGateway(Ref<NatGateway>),
}

impl HasReferences for DefaultRoute {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        match self {
            Self::InternetGateway(gateway) => gateway.references(path.then("internet-gateway"), visit),
            Self::NatGateway(gateway) => gateway.references(path.then("nat-gateway"), visit),
        }
    }
}

/// A gateway endpoint: a service of AWS that is reached without leaving the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, removal = NONE)]
pub struct VpcEndpoint {
    /// The network it serves.
    #[replaces(fixed("make a second platform in that network, and move the tenants there"))]
    pub vpc: Ref<Vpc>,
    /// The service, such as `com.amazonaws.us-east-1.s3`.
    #[replaces(fixed("the endpoint is that of the platform's Region, which stays"))]
    pub service: String,
    /// The route tables that learn the way to it.
    // Source: AWS PrivateLink, "Gateway endpoints for Amazon S3": open connections are closed when a
    // route table is associated or taken away.
    #[updates(interrupts("open connections to S3 break off once"))]
    pub route_tables: Set<Ref<RouteTable>>,
}

/// A security group without any rule: even the outbound rule that AWS adds by itself is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(Id), holds_data = false, removal = NONE)]
pub struct SecurityGroup {
    /// The network it belongs to.
    #[replaces(fixed("make a second platform in that network, and move the tenants there"))]
    pub vpc: Ref<Vpc>,
    /// Its name, unique in the network.
    #[replaces(REPLACED)]
    pub name: SecurityGroupName,
    /// What it is for.
    // A group that interfaces have cannot be removed first, and its description cannot be changed.
    #[replaces(fixed("keep the description"))]
    pub description: String,
}

/// One rule of a security group: TCP, one port, one peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, removal = NONE)]
pub struct SecurityGroupRule {
    /// The group that it is a rule of.
    #[replaces(replaced_after(NO_WAY_THROUGH))]
    pub group: Ref<SecurityGroup>,
    /// Whether it lets in or out.
    #[replaces(replaced_after(NO_WAY_THROUGH))]
    pub direction: Direction,
    /// The TCP port.
    #[replaces(replaced_after(NO_WAY_THROUGH))]
    pub port: u16,
    /// From whom, or to whom.
    #[replaces(replaced_after(NO_WAY_THROUGH))]
    pub peer: Peer,
    /// What it is for.
    #[updates(NONE)]
    pub description: String,
}

const NO_WAY_THROUGH: &str =
    "what it lets through is blocked until those behind it have changed as well, minutes at most";

/// Whether a rule lets in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Lets in.
    Ingress,
    /// Lets out.
    Egress,
}

/// The other side of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// Addresses.
    Cidr(Cidr),
    /// Whatever is in a security group.
    Group(Ref<SecurityGroup>),
}

impl HasReferences for Peer {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        match self {
            Self::Cidr(_) => {}
            Self::Group(group) => group.references(path.then("group"), visit),
        }
    }
}

without_references!(Direction);
