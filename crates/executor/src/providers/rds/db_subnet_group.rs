//! The subnets of a database. Created by one call.

use aws_sdk_rds::types::{DbCluster as LiveCluster, DbSubnetGroup as LiveGroup};
use saas_model::Node;
use saas_model::resource::{DbSubnetGroup, Kind, ResourceSpec, Subnet};

use crate::apply::change_set::Change;
use crate::context::{Context, Transient};
use crate::error::{Error, Required, Result, unless_gone};
use crate::preflight::names::{Owner, TakenName, each, owner, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::LiveName;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming, ResourceProvider,
    UniqueWithin,
};
use crate::providers::parse::parse;
use crate::providers::rds::{
    LINKED_ROLE, clusters_of_others, commit, instances_of_others, may_be_ours, rebound, tags_of,
};
use crate::providers::tags::to_sdk;
use crate::state::blocker::Blocker;
use crate::state::observed::{Identity, ObservedResource};

/// RDS reads the subnets from EC2, which may not show new ones everywhere yet.
const NOT_YET_VISIBLE: &[Transient] = &[
    Transient { code: "InvalidSubnet", message: "", why: "RDS does not see the new subnets yet" },
    Transient {
        code: "InvalidParameterValue",
        message: "Some input subnets",
        why: "RDS does not see the new subnets yet",
    },
    Transient {
        code: "DBSubnetGroupDoesNotCoverEnoughAZs",
        message: "",
        why: "RDS does not see the new subnets of every zone yet",
    },
];

/// A deleted cluster keeps its group in use for a moment.
const IN_USE: &[Transient] = &[Transient {
    code: "InvalidDBSubnetGroupStateFault",
    message: "",
    why: "the database that used the subnet group is still being deleted",
}];

/// The code for a group that no longer exists, which a listing may still show.
const GONE: &[&str] = &["DBSubnetGroupNotFoundFault"];

