//! What changes, resource by resource. Changes that are alike in several tenants are one, with `{tenant}` in
//! the place of their ids.

mod alike;
mod lines;
mod rename;

use std::collections::BTreeMap;

use saas_model::impact::rebound_fields;
use saas_model::{Address, Kind, Plan};
use saas_planner::PlanDiff;
use serde::Serialize;

use crate::tenants;
use crate::words::folded;

pub(crate) use lines::mark;
pub use lines::{Line, Side};
pub use rename::Renamed;

/// What changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The number of resources that are created.
    pub added: usize,
    /// The number of resources that are updated in place.
    pub updated: usize,
    /// How many are updated or replaced only because they refer to one that is replaced, or gets a new revision.
    pub rebound: usize,
    /// The number of resources that are replaced by new ones.
    pub replaced: usize,
    /// The number of resources that are deleted.
    pub removed: usize,
    /// The services and jobs that have another name, which for AWS are others.
    pub renamed: Vec<Renamed>,
    /// The tenants that join.
    pub joining: Vec<Tenants>,
    /// The tenants that leave.
    pub leaving: Vec<Tenants>,
    /// The other changes: those of shared resources first.
    pub groups: Vec<Group>,
}

/// Tenants that join or leave, alike but for their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tenants {
    /// Their ids.
    pub ids: Vec<String>,
    /// What each has: hosts, bucket, schema, services.
    pub what: String,
}

/// A change, of one resource or of alike resources of several tenants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What happens.
    pub mark: Mark,
    /// The address, with `{tenant}` in the place of tenants.
    pub address: String,
    /// The kind.
    pub kind: Kind,
    /// The tenants; empty for a shared resource.
    pub tenants: Vec<String>,
    /// The key fields of a resource that is added or removed; empty otherwise.
    pub what: String,
    /// What is different, old and new on lines of their own.
    pub lines: Vec<Line>,
    /// Whether the values differ from tenant to tenant. The lines are then those of the first one.
    pub varies: bool,
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// It is created.
    Add,
    /// It is updated in place.
    Update,
    /// It is replaced by another one.
    Replace,
    /// It is deleted.
    Remove,
}

impl Mark {
    /// Its sign.
    #[must_use]
    pub const fn symbol(self) -> char {
        match self {
            Self::Add => '+',
            Self::Update => '~',
            Self::Replace => '±',
            Self::Remove => '-',
        }
    }
}

impl Changes {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { added, updated, rebound: _, replaced, removed, renamed: _, joining: _, leaving: _, groups } = self;
        added + updated + replaced + removed == 0 && groups.is_empty()
    }

    /// The changes between two plans, with their differences.
    #[must_use]
    pub fn of(before: &Plan, after: &Plan, diff: &PlanDiff) -> Self {
        let renamed = rename::renamed(before, after, diff);
        let mut changes = Self {
            joining: tenants(after, diff.tenants_added.iter()),
            leaving: tenants(before, diff.tenants_removed.iter()),
            groups: alike::groups(before, after, diff, &renamed),
            renamed,
            ..Self::default()
        };
        let rebound = rebound_fields(before, after);
        let follows = |address: &Address| {
            let (fields, kind) = (rebound.get(address)?, after.node(address)?.kind());
            // What holds data is never replaced just because another resource was.
            let in_place = kind.holds_data() || fields.iter().all(|change| kind.updates_in_place(change.top()));
            Some(if in_place { Mark::Update } else { Mark::Replace })
        };
        // As an apply counts them.
        for (address, change) in diff.nodes.iter().filter(|(_, change)| !lines::is_of_plan_only(change)) {
            let own = lines::mark(change);
            match follows(address).filter(|_| own == Mark::Update).unwrap_or(own) {
                Mark::Add => changes.added += 1,
                Mark::Update => changes.updated += 1,
                Mark::Replace => changes.replaced += 1,
                Mark::Remove => changes.removed += 1,
            }
        }
        for address in rebound.keys().filter(|address| !diff.nodes.contains_key(**address)) {
            changes.rebound += 1;
            match follows(address) {
                Some(Mark::Replace) => changes.replaced += 1,
                _ => changes.updated += 1,
            }
        }
        changes
    }
}

/// Tenants in one line each; those that are alike share one.
fn tenants<'t>(plan: &Plan, ids: impl Iterator<Item = &'t String>) -> Vec<Tenants> {
    let mut alike: BTreeMap<String, Tenants> = BTreeMap::new();
    for id in ids {
        let what = tenants::line(plan, id);
        let first = || Tenants { ids: Vec::new(), what: what.clone() };
        alike.entry(folded(&what, id)).or_insert_with(first).ids.push(id.clone());
    }
    let one_line = |(folded, tenants): (String, Tenants)| match tenants.ids.len() {
        1 => tenants,
        _ => Tenants { what: folded, ..tenants },
    };
    let mut found: Vec<Tenants> = alike.into_iter().map(one_line).collect();
    found.sort_by(|one, other| one.ids.cmp(&other.ids));
    found
}

/// An address with `{tenant}` in the place of its tenant.
pub(crate) fn folded_address(address: &saas_model::Address) -> String {
    match address.within_tenant() {
        Some((tenant, rest)) => format!("tenant/{{tenant}}/{}", folded(rest, tenant)),
        None => address.to_string(),
    }
}
