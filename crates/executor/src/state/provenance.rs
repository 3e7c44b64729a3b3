//! Whether saas created a resource that has the platform's tags.
//!
//! Tags are copied: a database restored from a snapshot has the tags of the original cluster, and so does a
//! copied security group. A copy has another name than saas gives, or other fields than its digest tag
//! records, and is left alone: saas deletes only what is provably the platform's. A kind without names has
//! one resource per address, so a second one is a copy, unless a run was killed while it created it.

use std::collections::BTreeSet;

use saas_model::codec::node_digest;
use saas_model::identifier::PlatformName;
use saas_model::names::{NameScope, Names};
use saas_model::plan::{OwnerTags, TAG_COST_CENTER, TAG_DIGEST, TAG_TENANT};
use saas_model::resource::{Resource, ResourceSpec, SecurityGroup};
use saas_model::{Address, Kind, Node, Plan};

use crate::state::observed::{ObservedResource, ObservedState};

/// Why a resource cannot have been created for the address in its tags; `None` when it may have been.
pub(crate) fn why_foreign(plan: &Plan, found: &ObservedResource) -> Option<String> {
    let Some(name) = live_name(found) else { return odd(found) };
    let node = plan.node(&found.address).filter(|node| node.kind() == found.kind);
    if let Some(node) = node {
        let planned = planned_name(&node.resource)?;
        if planned != name && (claims(found, node) || !is_generation(plan, found, name, Some(planned))) {
            return Some(format!("it is called `{name}`, and what saas made is called `{planned}`"));
        }
    } else if !is_generation(plan, found, name, None) {
        return Some(format!("saas gives the name `{name}` to nothing"));
    }
    odd(found)
}

/// Why a resource that the model cannot represent is not the platform's. The model represents everything
/// that an operator can change by hand.
fn odd(found: &ObservedResource) -> Option<String> {
    found.unreadable.as_ref().map(|odd| format!("saas makes nothing like it: {odd}"))
}

/// Why a further resource with the tags of an occupied address is a copy, and not what an interrupted
/// replacement left. A part of one of the platform's resources is an extra part of it, and not a copy.
pub(crate) fn why_a_copy(plan: &Plan, live: &ObservedState, found: &ObservedResource) -> Option<String> {
    let node = plan.node(&found.address).filter(|node| node.kind() == found.kind)?;
    if is_made_once(found.kind) && !live.was_in_flight(&found.address) {
        return Some("another stands for its address, and saas makes one alone".to_owned());
    }
    let seen = found.fields.as_ref()?;
    if let Some(container) = container(seen) {
        let ours = live.get(container).is_some();
        return (!ours).then(|| format!("it belongs to `{container}`, which is none of the platform's"));
    }
    let lies = claims(found, node) && *seen != node.resource;
    lies.then(|| "it has the digest of what saas made, and other fields".to_owned())
}

/// Whether only a run that was killed while it created a resource of this kind leaves a second one: the
/// kind has no names, the old one is deleted before the new one is created, and its fields are no evidence.
pub(crate) const fn is_made_once(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Vpc
            | Kind::Subnet
            | Kind::InternetGateway
            | Kind::ElasticIp
            | Kind::NatGateway
            | Kind::RouteTable
            | Kind::VpcEndpoint
    )
}

/// Whether the digest tag of a live resource is the digest of its fields. A copy under another name has the
/// digest of the original.
fn is_as_recorded(plan: &Plan, found: &ObservedResource) -> bool {
    let recorded = || {
        let tags = found.tags.as_ref()?;
        let owner = OwnerTags {
            tenant_id: tags.get(TAG_TENANT)?.as_str().into(),
            cost_center: tags.get(TAG_COST_CENTER)?.parse().ok()?,
        };
        let digest = node_digest(plan.header(), &owner, found.fields.as_ref()?);
        Some(*tags.get(TAG_DIGEST)? == digest.to_string())
    };
    recorded() == Some(true)
}

