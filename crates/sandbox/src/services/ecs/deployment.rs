//! Deployments of a service.

use std::time::Duration;

use super::service::Service;
use super::settings::Revision;
use super::task::{self, Task};
use super::timing;
use crate::services::prelude::*;

/// A service's first deployment is the PRIMARY one; it replaces the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Deployment {
    pub(super) id: String,
    pub(super) revision: Revision,
    pub(super) created: Time,
    pub(super) updated: Time,
    pub(super) state: State,
    pub(super) reason: String,
    /// The number of consecutive tasks that did not start.
    pub(super) failed: u32,
    /// After a failure, no task starts before this time.
    pub(super) retry: Option<Time>,
    /// Whether it is the rollback of a failed deployment.
    pub(super) is_rollback: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum State {
    InProgress,
    Completed,
    Failed,
}

impl Deployment {
    pub(super) fn new(cloud: &mut Cloud, revision: Revision) -> Self {
        // Deployment ids are numbers of 19 digits.
        let number = 1_000_000_000_000_000_000 + cloud.ids.next() % 8_000_000_000_000_000_000;
        let id = format!("ecs-svc/{number}");
        Self {
            reason: format!("ECS deployment {id} in progress."),
            id,
            revision,
            created: cloud.now,
            updated: cloud.now,
            state: State::InProgress,
            failed: 0,
            retry: None,
            is_rollback: false,
        }
    }

    /// How long the scheduler waits after the last counted failure.
    pub(super) fn pause(&self) -> Duration {
        let doublings = self.failed.saturating_sub(1).min(10);
        timing::RETRY.saturating_mul(1 << doublings).min(timing::LONGEST_RETRY)
    }

    pub(super) fn describe(&self, cloud: &Cloud, service: &Service, is_primary: bool) -> Value {
        let tasks = || task::of_service(cloud, &service.key()).filter(|task| task.is_of(&self.id));
        let mut answer = json!({
            "id": self.id,
            "status": if is_primary { "PRIMARY" } else { "ACTIVE" },
            "desiredCount": if is_primary { service.desired } else { tasks().filter(|task| task.is_wanted()).count() },
            "pendingCount": tasks().filter(|task| Task::is_pending(task)).count(),
            "runningCount": tasks().filter(|task| Task::is_running(task)).count(),
            "failedTasks": self.failed,
            "createdAt": self.created.epoch_seconds(),
            "updatedAt": self.updated.epoch_seconds(),
            "rolloutState": self.state,
            "rolloutStateReason": self.reason,
        });
        self.revision.describe_into(&mut answer, self.revision.resolved_platform());
        answer
    }
}
