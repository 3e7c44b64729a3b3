//! Clusters.

use std::collections::BTreeMap;

use super::refusals::{invalid, no_cluster};
use super::task::{self, Task};
use super::{Event, capacity, names, refusals, service, tagging, timing};
use crate::services::prelude::*;

/// The maximum number of clusters per region. Source: Amazon ECS service quotas.
const MOST: usize = 10_000;
/// The maximum number of clusters per describe or list call. Source: Amazon ECS API reference.
const AT_A_TIME: usize = 100;
const LISTED: (usize, u16) = (AT_A_TIME, 100);
/// The members that are stored and returned unchanged.
const KEPT: Words =
    Words("settings configuration capacityProviders defaultCapacityProviderStrategy serviceConnectDefaults");
/// The fields that the description of a changed cluster includes.
const OF_CHANGED: [&str; 3] = ["TAGS", "SETTINGS", "CONFIGURATIONS"];

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cluster {
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) created: Time,
    pub(super) tags: Tags,
    /// The members of [`KEPT`] that were given.
    pub(super) kept: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Active,
    /// Deleted, but still described.
    Inactive,
}

impl Cluster {
    pub(super) fn strategy(&self) -> Option<&Value> {
        self.kept.get("defaultCapacityProviderStrategy").filter(|strategy| *strategy != &json!([]))
    }

    pub(super) fn capacity_providers(&self) -> Vec<&str> {
        let providers = self.kept.get("capacityProviders").and_then(Value::as_array);
        providers.into_iter().flatten().filter_map(Value::as_str).collect()
    }
}

/// Returns the cluster with this name if it is active.
pub(super) fn active<'a>(cloud: &'a Cloud, name: &str) -> Result<&'a Cluster, Refusal> {
    let cluster = cloud.ecs.clusters.get(name).ok_or_else(no_cluster)?;
    let inactive = || Refusal::new("ClusterNotFoundException", "The referenced cluster was inactive.");
    ensure!(cluster.status == Status::Active, inactive());
    Ok(cluster)
}

/// The name of the cluster that a call refers to, which must be active.
pub(super) fn of_call(cloud: &Cloud, input: &Input) -> Result<String, Refusal> {
    let name = names::cluster_name(&cloud.account, input.text("cluster").unwrap_or(names::DEFAULT_CLUSTER))?;
    active(cloud, &name)?;
    Ok(name)
}

/// If the name is taken, returns the existing cluster, unless the other arguments differ.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.text("clusterName").unwrap_or(names::DEFAULT_CLUSTER);
    ensure!(names::is_name(name), invalid("Identifier contains invalid characters."));
    let tags = tagging::given(input)?;
    let kept = kept(input)?;
    if let Ok(existing) = active(cloud, name) {
        let is_same = kept.iter().all(|(key, value)| existing.kept.get(key) == Some(value));
        let message =
            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).";
        ensure!(is_same, invalid(message));
        return Ok(json!({"cluster": describe(cloud, existing, &OF_CHANGED)}));
    }
    let active = cloud.ecs.clusters.values().filter(|cluster| cluster.status == Status::Active).count();
    ensure!(active < MOST, refusals::client(format!("You have reached the limit of {MOST} clusters.")));
    refusals::needs_linked_role(cloud)?;
    let cluster = Cluster { name: name.to_owned(), status: Status::Active, created: cloud.now, tags, kept };
    let answer = describe(cloud, &cluster, &OF_CHANGED);
    cloud.ecs.clusters.insert(name.to_owned(), cluster);
    Ok(json!({"cluster": answer}))
}

/// The members of [`KEPT`] in a call.
fn kept(input: &Input) -> Result<BTreeMap<String, Value>, Refusal> {
    for setting in input.list("settings") {
        let (name, value) = (setting.text("name").unwrap_or_default(), setting.text("value").unwrap_or_default());
        let is_known = name == "containerInsights" && ["enhanced", "enabled", "disabled"].contains(&value);
        ensure!(is_known, invalid(format!("Setting `{name}` with value `{value}` is not valid")));
    }
    capacity::check(&input.texts("capacityProviders"), &input.list("defaultCapacityProviderStrategy"))?;
    Ok(super::kept(input, &KEPT))
}

pub(super) fn describe_all(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let include = input.texts("include");
    let include: Vec<&str> = include.iter().map(String::as_str).collect();
    super::describe_each(input, "clusters", AT_A_TIME, |reference| {
        let name = names::cluster_name(&cloud.account, reference)?;
        let cluster = cloud.ecs.clusters.get(&name).map(|cluster| describe(cloud, cluster, &include));
        Ok(cluster.ok_or_else(|| names::cluster_arn(&cloud.account, &name)))
    })
}