impl ResourceProvider for DbSubnetGroup {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Name(Naming {
            live: LiveName::IS_ID,
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
            list: &["rds:DescribeDBSubnetGroups", "rds:ListTagsForResource"],
            describe: &["rds:DescribeDBClusters", "rds:DescribeDBInstances"],
            create: &["rds:CreateDBSubnetGroup"],
            update: &["rds:ModifyDBSubnetGroup", "rds:AddTagsToResource"],
            delete: &["rds:DeleteDBSubnetGroup"],
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
        let mut pages = cx.aws.rds.describe_db_subnet_groups().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for group in page?.db_subnet_groups.unwrap_or_default() {
                if may_be_ours(cx, group.db_subnet_group_name().unwrap_or_default()) {
                    found.extend(shown(cx, group).await?);
                }
            }
        }
        Ok(found)
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let mut found = Vec::new();
        for group in nodes.iter().filter_map(|node| Self::of(&node.resource)) {
            let call = cx.aws.rds.describe_db_subnet_groups().db_subnet_group_name(group.name.as_str());
            match call.send().await.map_err(Error::from) {
                Ok(answer) => {
                    for group in answer.db_subnet_groups.unwrap_or_default() {
                        found.extend(shown(cx, group).await?);
                    }
                }
                Err(error) if error.is(&["DBSubnetGroupNotFoundFault"]) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let subnets = cx.ids(&self.subnets)?;
        let tags = to_sdk(&cx.tags(node)?);
        let transients = [NOT_YET_VISIBLE, &LINKED_ROLE].concat();
        cx.create_or_adopt(
            node,
            &["DBSubnetGroupAlreadyExists"],
            self.name.as_str(),
            async || {
                cx.retry(&transients, async || {
                    let answer = cx
                        .aws
                        .rds
                        .create_db_subnet_group()
                        .db_subnet_group_name(self.name.as_str())
                        .db_subnet_group_description(&self.description)
                        .set_subnet_ids(Some(subnets.clone()))
                        .set_tags(Some(tags.clone()))
                        .send()
                        .await?;
                    let arn = answer.db_subnet_group.and_then(|group| group.db_subnet_group_arn);
                    Ok(identity(self, arn.required("rds CreateDBSubnetGroup", "DBSubnetGroupArn")?))
                })
                .await
            },
            async || {
                let describe = cx.aws.rds.describe_db_subnet_groups().db_subnet_group_name(self.name.as_str());
                let group = describe.send().await?.db_subnet_groups.unwrap_or_default().pop();
                let arn = group.and_then(|group| group.db_subnet_group_arn);
                let arn = arn.required("rds DescribeDBSubnetGroups", "DBSubnetGroupArn")?;
                let tags = tags_of(cx, &arn).await?;
                Ok((identity(self, arn), tags))
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
        let arn = found.identity.arn.as_deref().required("rds DescribeDBSubnetGroups", "DBSubnetGroupArn")?;
        if changes.touch_updatable::<Self>() || rebound(cx, node, found)? {
            let subnets = cx.ids(&self.subnets)?;
            cx.retry(NOT_YET_VISIBLE, async || {
                cx.aws
                    .rds
                    .modify_db_subnet_group()
                    .db_subnet_group_name(self.name.as_str())
                    .db_subnet_group_description(&self.description)
                    .set_subnet_ids(Some(subnets.clone()))
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
        let gone = cx.retry(IN_USE, async || {
            cx.aws.rds.delete_db_subnet_group().db_subnet_group_name(&found.identity.id).send().await?;
            Ok(())
        });
        match gone.await {
            Err(error) if error.is(&["DBSubnetGroupNotFoundFault"]) => Ok(()),
            other => other,
        }
    }

    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        let uses = |cluster: &LiveCluster| cluster.db_subnet_group.clone();
        let mut blockers = clusters_of_others(cx, changes, "DB subnet group", uses).await?;
        blockers.extend(instances_of_others(cx, changes).await?);
        Ok(blockers)
    }
}

/// The owner of the group with a name.
async fn holder(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.rds.describe_db_subnet_groups().db_subnet_group_name(name).send().await.map_err(Error::from);
    let answer = unless_gone(answer, GONE)?;
    let group = answer.and_then(|answer| answer.db_subnet_groups.unwrap_or_default().pop());
    let Some(arn) = group.and_then(|group| group.db_subnet_group_arn) else { return Ok(None) };
    Ok(Some(owner(cx, Kind::DbSubnetGroup, name, &tags_of(cx, &arn).await?)))
}

/// A described group; `None` when its tags name another platform.
async fn shown(cx: &Context<'_>, group: LiveGroup) -> Result<Option<ObservedResource>> {
    let name = group.db_subnet_group_name.required("rds DescribeDBSubnetGroups", "DBSubnetGroupName")?;
    let arn = group.db_subnet_group_arn.required("rds DescribeDBSubnetGroups", "DBSubnetGroupArn")?;
    let subnets = group.subnets.unwrap_or_default().into_iter().filter_map(|subnet| subnet.subnet_identifier);
    let subnets = subnets.map(|id| cx.reference::<Subnet>(&id)).collect();
    let parsed = parse(&name, format_args!("the DB subnet group {name}"));
    let description = group.db_subnet_group_description.unwrap_or_default();
    let resource = parsed.map(|name| DbSubnetGroup { name, description, subnets });
    let Some(tags) = unless_gone(tags_of(cx, &arn).await, GONE)? else { return Ok(None) };
    let found =
        ObservedResource::by_tags(cx.plan, Kind::DbSubnetGroup, Identity::of_id(name).with_arn(Some(arn)), tags);
    Ok(found.map(|found| found.with_fields_or_unreadable(resource)))
}

fn identity(group: &DbSubnetGroup, arn: String) -> Identity {
    Identity::of_id(group.name.as_str()).with_arn(Some(arn))
}
