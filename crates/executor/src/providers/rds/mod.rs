//! What the kinds of RDS share: tags, names, states, and looking at a cluster.

pub(crate) mod db_cluster;
pub(crate) mod db_cluster_parameter_group;
pub(crate) mod db_cluster_ties;
pub(crate) mod db_instance;
pub(crate) mod db_subnet_group;
#[cfg(test)]
mod tests;

use aws_sdk_rds::types::{DbCluster as LiveCluster, Tag};
use saas_model::{Kind, Node};

use crate::apply::change_set::{Blocker, Change};
use crate::context::{Context, Readiness, Transient};
use crate::error::{Error, Result};
use crate::state::incomplete::Incomplete;
use crate::state::observed::{ObservedResource, Tags};

/// The engine, as RDS names it.
pub(crate) const ENGINE: &str = "aurora-postgresql";

/// The first call of an account that creates something in RDS makes RDS create its service-linked
/// role, which takes a moment. RDS says so in several texts.
/// Source: aws-samples/eks-workshop-v2#1609, terraform-aws-modules/terraform-aws-rds#364,
/// crossplane-contrib/provider-aws#479.
pub(crate) const LINKED_ROLE: [Transient; 4] = [
    linked_role("service linked role"),
    linked_role("Service Linked Role"),
    linked_role("service-linked role"),
    linked_role("Missing necessary credentials"),
];

const fn linked_role(message: &'static str) -> Transient {
    Transient { code: "InvalidParameterValue", message, why: "RDS is creating its service-linked role" }
}

/// The state of a cluster or an instance that can be used.
const AVAILABLE: &str = "available";

/// How the states begin that end only when a person does something.
///
/// Source: Amazon Aurora User Guide, "Viewing DB cluster status" and "Viewing DB instance status".
const STUCK: [&str; 7] = [
    "failed",
    "inaccessible-",
    "incompatible-",
    "insufficient-capacity",
    "migration-failed",
    "stopped",
    "storage-full",
];

/// Whether a version is later than another, compared as numbers: 15.12 is later than 15.4.
pub(crate) fn is_newer(version: &str, than: &str) -> bool {
    let numbers =
        |version: &str| -> Vec<u32> { version.split('.').map(|number| number.parse().unwrap_or_default()).collect() };
    numbers(version) > numbers(than)
}

