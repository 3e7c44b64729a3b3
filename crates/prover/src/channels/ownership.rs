//! Owners of resources, and references between resources.
//!
//! All other claims depend on this one: a resource is identified by its address, looked up by its
//! name, and attributed by its tag, and these three must agree.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;

use saas_model::identifier::TenantId;
use saas_model::plan::TAG_TENANT;
use saas_model::resource::{Reference, ReferenceTarget, ResourceSpec, TaskDefinition, TenantSchema};
use saas_model::{Attribute, Kind, Node};

use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Facts, Proof};
use crate::counterexample::Counterexample;
use crate::view::{Tenant, View};

/// The `tenant_id` tag of shared resources.
const SHARED: &str = "shared";

pub(crate) static CLAIMS: [Claim; 8] = [
    claim(
        "ownership/addresses",
        "every node under `tenant/` belongs to a tenant with a valid id",
        Proof::Platform(addresses),
    ),
    claim("ownership/tags", "every node of T has the tag tenant_id = T", Proof::Tenant(tags)),
    claim("ownership/shared-tags", "shared nodes have the tag tenant_id = shared", Proof::Platform(shared_tags)),
    claim(
        "ownership/platform-tags",
        "the tags that the spec adds to all resources include none that saas or a policy compares",
        Proof::Platform(platform_tags),
    ),
    claim("ownership/kinds", "T has only resources of kinds that tenants have", Proof::Tenant(kinds)),
    claim(
        "ownership/shared-kinds",
        "shared resources are only of kinds that may be shared, and none refers to a tenant's resource",
        Proof::Platform(shared_kinds),
    ),
    claim(
        "ownership/references",
        "every reference of T is to T's own node, or to a shared node in a field that allows it",
        Proof::Tenant(references),
    ),
    claim(
        "ownership/names",
        "no two resources of the plan have the same name, and no output of T is about another tenant",
        Proof::Platform(names),
    ),
];

const fn claim(id: &'static str, text: &'static str, proof: Proof) -> Claim {
    Claim { id, channel: Channel::Ownership, layer: Layer::Configuration, text, proof }
}

fn addresses(view: &View<'_>, facts: &mut Facts) {
    for tenant in &view.tenants {
        facts.require(TenantId::new(tenant.id).is_ok() && tenant.id != SHARED, || {
            let found = Counterexample::field(format_args!("tenant/{}", tenant.id), "id", tenant.id, "a tenant's id");
            (format!("tenant/{}", tenant.id), "the id is not valid for a tenant".to_owned(), found)
        });
    }
    for node in &view.strays {
        facts.field(false, (None, node), "address", &node.address, "an address of a tenant");
    }
}

fn tags(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for node in tenant.nodes {
        let tag = &node.tags.tenant_id;
        facts.field(**tag == *tenant.id, (Some(tenant), node), "tags.tenant_id", tag, tenant.id);
    }
}

fn shared_tags(view: &View<'_>, facts: &mut Facts) {
    for node in &view.shared {
        let tag = &node.tags.tenant_id;
        facts.field(**tag == *SHARED, (None, node), "tags.tenant_id", tag, SHARED);
    }
}

/// Keys of tags are compared without case by IAM.
/// Source: IAM User Guide, "Tags for AWS Identity and Access Management resources".
fn platform_tags(view: &View<'_>, facts: &mut Facts) {
    for key in view.plan.header().platform_tags.keys().map(|key| key.as_str()) {
        let compared = key.eq_ignore_ascii_case(TAG_TENANT) || key.to_ascii_lowercase().starts_with("saas:");
        facts.require(!compared, || {
            let found = Counterexample::field("header", "platform_tags", key, "another key");
            ("header.platform_tags".to_owned(), "a tag of the spec replaces one that saas compares".to_owned(), found)
        });
    }
}

/// Who may have resources of a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owners {
    /// The platform.
    Platform,
    /// Tenants: they run or serve for one.
    Tenants,
    /// Both.
    All,
}

const fn owners(kind: Kind) -> Owners {
    match kind {
        Kind::Vpc
        | Kind::Subnet
        | Kind::InternetGateway
        | Kind::ElasticIp
        | Kind::NatGateway
        | Kind::RouteTable
        | Kind::VpcEndpoint
        | Kind::DbSubnetGroup
        | Kind::DbClusterParameterGroup
        | Kind::DbCluster
        | Kind::DbInstance
        | Kind::DatabaseAccess
        | Kind::LoadBalancer
        | Kind::Listener
        | Kind::EcsCluster => Owners::Platform,
        Kind::ListenerRule
        | Kind::Migration
        | Kind::ScalableTarget
        | Kind::Schedule
        | Kind::ScheduleGroup
        | Kind::Service
        | Kind::TargetGroup
        | Kind::TaskDefinition
        | Kind::TenantSchema => Owners::Tenants,
        Kind::Bucket | Kind::LogGroup | Kind::Role | Kind::Secret | Kind::SecurityGroup | Kind::SecurityGroupRule => {
            Owners::All
        }
    }
}

