//! What the providers of RDS share: tags, names, states, and the description of a cluster.

pub(crate) mod db_cluster;
pub(crate) mod db_cluster_parameter_group;
pub(crate) mod db_cluster_ties;
pub(crate) mod db_instance;
pub(crate) mod db_subnet_group;
#[cfg(test)]
mod tests;

use aws_sdk_rds::types::DbCluster as LiveCluster;
use saas_model::{Kind, Node};

use crate::apply::change_set::Change;
use crate::context::{Context, Readiness, Transient};
use crate::error::{Error, Result};
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::blocker::Blocker;
use crate::state::incomplete::Incomplete;
use crate::state::observed::{ObservedResource, Tags};

/// The engine, as RDS names it.
pub(crate) const ENGINE: &str = "aurora-postgresql";

/// RDS creates its service-linked role in the first creating call of an account, which takes a moment. RDS
/// reports that in several messages.
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

/// The state of a usable cluster or instance.
const AVAILABLE: &str = "available";

/// The prefixes of the states that only an operator can end.
///
/// Source: Amazon Aurora User Guide, "Viewing DB cluster status" and "Viewing DB instance status".
const STUCK_STATES: [&str; 7] = [
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

/// The tags of a group, whose listing lacks them.
pub(crate) async fn tags_of(cx: &Context<'_>, arn: &str) -> Result<Tags> {
    let answer = cx.aws.rds.list_tags_for_resource().resource_name(arn).send().await?;
    Ok(from_sdk(answer.tag_list))
}

/// Writes all tags of a node, including the digest. The last call of a creation or an update.
pub(crate) async fn commit(cx: &Context<'_>, node: &Node, arn: &str) -> Result<()> {
    let tags = to_sdk(&cx.tags(node)?);
    let call = cx.aws.rds.add_tags_to_resource().resource_name(arn).set_tags(Some(tags));
    cx.retry(NOT_YET_TAGGED, async || Ok(call.clone().send().await.map(drop)?)).await
}

/// The call that writes tags may not see a new or changed resource yet.
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
    Transient { code, message: "", why: "RDS is still changing the tagged resource" }
}

/// Whether a group of this name may be the platform's. Its tags decide.
pub(crate) fn may_be_ours(cx: &Context<'_>, name: &str) -> bool {
    name.strip_prefix(cx.plan.header().platform.as_str()).is_some_and(|rest| rest.starts_with('-'))
}

/// Whether the resolved inputs of a node differ from those that the resource was given.
pub(crate) fn rebound(cx: &Context<'_>, node: &Node, found: &ObservedResource) -> Result<bool> {
    Ok(found.resolved_inputs != Some(cx.resolved_inputs(node)?))
}

/// Marks a listed resource by its state.
pub(crate) fn in_state(found: ObservedResource, status: Option<&str>) -> ObservedResource {
    match status {
        // It is new, and has never been complete.
        Some(state @ "creating") => found.because(Incomplete::NotReady { state: state.to_owned() }),
        Some("deleting") => found.deleting(),
        _ => found,
    }
}

/// Whether a resource in this state is ready; an error where it cannot become ready by itself.
pub(crate) fn look<T>(what: &str, status: Option<&str>, value: T) -> Result<Readiness<T>> {
    match status.unwrap_or_default() {
        AVAILABLE => Ok(Readiness::Ready(value)),
        status if STUCK_STATES.iter().any(|stuck| status.starts_with(stuck)) => {
            Err(Error::Failed { what: what.to_owned(), reason: format!("its status is `{status}`") })
        }
        status => Ok(Readiness::NotYet(status.to_owned())),
    }
}

/// Describes a cluster; `None` when no cluster has this name.
pub(crate) async fn cluster(cx: &Context<'_>, name: &str) -> Result<Option<LiveCluster>> {
    match cx.aws.rds.describe_db_clusters().db_cluster_identifier(name).send().await.map_err(Error::from) {
        Ok(answer) => Ok(answer.db_clusters.unwrap_or_default().pop()),
        Err(error) if error.is(&["DBClusterNotFoundFault"]) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Blockers: clusters that saas did not create and that use groups to be deleted. RDS keeps a group in use.
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
                    let what = format!("this cluster, which saas did not create, uses the {group}");
                    let remedy = format!("give the cluster another {group}, or delete it");
                    blockers.push(Blocker::new(found.address.clone(), found.kind, name, what, remedy));
                }
            }
        }
    }
    Ok(blockers)
}

/// Blockers: instances outside of clusters that use subnet groups to be deleted. RDS keeps a group in use.
pub(crate) async fn instances_of_others(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
    let deleting: Vec<&ObservedResource> = changes.iter().filter_map(|change| change.removed()).collect();
    let mut blockers = Vec::new();
    if deleting.is_empty() {
        return Ok(blockers);
    }
    let mut pages = cx.aws.rds.describe_db_instances().into_paginator().send();
    while let Some(page) = pages.next().await {
        // An instance in a cluster uses the group through its cluster.
        let alone =
            page?.db_instances.unwrap_or_default().into_iter().filter(|one| one.db_cluster_identifier.is_none());
        for instance in alone {
            let group = instance.db_subnet_group().and_then(|group| group.db_subnet_group_name());
            let name = instance.db_instance_identifier().unwrap_or_default();
            for found in deleting.iter().filter(|found| group == Some(&*found.identity.id)) {
                let what = "this database instance, which saas did not create, uses the DB subnet group";
                let remedy = "move the instance to another DB subnet group, or delete it";
                blockers.push(Blocker::new(found.address.clone(), found.kind, name, what, remedy));
            }
        }
    }
    Ok(blockers)
}
