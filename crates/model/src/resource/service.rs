//! What runs: the ECS cluster, task definitions, services and their scaling.

use std::collections::BTreeMap;

use saas_model_derive::{Part, ResourceSpec};
use serde::{Deserialize, Serialize};

use super::identity::Role;
use super::ingress::TargetGroup;
use super::network::{SecurityGroup, Subnet};
use super::storage::{LogGroup, Secret};
use crate::identifier::{EcsName, Image, Region};
use crate::impact::{NAMED, NEEDED, NONE, REPLACED, ROLLS, fixed};
use crate::reference::{Ref, Text};
use crate::set::Set;

/// An ECS cluster; its tasks run on Fargate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = false, removal = fixed(NEEDED))]
pub struct EcsCluster {
    /// Its name.
    #[replaces(NAMED)]
    pub name: EcsName,
}

/// What a task runs: one container, on Fargate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(Arn), holds_data = false, removal = NONE)]
pub struct TaskDefinition {
    /// The family that its revisions are counted in.
    #[replaces(ROLLS)]
    pub family: EcsName,
    /// CPU units; 1,024 are one vCPU.
    #[updates(ROLLS)]
    pub cpu: u32,
    /// MiB of memory.
    #[updates(ROLLS)]
    pub memory: u32,
    /// The role with which ECS pulls the image, reads the secret and writes the logs.
    #[updates(ROLLS)]
    pub execution_role: Ref<Role>,
    /// The role that the application itself has.
    #[updates(ROLLS)]
    pub task_role: Ref<Role>,
    /// The container.
    #[updates(Container::impact(&change.within()))]
    pub container: Container,
}

/// The container of a task. Its root file system is read-only, with a volume at each path it may write to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Part)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its name.
    #[impact(ROLLS)]
    pub name: EcsName,
    /// What it runs, by digest.
    #[impact(ROLLS)]
    pub image: Image,
    /// The port it listens on.
    #[impact(ROLLS)]
    pub port: u16,
    /// Environment variables.
    #[impact(ROLLS)]
    pub environment: BTreeMap<String, Text>,
    /// Environment variables whose values are secrets.
    #[impact(ROLLS)]
    pub secrets: BTreeMap<String, Ref<Secret>>,
    /// Where its output goes.
    #[impact(ROLLS)]
    pub log_group: Ref<LogGroup>,
    /// The region of that log group.
    #[impact(ROLLS)]
    pub log_region: Region,
    /// Whether it can write to its root file system.
    #[impact(ROLLS)]
    pub readonly_root: bool,
    /// The paths at which an empty volume is mounted that it can write to.
    #[impact(ROLLS)]
    pub writable: Set<String>,
}

/// Tasks that are kept running behind a target group.
///
/// How many is not here: it is given once, at creation (see [`Initial`](crate::plan::Initial)),
/// and belongs to autoscaling afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = false, removal = NONE)]
pub struct Service {
    /// Its name.
    #[replaces(REPLACED)]
    pub name: EcsName,
    /// The cluster it runs in.
    #[replaces(REPLACED)]
    pub cluster: Ref<EcsCluster>,
    /// What its tasks run.
    // Source: Amazon ECS API, `UpdateService`: these start a deployment, the others do not.
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
    pub security_groups: Set<Ref<SecurityGroup>>,
    /// Whether tasks get a public address; never.
    #[updates(ROLLS)]
    pub public_ip: bool,
    /// Where its tasks are registered.
    #[updates(ROLLS)]
    pub target_group: Ref<TargetGroup>,
    /// The container that answers.
    #[updates(ROLLS)]
    pub container: EcsName,
    /// The port on which it does.
    #[updates(ROLLS)]
    pub port: u16,
    /// For how many seconds after its start a task's failing health checks do not count.
    #[updates(NONE)]
    pub health_check_grace_seconds: u32,
    /// Percent of the desired tasks that stay up during a deployment.
    #[updates(NONE)]
    pub minimum_healthy_percent: u32,
    /// Percent of the desired tasks that there may be during a deployment.
    #[updates(NONE)]
    pub maximum_percent: u32,
    /// Whether a deployment that does not come up is stopped.
    #[updates(NONE)]
    pub circuit_breaker: bool,
    /// Whether the last deployment that did is restored then.
    #[updates(NONE)]
    pub rollback: bool,
    /// Whether tasks carry the service's tags, and those that ECS manages.
    #[updates(NONE)]
    pub propagate_tags: bool,
}

/// How many tasks a service may have. The policy that decides is part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(unnamed, attributes(), holds_data = false, removal = NONE)]
pub struct ScalableTarget {
    /// The service that is scaled.
    #[replaces(REPLACED)]
    pub service: Ref<Service>,
    /// How Application Auto Scaling names it: `service/<cluster>/<service>`.
    #[replaces(REPLACED)]
    pub resource_id: String,
    /// The least number of tasks.
    #[updates(NONE)]
    pub min: u32,
    /// The greatest.
    #[updates(NONE)]
    pub max: u32,
    /// What decides.
    #[updates(ScalingPolicy::impact(&change.within()))]
    pub policy: ScalingPolicy,
}

/// A target-tracking policy on the average CPU of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Part)]
#[serde(deny_unknown_fields)]
pub struct ScalingPolicy {
    /// Its name.
    #[impact(NONE)]
    pub name: String,
    /// Percent of CPU that is aimed at.
    #[impact(NONE)]
    pub cpu_target: u32,
    /// Seconds after a scale-in before the next.
    #[impact(NONE)]
    pub scale_in_cooldown_seconds: u32,
    /// Seconds after a scale-out before the next.
    #[impact(NONE)]
    pub scale_out_cooldown_seconds: u32,
}