/// Whether the plan gives this name to a bucket, with the common suffix or without any. A bucket with
/// another suffix must be described to know whose it is.
pub(crate) fn is_plain_bucket(plan: &Plan, address: &Address, name: &str) -> bool {
    match address.tenant() {
        Some(tenant) => names_of_tenant(plan, Kind::Bucket, tenant).iter().any(|plain| plain == name),
        None => {
            let names = Names::new(plan.header().platform.clone());
            suffixes(plan).iter().any(|suffix| names.control_bucket(suffix.as_deref()).as_str() == name)
        }
    }
}

/// The suffixes that buckets may have: none, and that of the control bucket.
fn suffixes(plan: &Plan) -> Vec<Option<String>> {
    let plain = Names::new(plan.header().platform.clone()).control_bucket(None);
    let suffix = plan.control_bucket().and_then(|(_, control)| {
        control.name.as_str().strip_prefix(plain.as_str())?.strip_prefix('-').map(str::to_owned)
    });
    [None].into_iter().chain(suffix.map(Some)).collect()
}

/// The names that a tenant's resources of a kind may have, planned or not, in each scope and with each
/// suffix. Empty for a kind whose names have further parts.
pub(crate) fn names_of_tenant(plan: &Plan, kind: Kind, tenant: &str) -> BTreeSet<String> {
    let Ok(id) = tenant.parse() else { return BTreeSet::new() };
    let scopes = in_each_scope(&plan.header().platform);
    let of_any = scopes[0].tenant(&id);
    match kind {
        Kind::Secret => scopes.iter().map(|names| names.tenant(&id).secret().to_string()).collect(),
        Kind::LogGroup => scopes.iter().map(|names| names.tenant(&id).log_group().to_string()).collect(),
        Kind::Bucket => suffixes(plan).iter().map(|suffix| of_any.bucket(suffix.as_deref()).to_string()).collect(),
        Kind::Role => [of_any.task_role(), of_any.execution_role()].map(|name| name.to_string()).into(),
        Kind::SecurityGroup => [of_any.security_group().to_string()].into(),
        Kind::Service | Kind::TaskDefinition => [of_any.service().to_string()].into(),
        _ => BTreeSet::new(),
    }
}

/// Whether its digest tag is that of this node.
fn claims(found: &ObservedResource, node: &Node) -> bool {
    let tag = found.tags.as_ref().and_then(|tags| tags.get(TAG_DIGEST));
    tag.is_some_and(|tag| *tag == node.digest.to_string())
}

/// The resource that a resource without a name of its own is a part of.
fn container(resource: &Resource) -> Option<&Address> {
    match resource {
        Resource::SecurityGroupRule(rule) => Some(rule.group.address()),
        Resource::ListenerRule(rule) => Some(rule.listener.address()),
        Resource::Listener(listener) => Some(listener.load_balancer.address()),
        _ => None,
    }
}

/// The names of a platform in each scope. A plan does not record the scope of the names of tenants that it
/// lacks, and a live resource may have a name in another scope than the planned one.
fn in_each_scope(platform: &PlatformName) -> [Names; 2] {
    [NameScope::Account, NameScope::Platform].map(|scope| Names::new(platform.clone()).in_scope(scope))
}

/// Whether a live resource has the planned name of its node, if the kind has names.
pub(crate) fn has_planned_name(found: &ObservedResource, node: &Node) -> bool {
    planned_name(&node.resource) == live_name(found)
}

/// The planned name of a resource.
pub(crate) fn planned_name(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::SecurityGroup(group) => Some(group.name.as_str()),
        Resource::TaskDefinition(definition) => Some(definition.family.as_str()),
        other => other.name(),
    }
}

/// The name of a live resource, if its kind has names.
fn live_name(found: &ObservedResource) -> Option<&str> {
    match found.kind {
        Kind::SecurityGroup => Some(SecurityGroup::of(found.fields.as_ref()?)?.name.as_str()),
        kind => name_in_id(kind, &found.identity.id),
    }
}

