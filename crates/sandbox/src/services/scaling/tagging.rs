//! The tags of scalable targets; policies have none.

use serde_json::{Value, json};

use super::refusals::validation;
use super::target::Target;
use crate::cloud::Cloud;
use crate::input::Input;
use crate::refusal::Refusal;
use crate::tags;

pub(super) fn tag_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    if !input.has("Tags") {
        return Err(Refusal::missing("Tags"));
    }
    let given = input.map("Tags");
    let target = target(cloud, input)?;
    let mut merged = target.tags.clone();
    merged.extend(given);
    if merged.len() > tags::MOST {
        return Err(Refusal::new("TooManyTagsException", format!("More than {} tags", tags::MOST)));
    }
    if let Some(fault) = tags::fault(&merged) {
        return Err(validation(format!("Invalid tags: {fault}")));
    }
    target.tags = merged;
    Ok(json!({}))
}

pub(super) fn untag_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    if !input.has("TagKeys") {
        return Err(Refusal::missing("TagKeys"));
    }
    let keys = input.texts("TagKeys");
    target(cloud, input)?.tags.retain(|key, _| !keys.contains(key));
    Ok(json!({}))
}

pub(super) fn list_tags_for_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    Ok(json!({"Tags": target(cloud, input)?.tags}))
}

fn target<'a>(cloud: &'a mut Cloud, input: &Input) -> Result<&'a mut Target, Refusal> {
    let arn = input.required("ResourceARN")?;
    if !arn.starts_with("arn:") || !arn.contains(":application-autoscaling:") || !arn.contains(":scalable-target/") {
        return Err(validation(format!("{arn} is not the ARN of a scalable target")));
    }
    let none = || Refusal::new("ResourceNotFoundException", format!("The resource {arn} does not exist"));
    cloud.scaling.targets.values_mut().find(|target| target.arn == arn).ok_or_else(none)
}
