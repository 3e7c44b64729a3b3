//! Resources that have lost the tags by which saas lists them.
//!
//! `saas:platform` and `saas:address` record the platform and the address of a resource. Where they are
//! missing, the other tags and the name may prove the same: then the resource occupies its address, and
//! apply writes the tags again. Without such a proof it is left alone, and an operator learns of it before
//! a second one is created: preflight reports a name that is taken, and [`in_use`] reports a resource that
//! the rest of the platform still refers to.

use std::collections::BTreeMap;

use saas_model::plan::{TAG_ADDRESS, TAG_DIGEST, TAG_ENVIRONMENT, TAG_MANAGED_BY, TAG_PLATFORM};
use saas_model::resource::Resource;
use saas_model::{Address, Kind, Node, Plan};

use crate::apply::change_set::{Action, Change};
use crate::context::Context;
use crate::error::Result;
use crate::provider;
use crate::state::blocker::Blocker;
use crate::state::observed::{ObservedResource, Tags, UNMANAGED};

/// The tag that names a resource for people.
pub(crate) const TAG_NAME: &str = "Name";

/// Why a resource that lacks the tags is left alone where another occupies its address.
pub(crate) const ADDRESS_OCCUPIED: &str = "it lacks saas tags, and another resource has its address";

/// The planned node of a resource that lacks these tags, if its other tags and its name prove that saas
/// created it for that node. `name` is its name in AWS, if it has one.
pub(crate) fn node<'p>(plan: &'p Plan, kind: Kind, name: Option<&str>, tags: &Tags) -> Option<&'p Node> {
    let header = plan.header();
    let tag = |key: &str| tags.get(key).map(String::as_str);
    let of_platform = tag(TAG_PLATFORM) == Some(header.platform.as_str());
    if !of_platform && tags.contains_key(TAG_PLATFORM) {
        return None;
    }
    let managed = tag(TAG_MANAGED_BY) == Some("saas") && tag(TAG_ENVIRONMENT) == Some(header.environment.as_str());
    if !managed && !tags.keys().any(|key| key.starts_with("saas:")) {
        return None;
    }
    let at = |address: &str| plan.node(&address.parse().ok()?);
    let name_tag = |node: &Node| format!("{}/{}", header.platform, node.address);
    // A planned name is unique. Most names contain the platform's, but not all.
    let is_named = |node: &Node| name.is_some_and(|name| node.resource.name() == Some(name));
    let is_of_platform = |node: &Node| {
        of_platform
            || tag(TAG_NAME).is_some_and(|live| live == name_tag(node))
            || tag(TAG_DIGEST).is_some_and(|live| live == node.digest.to_string())
            || is_named(node) && name.is_some_and(|name| name.contains(header.platform.as_str()))
    };
    // A resource with another name than the planned one is a copy.
    let has_no_other_name = |node: &Node| name.is_none() || node.resource.name().is_none() || is_named(node);
    let fits = |node: &&Node| node.kind() == kind && has_no_other_name(node) && is_of_platform(node);

    let address_in_name = tag(TAG_NAME).and_then(|live| live.strip_prefix(header.platform.as_str())?.strip_prefix('/'));
    let addresses: Vec<&str> = [tag(TAG_ADDRESS), address_in_name].into_iter().flatten().collect();
    if !addresses.is_empty() {
        return addresses.into_iter().filter_map(at).find(fits);
    }
    let identifies =
        |node: &&Node| is_named(node) || tag(TAG_DIGEST).is_some_and(|live| live == node.digest.to_string());
    only(plan.nodes().iter().filter(fits).filter(identifies))
}

/// The first item, if it is the only one.
fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// Lists planned resources of a kind without names by the tags that they may still have.
pub(crate) async fn list_by_tags(cx: &Context<'_>, kind: Kind, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
    // Source: Amazon EC2 API, "Filter".
    const VALUES_PER_FILTER: usize = 200;
    let tags: Vec<_> = nodes.iter().map(|node| cx.plan.tags(node)).collect();
    let mut found: Vec<ObservedResource> = Vec::new();
    for key in [TAG_ADDRESS, TAG_NAME] {
        let values: Vec<String> = tags.iter().filter_map(|tags| tags.get(key).cloned()).collect();
        for values in values.chunks(VALUES_PER_FILTER) {
            let listed = provider::list(kind, &Context { by_tag: Some((key, values)), ..*cx }).await?;
            let new: Vec<ObservedResource> =
                listed.into_iter().filter(|new| !found.iter().any(|one| one.identity == new.identity)).collect();
            found.extend(new);
        }
    }
    Ok(found)
}

