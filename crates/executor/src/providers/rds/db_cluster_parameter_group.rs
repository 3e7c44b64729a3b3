//! The parameters of a database cluster. Created by one call for the group and one for each 20 parameters.
//!
//! A group is created with all its tags, and is complete when it has its planned parameters, which the
//! listing of customer-set parameters shows. So the digest tag needs no call of its own.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{
    ApplyMethod as LiveMethod, DbCluster as LiveCluster, DbClusterParameterGroup as LiveGroup,
    Parameter as LiveParameter,
};
use saas_model::Node;
use saas_model::resource::{ApplyMethod, DbCluster, DbClusterParameterGroup, Kind, Parameter, ResourceSpec};

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
use crate::providers::rds::db_instance::reboot_members;
use crate::providers::rds::{LINKED_ROLE, clusters_of_others, commit, may_be_ours, tags_of};
use crate::providers::tags::to_sdk;
use crate::state::blocker::Blocker;
use crate::state::observed::{Identity, ObservedResource};

/// How many parameters one call may change. Source: Amazon RDS API, `ModifyDBClusterParameterGroup`.
const BATCH_SIZE: usize = 20;

/// A group that was just created or changed cannot be changed at once.
const TRANSIENT_ERRORS: &[Transient] = &[
    Transient {
        code: "DBParameterGroupNotFound",
        message: "",
        why: "the new parameter group is not visible everywhere yet",
    },
    Transient { code: "InvalidDBParameterGroupState", message: "", why: "RDS is still working on the parameter group" },
];

/// A deleted cluster keeps its group in use for a moment.
const IN_USE: &[Transient] = &[Transient {
    code: "InvalidDBParameterGroupState",
    message: "",
    why: "the database that used the parameter group is still being deleted",
}];

/// The code for a group that no longer exists, which a listing may still show.
const GONE: &[&str] = &["DBParameterGroupNotFound"];

