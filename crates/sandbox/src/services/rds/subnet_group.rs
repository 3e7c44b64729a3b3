//! DB subnet groups: the subnets that a database may use.

use super::{State, faults, names, needs_linked_role, network, pages, tagging};
use crate::services::prelude::*;

/// The maximum number of groups, and of subnets per group. Source: Amazon RDS User Guide, "Quotas
/// and constraints for Amazon RDS".
const MOST: usize = 50;
const MOST_SUBNETS: usize = 20;

/// The minimum number of zones per group. Source: Amazon RDS API reference, `CreateDBSubnetGroup`.
const FEWEST_ZONES: usize = 2;

/// A DB subnet group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SubnetGroup {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) vpc: String,
    pub(super) subnets: Vec<String>,
    pub(super) tags: Tags,
}

pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = name(input)?;
    let description = names::description(input, "DBSubnetGroupDescription")?.to_owned();
    let tags = tagging::tags(input)?;
    if cloud.rds.subnet_groups.contains_key(&name) {
        let message = format!("The DB subnet group '{name}' already exists.");
        return Err(Refusal::new("DBSubnetGroupAlreadyExists", message));
    }
    faults::check_quota(cloud.rds.subnet_groups.len(), MOST, "DBSubnetGroupQuotaExceeded", "DB subnet groups")?;
    let subnets = ids(input)?;
    let vpc = vpc_of(cloud, &subnets)?;
    needs_linked_role(cloud)?;
    let group = SubnetGroup { name: name.clone(), description, vpc, subnets, tags };
    let answer = vec![xml::element("DBSubnetGroup", describe_one(cloud, &group))];
    cloud.rds.subnet_groups.insert(name, group);
    Ok(answer)
}

pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let cloud = &*cloud;
    let groups = pages::named(input, "DBSubnetGroupName", &cloud.rds.subnet_groups, faults::no_subnet_group)?;
    pages::listing(input, ["DBSubnetGroups", "DBSubnetGroup"], groups, |group| describe_one(cloud, group))
}

pub(super) fn modify(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let group = existing(cloud, &names::required(input, "DBSubnetGroupName")?)?;
    let description = match input.has("DBSubnetGroupDescription") {
        true => names::description(input, "DBSubnetGroupDescription")?.to_owned(),
        false => group.description.clone(),
    };
    let subnets = ids(input)?;
    if vpc_of(cloud, &subnets)? != group.vpc {
        return Err(faults::value("The new Subnets are not in the same Vpc as the existing subnet group"));
    }
    let removed = group.subnets.iter().filter(|id| !subnets.contains(id));
    let taken: Vec<&str> = removed.map(String::as_str).filter(|id| is_subnet_in_use(cloud, group, id)).collect();
    if !taken.is_empty() {
        let message = format!("Some of the subnets to be deleted are currently in use: {}", taken.join(", "));
        return Err(faults::value(message));
    }
    let group = SubnetGroup { description, subnets, ..group.clone() };
    let answer = vec![xml::element("DBSubnetGroup", describe_one(cloud, &group))];
    cloud.rds.subnet_groups.insert(group.name.clone(), group);
    Ok(answer)
}

pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let name = names::required(input, "DBSubnetGroupName")?;
    existing(cloud, &name)?;
    if let Some(user) = user(&cloud.rds, &name) {
        let message = format!(
            "Cannot delete the subnet group '{name}' because at least one database instance: {user} is still using it."
        );
        return Err(Refusal::new("InvalidDBSubnetGroupStateFault", message));
    }
    cloud.rds.subnet_groups.remove(&name);
    Ok(Vec::new())
}

/// The group with this name, even if listings do not show it yet.
pub(super) fn existing<'a>(cloud: &'a Cloud, name: &str) -> Result<&'a SubnetGroup, Refusal> {
    cloud.rds.subnet_groups.get(name).ok_or_else(|| faults::no_subnet_group(name))
}