fn kinds(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for node in tenant.nodes {
        let fits = owners(node.kind()) != Owners::Platform;
        facts.field(fits, (Some(tenant), node), "kind", node.kind(), "a kind that tenants have");
    }
}

fn shared_kinds(view: &View<'_>, facts: &mut Facts) {
    for node in &view.shared {
        let fits = owners(node.kind()) != Owners::Tenants;
        facts.field(fits, (None, node), "kind", node.kind(), "a kind that is shared");
        node.resource.references_in_fields(&mut |path, Reference { address, .. }| {
            facts.field(address.tenant().is_none(), (None, node), &path.to_string(), address, "shared");
        });
    }
}

fn references(view: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    let mut text = String::new();
    for node in tenant.nodes {
        node.resource.references_in_fields(&mut |path, reference| {
            if tenant.owns(reference.address) {
                facts.holds();
                return;
            }
            text.clear();
            write!(text, "{path}").expect("a string takes any text");
            let target = view.node(reference.address);
            let shared = reference.address.tenant().is_none();
            let meant = target.is_some_and(|target| is_meant(node.kind(), &text, target.kind(), reference.target));
            facts.require(shared && meant, || {
                let at = format!("{}.{path}", tenant.within(node));
                let found = access(node, &text, target).unwrap_or_else(|| {
                    Counterexample::field(&node.address, &text, reference.address, "the tenant's own node")
                });
                (at, "it refers to a node that is not the tenant's".to_owned(), found)
            });
        });
    }
}

/// A counterexample for a reference, where a request or a path is clearer than a field.
fn access(node: &Node, path: &str, target: Option<&Node>) -> Option<Counterexample> {
    let target = target?;
    if let (Some(schema), "password") = (TenantSchema::of(&node.resource), path) {
        return Some(Counterexample::Sql {
            role: schema.app.to_string(),
            statement: format!("-- log in with the value of the secret {}", target.resource.name().unwrap_or_default()),
        });
    }
    let (Some(_), Kind::Secret) = (TaskDefinition::of(&node.resource), target.kind()) else { return None };
    let variable = path.rsplit_once(".secrets.").map_or(path, |(_, variable)| variable);
    Some(Counterexample::Path(vec![
        format!("the tasks of {}", node.address),
        format!("environment variable {variable}"),
        format!("the value of {}", target.address),
    ]))
}

/// Whether a field of a tenant's resource may refer to a shared resource.
fn is_meant(from: Kind, path: &str, to: Kind, target: ReferenceTarget) -> bool {
    let meant = matches!(
        (from, path, to),
        (Kind::SecurityGroup | Kind::TargetGroup, "vpc", Kind::Vpc)
            | (Kind::SecurityGroupRule, "group" | "peer.group", Kind::SecurityGroup)
            | (Kind::TenantSchema, "access", Kind::DatabaseAccess)
            | (Kind::ListenerRule, "listener", Kind::Listener)
            | (Kind::Service, "cluster", Kind::EcsCluster)
            | (Kind::Service, "subnets", Kind::Subnet)
            | (Kind::Service, "security_groups", Kind::SecurityGroup)
            | (Kind::Schedule | Kind::Migration, "task.cluster", Kind::EcsCluster)
            | (Kind::Schedule | Kind::Migration, "task.subnets", Kind::Subnet)
            | (Kind::Schedule | Kind::Migration, "task.security_groups", Kind::SecurityGroup)
    );
    // The names of containers and of policies are parts of a path; the kind of the target tells the field.
    let endpoint = target == ReferenceTarget::Attribute(Attribute::Endpoint);
    let environment = from == Kind::TaskDefinition && path.starts_with("containers.");
    let metric = from == Kind::ScalableTarget && path.starts_with("policies.");
    meant || (environment && to == Kind::DbCluster && endpoint) || (metric && to == Kind::LoadBalancer)
}

fn names(view: &View<'_>, facts: &mut Facts) {
    let mut known: HashMap<(Kind, Cow<'_, str>), &Node> = HashMap::with_capacity(view.plan.nodes().len());
    for node in view.plan.nodes() {
        let Some(name) = node.resource.name() else { continue };
        // IAM compares names of roles without case; this check does so for all names.
        let lowercase = match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(name.to_ascii_lowercase()),
            false => Cow::Borrowed(name),
        };
        let before = known.insert((node.kind(), lowercase), node);
        facts.require(before.is_none(), || {
            let other = before.map_or(&node.address, |other| &other.address);
            let found =
                Counterexample::field(&node.address, "name", name, format_args!("different from the name of {other}"));
            (node.address.to_string(), "two resources have the same name".to_owned(), found)
        });
    }
    for (name, text) in view.plan.outputs() {
        for output in text.outputs() {
            let owner = name.tenant();
            let foreign = output.address.tenant().is_some_and(|tenant| owner != Some(tenant));
            facts.require(!foreign, || {
                let found = Counterexample::field(name, "output", &output.address, "the tenant's own or shared");
                (name.to_string(), "an output of one tenant is about another tenant".to_owned(), found)
            });
        }
    }
}
