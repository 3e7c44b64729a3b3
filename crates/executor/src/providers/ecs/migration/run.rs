//! Runs the task of a migration until it succeeds, or adopts the one that an earlier apply started.

use std::time::Duration;

use aws_sdk_ecs::types::{NetworkConfiguration, Task};
use saas_model::resource::{Migration, TaskRun};
use saas_model::{Digest, Node};
use tokio::time::Instant;

use super::find::{is_of, running, stopped};
use super::wait::{Ended, TaskLogs, until_ended};
use super::{started_by, write};
use crate::context::{Context, Transient};
use crate::error::{Error, Required, Result};
use crate::event::Event;
use crate::migration_failure::TaskEnding;
use crate::postgres::{MigrationRecord, MigrationStart};
use crate::providers::ecs::LINKED_ROLE;
use crate::providers::ecs::service_fields::{capacity, network_of};
use crate::providers::iam::passed_role::passing_of;
use crate::providers::tags::to_sdk;
use crate::state::observed::TAG_RESOLVED_INPUTS;

const RUN: &str = "ecs RunTask";

/// For how long a task that ECS could not start is started again, where the reason may pass: a new role, and
/// what it allows, is not visible everywhere for some seconds.
const UNSTARTED_FOR: Duration = Duration::from_secs(180);

/// Transient errors of `RunTask`.
const NOT_YET: &[Transient] = &[
    LINKED_ROLE,
    Transient {
        code: "ClientException",
        message: "unable to assume the role",
        why: "ECS cannot assume the new role yet",
    },
    Transient {
        code: "InvalidParameterException",
        message: "InvalidGroup.NotFound",
        why: "the new security group is not visible everywhere yet",
    },
    Transient {
        code: "InvalidParameterException",
        message: "InvalidSubnetID.NotFound",
        why: "the new subnet is not visible everywhere yet",
    },
    Transient { code: "ClusterNotFoundException", message: "", why: "the new cluster is not visible everywhere yet" },
    Transient { code: "ClientException", message: "Capacity is unavailable", why: "Fargate has no capacity free" },
];

/// Runs the task until it succeeds, and returns the attempt that did. `record` is what the schema records.
///
/// # Errors
/// When the task fails, or does not end within the timeout.
pub(super) async fn until_success(
    cx: &Context<'_>,
    migration: &Migration,
    node: &Node,
    task: Digest,
    record: Option<&MigrationRecord>,
) -> Result<MigrationStart> {
    let cluster = cx.id(&migration.task.cluster)?;
    let logs = TaskLogs::of(cx, migration)?;
    let started = record.and_then(|record| record.started);
    wait_for_others(cx, migration, node, started.filter(|started| started.task == task), &cluster, &logs).await?;
    let mut next = match started.filter(|started| started.task == task) {
        Some(attempt) => match earlier(cx, migration, node, &attempt, &cluster, &logs).await? {
            Earlier::Succeeded => return Ok(attempt),
            Earlier::Unknown => attempt,
            Earlier::Failed => MigrationStart::of(task)?,
        },
        None => MigrationStart::of(task)?,
    };
    let start = Instant::now();
    loop {
        if Some(next) != started {
            let started = Some(next);
            let succeeded = record.and_then(|record| record.succeeded);
            let record = MigrationRecord { address: node.address.clone(), succeeded, started };
            write(cx, migration.schema.address(), Some(&record)).await?;
        }
        let arn = run(cx, migration, node, &next).await?;
        match until_ended(cx, &cluster, &arn, migration.timeout_seconds, &logs).await? {
            Ended::Succeeded => return Ok(next),
            Ended::Failed(failed) => match transient(&failed.ending).filter(|_| start.elapsed() < UNSTARTED_FOR) {
                Some(reason) => {
                    cx.retrying(reason);
                    if cx.pause(None).await.is_break() {
                        let what = "the task of the migration to start".to_owned();
                        return Err(Error::Interrupted { what, last: reason.to_owned() });
                    }
                }
                None => return Err(failed.failure(cx, &logs).await),
            },
            // ECS remembers the token, but not the task: it ended more than an hour ago.
            Ended::Forgotten if Some(next) == started => {}
            Ended::Forgotten => {
                let reason = "ECS does not show it".to_owned();
                return Err(Error::Unexpected { what: format!("the task {arn}, which it has just started"), reason });
            }
        }
        next = MigrationStart::of(task)?;
    }
}

/// What became of an earlier start of the same task.
enum Earlier {
    Succeeded,
    Failed,
    /// No listing shows it. It may never have been started, or ended long ago.
    Unknown,
}