pub(super) fn list(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let active = cloud.ecs.clusters.values().filter(|cluster| cluster.status == Status::Active);
    let arns = active.map(|cluster| (cluster.name.clone(), names::cluster_arn(&cloud.account, &cluster.name)));
    super::list_page(input, "clusterArns", LISTED, arns)
}

/// `UpdateCluster`, `UpdateClusterSettings` and `PutClusterCapacityProviders`.
pub(super) fn update(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = of_call(cloud, input)?;
    let kept = kept(input)?;
    cloud.ecs.clusters.get_mut(&name).ok_or_else(no_cluster)?.kept.extend(kept);
    Ok(json!({"cluster": describe(cloud, active(cloud, &name)?, &OF_CHANGED)}))
}

pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = of_call(cloud, input)?;
    let mut services = cloud.ecs.services.values().filter(|service| service.cluster == name);
    let message = "The Cluster cannot be deleted while Services are active.";
    let has_services = Refusal::new("ClusterContainsServicesException", message);
    ensure!(services.all(|service| service.status == service::Status::Inactive), has_services);
    let mut tasks = cloud.ecs.tasks.values().filter(|task| task.cluster == name);
    let message = "The Cluster cannot be deleted while Tasks are active.";
    let has_tasks = Refusal::new("ClusterContainsTasksException", message);
    ensure!(tasks.all(|task| task.status == task::Status::Stopped), has_tasks);
    // A later cluster with this name must not show the old services and tasks.
    cloud.ecs.services.retain(|_, service| service.cluster != name);
    cloud.ecs.tasks.retain(|_, task| task.cluster != name);
    let cluster = cloud.ecs.clusters.get_mut(&name).ok_or_else(no_cluster)?;
    cluster.status = Status::Inactive;
    cluster.tags.clear();
    let forget = Event::ForgetCluster { name: name.clone(), created: cluster.created };
    cloud.in_exactly(timing::REMEMBERED, forget);
    let cluster = cloud.ecs.clusters.get(&name).ok_or_else(no_cluster)?;
    Ok(json!({"cluster": describe(cloud, cluster, &OF_CHANGED)}))
}

/// Removes an inactive cluster, unless its name belongs to another cluster by now.
pub(super) fn forget(cloud: &mut Cloud, name: &str, created: Time) {
    let of_then = |cluster: &Cluster| cluster.created == created && cluster.status == Status::Inactive;
    if cloud.ecs.clusters.get(name).is_some_and(of_then) {
        cloud.ecs.clusters.remove(name);
    }
}

fn describe(cloud: &Cloud, cluster: &Cluster, include: &[&str]) -> Value {
    let tasks = |fits: &dyn Fn(&Task) -> bool| {
        cloud.ecs.tasks.values().filter(|task| task.cluster == cluster.name && fits(task)).count()
    };
    let services = |status: service::Status| {
        let services = cloud.ecs.services.values();
        services.filter(|service| service.cluster == cluster.name && service.status == status).count()
    };
    let (running, pending) = (tasks(&Task::is_running), tasks(&Task::is_pending));
    let active = services(service::Status::Active);
    let kept = |key: &str| cluster.kept.get(key).cloned();
    let has = |field: &str| include.contains(&field);
    let counts = [
        ("runningFargateTasksCount", running),
        ("pendingFargateTasksCount", pending),
        ("activeFargateServiceCount", active),
        ("drainingFargateServiceCount", services(service::Status::Draining)),
    ];
    let statistics = counts.iter().map(|(name, count)| json!({"name": name, "value": count.to_string()}));
    let no_insights = || json!([{"name": "containerInsights", "value": "disabled"}]);
    json!({
        "clusterArn": names::cluster_arn(&cloud.account, &cluster.name),
        "clusterName": cluster.name,
        "status": cluster.status,
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": running,
        "pendingTasksCount": pending,
        "activeServicesCount": active,
        "statistics": if has("STATISTICS") { statistics.collect() } else { json!([]) },
        "tags": if has("TAGS") { tagging::list(&cluster.tags) } else { json!([]) },
        "settings": if has("SETTINGS") { kept("settings").unwrap_or_else(no_insights) } else { json!([]) },
        "configuration": kept("configuration").filter(|_| has("CONFIGURATIONS")),
        "capacityProviders": kept("capacityProviders").unwrap_or_else(|| json!([])),
        "defaultCapacityProviderStrategy": kept("defaultCapacityProviderStrategy").unwrap_or_else(|| json!([])),
        "serviceConnectDefaults": kept("serviceConnectDefaults"),
    })
}
