//! Reads, deregisters and deletes task definitions.

use std::collections::BTreeSet;

use super::definition::{self, Status};
use super::refusals::{client, invalid};
use super::{Event, names, service, tagging, task, timing};
use crate::services::prelude::*;

/// The maximum number of listed, and of deleted, definitions per call. Source: Amazon ECS API
/// reference, `ListTaskDefinitions`, `DeleteTaskDefinitions`.
const LISTED: (usize, u16) = (100, 100);
const DELETED: usize = 10;

pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let found = definition::find(cloud, input.required("taskDefinition")?)?;
    let found = found.ok_or_else(|| client("Unable to describe task definition."))?;
    let tags = tagging::are_included(input).then(|| tagging::list(&found.tags));
    Ok(json!({"taskDefinition": found.describe(cloud), "tags": tags}))
}

pub(super) fn list(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let status = input.word("status").unwrap_or(Status::Active);
    // Despite its name, this is a complete family name.
    let family = input.text("familyPrefix");
    let listed = cloud.ecs.definitions.iter().filter(|(_, definition)| {
        let of_family = family.is_none_or(|family| family == definition.family);
        of_family && definition.status == status
    });
    let arns = listed.map(|(key, definition)| (key, definition.arn(cloud)));
    let arns: Vec<(String, String)> = if input.text("sort") == Some("DESC") {
        arns.rev().map(|(key, arn)| (opposite(key), arn)).collect()
    } else {
        arns.map(|(key, arn)| (key.clone(), arn)).collect()
    };
    super::list_page(input, "taskDefinitionArns", LISTED, arns)
}

/// A key that sorts in reverse. No key is a prefix of another, because all end in a space and ten
/// digits.
fn opposite(key: &str) -> String {
    key.bytes().map(|byte| char::from(0x7f - (byte & 0x7f))).collect()
}

pub(super) fn list_families(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let prefix = input.text("familyPrefix").unwrap_or_default();
    let status = input.text("status").unwrap_or("ALL");
    let all = || cloud.ecs.definitions.values();
    let active = all().filter(|definition| definition.status == Status::Active);
    let active: BTreeSet<&str> = active.map(|definition| definition.family.as_str()).collect();
    let families: BTreeSet<&str> = all().map(|definition| definition.family.as_str()).collect();
    let families = families.into_iter().filter(|family| {
        let fits = match status {
            "ACTIVE" => active.contains(family),
            "INACTIVE" => !active.contains(family),
            _ => true,
        };
        fits && family.starts_with(prefix)
    });
    let families = families.map(|family| (family.to_owned(), family.to_owned()));
    super::list_page(input, "families", LISTED, families)
}

/// A revision that is already inactive is not changed.
pub(super) fn deregister(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let reference = input.required("taskDefinition")?;
    let (family, revision) = names::definition(&cloud.account, reference)?;
    let revision = revision.ok_or_else(|| client("Revision is missing."))?;
    let key = definition::key(&family, revision);
    let now = cloud.now;
    let none = || client("Unable to describe task definition.");
    let definition = cloud.ecs.definitions.get_mut(&key).ok_or_else(none)?;
    match definition.status {
        Status::Active => {
            definition.status = Status::Inactive;
            definition.deregistered = Some(now);
        }
        Status::Inactive => {}
        Status::DeleteInProgress => {
            return Err(client("The specified task definition is in DELETE_IN_PROGRESS status."));
        }
    }
    let definition = cloud.ecs.definitions.get(&key).ok_or_else(none)?;
    Ok(json!({"taskDefinition": definition.describe(cloud)}))
}

/// The answer lists definitions that cannot be deleted as failures.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let references = input.texts("taskDefinitions");
    let bounds = || invalid(format!("From 1 to {DELETED} task definitions can be deleted at once."));
    ensure!((1..=DELETED).contains(&references.len()), bounds());
    let mut named = Vec::new();
    for reference in &references {
        let (family, revision) = names::definition(&cloud.account, reference)?;
        let revision = revision.ok_or_else(|| invalid("Revision is missing."))?;
        named.push((reference, definition::key(&family, revision)));
    }
    let now = cloud.now;
    let mut deleted = Vec::new();
    let mut failures = Vec::new();
    for (reference, key) in named {
        let reason = match cloud.ecs.definitions.get_mut(&key) {
            None => {
                "The specified task definition does not exist. Specify a valid account, family, revision and try \
                     again."
            }
            Some(definition) if definition.status == Status::Active => {
                "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
            }
            Some(definition) => {
                definition.status = Status::DeleteInProgress;
                definition.delete_requested.get_or_insert(now);
                deleted.push(key);
                continue;
            }
        };
        failures.push(json!({"arn": reference, "reason": reason}));
    }
    if !deleted.is_empty() {
        cloud.later(timing::DELETING_DEFINITION, Event::SweepDefinitions);
    }
    let deleted = deleted.iter().filter_map(|key| cloud.ecs.definitions.get(key));
    let deleted: Vec<_> = deleted.map(|definition| definition.describe(cloud)).collect();
    Ok(json!({"taskDefinitions": deleted, "failures": failures}))
}

/// Removes deleted definitions that are no longer in use. Source: Amazon ECS API reference,
/// `DeleteTaskDefinitions`.
pub(super) fn sweep(cloud: &mut Cloud) {
    if cloud.ecs.definitions.values().all(|definition| definition.status != Status::DeleteInProgress) {
        return;
    }
    let services = cloud.ecs.services.values().filter(|service| service.status != service::Status::Inactive);
    let of_services = services.flat_map(|service| {
        let deployments = service.deployments.iter().map(|deployment| &deployment.revision);
        // The revision that a failed deployment would roll back to is still in use.
        deployments.chain(service.completed.iter().map(|(_, revision)| revision))
    });
    let of_services = of_services.map(|revision| revision.definition.clone());
    let tasks = cloud.ecs.tasks.values().filter(|task| task.status != task::Status::Stopped);
    let used: BTreeSet<String> = of_services.chain(tasks.map(|task| task.definition.clone())).collect();
    let account = cloud.account.clone();
    cloud.ecs.definitions.retain(|_, definition| {
        let arn = names::definition_arn(&account, &definition.family, definition.revision);
        definition.status != Status::DeleteInProgress || used.contains(&arn)
    });
}
