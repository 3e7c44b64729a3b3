//! Task definitions. AWS cannot change one: an update registers another revision of the family. The last
//! few revisions before it are kept, because a service rolls back to one of them when the new one does not
//! start. Older revisions are deleted once all services are stable ([`ResourceProvider::delete_revisions`]).
//!
//! Registering takes no idempotency token. After an attempt with an unknown outcome, the newest revision
//! shows whether it took effect.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{
    Compatibility, ContainerDefinition, CpuArchitecture, KeyValuePair, LogConfiguration, LogDriver, MountPoint,
    NetworkMode, OsFamily, PortMapping, RuntimePlatform, Secret as LiveSecret, TaskDefinition as LiveDefinition,
    TaskDefinitionFamilyStatus, TaskDefinitionField, TaskDefinitionStatus, TransportProtocol, Volume,
};
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use saas_model::names::Names;
use saas_model::plan::TAG_DIGEST;
use saas_model::resource::{Container, Kind, LogGroup, ResourceSpec, Role, Secret, TaskDefinition};
use saas_model::{Node, Template};
use serde_json::Value;

use crate::aws::calls::on_behalf_of;
use crate::context::{Context, Transient};
use crate::error::{Error, Required, Result, unless_gone};
use crate::preflight::names::{Holders, TakenName, common_prefix, each, owner, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::LiveName;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming,
    ResourceDescription, ResourceProvider, UniqueWithin,
};
use crate::providers::iam::passed_role::passing;
use crate::providers::number::from_i32;
use crate::providers::parse::parse;
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::incomplete::Incomplete;
use crate::state::observed::{Identity, ObservedResource, TAG_RESOLVED_INPUTS, Tags};

const DESCRIBE: &str = "ecs DescribeTaskDefinition";
const REGISTER: &str = "ecs RegisterTaskDefinition";
/// The code for a revision that does not exist. Source: Amazon ECS API, `DescribeTaskDefinition`.
const GONE: &[&str] = &["ClientException"];
const LOG_GROUP: &str = "awslogs-group";
const LOG_REGION: &str = "awslogs-region";
const LOG_PREFIX: &str = "awslogs-stream-prefix";

/// Transient errors, none of which has an effect.
const NOT_YET: &[Transient] = &[Transient {
    code: "ClientException",
    message: "Role is not valid",
    why: "the new role is not visible everywhere yet",
}];

impl ResourceProvider for TaskDefinition {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Name(Naming {
            live: LiveName::InId(|arn| Some(family(arn))),
            of_tenant: NamesOfTenant::One(|tenant| tenant.with_names(|names| [names.service().to_string()].into())),
            is_given: |named| named.is_of_tenant_or_never_changes(),
        }),
        unique_within: UniqueWithin::Region,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: Some("ecs:task-definition"),
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["ecs:ListTaskDefinitions", "ecs:DescribeTaskDefinition"],
            describe: &["ecs:ListTaskDefinitionFamilies", "iam:GetRole"],
            create: &["ecs:RegisterTaskDefinition"],
            update: &["ecs:RegisterTaskDefinition"],
            delete: &["ecs:DeregisterTaskDefinition", "ecs:DeleteTaskDefinitions"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        None
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        taken_among::<Self>(cx, async |names| holders(cx, names).await).await
    }

