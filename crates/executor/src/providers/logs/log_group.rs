//! Log groups. Created by two calls: the group, then its retention.
//!
//! A group is created with all its tags, and is complete when it has the planned retention, which the
//! listing shows. So the digest tag needs no call of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::LogGroup as LiveGroup;
use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::Node;
use saas_model::names::LOG_GROUPS;
use saas_model::resource::{Kind, LogGroup, ResourceSpec};

use crate::context::{Context, Transient};
use crate::error::{Error, Required, Result, unless_gone};
use crate::preflight::names::{Holders, TakenName, common_prefix, owner, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::LiveName;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming, ResourceProvider,
    UniqueWithin,
};
use crate::providers::parse::parse;
use crate::state::absence::under_another_name;
use crate::state::observed::{Identity, ObservedResource, Tags};
use crate::state::tag_index::is_current;

/// CloudWatch Logs accepts one change of a group at a time, and may not see a new group yet.
const TRANSIENT_ERRORS: &[Transient] = &[
    Transient {
        code: "OperationAbortedException",
        message: "",
        why: "another change of the log group is still in progress",
    },
    Transient {
        code: "ResourceNotFoundException",
        message: "",
        why: "the new log group is not visible everywhere yet",
    },
];

/// A caller whose permission depends on a group's tags is denied for some seconds after the creation, until
/// IAM sees the tags. Source: hashicorp/terraform-provider-aws#27028, fixed by #29325.
const UNTAGGED: &[Transient] = &[Transient {
    code: "AccessDeniedException",
    message: "logs:PutRetentionPolicy",
    why: "the tags of the new log group, which allow the caller to change it, are not visible everywhere yet",
}];

/// How many groups have their tags read at a time.
const CONCURRENCY: usize = 8;

/// For how long such a denial is retried.
const UNTAGGED_TIMEOUT: Duration = Duration::from_secs(60);

/// A listing still shows deleted groups for a while.
const GONE: &[&str] = &["ResourceNotFoundException"];

const DESCRIBE: &str = "cloudwatchlogs DescribeLogGroups";

/// A group without a retention keeps all logs. Source: CloudWatch Logs API, `PutRetentionPolicy`.
const FOREVER: &str = "for ever";

