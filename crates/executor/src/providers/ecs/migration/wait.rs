//! Waits for the end of a task, and says how it ended.

use std::time::Duration;

use aws_sdk_ecs::types::Task;
use saas_model::resource::{Migration, ResourceSpec, TaskDefinition};

use super::find::{described, running};
use crate::context::{Context, Readiness};
use crate::error::{Error, Required, Result};
use crate::migration_failure::{MigrationFailure, TaskEnding};
use crate::providers::logs::last_lines::last_lines;

const STOPPED: &str = "STOPPED";

/// How long a task takes to stop: its containers have two minutes at most after SIGTERM. Source: Amazon ECS
/// API, `ContainerDefinition`, `stopTimeout`.
const STOPPING: Duration = Duration::from_secs(180);

/// By how much a description may lag behind `RunTask`. Source: Amazon ECS API, `RunTask`, on eventual
/// consistency.
const VISIBLE: Duration = Duration::from_secs(60);

/// The main container of a migration's task, and where its output is.
pub(super) struct TaskLogs {
    /// The family of the task definition.
    pub(super) family: String,
    container: String,
    group: String,
    prefix: String,
}

impl TaskLogs {
    /// Of the main container, which has the name of the job, as the prefix of its streams.
    pub(super) fn of(cx: &Context<'_>, migration: &Migration) -> Result<Self> {
        let address = migration.task.task_definition.address();
        let definition = cx.plan.node(address).and_then(|node| TaskDefinition::of(&node.resource));
        let definition = definition.ok_or_else(|| Error::NotLive(address.clone()))?;
        let main = definition.containers.iter().find(|(name, container)| **name == container.log_prefix);
        let (name, container) = main.ok_or_else(|| Error::Unexpected {
            what: format!("the task definition `{address}`"),
            reason: "none of its containers has the name of its job".to_owned(),
        })?;
        Ok(Self {
            family: definition.family.to_string(),
            container: name.clone(),
            group: cx.id(&container.log_group)?,
            prefix: container.log_prefix.clone(),
        })
    }

    /// The log stream of a task. Source: Amazon ECS Developer Guide, "Example Amazon ECS task definition: Route
    /// logs to CloudWatch".
    fn stream(&self, task: &str) -> String {
        format!("{}/{}/{task}", self.prefix, self.container)
    }
}

/// How a task ended.
pub(super) enum Ended {
    /// Its container exited with code 0.
    Succeeded,
    /// It failed.
    Failed(FailedTask),
    /// ECS does not know it any more.
    Forgotten,
}

/// A task that failed.
pub(super) struct FailedTask {
    /// Its id.
    pub(super) task: String,
    pub(super) ending: TaskEnding,
}

impl FailedTask {
    /// The error, with the last lines of its output.
    pub(super) async fn failure(self, cx: &Context<'_>, logs: &TaskLogs) -> Error {
        let Self { task, ending } = self;
        let log_stream = logs.stream(&task);
        let output = last_lines(cx, &logs.group, &log_stream).await;
        MigrationFailure { ending, task, log_group: logs.group.clone(), log_stream, output }.into()
    }
}

/// Waits until a task has stopped. Stops it after the timeout.
///
/// # Errors
/// When ECS cannot be asked, or cancellation is requested: then the task runs on, and the next apply finds it.
pub(super) async fn until_ended(
    cx: &Context<'_>,
    cluster: &str,
    arn: &str,
    timeout_seconds: u32,
    logs: &TaskLogs,
) -> Result<Ended> {
    let timeout = Duration::from_secs(timeout_seconds.into());
    match until_stopped(cx, cluster, arn, timeout).await {
        Ok(Some(task)) => Ok(ended(&task, arn, logs)),
        Ok(None) => Ok(Ended::Forgotten),
        Err(Error::Timeout { .. }) => {
            stop(cx, cluster, arn, "its timeout is over").await?;
            match until_stopped(cx, cluster, arn, STOPPING).await? {
                // It ended at the same time.
                Some(task) if exit_code(&task, logs) == Some(0) => Ok(Ended::Succeeded),
                _ => {
                    let ending = TaskEnding::TimedOut { seconds: timeout_seconds };
                    Ok(Ended::Failed(FailedTask { task: id(arn).to_owned(), ending }))
                }
            }
        }
        Err(error) => Err(error),
    }
}

/// Stops all tasks that were started with a value, and waits until they have stopped.
pub(super) async fn stop_all(cx: &Context<'_>, cluster: &str, started_by: &str) -> Result<()> {
    for task in running(cx, cluster, started_by).await? {
        let arn = task.task_arn.required("ecs DescribeTasks", "taskArn")?;
        stop(cx, cluster, &arn, "its tenant is removed").await?;
        until_stopped(cx, cluster, &arn, STOPPING).await?;
    }
    Ok(())
}

async fn stop(cx: &Context<'_>, cluster: &str, arn: &str, reason: &str) -> Result<()> {
    cx.aws.ecs.stop_task().cluster(cluster).task(arn).reason(reason).send().await?;
    Ok(())
}

/// Waits until a task has stopped; `None` when ECS does not know it.
async fn until_stopped(cx: &Context<'_>, cluster: &str, arn: &str, timeout: Duration) -> Result<Option<Task>> {
    let start = tokio::time::Instant::now();
    let arns = [arn.to_owned()];
    cx.wait_for(timeout, "the task of the migration to end", async || {
        let task = described(cx, cluster, &arns).await?.pop();
        Ok(match task {
            Some(task) if task.last_status() == Some(STOPPED) => Readiness::Ready(Some(task)),
            Some(task) => {
                let status = task.last_status().unwrap_or("not known");
                Readiness::NotYet(format!("the status of the task {} is {status}", id(arn)))
            }
            None if start.elapsed() < VISIBLE.min(cx.retry_policy.visible_within) => {
                Readiness::NotYet(format!("the task {} is not visible yet", id(arn)))
            }
            None => Readiness::Ready(None),
        })
    })
    .await
}

fn ended(task: &Task, arn: &str, logs: &TaskLogs) -> Ended {
    let failed = |ending| Ended::Failed(FailedTask { task: id(arn).to_owned(), ending });
    let main = task.containers().iter().find(|container| container.name() == Some(&logs.container));
    let of_container = main.and_then(|container| container.reason()).map(str::to_owned);
    match exit_code(task, logs) {
        Some(0) => Ended::Succeeded,
        Some(code) => failed(TaskEnding::Exited { code, reason: of_container }),
        None => {
            let code = task.stop_code().map(|code| code.as_str().to_owned());
            let reasons = [code, task.stopped_reason().map(str::to_owned), of_container];
            let reasons: Vec<String> = reasons.into_iter().flatten().collect();
            let reason = if reasons.is_empty() { "ECS gives no reason".to_owned() } else { reasons.join(": ") };
            failed(TaskEnding::Stopped { reason })
        }
    }
}

/// The exit code of the main container.
fn exit_code(task: &Task, logs: &TaskLogs) -> Option<i32> {
    task.containers().iter().find(|container| container.name() == Some(&logs.container))?.exit_code
}

/// The id of a task, which ends its ARN.
fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