    const GONE: &'static [&'static str] = GONE;

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        if cx.live.is_bare() {
            return Ok(Vec::new());
        }
        // Families outside of the scope are not described.
        let narrow = cx.scope.is_narrow();
        let matters = |node: &&Node| cx.scope.looks_at(&node.address);
        let planned = cx.plan.nodes().iter().filter(matters).filter_map(|node| Self::of(&node.resource));
        let families: BTreeSet<&str> = planned.map(|definition| definition.family.as_str()).collect();
        let mut found = Vec::new();
        for arn in revisions(cx, TaskDefinitionStatus::Active).await? {
            if narrow && !families.contains(family(&arn)) {
                continue;
            }
            let tags = match cx.tag_index.tags(cx, &arn).await? {
                Some(tags) => tags,
                None => match unless_gone(describe(cx, &arn).await, GONE)? {
                    Some((_, tags)) => tags,
                    None => continue,
                },
            };
            found.extend(ObservedResource::by_tags(cx.plan, Kind::TaskDefinition, Identity::of_arn(arn), tags));
        }
        if narrow {
            return Ok(found);
        }
        // These were deregistered by an apply that was killed before it deleted them.
        for arn in revisions(cx, TaskDefinitionStatus::Inactive).await? {
            let Some((live, tags)) = unless_gone(describe(cx, &arn).await, GONE)? else { continue };
            if live.status == Some(TaskDefinitionStatus::Inactive) {
                let left = ObservedResource::by_tags(cx.plan, Kind::TaskDefinition, Identity::of_arn(arn), tags);
                found.extend(left.map(|left| left.because(Incomplete::Inactive)));
            }
        }
        Ok(found)
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let mut found = Vec::new();
        for definition in nodes.iter().filter_map(|node| Self::of(&node.resource)) {
            let Some((live, tags)) = unless_gone(describe(cx, definition.family.as_str()).await, GONE)? else {
                continue;
            };
            if live.status == Some(TaskDefinitionStatus::Active) {
                let arn = live.task_definition_arn.required(DESCRIBE, "taskDefinitionArn")?;
                found.extend(ObservedResource::by_tags(cx.plan, Kind::TaskDefinition, Identity::of_arn(arn), tags));
            }
        }
        Ok(found)
    }

    async fn describe(cx: &Context<'_>, found: &ObservedResource) -> Result<ResourceDescription> {
        let (live, tags) = describe(cx, &found.identity.id).await?;
        let wanted = cx.plan.node(&found.address).and_then(|node| Self::of(&node.resource));
        let raw_values = unsupported_values(&live);
        Ok(ResourceDescription {
            raw_values,
            ..ResourceDescription::new(resource(cx, live, wanted)?.into(), Some(tags))
        })
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let tags = cx.tags(node)?;
        let volumes = volumes(&self.container);
        let container = container(cx, &self.container)?;
        let (execution_role, task_role) = (cx.arn(&self.execution_role)?, cx.arn(&self.task_role)?);
        let platform = RuntimePlatform::builder()
            .cpu_architecture(CpuArchitecture::X8664)
            .operating_system_family(OsFamily::Linux)
            .build();
        let arn = cx
            .create_idempotently(
                async || registered(cx, self.family.as_str(), &tags).await,
                async || {
                    let register = async || {
                        let register = cx.aws.ecs_once.register_task_definition().family(self.family.as_str());
                        let answer = register
                            .requires_compatibilities(Compatibility::Fargate)
                            .network_mode(NetworkMode::Awsvpc)
                            .runtime_platform(platform.clone())
                            .cpu(self.cpu.to_string())
                            .memory(self.memory.to_string())
                            .execution_role_arn(&execution_role)
                            .task_role_arn(&task_role)
                            .container_definitions(container.clone())
                            .set_volumes(Some(volumes.clone()))
                            .set_tags(Some(to_sdk(&tags)))
                            .send()
                            .await?;
                        let made = answer.task_definition.and_then(|made| made.task_definition_arn);
                        made.required(REGISTER, "taskDefinitionArn")
                    };
                    passing(cx, self, async || cx.retry(NOT_YET, register).await).await
                },
            )
            .await?;
        Ok(Identity::of_arn(arn))
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        _found: &ObservedResource,
        _changes: &Changes<'_>,
    ) -> Result<Identity> {
        self.create(cx, node).await
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        deregister(cx, found).await?;
        delete_inactive(cx, std::slice::from_ref(found)).await
    }

    /// Deletes ten in a call. Source: Amazon ECS API, `DeleteTaskDefinitions`.
    async fn delete_revisions(cx: &Context<'_>, revisions: &[ObservedResource]) -> Vec<Result<()>> {
        const BATCH_SIZE: usize = 10;
        const CONCURRENCY: usize = 4;
        let batches = revisions.chunks(BATCH_SIZE).map(|batch| delete_batch(cx, batch));
        stream::iter(batches).buffered(CONCURRENCY).concat().await
    }
}

/// Those of the families that exist, with their owners: AWS would register our revisions in a family of another owner.
async fn holders(cx: &Context<'_>, names: &[&str]) -> Result<Holders> {
    let wanted: BTreeSet<&str> = names.iter().copied().collect();
    let active = TaskDefinitionFamilyStatus::Active;
    let call = cx.aws.ecs.list_task_definition_families().family_prefix(common_prefix(names)).status(active);
    let mut pages = call.into_paginator().send();
    let mut taken = Vec::new();
    while let Some(page) = pages.next().await {
        taken.extend(page?.families.unwrap_or_default().into_iter().filter(|family| wanted.contains(family.as_str())));
    }
    let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
    each(&taken, async |family| {
        // A family without an active revision is free. Source: Amazon ECS API, `DescribeTaskDefinition`.
        let described = unless_gone(describe(cx, family).await, GONE)?;
        Ok(described.map(|(_, tags)| owner(cx, Kind::TaskDefinition, family, &tags)))
    })
    .await
}

