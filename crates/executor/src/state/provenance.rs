//! Whether saas created a resource that has the platform's tags.
//!
//! Tags are copied: a database restored from a snapshot has the tags of the original cluster, and so does a
//! copied security group. A copy has another name than saas gives, or other fields than its digest tag
//! records, and is left alone: saas deletes only what is provably the platform's. A kind without names has
//! one resource per address, so a second one is a copy, unless a run was killed while it created it.
//!
//! Which names a kind may have is declared by its provider ([`Naming`](crate::provider::Naming)).

use std::collections::BTreeSet;

use saas_model::plan::TAG_DIGEST;
use saas_model::{Kind, Node, Plan};

use crate::provider::naming::{LiveName, NamedResource};
use crate::provider::{Identification, declaration};
use crate::state::observed::{ObservedResource, ObservedState};

/// Why a resource cannot have been created for the address in its tags; `None` when it may have been.
pub(crate) fn why_foreign(plan: &Plan, found: &ObservedResource) -> Option<String> {
    let (Some(naming), Some(name)) = (declaration(found.kind).naming(), live_name(found)) else {
        return unreadable_reason(found);
    };
    let node = plan.node(&found.address).filter(|node| node.kind() == found.kind);
    let named = NamedResource { plan, found, naming, name, is_planned: node.is_some() };
    if let Some(node) = node {
        let planned = node.resource.name()?;
        if planned != name && (has_digest_of(found, node) || !(naming.is_given)(&named)) {
            return Some(format!("its name is `{name}`, but the planned name is `{planned}`"));
        }
    } else if !(naming.is_given)(&named) {
        return Some(format!("saas creates no resource with the name `{name}`"));
    } else if is_recorded_at_creation(found.kind)
        && found.tags.as_ref().is_some_and(|tags| !tags.contains_key(TAG_DIGEST))
    {
        return Some(format!("it has no tag `{TAG_DIGEST}`, which saas writes when it creates a {}", found.kind));
    }
    unreadable_reason(found)
}

/// Whether the call that creates a resource of a kind writes its digest tag. One without it, that no plan has, was
/// not created by saas, whatever its other tags are. Of a planned one, the tag may have been removed.
const fn is_recorded_at_creation(kind: Kind) -> bool {
    matches!(kind, Kind::Role | Kind::LogGroup | Kind::Secret | Kind::Service | Kind::TaskDefinition)
}

/// Why a resource that the model cannot represent is not the platform's. The model represents everything
/// that an operator can change by hand.
fn unreadable_reason(found: &ObservedResource) -> Option<String> {
    found
        .unreadable
        .as_ref()
        .map(|unreadable_reason| format!("saas does not create such resources: {unreadable_reason}"))
}

/// Why a further resource with the tags of an occupied address is a copy, and not what an interrupted
/// replacement left. A part of one of the platform's resources is an extra part of it, and not a copy.
pub(crate) fn why_a_copy(plan: &Plan, live: &ObservedState, found: &ObservedResource) -> Option<String> {
    let node = plan.node(&found.address).filter(|node| node.kind() == found.kind)?;
    let identification = &declaration(found.kind).identification;
    if matches!(identification, Identification::Tags) && !live.was_in_flight(&found.address) {
        return Some("another resource has its address, and saas creates only one".to_owned());
    }
    let seen = found.fields.as_ref()?;
    if let Identification::Part(part) = identification
        && let Some(container) = (part.container)(seen)
    {
        let ours = live.get(container).is_some();
        return (!ours).then(|| format!("it belongs to `{container}`, which is not part of the platform"));
    }
    let is_copy = has_digest_of(found, node) && *seen != node.resource;
    is_copy.then(|| "it is a copy: its fields do not match its digest tag".to_owned())
}

/// The names that a tenant's resources of a kind may have, planned or not. Empty where only the plan
/// determines them.
pub(crate) fn names_of_tenant(plan: &Plan, kind: Kind, tenant: &str) -> BTreeSet<String> {
    declaration(kind).naming().map(|naming| naming.of_tenant.names(plan, tenant)).unwrap_or_default()
}

/// Whether its digest tag is that of this node.
fn has_digest_of(found: &ObservedResource, node: &Node) -> bool {
    let tag = found.tags.as_ref().and_then(|tags| tags.get(TAG_DIGEST));
    tag.is_some_and(|tag| *tag == node.digest.to_string())
}

/// Whether a live resource has the planned name of its node, if the kind has names.
pub(crate) fn has_planned_name(found: &ObservedResource, node: &Node) -> bool {
    node.resource.name() == live_name(found)
}

/// The name of a live resource, if its kind has names.
fn live_name(found: &ObservedResource) -> Option<&str> {
    match declaration(found.kind).naming()?.live {
        LiveName::InId(name) => name(&found.identity.id),
        LiveName::InFields => found.fields.as_ref()?.name(),
    }
}

