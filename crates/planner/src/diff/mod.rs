//! What differs between two plans, by address and field by field.
//!
//! Structs are taken apart without `..`, so that a new field has to be decided about here. What a
//! change does to those who use the platform is in [`saas_model::impact`]; what it means for AWS is the
//! executor's to know, and how it is shown the caller's.

mod collapse;
mod header;

use std::collections::{BTreeMap, BTreeSet};

use saas_model::fields::{FieldChange, differences};
use saas_model::impact::{self, FieldImpact};
use saas_model::plan::{Initial, OwnerTags};
use saas_model::{Address, Digest, Kind, Node, Plan, Set, Text};
use serde::Serialize;

pub use collapse::{Alike, Collapsed};

/// What differs between two plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanDiff {
    /// The id of the plan before.
    pub before: Digest,
    /// The id of the plan after.
    pub after: Digest,
    /// The fields of the header that differ.
    pub header: Vec<FieldChange>,
    /// The nodes that differ.
    pub nodes: BTreeMap<Address, NodeChange>,
    /// The outputs that differ.
    pub outputs: BTreeMap<Address, OutputChange>,
    /// What it does to those who use a platform that is live as the plan before says.
    pub impact: Vec<FieldImpact>,
    /// The tenants that had no node before, and have some now.
    pub tenants_added: BTreeSet<String>,
    /// The tenants that had nodes before, and have none now.
    pub tenants_removed: BTreeSet<String>,
}

/// How a node differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeChange {
    /// It was not there before.
    Added(Kind),
    /// It is not there any more.
    Removed(Kind),
    /// A resource of another kind stands at its address.
    Replaced {
        /// The kind before.
        before: Kind,
        /// The kind after.
        after: Kind,
    },
    /// Something about it is different.
    Changed(NodeDiff),
}

/// What differs between two nodes of one kind at one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeDiff {
    /// Their kind.
    pub kind: Kind,
    /// The fields of the resource that differ.
    pub fields: Vec<FieldChange>,
    /// The tags that say whose it is and that differ.
    pub tags: Vec<FieldChange>,
    /// What is given once, at creation, and differs.
    pub initial: Vec<FieldChange>,
    /// The nodes that it now waits for as well.
    pub after_added: Set<Address>,
    /// The nodes that it does not wait for any more.
    pub after_removed: Set<Address>,
}

/// How an output differs; `None` where there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutputChange {
    /// The text before.
    pub before: Option<Text>,
    /// The text after.
    pub after: Option<Text>,
}

impl PlanDiff {
    /// Whether the two plans are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.before == self.after
    }
}

/// What differs between two plans.
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
        impact: impact::between(old, new),
        tenants_added: tenants_after.difference(&tenants_before).map(|&tenant| tenant.to_owned()).collect(),
        tenants_removed: tenants_before.difference(&tenants_after).map(|&tenant| tenant.to_owned()).collect(),
    }
}

fn tenants(plan: &Plan) -> BTreeSet<&str> {
    plan.nodes().iter().filter_map(|node| node.address.tenant()).collect()
}

/// What `compare` makes of each address that is in either map.
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
    // The digest follows from the rest, and the addresses are equal.
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
