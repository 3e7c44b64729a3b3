//! Task definitions. AWS cannot change one: an update registers another revision of the family. The last
//! few revisions before it are kept, because a service rolls back to one of them when the new one does not
//! start. Older revisions are deleted once all services are stable ([`ResourceProvider::delete_revisions`]).
//!
//! Registering takes no idempotency token. After an attempt with an unknown outcome, the newest revision
//! shows whether it took effect.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{
    Compatibility, CpuArchitecture, NetworkMode, OsFamily, RuntimePlatform, TaskDefinition as LiveDefinition,
    TaskDefinitionFamilyStatus, TaskDefinitionField, TaskDefinitionStatus,
};
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use saas_model::Node;
use saas_model::names::Names;
use saas_model::plan::TAG_DIGEST;
use saas_model::resource::{Architecture, Kind, ResourceSpec, TaskDefinition};

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
use crate::providers::ecs::container::container_definition;
use crate::providers::ecs::described_task::{DescribedTask, described_task};
use crate::providers::ecs::family_tasks::{family, stop_tasks};
use crate::providers::iam::passed_role::passing;
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::incomplete::Incomplete;
use crate::state::observed::{Identity, ObservedResource, TAG_RESOLVED_INPUTS, Tags};

const DESCRIBE: &str = "ecs DescribeTaskDefinition";
const REGISTER: &str = "ecs RegisterTaskDefinition";
/// The code for a revision that does not exist. Source: Amazon ECS API, `DescribeTaskDefinition`.
const GONE: &[&str] = &["ClientException"];

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
            of_tenant: NamesOfTenant::Undetermined,
            is_given: |named| named.is_of_service_or_never_changes(),
        }),
        unique_within: UniqueWithin::Region,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: Some("ecs:task-definition"),
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["ecs:ListTaskDefinitions", "ecs:DescribeTaskDefinition"],
            describe: &["ecs:ListTaskDefinitionFamilies", "ecs:ListTasks", "iam:GetRole"],
            create: &["ecs:RegisterTaskDefinition"],
            update: &["ecs:RegisterTaskDefinition"],
            delete: &["ecs:StopTask", "ecs:DeregisterTaskDefinition", "ecs:DeleteTaskDefinitions"],
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
        let DescribedTask { definition, raw_values, unmodelled } = described_task(cx, &live, wanted)?;
        let description = ResourceDescription::new(definition.into(), Some(tags));
        Ok(ResourceDescription { raw_values, unmodelled, ..description })
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let tags = cx.tags(node)?;
        let containers = self.containers.iter().map(|(name, container)| container_definition(cx, name, container));
        let containers: Vec<_> = containers.collect::<Result<_>>()?;
        let (execution_role, task_role) = (cx.arn(&self.execution_role)?, cx.arn(&self.task_role)?);
        let platform = RuntimePlatform::builder()
            .cpu_architecture(match self.architecture {
                Architecture::X86 => CpuArchitecture::X8664,
                Architecture::Arm => CpuArchitecture::Arm64,
            })
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
                            .set_container_definitions(Some(containers.clone()))
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
        stop_tasks(cx, found).await?;
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
