//! The differences between two plans, by address and field.
//!
//! Structs are destructured without `..`, so that a new field forces a decision here.
//! [`saas_model::impact`] gives the impact on users of the platform. The executor decides what a change
//! means for AWS, and the caller renders it.

mod collapse;
mod header;
mod permissions;

use std::collections::{BTreeMap, BTreeSet};

use saas_model::fields::{FieldChange, differences};
use saas_model::impact::{self, FieldImpact};
use saas_model::plan::{Initial, OwnerTags};
use saas_model::{Address, Digest, Kind, Node, Plan, Set, Template};
use serde::Serialize;

pub use collapse::{Alike, Collapsed};
pub use permissions::PermissionDiff;

/// The differences between two plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanDiff {
    /// The id of the old plan.
    pub before: Digest,
    /// The id of the new plan.
    pub after: Digest,
    /// The changed fields of the header.
    pub header: Vec<FieldChange>,
    /// The changed nodes.
    pub nodes: BTreeMap<Address, NodeChange>,
    /// The changed outputs.
    pub outputs: BTreeMap<Address, OutputChange>,
    /// The roles whose permissions, as the spec gives them, differ.
    pub permissions: BTreeMap<Address, PermissionDiff>,
    /// The resources that the new plan allows more than one tenant.
    pub shared_resources: BTreeSet<String>,
    /// The impact on users of a platform whose live state is the old plan.
    pub impact: Vec<FieldImpact>,
    /// The tenants that are only in the new plan.
    pub tenants_added: BTreeSet<String>,
    /// The tenants that are only in the old plan.
    pub tenants_removed: BTreeSet<String>,
}

/// The change of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeChange {
    /// It is only in the new plan.
    Added(Kind),
    /// It is only in the old plan.
    Removed(Kind),
    /// The node at its address has another kind.
    Replaced {
        /// The old kind.
        before: Kind,
        /// The new kind.
        after: Kind,
    },
    /// The node has changed.
    Changed(NodeDiff),
}

/// The differences between two nodes of the same kind and address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeDiff {
    /// The kind.
    pub kind: Kind,
    /// The changed fields of the resource.
    pub fields: Vec<FieldChange>,
    /// The changed owner tags.
    pub tags: Vec<FieldChange>,
    /// The changed initial values.
    pub initial: Vec<FieldChange>,
    /// The added dependencies without a reference.
    pub after_added: Set<Address>,
    /// The removed dependencies without a reference.
    pub after_removed: Set<Address>,
}

/// The change of an output; `None` when it is absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutputChange {
    /// The old text.
    pub before: Option<Template>,
    /// The new text.
    pub after: Option<Template>,
}

impl PlanDiff {
    /// Whether the two plans are equal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.before == self.after
    }
}

/// The differences between two plans.
#[must_use]
pub fn diff(old: &Plan, new: &Plan) -> PlanDiff {
    let nodes = |plan| Plan::nodes(plan).iter().map(|node| (&node.address, node)).collect();
    let (tenants_before, tenants_after) = (tenants(old), tenants(new));
    PlanDiff {
        before: old.id(),
        after: new.id(),
        header: header::header(old.header(), new.header()),
        nodes: changes(&nodes(old), &nodes(new), |before, after| match (before, after) {
            (None, None) => None,
            (None, Some(after)) => Some(NodeChange::Added(after.kind())),
            (Some(before), None) => Some(NodeChange::Removed(before.kind())),
            (Some(before), Some(after)) => node(before, after),
        }),
        outputs: changes(&old.outputs().iter().collect(), &new.outputs().iter().collect(), |before, after| {
            (before != after).then(|| OutputChange { before: before.cloned(), after: after.cloned() })
        }),
        permissions: permissions::permissions(old, new),
        shared_resources: permissions::shared_resources(new),
        impact: impact::between(old, new),
        tenants_added: tenants_after.difference(&tenants_before).map(|&tenant| tenant.to_owned()).collect(),
        tenants_removed: tenants_before.difference(&tenants_after).map(|&tenant| tenant.to_owned()).collect(),
    }
}

fn tenants(plan: &Plan) -> BTreeSet<&str> {
    plan.nodes().iter().filter_map(|node| node.address.tenant()).collect()
}

/// Calls `compare` for each address in either map and collects the changes.
fn changes<T, C>(
    before: &BTreeMap<&Address, &T>,
    after: &BTreeMap<&Address, &T>,
    compare: impl Fn(Option<&T>, Option<&T>) -> Option<C>,
) -> BTreeMap<Address, C> {
    let addresses: BTreeSet<&Address> = before.keys().chain(after.keys()).copied().collect();
    addresses
        .into_iter()
        .filter_map(|address| {
            let change = compare(before.get(address).copied(), after.get(address).copied())?;
            Some((address.clone(), change))
        })
        .collect()
}

fn node(before: &Node, after: &Node) -> Option<NodeChange> {
    if before == after {
        return None;
    }
    if before.kind() != after.kind() {
        return Some(NodeChange::Replaced { before: before.kind(), after: after.kind() });
    }
    // The digest derives from the other fields, and the addresses are equal.
    let Node { address: _, after: waits_before, initial: initial_before, tags: tags_before, resource, digest: _ } =
        before;
    let Node { address: _, after: waits_after, initial: initial_after, tags: tags_after, resource: changed, digest: _ } =
        after;
    Some(NodeChange::Changed(NodeDiff {
        kind: before.kind(),
        fields: differences(resource, changed),
        tags: tags(tags_before, tags_after),
        initial: initial(*initial_before, *initial_after),
        after_added: waits_after.minus(waits_before),
        after_removed: waits_before.minus(waits_after),
    }))
}

fn tags(before: &OwnerTags, after: &OwnerTags) -> Vec<FieldChange> {
    let OwnerTags { tenant_id, cost_center } = before;
    let OwnerTags { tenant_id: new_tenant_id, cost_center: new_cost_center } = after;
    let tenant_id = text("tenant_id", tenant_id, new_tenant_id);
    let cost_center = text("cost_center", cost_center.as_str(), new_cost_center.as_str());
    tenant_id.into_iter().chain(cost_center).collect()
}

fn initial(before: Option<Initial>, after: Option<Initial>) -> Vec<FieldChange> {
    let desired_count = |initial: Option<Initial>| initial.map(|Initial { desired_count }| desired_count);
    let (before, after) = (desired_count(before), desired_count(after));
    let change = || FieldChange { field: "desired_count".to_owned(), before: before.into(), after: after.into() };
    (before != after).then(change).into_iter().collect()
}

fn text(field: &str, before: &str, after: &str) -> Option<FieldChange> {
    let change = || FieldChange { field: field.to_owned(), before: before.into(), after: after.into() };
    (before != after).then(change)
}
