//! Folds changes that are alike in several tenants.

use std::collections::BTreeMap;

use saas_model::{Address, Kind, Plan};
use saas_planner::PlanDiff;
use saas_planner::diff::NodeChange;

use super::lines::{Line, kind, lines, mark};
use super::rename::Renamed;
use super::{Group, Mark};
use crate::words::folded;

/// The number of differing forms of a change that are shown one by one. With more, only the first one is.
const FORMS: usize = 3;

/// A change without its tenant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Form {
    address: String,
    mark: Mark,
    kind: Kind,
    what: String,
    lines: Vec<Line>,
}

/// A change of several tenants: alike in its form, and as the first of them has it.
struct Alike {
    form: Form,
    first: Form,
    tenants: Vec<String>,
}

/// The changes of shared resources and of tenants that stay.
pub(super) fn groups(before: &Plan, after: &Plan, diff: &PlanDiff, renamed: &[Renamed]) -> Vec<Group> {
    let mut shared = Vec::new();
    let mut alike: BTreeMap<Form, (Form, Vec<String>)> = BTreeMap::new();
    for (address, change) in &diff.nodes {
        if renamed.iter().any(|renamed| renamed.covers(address)) {
            continue;
        }
        let form = form(before, after, address, change);
        match address.tenant() {
            None => shared.push(group(form, Vec::new())),
            Some(tenant) if diff.tenants_added.contains(tenant) || diff.tenants_removed.contains(tenant) => {}
            Some(tenant) => {
                let first = || (form.clone(), Vec::new());
                alike.entry(without(&form, tenant)).or_insert_with(first).1.push(tenant.to_owned());
            }
        }
    }
    shared.extend(tenants(alike.into_iter().map(|(form, (first, tenants))| Alike { form, first, tenants })));
    shared
}

fn form(before: &Plan, after: &Plan, address: &Address, change: &NodeChange) -> Form {
    let mark = mark(change);
    let what = match mark {
        Mark::Add => after.node(address),
        Mark::Remove => before.node(address),
        Mark::Update | Mark::Replace => None,
    };
    let what = what.map(|node| node.resource.to_string()).unwrap_or_default();
    Form { address: address.to_string(), mark, kind: kind(change), what, lines: lines(change) }
}

/// The form with `{tenant}` in the place of a tenant.
fn without(form: &Form, tenant: &str) -> Form {
    let fold = |text: &String| folded(text, tenant);
    let line = |Line { side, field, value }: &Line| {
        let value = fold(value);
        let value = if field == "name" { without_digest(&value) } else { value };
        Line { side: *side, field: fold(field), value }
    };
    let Form { address, mark, kind, what, lines } = form;
    let lines = lines.iter().map(line).collect();
    Form { address: fold(address), mark: *mark, kind: *kind, what: fold(what), lines }
}

/// A name without the short digest that it may end with, which depends on the tenant.
fn without_digest(name: &str) -> String {
    const DIGITS: usize = 8;
    match name.rsplit_once('-') {
        Some((name, digest)) if digest.len() == DIGITS && digest.chars().all(|c| c.is_ascii_hexdigit()) => {
            format!("{name}-…")
        }
        _ => name.to_owned(),
    }
}

/// The groups. If the same fields of a resource differ in more than [`FORMS`] ways, they are one group.
fn tenants(alike: impl Iterator<Item = Alike>) -> Vec<Group> {
    let mut places: BTreeMap<(String, Mark, Kind, Vec<String>), Vec<Alike>> = BTreeMap::new();
    for alike in alike {
        let Form { address, mark, kind, what: _, lines } = &alike.form;
        let mut fields: Vec<String> = lines.iter().map(|line| line.field.clone()).collect();
        fields.dedup();
        places.entry((address.clone(), *mark, *kind, fields)).or_default().push(alike);
    }
    let at_one_place = |all: Vec<Alike>| {
        if all.len() <= FORMS {
            let group = |Alike { form, first, tenants }: Alike| match tenants.len() {
                1 => group(first, tenants),
                _ => group(form, tenants),
            };
            return all.into_iter().map(group).collect::<Vec<_>>();
        }
        let mut tenants: Vec<String> = all.iter().flat_map(|alike| alike.tenants.clone()).collect();
        tenants.sort();
        let first = all.into_iter().min_by(|one, other| one.tenants.cmp(&other.tenants));
        let varying = |Alike { form, first, .. }: Alike| {
            let form = Form { address: form.address, ..first };
            Group { varies: true, ..group(form, tenants.clone()) }
        };
        first.into_iter().map(varying).collect()
    };
    places.into_values().flat_map(at_one_place).collect()
}

fn group(Form { address, mark, kind, what, lines }: Form, tenants: Vec<String>) -> Group {
    Group { mark, address, kind, tenants, what, lines, varies: false }
}
