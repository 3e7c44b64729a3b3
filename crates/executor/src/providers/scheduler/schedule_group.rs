//! Groups of schedules. A group has the tags of its schedules, which cannot have any. Created by one call.

use std::collections::BTreeMap;

use aws_sdk_scheduler::types::ScheduleGroupState;
use saas_model::Node;
use saas_model::names::Names;
use saas_model::resource::{Kind, ResourceSpec, ScheduleGroup};

use crate::context::{Context, Readiness};
use crate::error::{Error, Required, Result, unless_gone};
use crate::preflight::names::{Owner, TakenName, each, owner, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::LiveName;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming, ResourceProvider,
    UniqueWithin,
};
use crate::providers::parse::parse;
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::observed::{Identity, ObservedResource, Tags};
use crate::state::tag_index::is_current;

const GONE: &[&str] = &["ResourceNotFoundException"];
const LIST: &str = "scheduler ListScheduleGroups";
const GET: &str = "scheduler GetScheduleGroup";

/// How many groups a page lists. Source: Amazon EventBridge Scheduler API, `ListScheduleGroups`.
const PAGE: i32 = 100;

impl ResourceProvider for ScheduleGroup {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Name(Naming {
            live: LiveName::IS_ID,
            of_tenant: NamesOfTenant::One(|tenant| {
                tenant.with_names(|names| [names.schedule_group().to_string()].into())
            }),
            is_given: |named| named.is_of_tenant_or_never_changes(),
        }),
        unique_within: UniqueWithin::Region,
        // The Resource Groups Tagging API may be late.
        listing: Listing::Late,
        commit_record: CommitRecord::Tags,
        tagging_type: Some("scheduler:schedule-group"),
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["scheduler:ListScheduleGroups", "scheduler:ListTagsForResource"],
            describe: &["scheduler:GetScheduleGroup"],
            create: &["scheduler:CreateScheduleGroup"],
            update: &["scheduler:TagResource"],
            delete: &["scheduler:DeleteScheduleGroup"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        taken_among::<Self>(cx, async |names| each(names, async |name| holder(cx, name).await).await).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let groups = cx.plan.nodes().iter().filter_map(|node| Some((Self::of(&node.resource)?, node)));
        let planned: BTreeMap<&str, &Node> = groups.map(|(group, node)| (group.name.as_str(), node)).collect();
        if cx.scope.is_narrow() {
            let nodes: Vec<&Node> = planned.into_values().filter(|node| cx.scope.looks_at(&node.address)).collect();
            return Self::describe_by_name(cx, &nodes).await;
        }
        let prefix = Names::new(cx.plan.header().platform.clone()).prefix();
        let listing = cx.aws.scheduler.list_schedule_groups().name_prefix(prefix).max_results(PAGE);
        let mut pages = listing.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for group in page?.schedule_groups {
                let name = group.name.required(LIST, "Name")?;
                let arn = group.arn.required(LIST, "Arn")?;
                let wanted = planned.get(name.as_str());
                let tags = match cx.tag_index.tags(cx, &arn).await? {
                    // The index may be late, so the tags of a planned group are read where those of the index
                    // are not as planned.
                    Some(tags) if wanted.is_none_or(|node| is_current(cx, node, &tags)) => tags,
                    _ if wanted.is_some() => match unless_gone(tags_of(cx, &arn).await, GONE)? {
                        Some(tags) => tags,
                        None => continue,
                    },
                    _ => continue,
                };
                found.extend(shown(cx, &name, arn, group.state.as_ref(), tags));
            }
        }
        Ok(found)
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let mut found = Vec::new();
        for group in nodes.iter().filter_map(|node| Self::of(&node.resource)) {
            found.extend(described(cx, group.name.as_str()).await?);
        }
        Ok(found)
    }

    async fn named(cx: &Context<'_>, name: &str) -> Result<Option<ObservedResource>> {
        described(cx, name).await
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let name = self.name.as_str();
        let tags = to_sdk(&cx.tags(node)?);
        let identity = |arn: String| Identity::of_id(name).with_arn(Some(arn));
        cx.create_or_adopt(
            node,
            &["ConflictException"],
            name,
            async || {
                let create = cx.aws.scheduler.create_schedule_group().name(name).client_token(cx.token(node)?);
                Ok(identity(create.set_tags(Some(tags.clone())).send().await?.schedule_group_arn))
            },
            async || {
                let arn = cx.aws.scheduler.get_schedule_group().name(name).send().await?.arn.required(GET, "Arn")?;
                let tags = tags_of(cx, &arn).await?;
                Ok((identity(arn), tags))
            },
        )
        .await
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        _changes: &Changes<'_>,
    ) -> Result<Identity> {
        let arn = found.identity.arn.as_deref().required(GET, "Arn")?;
        let tags = to_sdk(&cx.tags(node)?);
        cx.aws.scheduler.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await?;
        Ok(found.identity.clone())
    }

    /// Deletes the group with its schedules, and waits until its name is free. Source: Amazon EventBridge
    /// Scheduler User Guide, "Managing a schedule group".
    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let name = &found.identity.id;
        let deleted = cx.aws.scheduler.delete_schedule_group().name(name).send().await.map_err(Error::from);
        match deleted {
            Err(error) if error.is(GONE) => return Ok(()),
            // It is being deleted already.
            Err(error) if error.is(&["ConflictException"]) => {}
            other => drop(other?),
        }
        cx.wait(&format!("the schedule group {name} to be deleted"), async || {
            let answer = cx.aws.scheduler.get_schedule_group().name(name).send().await.map_err(Error::from);
            Ok(match unless_gone(answer, GONE)? {
                None => Readiness::Ready(()),
                Some(group) => {
                    let state = group.state.map(|state| state.as_str().to_owned());
                    Readiness::NotYet(format!("its state is {}", state.as_deref().unwrap_or("unknown")))
                }
            })
        })
        .await
    }
}

