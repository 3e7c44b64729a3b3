//! What runs: the ECS cluster, task definitions, services and their scaling.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::identity::Role;
use super::ingress::TargetGroup;
use super::network::{SecurityGroup, Subnet};
use super::storage::{LogGroup, Secret};
use super::{Reference, Refers, wanted};
use crate::identifier::{EcsName, Image, Region};
use crate::impact::{NAMED, NONE, REPLACED, ROLLS, impacts};
use crate::reference::{Ref, Text};
use crate::set::Set;

/// An ECS cluster; its tasks run on Fargate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EcsCluster {
    /// Its name.
    pub name: EcsName,
}
wanted!(EcsCluster);
impacts!(EcsCluster, change {
    name => NAMED,
});

/// What a task runs: one container, on Fargate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskDefinition {
    /// The family that its revisions are counted in.
    pub family: EcsName,
    /// CPU units; 1,024 are one vCPU.
    pub cpu: u32,
    /// MiB of memory.
    pub memory: u32,
    /// The role with which ECS pulls the image, reads the secret and writes the logs.
    pub execution_role: Ref<Role>,
    /// The role that the application itself has.
    pub task_role: Ref<Role>,
    /// The container.
    pub container: Container,
}
wanted!(TaskDefinition, execution_role, task_role, container);
impacts!(TaskDefinition, change {
    family => ROLLS,
    cpu => ROLLS,
    memory => ROLLS,
    execution_role => ROLLS,
    task_role => ROLLS,
    container => Container::impact(&change.within()),
});

/// The container of a task. Its root file system is read-only, with a volume at each path it may write to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its name.
    pub name: EcsName,
    /// What it runs, by digest.
    pub image: Image,
    /// The port it listens on.
    pub port: u16,
    /// Environment variables.
    pub environment: BTreeMap<String, Text>,
    /// Environment variables whose values are secrets.
    pub secrets: BTreeMap<String, Ref<Secret>>,
    /// Where its output goes.
    pub log_group: Ref<LogGroup>,
    /// The region of that log group.
    pub log_region: Region,
    /// Whether it can write to its root file system.
    pub readonly_root: bool,
    /// The paths at which an empty volume is mounted that it can write to.
    pub writable: Set<String>,
}
impacts!(Container, change {
    name => ROLLS,
    image => ROLLS,
    port => ROLLS,
    environment => ROLLS,
    secrets => ROLLS,
    log_group => ROLLS,
    log_region => ROLLS,
    readonly_root => ROLLS,
    writable => ROLLS,
});

impl Refers for Container {
    fn refers<'a>(&'a self, visit: &mut dyn FnMut(Reference<'a>)) {
        self.environment.refers(visit);
        self.secrets.refers(visit);
        self.log_group.refers(visit);
    }
}

/// Tasks that are kept running behind a target group.
///
/// How many is not here: it is given once, at creation (see [`Initial`](crate::plan::Initial)),
/// and belongs to autoscaling afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name.
    pub name: EcsName,
    /// The cluster it runs in.
    pub cluster: Ref<EcsCluster>,
    /// What its tasks run.
    pub task_definition: Ref<TaskDefinition>,
    /// The Fargate platform version.
    pub platform_version: String,
    /// The subnets of its tasks.
    pub subnets: Set<Ref<Subnet>>,
    /// The security groups of its tasks.
    pub security_groups: Set<Ref<SecurityGroup>>,
    /// Whether tasks get a public address; never.
    pub public_ip: bool,
    /// Where its tasks are registered.
    pub target_group: Ref<TargetGroup>,
    /// The container that answers.
    pub container: EcsName,
    /// The port on which it does.
    pub port: u16,
    /// For how many seconds after its start a task's failing health checks do not count.
    pub health_check_grace_seconds: u32,
    /// Percent of the desired tasks that stay up during a deployment.
    pub minimum_healthy_percent: u32,
    /// Percent of the desired tasks that there may be during a deployment.
    pub maximum_percent: u32,
    /// Whether a deployment that does not come up is stopped.
    pub circuit_breaker: bool,
    /// Whether the last deployment that did is restored then.
    pub rollback: bool,
    /// Whether tasks carry the service's tags, and those that ECS manages.
    pub propagate_tags: bool,
}
wanted!(Service, cluster, task_definition, subnets, security_groups, target_group);
impacts!(Service, change {
    name => REPLACED,
    cluster => REPLACED,
    // Source: Amazon ECS API, `UpdateService`: these start a deployment, the others do not.
    task_definition => ROLLS,
    platform_version => ROLLS,
    subnets => ROLLS,
    security_groups => ROLLS,
    public_ip => ROLLS,
    target_group => ROLLS,
    container => ROLLS,
    port => ROLLS,
    health_check_grace_seconds => NONE,
    minimum_healthy_percent => NONE,
    maximum_percent => NONE,
    circuit_breaker => NONE,
    rollback => NONE,
    propagate_tags => NONE,
});

/// How many tasks a service may have. The policy that decides is part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalableTarget {
    /// The service that is scaled.
    pub service: Ref<Service>,
    /// How Application Auto Scaling names it: `service/<cluster>/<service>`.
    pub resource_id: String,
    /// The least number of tasks.
    pub min: u32,
    /// The greatest.
    pub max: u32,
    /// What decides.
    pub policy: ScalingPolicy,
}
wanted!(ScalableTarget, service);
impacts!(ScalableTarget, change {
    service => REPLACED,
    resource_id => REPLACED,
    min => NONE,
    max => NONE,
    policy => ScalingPolicy::impact(&change.within()),
});

/// A target-tracking policy on the average CPU of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScalingPolicy {
    /// Its name.
    pub name: String,
    /// Percent of CPU that is aimed at.
    pub cpu_target: u32,
    /// Seconds after a scale-in before the next.
    pub scale_in_cooldown_seconds: u32,
    /// Seconds after a scale-out before the next.
    pub scale_out_cooldown_seconds: u32,
}
impacts!(ScalingPolicy, change {
    name => NONE,
    cpu_target => NONE,
    scale_in_cooldown_seconds => NONE,
    scale_out_cooldown_seconds => NONE,
});
