//! Amazon EventBridge Scheduler: schedule groups, and schedules that run ECS tasks.
//!
//! Schedules are stored, and run only when the sandbox is told to ([`invoke`]): it has no clock for them.

mod expression;
mod group;
mod schedule;
mod tagging;
mod target;
#[cfg(test)]
pub(crate) mod tests;
mod timing;

use crate::services::prelude::*;
use crate::tokens::Tokens;

pub(crate) use self::schedule::invoke;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "Amazon EventBridge Scheduler",
    signing_name: "scheduler",
    protocol: Protocol::RestJson(OPERATIONS),
    model: include_str!("../../../models/scheduler.json"),
    // Source: the API model of the service, and "Common Error Types" of its API reference.
    errors: Errors {
        throttled: ("ThrottlingException", 429, "Rate exceeded"),
        access_denied: ("AccessDeniedException", 403),
        ..Errors::VALIDATING
    },
    consistency,
    latency: Latency::USUAL,
    collections: |cloud| vec![&mut cloud.scheduler.groups, &mut cloud.scheduler.schedules],
    inventory,
    tagged,
};

const OPERATIONS: &[(&str, JsonOperation)] = &[
    ("CreateSchedule", schedule::create),
    ("CreateScheduleGroup", group::create),
    ("DeleteSchedule", schedule::delete),
    ("DeleteScheduleGroup", group::delete),
    ("GetSchedule", schedule::get),
    ("GetScheduleGroup", group::get),
    ("ListScheduleGroups", group::list),
    ("ListSchedules", schedule::list),
    ("ListTagsForResource", tagging::list_tags_for_resource),
    ("TagResource", tagging::tag_resource),
    ("UntagResource", tagging::untag_resource),
    ("UpdateSchedule", schedule::update),
];

/// AWS documents only that the deletion of a group is eventually consistent; stale reads are assumed.
fn consistency(operation: &str) -> Option<Consistency> {
    match operation {
        "ListTagsForResource" => Some(Consistency::Strong),
        _ if operation.starts_with("Get") || operation.starts_with("List") => Some(Consistency::Eventual),
        _ => None,
    }
}

/// The state of the service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// By name, without the default group.
    groups: Eventual<group::Group>,
    /// By group and name.
    schedules: Eventual<schedule::Schedule>,
    tokens: Tokens,
}

/// A scheduled change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The schedules of a deleted group, and the group itself, are removed.
    RemoveGroup(String),
}

pub(crate) fn handle(cloud: &mut Cloud, event: Event) {
    match event {
        Event::RemoveGroup(name) => group::remove(cloud, &name),
    }
}

fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    let State { groups, schedules, .. } = &cloud.scheduler;
    items.extend(groups.values().map(|group| Item::new("scheduler:schedule-group", &group.name, &group.tags)));
    items.extend(schedules.keys().map(|key| Item::part("scheduler:schedule", key)));
}

/// The ARNs and tags of all schedule groups, for the tagging API. Schedules have no tags.
fn tagged(cloud: &Cloud) -> Vec<(String, &Tags)> {
    let groups = cloud.scheduler.groups.values();
    groups.map(|group| (group::arn(&cloud.account, &group.name), &group.tags)).collect()
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("ValidationException", message)
}

fn conflict(message: impl Into<String>) -> Refusal {
    Refusal::new("ConflictException", message).status(409)
}

fn not_found(message: impl Into<String>) -> Refusal {
    Refusal::new("ResourceNotFoundException", message).status(404)
}

/// A page of a list. Source of the usual size: getmoto/moto:moto/scheduler/models.py, `PAGINATION_MODEL`.
fn page(input: &Input, key: &str, items: impl IntoIterator<Item = (String, Value)>) -> Result<Value, Refusal> {
    let size = input.int("MaxResults").unwrap_or(50);
    let (page, next) = crate::paging::page(items, input.text("NextToken"), size, "ValidationException")?;
    Ok(json!({key: page, "NextToken": next}))
}
