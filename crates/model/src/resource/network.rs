//! The network: VPC, subnets, gateways, routes and security groups.

use serde::{Deserialize, Serialize};

use super::{Reference, Refers, wanted};
use crate::cidr::Cidr;
use crate::identifier::{SecurityGroupName, ZoneName};
use crate::impact::{NONE, REPLACED, fixed, impacts, interrupts, replaced_after};
use crate::reference::Ref;
use crate::set::Set;

/// A virtual network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vpc {
    /// Its addresses.
    pub cidr: Cidr,
    /// Whether the resolver of AWS answers in it.
    pub dns_support: bool,
    /// Whether instances get host names; endpoints need it.
    pub dns_hostnames: bool,
}
wanted!(Vpc);
impacts!(Vpc, change {
    // Source: Amazon VPC User Guide, "VPC CIDR blocks": the block cannot be changed.
    cidr => fixed("make a second platform with that network, and move the tenants there"),
    dns_support => NONE,
    dns_hostnames => NONE,
});

/// A part of a virtual network, in one zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subnet {
    /// The network it is part of.
    pub vpc: Ref<Vpc>,
    /// Its addresses.
    pub cidr: Cidr,
    /// Its zone.
    pub zone: ZoneName,
    /// Whether what starts in it gets a public address by itself; never, here.
    pub public_ip_on_launch: bool,
}
wanted!(Subnet, vpc);
impacts!(Subnet, change {
    vpc => fixed(ANOTHER_ZONE),
    // Source: Amazon VPC User Guide, "Subnet CIDR blocks": the block cannot be changed, and
    // `DeleteSubnet` is refused while an interface is in it.
    cidr => fixed(ANOTHER_ZONE),
    zone => fixed(ANOTHER_ZONE),
    public_ip_on_launch => NONE,
});

const ANOTHER_ZONE: &str = "keep the `[[network.zone]]` as it is, and add another one beside it";

/// The way from a virtual network to the Internet. Its attachment is part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InternetGateway {
    /// The network it is attached to.
    pub vpc: Ref<Vpc>,
}
wanted!(InternetGateway, vpc);
impacts!(InternetGateway, change {
    vpc => fixed("make a second platform in that network, and move the tenants there"),
});

/// A public IPv4 address that stays the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElasticIp {}
wanted!(ElasticIp);
impacts!(ElasticIp, change {});

/// The way out for a zone's private subnet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NatGateway {
    /// The public subnet it is in.
    pub subnet: Ref<Subnet>,
    /// The address it sends from.
    pub elastic_ip: Ref<ElasticIp>,
}
wanted!(NatGateway, subnet, elastic_ip);
impacts!(NatGateway, change {
    subnet => replaced_after(NO_WAY_OUT),
    elastic_ip => replaced_after(NO_WAY_OUT),
});

const NO_WAY_OUT: &str = "about 3 minutes in which the zone's tasks reach nothing outside";

/// Where packets go. Its routes and its associations are part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTable {
    /// The network it belongs to.
    pub vpc: Ref<Vpc>,
    /// Where everything else goes (`0.0.0.0/0`).
    pub default_route: Option<DefaultRoute>,
    /// The subnets that follow it.
    pub subnets: Set<Ref<Subnet>>,
}
wanted!(RouteTable, vpc, default_route, subnets);
impacts!(RouteTable, change {
    vpc => fixed("make a second platform in that network, and move the tenants there"),
    default_route => interrupts("connections to the outside break off once"),
    subnets => NONE,
});

/// Where packets for the rest of the world go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultRoute {
    /// To the Internet directly.
    InternetGateway(Ref<InternetGateway>),
    /// To the Internet from the address of a NAT gateway.
    NatGateway(Ref<NatGateway>),
}

impl Refers for DefaultRoute {
    fn refers<'a>(&'a self, visit: &mut dyn FnMut(Reference<'a>)) {
        match self {
            Self::InternetGateway(gateway) => gateway.refers(visit),
            Self::NatGateway(gateway) => gateway.refers(visit),
        }
    }
}

/// A gateway endpoint: a service of AWS that is reached without leaving the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpcEndpoint {
    /// The network it serves.
    pub vpc: Ref<Vpc>,
    /// The service, such as `com.amazonaws.us-east-1.s3`.
    pub service: String,
    /// The route tables that learn the way to it.
    pub route_tables: Set<Ref<RouteTable>>,
}
wanted!(VpcEndpoint, vpc, route_tables);
impacts!(VpcEndpoint, change {
    vpc => fixed("make a second platform in that network, and move the tenants there"),
    service => fixed("the endpoint is that of the platform's Region, which stays"),
    // Source: AWS PrivateLink, "Gateway endpoints for Amazon S3": open connections are closed when a
    // route table is associated or taken away.
    route_tables => interrupts("open connections to S3 break off once"),
});

/// A security group without any rule: even the outbound rule that AWS adds by itself is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroup {
    /// The network it belongs to.
    pub vpc: Ref<Vpc>,
    /// Its name, unique in the network.
    pub name: SecurityGroupName,
    /// What it is for.
    pub description: String,
}
wanted!(SecurityGroup, vpc);
impacts!(SecurityGroup, change {
    vpc => fixed("make a second platform in that network, and move the tenants there"),
    name => REPLACED,
    // A group that interfaces have cannot be removed first, and its description cannot be changed.
    description => fixed("keep the description"),
});

/// One rule of a security group: TCP, one port, one peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityGroupRule {
    /// The group that it is a rule of.
    pub group: Ref<SecurityGroup>,
    /// Whether it lets in or out.
    pub direction: Direction,
    /// The TCP port.
    pub port: u16,
    /// From whom, or to whom.
    pub peer: Peer,
    /// What it is for.
    pub description: String,
}
wanted!(SecurityGroupRule, group, peer);
impacts!(SecurityGroupRule, change {
    group => replaced_after(NO_WAY_THROUGH),
    direction => replaced_after(NO_WAY_THROUGH),
    port => replaced_after(NO_WAY_THROUGH),
    peer => replaced_after(NO_WAY_THROUGH),
    description => NONE,
});

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

impl Refers for Peer {
    fn refers<'a>(&'a self, visit: &mut dyn FnMut(Reference<'a>)) {
        match self {
            Self::Cidr(_) => {}
            Self::Group(group) => group.refers(visit),
        }
    }
}
