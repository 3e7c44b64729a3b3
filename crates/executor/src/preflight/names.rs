//! Whether planned names are taken. Before the first creation, it looks up every name that must be unique
//! in the account, in the Region or worldwide.
//!
//! It looks up only resources that are not live yet: by name or, where one page of a listing covers many,
//! in that listing.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{ClusterField, TaskDefinitionFamilyStatus, TaskDefinitionField};
use futures::future::join_all;
use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::plan::TAG_PLATFORM;
use saas_model::{Kind, Node, Resource};

use super::taken_name::{Owner, TakenName};
use super::{Check, Failure, inside};
use crate::context::Context;
use crate::error::{Error, Result, unless_gone};
use crate::providers::ecs::from_ecs;
use crate::providers::rds::from_rds;
use crate::providers::s3::bucket::{BucketOwner, bucket_owner};
use crate::providers::{elb, rds};
use crate::state::observed::{Tags, is_named};
use crate::state::unlabelled;

/// How many names are looked up concurrently.
const WIDTH: usize = 8;

/// The failures, if planned names are taken or that cannot be determined.
pub(super) async fn taken(cx: &Context<'_>) -> Vec<Failure> {
    let mut wanted: BTreeMap<Kind, Vec<(&str, &Node)>> = BTreeMap::new();
    for node in cx.plan.nodes() {
        let Some(name) = shared_name(&node.resource) else { continue };
        if !is_live(cx, node, name) {
            wanted.entry(node.kind()).or_default().push((name, node));
        }
    }
    let looked = join_all(wanted.iter().map(|(kind, nodes)| async move {
        let names: Vec<&str> = nodes.iter().map(|(name, _)| *name).collect();
        holders(cx, *kind, &names).await
    }))
    .await;

    let mut failures = Vec::new();
    let mut all = foreign_buckets(cx);
    for ((_, nodes), looked) in wanted.into_iter().zip(looked) {
        match looked {
            Ok(holders) => {
                let others = nodes.into_iter().filter_map(|(name, node)| {
                    let owner = holders.get(name)?.clone()?;
                    Some(TakenName::new(node, name, owner))
                });
                all.extend(others);
            }
            Err(error) => {
                let (what, check) = ("whether names that the plan needs are taken", Some(Check::Names));
                failures.push(Failure::Unanswered { what, check, error });
            }
        }
    }
    for inside in inside::taken(cx).await {
        match inside {
            Ok(taken) => all.extend(taken),
            Err(error) => {
                let (what, check) = ("whether names inside of the platform are taken", Some(Check::Names));
                failures.push(Failure::Unanswered { what, check, error });
            }
        }
    }
    all.sort_by(|a, b| (&a.address, a.part, &a.name).cmp(&(&b.address, b.part, &b.name)));
    if !all.is_empty() {
        failures.push(Failure::NamesTaken(all));
    }
    failures
}

/// The name of a resource that must be unique in the account, the Region or worldwide. Names that are
/// unique only within the platform's own network, cluster or database belong to [`inside`].
fn shared_name(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::TaskDefinition(definition) => Some(definition.family.as_str()),
        Resource::Service(_) => None,
        other => other.name(),
    }
}

/// Whether the live resource of a node has the planned name.
fn is_live(cx: &Context<'_>, node: &Node, name: &str) -> bool {
    let named = |id: &str| match node.kind() {
        Kind::Secret | Kind::LogGroup => id == name || id.contains(&format!(":{name}")),
        Kind::TaskDefinition => id.rsplit('/').next().is_some_and(|revision| revision.split(':').next() == Some(name)),
        _ => is_named(id, name),
    };
    cx.live.get(&node.address).is_some_and(|found| found.kind == node.kind() && named(&found.identity.id))
}

/// Buckets of this account with a planned name and the tags of other owners. The listing contains them.
fn foreign_buckets(cx: &Context<'_>) -> Vec<TakenName> {
    let foreign = |node: &Node| {
        let found = cx.live.get(&node.address).filter(|found| found.kind == Kind::Bucket)?;
        let tags = found.tags.filter(|tags| !tags.is_empty())?;
        let owner = owner(cx, Kind::Bucket, &found.identity.id, &tags)?;
        Some(TakenName::new(node, found.identity.id, owner))
    };
    cx.plan.nodes().iter().filter(|node| node.kind() == Kind::Bucket).filter_map(foreign).collect()
}

/// The owner of a resource with this name and these tags; `None` when it is this platform.
pub(super) fn owner(cx: &Context<'_>, kind: Kind, name: &str, tags: &Tags) -> Option<Owner> {
    match tags.get(TAG_PLATFORM) {
        Some(platform) if platform == cx.plan.header().platform.as_str() => None,
        Some(platform) => Some(Owner::Platform(platform.clone())),
        // The listing assigns it to its node, or will once it is visible there.
        None if unlabelled::node(cx.plan, kind, Some(name), tags).is_some() => None,
        None => Some(Owner::Untagged),
    }
}

/// Those of the names that exist, with their owners; `None` as owner when it is this platform.
type Holders = BTreeMap<String, Option<Owner>>;

