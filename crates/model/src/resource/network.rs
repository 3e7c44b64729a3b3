//! The network: VPC, subnets, gateways, routes and security groups.

use std::collections::BTreeSet;
use std::fmt;

use saas_model_derive::ResourceSpec;
use serde::{Deserialize, Serialize};

use super::{HasReferences, Kind, Visitor, without_references};
use crate::cidr::Cidr;
use crate::fields::{FieldChange, Path};
use crate::identifier::{SecurityGroupName, ZoneName};
use crate::impact::{Impact, NEEDED, NONE, REPLACED, fixed, interrupts, replaced_after};
use crate::reference::Ref;
use crate::set::Set;

/// A virtual network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(Id), holds_data = false, revisions = false, removal = fixed(NEEDED))]
pub struct Vpc {
    /// Its address range.
    // Source: Amazon VPC User Guide, "VPC CIDR blocks": the block cannot be changed.
    #[replaces(fixed("create a second platform with that network, and move the tenants there"))]
    pub cidr: Cidr,
    /// Whether DNS resolution is enabled.
    #[updates(NONE)]
    pub dns_support: bool,
    /// Whether instances get DNS host names; endpoints need it.
    #[updates(NONE)]
    pub dns_hostnames: bool,
}

impl fmt::Display for Vpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cidr.fmt(f)
    }
}

/// A subnet of a virtual network, in one zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(Id), holds_data = false, revisions = false, removal = fixed("do not change the `[[network.zone]]`; add others"))]
pub struct Subnet {
    /// The network.
    #[replaces(fixed(ANOTHER_ZONE))]
    pub vpc: Ref<Vpc>,
    /// Its address range.
    // Source: Amazon VPC User Guide, "Subnet CIDR blocks": the block cannot be changed. `DeleteSubnet`
    // is refused while the subnet has a network interface.
    #[replaces(fixed(ANOTHER_ZONE))]
    pub cidr: Cidr,
    /// Its zone.
    #[replaces(fixed(ANOTHER_ZONE))]
    pub zone: ZoneName,
    /// Whether instances get a public address automatically; never.
    #[updates(NONE)]
    pub public_ip_on_launch: bool,
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.cidr, self.zone)
    }
}

const ANOTHER_ZONE: &str = "do not change the `[[network.zone]]`; add another one";

/// An Internet gateway. Its attachment is part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, revisions = false, removal = fixed(NEEDED))]
pub struct InternetGateway {
    /// The network it is attached to.
    #[updates(attachment(change))]
    pub vpc: Ref<Vpc>,
}

/// A detached gateway is attached. No network of a live platform is exchanged for another.
fn attachment(change: &FieldChange) -> Impact {
    if change.before.is_null() {
        return NONE;
    }
    fixed("create a second platform in that network, and move the tenants there")
}

impl fmt::Display for InternetGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "of {}", self.vpc.address())
    }
}

/// A static public IPv4 address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct ElasticIp {}

impl fmt::Display for ElasticIp {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It has no fields.
        Ok(())
    }
}

/// The outbound gateway of a zone's private subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct NatGateway {
    /// Its public subnet.
    #[replaces(replaced_after(NO_WAY_OUT))]
    pub subnet: Ref<Subnet>,
    /// Its Elastic IP address.
    #[replaces(replaced_after(NO_WAY_OUT))]
    pub elastic_ip: Ref<ElasticIp>,
}

impl fmt::Display for NatGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in {}", self.subnet.address())
    }
}

const NO_WAY_OUT: &str = "the zone's tasks have no outbound access for about 3 minutes";

/// A route table. Its routes and its associations are part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct RouteTable {
    /// The network it belongs to.
    #[replaces(fixed("create a second platform in that network, and move the tenants there"))]
    pub vpc: Ref<Vpc>,
    /// The target of the default route (`0.0.0.0/0`).
    #[updates(interrupts("open outbound connections are interrupted once"))]
    pub default_route: Option<DefaultRoute>,
    /// The associated subnets.
    #[updates(NONE)]
    pub subnets: Set<Ref<Subnet>>,
}

