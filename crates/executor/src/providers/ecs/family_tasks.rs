//! The tasks of a family of task definitions that is removed.
//!
//! A schedule starts tasks that belong to no service. After the removal of their job or their tenant, such a task
//! would keep the tenant's security group and the cluster until it ends by itself, which may take hours.

use saas_model::resource::Kind;

use crate::context::Context;
use crate::error::{Error, Result, unless_gone};
use crate::state::observed::ObservedResource;

/// The family in the ARN of a revision, which ends with `/family:revision`.
pub(crate) fn family(arn: &str) -> &str {
    arn.rsplit('/').next().and_then(|name| name.split(':').next()).unwrap_or_default()
}

/// Tells the running tasks of a removed task definition to stop, and does not wait for it: what they use waits for
/// them. A task definition that stays, or that another replaces, keeps its tasks.
pub(super) async fn stop_tasks(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
    if !cx.live.leaves(&found.address) {
        return Ok(());
    }
    let family = family(&found.identity.id);
    for cluster in cx.live.of_kind(Kind::EcsCluster) {
        let cluster = cluster.identity.id;
        // It lists tasks that are to run; those of a deleted service are not among them.
        let mut pages = cx.aws.ecs.list_tasks().cluster(&cluster).family(family).into_paginator().send();
        while let Some(page) = pages.next().await {
            let Some(page) = unless_gone(page.map_err(Error::from), &["ClusterNotFoundException"])? else { break };
            for task in page.task_arns.unwrap_or_default() {
                let stop = cx.aws.ecs.stop_task().cluster(&cluster).task(task);
                // It has ended in the meantime. Source: Amazon ECS API, `StopTask`, "Errors".
                let gone = &["InvalidParameterException", "ClusterNotFoundException"];
                unless_gone(stop.reason("its job or its tenant is removed").send().await.map_err(Error::from), gone)?;
            }
        }
    }
    Ok(())
}
