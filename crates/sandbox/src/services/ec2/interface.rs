//! Network interfaces of load balancers, databases, tasks and NAT gateways in subnets. No call creates
//! one directly: AWS creates and deletes them with the resources that use them. While they exist, their
//! subnets, security groups and addresses are in use.

use std::collections::BTreeSet;
use std::time::Duration;

use super::address;
use super::cidr::Block;
use super::listing;
use super::resource::Resource;
use super::tags::tag_set;
use super::{Event, Subnet, zone};
use crate::services::prelude::*;

/// The prefix of the description of a NAT gateway's interface.
const NAT_GATEWAY: &str = "Interface for NAT Gateway ";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Interface {
    pub(crate) id: String,
    pub(crate) subnet: String,
    pub(crate) groups: Vec<String>,
    pub(crate) description: String,
    pub(crate) private_ip: String,
    /// A public address that AWS assigned automatically. An elastic IP address is stored in its own
    /// [`address::Association`].
    pub(crate) public_ip: Option<String>,
    pub(crate) status: Status,
    pub(crate) tags: Tags,
}

/// The state of an interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    /// A resource uses it.
    #[default]
    InUse,
    /// Its resource is deleted, and its deletion is scheduled.
    Detaching,
}

impl Status {
    const fn text(self) -> &'static str {
        match self {
            Self::InUse => "in-use",
            Self::Detaching => "detaching",
        }
    }
}

/// Attaches a new interface in a subnet and returns its id. The caller must have checked that the
/// subnet and the groups exist, and should have checked [`free_addresses`]: in a full subnet the
/// interface has no address.
pub(crate) fn attach(cloud: &mut Cloud, subnet: &str, groups: &[String], description: &str) -> String {
    let id = cloud.ids.ec2("eni");
    let interface = Interface {
        id: id.clone(),
        subnet: subnet.to_owned(),
        groups: groups.to_vec(),
        description: description.to_owned(),
        private_ip: free_address(cloud, subnet).unwrap_or_default(),
        ..Interface::default()
    };
    cloud.ec2.interfaces.insert(id.clone(), interface);
    id
}

/// Attaches the network interface of a NAT gateway.
pub(super) fn attach_for_nat_gateway(cloud: &mut Cloud, subnet: &str, gateway: &str) -> String {
    attach(cloud, subnet, &[], &format!("{NAT_GATEWAY}{gateway}"))
}

/// Assigns a public address to an interface, as AWS does for an internet-facing load balancer and for a
/// task with a public IP. The address is deleted with the interface. While it exists, the Internet
/// gateway cannot be detached.
pub(crate) fn map_public_address(cloud: &mut Cloud, id: &str) {
    let public_ip = address::unused_public_ip(cloud);
    if let Some(interface) = cloud.ec2.interfaces.get_mut(id) {
        interface.public_ip = Some(public_ip);
    }
}

/// Changes the security groups of an interface.
pub(crate) fn set_groups(cloud: &mut Cloud, id: &str, groups: &[String]) {
    if let Some(interface) = cloud.ec2.interfaces.get_mut(id) {
        interface.groups = groups.to_vec();
    }
}

/// Schedules the deletion of an interface, as AWS does after its resource is deleted.
pub(crate) fn release(cloud: &mut Cloud, id: &str, after: Duration) {
    if let Some(interface) = cloud.ec2.interfaces.get_mut(id) {
        interface.status = Status::Detaching;
    }
    cloud.later(after, Event::InterfaceGone(id.to_owned()));
}

/// Deletes an interface. Its elastic IP address is no longer associated.
pub(super) fn delete(cloud: &mut Cloud, id: &str) {
    cloud.ec2.interfaces.remove(id);
    for address in cloud.ec2.addresses.values_mut() {
        if address.association.as_ref().is_some_and(|association| association.interface == id) {
            address.association = None;
        }
    }
}

/// The number of free addresses in a subnet.
pub(crate) fn free_addresses(cloud: &Cloud, subnet: &Subnet) -> usize {
    let usable = Block::parse(&subnet.cidr).map_or(0, Block::capacity);
    let used = cloud.ec2.interfaces.values().filter(|interface| interface.subnet == subnet.id).count();
    usable.saturating_sub(used)
}