/// The owner of the group with a name.
async fn holder(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.scheduler.get_schedule_group().name(name).send().await.map_err(Error::from);
    let Some(group) = unless_gone(answer, GONE)? else { return Ok(None) };
    let tags = tags_of(cx, &group.arn.required(GET, "Arn")?).await?;
    Ok(Some(owner(cx, Kind::ScheduleGroup, name, &tags)))
}

/// Describes a group by name; `None` when it does not exist or is foreign.
async fn described(cx: &Context<'_>, name: &str) -> Result<Option<ObservedResource>> {
    let answer = cx.aws.scheduler.get_schedule_group().name(name).send().await.map_err(Error::from);
    let Some(group) = unless_gone(answer, GONE)? else { return Ok(None) };
    let arn = group.arn.required(GET, "Arn")?;
    let Some(tags) = unless_gone(tags_of(cx, &arn).await, GONE)? else { return Ok(None) };
    Ok(shown(cx, name, arn, group.state.as_ref(), tags))
}

fn shown(
    cx: &Context<'_>,
    name: &str,
    arn: String,
    state: Option<&ScheduleGroupState>,
    tags: Tags,
) -> Option<ObservedResource> {
    let resource = parse(name, format_args!("the schedule group {name}")).map(|name| ScheduleGroup { name });
    let identity = Identity::of_id(name).with_arn(Some(arn));
    let found = ObservedResource::by_tags(cx.plan, Kind::ScheduleGroup, identity, tags)?;
    let found = found.with_fields_or_unreadable(resource);
    Some(if state == Some(&ScheduleGroupState::Deleting) { found.deleting() } else { found })
}

async fn tags_of(cx: &Context<'_>, arn: &str) -> Result<Tags> {
    Ok(from_sdk(cx.aws.scheduler.list_tags_for_resource().resource_arn(arn).send().await?.tags))
}
