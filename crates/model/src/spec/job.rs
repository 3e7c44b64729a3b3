//! What a spec says about the jobs of a tenant.

use serde::Serialize;

use super::TaskSpec;
use crate::identifier::{ScheduleExpression, TimeZone};
use crate::resource::CapacityProvider;

/// A job that every tenant has: a task that runs and ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JobSpec {
    /// What it runs.
    pub task: TaskSpec,
    /// Where it runs.
    pub capacity: CapacityProvider,
    /// When it runs.
    pub trigger: Trigger,
}

/// When a job runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// Again and again.
    Schedule {
        /// The expression of EventBridge Scheduler.
        expression: ScheduleExpression,
        /// The time zone of the expression.
        timezone: TimeZone,
        /// How often a task that could not be started is tried again.
        retries: u32,
    },
    /// In an apply, before the services of the tenant change: as the owner of the tenant's schema.
    BeforeRollout {
        /// The seconds after which it has failed.
        timeout_seconds: u32,
    },
}
