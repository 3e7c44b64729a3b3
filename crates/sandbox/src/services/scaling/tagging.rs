//! The tags of scalable targets. Policies have no tags.

use super::refusals::validation;
use super::target::Target;
use crate::services::prelude::*;
use crate::tags;

/// Validates the tags of a call. Source of the message about values: hashicorp/terraform-provider-aws
/// issue 32677.
pub(super) fn check(given: &Tags) -> Result<(), Refusal> {
    ensure!(!given.values().any(|value| value.trim().is_empty()), validation("Tag values cannot be empty or blank"));
    tags::fault(given).map_or(Ok(()), |fault| Err(validation(format!("Invalid tags: {fault}"))))
}

pub(super) fn tag_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let given = input.map("Tags");
    check(&given)?;
    let too_many = Refusal::new("TooManyTagsException", format!("More than {} tags", tags::MOST));
    tags::add(&mut target(cloud, input)?.tags, given, too_many)?;
    Ok(json!({}))
}

pub(super) fn untag_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let keys = input.texts("TagKeys");
    target(cloud, input)?.tags.retain(|key, _| !keys.contains(key));
    Ok(json!({}))
}

pub(super) fn list_tags_for_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    Ok(json!({"Tags": target(cloud, input)?.tags}))
}

fn target<'a>(cloud: &'a mut Cloud, input: &Input) -> Result<&'a mut Target, Refusal> {
    let arn = input.required("ResourceARN")?;
    let none = || Refusal::new("ResourceNotFoundException", format!("The resource {arn} does not exist"));
    cloud.scaling.targets.values_mut().find(|target| target.arn == arn).ok_or_else(none)
}
