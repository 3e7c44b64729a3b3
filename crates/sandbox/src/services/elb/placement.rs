//! The placement of a load balancer: its subnets, its security groups, and its network interfaces.

use std::collections::BTreeSet;

use super::checks::{configuration, invalid};
use super::{quotas, timing};
use crate::services::Service;
use crate::services::ec2::{self, Subnet};
use crate::services::prelude::*;

/// The number of free addresses that a load balancer requires in each of its subnets. Source:
/// Application Load Balancers user guide, "Subnets for your load balancer".
const FREE_ADDRESSES: usize = 8;

/// The scheme of a load balancer with public addresses.
const INTERNET_FACING: &str = "internet-facing";

/// A subnet of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) zone: String,
    pub(super) subnet: String,
    /// Its network interface in the subnet.
    pub(super) interface: String,
}

/// Validated subnets for a load balancer.
pub(super) struct Site {
    pub(super) vpc: String,
    /// Zones and subnets, in the order of the zones.
    pub(super) subnets: Vec<(String, String)>,
}

/// The subnets of a call, which names them in one of two parameters.
pub(super) fn subnet_ids(input: &Input) -> Result<Vec<String>, Refusal> {
    let (subnets, mappings) = (input.texts("Subnets"), input.list("SubnetMappings"));
    if !subnets.is_empty() && !mappings.is_empty() {
        return Err(invalid("You must specify either subnets or subnet mappings, but not both"));
    }
    if mappings.iter().any(|mapping| mapping.has("AllocationId")) {
        return Err(invalid("You cannot specify allocation IDs for the subnets of an application load balancer"));
    }
    let mapped = mappings.iter().map(|mapping| mapping.required("SubnetId").map(str::to_owned));
    let ids: Vec<String> = subnets.into_iter().map(Ok).chain(mapped).collect::<Result<_, _>>()?;
    if ids.is_empty() { Err(invalid("At least one subnet must be specified")) } else { Ok(ids) }
}

/// Checks the subnets of an application load balancer: they exist, belong to one VPC, and are in at
/// least two zones, one in each.
pub(super) fn site(cloud: &Cloud, ids: &[String]) -> Result<Site, Refusal> {
    let subnets: Vec<&Subnet> = ids.iter().map(|id| subnet(cloud, id)).collect::<Result<_, _>>()?;
    let vpc = subnets.first().map(|subnet| subnet.vpc.clone()).unwrap_or_default();
    if subnets.iter().any(|subnet| subnet.vpc != vpc) {
        return Err(configuration(format!("All subnets must belong to the same VPC: '{vpc}'")));
    }
    let zones: BTreeSet<(String, String)> =
        subnets.iter().map(|subnet| (subnet.zone.clone(), subnet.id.clone())).collect();
    let distinct: BTreeSet<&str> = zones.iter().map(|(zone, _)| zone.as_str()).collect();
    if distinct.len() < subnets.len() {
        let message = "A load balancer cannot be attached to multiple subnets in the same Availability Zone";
        return Err(configuration(message));
    }
    if distinct.len() < 2 {
        return Err(invalid("At least two subnets in two different Availability Zones must be specified"));
    }
    Ok(Site { vpc, subnets: zones.into_iter().collect() })
}

fn subnet<'a>(cloud: &'a Cloud, id: &str) -> Result<&'a Subnet, Refusal> {
    if !id.starts_with("subnet-") || !id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-') {
        return Err(Refusal::new("InvalidSubnet", format!("The subnet ID '{id}' is not valid")));
    }
    let unknown = || Refusal::new("SubnetNotFound", format!("The subnet ID '{id}' does not exist"));
    cloud.ec2.subnets.get(id).ok_or_else(unknown)
}

