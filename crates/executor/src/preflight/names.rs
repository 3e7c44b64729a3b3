//! Whether names that the plan needs are taken: every name that is unique in the account, in the
//! Region or in the world is looked up before anything is made.
//!
//! Only what is not live yet is looked up, by name or, where one page of a listing answers for many,
//! by that listing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aws_sdk_ecs::types::{ClusterField, TaskDefinitionFamilyStatus, TaskDefinitionField};
use aws_sdk_s3::error::SdkError;
use futures::future::join_all;
use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::plan::TAG_PLATFORM;
use saas_model::{Address, Kind, Node, Resource};

use super::{Check, Failure};
use crate::context::Cx;
use crate::error::{Error, Result, unless_gone};
use crate::kinds::ecs::from_ecs;
use crate::kinds::rds::from_rds;
use crate::kinds::{elb, rds};
use crate::live::{Tags, is_named};

/// How many names are looked up at a time.
const WIDTH: usize = 8;

/// Whose something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Another platform's, by its tag.
    Platform(String),
    /// No platform's: it has no tag of saas.
    Untagged,
    /// Another account's, or one that the caller may not look at.
    OtherAccount,
    /// It is in another Region of the same or of another account.
    OtherRegion,
}

/// A name that the plan needs and somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenName {
    /// The node that needs it.
    pub address: Address,
    /// What has it.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// Whose that is.
    pub owner: Owner,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform(platform) => write!(f, "belongs to platform `{platform}`"),
            Self::Untagged => f.write_str("has no tags of saas"),
            Self::OtherAccount => f.write_str("belongs to another account, or the caller may not look at it"),
            Self::OtherRegion => f.write_str("is in another Region"),
        }
    }
}

impl fmt::Display for TakenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, kind, name, owner } = self;
        write!(f, "{kind} `{name}`, which `{address}` needs, {owner}")
    }
}

/// What to do about names that are taken.
pub(super) fn hint(taken: &[TakenName]) -> &'static str {
    if taken.iter().all(|name| name.kind == Kind::Bucket) {
        "bucket names are shared by all customers of AWS: set `bucket_suffix` of the tenant, or `storage.bucket_suffix` \
         where the platform is not live yet, and plan again"
    } else if taken.iter().any(|name| matches!(name.owner, Owner::Platform(_))) {
        "leave what belongs to another platform as it is: `[names] scope = \"platform\"` in the spec puts the platform's \
         name into every name; plan again with it"
    } else {
        "find out whose they are: `[names] scope = \"platform\"` or another `platform.name` in the spec gives other names"
    }
}

/// The failures, if names that the plan needs are taken or that cannot be found out.
pub(super) async fn taken(cx: &Cx<'_>) -> Vec<Failure> {
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
    for ((kind, nodes), looked) in wanted.into_iter().zip(looked) {
        match looked {
            Ok(holders) => {
                let others = nodes.into_iter().filter_map(|(name, node)| {
                    let owner = holders.get(name)?.clone()?;
                    Some(TakenName { address: node.address.clone(), kind, name: name.to_owned(), owner })
                });
                all.extend(others);
            }
            Err(error) => {
                let (what, check) = ("whether names that the plan needs are taken", Some(Check::Names));
                failures.push(Failure::Unanswered { what, check, error });
            }
        }
    }
    all.sort_by(|a, b| a.address.cmp(&b.address));
    if !all.is_empty() {
        failures.push(Failure::NamesTaken(all));
    }
    failures
}

/// The name of a resource that it does not share with another of the account, the Region or the
/// world. What is unique only within the platform's own network, cluster or database is left out.
fn shared_name(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::TaskDefinition(definition) => Some(definition.family.as_str()),
        Resource::Service(_) => None,
        other => other.name(),
    }
}

/// Whether what stands for a node has the name that is planned.
fn is_live(cx: &Cx<'_>, node: &Node, name: &str) -> bool {
    let named = |id: &str| match node.kind() {
        Kind::Secret | Kind::LogGroup => id == name || id.contains(&format!(":{name}")),
        Kind::TaskDefinition => id.rsplit('/').next().is_some_and(|revision| revision.split(':').next() == Some(name)),
        _ => is_named(id, name),
    };
    cx.live.get(&node.address).is_some_and(|found| found.kind == node.kind() && named(&found.identity.id))
}

/// Buckets of this account that have a planned name and the tags of others: finding what is live
/// shows them.
fn foreign_buckets(cx: &Cx<'_>) -> Vec<TakenName> {
    let foreign = |node: &Node| {
        let found = cx.live.get(&node.address).filter(|found| found.kind == Kind::Bucket)?;
        let tags = found.tags.filter(|tags| !tags.is_empty())?;
        let owner = owner(cx, &tags)?;
        Some(TakenName { address: node.address.clone(), kind: Kind::Bucket, name: found.identity.id, owner })
    };
    cx.plan.nodes().iter().filter(|node| node.kind() == Kind::Bucket).filter_map(foreign).collect()
}

