//! Log configurations of containers.
//!
//! Sources: Amazon ECS API reference, `LogConfiguration`; Amazon ECS Developer Guide, "Send Amazon
//! ECS logs to CloudWatch".

use super::container;
use super::definition;
use super::refusals::client;
use super::task::Task;
use crate::services::prelude::*;

const FARGATE_DRIVERS: [&str; 3] = ["awslogs", "splunk", "awsfirelens"];

/// Validates the log configuration of a container.
pub(super) fn check(container: &Input, task: &container::Task<'_>) -> Result<(), Refusal> {
    if !container.has("logConfiguration") {
        return Ok(());
    }
    let configuration = container.inner("logConfiguration");
    let driver = configuration.text("logDriver").unwrap_or_default();
    let message = format!("{driver} is not a valid log driver. Must be one of {FARGATE_DRIVERS:?}");
    ensure!(!task.fargate || FARGATE_DRIVERS.contains(&driver), client(message));
    if driver != "awslogs" {
        return Ok(());
    }
    let message = "Fargate requires task definition to have execution role ARN to support log driver awslogs.";
    ensure!(!task.fargate || task.execution_role.is_some(), client(message));
    let options = configuration.map("options");
    // On Fargate, the prefix is part of a log stream's name.
    let required = ["awslogs-group", "awslogs-region", "awslogs-stream-prefix"];
    let required = if task.fargate { &required[..] } else { &required[..2] };
    let missing: Vec<_> =
        required.iter().filter(|key| options.get(**key).is_none_or(String::is_empty)).copied().collect();
    ensure!(missing.is_empty(), client(format!("Log driver awslogs requires options: {}", missing.join(", "))));
    Ok(())
}

/// The log group that must exist before the container starts.
pub(super) fn group(container: &Input) -> Option<String> {
    let configuration = container.inner("logConfiguration");
    let mut options = configuration.map("options");
    let awslogs = configuration.text("logDriver") == Some("awslogs");
    let made = options.get("awslogs-create-group").is_some_and(|create| create == "true");
    options.remove("awslogs-group").filter(|_| awslogs && !made)
}

/// The log groups and streams of a task: `<prefix>/<container>/<task id>`.
pub(super) fn streams(cloud: &Cloud, task: &Task) -> Vec<(String, String)> {
    let containers = definition::of_arn(cloud, &task.definition).map(definition::Definition::containers);
    containers.unwrap_or_default().iter().filter_map(|container| stream(container, task)).collect()
}

/// The log group and the stream of a container of a task.
pub(super) fn stream(container: &Input, task: &Task) -> Option<(String, String)> {
    let options = container.inner("logConfiguration").map("options");
    let (prefix, name) = (options.get("awslogs-stream-prefix")?, container.text("name")?);
    Some((group(container)?, format!("{prefix}/{name}/{}", task.id)))
}
