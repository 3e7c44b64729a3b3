//! ECS clusters. Created by one call.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{Cluster, ClusterField, Task};
use saas_model::Node;
use saas_model::resource::{CapacityProvider, EcsCluster, EcsClusterField, Kind, ResourceSpec};

use crate::apply::change_set::Change;
use crate::context::{Context, Readiness, Transient};
use crate::error::{Error, Required, Result};
use crate::preflight::names::{Owner, TakenName, each, owner, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::LiveName;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming, ResourceProvider,
    UniqueWithin,
};
use crate::providers::ecs::family_tasks::family;
use crate::providers::ecs::running_tasks::running_tasks;
use crate::providers::ecs::{LINKED_ROLE, commit, describe_services};
use crate::providers::parse::parse;
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::blocker::Blocker;
use crate::state::observed::{Identity, ObservedResource};

/// Services and tasks exist for some time after their deletion begins, and a change of the cluster takes time.
const NOT_EMPTY_YET: &[Transient] = &[
    Transient {
        code: "ClusterContainsServicesException",
        message: "",
        why: "a service of the cluster is still being deleted",
    },
    Transient { code: "ClusterContainsTasksException", message: "", why: "a task of the cluster is still stopping" },
    Transient { code: "UpdateInProgressException", message: "", why: "the cluster is still being changed" },
];

const ACTIVE: &str = "ACTIVE";
const INACTIVE: &str = "INACTIVE";

