//! Reads and stops tasks.

use super::refusals::{invalid, no_service};
use super::{cluster, definition, life, names, service, tagging, task};
use crate::services::prelude::*;

/// The maximum number of tasks per describe or list call. Source: Amazon ECS API reference,
/// `DescribeTasks`, `ListTasks`.
const AT_A_TIME: usize = 100;
const LISTED: (usize, u16) = (AT_A_TIME, 100);

pub(super) fn list(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let cluster = cluster::of_call(cloud, input)?;
    let find = |reference| {
        let name = names::service_name(&cloud.account, &cluster, reference)?;
        cloud.ecs.services.get(&service::key(&cluster, &name)).ok_or_else(no_service)
    };
    let service = input.text("serviceName").map(find).transpose()?;
    let wanted = match input.text("desiredStatus").unwrap_or("RUNNING") {
        "RUNNING" => Some(true),
        "STOPPED" => Some(false),
        // No task has the desired status PENDING, so the list is empty.
        _ => None,
    };
    let (family, started_by) = (input.text("family"), input.text("startedBy"));
    // Source: Amazon ECS API reference, `ListTasks`, `startedBy`.
    let is_only = service.is_none() && family.is_none() && !input.has("launchType");
    ensure!(started_by.is_none() || is_only, invalid("startedBy must be the only filter."));
    let of_family = |definition: &str| {
        family.is_none_or(|family| definition::of_arn(cloud, definition).is_some_and(|found| found.family == family))
    };
    let listed = cloud.ecs.tasks.values().filter(|task| {
        task.cluster == cluster
            && Some(task.is_wanted()) == wanted
            && service.is_none_or(|service| service.owns(task))
            && started_by.is_none_or(|by| task.is_of(by))
            && input.text("launchType").is_none_or(|launch| launch == "FARGATE")
            && of_family(&task.definition)
    });
    let arns = listed.map(|task| (task.key(), names::task_arn(&cloud.account, &cluster, &task.id)));
    super::list_page(input, "taskArns", LISTED, arns)
}

pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let cluster = cluster::of_call(cloud, input)?;
    let tags = tagging::are_included(input);
    super::describe_each(input, "tasks", AT_A_TIME, |reference| {
        let id = names::task_id(&cloud.account, &cluster, reference)?;
        let task = task::find(cloud, &cluster, &id).map(|task| task.describe(cloud, tags));
        Ok(task.ok_or_else(|| names::task_arn(&cloud.account, &cluster, &id)))
    })
}

/// A task that has stopped is returned unchanged. Source: Amazon ECS API reference, `StopTask`; the text about a
/// missing task is from wazuh/wazuh#25439, the usual reason from experience.
pub(super) fn stop(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let cluster = cluster::of_call(cloud, input)?;
    let id = names::task_id(&cloud.account, &cluster, input.required("task")?)?;
    let missing = || invalid("The referenced task was not found.");
    let key = task::find(cloud, &cluster, &id).map(task::Task::key).ok_or_else(missing)?;
    let reason = input.text("reason").unwrap_or("Task stopped by user").to_owned();
    life::stop(cloud, &key, "UserInitiated", &reason);
    let task = cloud.ecs.tasks.get(&key).ok_or_else(missing)?;
    let (answer, service) = (task.describe(cloud, true), task.service_key());
    service::look_soon(cloud, &service);
    Ok(json!({"task": answer}))
}
