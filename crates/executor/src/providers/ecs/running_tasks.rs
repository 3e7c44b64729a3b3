//! The tasks of a cluster.

use aws_sdk_ecs::types::Task;

use crate::context::Context;
use crate::error::Result;

/// How many tasks one call describes. Source: Amazon ECS API, `DescribeTasks`.
const BATCH_SIZE: usize = 100;

/// The tasks of a cluster that run or are starting.
pub(crate) async fn running_tasks(cx: &Context<'_>, cluster: &str) -> Result<Vec<Task>> {
    let mut arns = Vec::new();
    let mut pages = cx.aws.ecs.list_tasks().cluster(cluster).into_paginator().send();
    while let Some(page) = pages.next().await {
        arns.extend(page?.task_arns.unwrap_or_default());
    }
    let mut tasks = Vec::new();
    for arns in arns.chunks(BATCH_SIZE) {
        let call = cx.aws.ecs.describe_tasks().cluster(cluster).set_tasks(Some(arns.to_vec()));
        tasks.extend(call.send().await?.tasks.unwrap_or_default());
    }
    Ok(tasks)
}
