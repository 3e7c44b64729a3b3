//! Jobs: tasks that run and end, on a schedule or in an apply.

use std::fmt;

use saas_model_derive::{Part, ResourceSpec};
use serde::{Deserialize, Serialize};

use super::identity::Role;
use super::network::{SecurityGroup, Subnet};
use super::postgres::TenantSchema;
use super::service::{CapacityProvider, EcsCluster};
use super::task::TaskDefinition;
use crate::identifier::{ScheduleExpression, ScheduleName, TimeZone};
use crate::impact::{MIGRATES, NONE, REPLACED};
use crate::reference::Ref;
use crate::set::Set;

/// A group of schedules in EventBridge Scheduler. It carries the tags of its schedules, which have none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct ScheduleGroup {
    /// Its name.
    #[replaces(REPLACED)]
    pub name: ScheduleName,
}

impl fmt::Display for ScheduleGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())
    }
}

/// A schedule that runs a task again and again.
// Source: Amazon EventBridge Scheduler API, `UpdateSchedule`: it replaces the whole schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct Schedule {
    /// Its name, which differs from those in all other groups of the platform.
    #[replaces(REPLACED)]
    pub name: ScheduleName,
    /// Its group.
    #[replaces(REPLACED)]
    pub group: Ref<ScheduleGroup>,
    /// When it runs.
    #[updates(NONE)]
    pub expression: ScheduleExpression,
    /// The time zone of the expression.
    #[updates(NONE)]
    pub timezone: TimeZone,
    /// The role with which EventBridge Scheduler starts the task.
    #[updates(NONE)]
    #[security]
    pub role: Ref<Role>,
    /// How often a start that fails is tried again.
    #[updates(NONE)]
    pub retries: u32,
    /// The task that it starts.
    // The next task that it starts is another; those that run stay.
    #[updates(NONE)]
    pub task: TaskRun,
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} {}", self.name, self.expression, self.timezone)
    }
}

/// A task that runs in every apply in which it, or what it runs, has changed: after its tenant's schema and
/// before its tenant's services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct Migration {
    /// The schema whose owner it acts as. Its commit record says which task definition succeeded last.
    #[updates(NONE)]
    #[security]
    pub schema: Ref<TenantSchema>,
    /// The task.
    #[updates(MIGRATES)]
    pub task: TaskRun,
    /// The seconds after which it has failed.
    #[updates(NONE)]
    pub timeout_seconds: u32,
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s at most", self.timeout_seconds)
    }
}

/// How a task is started outside of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Part)]
#[serde(deny_unknown_fields)]
pub struct TaskRun {
    /// The cluster it runs in.
    #[impact(NONE)]
    pub cluster: Ref<EcsCluster>,
    /// The task definition.
    #[impact(NONE)]
    pub task_definition: Ref<TaskDefinition>,
    /// The Fargate platform version.
    #[impact(NONE)]
    pub platform_version: String,
    /// Where it runs.
    #[impact(NONE)]
    pub capacity: CapacityProvider,
    /// Its subnets.
    #[impact(NONE)]
    pub subnets: Set<Ref<Subnet>>,
    /// Its security groups.
    #[impact(NONE)]
    pub security_groups: Set<Ref<SecurityGroup>>,
    /// Whether it gets a public address; never.
    #[impact(NONE)]
    pub public_ip: bool,
}