/// Blocks each creation of a resource that the platform still uses under an id without tags that prove it:
/// a network whose subnets exist cannot be gone.
pub(crate) fn in_use(cx: &Context<'_>, changes: &[Change]) -> Vec<Blocker> {
    let platform = &cx.plan.header().platform;
    let is_created = |change: &&Change| matches!(change.action, Action::Create);
    let mut created: BTreeMap<&Address, &Change> =
        changes.iter().filter(is_created).map(|change| (&change.address, change)).collect();
    let mut blockers = Vec::new();
    for user in cx.plan.nodes() {
        let Some(found) = cx.live.get(&user.address) else { continue };
        for target in user.dependencies() {
            let Some(change) = created.get(target).copied() else { continue };
            let Some(id) = live_target(&found, user, target) else { continue };
            let what = format!("`{}` belongs to it, but it has no ownership tags", user.address);
            let remedy = format!(
                "if it belongs to this platform, add the tags `{TAG_PLATFORM}` = `{platform}` and `{TAG_ADDRESS}` = \
                 `{target}` again",
            );
            blockers.push(Blocker::new(change.address.clone(), change.kind, id, what, remedy));
            // One user is evidence enough.
            created.remove(target);
        }
    }
    blockers.sort();
    blockers
}

/// The AWS id of the resource that `found` refers to where its node refers to `target`, in a field that
/// never changes; `None` if that resource is known.
fn live_target(found: &ObservedResource, user: &Node, target: &Address) -> Option<String> {
    let fixed_references = |resource: &Resource| {
        let mut found = BTreeMap::new();
        resource.references_in_fields(&mut |path, reference| {
            let path = path.to_string();
            let field = path.split('.').next().unwrap_or_default();
            if !user.kind().updates_in_place(field) {
                found.insert(path, reference.address.clone());
            }
        });
        found
    };
    if found.kind != user.kind() || found.deleting {
        return None;
    }
    let seen = fixed_references(found.fields.as_ref()?);
    let (path, _) = fixed_references(&user.resource).into_iter().find(|(_, address)| address == target)?;
    seen.get(&path)?.as_str().strip_prefix(UNMANAGED)?.split_once('/').map(|(_, id)| id.to_owned())
}

#[cfg(test)]
mod tests {
    use saas_model::Ref;
    use saas_model::resource::{ElasticIp, LogGroup, SecurityGroup, Subnet, Vpc};

    use super::*;
    use crate::state::observed::Identity;
    use crate::testing::Bench;

    const GROUP: &str = "tenant/acme-corp/log-group";

    fn nodes() -> Vec<(&'static str, Resource)> {
        let vpc = || Ref::to(Address::literal("network/vpc"));
        let cidr = |text: &str| text.parse().expect("valid");
        let network = Vpc { cidr: cidr("10.0.0.0/16"), dns_support: true, dns_hostnames: true };
        let subnet = Subnet {
            vpc: vpc(),
            cidr: cidr("10.0.1.0/24"),
            zone: "us-east-1a".parse().expect("valid"),
            public_ip_on_launch: false,
        };
        let security = SecurityGroup {
            vpc: vpc(),
            name: "saas-platform-acme-corp".parse().expect("valid"),
            description: "d".into(),
        };
        let group = LogGroup { name: "/ecs/tenant/acme-corp".parse().expect("valid"), retention_days: 30 };
        vec![
            ("network/elastic-ip/a", ElasticIp {}.into()),
            ("network/elastic-ip/b", ElasticIp {}.into()),
            ("network/subnet", subnet.into()),
            ("network/vpc", network.into()),
            (GROUP, group.into()),
            ("tenant/acme-corp/security-group", security.into()),
        ]
    }

    /// The tags of a node, without some and with others.
    fn tags(bench: &Bench, address: &str, without: &[&str], with: &[(&str, &str)]) -> Tags {
        let mut tags = bench.plan.tags(bench.node(address));
        tags.retain(|key, _| !without.contains(&key.as_str()));
        tags.extend(with.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        tags
    }

    fn found(bench: &Bench, kind: Kind, name: Option<&str>, tags: &Tags) -> Option<String> {
        node(&bench.plan, kind, name, tags).map(|node| node.address.to_string())
    }

    #[tokio::test]
    async fn address_is_derived_from_remaining_tags() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        let (vpc, group) = ("network/vpc", Some("/ecs/tenant/acme-corp"));
        let labels = [TAG_PLATFORM, TAG_ADDRESS];
        for without in [&labels[..1], &labels[1..], &labels[..], &[TAG_PLATFORM, TAG_NAME], &[TAG_ADDRESS, TAG_NAME]] {
            let left = tags(&bench, vpc, without, &[]);
            assert_eq!(found(&bench, Kind::Vpc, None, &left).as_deref(), Some(vpc), "{without:?}");
            let left = tags(&bench, GROUP, without, &[]);
            assert_eq!(found(&bench, Kind::LogGroup, group, &left).as_deref(), Some(GROUP), "{without:?}");
        }
        // All tags that begin with `saas:` are missing.
        let left = tags(&bench, vpc, &[TAG_PLATFORM, TAG_ADDRESS, TAG_DIGEST], &[]);
        assert_eq!(found(&bench, Kind::Vpc, None, &left).as_deref(), Some(vpc));
        // It was created for an earlier plan, and its name is planned.
        let earlier = [(TAG_DIGEST, "0".repeat(64))];
        let earlier: Vec<(&str, &str)> = earlier.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let left = tags(&bench, "tenant/acme-corp/security-group", &[TAG_PLATFORM, TAG_ADDRESS, TAG_NAME], &earlier);
        let named = found(&bench, Kind::SecurityGroup, Some("saas-platform-acme-corp"), &left);
        assert_eq!(named.as_deref(), Some("tenant/acme-corp/security-group"));
    }

