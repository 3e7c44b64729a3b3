//! Services and their descriptions.

use super::deployment::Deployment;
use super::rollout::Rollout;
use super::settings::Revision;
use super::task::{self, Task};
use super::{Event, names, tagging, timing};
use crate::services::prelude::*;

/// The maximum number of stored events per service. Source: Amazon ECS API reference, `Service`.
const EVENTS: usize = 100;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Service {
    pub(super) cluster: String,
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) created: Time,
    /// When it became inactive.
    pub(super) ended: Option<Time>,
    pub(super) tags: Tags,
    pub(super) desired: usize,
    pub(super) rollout: Rollout,
    pub(super) options: Options,
    /// The desired revision: that of its first deployment, if it has one.
    pub(super) revision: Revision,
    /// Newest first.
    pub(super) deployments: Vec<Deployment>,
    /// The id and the revision of the last complete deployment.
    pub(super) completed: Option<(String, Revision)>,
    /// Newest first.
    pub(super) events: Vec<ServiceEvent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Active,
    /// Deleted, but some tasks still run.
    Draining,
    /// Deleted, but still described.
    Inactive,
}

/// The settings that can change without a deployment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Options {
    pub(super) grace: Option<i64>,
    pub(super) propagate: Propagate,
    pub(super) managed_tags: bool,
    pub(super) execute_command: bool,
    pub(super) rebalancing: bool,
}

/// The source of its tasks' tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Propagate {
    None,
    Service,
    TaskDefinition,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ServiceEvent {
    id: String,
    at: Time,
    message: String,
}

/// The key of a service.
pub(super) fn key(cluster: &str, name: &str) -> String {
    format!("{cluster}/{name}")
}

impl Service {
    pub(super) fn key(&self) -> String {
        key(&self.cluster, &self.name)
    }

    pub(super) fn primary(&self) -> Option<&Deployment> {
        self.deployments.first()
    }

    pub(super) fn describe(&self, cloud: &Cloud, with_tags: bool) -> Value {
        let tasks = || task::of_service(cloud, &self.key()).filter(|task| self.owns(task));
        let account = &cloud.account;
        let primary = self.primary().map(|primary| primary.id.as_str());
        let deployments = self.deployments.iter();
        let deployments = deployments.map(|one| one.describe(cloud, self, Some(one.id.as_str()) == primary));
        let events = self.events.iter();
        let events = events
            .map(|event| json!({"id": event.id, "createdAt": event.at.epoch_seconds(), "message": event.message}));
        let balancers = self.revision.balancers.iter().map(|balancer| {
            json!({
                "targetGroupArn": balancer.target_group,
                "containerName": balancer.container,
                "containerPort": balancer.port,
            })
        });
        let mut answer = json!({
            "serviceArn": names::service_arn(account, &self.cluster, &self.name),
            "serviceName": self.name,
            "clusterArn": names::cluster_arn(account, &self.cluster),
            "status": self.status,
            "desiredCount": self.desired,
            "runningCount": tasks().filter(|task| task.is_running()).count(),
            "pendingCount": tasks().filter(|task| task.is_pending()).count(),
            "loadBalancers": balancers.collect::<Vec<_>>(),
            "serviceRegistries": [],
            "deploymentConfiguration": self.rollout.describe(),
            "deployments": deployments.collect::<Vec<_>>(),
            "roleArn": account.global_arn("iam", "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
            "events": events.collect::<Vec<_>>(),
            "createdAt": self.created.epoch_seconds(),
            "createdBy": account.caller,
            "placementConstraints": [],
            "placementStrategy": [],
            "schedulingStrategy": "REPLICA",
            "deploymentController": {"type": "ECS"},
            "enableECSManagedTags": self.options.managed_tags,
            "healthCheckGracePeriodSeconds": self.options.grace,
            "tags": with_tags.then(|| tagging::list(&self.tags)),
            "propagateTags": self.options.propagate,
            "enableExecuteCommand": self.options.execute_command,
            "availabilityZoneRebalancing": if self.options.rebalancing { "ENABLED" } else { "DISABLED" },
        });
        self.revision.describe_into(&mut answer, &self.revision.platform);
        for (key, value) in &self.revision.kept {
            answer[key] = value.clone();
        }
        answer
    }

    /// Whether a task belongs to it, and not to an earlier service with its name.
    pub(super) fn owns(&self, task: &Task) -> bool {
        task.cluster == self.cluster && task.service == self.name && task.created >= self.created
    }
}

/// Records a service event.
pub(super) fn tell(cloud: &mut Cloud, key: &str, what: &str) {
    let event = ServiceEvent { id: cloud.ids.uuid(), at: cloud.now, message: String::new() };
    if let Some(service) = cloud.ecs.services.get_mut(key) {
        let message = format!("(service {}) {what}", service.name);
        service.events.insert(0, ServiceEvent { message, ..event });
        service.events.truncate(EVENTS);
    }
}

/// Schedules a check of a service by the scheduler.
pub(super) fn look_soon(cloud: &mut Cloud, key: &str) {
    cloud.later(timing::PLACING, Event::Schedule(key.to_owned()));
}

/// Removes an inactive service, unless its name belongs to another service by now.
pub(super) fn forget(cloud: &mut Cloud, key: &str, created: Time) {
    let of_then = |service: &Service| service.created == created && service.status == Status::Inactive;
    if cloud.ecs.services.get(key).is_some_and(of_then) {
        cloud.ecs.services.remove(key);
    }
}