async fn delete_batch(cx: &Context<'_>, batch: &[ObservedResource]) -> Vec<Result<()>> {
    let results = join_all(batch.iter().map(|found| on_behalf_of(&found.address, deregister(cx, found)))).await;
    let inactive = batch.iter().zip(&results).filter(|(_, result)| result.is_ok());
    let inactive: Vec<ObservedResource> = inactive.map(|(found, _)| found.clone()).collect();
    if inactive.is_empty() || delete_inactive(cx, &inactive).await.is_ok() {
        return results;
    }
    // One revision may have failed the whole call, so each is deleted by itself.
    join_all(batch.iter().zip(results).map(async |(found, deregistered)| {
        deregistered?;
        on_behalf_of(&found.address, delete_inactive(cx, std::slice::from_ref(found))).await
    }))
    .await
}

async fn deregister(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
    let deregister = cx.aws.ecs.deregister_task_definition().task_definition(&found.identity.id);
    match deregister.send().await.map_err(Error::from) {
        // It does not exist, or is inactive already.
        Err(error) if error.is(&["ClientException"]) => Ok(()),
        deregistered => deregistered.map(drop),
    }
}

/// Deletes deregistered revisions; otherwise they stay inactive for ever. ECS reports a revision that it
/// does not find, or that tasks still use, as a failure in the response: the former no longer exists, and
/// ECS deletes the latter by itself.
async fn delete_inactive(cx: &Context<'_>, revisions: &[ObservedResource]) -> Result<()> {
    let arns = revisions.iter().map(|found| found.identity.id.clone()).collect();
    cx.aws.ecs.delete_task_definitions().set_task_definitions(Some(arns)).send().await?;
    Ok(())
}

/// The revisions of the platform's families, and of other families with the same prefix.
async fn revisions(cx: &Context<'_>, status: TaskDefinitionStatus) -> Result<Vec<String>> {
    let prefix = Names::new(cx.plan.header().platform.clone()).prefix();
    let mut arns = Vec::new();
    let mut pages = cx.aws.ecs.list_task_definitions().status(status).into_paginator().send();
    while let Some(page) = pages.next().await {
        let listed = page?.task_definition_arns.unwrap_or_default();
        arns.extend(listed.into_iter().filter(|arn| family(arn).starts_with(&prefix)));
    }
    Ok(arns)
}

/// The family in the ARN of a revision, which ends with `/family:revision`.
fn family(arn: &str) -> &str {
    arn.rsplit('/').next().and_then(|name| name.split(':').next()).unwrap_or_default()
}

async fn describe(cx: &Context<'_>, name: &str) -> Result<(LiveDefinition, Tags)> {
    let describe = cx.aws.ecs.describe_task_definition().task_definition(name).include(TaskDefinitionField::Tags);
    let answer = describe.send().await?;
    Ok((answer.task_definition.required(DESCRIBE, "taskDefinition")?, from_sdk(answer.tags)))
}

/// The newest revision of a family, if it was registered for this node.
async fn registered(cx: &Context<'_>, family: &str, tags: &Tags) -> Result<Option<String>> {
    let (live, found) = match describe(cx, family).await {
        Err(error) if error.is(&["ClientException"]) => return Ok(None),
        described => described?,
    };
    let same = [TAG_DIGEST, TAG_RESOLVED_INPUTS].iter().all(|key| found.get(*key) == tags.get(*key));
    let active = live.status == Some(TaskDefinitionStatus::Active);
    Ok(live.task_definition_arn.filter(|_| same && active))
}