async fn holders(cx: &Context<'_>, kind: Kind, names: &[&str]) -> Result<Holders> {
    match kind {
        Kind::Secret => each(names, async |name| secret(cx, name).await).await,
        Kind::Bucket => each(names, async |name| bucket(cx, name).await).await,
        Kind::LogGroup => log_groups(cx, names).await,
        Kind::Role => roles(cx, names).await,
        Kind::LoadBalancer => load_balancers(cx, names).await,
        Kind::TargetGroup => target_groups(cx, names).await,
        Kind::DbCluster => {
            each(names, async |name| {
                let cluster = rds::cluster(cx, name).await?;
                Ok(cluster.map(|cluster| owner(cx, kind, name, &from_rds(cluster.tag_list))))
            })
            .await
        }
        Kind::DbInstance => each(names, async |name| db_instance(cx, name).await).await,
        Kind::DbSubnetGroup => each(names, async |name| db_subnet_group(cx, name).await).await,
        Kind::DbClusterParameterGroup => each(names, async |name| db_parameter_group(cx, name).await).await,
        Kind::EcsCluster => each(names, async |name| ecs_cluster(cx, name).await).await,
        Kind::TaskDefinition => families(cx, names).await,
        // They have no name, or one scoped to the platform's own network, cluster or database.
        Kind::Vpc
        | Kind::Subnet
        | Kind::InternetGateway
        | Kind::ElasticIp
        | Kind::NatGateway
        | Kind::RouteTable
        | Kind::VpcEndpoint
        | Kind::SecurityGroup
        | Kind::SecurityGroupRule
        | Kind::DatabaseAccess
        | Kind::TenantSchema
        | Kind::Listener
        | Kind::ListenerRule
        | Kind::Service
        | Kind::ScalableTarget => Ok(Holders::new()),
    }
}

/// Looks up each name separately. `look` returns `None` when no resource has the name.
async fn each(names: &[&str], look: impl AsyncFn(&str) -> Result<Option<Option<Owner>>>) -> Result<Holders> {
    let looks = stream::iter(names).map(async |name| Ok::<_, Error>(((*name).to_owned(), look(name).await?)));
    let found: Vec<_> = looks.buffered(WIDTH).try_collect().await?;
    Ok(found.into_iter().filter_map(|(name, holder)| Some((name, holder?))).collect())
}

/// A listing of secrets may lag by minutes; this call does not. It also returns secrets that are
/// scheduled for deletion, which keep their names until then. Source: Secrets Manager API, `ListSecrets`.
async fn secret(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.secrets.describe_secret().secret_id(name).send().await.map_err(Error::from);
    let answer = unless_gone(answer, &["ResourceNotFoundException"])?;
    Ok(answer.map(|secret| {
        let tags = secret.tags.unwrap_or_default().into_iter();
        owner(cx, Kind::Secret, name, &tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect())
    }))
}

/// A bucket that the listing does not contain: it does not exist, or belongs to another account.
async fn bucket(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    Ok(match bucket_owner(cx, name).await? {
        BucketOwner::Nobody => None,
        BucketOwner::Us => Some(Some(Owner::Untagged)),
        BucketOwner::OtherAccount => Some(Some(Owner::OtherAccount)),
        BucketOwner::OtherRegion(region) => Some(Some(Owner::OtherRegion(region))),
    })
}

async fn log_groups(cx: &Context<'_>, names: &[&str]) -> Result<Holders> {
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
        let answer = cx.aws.logs.list_tags_for_resource().resource_arn(arn).send().await?;
        let tags = answer.tags.unwrap_or_default().into_iter().collect();
        let owner = owner(cx, Kind::LogGroup, &name, &tags);
        Ok::<_, Error>((name, owner))
    });
    owners.buffered(WIDTH).try_collect().await
}

/// The names of roles are case-insensitively unique, so existing roles are found in a listing, which
/// returns 1,000 a page and no tags. Source: AWS IAM API, `ListRoles`, `CreateRole`.
async fn roles(cx: &Context<'_>, names: &[&str]) -> Result<Holders> {
    const PAGE: i32 = 1_000;
    let planned: BTreeMap<String, &str> = names.iter().map(|name| (name.to_ascii_lowercase(), *name)).collect();
    let mut taken = Vec::new();
    let mut pages = cx.aws.iam.list_roles().max_items(PAGE).into_paginator().send();
    while let Some(page) = pages.next().await {
        let live = page?.roles.into_iter().map(|role| role.role_name);
        taken.extend(live.filter_map(|live| Some((*planned.get(&live.to_ascii_lowercase())?, live))));
    }
    let owners = stream::iter(taken).map(async |(name, live)| {
        let answer = cx.aws.iam.get_role().role_name(&live).send().await.map_err(Error::from);
        let role = unless_gone(answer, &["NoSuchEntity"])?.and_then(|answer| answer.role);
        let tags = role.map(|role| role.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect());
        Ok::<_, Error>(tags.map(|tags| (name.to_owned(), owner(cx, Kind::Role, &live, &tags))))
    });
    let owned: Vec<Option<(String, Option<Owner>)>> = owners.buffered(WIDTH).try_collect().await?;
    Ok(owned.into_iter().flatten().collect())
}

