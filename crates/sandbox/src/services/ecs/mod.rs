//! Amazon ECS on Fargate: clusters, task definitions, services and their tasks.

mod capacity;
mod changes;
mod cluster;
mod container;
mod definition;
mod definitions;
mod deployment;
mod life;
mod linux;
mod log;
mod names;
mod refusals;
mod rollout;
mod run;
mod scheduler;
mod secret;
mod service;
mod services;
mod settings;
mod size;
mod tagging;
mod task;
mod tasks;
#[cfg(test)]
pub(crate) mod tests;
mod timing;

use std::collections::BTreeMap;

use crate::paging::page;
use crate::services::Service;
use crate::services::prelude::*;
use crate::tokens::Tokens;

pub(crate) use self::run::run_task;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "Amazon ECS",
    signing_name: "ecs",
    protocol: Protocol::Json(OPERATIONS),
    model: include_str!("../../../models/ecs.json"),
    errors: Errors::JSON,
    consistency,
    latency: Latency::USUAL,
    collections: |cloud| {
        let State { clusters, definitions, services, tasks, .. } = &mut cloud.ecs;
        vec![clusters, definitions, services, tasks]
    },
    inventory,
    tagged,
};

const OPERATIONS: &[(&str, JsonOperation)] = &[
    ("CreateCluster", cluster::create),
    ("CreateService", changes::create),
    ("DeleteCluster", cluster::delete),
    ("DeleteService", services::delete),
    ("DeleteTaskDefinitions", definitions::delete),
    ("DeregisterTaskDefinition", definitions::deregister),
    ("DescribeClusters", cluster::describe_all),
    ("DescribeServices", services::describe),
    ("DescribeTaskDefinition", definitions::describe),
    ("DescribeTasks", tasks::describe),
    ("ListClusters", cluster::list),
    ("ListServices", services::list),
    ("ListTagsForResource", tagging::list_tags_for_resource),
    ("ListTaskDefinitionFamilies", definitions::list_families),
    ("ListTaskDefinitions", definitions::list),
    ("ListTasks", tasks::list),
    ("PutClusterCapacityProviders", cluster::update),
    ("RegisterTaskDefinition", definition::register),
    ("RunTask", run::run_task),
    ("StopTask", tasks::stop),
    ("TagResource", tagging::tag_resource),
    ("UntagResource", tagging::untag_resource),
    ("UpdateCluster", cluster::update),
    ("UpdateClusterSettings", cluster::update),
    ("UpdateService", changes::update),
];

/// Source: Amazon ECS API reference, `CreateService`: "The Amazon ECS API follows an eventual
/// consistency model". Reads of tags are strongly consistent here, because no report of stale tags
/// is known.
fn consistency(operation: &str) -> Option<Consistency> {
    match operation {
        "ListTagsForResource" => Some(Consistency::Strong),
        _ if operation.starts_with("Describe") || operation.starts_with("List") => Some(Consistency::Eventual),
        _ => None,
    }
}

/// The state of the service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    clusters: Eventual<cluster::Cluster>,
    definitions: Eventual<definition::Definition>,
    /// The last revision of each family. Its number is never reused, even after deletion.
    revisions: BTreeMap<String, u32>,
    services: Eventual<service::Service>,
    tasks: Eventual<task::Task>,
    /// The tokens of `CreateService`, and of `RunTask`.
    tokens: Tokens,
    runs: Tokens,
}

/// A scheduled change of state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The scheduler checks a service.
    Schedule(String),
    /// A task enters its next status, if it still has this version.
    Task {
        key: String,
        version: u32,
    },
    /// Deleted task definitions that are no longer in use are removed.
    SweepDefinitions,
    ForgetTask(String),
    ForgetService {
        key: String,
        created: Time,
    },
    ForgetCluster {
        name: String,
        created: Time,
    },
}

pub(crate) fn handle(cloud: &mut Cloud, event: Event) {
    match event {
        Event::Schedule(service) => scheduler::schedule(cloud, &service),
        Event::Task { key, version } => life::go_on(cloud, &key, version),
        Event::SweepDefinitions => definitions::sweep(cloud),
        Event::ForgetTask(key) => drop(cloud.ecs.tasks.remove(&key)),
        Event::ForgetService { key, created } => service::forget(cloud, &key, created),
        Event::ForgetCluster { name, created } => cluster::forget(cloud, &name, created),
    }
}