impl ResourceProvider for LogGroup {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Name(Naming {
            live: LiveName::IS_ID,
            of_tenant: NamesOfTenant::One(|tenant| tenant.in_each_scope(|names| names.log_group().to_string())),
            is_given: |named| named.is_of_tenant_or_never_changes(),
        }),
        unique_within: UniqueWithin::Region,
        listing: Listing::Late,
        commit_record: CommitRecord::Tags,
        tagging_type: Some("logs"),
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["logs:DescribeLogGroups", "logs:ListTagsForResource"],
            describe: &["logs:DescribeLogStreams", "logs:DescribeSubscriptionFilters"],
            create: &["logs:CreateLogGroup", "logs:PutRetentionPolicy"],
            update: &["logs:PutRetentionPolicy", "logs:TagResource"],
            delete: &["logs:DeleteLogGroup"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        taken_among::<Self>(cx, async |names| holders(cx, names).await).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let planned: BTreeMap<&str, &Node> = cx
            .plan
            .nodes()
            .iter()
            .filter_map(|node| Self::of(&node.resource).map(|group| (group.name.as_str(), node)))
            .collect();
        // In a narrow scope, groups are described by name; otherwise the listing takes fewer calls.
        if cx.scope.is_narrow() {
            let matters = |node: &&Node| node.kind() == Kind::LogGroup && cx.scope.looks_at(&node.address);
            let nodes: Vec<&Node> = cx.plan.nodes().iter().filter(matters).collect();
            if nodes.len() <= PAGE_SIZE / 10 {
                return Self::describe_by_name(cx, &nodes).await;
            }
        }
        let prefix = prefix(&planned);
        let mut pages = cx.aws.logs.describe_log_groups().log_group_name_prefix(prefix).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for group in page?.log_groups.unwrap_or_default() {
                let (name, arn) = name_and_arn(&group)?;
                let wanted = planned.get(name.as_str());
                let tags = match cx.tag_index.tags(cx, &arn).await? {
                    // The index may be late, so the tags of a planned group are read where those of the
                    // index are not as planned.
                    Some(tags) if wanted.is_none_or(|node| is_current(cx, node, &tags)) => tags,
                    _ if wanted.is_some() => match unless_gone(tags_of(cx, &arn).await, GONE)? {
                        Some(tags) => tags,
                        None => continue,
                    },
                    _ => continue,
                };
                found.extend(shown(cx, group, name, &arn, tags));
            }
        }
        Ok(found)
    }

    /// Describes a group by its planned name or, if none exists, by its name of the other scope: the
    /// listing shows only those of the planned scope.
    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let mut found = Vec::new();
        for (node, wanted) in nodes.iter().filter_map(|node| Some((node, Self::of(&node.resource)?))) {
            let planned = described(cx, wanted.name.as_str()).await?;
            found.extend(match (planned, node.address.tenant()) {
                (None, Some(tenant)) => under_another_name::<Self>(cx, tenant, wanted.name.as_str()).await?,
                (planned, _) => planned,
            });
        }
        Ok(found)
    }

    async fn named(cx: &Context<'_>, name: &str) -> Result<Option<ObservedResource>> {
        described(cx, name).await
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let name = self.name.as_str();
        let arn = cx.plan.header().place().arn("logs", format_args!("log-group:{name}"));
        let identity = || Identity::of_id(name).with_arn(Some(&*arn));
        let call = cx.aws.logs.create_log_group().log_group_name(name);
        let call = call.set_tags(Some(cx.tags(node)?.into_iter().collect()));
        cx.create_or_adopt(
            node,
            &["ResourceAlreadyExistsException"],
            name,
            async || {
                cx.retry(TRANSIENT_ERRORS, async || {
                    call.clone().send().await?;
                    Ok(identity())
                })
                .await
            },
            async || Ok((identity(), tags_of(cx, &arn).await?)),
        )
        .await?;
        set_retention(self, cx).await?;
        Ok(identity())
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        _changes: &Changes<'_>,
    ) -> Result<Identity> {
        let arn = found.identity.arn.as_deref().required(DESCRIBE, "arn")?;
        set_retention(self, cx).await?;
        let call = cx.aws.logs.tag_resource().resource_arn(arn).set_tags(Some(cx.tags(node)?.into_iter().collect()));
        cx.retry(TRANSIENT_ERRORS, async || Ok(call.clone().send().await.map(drop)?)).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let gone = cx.retry(&TRANSIENT_ERRORS[..1], async || {
            cx.aws.logs.delete_log_group().log_group_name(&found.identity.id).send().await?;
            Ok(())
        });
        match gone.await {
            Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(()),
            other => other,
        }
    }

    /// AWS updates the number of stored bytes late, so any stream in the group counts as data.
    async fn data_loss(cx: &Context<'_>, found: &ObservedResource) -> Result<Option<String>> {
        let call = cx.aws.logs.describe_log_streams().log_group_name(&found.identity.id).limit(1);
        match call.send().await.map_err(Error::from) {
            Ok(answer) => {
                let has_some = !answer.log_streams.unwrap_or_default().is_empty();
                Ok(has_some.then(|| "all its log events".to_owned()))
            }
            Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Those of the names that exist, with their owners.
async fn holders(cx: &Context<'_>, names: &[&str]) -> Result<Holders> {
    let wanted: BTreeSet<&str> = names.iter().copied().collect();
    let call = cx.aws.logs.describe_log_groups().log_group_name_prefix(common_prefix(names));
    let mut pages = call.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let groups = page?.log_groups.unwrap_or_default().into_iter();
        found.extend(groups.filter_map(|group| Some((group.log_group_name?, group.arn?))));
    }
    let taken = found.into_iter().filter(|(name, _)| wanted.contains(name.as_str()));
    let owners = stream::iter(taken).map(async |(name, arn)| {
        let arn = arn.trim_end_matches(":*");
        let owner = owner(cx, Kind::LogGroup, &name, &tags_of(cx, arn).await?);
        Ok::<_, Error>((name, owner))
    });
    owners.buffered(CONCURRENCY).try_collect().await
}

/// Describes a group by name; `None` when it does not exist or is foreign.
async fn described(cx: &Context<'_>, name: &str) -> Result<Option<ObservedResource>> {
    // Longer names with this prefix come later in the listing. Source: CloudWatch Logs API,
    // `DescribeLogGroups`.
    let answer = cx.aws.logs.describe_log_groups().log_group_name_prefix(name).limit(1).send().await?;
    for group in answer.log_groups.unwrap_or_default() {
        let (live, arn) = name_and_arn(&group)?;
        if live == name {
            let Some(tags) = unless_gone(tags_of(cx, &arn).await, GONE)? else { continue };
            return Ok(shown(cx, group, live, &arn, tags));
        }
    }
    Ok(None)
}

/// How many groups a page lists. Source: CloudWatch Logs API, `DescribeLogGroups`.
const PAGE_SIZE: usize = 50;

fn name_and_arn(group: &LiveGroup) -> Result<(String, String)> {
    let name = group.log_group_name.clone().required(DESCRIBE, "logGroupName")?;
    let arn = group.log_group_arn.as_ref().or(group.arn.as_ref()).required(DESCRIBE, "arn")?;
    Ok((name, arn.trim_end_matches(":*").to_owned()))
}

/// A described group; `None` when its tags name another platform.
fn shown(cx: &Context<'_>, group: LiveGroup, name: String, arn: &str, tags: Tags) -> Option<ObservedResource> {
    let retention_days = group.retention_in_days.and_then(|days| days.try_into().ok()).unwrap_or_default();
    let parsed = parse(&name, format_args!("the log group {name}"));
    let resource = parsed.map(|name| LogGroup { name, retention_days });
    let found = ObservedResource::by_tags(cx.plan, Kind::LogGroup, Identity::of_id(&*name).with_arn(Some(arn)), tags)?;
    let wanted = cx.plan.node(&found.address).and_then(|node| LogGroup::of(&node.resource));
    let complete = wanted.is_none_or(|wanted| wanted.retention_days == retention_days);
    let found = found.with_fields_or_unreadable(resource);
    let found = if complete { found } else { found.incomplete() };
    let found = if group.retention_in_days.is_some() { found } else { found.raw_values("retention_days", FOREVER) };
    Some(if group.deletion_protection_enabled == Some(true) {
        found.blocked(
            name,
            "deletion protection of the log group is enabled",
            "disable it with PutLogGroupDeletionProtection",
        )
    } else {
        found
    })
}

async fn set_retention(wanted: &LogGroup, cx: &Context<'_>) -> Result<()> {
    let days = i32::try_from(wanted.retention_days).unwrap_or(i32::MAX);
    let set = async || {
        cx.retry(TRANSIENT_ERRORS, async || {
            let call = cx.aws.logs.put_retention_policy().log_group_name(wanted.name.as_str());
            call.retention_in_days(days).send().await?;
            Ok(())
        })
        .await
    };
    // Not only after a creation of this run: a killed run may just have created the group.
    cx.retry_for(UNTAGGED_TIMEOUT.min(cx.retry_policy.timeout), UNTAGGED, set).await
}

/// The common prefix of all tenants' log groups, planned or not: a name ends with the tenant's id. Without
/// a tenant, the plan does not determine their scope.
fn prefix<'a, V>(planned: &BTreeMap<&'a str, V>) -> &'a str {
    let name = planned.keys().next().copied().unwrap_or(LOG_GROUPS);
    name.rfind('/').map_or(name, |end| &name[..=end])
}

async fn tags_of(cx: &Context<'_>, arn: &str) -> Result<Tags> {
    let answer = cx.aws.logs.list_tags_for_resource().resource_arn(arn).send().await?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}
