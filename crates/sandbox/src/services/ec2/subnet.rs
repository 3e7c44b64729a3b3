//! Subnets.

use std::net::Ipv4Addr;

use super::checks::{attribute, block, dependency, done, invalid, owner, quota};
use super::cidr::Block;
use super::resource::{Resource, change, named, store};
use super::tags::{at_creation, tag_set};
use super::vpc::one_attribute;
use super::{Vpc, interface, quotas, zone};
use crate::services::prelude::*;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) vpc: String,
    pub(crate) cidr: String,
    pub(crate) zone: String,
    pub(crate) tags: Tags,
    /// Whether instances and tasks get a public address by default.
    pub(crate) maps_public_ip: bool,
    /// Whether host names are derived from resource ids instead of IP addresses.
    pub(crate) names_by_id: bool,
    pub(crate) resolves_names_by_id: bool,
}

impl Resource for Subnet {
    const PREFIX: &'static str = "subnet";

    kept_in!(subnets);

    fn describe(&self, cloud: &Cloud) -> Vec<Element> {
        let names = [
            xml::text("hostnameType", if self.names_by_id { "resource-name" } else { "ip-name" }),
            xml::text("enableResourceNameDnsARecord", self.resolves_names_by_id),
            xml::text("enableResourceNameDnsAAAARecord", false),
        ];
        vec![
            xml::text("subnetId", &self.id),
            xml::text("subnetArn", self.arn(cloud)),
            xml::text("state", "available"),
            owner(cloud),
            xml::text("vpcId", &self.vpc),
            xml::text("cidrBlock", &self.cidr),
            xml::list("ipv6CidrBlockAssociationSet", "item", []),
            xml::text("availableIpAddressCount", interface::free_addresses(cloud, self)),
            xml::text("availabilityZone", &self.zone),
            xml::text("availabilityZoneId", zone::id_of(cloud, &self.zone)),
            xml::text("defaultForAz", false),
            xml::text("mapPublicIpOnLaunch", self.maps_public_ip),
            xml::text("mapCustomerOwnedIpOnLaunch", false),
            xml::text("assignIpv6AddressOnCreation", false),
            xml::text("enableDns64", false),
            xml::text("ipv6Native", false),
            xml::element("privateDnsNameOptionsOnLaunch", names),
            tag_set(&self.tags),
        ]
    }
}

impl Subnet {
    /// Whether an address is in the range of the subnet.
    pub(crate) fn has(&self, address: Ipv4Addr) -> bool {
        let (range, only) = (Block::parse(&self.cidr), Block::parse(&format!("{address}/32")));
        range.zip(only).is_some_and(|(range, only)| range.contains(only))
    }

    fn arn(&self, cloud: &Cloud) -> String {
        cloud.account.arn("ec2", &format!("subnet/{}", self.id))
    }
}

/// `CreateSubnet`: a part of the VPC's range that overlaps no other subnet, in one zone.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let vpc = named::<Vpc>(cloud, input, "VpcId")?;
    let block = block(input, "CidrBlock")?;
    let is_inside = Block::parse(&vpc.cidr).is_some_and(|range| range.contains(block));
    if !(16..=28).contains(&block.prefix()) || !is_inside {
        return Err(Refusal::new("InvalidSubnet.Range", format!("The CIDR '{block}' is invalid.")));
    }
    let siblings = || cloud.ec2.subnets.values().filter(|subnet| subnet.vpc == vpc.id);
    if siblings().any(|subnet| Block::parse(&subnet.cidr).is_some_and(|other| other.overlaps(block))) {
        let message = format!("The CIDR '{block}' conflicts with another subnet");
        return Err(Refusal::new("InvalidSubnet.Conflict", message));
    }
    let zone = wanted_zone(cloud, input)?;
    let tags = at_creation::<Subnet>(input)?;
    quota(siblings().count(), quotas::SUBNETS, "SubnetLimitExceeded", "subnets in the VPC")?;

    let vpc = vpc.id.clone();
    let id = cloud.ids.ec2("subnet");
    let subnet = Subnet { id: id.clone(), vpc, cidr: block.to_string(), zone, tags, ..Subnet::default() };
    Ok(store(cloud, input, "subnet", &id, subnet))
}

/// The zone of a call, by name or by id; the first zone by default.
fn wanted_zone(cloud: &Cloud, input: &Input) -> Result<String, Refusal> {
    let mut zones = cloud.account.zones();
    let (wanted, parameter) = match (input.text("AvailabilityZone"), input.text("AvailabilityZoneId")) {
        (Some(_), Some(_)) => {
            let message = "The parameters availabilityZone and availabilityZoneId cannot be used together";
            return Err(Refusal::new("InvalidParameterCombination", message));
        }
        (Some(name), None) => (name, "availabilityZone"),
        (None, Some(id)) => (id, "availabilityZoneId"),
        (None, None) => return zones.next().ok_or_else(|| Refusal::missing("AvailabilityZone")),
    };
    let found = zones.find(|zone| zone == wanted || zone::id_of(cloud, zone) == wanted);
    found.ok_or_else(|| {
        let all: Vec<String> = cloud.account.zones().collect();
        let all = all.join(", ");
        let why = format!("Subnets can currently only be created in the following availability zones: {all}.");
        invalid(wanted, parameter, &why)
    })
}

/// `DeleteSubnet`: no network interface may be in it. Its association with a route table is deleted,
/// too.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let id = named::<Subnet>(cloud, input, "SubnetId")?.id.clone();
    let has_interfaces = cloud.ec2.interfaces.values().any(|interface| interface.subnet == id);
    let has_gateways = cloud.ec2.nat_gateways.values().any(|gateway| gateway.subnet == id && gateway.is_alive());
    ensure!(!has_interfaces && !has_gateways, dependency("subnet", &id));

    for table in cloud.ec2.route_tables.values_mut() {
        table.associations.retain(|_, subnet| subnet.as_ref() != Some(&id));
    }
    cloud.ec2.subnets.remove(&id);
    Ok(done())
}

const ATTRIBUTES: [&str; 3] =
    ["MapPublicIpOnLaunch", "PrivateDnsHostnameTypeOnLaunch", "EnableResourceNameDnsARecordOnLaunch"];

/// `ModifySubnetAttribute`: one attribute in each call.
pub(super) fn modify_attribute(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let id = named::<Subnet>(cloud, input, "SubnetId")?.id.clone();
    let name = one_attribute(input, &ATTRIBUTES)?;
    let value = match name {
        "PrivateDnsHostnameTypeOnLaunch" => input.text(name) == Some("resource-name"),
        _ => attribute(input, name)?,
    };
    change(cloud, &id, |subnet: &mut Subnet| match name {
        "MapPublicIpOnLaunch" => subnet.maps_public_ip = value,
        "PrivateDnsHostnameTypeOnLaunch" => subnet.names_by_id = value,
        _ => subnet.resolves_names_by_id = value,
    });
    Ok(done())
}
