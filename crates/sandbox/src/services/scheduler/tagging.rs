//! Tags of schedule groups. Source: Amazon EventBridge Scheduler API reference, `TagResource`: "You can only
//! assign tags to schedule groups".

use super::{group, invalid, not_found};
use crate::services::prelude::*;
use crate::tags;

/// The tags in the `Tags` of a call.
pub(super) fn given(input: &Input) -> Result<Tags, Refusal> {
    let tags = input.tags("Tags");
    ensure!(tags.len() == input.list("Tags").len(), invalid("Duplicate tag keys found."));
    tags::fault(&tags).map_or(Ok(tags), |fault| Err(invalid(format!("Invalid tags: {fault}"))))
}

/// The name of the group with the ARN of a call.
fn of_call<'a>(cloud: &Cloud, input: &'a Input) -> Result<&'a str, Refusal> {
    let arn = input.required("ResourceArn")?;
    let name = arn.rsplit('/').next().unwrap_or_default();
    ensure!(group::arn(&cloud.account, name) == arn, not_found(format!("Resource {arn} does not exist.")));
    Ok(name)
}

pub(super) fn tag_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let given = given(input)?;
    let too_many = invalid(format!("A resource can have no more than {} tags.", tags::MOST));
    tags::add(&mut group::active(cloud, of_call(cloud, input)?)?.tags, given, too_many)?;
    Ok(json!({}))
}

pub(super) fn untag_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let keys = input.texts("TagKeys");
    group::active(cloud, of_call(cloud, input)?)?.tags.retain(|key, _| !keys.contains(key));
    Ok(json!({}))
}

pub(super) fn list_tags_for_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let tags = group::find(cloud, of_call(cloud, input)?)?.tags;
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(json!({"Tags": tags}))
}
