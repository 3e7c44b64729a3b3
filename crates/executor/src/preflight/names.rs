//! Whether names that the plan needs are taken: every name that is unique in the account, in the
//! Region or in the world is looked up before anything is made.
//!
//! Only what is not live yet is looked up, by name or, where one page of a listing answers for many,
//! by that listing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aws_sdk_ecs::types::{ClusterField, TaskDefinitionFamilyStatus, TaskDefinitionField};
use futures::future::join_all;
use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::plan::TAG_PLATFORM;
use saas_model::{Address, Kind, Node, Resource};

use super::{Check, Failure, inside};
use crate::context::Context;
use crate::error::{Error, Result, unless_gone};
use crate::providers::ecs::from_ecs;
use crate::providers::rds::from_rds;
use crate::providers::s3::bucket::{BucketOwner, bucket_owner};
use crate::providers::{elb, rds};
use crate::state::observed::{Tags, is_named};
use crate::state::unlabelled;

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
    /// It is in another Region of the same or of another account; which, where AWS says it.
    OtherRegion(Option<String>),
    /// A role of the database that is none of the plan's.
    DatabaseRole(String),
    /// Nobody's by what is written in its comment in the database.
    Unrecorded,
}

/// A name that the plan needs and somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenName {
    /// The node that needs it.
    pub address: Address,
    /// What has it.
    pub kind: Kind,
    /// Which of its names it is, where it has several or what it needs is no name.
    pub part: Option<&'static str>,
    /// The name.
    pub name: String,
    /// What AWS calls the one that has it, where that is not the name.
    pub holder: Option<String>,
    /// Whose that is.
    pub owner: Owner,
}

impl TakenName {
    /// The one name of what a node needs.
    pub(crate) fn new(node: &Node, name: impl Into<String>, owner: Owner) -> Self {
        let (address, kind) = (node.address.clone(), node.kind());
        Self { address, kind, part: None, name: name.into(), holder: None, owner }
    }

    /// This, which is that part of the node.
    pub(crate) fn part(self, part: &'static str) -> Self {
        Self { part: Some(part), ..self }
    }

    /// This, held by what AWS calls so.
    pub(crate) fn held_by(self, holder: impl Into<String>) -> Self {
        Self { holder: Some(holder.into()), ..self }
    }

    /// Whether only the platform's own network, cluster, load balancer or database knows the name.
    const fn is_inside(&self) -> bool {
        matches!(
            self.kind,
            Kind::SecurityGroup | Kind::Service | Kind::Listener | Kind::ListenerRule | Kind::TenantSchema
        )
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform(platform) => write!(f, "belongs to platform `{platform}`"),
            Self::Untagged => f.write_str("has no tags of saas"),
            Self::OtherAccount => f.write_str("belongs to another account, or the caller may not look at it"),
            Self::OtherRegion(None) => f.write_str("is in another Region"),
            Self::OtherRegion(Some(region)) => write!(f, "is in Region {region}"),
            Self::DatabaseRole(role) => write!(f, "belongs to the database role `{role}`"),
            Self::Unrecorded => f.write_str("has no record of saas in its comment"),
        }
    }
}

impl fmt::Display for TakenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, kind, part, name, holder, owner } = self;
        let part = part.map(|part| format!(" {part}")).unwrap_or_default();
        let holder = holder.as_ref().map(|holder| format!("is that of `{holder}`, which ")).unwrap_or_default();
        write!(f, "{kind}{part} `{name}`, which `{address}` needs, {holder}{owner}")
    }
}

/// What to do about names that are taken.
pub(super) fn hint(taken: &[TakenName]) -> &'static str {
    if taken.iter().all(TakenName::is_inside) {
        "they are inside of what is this platform's own, where its plan gives the names: give what has them other names, \
         priorities or ports; or, where it is this platform's and has lost its tags, give it `saas:platform` and \
         `saas:address` again"
    } else if taken.iter().all(|name| name.kind == Kind::Bucket) {
        "bucket names are shared by all customers of AWS: set `bucket_suffix` of the tenant, or `storage.bucket_suffix` \
         where the platform is not live yet, and plan again"
    } else if taken.iter().any(|name| matches!(name.owner, Owner::Platform(_))) {
        "leave what belongs to another platform as it is: `[names] scope = \"platform\"` in the spec puts the platform's \
         name into every name; plan again with it"
    } else {
        "find out whose they are: `[names] scope = \"platform\"` or another `platform.name` in the spec gives other names; \
         what is this platform's and has lost its tags needs `saas:platform` and `saas:address` again"
    }
}