    #[tokio::test]
    async fn resource_with_ambiguous_ownership_is_not_adopted() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        let labels = [TAG_PLATFORM, TAG_ADDRESS];
        let none = |kind, name, tags: &Tags| assert_eq!(found(&bench, kind, name, tags), None, "{tags:?}");
        none(Kind::Vpc, None, &Tags::new());
        // It is of another platform, which may have the same addresses and log groups.
        none(Kind::Vpc, None, &tags(&bench, "network/vpc", &[], &[(TAG_PLATFORM, "another")]));
        let zeros = "0".repeat(64);
        let others = [("Name", "another/tenant/acme-corp/log-group"), (TAG_DIGEST, zeros.as_str())];
        none(Kind::LogGroup, Some("/ecs/tenant/acme-corp"), &tags(&bench, GROUP, &[TAG_PLATFORM], &others));
        // It is a copy under another name.
        none(Kind::LogGroup, Some("/ecs/copied"), &tags(&bench, GROUP, &labels, &[]));
        // All Elastic IP addresses are alike, so a digest alone does not identify one.
        let left = tags(&bench, "network/elastic-ip/a", &[TAG_ADDRESS, TAG_NAME], &[]);
        none(Kind::ElasticIp, None, &left);
        // A person gave it this name.
        none(Kind::Vpc, None, &[("Name".to_owned(), "saas-platform/network/vpc".to_owned())].into());
    }

    #[tokio::test]
    async fn unlabelled_resource_in_use_by_the_platform_blocks_its_creation() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        let subnet = bench.node("network/subnet");
        let Resource::Subnet(wanted) = &subnet.resource else { panic!("it is a subnet") };
        let vpc = Ref::to(bench.live.address_of(Kind::Vpc, "vpc-0abc"));
        let live = ObservedResource::at(
            Kind::Subnet,
            subnet.address.clone(),
            Identity::of_id("subnet-1"),
            bench.plan.tags(subnet),
        );
        bench.live.insert(live.with_fields(Subnet { vpc, ..wanted.clone() }));
        let made = |address: &str, kind| Change::new(Address::literal(address), kind, Action::Create, None);
        let changes = [made("network/vpc", Kind::Vpc), made(GROUP, Kind::LogGroup)];
        let blockers = in_use(&bench.cx(), &changes);
        let [blocker] = blockers.as_slice() else { panic!("{blockers:#?}") };
        assert_eq!((blocker.address.as_str(), blocker.id.as_str()), ("network/vpc", "vpc-0abc"));
        assert!(blocker.remedy.contains("`saas:address` = `network/vpc`"), "{blocker:?}");
    }

    /// Where a resource with its tags exists, one without them is a copy: it is neither adopted nor deleted.
    #[tokio::test]
    async fn unlabelled_resource_is_foreign_if_a_labelled_one_exists() {
        let bench = Bench::new("http://127.0.0.1:9", nodes()).await;
        let node = bench.node("tenant/acme-corp/security-group");
        let group = |id: &str, tags| {
            let found = ObservedResource::by_tags(&bench.plan, Kind::SecurityGroup, Identity::of_id(id), tags);
            found.expect("its tags tell").with_fields(node.resource.clone())
        };
        let without = |id: &str| group(id, tags(&bench, node.address.as_str(), &[TAG_PLATFORM], &[]));
        bench.live.observed(&bench.plan, vec![group("sg-1", bench.plan.tags(node)), without("sg-9")]);
        assert_eq!(bench.live.get(&node.address).expect("one stands for it").identity.id, "sg-1");
        assert!(bench.live.superseded().is_empty());
        assert_eq!(bench.live.foreign()[0].id, "sg-9");
        // Of two without the tags, one is adopted and none is deleted.
        bench.live.forget(&node.address);
        bench.live.observed(&bench.plan, vec![without("sg-7"), without("sg-8")]);
        assert!(bench.live.get(&node.address).is_some() && bench.live.superseded().is_empty());
    }
}
