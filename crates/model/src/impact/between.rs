//! The impact of replacing one plan by another.

use std::collections::{BTreeMap, BTreeSet};

use super::{FieldImpact, Impact, fixed};
use crate::address::Address;
use crate::fields::{FieldChange, differences, rebound};
use crate::plan::{Header, Node, Plan};

/// The impact of changing a live platform from one plan to another: first the platform as a whole, then
/// field by field in address order. If the plans are for different platforms, the result has nothing
/// else.
#[must_use]
pub fn between(old: &Plan, new: &Plan) -> Vec<FieldImpact> {
    let header = header(old.header(), new.header());
    if !header.is_empty() {
        return header;
    }
    let mut found = Vec::new();
    for Updated { node, fields, rebound } in updated(old, new) {
        found.extend(FieldImpact::of_fields(&node.address, node.kind(), &[fields, rebound].concat()));
    }
    let removed = old.nodes().iter().filter(|node| new.node(&node.address).is_none());
    found.extend(removed.filter_map(|node| FieldImpact::of_removal(&node.address, node.kind())));
    found.sort_by(|a, b| (&a.address, &a.field).cmp(&(&b.address, &b.field)));
    found
}

/// The fields of nodes of both plans that are the same, and that a live platform updates all the same: they refer to a
/// resource that is replaced, or that gets a new revision.
#[must_use]
pub fn rebound_fields<'p>(old: &Plan, new: &'p Plan) -> BTreeMap<&'p Address, Vec<FieldChange>> {
    let rebound =
        |Updated { node, fields: _, rebound }: Updated<'p>| (!rebound.is_empty()).then_some((&node.address, rebound));
    updated(old, new).into_iter().filter_map(rebound).collect()
}

/// A node of both plans that is updated or replaced.
struct Updated<'p> {
    node: &'p Node,
    /// The fields that differ.
    fields: Vec<FieldChange>,
    /// The other fields that refer to a resource with a new identity.
    rebound: Vec<FieldChange>,
}

/// The nodes of both plans that a live platform updates or replaces.
fn updated<'p>(old: &Plan, new: &'p Plan) -> Vec<Updated<'p>> {
    // Nodes come after their dependencies. A replaced resource has a new identity, so every resource
    // that refers to it must be updated too.
    let mut renewed: BTreeSet<&Address> = BTreeSet::new();
    let mut found = Vec::new();
    for node in new.generations().into_iter().flatten() {
        let Some(before) = old.node(&node.address).filter(|before| before.kind() == node.kind()) else { continue };
        let fields = differences(&before.resource, &node.resource);
        let mut rebound = rebound(&node.resource, |address| renewed.contains(address));
        rebound.retain(|change| fields.iter().all(|known| known.field != change.field));
        let of = |fields: &[FieldChange]| {
            let mut impacts = FieldImpact::of_fields(&node.address, node.kind(), fields);
            impacts.any(|field| matches!(field.impact, Impact::Replaces { .. }))
        };
        let differs = !fields.is_empty() || !rebound.is_empty();
        if of(&fields) || of(&rebound) || (node.kind().has_revisions() && differs) {
            renewed.insert(&node.address);
        }
        if differs {
            found.push(Updated { node, fields, rebound });
        }
    }
    found
}

/// The changes from one plan to the other that no live platform can make.
#[must_use]
pub fn immutable_changes(old: &Plan, new: &Plan) -> Vec<FieldImpact> {
    let mut found = between(old, new);
    found.retain(|field| matches!(field.impact, Impact::CannotChangeLive { .. }));
    found
}

/// The impact of changes of the header. It is destructured, so that a new field forces a decision.
fn header(old: &Header, new: &Header) -> Vec<FieldImpact> {
    let Header { platform, environment, account, region, provisioner: _, platform_tags: _, spec: _, lock: _ } = old;
    let new_platform = fixed("create a second platform with its own spec, lock and plan, and move the tenants there");
    let other_environment =
        fixed("the environment is part of role paths and tags; create a platform for the other environment");
    [
        ("platform", platform != &new.platform, new_platform),
        ("environment", environment != &new.environment, other_environment),
        ("account", account != &new.account, new_platform),
        ("region", region != &new.region, new_platform),
    ]
    .into_iter()
    .filter(|(_, differs, _)| *differs)
    .map(|(field, _, impact)| FieldImpact { address: None, kind: None, field: field.to_owned(), impact })
    .collect()
}