/// The name in the id of a resource, if ids of its kind contain one.
pub(crate) fn name_in_id(kind: Kind, id: &str) -> Option<&str> {
    match kind {
        Kind::DbSubnetGroup
        | Kind::DbClusterParameterGroup
        | Kind::DbCluster
        | Kind::DbInstance
        | Kind::Bucket
        | Kind::LogGroup
        | Kind::Role => Some(id),
        // The last 7 characters are AWS's. Source: Secrets Manager User Guide, "What's in a secret".
        Kind::Secret => {
            let name = id.split_once(":secret:").map_or(id, |(_, name)| name);
            Some(name.len().checked_sub(7).and_then(|end| name.get(..end)).unwrap_or(name))
        }
        // `loadbalancer/app/<name>/<id>`, `targetgroup/<name>/<id>`
        Kind::LoadBalancer | Kind::TargetGroup => id.rsplit('/').nth(1),
        Kind::EcsCluster | Kind::Service => id.rsplit('/').next(),
        // `task-definition/<family>:<revision>`
        Kind::TaskDefinition => id.rsplit('/').next()?.split(':').next(),
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
        | Kind::ScalableTarget => None,
    }
}

/// Whether saas gives this name to the resource at this address, now or in an earlier generation: with
/// another port of a target group, another suffix of buckets or another major version.
fn is_generation(plan: &Plan, found: &ObservedResource, name: &str, planned: Option<&str>) -> bool {
    let platform = &plan.header().platform;
    let Some(tenant) = found.address.tenant() else {
        // The names of shared resources begin with the platform's name, and so does the name of the one
        // shared secret.
        return match found.kind {
            Kind::Bucket => is_plain_bucket(plan, &found.address, name) || is_as_recorded(plan, found),
            // The major version follows the platform's name.
            Kind::DbClusterParameterGroup => is_numbered(name, &format!("{platform}-aurora-postgresql")),
            // These names never change, so a resource with another name is not the platform's.
            Kind::DbCluster | Kind::DbInstance | Kind::DbSubnetGroup | Kind::EcsCluster | Kind::Secret => {
                planned.is_none()
            }
            // The name of a shard that is no longer planned ends with its number.
            Kind::LoadBalancer => planned.is_none() && is_numbered(name, &format!("{platform}-")),
            Kind::SecurityGroup => planned.is_none() && is_numbered(name, &format!("{platform}-alb-")),
            _ => planned.is_none(),
        };
    };
    let is_given = || names_of_tenant(plan, found.kind, tenant).contains(name);
    match found.kind {
        // A tenant may have had a suffix of its own.
        Kind::Bucket => is_given() || is_as_recorded(plan, found),
        // The name ends with a digest of the fields that require replacement.
        Kind::TargetGroup => name.rsplit_once('-').is_some_and(|(kept, digest)| {
            tenant.starts_with(kept) && digest.len() == 8 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
        }),
        Kind::Secret | Kind::LogGroup | Kind::SecurityGroup | Kind::Role | Kind::Service | Kind::TaskDefinition => {
            is_given()
        }
        _ => true,
    }
}

