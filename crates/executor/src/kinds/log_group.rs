//! Log groups. Made by two calls: the group, then its retention.
//!
//! The group is made with all its tags, and is complete when its retention is what its node wants,
//! which the listing shows. So no further call is needed to say so.

use std::collections::BTreeMap;

use saas_model::Node;
use saas_model::resource::{Kind, LogGroup, Wanted};

use crate::context::{Cx, Transient};
use crate::error::{Always, Error, Result};
use crate::live::{Found, Identity, Tags};
use crate::manage::{Changes, Manage, Reading};

/// How the names of all tenants' log groups begin, see [`saas_model::names`].
const PREFIX: &str = "/ecs/tenant/";

/// CloudWatch Logs takes one change of a group at a time, and may not see a new one yet.
const SETTLING: &[Transient] = &[
    Transient { code: "OperationAbortedException", message: "", why: "another change of the log group is still under way" },
    Transient { code: "ResourceNotFoundException", message: "", why: "the new log group is not visible everywhere yet" },
];

const DESCRIBE: &str = "cloudwatchlogs DescribeLogGroups";

impl Manage for LogGroup {
    const IN_PLACE: &'static [&'static str] = &["retention_days"];

    async fn observe(cx: &Cx<'_>) -> Result<Vec<Found>> {
        let planned: BTreeMap<&str, &Self> =
            cx.plan.nodes().iter().filter_map(|node| Self::of(&node.resource)).map(|group| (group.name.as_str(), group)).collect();
        let mut pages = cx.aws.logs.describe_log_groups().log_group_name_prefix(PREFIX).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for group in page?.log_groups.unwrap_or_default() {
                let name = group.log_group_name.always(DESCRIBE, "logGroupName")?;
                let arn = group.log_group_arn.or(group.arn).always(DESCRIBE, "arn")?;
                let arn = arn.trim_end_matches(":*");
                let wanted = planned.get(name.as_str());
                let tags = match cx.tag_index.tags(cx, arn).await? {
                    Some(tags) => tags,
                    // The index may be late; a group that the plan names is asked itself.
                    None if wanted.is_some() => tags_of(cx, arn).await?,
                    None => continue,
                };
                let resource = Self {
                    name: name.parse().map_err(|error| unreadable(&name, &error))?,
                    retention_days: group.retention_in_days.and_then(|days| days.try_into().ok()).unwrap_or_default(),
                };
                let complete = wanted.is_none_or(|wanted| wanted.retention_days == resource.retention_days);
                let group = Found::by_tags(cx.plan, Kind::LogGroup, Identity::of_id(name).with_arn(Some(arn)), tags);
                let group = group.map(|group| group.seen(resource));
                found.extend(group.map(|group| if complete { group } else { group.incomplete() }));
            }
        }
        Ok(found)
    }

    async fn read(_cx: &Cx<'_>, found: &Found) -> Result<Reading> {
        Reading::seen(found).always(DESCRIBE, "logGroups")
    }

    async fn create(&self, cx: &Cx<'_>, node: &Node) -> Result<Identity> {
        let name = self.name.as_str();
        let arn = cx.plan.header().place().arn("logs", format_args!("log-group:{name}"));
        let identity = || Identity::of_id(name).with_arn(Some(&*arn));
        let call = cx.aws.logs.create_log_group().log_group_name(name);
        let call = call.set_tags(Some(cx.tags(node)?.into_iter().collect()));
        cx.unless_exists(
            node,
            &["ResourceAlreadyExistsException"],
            name,
            async || {
                cx.patiently(SETTLING, async || {
                    call.clone().send().await?;
                    Ok(identity())
                })
                .await
            },
            async || Ok((identity(), tags_of(cx, &arn).await?)),
        )
        .await?;
        self.set_retention(cx).await?;
        Ok(identity())
    }

    async fn update(&self, cx: &Cx<'_>, node: &Node, found: &Found, _changes: &Changes<'_>) -> Result<Identity> {
        let arn = found.identity.arn.as_deref().always(DESCRIBE, "arn")?;
        self.set_retention(cx).await?;
        let tags = cx.tags(node)?.into_iter().collect();
        cx.aws.logs.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Cx<'_>, found: &Found) -> Result<()> {
        let gone = cx.patiently(&SETTLING[..1], async || {
            cx.aws.logs.delete_log_group().log_group_name(&found.identity.id).send().await?;
            Ok(())
        });
        match gone.await {
            Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(()),
            other => other,
        }
    }
}

trait Retention {
    async fn set_retention(&self, cx: &Cx<'_>) -> Result<()>;
}

impl Retention for LogGroup {
    async fn set_retention(&self, cx: &Cx<'_>) -> Result<()> {
        let days = i32::try_from(self.retention_days).unwrap_or(i32::MAX);
        cx.patiently(SETTLING, async || {
            let call = cx.aws.logs.put_retention_policy().log_group_name(self.name.as_str());
            call.retention_in_days(days).send().await?;
            Ok(())
        })
        .await
    }
}

async fn tags_of(cx: &Cx<'_>, arn: &str) -> Result<Tags> {
    let answer = cx.aws.logs.list_tags_for_resource().resource_arn(arn).send().await?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}

fn unreadable(name: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Unexpected { what: format!("the log group {name}"), reason: error.to_string() }
}
