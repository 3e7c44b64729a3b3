//! Services: what one is, and how it is described.

use super::deployment::Deployment;
use super::rollout::Rollout;
use super::settings::Revision;
use super::task::{self, Task};
use super::{Event, names, tagging, timing};
use crate::services::prelude::*;

/// The most events of a service that are remembered. Source: Amazon ECS API reference, `Service`.
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
    /// What it should run: the revision of its first deployment, while it has one.
    pub(super) revision: Revision,
    /// The newest first.
    pub(super) deployments: Vec<Deployment>,
    /// What the deployment that completed last ran.
    pub(super) completed: Option<(String, Revision)>,
    /// The newest first.
    pub(super) events: Vec<ServiceEvent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Active,
    /// Deleted, with tasks that still run.
    Draining,
    /// Deleted, and still described.
    Inactive,
}

/// What can be changed without a deployment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Options {
    pub(super) grace: Option<i64>,
    pub(super) propagate: Propagate,
    pub(super) managed_tags: bool,
    pub(super) execute_command: bool,
    pub(super) rebalancing: bool,
}

/// Whose tags its tasks have.
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

/// The place of a service among all.
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

    /// Whether a task of its name is its own, and not one of an earlier service.
    pub(super) fn owns(&self, task: &Task) -> bool {
        task.cluster == self.cluster && task.service == self.name && task.created >= self.created
    }
}

/// Writes down what happened to a service.
pub(super) fn tell(cloud: &mut Cloud, key: &str, what: &str) {
    let event = ServiceEvent { id: cloud.ids.uuid(), at: cloud.now, message: String::new() };
    if let Some(service) = cloud.ecs.services.get_mut(key) {
        let message = format!("(service {}) {what}", service.name);
        service.events.insert(0, ServiceEvent { message, ..event });
        service.events.truncate(EVENTS);
    }
}

/// Lets the scheduler look at a service soon.
pub(super) fn look_soon(cloud: &mut Cloud, key: &str) {
    cloud.later(timing::PLACING, Event::Schedule(key.to_owned()));
}

/// An inactive service is described no longer, unless there is another of its name.
pub(super) fn forget(cloud: &mut Cloud, key: &str, created: Time) {
    let of_then = |service: &Service| service.created == created && service.status == Status::Inactive;
    if cloud.ecs.services.get(key).is_some_and(of_then) {
        cloud.ecs.services.remove(key);
    }
}
