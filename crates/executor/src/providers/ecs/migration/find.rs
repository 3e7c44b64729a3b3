//! Finds the tasks of migrations in ECS.

use aws_sdk_ecs::types::{DesiredStatus, Task, TaskField};

use crate::context::Context;
use crate::error::{Error, Result, unless_gone};
use crate::postgres::MigrationStart;
use crate::providers::tags::from_sdk;
use crate::state::observed::TAG_RESOLVED_INPUTS;

/// How many tasks one call describes. Source: Amazon ECS API, `DescribeTasks`.
const A_CALL: usize = 100;

/// The code for a cluster that does not exist.
const NO_CLUSTER: &[&str] = &["ClusterNotFoundException"];

/// The tasks that were started with a value and are to run. `startedBy` must be the only filter beside the
/// cluster, and lists only tasks that are to run. Source: Amazon ECS API, `ListTasks`.
pub(super) async fn running(cx: &Context<'_>, cluster: &str, started_by: &str) -> Result<Vec<Task>> {
    let mut arns = Vec::new();
    let mut pages = cx.aws.ecs.list_tasks().cluster(cluster).started_by(started_by).into_paginator().send();
    while let Some(page) = pages.next().await {
        let Some(page) = unless_gone(page.map_err(Error::from), NO_CLUSTER)? else { return Ok(Vec::new()) };
        arns.extend(page.task_arns.unwrap_or_default());
    }
    described(cx, cluster, &arns).await
}

/// The stopped task of an attempt. ECS keeps stopped tasks for about an hour; they are listed by family, because
/// `startedBy` lists none of them.
pub(super) async fn stopped(
    cx: &Context<'_>,
    cluster: &str,
    family: &str,
    attempt: &MigrationStart,
) -> Result<Option<Task>> {
    let mut arns = Vec::new();
    let list = cx.aws.ecs.list_tasks().cluster(cluster).family(family).desired_status(DesiredStatus::Stopped);
    let mut pages = list.into_paginator().send();
    while let Some(page) = pages.next().await {
        arns.extend(page?.task_arns.unwrap_or_default());
    }
    Ok(described(cx, cluster, &arns).await?.into_iter().find(|task| is_of(task, attempt)))
}

/// Whether a task is the one of an attempt.
pub(super) fn is_of(task: &Task, attempt: &MigrationStart) -> bool {
    let tags = from_sdk(task.tags.clone());
    tags.get(TAG_RESOLVED_INPUTS).is_some_and(|tag| *tag == attempt.token().to_string())
}

/// Describes tasks with their tags. Those that do not exist any more are omitted.
pub(super) async fn described(cx: &Context<'_>, cluster: &str, arns: &[String]) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    for arns in arns.chunks(A_CALL) {
        let describe = cx.aws.ecs.describe_tasks().cluster(cluster).include(TaskField::Tags);
        tasks.extend(describe.set_tasks(Some(arns.to_vec())).send().await?.tasks.unwrap_or_default());
    }
    Ok(tasks)
}
