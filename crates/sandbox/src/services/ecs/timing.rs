//! The durations of ECS. AWS guarantees none of them. A figure without a source is from experience
//! with Fargate in a quiet region.

use std::time::Duration;

/// From a change of a service until the scheduler checks it.
pub(super) const PLACING: Duration = Duration::from_secs(5);

/// While a task is PROVISIONING, its network interface is attached.
pub(super) const PROVISIONING: Duration = Duration::from_secs(15);

/// While a task is PENDING, its secrets and its image are fetched and its log stream is created.
/// With the two delays above, a task runs about 45 seconds after it was requested.
pub(super) const PENDING: Duration = Duration::from_secs(25);

/// A task without its secret or log group stops sooner than it would have started.
pub(super) const PENDING_IN_VAIN: Duration = Duration::from_secs(15);

/// From RUNNING until the target group reports the task as healthy.
pub(super) const HEALTHY_TARGET: Duration = Duration::from_secs(30);

/// Without a load balancer and a health check, the scheduler waits this long before it counts a
/// running task as healthy. Source: Amazon ECS API reference, `DeploymentConfiguration`,
/// `minimumHealthyPercent`.
pub(super) const HEALTHY_ALONE: Duration = Duration::from_secs(40);

/// From `SIGTERM` to `SIGKILL`, for a container without a `stopTimeout`.
/// Source: Amazon ECS API reference, `ContainerDefinition`.
pub(super) const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// From the end of a task's containers until its network interface is deleted.
pub(super) const INTERFACE_RELEASE: Duration = Duration::from_secs(20);

/// While a task is DEPROVISIONING, its network interface is detached.
pub(super) const DEPROVISIONING: Duration = Duration::from_secs(15);

/// The scheduler's delay after a failed start. It doubles with each failure.
/// Source: Amazon ECS Developer Guide, "Amazon ECS service throttle logic".
pub(super) const RETRY: Duration = Duration::from_secs(15);

/// The maximum delay. Source: the same.
pub(super) const LONGEST_RETRY: Duration = Duration::from_secs(15 * 60);

/// From the deletion of an unused task definition until it is removed.
pub(super) const DELETING_DEFINITION: Duration = Duration::from_secs(60);

/// Stopped tasks are described for at least an hour. Source: Amazon ECS API reference,
/// `DescribeTasks`. For INACTIVE services and clusters AWS says "for a period of time", which was
/// observed to be about as long.
pub(super) const REMEMBERED: Duration = Duration::from_secs(60 * 60);
