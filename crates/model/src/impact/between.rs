//! What it does to put one plan in the place of another.

use std::collections::BTreeSet;

use super::{FieldImpact, Impact, fixed};
use crate::address::Address;
use crate::fields::{differences, rebound};
use crate::plan::{Header, Plan};
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
        let mut rebound = rebound(&node.resource, |address| renewed.contains(address));
        rebound.retain(|change| fields.iter().all(|known| known.field != change.field));
        fields.extend(rebound);
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