/// The name in the id of a resource, if ids of its kind contain one.
pub(crate) fn name_in_id(kind: Kind, id: &str) -> Option<&str> {
    match declaration(kind).naming()?.live {
        LiveName::InId(name) => name(id),
        LiveName::InFields => None,
    }
}

#[cfg(test)]
mod tests {
    use saas_model::resource::{ElasticIp, Resource, ResourceSpec, Subnet, TargetGroup, Vpc};
    use saas_model::{Address, Ref};

    use super::*;
    use crate::state::observed::{Identity, Tags};
    use crate::testing::database::{self, CLUSTER};
    use crate::testing::{Bench, bucket, target_group};

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
    async fn restored_db_cluster_is_foreign_with_and_without_the_original() {
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
    async fn earlier_generation_is_owned_and_a_copy_is_foreign() {
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
    async fn resource_with_planned_digest_but_other_fields_is_foreign() {
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
    async fn resources_of_a_removed_tenant_are_recognized_by_name() {
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
            let recorded = recorded(found(&bench, kind, "tenant/gone/x", id));
            assert_eq!(why_foreign(&bench.plan, &recorded).is_none(), ours, "{id}");
        }
    }

    /// With a digest tag, which only saas writes.
    fn recorded(mut found: ObservedResource) -> ObservedResource {
        found.tags.get_or_insert_default().insert(TAG_DIGEST.to_owned(), "0".repeat(64));
        found
    }

    /// A principal that may tag resources can give one the tags of the platform. It has neither a digest tag nor a node, so
    /// saas did not create it and deletes nothing.
    #[tokio::test]
    async fn tagged_resource_without_digest_and_node_is_foreign() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        for (kind, id) in [
            (Kind::Role, "saas-platform-gone-task"),
            (Kind::LogGroup, "/ecs/tenant/gone"),
            (Kind::Secret, "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds/tenant/gone/password-AbCdEf"),
        ] {
            let tagged = found(&bench, kind, "tenant/gone/x", id);
            assert_eq!(why_foreign(&bench.plan, &recorded(tagged.clone())), None, "{id}");
            let why = why_foreign(&bench.plan, &tagged).unwrap_or_default();
            assert!(why.contains("it has no tag `saas:digest`"), "{id}: {why}");
        }
    }

    /// Services and their task definitions have the names that their addresses say.
    #[tokio::test]
    async fn services_of_a_removed_tenant_are_recognized_by_name() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        let service = |name: &str| format!("arn:aws:ecs:us-east-1:123456789012:service/saas-platform/{name}");
        let family = |name: &str| format!("arn:aws:ecs:us-east-1:123456789012:task-definition/{name}:7");
        for (address, name, ours) in [
            ("tenant/gone/service/web", "saas-platform-gone", true),
            ("tenant/gone/service/worker", "saas-platform-gone--worker", true),
            ("tenant/gone/service/worker", "saas-platform-gone", false),
            ("tenant/gone/service/worker", "saas-platform-gone--worker-copy", false),
            ("tenant/gone/service/worker", "saas-platform-other--worker", false),
        ] {
            let of_service = recorded(found(&bench, Kind::Service, address, &service(name)));
            assert_eq!(why_foreign(&bench.plan, &of_service).is_none(), ours, "{name} at {address}");
            let address = format!("{address}/task-definition");
            let of_family = recorded(found(&bench, Kind::TaskDefinition, &address, &family(name)));
            assert_eq!(why_foreign(&bench.plan, &of_family).is_none(), ours, "{name} at {address}");
        }
        let nightly = recorded(found(
            &bench,
            Kind::TaskDefinition,
            "tenant/gone/job/nightly/task-definition",
            &family("saas-platform-gone--nightly"),
        ));
        assert_eq!(why_foreign(&bench.plan, &nightly), None);
        // As plans of format 1 have them.
        let of_service = recorded(found(&bench, Kind::Service, "tenant/gone/service", &service("saas-platform-gone")));
        assert_eq!(why_foreign(&bench.plan, &of_service), None);
        let address = "tenant/gone/task-definition";
        let of_family = recorded(found(&bench, Kind::TaskDefinition, address, &family("saas-platform-gone")));
        assert_eq!(why_foreign(&bench.plan, &of_family), None);
    }

    /// The digest tag covers an earlier suffix. A copy has the digest of another name, whenever it was
    /// created.
    #[tokio::test]
    async fn bucket_with_an_earlier_suffix_is_owned_if_it_matches_its_digest() {
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
    async fn earlier_name_of_a_shared_resource_differs_only_by_a_number() {
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
    async fn second_elastic_ip_is_foreign_unless_its_creation_was_in_flight() {
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