/// Whose a resource with these tags is; `None` when it is this platform's.
fn owner(cx: &Cx<'_>, tags: &Tags) -> Option<Owner> {
    match tags.get(TAG_PLATFORM) {
        Some(platform) if platform == cx.plan.header().platform.as_str() => None,
        Some(platform) => Some(Owner::Platform(platform.clone())),
        None => Some(Owner::Untagged),
    }
}

/// Which of these names exist, and whose they are; `None` where a name is the platform's own.
type Holders = BTreeMap<String, Option<Owner>>;

async fn holders(cx: &Cx<'_>, kind: Kind, names: &[&str]) -> Result<Holders> {
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
                Ok(cluster.map(|cluster| owner(cx, &from_rds(cluster.tag_list))))
            })
            .await
        }
        Kind::DbInstance => each(names, async |name| db_instance(cx, name).await).await,
        Kind::DbSubnetGroup => each(names, async |name| db_subnet_group(cx, name).await).await,
        Kind::DbClusterParameterGroup => each(names, async |name| db_parameter_group(cx, name).await).await,
        Kind::EcsCluster => each(names, async |name| ecs_cluster(cx, name).await).await,
        Kind::TaskDefinition => families(cx, names).await,
        // They have no name, or one that only the platform's own network, cluster or database knows.
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

/// Looks up each name by itself. What a look gives is `None` where there is nothing of the name.
async fn each(names: &[&str], look: impl AsyncFn(&str) -> Result<Option<Option<Owner>>>) -> Result<Holders> {
    let looks = stream::iter(names).map(async |name| Ok::<_, Error>(((*name).to_owned(), look(name).await?)));
    let found: Vec<_> = looks.buffered(WIDTH).try_collect().await?;
    Ok(found.into_iter().filter_map(|(name, holder)| Some((name, holder?))).collect())
}

/// A listing of secrets may lag by minutes, this does not; and it shows what is scheduled for
/// deletion and keeps its name until then. Source: Secrets Manager API, `ListSecrets`.
async fn secret(cx: &Cx<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.secrets.describe_secret().secret_id(name).send().await.map_err(Error::from);
    let answer = unless_gone(answer, &["ResourceNotFoundException"])?;
    Ok(answer.map(|secret| {
        let tags = secret.tags.unwrap_or_default().into_iter();
        owner(cx, &tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect())
    }))
}

/// A bucket that finding what is live has not shown: there is none, or it is not of this account.
/// Source: Amazon S3 API, `HeadBucket`.
async fn bucket(cx: &Cx<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let Err(error) = cx.aws.s3.head_bucket().bucket(name).send().await else { return Ok(Some(Some(Owner::Untagged))) };
    let status = match &error {
        SdkError::ServiceError(refusal) => refusal.raw().status().as_u16(),
        _ => 0,
    };
    match status {
        404 => Ok(None),
        403 => Ok(Some(Some(Owner::OtherAccount))),
        301 | 307 => Ok(Some(Some(Owner::OtherRegion))),
        _ => Err(error.into()),
    }
}

async fn log_groups(cx: &Cx<'_>, names: &[&str]) -> Result<Holders> {
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
        Ok::<_, Error>((name, owner(cx, &answer.tags.unwrap_or_default().into_iter().collect())))
    });
    owners.buffered(WIDTH).try_collect().await
}

/// One role more is asked for by name; of many, those that exist are found in a listing, which shows
/// 1,000 a page and no tags. The names of roles differ by more than their case.
/// Source: AWS IAM API, `ListRoles`, `CreateRole`.
async fn roles(cx: &Cx<'_>, names: &[&str]) -> Result<Holders> {
    const ASKED_ONE_BY_ONE: usize = 8;
    const PAGE: i32 = 1_000;
    let mut taken: Vec<&str> = names.to_vec();
    if names.len() > ASKED_ONE_BY_ONE {
        let mut existing = BTreeSet::new();
        let mut pages = cx.aws.iam.list_roles().max_items(PAGE).into_paginator().send();
        while let Some(page) = pages.next().await {
            existing.extend(page?.roles.into_iter().map(|role| role.role_name.to_ascii_lowercase()));
        }
        taken.retain(|name| existing.contains(&name.to_ascii_lowercase()));
    }
    each(&taken, async |name| {
        let answer = cx.aws.iam.get_role().role_name(name).send().await.map_err(Error::from);
        let role = unless_gone(answer, &["NoSuchEntity"])?.and_then(|answer| answer.role);
        let tags = role.map(|role| role.tags.unwrap_or_default());
        Ok(tags.map(|tags| owner(cx, &tags.into_iter().map(|tag| (tag.key, tag.value)).collect())))
    })
    .await
}

