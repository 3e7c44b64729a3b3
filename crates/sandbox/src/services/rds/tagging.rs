//! Tags of RDS's resources, by their ARNs.

use super::{State, faults, names, parameter_group};
use crate::services::prelude::*;
use crate::tags;

pub(super) fn add(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let resource = resource(cloud, input)?;
    let new = tags(input)?;
    let tags = tagged(&mut cloud.rds, &resource)?;
    let mut all = tags.clone();
    all.extend(new);
    check(&all)?;
    *tags = all;
    Ok(Vec::new())
}

pub(super) fn remove(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let resource = resource(cloud, input)?;
    let keys = input.texts("TagKeys");
    tagged(&mut cloud.rds, &resource)?.retain(|key, _| !keys.contains(key));
    Ok(Vec::new())
}

pub(super) fn list(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let resource = resource(cloud, input)?;
    if resource.is_of_aws() {
        return Ok(vec![list_of(&Tags::new())]);
    }
    Ok(vec![list_of(tagged(&mut cloud.rds, &resource)?)])
}

/// The tags of a call that makes or tags something.
pub(super) fn tags(input: &Input) -> Result<Tags, Refusal> {
    let tags = input.tags("Tags");
    check(&tags).map(|()| tags)
}

/// Tags as RDS writes them.
pub(super) fn list_of(tags: &Tags) -> Element {
    xml::tags("TagList", "Tag", ["Key", "Value"], tags)
}

/// RDS takes fewer characters than others. Source: Amazon RDS User Guide, "Tagging Amazon RDS
/// resources".
fn check(tags: &Tags) -> Result<(), Refusal> {
    if let Some(fault) = tags::fault(tags) {
        return Err(faults::value(format!("The tags are not valid: {fault}")));
    }
    let is_sound = |text: &str| {
        text.chars().all(|letter| letter.is_alphanumeric() || letter.is_whitespace() || "_.:/=+-@".contains(letter))
    };
    match tags.iter().find(|(key, value)| !is_sound(key) || !is_sound(value)) {
        None => Ok(()),
        Some((key, _)) => {
            let message = format!(
                "The tag `{key}` is not valid: only letters, digits, white-space, and _ . : / = + - @ may be used"
            );
            Err(faults::value(message))
        }
    }
}

/// What an ARN names.
enum Resource {
    Cluster(String),
    Instance(String),
    SubnetGroup(String),
    ParameterGroup(String),
    Snapshot(String),
}

impl Resource {
    /// Whether it is a group that AWS has itself, which has no tags.
    fn is_of_aws(&self) -> bool {
        matches!(self, Self::ParameterGroup(name) if parameter_group::is_default(name))
    }

    fn not_found(&self) -> Refusal {
        match self {
            Self::Cluster(name) => faults::no_cluster(name),
            Self::Instance(name) => faults::no_instance(name),
            Self::SubnetGroup(name) => faults::no_subnet_group(name),
            Self::ParameterGroup(name) => faults::no_parameter_group(name),
            Self::Snapshot(name) => faults::no_snapshot(name),
        }
    }
}

/// What a call is about: something of this account in this region.
fn resource(cloud: &Cloud, input: &Input) -> Result<Resource, Refusal> {
    let arn = input.required("ResourceName")?;
    let wrong = || faults::value(format!("Invalid resource name: {arn}"));
    let rest = arn.strip_prefix(&cloud.account.arn("rds", "")).ok_or_else(wrong)?;
    let (kind, _) = rest.split_once(':').ok_or_else(wrong)?;
    let name = names::sought(arn);
    match kind {
        "cluster" => Ok(Resource::Cluster(name)),
        "db" => Ok(Resource::Instance(name)),
        "subgrp" => Ok(Resource::SubnetGroup(name)),
        "cluster-pg" => Ok(Resource::ParameterGroup(name)),
        "cluster-snapshot" => Ok(Resource::Snapshot(name)),
        _ => Err(wrong()),
    }
}

/// The tags of something.
fn tagged<'a>(state: &'a mut State, resource: &Resource) -> Result<&'a mut Tags, Refusal> {
    let found = match resource {
        Resource::Cluster(name) => state.clusters.get_mut(name).map(|it| &mut it.tags),
        Resource::Instance(name) => state.instances.get_mut(name).map(|it| &mut it.tags),
        Resource::SubnetGroup(name) => state.subnet_groups.get_mut(name).map(|it| &mut it.tags),
        Resource::ParameterGroup(name) => state.parameter_groups.get_mut(name).map(|it| &mut it.tags),
        Resource::Snapshot(name) => state.snapshots.get_mut(name).map(|it| &mut it.tags),
    };
    found.ok_or_else(|| resource.not_found())
}