/// Checks that an internet-facing load balancer is reachable, and that every new subnet has enough free
/// addresses.
pub(super) fn check_room(cloud: &Cloud, site: &Site, scheme: &str, old: &[Place]) -> Result<(), Refusal> {
    if scheme == INTERNET_FACING && !ec2::has_internet_gateway(cloud, &site.vpc) {
        return Err(Refusal::new("InvalidSubnet", format!("VPC {} has no internet gateway", site.vpc)));
    }
    let new = site.subnets.iter().filter(|(_, id)| !old.iter().any(|place| place.subnet == *id));
    for (_, id) in new {
        if cloud.ec2.subnets.get(id).is_some_and(|subnet| ec2::free_addresses(cloud, subnet) < FREE_ADDRESSES) {
            let message = format!(
                "Not enough IP space available in {id}. ELB requires at least {FREE_ADDRESSES} free IP addresses in \
                 each subnet."
            );
            return Err(Refusal::new("InvalidSubnet", message));
        }
    }
    Ok(())
}

/// Checks security groups: they exist, are visible, and belong to the VPC. An empty list selects the
/// default group of the VPC.
pub(super) fn security_groups(cloud: &Cloud, ids: &[String], vpc: &str) -> Result<Vec<String>, Refusal> {
    if ids.len() > quotas::SECURITY_GROUPS {
        return Err(configuration("The maximum number of security groups per load balancer has been reached"));
    }
    for id in ids {
        ensure!(id.starts_with("sg-"), invalid(format!("Security group '{id}' is not valid")));
        let Some(group) = cloud.ec2.groups.seen(id, cloud.view(Service::Ec2)) else {
            let message = format!("The security group '{id}' does not exist");
            return Err(Refusal::new("InvalidSecurityGroup", message));
        };
        ensure!(group.vpc == vpc, configuration("One or more security groups are invalid"));
    }
    Ok(if ids.is_empty() { ec2::default_group(cloud, vpc).into_iter().collect() } else { ids.to_vec() })
}

/// Checks the IP address type of a load balancer. IPv6 is not modelled, so no subnet supports it.
pub(super) fn check_address_type(kind: &str, scheme: &str) -> Result<(), Refusal> {
    if kind == "ipv4" {
        return Ok(());
    }
    // Source: Elastic Load Balancing API reference, `CreateLoadBalancer`, `IpAddressType`.
    ensure!(scheme != "internal", configuration("Internal load balancers must have the IP address type 'ipv4'"));
    Err(Refusal::new("InvalidSubnet", "The subnets of a dual-stack load balancer must have IPv6 CIDR blocks"))
}

/// Creates the missing network interfaces in the subnets, and releases those in other subnets.
pub(super) fn settle(
    cloud: &mut Cloud,
    site: &Site,
    old: &[Place],
    groups: &[String],
    name: &str,
    scheme: &str,
) -> Vec<Place> {
    let mut places = Vec::new();
    for (zone, subnet) in &site.subnets {
        let known = old.iter().find(|place| place.subnet == *subnet).map(|place| place.interface.clone());
        let interface = known.unwrap_or_else(|| {
            let interface = ec2::attach(cloud, subnet, groups, &format!("ELB {name}"));
            if scheme == INTERNET_FACING {
                ec2::map_public_address(cloud, &interface);
            }
            interface
        });
        places.push(Place { zone: zone.clone(), subnet: subnet.clone(), interface });
    }
    let gone: Vec<Place> = old.iter().filter(|place| !places.contains(place)).cloned().collect();
    release_interfaces(cloud, &gone);
    places
}

/// Releases network interfaces.
pub(super) fn release_interfaces(cloud: &mut Cloud, places: &[Place]) {
    for place in places {
        ec2::release(cloud, &place.interface, timing::INTERFACES_GO);
    }
}

/// The zone of the subnet of a VPC that contains an address.
pub(super) fn zone_of(cloud: &Cloud, vpc: &str, address: std::net::Ipv4Addr) -> Option<String> {
    let of_vpc = cloud.ec2.subnets.values().filter(|subnet| subnet.vpc == vpc);
    of_vpc.into_iter().find(|subnet| subnet.has(address)).map(|subnet| subnet.zone.clone())
}