fn container(cx: &Context<'_>, wanted: &Container) -> Result<ContainerDefinition> {
    let environment = wanted
        .environment
        .iter()
        .map(|(name, text)| Ok(KeyValuePair::builder().name(name).value(cx.text(text)?).build()));
    let secrets = wanted.secrets.iter().map(|(name, secret)| {
        let built = LiveSecret::builder().name(name).value_from(cx.arn(secret)?).build();
        Ok(built.expect("both of its fields are given"))
    });
    let port = PortMapping::builder()
        .container_port(wanted.port.into())
        .host_port(wanted.port.into())
        .protocol(TransportProtocol::Tcp)
        .build();
    let log = LogConfiguration::builder()
        .log_driver(LogDriver::Awslogs)
        .options(LOG_GROUP, cx.id(&wanted.log_group)?)
        .options(LOG_REGION, wanted.log_region.as_str())
        .options(LOG_PREFIX, "task")
        .build()
        .expect("its only required field is given");
    let mounts = wanted.writable.iter().enumerate().map(|(index, path)| {
        MountPoint::builder().source_volume(volume(index)).container_path(path).read_only(false).build()
    });
    Ok(ContainerDefinition::builder()
        .name(wanted.name.as_str())
        .image(wanted.image.as_str())
        .essential(true)
        .port_mappings(port)
        .set_environment(Some(environment.collect::<Result<_>>()?))
        .set_secrets(Some(secrets.collect::<Result<_>>()?))
        .log_configuration(log)
        .readonly_root_filesystem(wanted.readonly_root)
        .set_mount_points(Some(mounts.collect()))
        .build())
}

/// An empty volume for each writable path. On Fargate it is on the task's own disk.
fn volumes(wanted: &Container) -> Vec<Volume> {
    (0..wanted.writable.len()).map(|index| Volume::builder().name(volume(index)).build()).collect()
}

fn volume(index: usize) -> String {
    format!("writable-{index}")
}

/// The sizes and ports that are missing or are not numbers, as ECS returns them.
fn unsupported_values(live: &LiveDefinition) -> Vec<(String, Value)> {
    let is_number = |text: Option<&str>| text.is_some_and(|text| text.parse::<u32>().is_ok());
    let mut raw_values = Vec::new();
    for (field, size) in [("cpu", live.cpu()), ("memory", live.memory())] {
        if !is_number(size) {
            raw_values.push((field.to_owned(), Value::from(size)));
        }
    }
    if live.container_definitions().last().is_none_or(|container| container.port_mappings().is_empty()) {
        raw_values.push(("container.port".to_owned(), Value::Null));
    }
    raw_values
}

fn resource(cx: &Context<'_>, live: LiveDefinition, wanted: Option<&TaskDefinition>) -> Result<TaskDefinition> {
    let arn = live.task_definition_arn.unwrap_or_default();
    let what = format!("the task definition {arn}");
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
    let family = live.family.required(DESCRIBE, "family")?;
    let container = live.container_definitions.unwrap_or_default().pop().required(DESCRIBE, "containerDefinitions")?;
    let log = container.log_configuration.and_then(|log| log.options).unwrap_or_default();
    let text = |name: &str, value: String| {
        let planned = wanted.and_then(|wanted| wanted.container.environment.get(name));
        // A value equal to the planned template's current value counts as the template; any other is literal.
        let same = planned.filter(|text| cx.text(text).is_ok_and(|meant| meant == value));
        same.cloned().unwrap_or_else(|| Template::literal(value))
    };
    let environment: BTreeMap<String, Template> = container
        .environment
        .unwrap_or_default()
        .into_iter()
        .filter_map(|pair| {
            let name = pair.name?;
            let text = text(&name, pair.value.unwrap_or_default());
            Some((name, text))
        })
        .collect();
    let secrets = container.secrets.unwrap_or_default().into_iter();
    let mounts = container.mount_points.unwrap_or_default().into_iter();
    let port = container.port_mappings.unwrap_or_default().pop().and_then(|mapping| mapping.container_port);
    Ok(TaskDefinition {
        family: parse(&family, &what)?,
        cpu: number(live.cpu),
        memory: number(live.memory),
        execution_role: cx.reference::<Role>(&live.execution_role_arn.unwrap_or_default()),
        task_role: cx.reference::<Role>(&live.task_role_arn.unwrap_or_default()),
        container: Container {
            name: parse(&container.name.unwrap_or_default(), &what)?,
            image: parse(&container.image.unwrap_or_default(), &what)?,
            port: from_i32(port).unwrap_or(0),
            environment,
            secrets: secrets.map(|secret| (secret.name, cx.reference::<Secret>(&secret.value_from))).collect(),
            log_group: cx.reference::<LogGroup>(log.get(LOG_GROUP).map_or("", String::as_str)),
            log_region: parse(log.get(LOG_REGION).map_or("", String::as_str), &what)?,
            readonly_root: container.readonly_root_filesystem.unwrap_or(false),
            writable: mounts
                .filter(|mount| mount.read_only != Some(true))
                .filter_map(|mount| mount.container_path)
                .collect(),
        },
    })
}