async fn load_balancers(cx: &Cx<'_>, names: &[&str]) -> Result<Holders> {
    let mut pages = cx.aws.elb.describe_load_balancers().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let balancers = page?.load_balancers.unwrap_or_default().into_iter();
        found.extend(balancers.filter_map(|live| Some((live.load_balancer_name?, live.load_balancer_arn?))));
    }
    balanced(cx, names, found).await
}

async fn target_groups(cx: &Cx<'_>, names: &[&str]) -> Result<Holders> {
    let mut pages = cx.aws.elb.describe_target_groups().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let groups = page?.target_groups.unwrap_or_default().into_iter();
        found.extend(groups.filter_map(|live| Some((live.target_group_name?, live.target_group_arn?))));
    }
    balanced(cx, names, found).await
}

/// Whose those of the names and ARNs are that are wanted.
async fn balanced(cx: &Cx<'_>, names: &[&str], found: Vec<(String, String)>) -> Result<Holders> {
    let taken: Vec<_> = found.into_iter().filter(|(name, _)| names.contains(&name.as_str())).collect();
    let arns: Vec<String> = taken.iter().map(|(_, arn)| arn.clone()).collect();
    let mut tags = elb::tags(cx, &arns).await?;
    Ok(taken.into_iter().map(|(name, arn)| (name, owner(cx, &tags.remove(&arn).unwrap_or_default()))).collect())
}

async fn db_instance(cx: &Cx<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.rds.describe_db_instances().db_instance_identifier(name).send().await.map_err(Error::from);
    let answer = unless_gone(answer, &["DBInstanceNotFound", "DBInstanceNotFoundFault"])?;
    let instance = answer.and_then(|answer| answer.db_instances.unwrap_or_default().pop());
    Ok(instance.map(|instance| owner(cx, &from_rds(instance.tag_list))))
}

async fn db_subnet_group(cx: &Cx<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.rds.describe_db_subnet_groups().db_subnet_group_name(name).send().await.map_err(Error::from);
    let answer = unless_gone(answer, &["DBSubnetGroupNotFoundFault"])?;
    let group = answer.and_then(|answer| answer.db_subnet_groups.unwrap_or_default().pop());
    of_arn(cx, group.and_then(|group| group.db_subnet_group_arn)).await
}

async fn db_parameter_group(cx: &Cx<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let call = cx.aws.rds.describe_db_cluster_parameter_groups().db_cluster_parameter_group_name(name);
    let answer = unless_gone(call.send().await.map_err(Error::from), &["DBParameterGroupNotFound"])?;
    let group = answer.and_then(|answer| answer.db_cluster_parameter_groups.unwrap_or_default().pop());
    of_arn(cx, group.and_then(|group| group.db_cluster_parameter_group_arn)).await
}

async fn of_arn(cx: &Cx<'_>, arn: Option<String>) -> Result<Option<Option<Owner>>> {
    let Some(arn) = arn else { return Ok(None) };
    Ok(Some(owner(cx, &rds::tags_of(cx, &arn).await?)))
}

/// A cluster that was deleted is still described for a while, and its name is free.
async fn ecs_cluster(cx: &Cx<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.ecs.describe_clusters().clusters(name).include(ClusterField::Tags).send().await?;
    let mut clusters = answer.clusters.unwrap_or_default().into_iter();
    let live = clusters.find(|cluster| !matches!(cluster.status(), Some("INACTIVE" | "DEPROVISIONING")));
    Ok(live.map(|cluster| owner(cx, &from_ecs(cluster.tags))))
}

/// AWS would register our revisions beside those of others.
async fn families(cx: &Cx<'_>, names: &[&str]) -> Result<Holders> {
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
        Ok(answer.map(|answer| owner(cx, &from_ecs(answer.tags))))
    })
    .await
}

/// The beginning that all names share, of one the whole.
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

    fn name(kind: Kind, owner: Owner) -> TakenName {
        TakenName { address: Address::literal("tenant/acme-corp/secret"), kind, name: "a".into(), owner }
    }

    #[test]
    fn what_is_another_platforms_is_never_to_be_removed() {
        for owner in [Owner::Platform("other".into()), Owner::Untagged, Owner::OtherAccount, Owner::OtherRegion] {
            for kind in [Kind::Secret, Kind::Bucket, Kind::Role] {
                let hint = hint(&[name(kind, owner.clone())]);
                assert!(!hint.contains("remove") && !hint.contains("delete"), "{hint}");
            }
        }
        let hint = hint(&[name(Kind::Secret, Owner::Platform("other".into()))]);
        assert!(hint.contains("[names] scope = \"platform\""), "{hint}");
    }
}