impl fmt::Display for RouteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = match &self.default_route {
            Some(DefaultRoute::InternetGateway(gateway)) => gateway.address().as_str(),
            Some(DefaultRoute::NatGateway(gateway)) => gateway.address().as_str(),
            None => "none",
        };
        write!(f, "subnets: {}, default route: {target}", self.subnets.len())
    }
}

/// The target of the default route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultRoute {
    /// An Internet gateway.
    InternetGateway(Ref<InternetGateway>),
    /// A NAT gateway.
    NatGateway(Ref<NatGateway>),
}

impl HasReferences for DefaultRoute {
    fn target_kinds(found: &mut BTreeSet<Kind>) {
        <Ref<InternetGateway>>::target_kinds(found);
        <Ref<NatGateway>>::target_kinds(found);
    }

    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        match self {
            Self::InternetGateway(gateway) => gateway.references(path.then("internet-gateway"), visit),
            Self::NatGateway(gateway) => gateway.references(path.then("nat-gateway"), visit),
        }
    }
}

/// A gateway endpoint: access to an AWS service without leaving the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct VpcEndpoint {
    /// The network it serves.
    #[replaces(fixed("create a second platform in that network, and move the tenants there"))]
    pub vpc: Ref<Vpc>,
    /// The service, such as `com.amazonaws.us-east-1.s3`.
    #[replaces(fixed("the endpoint belongs to the platform's Region, which cannot be changed"))]
    pub service: String,
    /// The route tables that get a route to it.
    // Source: AWS PrivateLink, "Gateway endpoints for Amazon S3": open connections are closed when a
    // route table is associated or disassociated.
    #[updates(interrupts("open connections to S3 are interrupted once"))]
    pub route_tables: Set<Ref<RouteTable>>,
}

impl fmt::Display for VpcEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.service)
    }
}

/// A security group without rules: the outbound rule that AWS adds is removed too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(Id), holds_data = false, revisions = false, removal = NONE)]
pub struct SecurityGroup {
    /// The network it belongs to.
    #[replaces(fixed("create a second platform in that network, and move the tenants there"))]
    pub vpc: Ref<Vpc>,
    /// Its name, unique in the network.
    #[replaces(REPLACED)]
    pub name: SecurityGroupName,
    /// Its description.
    // A group that network interfaces use cannot be deleted first, and its description cannot be
    // changed.
    #[replaces(fixed("keep the description"))]
    pub description: String,
}

impl fmt::Display for SecurityGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())
    }
}

/// A rule of a security group: TCP, one port, one peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct SecurityGroupRule {
    /// The group.
    #[replaces(replaced_after(NO_WAY_THROUGH))]
    #[security]
    pub group: Ref<SecurityGroup>,
    /// Inbound or outbound.
    #[replaces(replaced_after(NO_WAY_THROUGH))]
    #[security]
    pub direction: Direction,
    /// The TCP port.
    #[replaces(replaced_after(NO_WAY_THROUGH))]
    #[security]
    pub port: u16,
    /// The source or the destination.
    #[replaces(replaced_after(NO_WAY_THROUGH))]
    #[security]
    pub peer: Peer,
    /// Its description.
    #[updates(NONE)]
    pub description: String,
}

impl fmt::Display for SecurityGroupRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let peer = match &self.peer {
            Peer::Cidr(cidr) => cidr.to_string(),
            Peer::Group(group) => group.address().to_string(),
        };
        match self.direction {
            Direction::Ingress => write!(f, "{} from {peer}", self.port),
            Direction::Egress => write!(f, "{} to {peer}", self.port),
        }
    }
}

const NO_WAY_THROUGH: &str =
    "its traffic is blocked until the dependent resources are updated, which takes minutes at most";

/// The direction of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Inbound.
    Ingress,
    /// Outbound.
    Egress,
}

/// The source or destination of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    /// An address range.
    Cidr(Cidr),
    /// The members of a security group.
    Group(Ref<SecurityGroup>),
}

impl HasReferences for Peer {
    fn target_kinds(found: &mut BTreeSet<Kind>) {
        <Ref<SecurityGroup>>::target_kinds(found);
    }

    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        match self {
            Self::Cidr(_) => {}
            Self::Group(group) => group.references(path.then("group"), visit),
        }
    }
}

without_references!(Direction);