impl ResourceProvider for EcsCluster {
    const DECLARATION: Declaration = Declaration {
        // AWS does not require this: but saas lists the cluster only while there is a network.
        needs: &[Kind::RouteTable],
        concurrency: Concurrency::WIDE,
        identification: Identification::Name(Naming {
            live: LiveName::ENDS_ARN,
            of_tenant: NamesOfTenant::Undetermined,
            is_given: |named| named.never_changes(),
        }),
        unique_within: UniqueWithin::Region,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["ecs:ListClusters", "ecs:DescribeClusters"],
            describe: &["ecs:ListServices", "ecs:DescribeServices", "ecs:ListTasks", "ecs:DescribeTasks"],
            create: &["ecs:CreateCluster"],
            update: &["ecs:PutClusterCapacityProviders", "ecs:TagResource"],
            delete: &["ecs:DeleteCluster"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        taken_among::<Self>(cx, async |names| each(names, async |name| holder(cx, name).await).await).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        if cx.live.is_bare() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let mut pages = cx.aws.ecs.list_clusters().into_paginator().send();
        while let Some(page) = pages.next().await {
            // A page has 100 clusters at most, which is also the limit of one description.
            // Source: Amazon ECS API, `ListClusters`, `DescribeClusters`.
            let arns = page?.cluster_arns.unwrap_or_default();
            if arns.is_empty() {
                continue;
            }
            for cluster in describe(cx, arns).await? {
                found.extend(shown(cx, cluster)?);
            }
        }
        Ok(found)
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let names = nodes.iter().filter_map(|node| Self::of(&node.resource)).map(|cluster| cluster.name.to_string());
        let mut found = Vec::new();
        for cluster in describe(cx, names.collect()).await? {
            found.extend(shown(cx, cluster)?);
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let tags = to_sdk(&cx.tags(node)?);
        let cluster = cx
            .retry(&[LINKED_ROLE], async || {
                let create = cx.aws.ecs.create_cluster().cluster_name(self.name.as_str());
                let create = create.set_capacity_providers(Some(capacity_providers(self)));
                let answer = create.set_tags(Some(tags.clone())).send().await?;
                answer.cluster.required("ecs CreateCluster", "cluster")
            })
            .await?;
        let arn = cluster.cluster_arn.clone().required("ecs CreateCluster", "clusterArn")?;
        refuse_another(self, cx, node, cluster.clone()).await?;
        if cluster.status() != Some(ACTIVE) {
            cx.wait("the cluster to become active", async || {
                let status = status(cx, &arn).await?.unwrap_or_default();
                Ok(if status == ACTIVE { Readiness::Ready(()) } else { Readiness::NotYet(status) })
            })
            .await?;
        }
        Ok(Identity::of_arn(arn))
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        let arn = &found.identity.id;
        if changes.touch(&[EcsClusterField::CapacityProviders]) || changes.touch_unmodelled(DEFAULT_STRATEGY) {
            cx.retry(NOT_EMPTY_YET, async || {
                let put = cx.aws.ecs.put_cluster_capacity_providers().cluster(arn);
                // Each service has a strategy of its own.
                put.set_capacity_providers(Some(capacity_providers(self)))
                    .set_default_capacity_provider_strategy(Some(Vec::new()))
                    .send()
                    .await?;
                Ok(())
            })
            .await?;
        }
        commit(cx, node, arn).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let arn = &found.identity.id;
        let deleted = cx.retry(NOT_EMPTY_YET, async || {
            Ok(cx.aws.ecs.delete_cluster().cluster(arn).send().await?.cluster.and_then(|cluster| cluster.status))
        });
        match deleted.await {
            Err(error) if error.is(&["ClusterNotFoundException"]) => return Ok(()),
            Ok(Some(status)) if status == INACTIVE => return Ok(()),
            other => other?,
        };
        cx.wait("the cluster to be deleted", async || match status(cx, arn).await? {
            Some(status) if status != INACTIVE => Ok(Readiness::NotYet(status)),
            _ => Ok(Readiness::Ready(())),
        })
        .await
    }

    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        let mut blockers = Vec::new();
        for found in changes.iter().filter_map(|change| change.removed()) {
            blockers.extend(others_in(cx, found).await?);
        }
        Ok(blockers)
    }
}

/// The owner of the cluster with a name. AWS describes a deleted cluster for a while, but its name is free.
async fn holder(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let mut clusters = describe(cx, vec![name.to_owned()]).await?.into_iter();
    let live = clusters.find(|cluster| !matches!(cluster.status(), Some("INACTIVE" | "DEPROVISIONING")));
    Ok(live.map(|cluster| owner(cx, Kind::EcsCluster, name, &from_sdk(cluster.tags))))
}

/// A described cluster; `None` when it no longer exists or is foreign.
fn shown(cx: &Context<'_>, live: Cluster) -> Result<Option<ObservedResource>> {
    if matches!(live.status(), Some(INACTIVE | "DEPROVISIONING")) {
        return Ok(None);
    }
    let arn = live.cluster_arn.required("ecs DescribeClusters", "clusterArn")?;
    let name = live.cluster_name.required("ecs DescribeClusters", "clusterName")?;
    let listed = live.capacity_providers.unwrap_or_default();
    let known: Vec<CapacityProvider> = listed.iter().filter_map(|provider| known_provider(provider)).collect();
    let is_known = known.len() == listed.len();
    let parsed = parse(&name, format_args!("the ECS cluster {arn}"));
    let resource = parsed.map(|name| EcsCluster { name, capacity_providers: known.into() });
    let found = ObservedResource::by_tags(cx.plan, Kind::EcsCluster, Identity::of_arn(arn), from_sdk(live.tags));
    let strategy = live.default_capacity_provider_strategy.unwrap_or_default();
    let strategy: Vec<String> = strategy.into_iter().map(|item| item.capacity_provider).collect();
    Ok(found.map(|found| {
        let found = found.with_fields_or_unreadable(resource);
        let found = if is_known { found } else { found.raw_values("capacity_providers", listed) };
        if strategy.is_empty() { found } else { found.differs(DEFAULT_STRATEGY, strategy, Vec::<String>::new()) }
    }))
}

/// The unmodelled field for the strategy of tasks and services that have none of their own.
const DEFAULT_STRATEGY: &str = "default_capacity_provider_strategy";

fn capacity_providers(cluster: &EcsCluster) -> Vec<String> {
    cluster.capacity_providers.iter().map(ToString::to_string).collect()
}

/// The capacity provider with a name; `None` for one of the account's own.
pub(crate) fn known_provider(name: &str) -> Option<CapacityProvider> {
    let mut all = [CapacityProvider::Fargate, CapacityProvider::FargateSpot].into_iter();
    all.find(|provider| provider.to_string() == name)
}

/// The foreign services and tasks in a cluster. ECS deletes no cluster in which a task or a service runs.
async fn others_in(cx: &Context<'_>, found: &ObservedResource) -> Result<Vec<Blocker>> {
    let arn = &found.identity.id;
    let blocker = |id: String, what: &str, remedy: &str| {
        Blocker::new(found.address.clone(), Kind::EcsCluster, id, what.to_owned(), remedy.to_owned())
    };
    let mut blockers = Vec::new();
    let mut pages = cx.aws.ecs.list_services().cluster(arn).max_results(100).into_paginator().send();
    while let Some(page) = pages.next().await {
        let services = match page.map_err(Error::from) {
            Ok(page) => page.service_arns.unwrap_or_default(),
            Err(error) if error.is(&["ClusterNotFoundException"]) => return Ok(blockers),
            Err(error) => return Err(error),
        };
        let unknown: Vec<String> = services.into_iter().filter(|arn| !cx.live.knows(Kind::Service, arn)).collect();
        for service in describe_services(cx, arn, &unknown).await? {
            if service.status() == Some(ACTIVE) {
                let id = service.service_arn.unwrap_or_default();
                let what = "this service is in the cluster, but saas did not create it";
                blockers.push(blocker(id, what, "delete the service, or move it to another cluster"));
            }
        }
    }
    for task in tasks_of_others(cx, arn).await? {
        let of = task.group().map(|group| format!(", of `{group}`")).unwrap_or_default();
        let what = format!("this task runs in the cluster{of}, but the platform did not start it");
        blockers.push(blocker(task.task_arn.unwrap_or_default(), &what, "wait until the task has ended, or stop it"));
    }
    let live = describe(cx, vec![arn.clone()]).await?.pop();
    let instances = live.map_or(0, |live| live.registered_container_instances_count);
    if instances > 0 {
        let what = format!("{instances} container instances are registered in the cluster");
        blockers.push(blocker(arn.clone(), &what, "deregister them first"));
    }
    Ok(blockers)
}

/// The running tasks of a cluster that are not the platform's: neither one of its services nor one of its task
/// definitions started them. A task that `RunTask` started has no service. Source: Amazon ECS API, `Task`, `group`.
async fn tasks_of_others(cx: &Context<'_>, cluster: &str) -> Result<Vec<Task>> {
    let services: BTreeSet<String> = names_of(cx, Kind::Service, |arn| arn.rsplit('/').next().unwrap_or_default());
    let families: BTreeSet<String> = names_of(cx, Kind::TaskDefinition, family);
    let is_ours = |task: &Task| {
        let service = task.group().and_then(|group| group.strip_prefix("service:"));
        service.is_some_and(|service| services.contains(service))
            || service.is_none() && task.task_definition_arn().is_some_and(|arn| families.contains(family(arn)))
    };
    let runs = |task: &Task| task.desired_status() != Some("STOPPED") && task.last_status() != Some("STOPPED");
    let tasks = running_tasks(cx, cluster).await?;
    Ok(tasks.into_iter().filter(|task| runs(task) && !is_ours(task)).collect())
}

/// The names of the live and of the planned resources of a kind; `name` is that in an ARN.
fn names_of(cx: &Context<'_>, kind: Kind, name: impl Fn(&str) -> &str) -> BTreeSet<String> {
    let live = cx.live.every(kind).into_iter().map(|found| name(&found.identity.id).to_owned());
    let planned = cx.plan.nodes().iter().filter(|node| node.kind() == kind);
    live.chain(planned.filter_map(|node| Some(node.resource.name()?.to_owned()))).collect()
}

/// Refuses a foreign cluster. `CreateCluster` returns an existing cluster of the same name, and does
/// not indicate that.
async fn refuse_another(wanted: &EcsCluster, cx: &Context<'_>, node: &Node, made: Cluster) -> Result<()> {
    let ours = |cluster: Cluster| {
        let identity = Identity::of_arn(cluster.cluster_arn.unwrap_or_default());
        let found = ObservedResource::by_tags(cx.plan, Kind::EcsCluster, identity, from_sdk(cluster.tags));
        found.is_some_and(|found| found.address == node.address)
    };
    if ours(made) {
        return Ok(());
    }
    // A response without the platform's tags may be incomplete.
    let described = describe(cx, vec![wanted.name.to_string()]).await?;
    if described.into_iter().any(ours) {
        return Ok(());
    }
    Err(Error::Taken { kind: node.kind().into(), name: wanted.name.to_string() })
}

async fn describe(cx: &Context<'_>, clusters: Vec<String>) -> Result<Vec<Cluster>> {
    let describe = cx.aws.ecs.describe_clusters().set_clusters(Some(clusters)).include(ClusterField::Tags);
    Ok(describe.send().await?.clusters.unwrap_or_default())
}

async fn status(cx: &Context<'_>, arn: &str) -> Result<Option<String>> {
    Ok(describe(cx, vec![arn.to_owned()]).await?.pop().and_then(|cluster| cluster.status))
}
