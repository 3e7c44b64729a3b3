//! Tasks and their descriptions. Their life cycle is in [`super::life`].

use super::run::Run;
use super::settings::Balancer;
use super::{definition, names, service, tagging};
use crate::services::prelude::*;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(super) id: String,
    pub(super) cluster: String,
    /// Its service; empty for a task that `RunTask` started.
    pub(super) service: String,
    /// The deployment that started it, or the `startedBy` of `RunTask`.
    pub(super) started_by: Option<String>,
    /// How `RunTask` started it.
    pub(super) run: Option<Run>,
    /// The ARN of its task definition.
    pub(super) definition: String,
    pub(super) platform: String,
    /// The capacity provider that it runs on, if a strategy chose one.
    pub(super) capacity: Option<String>,
    /// Whether `ExecuteCommand` may enter its containers.
    pub(super) exec: bool,
    pub(super) status: Status,
    /// Why it was told to stop, if so.
    pub(super) stop: Option<Stop>,
    /// The exit code of its containers, which have run.
    pub(super) exit: Option<i32>,
    pub(super) created: Time,
    pub(super) started: Option<Time>,
    pub(super) stopped: Option<Time>,
    /// Whether it counts as healthy for its deployment.
    pub(super) healthy: bool,
    pub(super) interface: Option<Interface>,
    pub(super) balancers: Vec<Balancer>,
    pub(super) tags: Tags,
    /// The number of its changes. A status scheduled for an earlier version is not applied.
    pub(super) version: u32,
}

/// In the order of the life cycle; a task may skip some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Provisioning,
    Pending,
    Running,
    /// It is being deregistered from its target groups.
    Deactivating,
    /// Its containers are being stopped.
    Stopping,
    /// Its network interface is being detached.
    Deprovisioning,
    Stopped,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stop {
    pub(super) code: String,
    pub(super) reason: String,
}

/// The network interface of a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Interface {
    pub(super) id: String,
    pub(super) attachment: String,
    pub(super) subnet: String,
    pub(super) address: String,
}

/// The key of a task. The tasks of a service are contiguous, because no name contains a space.
pub(super) fn key(service: &str, id: &str) -> String {
    format!("{service} {id}")
}

/// The tasks of a service, including those of an earlier service with its name.
pub(super) fn of_service<'a>(cloud: &'a Cloud, service: &str) -> impl Iterator<Item = &'a Task> + use<'a> {
    // In ASCII, an exclamation mark follows the space.
    cloud.ecs.tasks.range(format!("{service} ")..format!("{service}!")).map(|(_, task)| task)
}

/// The task of a cluster with this id.
pub(super) fn find<'a>(cloud: &'a Cloud, cluster: &str, id: &str) -> Option<&'a Task> {
    cloud.ecs.tasks.values().find(|task| task.id == id && task.cluster == cluster)
}

impl Task {
    pub(super) fn key(&self) -> String {
        key(&self.service_key(), &self.id)
    }

    pub(super) fn service_key(&self) -> String {
        service::key(&self.cluster, &self.service)
    }

    /// Whether a deployment started it.
    pub(super) fn is_of(&self, deployment: &str) -> bool {
        self.started_by.as_deref() == Some(deployment)
    }

    /// Whether its desired status is RUNNING.
    pub(super) const fn is_wanted(&self) -> bool {
        self.stop.is_none()
    }

    pub(super) fn is_running(&self) -> bool {
        self.status == Status::Running
    }

    pub(super) fn is_pending(&self) -> bool {
        self.is_wanted() && self.status < Status::Running
    }

    /// Whether a deleted service still waits for it. Source: Amazon ECS API reference,
    /// `DeleteService`: until all tasks are STOPPING or STOPPED.
    pub(super) fn holds_service(&self) -> bool {
        self.status < Status::Stopping
    }

    pub(super) fn describe(&self, cloud: &Cloud, with_tags: bool) -> Value {
        let arn = names::task_arn(&cloud.account, &self.cluster, &self.id);
        let definition = definition::of_arn(cloud, &self.definition);
        let size = |key: &str| definition.and_then(|definition| definition.text(key)).unwrap_or_default().to_owned();
        let subnet = self.interface.as_ref().and_then(|interface| cloud.ec2.subnets.get(&interface.subnet));
        json!({
            "taskArn": arn,
            "clusterArn": names::cluster_arn(&cloud.account, &self.cluster),
            "taskDefinitionArn": self.definition,
            "group": self.run.as_ref().map_or_else(|| format!("service:{}", self.service), |run| run.group.clone()),
            "startedBy": self.started_by,
            "lastStatus": self.status,
            "desiredStatus": if self.is_wanted() { "RUNNING" } else { "STOPPED" },
            "launchType": "FARGATE",
            "capacityProviderName": self.capacity,
            "platformVersion": self.platform,
            "platformFamily": "Linux",
            "cpu": size("cpu"),
            "memory": size("memory"),
            "connectivity": "CONNECTED",
            "healthStatus": "UNKNOWN",
            "enableExecuteCommand": self.exec,
            "createdAt": self.created.epoch_seconds(),
            "version": self.version + 1,
            "attachments": self.attachments(),
            "containers": self.containers(cloud, &arn),
            "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": []},
            "ephemeralStorage": {"sizeInGiB": 20},
            "attributes": [],
            "tags": if with_tags { tagging::list(&self.tags) } else { json!([]) },
            "availabilityZone": subnet.map(|subnet| &subnet.zone),
            "stopCode": self.stop.as_ref().map(|stop| &stop.code),
            "stoppedReason": self.stop.as_ref().map(|stop| &stop.reason),
            "startedAt": self.started.map(Time::epoch_seconds),
            "stoppedAt": self.stopped.map(Time::epoch_seconds),
        })
    }

    fn attachments(&self) -> Value {
        let attachments = self.interface.iter().map(|interface| {
            let status = match self.status {
                Status::Provisioning => "ATTACHING",
                Status::Stopped => "DELETED",
                Status::Deprovisioning => "DETACHING",
                _ => "ATTACHED",
            };
            json!({
                "id": interface.attachment,
                "type": "ElasticNetworkInterface",
                "status": status,
                "details": [
                    {"name": "subnetId", "value": interface.subnet},
                    {"name": "networkInterfaceId", "value": interface.id},
                    {"name": "privateIPv4Address", "value": interface.address},
                ],
            })
        });
        attachments.collect()
    }

    fn containers(&self, cloud: &Cloud, task: &str) -> Value {
        let definition = definition::of_arn(cloud, &self.definition);
        let containers = definition.map(definition::Definition::containers).unwrap_or_default();
        let status = match self.status {
            Status::Provisioning | Status::Pending => "PENDING",
            Status::Running | Status::Deactivating | Status::Stopping => "RUNNING",
            Status::Deprovisioning | Status::Stopped => "STOPPED",
        };
        let containers = containers.iter().map(|container| {
            let name = container.text("name").unwrap_or_default();
            json!({
                "containerArn": format!("{}/{name}", task.replacen(":task/", ":container/", 1)),
                "taskArn": task,
                "name": name,
                "image": container.text("image").unwrap_or_default(),
                "lastStatus": status,
                "healthStatus": "UNKNOWN",
                "exitCode": self.exit,
                "cpu": container.number("cpu").unwrap_or(0).to_string(),
                "networkBindings": [],
                "networkInterfaces": self.interface.iter().map(|interface| json!({
                    "attachmentId": interface.attachment,
                    "privateIpv4Address": interface.address,
                })).collect::<Vec<_>>(),
            })
        });
        containers.collect()
    }
}