async fn earlier(
    cx: &Context<'_>,
    migration: &Migration,
    node: &Node,
    attempt: &MigrationStart,
    cluster: &str,
    logs: &TaskLogs,
) -> Result<Earlier> {
    let tenant = node.address.tenant().unwrap_or_default();
    let mut tasks = running(cx, cluster, &started_by(cx, tenant)).await?;
    tasks.retain(|task| is_of(task, attempt));
    let found = match tasks.pop() {
        Some(task) => Some(task),
        None => stopped(cx, cluster, &logs.family, attempt).await?,
    };
    let Some(arn) = found.and_then(|task| task.task_arn) else { return Ok(Earlier::Unknown) };
    adopted(cx, &arn);
    Ok(match until_ended(cx, cluster, &arn, migration.timeout_seconds, logs).await? {
        Ended::Succeeded => Earlier::Succeeded,
        // It is over, and the record does not say that it succeeded: so it runs again.
        Ended::Failed(_) => Earlier::Failed,
        Ended::Forgotten => Earlier::Unknown,
    })
}

fn adopted(cx: &Context<'_>, arn: &str) {
    let message = format!("an earlier apply started the task `{arn}` of this migration; this apply waits for it");
    cx.report(Event::Warning { address: cx.at.cloned(), message });
}

/// Waits until no task of the tenant's migrations runs except the one of `own`: that of an earlier plan may.
async fn wait_for_others(
    cx: &Context<'_>,
    migration: &Migration,
    node: &Node,
    own: Option<MigrationStart>,
    cluster: &str,
    logs: &TaskLogs,
) -> Result<()> {
    let tenant = node.address.tenant().unwrap_or_default();
    let is_own = |task: &Task| own.is_some_and(|own| is_of(task, &own));
    for task in running(cx, cluster, &started_by(cx, tenant)).await?.into_iter().filter(|task| !is_own(task)) {
        let arn = task.task_arn.required("ecs DescribeTasks", "taskArn")?;
        adopted(cx, &arn);
        match until_ended(cx, cluster, &arn, migration.timeout_seconds, logs).await? {
            Ended::Failed(failed) if matches!(failed.ending, TaskEnding::TimedOut { .. }) => {
                return Err(failed.failure(cx, logs).await);
            }
            // Whatever became of it, the planned task runs next.
            Ended::Succeeded | Ended::Failed(_) | Ended::Forgotten => {}
        }
    }
    Ok(())
}

/// The reason why a task did not start, if it may start in a while: its container never ran, so it is safe to
/// start it again.
///
/// Source: Amazon ECS Developer Guide, "Stopped tasks error messages".
fn transient(ending: &TaskEnding) -> Option<&str> {
    const OF_A_NEW_ROLE: [&str; 3] = ["unable to assume", "AccessDenied", "not authorized to perform"];
    match ending {
        TaskEnding::Stopped { reason } => {
            let passes = OF_A_NEW_ROLE.iter().any(|text| reason.contains(text));
            Some(reason.as_str()).filter(|_| passes && reason.contains("TaskFailedToStart"))
        }
        TaskEnding::Exited { .. } | TaskEnding::TimedOut { .. } => None,
    }
}

/// Starts the task of an attempt, and returns its ARN. Repeated, it returns the same task.
async fn run(cx: &Context<'_>, migration: &Migration, node: &Node, attempt: &MigrationStart) -> Result<String> {
    let TaskRun { cluster, task_definition, platform_version, capacity: provider, subnets, security_groups, public_ip } =
        &migration.task;
    let (cluster, definition) = (cx.id(cluster)?, cx.arn(task_definition)?);
    let network: NetworkConfiguration = network_of(cx, subnets, security_groups, *public_ip)?;
    let tenant = node.address.tenant().unwrap_or_default();
    let token = attempt.token().to_string();
    let mut tags = cx.plan.tags(node);
    tags.insert(TAG_RESOLVED_INPUTS.to_owned(), token.clone());
    let call = async || {
        let run = cx.aws.ecs.run_task().cluster(&cluster).task_definition(&definition).count(1);
        let run = run
            .client_token(&token)
            .started_by(started_by(cx, tenant))
            .capacity_provider_strategy(capacity(*provider))
            .platform_version(platform_version)
            .network_configuration(network.clone())
            .set_tags(Some(to_sdk(&tags)));
        let answer = run.send().await?;
        if let Some(task) = answer.tasks.unwrap_or_default().into_iter().next() {
            return task.task_arn.required(RUN, "taskArn");
        }
        // A task that cannot be placed is a failure in the response.
        let failure = answer.failures.unwrap_or_default().into_iter().next();
        let reason = failure.map(|failure| [failure.reason, failure.detail].into_iter().flatten().collect::<Vec<_>>());
        let reason = reason.filter(|reason| !reason.is_empty()).map(|reason| reason.join(": "));
        let reason = reason.unwrap_or_else(|| "ECS started no task and gave no reason".to_owned());
        Err(Error::Failed { what: "starting the task of the migration".to_owned(), reason })
    };
    passing_of(cx, task_definition, async || cx.retry(NOT_YET, call).await).await
}