/// Tags as RDS takes them.
pub(crate) fn to_rds(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Tags as RDS gives them.
pub(crate) fn from_rds(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default().into_iter().filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}

/// The tags of a group, whose listing lacks them.
pub(crate) async fn tags_of(cx: &Context<'_>, arn: &str) -> Result<Tags> {
    let answer = cx.aws.rds.list_tags_for_resource().resource_name(arn).send().await?;
    Ok(from_rds(answer.tag_list))
}

/// Writes all tags of a node, the digest with them: what comes last.
pub(crate) async fn commit(cx: &Context<'_>, node: &Node, arn: &str) -> Result<()> {
    let tags = to_rds(&cx.tags(node)?);
    let call = cx.aws.rds.add_tags_to_resource().resource_name(arn).set_tags(Some(tags));
    cx.retry(NOT_YET_TAGGED, async || Ok(call.clone().send().await.map(drop)?)).await
}

/// What was just made or changed may not be seen by what writes its tags.
/// Source: Amazon RDS API, `AddTagsToResource`, errors.
const NOT_YET_TAGGED: &[Transient] = &[
    untagged("DBClusterNotFoundFault"),
    untagged("DBInstanceNotFound"),
    untagged("DBSubnetGroupNotFoundFault"),
    untagged("DBParameterGroupNotFound"),
    untagged("InvalidDBClusterStateFault"),
    untagged("InvalidDBInstanceState"),
];

const fn untagged(code: &'static str) -> Transient {
    Transient { code, message: "", why: "RDS is still working on what is tagged" }
}

/// Whether a group of this name may be the platform's; its tags say whether it is.
pub(crate) fn may_be_ours(cx: &Context<'_>, name: &str) -> bool {
    name.strip_prefix(cx.plan.header().platform.as_str()).is_some_and(|rest| rest.starts_with('-'))
}

/// Whether what the references of a node stand for is not what the resource was given.
pub(crate) fn rebound(cx: &Context<'_>, node: &Node, found: &ObservedResource) -> Result<bool> {
    Ok(found.resolved_inputs != Some(cx.resolved_inputs(node)?))
}

/// What was found, as its state allows it to be taken.
pub(crate) fn in_state(found: ObservedResource, status: Option<&str>) -> ObservedResource {
    match status {
        // It was not there before, and nobody has seen it complete.
        Some(state @ "creating") => found.because(Incomplete::NotReady { state: state.to_owned() }),
        Some("deleting") => found.deleting(),
        _ => found,
    }
}

/// Whether something in this state can be used; an error where waiting is in vain.
pub(crate) fn look<T>(what: &str, status: Option<&str>, value: T) -> Result<Readiness<T>> {
    match status.unwrap_or_default() {
        AVAILABLE => Ok(Readiness::Ready(value)),
        status if STUCK.iter().any(|stuck| status.starts_with(stuck)) => {
            Err(Error::Failed { what: what.to_owned(), reason: format!("RDS says `{status}`") })
        }
        status => Ok(Readiness::NotYet(status.to_owned())),
    }
}

/// A cluster as it is; `None` when there is none of this name.
pub(crate) async fn cluster(cx: &Context<'_>, name: &str) -> Result<Option<LiveCluster>> {
    match cx.aws.rds.describe_db_clusters().db_cluster_identifier(name).send().await.map_err(Error::from) {
        Ok(answer) => Ok(answer.db_clusters.unwrap_or_default().pop()),
        Err(error) if error.is(&["DBClusterNotFoundFault"]) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The clusters that saas has not made and that use groups which go: RDS keeps a group in use.
pub(crate) async fn clusters_of_others(
    cx: &Context<'_>,
    changes: &[&Change],
    group: &str,
    uses: impl Fn(&LiveCluster) -> Option<String>,
) -> Result<Vec<Blocker>> {
    let deleting: Vec<&ObservedResource> = changes.iter().filter_map(|change| change.removed()).collect();
    let mut blockers = Vec::new();
    if deleting.is_empty() {
        return Ok(blockers);
    }
    let mut pages = cx.aws.rds.describe_db_clusters().into_paginator().send();
    while let Some(page) = pages.next().await {
        for cluster in page?.db_clusters.unwrap_or_default() {
            let name = cluster.db_cluster_identifier().unwrap_or_default();
            let used = uses(&cluster);
            for found in deleting.iter().filter(|found| used.as_deref() == Some(&*found.identity.id)) {
                if !cx.live.knows(Kind::DbCluster, name) {
                    let what = format!("this cluster, which saas has not made, uses the {group}");
                    let remedy = format!("give the cluster another {group}, or delete it");
                    blockers.push(Blocker::new(found.address.clone(), found.kind, name, what, remedy));
                }
            }
        }
    }
    Ok(blockers)
}

/// The instances outside of clusters that use subnet groups which go: RDS keeps a group in use.
pub(crate) async fn instances_of_others(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
    let deleting: Vec<&ObservedResource> = changes.iter().filter_map(|change| change.removed()).collect();
    let mut blockers = Vec::new();
    if deleting.is_empty() {
        return Ok(blockers);
    }
    let mut pages = cx.aws.rds.describe_db_instances().into_paginator().send();
    while let Some(page) = pages.next().await {
        // What uses the group of one in a cluster is its cluster.
        let alone =
            page?.db_instances.unwrap_or_default().into_iter().filter(|one| one.db_cluster_identifier.is_none());
        for instance in alone {
            let group = instance.db_subnet_group().and_then(|group| group.db_subnet_group_name());
            let name = instance.db_instance_identifier().unwrap_or_default();
            for found in deleting.iter().filter(|found| group == Some(&*found.identity.id)) {
                let what = "this database instance, which saas has not made, uses the DB subnet group";
                let remedy = "move the instance to another DB subnet group, or delete it";
                blockers.push(Blocker::new(found.address.clone(), found.kind, name, what, remedy));
            }
        }
    }
    Ok(blockers)
}
