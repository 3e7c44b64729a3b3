//! What it does to put one plan in the place of another.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{FieldImpact, Impact, fixed};
use crate::address::Address;
use crate::fields::{FieldChange, differences, paths_to};
use crate::plan::{Header, Node, Plan};
use crate::resource::Kind;

/// What it does to change a live platform from one plan to another: the platform as a whole first,
/// then field by field in the order of the addresses. Where it would be another platform, nothing
/// else is said.
#[must_use]
pub fn between(old: &Plan, new: &Plan) -> Vec<FieldImpact> {
    let header = header(old.header(), new.header());
    if !header.is_empty() {
        return header;
    }
    // A node comes after those that it refers to: what is replaced has another identity, to which
    // whatever refers to it must be bound anew.
    let mut renewed: BTreeSet<&Address> = BTreeSet::new();
    let mut found = Vec::new();
    for node in new.generations().into_iter().flatten() {
        let Some(before) = old.node(&node.address).filter(|before| before.kind() == node.kind()) else { continue };
        let mut fields = differences(&before.resource, &node.resource);
        fields.extend(rebound(node, &renewed, &fields));
        let impacts: Vec<FieldImpact> = FieldImpact::of_fields(&node.address, node.kind(), &fields).collect();
        let another = |field: &FieldImpact| matches!(field.impact, Impact::Replaces { .. });
        if impacts.iter().any(another) || (node.kind() == Kind::TaskDefinition && !fields.is_empty()) {
            renewed.insert(&node.address);
        }
        found.extend(impacts);
    }
    let gone = old.nodes().iter().filter(|node| new.node(&node.address).is_none());
    found.extend(gone.filter_map(|node| FieldImpact::of_removal(&node.address, node.kind())));
    found.sort_by(|a, b| (&a.address, &a.field).cmp(&(&b.address, &b.field)));
    found
}

/// What of a plan can never be done to a platform that is live as the other plan says.
#[must_use]
pub fn immutable_changes(old: &Plan, new: &Plan) -> Vec<FieldImpact> {
    let mut found = between(old, new);
    found.retain(|field| matches!(field.impact, Impact::CannotChangeLive { .. }));
    found
}

/// The fields that refer to what is replaced. Both values are the same address.
fn rebound(node: &Node, renewed: &BTreeSet<&Address>, known: &[FieldChange]) -> Vec<FieldChange> {
    let mut targets = BTreeSet::new();
    node.resource.references(&mut |reference| {
        if renewed.contains(reference.address) {
            targets.insert(reference.address.clone());
        }
    });
    let changes = targets.iter().flat_map(|target| {
        let value = Value::from(target.as_str());
        paths_to(&node.resource, target).into_iter().map(move |field| FieldChange {
            field,
            before: value.clone(),
            after: value.clone(),
        })
    });
    changes.filter(|change| known.iter().all(|other| other.field != change.field)).collect()
}

/// What the platform is, and where. Its struct is taken apart, so that a new field is decided about.
fn header(old: &Header, new: &Header) -> Vec<FieldImpact> {
    let Header { platform, environment, account, region, provisioner: _, spec: _, lock: _ } = old;
    let another = fixed("give the second platform a spec, a lock and a plan of its own, and move the tenants there");
    let stage = fixed("the stage is in the paths of roles and in tags; make a platform for the other stage");
    [
        ("platform", platform != &new.platform, another),
        ("environment", environment != &new.environment, stage),
        ("account", account != &new.account, another),
        ("region", region != &new.region, another),
    ]
    .into_iter()
    .filter(|(_, differs, _)| *differs)
    .map(|(field, _, impact)| FieldImpact { address: None, kind: None, field: field.to_owned(), impact })
    .collect()
}