/// Whether a name is this prefix and a number.
fn is_numbered(name: &str, before: &str) -> bool {
    let number = name.strip_prefix(before);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use saas_model::Ref;
    use saas_model::policy::Policy;
    use saas_model::resource::{
        Bucket, BucketEncryption, ElasticIp, ObjectOwnership, PublicAccessBlock, Subnet, TargetGroup, Vpc,
    };

    use super::*;
    use crate::state::observed::{Identity, Tags};
    use crate::testing::database::{self, CLUSTER};
    use crate::testing::{Bench, target_group};

    const GROUP: &str = "tenant/acme-corp/target-group";

    fn nodes() -> Vec<(&'static str, Resource)> {
        let vpc = Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: true };
        let subnet = Subnet {
            vpc: Ref::to(Address::literal("network/vpc")),
            cidr: "10.0.1.0/24".parse().expect("valid"),
            zone: "us-east-1a".parse().expect("valid"),
            public_ip_on_launch: false,
        };
        let network = vec![
            ("network/subnet", subnet.into()),
            ("network/vpc", vpc.into()),
            (GROUP, target_group("acme-corp-67c6aaaa").into()),
        ];
        [database::nodes(), network].concat()
    }

    fn found(bench: &Bench, kind: Kind, address: &str, id: &str) -> ObservedResource {
        let tags: Tags =
            bench.plan.node(&Address::literal(address)).map_or_else(Tags::new, |node| bench.plan.tags(node));
        ObservedResource::at(kind, Address::literal(address), Identity::of_id(id), tags)
    }

    #[tokio::test]
    async fn a_restored_cluster_is_left_alone_beside_the_original_and_without_it() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        let restored = || found(&bench, Kind::DbCluster, CLUSTER, "saas-platform-db-restored");
        bench.live.observed(&bench.plan, vec![restored()]);
        assert_eq!(bench.live.get(&Address::literal(CLUSTER)), None, "the copy does not stand for the cluster");
        let original = found(&bench, Kind::DbCluster, CLUSTER, "saas-platform-db");
        bench.live.observed(&bench.plan, vec![original, restored()]);
        let current = bench.live.get(&Address::literal(CLUSTER)).expect("the original is there");
        assert_eq!(current.identity.id, "saas-platform-db");
        assert!(bench.live.superseded().is_empty());
        let foreign: Vec<String> = bench.live.foreign().into_iter().map(|foreign| foreign.id).collect();
        assert_eq!(foreign, ["saas-platform-db-restored"]);
    }

    #[tokio::test]
    async fn an_earlier_generation_is_ours_and_a_copy_of_this_one_is_not() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        let arn = |name: &str| format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}/1");
        let mut earlier = found(&bench, Kind::TargetGroup, GROUP, &arn("acme-corp-fcf1bbbb"));
        let copy = earlier.clone();
        earlier.tags = Some(Tags::new());
        assert_eq!(why_foreign(&bench.plan, &earlier), None);
        assert!(why_foreign(&bench.plan, &copy).is_some(), "its digest is that of another name");
        earlier.identity = Identity::of_id(arn("acme-corp-copy"));
        assert!(why_foreign(&bench.plan, &earlier).is_some());
        assert_eq!(TargetGroup::KIND, Kind::TargetGroup);
    }

    #[tokio::test]
    async fn what_has_our_digest_and_other_fields_is_a_copy() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        let subnet = |id: &str, cidr: &str| {
            let node = bench.node("network/subnet");
            let Some(wanted) = Subnet::of(&node.resource) else { panic!("it is a subnet") };
            let seen = Subnet { cidr: cidr.parse().expect("valid"), ..wanted.clone() };
            found(&bench, Kind::Subnet, "network/subnet", id).with_fields(seen)
        };
        bench.live.observed(
            &bench.plan,
            vec![subnet("subnet-1", "10.0.1.0/24"), subnet("subnet-9", "10.0.9.0/24").incomplete()],
        );
        assert_eq!(bench.live.get(&Address::literal("network/subnet")).expect("it is there").identity.id, "subnet-1");
        assert!(bench.live.superseded().is_empty());
        assert_eq!(bench.live.foreign()[0].id, "subnet-9");
    }

    #[tokio::test]
    async fn what_a_removed_tenant_had_is_known_by_its_names() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        for (kind, id, ours) in [
            (Kind::Bucket, "saas-platform-gone-data", true),
            // No evidence excludes a copy.
            (Kind::Bucket, "saas-platform-gone-data-backup", false),
            (Kind::Bucket, "saas-platform-gone-backup", false),
            (Kind::Role, "saas-platform-gone-task", true),
            (Kind::Role, "saas-platform-gone-auditor", false),
            (Kind::LogGroup, "/ecs/tenant/gone", true),
            (Kind::LogGroup, "/ecs/saas-platform/tenant/gone", true),
            (Kind::LogGroup, "/ecs/another/tenant/gone", false),
            (Kind::LogGroup, "/ecs/tenant/gone-archive", false),
            (
                Kind::Secret,
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds/saas-platform/tenant/gone/password-AbCdEf",
                true,
            ),
            (
                Kind::Secret,
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds/tenant/gone/password-AbCdEf",
                true,
            ),
            (Kind::Secret, "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds/tenant/gone/old-AbCdEf", false),
        ] {
            let found = found(&bench, kind, "tenant/gone/x", id);
            assert_eq!(why_foreign(&bench.plan, &found).is_none(), ours, "{id}");
        }
    }

    fn bucket(name: &str) -> Bucket {
        Bucket {
            name: name.parse().expect("valid"),
            public_access_block: PublicAccessBlock::ALL,
            ownership: ObjectOwnership::BucketOwnerEnforced,
            encryption: BucketEncryption::Aes256,
            versioning: true,
            policy: Policy::default(),
        }
    }

    /// The digest tag covers an earlier suffix. A copy has the digest of another name, whenever it was
    /// created.
    #[tokio::test]
    async fn a_bucket_of_another_suffix_is_ours_when_it_is_what_its_tags_record() {
        const BUCKET: &str = "tenant/acme-corp/bucket";
        let (plain, eu) = ("saas-platform-acme-corp-data", "saas-platform-acme-corp-data-eu");
        let bench = Bench::new("http://127.0.0.1:9", vec![(BUCKET, bucket(plain).into())]).await;
        let before = Bench::new("http://127.0.0.1:9", vec![(BUCKET, bucket(eu).into())]).await;
        let none = Bench::new("http://127.0.0.1:9", Vec::new()).await;
        let earlier = found(&before, Kind::Bucket, BUCKET, eu);
        let copy = found(&bench, Kind::Bucket, BUCKET, eu);
        for plan in [&bench.plan, &none.plan] {
            assert_eq!(why_foreign(plan, &earlier.clone().with_fields(bucket(eu))), None);
            assert!(why_foreign(plan, &earlier).is_some(), "it was not read");
            assert!(
                why_foreign(plan, &copy.clone().with_fields(bucket(eu))).is_some(),
                "it has the tags of the plain one"
            );
        }
    }

    #[tokio::test]
    async fn a_number_is_all_that_is_behind_an_earlier_name_of_what_tenants_share() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        for (name, ours) in
            [("saas-platform-aurora-postgresql14", true), ("saas-platform-aurora-postgresql15-copy", false)]
        {
            let mut found = found(&bench, Kind::DbClusterParameterGroup, "database/parameters", name);
            found.tags = Some(Tags::new());
            assert_eq!(why_foreign(&bench.plan, &found).is_none(), ours, "{name}");
        }
    }

    /// Elastic IP addresses have no fields and no names. The one in use is the platform's; a second is of a
    /// killed run, or a copy.
    #[tokio::test]
    async fn of_what_is_made_once_the_one_in_use_stands_and_another_is_a_copy_unless_it_was_in_flight() {
        const ADDRESS: &str = "network/elastic-ip";
        for (in_flight, superseded) in [(BTreeSet::new(), 0), ([Address::literal(ADDRESS)].into(), 1)] {
            let mut bench = Bench::new("http://127.0.0.1:9", vec![(ADDRESS, ElasticIp {}.into())]).await;
            bench.live = ObservedState::after(in_flight);
            let address = |id: &str| found(&bench, Kind::ElasticIp, ADDRESS, id).with_fields(ElasticIp {});
            let used = ObservedResource { used: true, ..address("eipalloc-1") };
            bench.live.observed(&bench.plan, vec![used, address("eipalloc-9")]);
            assert_eq!(bench.live.get(&Address::literal(ADDRESS)).expect("it is there").identity.id, "eipalloc-1");
            assert_eq!(bench.live.superseded().len(), superseded);
            assert_eq!(bench.live.foreign().len(), 1 - superseded);
        }
    }
}