/// The failures, if names that the plan needs are taken or that cannot be found out.
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

/// The name of a resource that it does not share with another of the account, the Region or the
/// world. What is unique only within the platform's own network, cluster or database is [`inside`].
fn shared_name(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::TaskDefinition(definition) => Some(definition.family.as_str()),
        Resource::Service(_) => None,
        other => other.name(),
    }
}

/// Whether what stands for a node has the name that is planned.
fn is_live(cx: &Context<'_>, node: &Node, name: &str) -> bool {
    let named = |id: &str| match node.kind() {
        Kind::Secret | Kind::LogGroup => id == name || id.contains(&format!(":{name}")),
        Kind::TaskDefinition => id.rsplit('/').next().is_some_and(|revision| revision.split(':').next() == Some(name)),
        _ => is_named(id, name),
    };
    cx.live.get(&node.address).is_some_and(|found| found.kind == node.kind() && named(&found.identity.id))
}

/// Buckets of this account that have a planned name and the tags of others: finding what is live
/// shows them.
fn foreign_buckets(cx: &Context<'_>) -> Vec<TakenName> {
    let foreign = |node: &Node| {
        let found = cx.live.get(&node.address).filter(|found| found.kind == Kind::Bucket)?;
        let tags = found.tags.filter(|tags| !tags.is_empty())?;
        let owner = owner(cx, Kind::Bucket, &found.identity.id, &tags)?;
        Some(TakenName::new(node, found.identity.id, owner))
    };
    cx.plan.nodes().iter().filter(|node| node.kind() == Kind::Bucket).filter_map(foreign).collect()
}

/// Whose a resource of this name and with these tags is; `None` when it is this platform's.
pub(super) fn owner(cx: &Context<'_>, kind: Kind, name: &str, tags: &Tags) -> Option<Owner> {
    match tags.get(TAG_PLATFORM) {
        Some(platform) if platform == cx.plan.header().platform.as_str() => None,
        Some(platform) => Some(Owner::Platform(platform.clone())),
        // Finding what is live takes it for its node, or will when listings show it.
        None if unlabelled::node(cx.plan, kind, Some(name), tags).is_some() => None,
        None => Some(Owner::Untagged),
    }
}

/// Which of these names exist, and whose they are; `None` where a name is the platform's own.
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
async fn secret(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.secrets.describe_secret().secret_id(name).send().await.map_err(Error::from);
    let answer = unless_gone(answer, &["ResourceNotFoundException"])?;
    Ok(answer.map(|secret| {
        let tags = secret.tags.unwrap_or_default().into_iter();
        owner(cx, Kind::Secret, name, &tags.filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect())
    }))
}

/// A bucket that finding what is live has not shown: there is none, or it is not of this account.
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

/// The names of roles differ by more than their case, so those that exist are found in a listing, which
/// shows 1,000 a page and no tags. Source: AWS IAM API, `ListRoles`, `CreateRole`.
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

/// Whose those of the names and ARNs are that are wanted.
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

/// A cluster that was deleted is still described for a while, and its name is free.
async fn ecs_cluster(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.ecs.describe_clusters().clusters(name).include(ClusterField::Tags).send().await?;
    let mut clusters = answer.clusters.unwrap_or_default().into_iter();
    let live = clusters.find(|cluster| !matches!(cluster.status(), Some("INACTIVE" | "DEPROVISIONING")));
    Ok(live.map(|cluster| owner(cx, Kind::EcsCluster, name, &from_ecs(cluster.tags))))
}

/// AWS would register our revisions beside those of others.
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
        let address = Address::literal("tenant/acme-corp/secret");
        TakenName { address, kind, part: None, name: "a".into(), holder: None, owner }
    }

    #[test]
    fn what_is_another_platforms_is_never_to_be_removed() {
        for owner in [Owner::Platform("other".into()), Owner::Untagged, Owner::OtherAccount, Owner::OtherRegion(None)] {
            for kind in [Kind::Secret, Kind::Bucket, Kind::Role, Kind::Service] {
                let hint = hint(&[name(kind, owner.clone())]);
                assert!(!hint.contains("remove") && !hint.contains("delete"), "{hint}");
            }
        }
        let hint = hint(&[name(Kind::Secret, Owner::Platform("other".into()))]);
        assert!(hint.contains("[names] scope = \"platform\""), "{hint}");
    }
}
