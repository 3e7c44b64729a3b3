//! The inventory of a sandbox, independent of generated ids.

use std::collections::BTreeMap;

use saas_model::plan::TAG_ADDRESS;
use saas_sandbox::{Item, Sandbox};

/// All existing resources, sorted, with duplicates kept.
///
/// Ids are replaced by the addresses of their resources, so two sandboxes that reached the same plan in
/// different ways have the same inventory.
pub(crate) fn inventory(sandbox: &Sandbox) -> Vec<String> {
    let items = sandbox.inventory();
    let addresses: BTreeMap<&str, &str> =
        items.iter().filter_map(|item| Some((item.id.as_str(), item.tags.get(TAG_ADDRESS)?.as_str()))).collect();
    let mut lines: Vec<String> =
        items.iter().filter(|item| !is_lease(item)).map(|item| line(item, &addresses)).collect();
    lines.sort();
    lines
}

/// Versions of the lease object; their number depends on which run held it last.
fn is_lease(item: &Item) -> bool {
    item.kind == "s3:object-version" && item.id.contains("/lease.json@")
}

fn line(item: &Item, addresses: &BTreeMap<&str, &str>) -> String {
    // Longest ids first, because one id can be a prefix of another.
    let mut ids: Vec<(&&str, &&str)> = addresses.iter().collect();
    ids.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
    let name = ids.into_iter().fold(item.id.clone(), |name, (id, address)| name.replace(*id, address));
    let tags: Vec<String> = item
        .tags
        .iter()
        .filter(|(key, _)| key.as_str() != TAG_RESOLVED_INPUTS)
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    format!("{} {name} {}", item.kind, tags.join(" "))
}

/// The resolved-inputs digest covers generated ids.
const TAG_RESOLVED_INPUTS: &str = saas_executor::state::observed::TAG_RESOLVED_INPUTS;

/// The lines that are in only one of two inventories, marked with their side. The last few revisions of
/// a task definition stay; which ones depends on earlier applies.
pub(crate) fn differences(expected: &[String], found: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
    expected.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
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
        differences.push(format!("{} {line}", if count > 0 { "unexpected:" } else { "missing:" }));
    }
    differences
}

/// The number of earlier revisions that stay.
const REVISIONS: i32 = 3;
