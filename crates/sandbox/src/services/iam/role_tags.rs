//! Tags of roles, whose keys are not case-sensitive.
//!
//! Source: IAM User Guide, "Tags for AWS Identity and Access Management resources": a key replaces
//! an existing key that differs only in case, and two such keys in one request are rejected.

use std::collections::BTreeSet;

use super::{check, role};
use crate::services::prelude::*;
use crate::tags;

pub(super) fn element(tags: &Tags) -> Element {
    xml::tags("Tags", "member", ["Key", "Value"], tags)
}

/// The tags of a request.
pub(super) fn given(input: &Input) -> Result<Tags, Refusal> {
    let mut given = Tags::new();
    let mut keys = BTreeSet::new();
    for tag in input.list("Tags") {
        let (key, value) = (tag.required("Key")?, tag.required("Value")?);
        if key.to_lowercase().starts_with("aws:") {
            let message = format!("The tag key {key} begins with aws:, which is reserved.");
            return Err(Refusal::new("InvalidInput", message));
        }
        if !keys.insert(key.to_lowercase()) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(Refusal::new("InvalidInput", message));
        }
        given.insert(key.to_owned(), value.to_owned());
    }
    Ok(given)
}

pub(super) fn tag_role(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let given = given(input)?;
    let role = role::existing(cloud, input)?;
    let new: BTreeSet<String> = given.keys().map(|key| key.to_lowercase()).collect();
    let mut tags = role.tags.clone();
    tags.retain(|key, _| !new.contains(&key.to_lowercase()));
    tags.extend(given);
    ensure!(tags.len() <= tags::MOST, check::limit_exceeded("The number of tags has reached the maximum limit."));
    role.tags = tags;
    Ok(Vec::new())
}

pub(super) fn untag_role(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let keys = input.texts("TagKeys");
    let role = role::existing(cloud, input)?;
    role.tags.retain(|key, _| !keys.iter().any(|gone| gone.to_lowercase() == key.to_lowercase()));
    Ok(Vec::new())
}

pub(super) fn list_role_tags(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let tags = &role::read(cloud, input)?.tags;
    let tags = tags.iter().map(|(key, value)| (key.clone(), (key.clone(), value.clone())));
    check::page(input, tags, |tags| element(&tags.into_iter().collect()))
}