/// The description of a group.
pub(super) fn describe_one(cloud: &Cloud, group: &SubnetGroup) -> Vec<Element> {
    let subnets = network::present(cloud, &group.subnets).map(|subnet| {
        vec![
            xml::text("SubnetIdentifier", &subnet.id),
            xml::element("SubnetAvailabilityZone", [xml::text("Name", &subnet.zone)]),
            xml::element("SubnetOutpost", []),
            xml::text("SubnetStatus", "Active"),
        ]
    });
    vec![
        xml::text("DBSubnetGroupName", &group.name),
        xml::text("DBSubnetGroupDescription", &group.description),
        xml::text("VpcId", &group.vpc),
        xml::text("SubnetGroupStatus", "Complete"),
        xml::list("Subnets", "Subnet", subnets),
        xml::text("DBSubnetGroupArn", names::arn(&cloud.account, "subgrp", &group.name)),
        xml::texts("SupportedNetworkTypes", "member", ["IPV4"]),
    ]
}

/// Validates a name. It may contain more characters than other identifiers, and must not be that of
/// a default VPC's group.
fn name(input: &Input) -> Result<String, Refusal> {
    let name = input.required("DBSubnetGroupName")?;
    ensure!(!name.trim().is_empty(), faults::blank("DBSubnetGroupName"));
    let is_sound = name.len() <= 255
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._ -".contains(letter))
        && !name.eq_ignore_ascii_case("default");
    if !is_sound {
        let message = "The parameter DBSubnetGroupName is not valid: it must begin with a letter, have at most 255 \
                       letters, digits, periods, underscores, spaces, and hyphens, and must not be 'default'.";
        return Err(faults::value(message));
    }
    Ok(name.to_ascii_lowercase())
}

/// The subnets that a call names.
fn ids(input: &Input) -> Result<Vec<String>, Refusal> {
    let mut ids = input.texts("SubnetIds");
    ids.sort();
    ids.dedup();
    ensure!(!ids.is_empty(), Refusal::new("InvalidSubnet", "Subnet IDs are required."));
    if ids.len() > MOST_SUBNETS {
        let message = format!("A DB subnet group can't have more than {MOST_SUBNETS} subnets.");
        return Err(Refusal::new("DBSubnetQuotaExceededFault", message));
    }
    Ok(ids)
}

/// The common VPC of subnets, which must cover enough zones.
fn vpc_of(cloud: &Cloud, ids: &[String]) -> Result<String, Refusal> {
    let subnets = network::subnets(cloud, ids)?;
    let vpc = subnets.first().map(|subnet| subnet.vpc.clone()).unwrap_or_default();
    if subnets.iter().any(|subnet| subnet.vpc != vpc) {
        let message = format!("The subnets [{}] are not all in a common VPC.", ids.join(", "));
        return Err(Refusal::new("InvalidSubnet", message));
    }
    let zones: Vec<String> = network::zones(subnets).into_iter().collect();
    if zones.len() < FEWEST_ZONES {
        let message = format!(
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: {}. \
             Add subnets to cover at least {FEWEST_ZONES} AZs.",
            zones.join(", ")
        );
        return Err(Refusal::new("DBSubnetGroupDoesNotCoverEnoughAZs", message));
    }
    Ok(vpc)
}

/// An instance that uses the group, or a cluster without instances.
fn user(state: &State, group: &str) -> Option<String> {
    let cluster = state.clusters.values().find(|cluster| cluster.subnet_group == group)?;
    let instance = state.instances.values().find(|instance| instance.cluster == cluster.name);
    Some(instance.map_or_else(|| cluster.name.clone(), |instance| instance.name.clone()))
}

/// Whether an instance of this group is in a subnet.
fn is_subnet_in_use(cloud: &Cloud, group: &SubnetGroup, subnet: &str) -> bool {
    cloud.rds.instances.values().any(|instance| {
        let cluster = cloud.rds.clusters.get(&instance.cluster);
        cluster.is_some_and(|cluster| cluster.subnet_group == group.name) && instance.subnet == subnet
    })
}