/// An inactive task definition remains until a call deletes it, so the inventory includes it. Tasks of services
/// belong to them.
fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    let State { clusters, definitions, services, tasks, .. } = &cloud.ecs;
    let own = tasks.values().filter(|task| task.run.is_some() && task.stopped.is_none());
    items.extend(own.map(|task| Item::new("ecs:task", &task.id, &task.tags)));
    let clusters = clusters.values().filter(|cluster| cluster.status == cluster::Status::Active);
    items.extend(clusters.map(|cluster| Item::new("ecs:cluster", &cluster.name, &cluster.tags)));
    let definitions = definitions.values().filter(|one| one.status != definition::Status::DeleteInProgress);
    items.extend(definitions.map(|definition| {
        let id = format!("{}:{}", definition.family, definition.revision);
        Item::new("ecs:task-definition", id, &definition.tags)
    }));
    let services = services.values().filter(|service| service.status != service::Status::Inactive);
    items.extend(services.map(|service| Item::new("ecs:service", service.key(), &service.tags)));
}

/// The ARNs and tags of all tagged resources, for the tagging API.
fn tagged(cloud: &Cloud) -> Vec<(String, &Tags)> {
    let State { clusters, definitions, services, tasks, .. } = &cloud.ecs;
    let account = &cloud.account;
    let clusters = clusters.values().map(|cluster| (names::cluster_arn(account, &cluster.name), &cluster.tags));
    let definitions = definitions.values().map(|definition| (definition.arn(cloud), &definition.tags));
    let services =
        services.values().map(|service| (names::service_arn(account, &service.cluster, &service.name), &service.tags));
    let tasks = tasks.values().filter(|task| task.stopped.is_none());
    let tasks = tasks.map(|task| (names::task_arn(account, &task.cluster, &task.id), &task.tags));
    clusters.chain(definitions).chain(services).chain(tasks).collect()
}

/// The desired count of a service; `None` if Application Auto Scaling does not see such a service.
pub(crate) fn desired_count(cloud: &Cloud, cluster: &str, service: &str) -> Option<usize> {
    let service = cloud.ecs.services.seen(&service::key(cluster, service), cloud.view(Service::Ecs))?;
    (service.status != service::Status::Inactive).then_some(service.desired)
}

/// Whether the tasks of a service are registered in a target group.
pub(crate) fn has_target_group(cloud: &Cloud, cluster: &str, service: &str, arn: &str) -> bool {
    let service = cloud.ecs.services.get(&service::key(cluster, service));
    service.is_some_and(|service| service.revision.balancers.iter().any(|balancer| balancer.target_group == arn))
}

/// Sets the desired count of a service, as Application Auto Scaling does. A deleted service is not
/// changed.
pub(crate) fn set_desired_count(cloud: &mut Cloud, cluster: &str, service: &str, count: usize) {
    let key = service::key(cluster, service);
    let service = cloud.ecs.services.get_mut(&key);
    if let Some(service) = service.filter(|service| service.status == service::Status::Active) {
        service.desired = count;
        service::look_soon(cloud, &key);
    }
}

/// The members of a call that are stored and returned unchanged.
fn kept(input: &Input, keys: &Words) -> BTreeMap<String, Value> {
    keys.iter().filter_map(|key| Some((key.to_owned(), input.kept(key)?))).collect()
}

/// A page of a list: of the requested or the default size, and at most the maximum size.
fn list_page(
    input: &Input,
    key: &str,
    (usual, most): (usize, u16),
    items: impl IntoIterator<Item = (String, String)>,
) -> Result<Value, Refusal> {
    let size = input.within("maxResults", 1..=most.into()).map_err(refusals::invalid)?;
    let (page, next) = page(items, input.text("nextToken"), size.unwrap_or(usual), "InvalidParameterException")?;
    Ok(json!({key: page, "nextToken": next}))
}

/// Describes each resource that a call names; failures list the ARNs of those that do not exist. A
/// call that names no cluster refers to the default one.
fn describe_each(
    input: &Input,
    key: &str,
    most: usize,
    describe: impl Fn(&str) -> Result<Result<Value, String>, Refusal>,
) -> Result<Value, Refusal> {
    let mut references = input.texts(key);
    let name = key[..1].to_ascii_uppercase() + &key[1..];
    ensure!(references.len() <= most, refusals::invalid(format!("{name} can contain no more than {most} elements.")));
    if references.is_empty() {
        ensure!(key == "clusters", refusals::invalid(format!("{name} cannot be empty.")));
        references.push(names::DEFAULT_CLUSTER.to_owned());
    }
    let (mut described, mut failures) = (Vec::new(), Vec::new());
    for reference in references {
        match describe(&reference)? {
            Ok(description) => described.push(description),
            Err(arn) => failures.push(json!({"arn": arn, "reason": "MISSING"})),
        }
    }
    Ok(json!({key: described, "failures": failures}))
}
