//! Tags: their validation, and changes to the tags of existing resources.

use super::refusals::{client, invalid, no_cluster};
use super::{cluster, definition, names, service, task};
use crate::services::prelude::*;
use crate::tags;

/// The tags in the `tags` of a call.
pub(super) fn given(input: &Input) -> Result<Tags, Refusal> {
    let tags = input.tags("tags");
    if tags.len() != input.list("tags").len() {
        return Err(invalid("Duplicate tag keys found, or a tag without a key."));
    }
    match tags::fault(&tags) {
        Some(fault) => Err(invalid(format!("Invalid tags: {fault}"))),
        None => Ok(tags),
    }
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
    let present = of(cloud, input.required("resourceArn")?)?;
    let mut merged = present.clone();
    merged.extend(given);
    // Tags that AWS sets do not count towards the limit.
    if merged.keys().filter(|key| !key.starts_with("aws:")).count() > tags::MOST {
        return Err(invalid(format!("Invalid tags: more than {} tags", tags::MOST)));
    }
    *present = merged;
    Ok(json!({}))
}

pub(super) fn untag_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let keys = input.texts("tagKeys");
    if keys.is_empty() {
        return Err(Refusal::missing("tagKeys"));
    }
    if let Some(key) = keys.iter().find(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        return Err(invalid(format!("the tag key `{key}` is reserved")));
    }
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
    match resource.split('/').collect::<Vec<_>>()[..] {
        ["cluster", name] => {
            let cluster = cloud.ecs.clusters.get_mut(name).ok_or_else(no_cluster)?;
            if cluster.status != cluster::Status::Active {
                return Err(invalid("The specified cluster is inactive. Specify an active cluster and try again."));
            }
            Ok(&mut cluster.tags)
        }
        ["service", cluster, name] => {
            let key = service::key(cluster, name);
            let service = cloud.ecs.services.get_mut(&key).ok_or_else(|| none("service"))?;
            if service.status == service::Status::Inactive {
                return Err(invalid("The specified service is inactive. Specify an active service and try again."));
            }
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
