//! Schedules of EventBridge Scheduler, each of which starts a task. Created by one call.
//!
//! A schedule has no tags. It is the platform's because its group is, and its description names its node. An
//! update replaces the whole schedule, so all of it is compared, and what the model does not know is reset.

use std::collections::BTreeSet;

use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::names::Names;
use saas_model::resource::{Kind, ResourceSpec, Schedule};
use saas_model::{Address, Node, Ref};

use crate::context::{Context, Transient};
use crate::error::{Error, Result, unless_gone};
use crate::preflight::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::providers::scheduler::schedule_fields::{
    address_in, description, foreign_settings, resource, target, window,
};
use crate::state::observed::{Identity, ObservedResource};

/// The unmodelled field for settings that the plan does not have.
const SETTINGS: &str = "settings";

const GONE: &[&str] = &["ResourceNotFoundException"];

/// How many schedules are described at a time.
const SIDE_BY_SIDE: usize = 8;

/// How many schedules a page lists. Source: Amazon EventBridge Scheduler API, `ListSchedules`.
const PAGE: i32 = 100;

/// Transient errors. A new role cannot be assumed for some seconds.
const NOT_YET: &[Transient] = &[
    Transient {
        code: "ValidationException",
        message: "to assume the role",
        why: "EventBridge Scheduler cannot assume the new role yet",
    },
    Transient {
        code: "ResourceNotFoundException",
        message: "Schedule group",
        why: "the new schedule group is not visible everywhere yet",
    },
];

