//! How long ECS takes. AWS promises none of this; without a source, a figure is from experience
//! with Fargate in a quiet region.

use std::time::Duration;

/// From a change of a service until its scheduler looks at it.
pub(super) const PLACING: Duration = Duration::from_secs(5);

/// A task is PROVISIONING while its network interface is attached.
pub(super) const PROVISIONING: Duration = Duration::from_secs(15);

/// A task is PENDING while its secrets, its image and its log stream are fetched. With the two
/// before it, a task runs about 45 seconds after it was asked for.
pub(super) const PENDING: Duration = Duration::from_secs(25);

/// A task that lacks a secret or its log group stops sooner than it would have run.
pub(super) const PENDING_IN_VAIN: Duration = Duration::from_secs(15);

/// From RUNNING until the target group calls the task healthy.
pub(super) const HEALTHY_TARGET: Duration = Duration::from_secs(30);

/// Without a load balancer and without a health check, the scheduler waits this long before it
/// counts a running task as healthy. Source: Amazon ECS API reference, `DeploymentConfiguration`,
/// `minimumHealthyPercent`.
pub(super) const HEALTHY_ALONE: Duration = Duration::from_secs(40);

/// From `SIGTERM` until `SIGKILL`, for a container that names no `stopTimeout` of its own.
/// Source: Amazon ECS API reference, `ContainerDefinition`.
pub(super) const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// From the end of a task's containers until its network interface is gone.
pub(super) const INTERFACE_RELEASE: Duration = Duration::from_secs(20);

/// A task is DEPROVISIONING while its interface is taken from it.
pub(super) const DEPROVISIONING: Duration = Duration::from_secs(15);

/// After a start that failed, the scheduler waits, each time longer.
/// Source: Amazon ECS Developer Guide, "Amazon ECS service throttle logic".
pub(super) const RETRY: Duration = Duration::from_secs(15);

/// The longest that it waits. Source: the same.
pub(super) const LONGEST_RETRY: Duration = Duration::from_secs(15 * 60);

/// From the deletion of a task definition that nothing uses until it is gone.
pub(super) const DELETING_DEFINITION: Duration = Duration::from_secs(60);

/// Stopped tasks are described for at least an hour. Source: Amazon ECS API reference,
/// `DescribeTasks`. For INACTIVE services and clusters AWS says "for a period of time", which was
/// seen to be about as long.
pub(super) const REMEMBERED: Duration = Duration::from_secs(60 * 60);