impl ResourceProvider for DbClusterParameterGroup {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Name(Naming {
            live: LiveName::IS_ID,
            of_tenant: NamesOfTenant::Undetermined,
            is_given: |group| group.tenant().is_some() || group.names().is_db_parameter_group(group.name),
        }),
        unique_within: UniqueWithin::Region,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &[
                "rds:DescribeDBClusterParameterGroups",
                "rds:DescribeDBClusterParameters",
                "rds:ListTagsForResource",
            ],
            describe: &["rds:DescribeDBClusters", "rds:DescribeDBInstances"],
            create: &["rds:CreateDBClusterParameterGroup", "rds:ModifyDBClusterParameterGroup"],
            update: &[
                "rds:ModifyDBClusterParameterGroup",
                "rds:ResetDBClusterParameterGroup",
                "rds:RebootDBInstance",
                "rds:AddTagsToResource",
            ],
            delete: &["rds:DeleteDBClusterParameterGroup"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        taken_among::<Self>(cx, async |names| each(names, async |name| holder(cx, name).await).await).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let mut pages = cx.aws.rds.describe_db_cluster_parameter_groups().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for group in page?.db_cluster_parameter_groups.unwrap_or_default() {
                if may_be_ours(cx, group.db_cluster_parameter_group_name().unwrap_or_default()) {
                    found.extend(shown(cx, group).await?);
                }
            }
        }
        Ok(found)
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let mut found = Vec::new();
        for group in nodes.iter().filter_map(|node| Self::of(&node.resource)) {
            let call = cx.aws.rds.describe_db_cluster_parameter_groups();
            match call.db_cluster_parameter_group_name(group.name.as_str()).send().await.map_err(Error::from) {
                Ok(answer) => {
                    for group in answer.db_cluster_parameter_groups.unwrap_or_default() {
                        found.extend(shown(cx, group).await?);
                    }
                }
                Err(error) if error.is(&["DBParameterGroupNotFound"]) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let name = self.name.as_str();
        let tags = to_sdk(&cx.tags(node)?);
        let identity = |arn: Option<String>| {
            let arn = arn.required("rds CreateDBClusterParameterGroup", "DBClusterParameterGroupArn")?;
            Ok(Identity::of_id(name).with_arn(Some(arn)))
        };
        let made = cx.create_or_adopt(
            node,
            &["DBParameterGroupAlreadyExists"],
            name,
            async || {
                let call = cx.aws.rds.create_db_cluster_parameter_group().db_cluster_parameter_group_name(name);
                let call = call.db_parameter_group_family(&self.family).description(&self.description);
                let call = call.set_tags(Some(tags.clone()));
                let made = cx.retry(&LINKED_ROLE, async || Ok(call.clone().send().await?)).await?;
                identity(made.db_cluster_parameter_group.and_then(|group| group.db_cluster_parameter_group_arn))
            },
            async || {
                let call = cx.aws.rds.describe_db_cluster_parameter_groups().db_cluster_parameter_group_name(name);
                let group = call.send().await?.db_cluster_parameter_groups.unwrap_or_default().pop();
                let arn = group.and_then(|group| group.db_cluster_parameter_group_arn).required(DESCRIBE, "groups")?;
                let tags = tags_of(cx, &arn).await?;
                Ok((identity(Some(arn))?, tags))
            },
        );
        let made = made.await?;
        modify(cx, name, &self.parameters).await?;
        Ok(made)
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        _changes: &Changes<'_>,
    ) -> Result<Identity> {
        let name = self.name.as_str();
        let live = parameters(cx, name).await?;
        let differs = |(key, parameter): &(&String, &Parameter)| live.get(*key) != Some(parameter);
        let changed: BTreeMap<_, _> =
            self.parameters.iter().filter(differs).map(|(key, parameter)| (key.clone(), parameter.clone())).collect();
        let dropped: BTreeMap<_, _> = live.into_iter().filter(|(key, _)| !self.parameters.contains_key(key)).collect();
        modify(cx, name, &changed).await?;
        reset(cx, name, &dropped).await?;
        if changed.values().chain(dropped.values()).any(|parameter| parameter.apply == ApplyMethod::PendingReboot) {
            for cluster in users(cx, node) {
                reboot_members(cx, &cluster.identity.id).await?;
            }
        }
        let arn = found.identity.arn.as_deref().required(DESCRIBE, "DBClusterParameterGroupArn")?;
        commit(cx, node, arn).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let gone = cx.retry(IN_USE, async || {
            let name = &found.identity.id;
            cx.aws.rds.delete_db_cluster_parameter_group().db_cluster_parameter_group_name(name).send().await?;
            Ok(())
        });
        match gone.await {
            Err(error) if error.is(&["DBParameterGroupNotFound"]) => Ok(()),
            other => other,
        }
    }

    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        let uses = |cluster: &LiveCluster| cluster.db_cluster_parameter_group.clone();
        clusters_of_others(cx, changes, "parameter group", uses).await
    }
}

/// The owner of the group with a name.
async fn holder(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let call = cx.aws.rds.describe_db_cluster_parameter_groups().db_cluster_parameter_group_name(name);
    let answer = unless_gone(call.send().await.map_err(Error::from), GONE)?;
    let group = answer.and_then(|answer| answer.db_cluster_parameter_groups.unwrap_or_default().pop());
    let Some(arn) = group.and_then(|group| group.db_cluster_parameter_group_arn) else { return Ok(None) };
    Ok(Some(owner(cx, Kind::DbClusterParameterGroup, name, &tags_of(cx, &arn).await?)))
}