impl ResourceProvider for Schedule {
    const DECLARATION: Declaration = Declaration {
        // Its tasks use what those of services do.
        needs: &[
            Kind::Migration,
            Kind::SecurityGroupRule,
            Kind::LogGroup,
            Kind::Secret,
            Kind::TenantSchema,
            Kind::Bucket,
        ],
        concurrency: Concurrency::WIDE,
        identification: Identification::Property,
        unique_within: UniqueWithin::Container,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Fields,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["scheduler:ListSchedules", "scheduler:GetSchedule"],
            describe: &[],
            create: &["scheduler:CreateSchedule"],
            update: &["scheduler:UpdateSchedule"],
            delete: &["scheduler:DeleteSchedule"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    /// A group of the platform has only schedules of the platform.
    async fn taken_names(_cx: &Context<'_>) -> Result<Vec<TakenName>> {
        Ok(Vec::new())
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let groups: BTreeSet<String> =
            cx.live.every(Kind::ScheduleGroup).into_iter().map(|group| group.identity.id).collect();
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let names = if cx.scope.is_narrow() { planned(cx, &groups) } else { listed(cx, &groups).await? };
        let described = stream::iter(names).map(async |(group, name)| {
            let call = cx.aws.scheduler.get_schedule().group_name(&group).name(&name);
            let live = unless_gone(call.send().await.map_err(Error::from), GONE)?;
            Ok::<_, Error>(live.and_then(|live| observed(cx, &group, &name, live)))
        });
        let found: Vec<Option<ObservedResource>> = described.buffered(SIDE_BY_SIDE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let group = cx.id(&self.group)?;
        let target = target(cx, self)?;
        let created = cx.retry(NOT_YET, async || {
            let create = cx.aws.scheduler.create_schedule().group_name(&group).name(self.name.as_str());
            let create = create
                .schedule_expression(self.expression.as_str())
                .schedule_expression_timezone(self.timezone.as_str())
                .description(description(&node.address))
                .flexible_time_window(window())
                .target(target.clone())
                .client_token(cx.token(node)?);
            create.send().await?;
            Ok(())
        });
        match created.await {
            // It is in a group of the platform, so a killed run or an operator made it.
            Err(error) if error.is(&["ConflictException"]) => replace(self, cx, node).await?,
            other => other?,
        }
        Ok(identity(&group, self.name.as_str()))
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        _changes: &Changes<'_>,
    ) -> Result<Identity> {
        replace(self, cx, node).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let Some((group, name)) = found.identity.id.split_once('/') else { return Ok(()) };
        let deleted = cx.aws.scheduler.delete_schedule().group_name(group).name(name).send().await;
        unless_gone(deleted.map_err(Error::from), GONE).map(drop)
    }
}

/// A schedule is identified by its group and its name.
fn identity(group: &str, name: &str) -> Identity {
    Identity::of_id(format!("{group}/{name}"))
}

/// Replaces the whole schedule.
async fn replace(wanted: &Schedule, cx: &Context<'_>, node: &Node) -> Result<()> {
    let group = cx.id(&wanted.group)?;
    let target = target(cx, wanted)?;
    cx.retry(NOT_YET, async || {
        let update = cx.aws.scheduler.update_schedule().group_name(&group).name(wanted.name.as_str());
        let update = update
            .schedule_expression(wanted.expression.as_str())
            .schedule_expression_timezone(wanted.timezone.as_str())
            .description(description(&node.address))
            .flexible_time_window(window())
            .target(target.clone());
        update.send().await?;
        Ok(())
    })
    .await
}

/// The groups and names of the planned schedules within the scope whose groups are live.
fn planned(cx: &Context<'_>, groups: &BTreeSet<String>) -> Vec<(String, String)> {
    let nodes = cx.plan.nodes().iter().filter(|node| cx.scope.looks_at(&node.address));
    let named = nodes.filter_map(|node| {
        let schedule = Schedule::of(&node.resource)?;
        Some((cx.id(&schedule.group).ok()?, schedule.name.to_string()))
    });
    named.filter(|(group, _)| groups.contains(group)).collect()
}

/// The groups and names of all schedules in these groups.
async fn listed(cx: &Context<'_>, groups: &BTreeSet<String>) -> Result<Vec<(String, String)>> {
    // A name begins as those of the platform do, so one listing shows the schedules of all groups. It would miss
    // one that an operator gave another name, which is deleted with its group.
    let prefix = Names::new(cx.plan.header().platform.clone()).prefix();
    let mut pages = cx.aws.scheduler.list_schedules().name_prefix(prefix).max_results(PAGE).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let listed = page?.schedules.into_iter().filter_map(|schedule| Some((schedule.group_name?, schedule.name?)));
        found.extend(listed.filter(|(group, _)| groups.contains(group)));
    }
    Ok(found)
}

/// A described schedule; `None` where neither the plan nor its description says its address.
fn observed(cx: &Context<'_>, group: &str, name: &str, live: GetScheduleOutput) -> Option<ObservedResource> {
    let group_address = cx.live.address_of(Kind::ScheduleGroup, group);
    let address = address(cx, &group_address, name).or_else(|| address_in(live.description()?))?;
    // A description that an operator wrote must not make it a schedule of another tenant.
    if address.tenant() != group_address.tenant() {
        return None;
    }
    let found = ObservedResource::bare(Kind::Schedule, address, identity(group, name).with_arn(live.arn.clone()));
    let settings = foreign_settings(&live, &found.address);
    let found = match resource(cx, Ref::to(group_address), name, live) {
        Ok((schedule, raw_values)) => {
            let found = found.with_fields(schedule);
            raw_values.into_iter().fold(found, |found, (field, said)| found.raw_values(&field, said))
        }
        Err(error) => found.with_fields_or_unreadable(Err::<Schedule, _>(error)),
    };
    Some(found.unplanned(SETTINGS, settings))
}

/// The address of the planned schedule with this name in a group.
fn address(cx: &Context<'_>, group: &Address, name: &str) -> Option<Address> {
    let is_it = |node: &&Node| {
        Schedule::of(&node.resource)
            .is_some_and(|planned| planned.name.as_str() == name && planned.group.address() == group)
    };
    cx.plan.nodes().iter().find(is_it).map(|node| node.address.clone())
}
