//! ECS: clusters, task definitions, services and their scaling.

use std::collections::BTreeMap;
use std::fmt;

use saas_model_derive::{Part, ResourceSpec};
use serde::{Deserialize, Serialize};

use super::identity::Role;
use super::ingress::TargetGroup;
use super::network::{SecurityGroup, Subnet};
use super::storage::{LogGroup, Secret};
use crate::identifier::{EcsName, Image, Region};
use crate::impact::{NAMED, NEEDED, NONE, REPLACED, ROLLS, fixed};
use crate::reference::{Ref, Template};
use crate::set::Set;

/// An ECS cluster; its tasks run on Fargate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = false, revisions = false, removal = fixed(NEEDED))]
pub struct EcsCluster {
    /// Its name.
    #[replaces(NAMED)]
    pub name: EcsName,
}

impl fmt::Display for EcsCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())
    }
}

/// A task definition: one container, on Fargate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = family, attributes(Arn), holds_data = false, revisions = true, removal = NONE)]
pub struct TaskDefinition {
    /// The family of its revisions.
    #[replaces(ROLLS)]
    pub family: EcsName,
    /// CPU units; 1,024 are one vCPU.
    #[updates(ROLLS)]
    pub cpu: u32,
    /// Memory in MiB.
    #[updates(ROLLS)]
    pub memory: u32,
    /// The role that ECS uses to pull the image, read the secret and write the logs.
    #[updates(ROLLS)]
    pub execution_role: Ref<Role>,
    /// The role of the application.
    #[updates(ROLLS)]
    pub task_role: Ref<Role>,
    /// The container.
    #[updates(Container::impact(&change.within()))]
    pub container: Container,
}

impl fmt::Display for TaskDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} CPU units, {} MiB", self.family, self.cpu, self.memory)
    }
}

/// The container of a task. Its root file system is read-only, with a volume at each writable path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Part)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its name.
    #[impact(ROLLS)]
    pub name: EcsName,
    /// Its image, by digest.
    #[impact(ROLLS)]
    pub image: Image,
    /// The port it listens on.
    #[impact(ROLLS)]
    pub port: u16,
    /// Environment variables.
    #[impact(ROLLS)]
    pub environment: BTreeMap<String, Template>,
    /// Environment variables whose values are secrets.
    #[impact(ROLLS)]
    pub secrets: BTreeMap<String, Ref<Secret>>,
    /// The log group of its output.
    #[impact(ROLLS)]
    pub log_group: Ref<LogGroup>,
    /// The Region of that log group.
    #[impact(ROLLS)]
    pub log_region: Region,
    /// Whether its root file system is read-only.
    #[impact(ROLLS)]
    pub readonly_root: bool,
    /// The paths of empty volumes that it can write to.
    #[impact(ROLLS)]
    pub writable: Set<String>,
}

/// A service, which keeps tasks running behind a target group.
///
/// The task count is not part of it: it is set at creation (see [`Initial`](crate::plan::Initial)) and
/// managed by autoscaling afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct Service {
    /// Its name.
    #[replaces(REPLACED)]
    pub name: EcsName,
    /// The cluster it runs in.
    #[replaces(REPLACED)]
    pub cluster: Ref<EcsCluster>,
    /// The task definition of its tasks.
    // Source: Amazon ECS API, `UpdateService`: changes of these start a deployment, changes of the
    // others do not.
    #[updates(ROLLS)]
    pub task_definition: Ref<TaskDefinition>,
    /// The Fargate platform version.
    #[updates(ROLLS)]
    pub platform_version: String,
    /// The subnets of its tasks.
    #[updates(ROLLS)]
    pub subnets: Set<Ref<Subnet>>,
    /// The security groups of its tasks.
    #[updates(ROLLS)]
    #[security]
    pub security_groups: Set<Ref<SecurityGroup>>,
    /// Whether tasks get a public address; never.
    #[updates(ROLLS)]
    #[security]
    pub public_ip: bool,
    /// The target group that its tasks register with.
    #[updates(ROLLS)]
    pub target_group: Ref<TargetGroup>,
    /// The container that receives requests.
    #[updates(ROLLS)]
    pub container: EcsName,
    /// The port that receives requests.
    #[updates(ROLLS)]
    pub port: u16,
    /// How many seconds after its start a task's failing health checks are ignored.
    #[updates(NONE)]
    pub health_check_grace_seconds: u32,
    /// The minimum percentage of desired tasks that keep running during a deployment.
    #[updates(NONE)]
    pub minimum_healthy_percent: u32,
    /// The maximum percentage of desired tasks during a deployment.
    #[updates(NONE)]
    pub maximum_percent: u32,
    /// Whether a deployment that fails to become stable is stopped.
    #[updates(NONE)]
    pub circuit_breaker: bool,
    /// Whether such a deployment is rolled back to the last stable one.
    #[updates(NONE)]
    pub rollback: bool,
    /// Whether tasks get the service's tags and ECS-managed tags.
    #[updates(NONE)]
    pub propagate_tags: bool,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())
    }
}

/// The range of a service's task count. Its scaling policy is part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, revisions = false, removal = NONE)]
pub struct ScalableTarget {
    /// The service.
    #[replaces(REPLACED)]
    pub service: Ref<Service>,
    /// Its id in Application Auto Scaling: `service/<cluster>/<service>`.
    #[replaces(REPLACED)]
    pub resource_id: String,
    /// The minimum number of tasks.
    #[updates(NONE)]
    pub min: u32,
    /// The maximum number of tasks.
    #[updates(NONE)]
    pub max: u32,
    /// The scaling policy.
    #[updates(ScalingPolicy::impact(&change.within()))]
    pub policy: ScalingPolicy,
}

impl fmt::Display for ScalableTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} tasks at {} % of CPU", self.min, self.max, self.policy.cpu_target)
    }
}

/// A target-tracking policy on the average CPU of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Part)]
#[serde(deny_unknown_fields)]
pub struct ScalingPolicy {
    /// Its name.
    #[impact(NONE)]
    pub name: String,
    /// The target, as a percentage of CPU.
    #[impact(NONE)]
    pub cpu_target: u32,
    /// The seconds between a scale-in and the next.
    #[impact(NONE)]
    pub scale_in_cooldown_seconds: u32,
    /// The seconds between a scale-out and the next.
    #[impact(NONE)]
    pub scale_out_cooldown_seconds: u32,
}