/// A described group; `None` when its tags name another platform.
async fn shown(cx: &Context<'_>, group: LiveGroup) -> Result<Option<ObservedResource>> {
    let name = group.db_cluster_parameter_group_name.required(DESCRIBE, "DBClusterParameterGroupName")?;
    let arn = group.db_cluster_parameter_group_arn.required(DESCRIBE, "DBClusterParameterGroupArn")?;
    let identity = Identity::of_id(&*name).with_arn(Some(&*arn));
    let Some(tags) = unless_gone(tags_of(cx, &arn).await, GONE)? else { return Ok(None) };
    let Some(mine) = ObservedResource::by_tags(cx.plan, Kind::DbClusterParameterGroup, identity, tags) else {
        return Ok(None);
    };
    let Some(parameters) = unless_gone(parameters(cx, &name).await, GONE)? else { return Ok(None) };
    let wanted = cx.plan.node(&mine.address).and_then(|node| DbClusterParameterGroup::of(&node.resource));
    let complete = wanted.is_none_or(|wanted| wanted.parameters == parameters);
    let parsed = parse(&name, format_args!("the DB cluster parameter group {name}"));
    let mine = mine.with_fields_or_unreadable(parsed.map(|name| DbClusterParameterGroup {
        name,
        family: group.db_parameter_group_family.unwrap_or_default(),
        description: group.description.unwrap_or_default(),
        parameters,
    }));
    Ok(Some(if complete { mine } else { mine.incomplete() }))
}

/// The source of parameters that a customer has set. Source: Amazon RDS API, `DescribeDBClusterParameters`.
const USER_SOURCE: &str = "user";

const DESCRIBE: &str = "rds DescribeDBClusterParameterGroups";

/// The live clusters that use the group of a node.
fn users<'a>(cx: &'a Context<'_>, node: &'a Node) -> impl Iterator<Item = ObservedResource> + 'a {
    cx.live.of_kind(Kind::DbCluster).into_iter().filter(|found| {
        let cluster = found.fields.as_ref().and_then(DbCluster::of);
        cluster.is_some_and(|cluster| cluster.parameter_group.address() == &node.address)
    })
}

/// The parameters of a group that differ from the defaults of its family.
async fn parameters(cx: &Context<'_>, group: &str) -> Result<BTreeMap<String, Parameter>> {
    let call = cx.aws.rds.describe_db_cluster_parameters().db_cluster_parameter_group_name(group).source(USER_SOURCE);
    let mut pages = call.into_paginator().send();
    let mut found = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let listed = page?.parameters.unwrap_or_default().into_iter();
        for parameter in listed.filter(|parameter| parameter.source().is_none_or(|source| source == USER_SOURCE)) {
            let name = parameter.parameter_name.required("rds DescribeDBClusterParameters", "ParameterName")?;
            let apply = match parameter.apply_method {
                Some(LiveMethod::Immediate) => ApplyMethod::Immediate,
                _ => ApplyMethod::PendingReboot,
            };
            found.insert(name, Parameter { value: parameter.parameter_value.unwrap_or_default(), apply });
        }
    }
    Ok(found)
}

async fn modify(cx: &Context<'_>, group: &str, parameters: &BTreeMap<String, Parameter>) -> Result<()> {
    for parameters in to_rds_parameters(parameters).chunks(BATCH_SIZE) {
        cx.retry(TRANSIENT_ERRORS, async || {
            let call = cx.aws.rds.modify_db_cluster_parameter_group().db_cluster_parameter_group_name(group);
            call.set_parameters(Some(parameters.to_vec())).send().await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// Resets parameters to the defaults of their family.
async fn reset(cx: &Context<'_>, group: &str, parameters: &BTreeMap<String, Parameter>) -> Result<()> {
    for parameters in to_rds_parameters(parameters).chunks(BATCH_SIZE) {
        cx.retry(TRANSIENT_ERRORS, async || {
            let call = cx.aws.rds.reset_db_cluster_parameter_group().db_cluster_parameter_group_name(group);
            call.set_parameters(Some(parameters.to_vec())).send().await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}

fn to_rds_parameters(parameters: &BTreeMap<String, Parameter>) -> Vec<LiveParameter> {
    let one = |(name, parameter): (&String, &Parameter)| {
        let apply = match parameter.apply {
            ApplyMethod::Immediate => LiveMethod::Immediate,
            ApplyMethod::PendingReboot => LiveMethod::PendingReboot,
        };
        LiveParameter::builder().parameter_name(name).parameter_value(&parameter.value).apply_method(apply).build()
    };
    parameters.iter().map(one).collect()
}
