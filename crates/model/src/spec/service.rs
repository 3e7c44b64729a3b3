//! What a spec says about the services of a tenant.

use serde::Serialize;

use super::{TaskSpec, Text};
use crate::identifier::{HostLabel, PathPattern};
use crate::resource::CapacityProvider;

/// The name of the service whose resources have the tenant's names without an addition.
pub const MAIN_SERVICE: &str = "web";

/// A service that every tenant runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceSpec {
    /// What its tasks run.
    pub task: TaskSpec,
    /// How it is reached; `None` for a worker.
    pub ingress: Option<Ingress>,
    /// How many tasks it has.
    pub scaling: ScalingSpec,
    /// Where its tasks run.
    pub capacity: CapacityProvider,
    /// Whether people may run commands in its containers (ECS Exec).
    pub exec: bool,
}

/// How a service is reached from the Internet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ingress {
    /// The port that its container listens on.
    pub port: u16,
    /// The label before the tenant's host name; `None` for that host name and everything beneath it.
    pub host: Option<HostLabel>,
    /// The paths, in order; empty for all.
    pub paths: Vec<PathPattern>,
    /// The health check.
    pub health_check: HealthCheckSpec,
}

/// The health check of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HealthCheckSpec {
    /// The path of the request.
    pub path: String,
    /// The status codes of a healthy task, such as `200-399`.
    pub codes: String,
    /// The seconds between two checks.
    pub interval_seconds: u32,
    /// The seconds without a response after which a check fails.
    pub timeout_seconds: u32,
    /// The number of consecutive successes that make a task healthy.
    pub healthy: u32,
    /// The number of consecutive failures that make it unhealthy.
    pub unhealthy: u32,
    /// The seconds after a task's start in which failures are ignored.
    pub grace_seconds: u32,
}

/// How many tasks a service has. Without a target, the number stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScalingSpec {
    /// The number of tasks that it starts with.
    pub desired_count: u32,
    /// The minimum number of tasks.
    pub min_count: u32,
    /// The maximum number of tasks.
    pub max_count: u32,
    /// The target of the average CPU, in percent.
    pub cpu_target: Option<u32>,
    /// The target of the average memory, in percent.
    pub memory_target: Option<u32>,
    /// The target of the requests a minute and task.
    pub requests_per_task_target: Option<u32>,
    /// The queue whose length decides.
    pub queue: Option<QueueTarget>,
}

/// A queue whose length decides how many tasks there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueueTarget {
    /// The name of the SQS queue, in the platform's account and Region.
    pub name: Text,
    /// The number of waiting messages for each task.
    pub messages_per_task: u32,
}
