//! The difference of two plans as text. Tenants with equal changes share an entry.
//!
//! The JSON form is the serialized [`PlanDiff`], with the difference of the proofs as `proof`.

use std::collections::BTreeMap;

use saas_model::fields::FieldChange;
use saas_model::{Address, Template};
use saas_planner::PlanDiff;
use saas_planner::diff::{Alike, NodeChange, NodeDiff, OutputChange};

use super::outline::{Entry, Outline, Sign};
use super::permissions::permissions;
use super::{fields, proof, tenant_list};
use crate::plan_files::PlanChange;

/// The maximum length of a GitHub comment, in characters.
/// Source: the GitHub REST API refuses more with "body is too long (maximum is 65536 characters)".
pub const COMMENT: usize = 65_536;

/// For a terminal.
#[must_use]
pub fn text(change: &PlanChange) -> String {
    let PlanDiff { before, after, .. } = &change.plan;
    let (summary, isolation) = (summary(&change.plan), proof::changes(&change.proof));
    let outline = outline(change).text();
    format!("plan {} → {}: {summary}\nisolation: {isolation}\n{outline}", before.short(), after.short())
}

/// For a comment on a pull request. Entries beyond [`COMMENT`] characters are only counted.
#[must_use]
pub fn markdown(change: &PlanChange) -> String {
    let PlanDiff { before, after, .. } = &change.plan;
    let (summary, isolation) = (summary(&change.plan), proof::changes(&change.proof));
    let head = format!("### saas plan: {summary}\n\n`{before}` → `{after}`\n\n**Isolation:** {isolation}.\n");
    let room = COMMENT - head.chars().count();
    format!("{head}{}", outline(change).markdown(room, "saas diff"))
}

/// The number of differences, in a few words.
#[must_use]
pub fn summary(diff: &PlanDiff) -> String {
    if diff.is_empty() {
        return "no differences".to_owned();
    }
    let count = |matches: fn(&NodeChange) -> bool| diff.nodes.values().filter(|change| matches(change)).count();
    let counts = [
        ("added", count(|change| matches!(change, NodeChange::Added(_)))),
        ("changed", count(|change| matches!(change, NodeChange::Changed(_)))),
        ("replaced", count(|change| matches!(change, NodeChange::Replaced { .. }))),
        ("removed", count(|change| matches!(change, NodeChange::Removed(_)))),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(_, count)| *count > 0).map(|(word, count)| format!("{count} {word}")).collect();
    if counts.is_empty() { "no nodes differ".to_owned() } else { format!("nodes: {}", counts.join(", ")) }
}

fn outline(change: &PlanChange) -> Outline {
    let PlanChange { plan: diff, proof } = change;
    let collapsed = diff.collapsed();
    let mut outline = Outline::default();
    outline.push("who may newly reach what", proof::opened(proof));
    outline.push("no longer reachable", proof::closed(proof));
    outline.push_impact(&diff.impact);
    outline.push("header", diff.header.iter().map(header).collect());
    let whole = |sign, tenants: &BTreeMap<&str, usize>| -> Vec<Entry> {
        let entry = |(tenant, nodes): (&&str, &usize)| entry(sign, format!("{tenant} ({nodes} nodes)"));
        tenants.iter().map(entry).collect()
    };
    outline.push("tenants", [whole(Sign::Added, &collapsed.added), whole(Sign::Removed, &collapsed.removed)].concat());
    outline.push("shared nodes", collapsed.shared.iter().map(|(address, change)| node(address, change)).collect());
    outline.push("nodes of tenants", collapsed.tenants.iter().map(|alike| named(alike, node)).collect());
    let shared = collapsed.shared_outputs.iter().map(|(address, change)| output(address, change));
    let tenants = collapsed.tenant_outputs.iter().map(|alike| named(alike, output));
    outline.push("outputs", shared.chain(tenants).collect());
    outline.push("permissions of tasks", permissions(diff));
    outline
}

/// One entry for all tenants with equal changes.
fn named<C>(alike: &Alike<'_, C>, show: impl Fn(&dyn std::fmt::Display, &C) -> Entry) -> Entry {
    let Alike { address, change, tenants } = alike;
    match tenants.as_slice() {
        [tenant] => show(&format_args!("tenant/{tenant}/{address}"), change),
        tenants => {
            let mut entry = show(&format_args!("tenant/*/{address}"), change);
            entry.title = format!("{}, {}", entry.title, tenant_list(tenants));
            entry
        }
    }
}

fn header(change: &FieldChange) -> Entry {
    entry(Sign::Changed, fields::lines(change).join(" "))
}

fn node(address: &dyn std::fmt::Display, change: &NodeChange) -> Entry {
    match change {
        NodeChange::Added(kind) => entry(Sign::Added, format!("{address} ({kind})")),
        NodeChange::Removed(kind) => entry(Sign::Removed, format!("{address} ({kind})")),
        NodeChange::Replaced { before, after } => entry(Sign::Replaced, format!("{address} ({before} → {after})")),
        NodeChange::Changed(diff) => {
            Entry { sign: Sign::Changed, title: format!("{address} ({})", diff.kind), details: details(diff) }
        }
    }
}

fn details(diff: &NodeDiff) -> Vec<String> {
    let NodeDiff { kind: _, fields, tags, initial, after_added, after_removed } = diff;
    let under = |what: &str, changes: &[FieldChange]| {
        let lines = fields::all_lines(changes);
        lines.into_iter().map(|line| format!("{what} {line}")).collect::<Vec<_>>()
    };
    let waits = |sign: char, addresses: &saas_model::Set<Address>| {
        addresses.iter().map(|address| format!("{sign} depends on {address}")).collect::<Vec<_>>()
    };
    [
        fields::all_lines(fields),
        under("tag", tags),
        under("at creation only:", initial),
        waits('+', after_added),
        waits('-', after_removed),
    ]
    .concat()
}

fn output(address: &dyn std::fmt::Display, change: &OutputChange) -> Entry {
    let OutputChange { before, after } = change;
    let text = |text: &Option<Template>| text.as_ref().map_or("unset".to_owned(), ToString::to_string);
    let sign = match (before, after) {
        (None, _) => Sign::Added,
        (_, None) => Sign::Removed,
        _ => Sign::Changed,
    };
    let title = match sign {
        Sign::Added => format!("{address}: {}", text(after)),
        Sign::Removed => address.to_string(),
        _ => format!("{address}: {} → {}", text(before), text(after)),
    };
    entry(sign, title)
}

const fn entry(sign: Sign, title: String) -> Entry {
    Entry { sign, title, details: Vec::new() }
}