/// The lowest free address of a subnet.
fn free_address(cloud: &Cloud, subnet: &str) -> Option<String> {
    let block = Block::parse(&cloud.ec2.subnets.get(subnet)?.cidr)?;
    let of_subnet = cloud.ec2.interfaces.values().filter(|interface| interface.subnet == subnet);
    let used: BTreeSet<&str> = of_subnet.map(|interface| interface.private_ip.as_str()).collect();
    block.usable().map(|address| address.to_string()).find(|address| !used.contains(address.as_str()))
}

/// Whether any interface in a VPC has a public address.
pub(super) fn has_public_addresses(cloud: &Cloud, vpc: &str) -> bool {
    cloud.ec2.interfaces.values().any(|interface| {
        interface.vpc(cloud) == Some(vpc)
            && (interface.public_ip.is_some() || address::of_interface(cloud, &interface.id).is_some())
    })
}

impl Interface {
    fn place<'a>(&self, cloud: &'a Cloud) -> Option<&'a Subnet> {
        cloud.ec2.subnets.get(&self.subnet)
    }

    fn vpc<'a>(&self, cloud: &'a Cloud) -> Option<&'a str> {
        self.place(cloud).map(|subnet| subnet.vpc.as_str())
    }

    fn kind(&self) -> &'static str {
        if self.description.starts_with(NAT_GATEWAY) { "nat_gateway" } else { "interface" }
    }

    /// A locally administered MAC address, derived from the id.
    fn hardware_address(&self) -> String {
        let digits: Vec<char> = self.id.chars().rev().take(10).collect();
        let pairs: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
        format!("02:{}", pairs.join(":"))
    }

    /// The public address of the interface.
    fn association(&self, cloud: &Cloud) -> Option<Vec<Element>> {
        if let Some(address) = address::of_interface(cloud, &self.id) {
            let association = address.association.as_ref().map(|association| association.id.as_str());
            return Some(vec![
                xml::text("allocationId", &address.id),
                xml::text("associationId", association.unwrap_or_default()),
                xml::text("ipOwnerId", &cloud.account.id),
                xml::text("publicIp", &address.public_ip),
            ]);
        }
        let public_ip = self.public_ip.as_ref()?;
        Some(vec![xml::text("ipOwnerId", "amazon"), xml::text("publicIp", public_ip)])
    }
}

impl Resource for Interface {
    const PREFIX: &'static str = "eni";

    kept_in!(interfaces);

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        let groups = self.groups.iter().map(|id| {
            let name = cloud.ec2.groups.get(id).map(|group| group.name.as_str());
            vec![xml::text("groupId", id), xml::text("groupName", name.unwrap_or_default())]
        });
        let association = self.association(cloud).map(|content| xml::element("association", content));
        let mut address = vec![xml::text("privateIpAddress", &self.private_ip), xml::text("primary", true)];
        address.extend(association.clone());
        let zone = self.place(cloud).map_or("", |subnet| subnet.zone.as_str());
        let mut elements = vec![
            xml::text("networkInterfaceId", &self.id),
            xml::text("subnetId", &self.subnet),
            xml::text("vpcId", self.vpc(cloud).unwrap_or_default()),
            xml::text("availabilityZone", zone),
            xml::text("availabilityZoneId", zone::id_of(cloud, zone)),
            xml::text("description", &self.description),
            xml::text("ownerId", &cloud.account.id),
            xml::text("requesterManaged", true),
            xml::text("status", self.status.text()),
            xml::text("interfaceType", self.kind()),
            xml::text("macAddress", self.hardware_address()),
            xml::text("privateIpAddress", &self.private_ip),
            xml::text("sourceDestCheck", self.kind() == "interface"),
            xml::list("groupSet", "item", groups),
            xml::list("privateIpAddressesSet", "item", [address]),
            tag_set(&self.tags),
        ];
        elements.extend(association);
        elements
    }
}

/// `DescribeNetworkInterfaces`: ids and a page size are mutually exclusive. Source: Amazon EC2 API
/// reference, `DescribeNetworkInterfaces`, `MaxResults`.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    if input.has("MaxResults") && input.has("NetworkInterfaceId") {
        let message = "The parameter MaxResults cannot be used with ids in the same request";
        return Err(Refusal::new("InvalidParameterCombination", message));
    }
    listing::describe::<Interface>(cloud, input)
}