async fn load_balancers(cx: &Context<'_>, names: &[&str]) -> Result<Holders> {
    let mut pages = cx.aws.elb.describe_load_balancers().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let balancers = page?.load_balancers.unwrap_or_default().into_iter();
        found.extend(balancers.filter_map(|live| Some((live.load_balancer_name?, live.load_balancer_arn?))));
    }
    balanced(cx, Kind::LoadBalancer, names, found).await
}

async fn target_groups(cx: &Context<'_>, names: &[&str]) -> Result<Holders> {
    let mut pages = cx.aws.elb.describe_target_groups().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let groups = page?.target_groups.unwrap_or_default().into_iter();
        found.extend(groups.filter_map(|live| Some((live.target_group_name?, live.target_group_arn?))));
    }
    balanced(cx, Kind::TargetGroup, names, found).await
}

/// The owners of the planned names among the listed names and ARNs.
async fn balanced(cx: &Context<'_>, kind: Kind, names: &[&str], found: Vec<(String, String)>) -> Result<Holders> {
    let taken: Vec<_> = found.into_iter().filter(|(name, _)| names.contains(&name.as_str())).collect();
    let arns: Vec<String> = taken.iter().map(|(_, arn)| arn.clone()).collect();
    let mut tags = elb::tags(cx, &arns).await?;
    let owned = taken.into_iter().map(|(name, arn)| {
        let owner = owner(cx, kind, &name, &tags.remove(&arn).unwrap_or_default());
        (name, owner)
    });
    Ok(owned.collect())
}

async fn db_instance(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.rds.describe_db_instances().db_instance_identifier(name).send().await.map_err(Error::from);
    let answer = unless_gone(answer, &["DBInstanceNotFound", "DBInstanceNotFoundFault"])?;
    let instance = answer.and_then(|answer| answer.db_instances.unwrap_or_default().pop());
    Ok(instance.map(|instance| owner(cx, Kind::DbInstance, name, &from_rds(instance.tag_list))))
}

async fn db_subnet_group(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.rds.describe_db_subnet_groups().db_subnet_group_name(name).send().await.map_err(Error::from);
    let answer = unless_gone(answer, &["DBSubnetGroupNotFoundFault"])?;
    let group = answer.and_then(|answer| answer.db_subnet_groups.unwrap_or_default().pop());
    of_arn(cx, Kind::DbSubnetGroup, name, group.and_then(|group| group.db_subnet_group_arn)).await
}

async fn db_parameter_group(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let call = cx.aws.rds.describe_db_cluster_parameter_groups().db_cluster_parameter_group_name(name);
    let answer = unless_gone(call.send().await.map_err(Error::from), &["DBParameterGroupNotFound"])?;
    let group = answer.and_then(|answer| answer.db_cluster_parameter_groups.unwrap_or_default().pop());
    of_arn(cx, Kind::DbClusterParameterGroup, name, group.and_then(|group| group.db_cluster_parameter_group_arn)).await
}

async fn of_arn(cx: &Context<'_>, kind: Kind, name: &str, arn: Option<String>) -> Result<Option<Option<Owner>>> {
    let Some(arn) = arn else { return Ok(None) };
    Ok(Some(owner(cx, kind, name, &rds::tags_of(cx, &arn).await?)))
}

/// AWS describes a deleted cluster for a while, but its name is free.
async fn ecs_cluster(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.ecs.describe_clusters().clusters(name).include(ClusterField::Tags).send().await?;
    let mut clusters = answer.clusters.unwrap_or_default().into_iter();
    let live = clusters.find(|cluster| !matches!(cluster.status(), Some("INACTIVE" | "DEPROVISIONING")));
    Ok(live.map(|cluster| owner(cx, Kind::EcsCluster, name, &from_ecs(cluster.tags))))
}

/// AWS would register our revisions in a family of another owner.
async fn families(cx: &Context<'_>, names: &[&str]) -> Result<Holders> {
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
        let call = cx.aws.ecs.describe_task_definition().task_definition(family).include(TaskDefinitionField::Tags);
        // A family without an active revision is free. Source: Amazon ECS API, `DescribeTaskDefinition`.
        let answer = unless_gone(call.send().await.map_err(Error::from), &["ClientException"])?;
        Ok(answer.map(|answer| owner(cx, Kind::TaskDefinition, family, &from_ecs(answer.tags))))
    })
    .await
}

/// The common prefix of all names; of a single name, the whole.
fn common_prefix<'n>(names: &[&'n str]) -> &'n str {
    let Some((first, others)) = names.split_first() else { return "" };
    others.iter().fold(*first, |prefix, name| {
        let shared = prefix.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        prefix.get(..shared).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_listing_is_asked_for_what_names_have_in_common() {
        assert_eq!(common_prefix(&["/ecs/tenant/acme-corp"]), "/ecs/tenant/acme-corp");
        assert_eq!(common_prefix(&["/ecs/tenant/acme-corp", "/ecs/tenant/acorn"]), "/ecs/tenant/ac");
        assert_eq!(common_prefix(&["a", "b"]), "");
    }
}
