//! Tags: their validation, and changes to the tags of existing resources.

use super::refusals::{client, invalid, no_cluster};
use super::{cluster, definition, names, service, task};
use crate::services::prelude::*;
use crate::tags;

/// The tags in the `tags` of a call.
pub(super) fn given(input: &Input) -> Result<Tags, Refusal> {
    let tags = input.tags("tags");
    ensure!(tags.len() == input.list("tags").len(), invalid("Duplicate tag keys found, or a tag without a key."));
    tags::fault(&tags).map_or(Ok(tags), |fault| Err(invalid(format!("Invalid tags: {fault}"))))
}

/// Tags in the form of the ECS API.
pub(super) fn list(tags: &Tags) -> Value {
    tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

/// Whether a call requests tags in its answer.
pub(super) fn are_included(input: &Input) -> bool {
    input.texts("include").iter().any(|field| field == "TAGS")
}

pub(super) fn tag_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let given = given(input)?;
    let too_many = invalid(format!("Invalid tags: more than {} tags", tags::MOST));
    tags::add(of(cloud, input.required("resourceArn")?)?, given, too_many)?;
    Ok(json!({}))
}

pub(super) fn untag_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let keys = input.texts("tagKeys");
    ensure!(!keys.is_empty(), Refusal::missing("tagKeys"));
    let is_reserved = |key: &String| key.to_ascii_lowercase().starts_with("aws:");
    ensure!(!keys.iter().any(is_reserved), invalid("tag keys that begin with `aws:` are reserved"));
    of(cloud, input.required("resourceArn")?)?.retain(|key, _| !keys.contains(key));
    Ok(json!({}))
}

pub(super) fn list_tags_for_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let tags = of(cloud, input.required("resourceArn")?)?;
    Ok(json!({"tags": list(tags)}))
}

/// The tags of the resource with this ARN. Inactive resources have none, except task definitions.
fn of<'a>(cloud: &'a mut Cloud, arn: &str) -> Result<&'a mut Tags, Refusal> {
    let account = cloud.account.clone();
    let resource = arn.strip_prefix(&account.arn("ecs", "")).unwrap_or_default();
    let none = |kind: &str| {
        let text = format!("The specified {kind} does not exist. Specify a valid {kind} and try again.");
        Refusal::new("ResourceNotFoundException", text)
    };
    let inactive =
        |kind: &str| invalid(format!("The specified {kind} is inactive. Specify an active {kind} and try again."));
    match resource.split('/').collect::<Vec<_>>()[..] {
        ["cluster", name] => {
            let cluster = cloud.ecs.clusters.get_mut(name).ok_or_else(no_cluster)?;
            ensure!(cluster.status == cluster::Status::Active, inactive("cluster"));
            Ok(&mut cluster.tags)
        }
        ["service", cluster, name] => {
            let key = service::key(cluster, name);
            let service = cloud.ecs.services.get_mut(&key).ok_or_else(|| none("service"))?;
            ensure!(service.status != service::Status::Inactive, inactive("service"));
            Ok(&mut service.tags)
        }
        ["task-definition", _] => {
            let (family, revision) = names::definition(&account, arn)?;
            let definition = revision.and_then(|revision| {
                let key = definition::key(&family, revision);
                cloud.ecs.definitions.get_mut(&key)
            });
            let none = "The specified task definition does not exist. Specify a valid account, family, revision and \
                        try again.";
            definition.map(|definition| &mut definition.tags).ok_or_else(|| client(none))
        }
        ["task", cluster, id] => {
            let key = task::find(cloud, cluster, id).map(task::Task::key).ok_or_else(|| none("task"))?;
            cloud.ecs.tasks.get_mut(&key).map(|task| &mut task.tags).ok_or_else(|| none("task"))
        }
        _ => Err(invalid(format!("Invalid resource ARN: {arn}"))),
    }
}
