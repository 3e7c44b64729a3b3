//! Services on Fargate. Created by one call, with a client token. The creation sets the desired count,
//! which autoscaling owns from then on. [`crate::providers::ecs::deployment`] waits until the tasks run.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{Service as LiveService, ServiceConnectConfiguration};
use saas_model::Node;
use saas_model::resource::{Kind, ResourceSpec, Service, ServiceField};

use crate::context::{Context, Readiness, Transient};
use crate::error::{Error, Required, Result};
use crate::preflight::names::{TakenName, owner, wanted_inside};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::LiveName;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming, ResourceProvider,
    UniqueWithin,
};
use crate::providers::ecs::deployment;
use crate::providers::ecs::service_fields::{
    capacity, deployment_configuration, grace_period, is_of_attachment, is_of_grace_period, load_balancers, network,
    propagate_tags, resource,
};
use crate::providers::ecs::unplanned_settings::of_service;
use crate::providers::ecs::{LINKED_ROLE, ServiceArn, commit, describe_services};
use crate::providers::iam::passed_role::passing_of;
use crate::providers::number::{from_i32, to_i32};
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::exposure::Exposure;
use crate::state::observed::{Identity, ObservedResource, is_named};

const DESCRIBE: &str = "ecs DescribeServices";
const INVALID: &str = "InvalidParameterException";
const DRAINING: &str = "DRAINING";
const INACTIVE: &str = "INACTIVE";

/// The unmodelled field for settings that saas never sets.
const SETTINGS: &str = "settings";

/// Transient errors of creations and updates. ECS returns nearly all of them with one code, so the messages
/// distinguish them.
const NOT_YET: &[Transient] = &[
    LINKED_ROLE,
    Transient {
        code: INVALID,
        message: "does not have an associated load balancer",
        why: "the listener rule of the target group is not visible everywhere yet",
    },
    Transient {
        code: INVALID,
        message: "verify that the ECS service role being passed has the proper permissions",
        why: "ECS cannot see the new target group yet",
    },
    Transient {
        code: INVALID,
        message: "InvalidGroup.NotFound",
        why: "the new security group is not visible everywhere yet",
    },
    Transient {
        code: INVALID,
        message: "InvalidSubnetID.NotFound",
        why: "the new subnet is not visible everywhere yet",
    },
    Transient { code: "ClusterNotFoundException", message: "", why: "the new cluster is not visible everywhere yet" },
];

/// A transient error of a creation whose name a service had that became inactive a moment ago.
/// Source: hashicorp/terraform-provider-aws#2283.
const REMEMBERED: &[Transient] = &[Transient {
    code: INVALID,
    message: "was not idempotent",
    why: "ECS still remembers the old service of this name",
}];

/// Transient errors of deletions. terraform-provider-aws also waits for the last two
/// (`internal/service/ecs/service.go`).
const STOPPING: &[Transient] = &[
    Transient {
        code: INVALID,
        message: "cannot be stopped while deployments are active",
        why: "a deployment of the service is still being stopped",
    },
    Transient {
        code: "DependencyViolation",
        message: "",
        why: "network interfaces of the service are still being deleted",
    },
    Transient {
        code: INVALID,
        message: "has a dependent object",
        why: "network interfaces of the service are still being deleted",
    },
];

