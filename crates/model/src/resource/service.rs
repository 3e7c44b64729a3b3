//! ECS: clusters, services and their scaling.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use itertools::Itertools as _;
use saas_model_derive::{Part, ResourceSpec};
use serde::{Deserialize, Serialize};

use super::ingress::{LoadBalancer, TargetGroup};
use super::network::{SecurityGroup, Subnet};
use super::task::TaskDefinition;
use super::{HasReferences, Kind, Visitor, without_references};
use crate::fields::{FieldChange, Path};
use crate::identifier::{EcsName, QueueName};
use crate::impact::{HasImpact, Impact, NAMED, NEEDED, NONE, REPLACED, ROLLS, fixed};
use crate::reference::Ref;
use crate::set::Set;

/// An ECS cluster; its tasks run on Fargate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ResourceSpec)]
#[serde(deny_unknown_fields)]
#[resource(name = name, attributes(), holds_data = false, revisions = false, removal = fixed(NEEDED))]
pub struct EcsCluster {
    /// Its name.
    #[replaces(NAMED)]
    pub name: EcsName,
    /// The capacity that its services can use.
    // Source: Amazon ECS API, `PutClusterCapacityProviders`.
    #[updates(NONE)]
    pub capacity_providers: Set<CapacityProvider>,
}

impl fmt::Display for EcsCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())
    }
}

/// Where tasks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::Display)]
pub enum CapacityProvider {
    /// On Fargate.
    #[serde(rename = "FARGATE")]
    #[strum(serialize = "FARGATE")]
    Fargate,
    /// On spare capacity of Fargate at a lower price: AWS stops tasks after a warning of two minutes.
    #[serde(rename = "FARGATE_SPOT")]
    #[strum(serialize = "FARGATE_SPOT")]
    FargateSpot,
}

/// A service, which keeps tasks running, behind a load balancer or as a worker.
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
    /// Where its tasks run.
    #[updates(ROLLS)]
    pub capacity: CapacityProvider,
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
    /// How it receives requests; `None` for a worker.
    #[updates(load_balancer(change))]
    pub load_balancer: Option<LoadBalancerAttachment>,
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
    /// Whether people may run commands in its containers (ECS Exec).
    // The setting applies to tasks that start after the change.
    #[updates(ROLLS)]
    #[security]
    pub exec: bool,
    /// Whether tasks get the service's tags and ECS-managed tags.
    #[updates(NONE)]
    pub propagate_tags: bool,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())
    }
}

/// A service that gets or loses its load balancer starts new tasks.
fn load_balancer(change: &FieldChange) -> Impact {
    match change.field.contains('.') {
        true => LoadBalancerAttachment::impact(&change.within()),
        false => ROLLS,
    }
}

/// The target group of a service, and the container that receives its requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Part)]
#[serde(deny_unknown_fields)]
pub struct LoadBalancerAttachment {
    /// The target group that its tasks register with.
    #[impact(ROLLS)]
    pub target_group: Ref<TargetGroup>,
    /// The container that receives requests.
    #[impact(ROLLS)]
    pub container: EcsName,
    /// The port that receives requests.
    #[impact(ROLLS)]
    pub port: u16,
    /// How many seconds after its start a task's failing health checks are ignored.
    #[impact(NONE)]
    pub health_check_grace_seconds: u32,
}

/// The range of a service's task count. Its scaling policies are part of it.
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
    /// The scaling policies, by name. With several, the one that wants most tasks decides; without any,
    /// the number of tasks stays within the range.
    // Source: Application Auto Scaling User Guide, "How target tracking works".
    #[updates(NONE)]
    pub policies: BTreeMap<String, ScalingPolicy>,
}

impl fmt::Display for ScalableTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} tasks", self.min, self.max)?;
        match self.policies.is_empty() {
            true => Ok(()),
            false => write!(f, " by {}", self.policies.keys().join(", ")),
        }
    }
}

/// A target-tracking policy: the number of tasks follows a metric, so that it stays near its target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Part)]
#[serde(deny_unknown_fields)]
pub struct ScalingPolicy {
    /// The metric.
    #[impact(NONE)]
    pub metric: ScalingMetric,
    /// The target, in the unit of the metric.
    #[impact(NONE)]
    pub target: u32,
    /// The seconds between a scale-in and the next.
    #[impact(NONE)]
    pub scale_in_cooldown_seconds: u32,
    /// The seconds between a scale-out and the next.
    #[impact(NONE)]
    pub scale_out_cooldown_seconds: u32,
}

/// A metric that the number of tasks follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScalingMetric {
    /// The average CPU of the service, in percent (`ECSServiceAverageCPUUtilization`).
    Cpu,
    /// The average memory of the service, in percent (`ECSServiceAverageMemoryUtilization`).
    Memory,
    /// The requests a minute and task (`ALBRequestCountPerTarget`).
    Requests {
        /// The load balancer that sends them.
        load_balancer: Ref<LoadBalancer>,
        /// The target group that receives them.
        target_group: Ref<TargetGroup>,
    },
    /// The waiting messages of an SQS queue for each running task.
    Messages {
        /// The name of the queue, in the platform's account and Region.
        queue: QueueName,
    },
}

impl CapacityProvider {
    /// On spare capacity, or not.
    pub(crate) const fn of_spot(spot: bool) -> Self {
        if spot { Self::FargateSpot } else { Self::Fargate }
    }
}

impl HasReferences for ScalingMetric {
    fn target_kinds(found: &mut BTreeSet<Kind>) {
        <Ref<LoadBalancer>>::target_kinds(found);
        <Ref<TargetGroup>>::target_kinds(found);
    }

    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        match self {
            Self::Cpu | Self::Memory | Self::Messages { queue: _ } => {}
            Self::Requests { load_balancer, target_group } => {
                let path = path.then("requests");
                load_balancer.references(path.then("load_balancer"), visit);
                target_group.references(path.then("target_group"), visit);
            }
        }
    }
}

without_references!(CapacityProvider);
