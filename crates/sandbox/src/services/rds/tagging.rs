//! Tags of RDS resources, by ARN.

use super::{faults, names, parameter_group};
use crate::services::prelude::*;
use crate::tags::{self, Tags};

pub(super) fn add(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let new = tags(input)?;
    let tags = tagged(cloud, input)?;
    let mut all = tags.clone();
    all.extend(new);
    check(&all)?;
    *tags = all;
    Ok(Vec::new())
}

pub(super) fn remove(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let keys = input.texts("TagKeys");
    tagged(cloud, input)?.retain(|key, _| !keys.contains(key));
    Ok(Vec::new())
}

/// A default parameter group has no tags.
pub(super) fn list(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let (kind, name) = resource(cloud, input)?;
    if kind == "cluster-pg" && parameter_group::is_default(&name) {
        return Ok(vec![list_of(&Tags::new())]);
    }
    Ok(vec![list_of(tagged(cloud, input)?)])
}

/// The tags in a call.
pub(super) fn tags(input: &Input) -> Result<Tags, Refusal> {
    let tags = input.tags("Tags");
    check(&tags).map(|()| tags)
}

/// Tags in the form of the RDS API.
pub(super) fn list_of(tags: &Tags) -> Element {
    xml::tags("TagList", "Tag", ["Key", "Value"], tags)
}

/// RDS permits fewer characters than other services. Source: Amazon RDS User Guide, "Tagging Amazon
/// RDS resources".
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

/// The kind and name of the resource that a call refers to, which must be in this account and
/// Region.
fn resource(cloud: &Cloud, input: &Input) -> Result<(String, String), Refusal> {
    let arn = input.required("ResourceName")?;
    let rest = arn.strip_prefix(&cloud.account.arn("rds", ""));
    let kind = rest.and_then(|rest| rest.split_once(':')).map(|(kind, _)| kind.to_owned());
    kind.map(|kind| (kind, names::lookup(arn))).ok_or_else(|| wrong(arn))
}

fn wrong(arn: &str) -> Refusal {
    faults::value(format!("Invalid resource name: {arn}"))
}

/// The tags of the resource that a call refers to.
fn tagged<'a>(cloud: &'a mut Cloud, input: &Input) -> Result<&'a mut Tags, Refusal> {
    let (kind, name) = resource(cloud, input)?;
    let (name, state) = (name.as_str(), &mut cloud.rds);
    let (tags, not_found) = match kind.as_str() {
        "cluster" => (state.clusters.get_mut(name).map(|it| &mut it.tags), faults::no_cluster(name)),
        "db" => (state.instances.get_mut(name).map(|it| &mut it.tags), faults::no_instance(name)),
        "subgrp" => (state.subnet_groups.get_mut(name).map(|it| &mut it.tags), faults::no_subnet_group(name)),
        "cluster-pg" => (state.parameter_groups.get_mut(name).map(|it| &mut it.tags), faults::no_parameter_group(name)),
        "cluster-snapshot" => (state.snapshots.get_mut(name).map(|it| &mut it.tags), faults::no_snapshot(name)),
        _ => return Err(wrong(input.required("ResourceName")?)),
    };
    tags.ok_or(not_found)
}