impl ResourceProvider for Service {
    const DECLARATION: Declaration = Declaration {
        // Until they end, the tasks of a service use its roles, write to its log group and its bucket, and query
        // its schema, which a migration has changed for them.
        needs: &[
            Kind::ListenerRule,
            Kind::Migration,
            Kind::SecurityGroupRule,
            Kind::Role,
            Kind::LogGroup,
            Kind::Secret,
            Kind::TenantSchema,
            Kind::Bucket,
        ],
        // A deletion waits for minutes without a call, until the tasks have ended.
        concurrency: Concurrency::Aws { creations: 64, deletions: 1_000 },
        identification: Identification::Name(Naming {
            live: LiveName::ENDS_ARN,
            of_tenant: NamesOfTenant::Undetermined,
            is_given: |named| named.is_of_service_or_never_changes(),
        }),
        unique_within: UniqueWithin::Container,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["ecs:ListServices", "ecs:DescribeServices"],
            describe: &["iam:GetRole"],
            create: &["ecs:CreateService"],
            update: &["ecs:UpdateService", "ecs:TagResource"],
            delete: &["ecs:UpdateService", "ecs:DeleteService"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        names_in_clusters(cx).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        // In a narrow scope, planned services are described by name, and those of the scope alone.
        let is_narrow = cx.scope.is_narrow();
        let planned = cx.plan.nodes().iter().filter_map(|node| Self::of(&node.resource));
        let by_name: BTreeSet<&str> = planned.filter(|_| is_narrow).map(|service| service.name.as_str()).collect();
        let mut found = Vec::new();
        for home in cx.live.every(Kind::EcsCluster) {
            let cluster = &home.identity.id;
            let mut arns = Vec::new();
            let mut pages = cx.aws.ecs.list_services().cluster(cluster).max_results(100).into_paginator().send();
            while let Some(page) = pages.next().await {
                arns.extend(page?.service_arns.unwrap_or_default());
            }
            arns.retain(|arn| !by_name.contains(arn.rsplit('/').next().unwrap_or_default()));
            for live in describe_services(cx, cluster, &arns).await? {
                found_in(cx, &home, &live);
                if !is_narrow {
                    found.extend(shown(cx, live)?);
                }
            }
        }
        if !is_narrow {
            return Ok(found);
        }
        let matters = |node: &&Node| node.kind() == Kind::Service && cx.scope.looks_at(&node.address);
        Self::describe_by_name(cx, &cx.plan.nodes().iter().filter(matters).collect::<Vec<_>>()).await
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let mut by_cluster: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for service in nodes.iter().filter_map(|node| Self::of(&node.resource)) {
            if let Ok(cluster) = cx.id(&service.cluster) {
                by_cluster.entry(cluster).or_default().push(service.name.to_string());
            }
        }
        let mut found = Vec::new();
        for (cluster, services) in by_cluster {
            for live in describe_services(cx, &cluster, &services).await? {
                found.extend(shown(cx, live)?);
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let cluster = cx.id(&self.cluster)?;
        let task_definition = cx.id(&self.task_definition)?;
        let network = network(cx, self)?;
        let balancers = load_balancers(cx, self)?;
        let tags = to_sdk(&cx.tags(node)?);
        // At most 36 characters. Source: Amazon ECS API, `CreateService`.
        let token: String = cx.token(node)?.chars().take(36).collect();
        let make = async || {
            let create = async || {
                let create = cx.aws.ecs.create_service().cluster(&cluster).service_name(self.name.as_str());
                let answer = create
                    .client_token(&token)
                    .task_definition(&task_definition)
                    .capacity_provider_strategy(capacity(self.capacity))
                    .platform_version(&self.platform_version)
                    .set_desired_count(node.initial.map(|initial| to_i32(initial.desired_count)))
                    .network_configuration(network.clone())
                    .set_load_balancers(Some(balancers.clone()))
                    .set_health_check_grace_period_seconds(grace_period(self))
                    .deployment_configuration(deployment_configuration(self))
                    .propagate_tags(propagate_tags(self))
                    .enable_ecs_managed_tags(self.propagate_tags)
                    .enable_execute_command(self.exec)
                    .set_tags(Some(tags.clone()))
                    .send()
                    .await?;
                let arn = answer.service.and_then(|service| service.service_arn);
                Ok(Identity::of_arn(arn.required("ecs CreateService", "serviceArn")?))
            };
            passing_of(cx, &self.task_definition, async || cx.retry(NOT_YET, &create).await).await
        };
        let named = async || {
            let mut services = describe_services(cx, &cluster, &[self.name.to_string()]).await?;
            Ok::<_, Error>(services.pop().filter(|service| service.status() != Some(INACTIVE)))
        };
        // ECS has no code of its own for a name that is taken, so the owner of the name is looked up.
        cx.create_or_adopt(
            node,
            &[INVALID],
            self.name.as_str(),
            async || match make().await {
                Err(error) if error.is(&[INVALID]) => match named().await? {
                    Some(service) if service.status() == Some(DRAINING) => {
                        gone(cx, &cluster, self.name.as_str()).await?;
                        cx.retry(REMEMBERED, &make).await
                    }
                    // No live service has this name, so ECS refers to the inactive one.
                    None if error.to_string().contains(REMEMBERED[0].message) => cx.retry(REMEMBERED, &make).await,
                    _ => Err(error),
                },
                made => made,
            },
            async || {
                let service = named().await?.required(DESCRIBE, "services")?;
                let arn = service.service_arn.required(DESCRIBE, "serviceArn")?;
                Ok((Identity::of_arn(arn), from_sdk(service.tags)))
            },
        )
        .await
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        // Only the differing fields are sent: ECS would start a deployment for the others.
        let arn = &found.identity.id;
        let network = changes
            .touch(&[ServiceField::Subnets, ServiceField::SecurityGroups, ServiceField::PublicIp])
            .then(|| network(cx, self))
            .transpose()?;
        let balancers = changes.0.iter().any(is_of_attachment).then(|| load_balancers(cx, self)).transpose()?;
        let task_definition =
            changes.touch(&[ServiceField::TaskDefinition]).then(|| cx.id(&self.task_definition)).transpose()?;
        let platform = changes.touch(&[ServiceField::PlatformVersion]).then(|| self.platform_version.clone());
        let grace = if changes.0.iter().any(is_of_grace_period) { grace_period(self) } else { None };
        let capacity = changes.touch(&[ServiceField::Capacity]).then(|| vec![capacity(self.capacity)]);
        let exec = changes.touch(&[ServiceField::Exec]).then_some(self.exec);
        // ECS requires it of a changed strategy, and applies `exec` only to new tasks.
        // Source: Amazon ECS API, `UpdateService`.
        let forced = (capacity.is_some() || exec.is_some()).then_some(true);
        let deployment = changes
            .touch(&[
                ServiceField::MinimumHealthyPercent,
                ServiceField::MaximumPercent,
                ServiceField::CircuitBreaker,
                ServiceField::Rollback,
            ])
            .then(|| deployment_configuration(self));
        let propagate = changes.touch(&[ServiceField::PropagateTags]);
        // Sent empty, they are removed. Source: Amazon ECS API, `UpdateService`.
        let unplanned = changes.touch_unmodelled(SETTINGS);
        let no_mesh = ServiceConnectConfiguration::builder().enabled(false).build();
        if unplanned || changes.touch_updatable::<Self>() {
            let change = async || {
                let update = cx.aws.ecs.update_service().cluster(ServiceArn(arn).cluster()).service(arn);
                update
                    .set_task_definition(task_definition.clone())
                    .set_platform_version(platform.clone())
                    .set_network_configuration(network.clone())
                    .set_capacity_provider_strategy(capacity.clone())
                    .set_load_balancers(balancers.clone())
                    .set_health_check_grace_period_seconds(grace)
                    .set_enable_execute_command(exec)
                    .set_force_new_deployment(forced)
                    .set_deployment_configuration(deployment.clone())
                    .set_service_registries(unplanned.then(Vec::new))
                    .set_volume_configurations(unplanned.then(Vec::new))
                    .set_vpc_lattice_configurations(unplanned.then(Vec::new))
                    .set_service_connect_configuration(unplanned.then(|| no_mesh.clone()))
                    .set_propagate_tags(propagate.then(|| propagate_tags(self)))
                    .set_enable_ecs_managed_tags(propagate.then_some(self.propagate_tags))
                    .send()
                    .await?;
                Ok(())
            };
            passing_of(cx, &self.task_definition, async || cx.retry(NOT_YET, &change).await).await?;
        }
        commit(cx, node, arn).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        const GONE: &[&str] = &["ServiceNotFoundException", "ClusterNotFoundException"];
        let arn = found.identity.id.as_str();
        let cluster = ServiceArn(arn).cluster();
        let stop = cx.aws.ecs.update_service().cluster(cluster).service(arn).desired_count(0);
        match stop.send().await.map_err(Error::from) {
            Err(error) if error.is(GONE) => return Ok(()),
            // The service was deleted before and is draining; only its end is left to wait for.
            Err(error) if error.is(&["ServiceNotActiveException"]) => return gone(cx, cluster, arn).await,
            stopped => drop(stopped?),
        }
        let deleted = cx.retry(STOPPING, async || {
            Ok(cx.aws.ecs.delete_service().cluster(cluster).service(arn).send().await?.service)
        });
        match deleted.await {
            Err(error) if error.is(GONE) => Ok(()),
            Ok(Some(service)) if service.status() == Some(INACTIVE) => Ok(()),
            deleted => {
                deleted?;
                gone(cx, cluster, arn).await
            }
        }
    }

    async fn wait_until_stable(cx: &Context<'_>, nodes: &[&Node]) -> Vec<(saas_model::Address, Result<()>)> {
        deployment::wait_until_stable(cx, nodes).await
    }
}

/// The planned names that others have in the clusters. A draining service releases its name by itself, and the apply waits for it.
async fn names_in_clusters(cx: &Context<'_>) -> Result<Vec<TakenName>> {
    let mut taken = Vec::new();
    for (cluster, nodes) in wanted_inside(
        cx,
        |service: &Service| service.cluster.address(),
        |found, planned| is_named(&found.identity.id, planned.name.as_str()),
    ) {
        let by_name: BTreeMap<String, &Node> =
            nodes.into_iter().map(|(node, service)| (service.name.to_string(), node)).collect();
        let names: Vec<String> = by_name.keys().cloned().collect();
        for live in describe_services(cx, &cluster, &names).await? {
            let name = live.service_name.clone().unwrap_or_default();
            let Some(&node) = by_name.get(&name).filter(|_| live.status() == Some("ACTIVE")) else { continue };
            let arn = live.service_arn.unwrap_or_default();
            if let Some(owner) = owner(cx, Kind::Service, &name, &from_sdk(live.tags)) {
                taken.push(TakenName::new(node, name, owner).held_by(arn));
            }
        }
    }
    Ok(taken)
}

/// Records a service in a cluster with what it opens if it is none of the platform's. One that is being deleted runs
/// no tasks soon.
fn found_in(cx: &Context<'_>, cluster: &ObservedResource, live: &LiveService) {
    if matches!(live.status(), Some(DRAINING | INACTIVE)) {
        return;
    }
    let (arn, definition) = (live.service_arn().unwrap_or_default(), live.task_definition().unwrap_or_default());
    let what = format!("this service runs tasks of {definition} in the cluster, with the roles of that definition");
    let name = &cluster.identity.id;
    let remedy = format!("delete it: aws ecs delete-service --cluster {name} --service {arn} --force");
    cx.live.found_inside(Kind::Service, Exposure::new((&cluster.address, cluster.kind), arn, what, remedy));
}

/// A described service; `None` when it is being deleted or is foreign.
fn shown(cx: &Context<'_>, live: LiveService) -> Result<Option<ObservedResource>> {
    if matches!(live.status(), Some(DRAINING | INACTIVE)) {
        return Ok(None);
    }
    let arn = live.service_arn.clone().required(DESCRIBE, "serviceArn")?;
    let tags = from_sdk(live.tags.clone());
    let Some(found) = ObservedResource::by_tags(cx.plan, Kind::Service, Identity::of_arn(arn), tags) else {
        return Ok(None);
    };
    let wanted = cx.plan.node(&found.address).and_then(|node| Service::of(&node.resource));
    let desired = from_i32(Some(live.desired_count));
    let settings: Vec<&str> = of_service(&live).collect();
    let (resource, raw_values) = match resource(cx, live, wanted) {
        Ok((resource, raw_values)) => (Ok(resource), raw_values),
        Err(error) => (Err(error), Vec::new()),
    };
    let found = found.with_fields_or_unreadable(resource).unplanned(SETTINGS, settings);
    Ok(Some(ObservedResource { desired, raw_values, ..found }))
}

/// Waits until the last task of a deleted service has ended. Only then is its name free.
async fn gone(cx: &Context<'_>, cluster: &str, service: &str) -> Result<()> {
    cx.wait("the tasks of the service to stop", async || {
        let live = describe_services(cx, cluster, &[service.to_owned()]).await?.pop();
        match live.filter(|live| live.status() != Some(INACTIVE)) {
            None => Ok(Readiness::Ready(())),
            Some(live) => Ok(Readiness::NotYet(format!("{} tasks are running", live.running_count))),
        }
    })
    .await
}
