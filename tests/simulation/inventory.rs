//! What exists in a sandbox, in words that do not depend on the ids it has given.

use std::collections::BTreeMap;

use saas_model::plan::TAG_ADDRESS;
use saas_sandbox::{Item, Sandbox};

/// Everything that exists, sorted; what is there twice is in it twice.
///
/// Ids stand for the addresses of what they are the ids of, so two sandboxes that were brought to
/// the same plan in different ways have the same inventory.
pub(crate) fn inventory(sandbox: &Sandbox) -> Vec<String> {
    let items = sandbox.inventory();
    let addresses: BTreeMap<&str, &str> =
        items.iter().filter_map(|item| Some((item.id.as_str(), item.tags.get(TAG_ADDRESS)?.as_str()))).collect();
    let mut lines: Vec<String> =
        items.iter().filter(|item| !is_lease(item)).map(|item| line(item, &addresses)).collect();
    lines.sort();
    lines
}

/// The versions of the lease's object: how many there are depends on who held it last.
fn is_lease(item: &Item) -> bool {
    item.kind == "s3:object-version" && item.id.contains("/lease.json@")
}

fn line(item: &Item, addresses: &BTreeMap<&str, &str>) -> String {
    // The longest ids first, for one may be the beginning of another.
    let mut ids: Vec<(&&str, &&str)> = addresses.iter().collect();
    ids.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
    let name = ids.into_iter().fold(item.id.clone(), |name, (id, address)| name.replace(*id, address));
    let tags: Vec<String> = item
        .tags
        .iter()
        .filter(|(key, _)| key.as_str() != TAG_BOUND)
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    format!("{} {name} {}", item.kind, tags.join(" "))
}

/// What a resource was bound to is told by a digest of ids.
const TAG_BOUND: &str = saas_executor::live::TAG_BOUND;

/// The lines that only one of two inventories has, each with its sign. The last few revisions of a
/// task definition stay, and which they are depends on what was applied before.
pub(crate) fn differences(wanted: &[String], found: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
    wanted.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    found.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    let mut revisions: BTreeMap<&str, i32> = BTreeMap::new();
    let mut differences = Vec::new();
    for (line, count) in counts.into_iter().filter(|(_, count)| *count != 0) {
        if let Some(definition) = line.strip_prefix("ecs:task-definition ")
            && count > 0
        {
            let known = revisions.entry(definition.split(' ').next().unwrap_or_default()).or_default();
            *known += count;
            if *known <= REVISIONS {
                continue;
            }
        }
        differences.push(format!("{} {line}", if count > 0 { "too much:" } else { "missing:" }));
    }
    differences
}

/// How many revisions before the current one stay.
const REVISIONS: i32 = 3;
