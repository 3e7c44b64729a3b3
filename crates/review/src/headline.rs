//! The headline: what happens, in words.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::Plan;
use saas_model::resource::{DbInstance, ResourceSpec};

use crate::access::Isolation;
use crate::changes::{Changes, Group, Renamed, Tenants};
use crate::people::{Affected, People};
use crate::preparation::Preparation;
use crate::tenants;
use crate::words::{count, names, short_digests};

/// The sentences of the headline, the worst first.
#[must_use]
pub fn sentences(
    before: &Plan,
    after: &Plan,
    isolation: &Isolation,
    changes: &Changes,
    people: &People,
    preparation: &Preparation,
    failed: bool,
) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut say = |sentence: String| sentences.push(sentence);
    if !isolation.is_proven() {
        say("Not proven: tenants can access each other's data, so an apply refuses this plan.".to_owned());
    }
    if !people.impossible.is_empty() {
        say("No live platform can make this change, so an apply refuses it.".to_owned());
    }
    if failed {
        say("The rehearsal failed.".to_owned());
    }
    if changes.is_empty() {
        say("Nothing changes.".to_owned());
        return sentences;
    }
    let of_groups = |groups: &[Tenants]| groups.iter().flat_map(|group| group.ids.clone()).collect::<BTreeSet<_>>();
    let (joining, leaving) = (of_groups(&changes.joining), of_groups(&changes.leaving));
    if before.nodes().is_empty() {
        let ids: Vec<&String> = joining.iter().collect();
        say(format!("A new platform with {} ({}).", count(ids.len(), "tenant"), names(&ids)));
        return sentences;
    }
    leaving_tenants(&leaving, people).into_iter().for_each(&mut say);
    let lost: BTreeSet<&String> = people.data_lost.iter().flat_map(|loss| &loss.tenants).collect();
    let staying: Vec<&String> = lost.into_iter().filter(|tenant| !leaving.contains(*tenant)).collect();
    if !staying.is_empty() {
        say(format!(
            "{} ({}) stay{} and lose data.",
            count(staying.len(), "tenant"),
            names(&staying),
            third(staying.len())
        ));
    }
    if people.data_lost.iter().any(|loss| loss.tenants.is_empty()) {
        say("Data of the platform is lost.".to_owned());
    }
    let ids: Vec<&String> = joining.iter().collect();
    if !ids.is_empty() {
        say(format!("{} join{} ({}).", count(ids.len(), "tenant"), third(ids.len()), names(&ids)));
    }
    for (old, new) in moved(before, after, &leaving, &joining) {
        say(format!(
            "{old} and {new} have the same cost center: a tenant cannot be renamed, and no data moves from one to the other."
        ));
    }
    changes.renamed.iter().map(renamed).for_each(&mut say);
    domain(preparation, &leaving, &joining).into_iter().for_each(&mut say);
    class(before, after).into_iter().for_each(&mut say);
    people.interruptions.iter().filter_map(downtime).for_each(&mut say);
    images(&changes.groups).into_iter().for_each(&mut say);
    if sentences.is_empty() {
        sentences.push(others(changes));
    } else if changes.groups.is_empty() {
        sentences.push("Everything else stays.".to_owned());
    }
    sentences
}

/// The `s` of a verb whose subject is one.
const fn third(number: usize) -> &'static str {
    if number == 1 { "s" } else { "" }
}

fn leaving_tenants(leaving: &BTreeSet<String>, people: &People) -> Option<String> {
    let ids: Vec<&String> = leaving.iter().collect();
    let loses = people.data_lost.iter().any(|loss| loss.tenants.iter().any(|tenant| leaving.contains(tenant)));
    let fate = match (loses, ids.len()) {
        (false, _) => "",
        (true, 1) => ", its data is lost",
        (true, _) => ", their data is lost",
    };
    (!ids.is_empty())
        .then(|| format!("{} leave{} ({}){fate}.", count(ids.len(), "tenant"), third(ids.len()), names(&ids)))
}

/// Tenants that leave and join with the same cost center: probably one that was renamed.
fn moved<'t>(
    before: &Plan,
    after: &Plan,
    leaving: &'t BTreeSet<String>,
    joining: &'t BTreeSet<String>,
) -> Vec<(&'t str, &'t str)> {
    let cost_center = |plan: &'_ Plan, tenant: &str| {
        tenants::nodes(plan, tenant).first().map(|node| node.tags.cost_center.to_string())
    };
    let pairs = leaving.iter().flat_map(|old| joining.iter().map(move |new| (old.as_str(), new.as_str())));
    pairs.filter(|(old, new)| cost_center(before, old) == cost_center(after, new)).collect()
}

fn renamed(Renamed { before, after, tenants, resources: _ }: &Renamed) -> String {
    let name = |path: &str| path.replacen('/', " ", 1);
    let (kind, new) = after.split_once('/').unwrap_or(("", after));
    let again = if kind == "service" { "a new service starts and the old one stops" } else { "a new one replaces it" };
    format!("{} of {} is renamed to {new}: {again}.", sentence(&name(before)), count(tenants.len(), "tenant"))
}

/// With a capital letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// Tenants that stay and have other hosts.
fn domain(preparation: &Preparation, leaving: &BTreeSet<String>, joining: &BTreeSet<String>) -> Option<String> {
    let of_staying = |hosts: &[crate::preparation::Hosts], others: &BTreeSet<String>| {
        let staying = hosts.iter().filter(|hosts| hosts.tenants.iter().any(|tenant| !others.contains(tenant)));
        let plain = staying.filter(|hosts| !hosts.host.starts_with("*."));
        let tenants = hosts.iter().flat_map(|hosts| hosts.tenants.iter().filter(|tenant| !others.contains(*tenant)));
        (plain.map(|hosts| hosts.host.clone()).collect::<Vec<_>>(), tenants.collect::<BTreeSet<_>>().len())
    };
    let (old, left) = of_staying(&preparation.hosts_removed, leaving);
    let (new, came) = of_staying(&preparation.hosts_added, joining);
    let tenants = count(left.max(came), "tenant");
    match (old.as_slice(), new.as_slice()) {
        ([], []) if left + came == 0 => None,
        ([old], [new]) => Some(format!("The host of {tenants} changes from {old} to {new}.")),
        _ => Some(format!("The hosts of {tenants} change.")),
    }
}

/// The database has another class.
fn class(before: &Plan, after: &Plan) -> Option<String> {
    let instance = |plan: &Plan| {
        let node = plan.nodes().iter().find_map(|node| DbInstance::of(&node.resource));
        node.map(|instance| instance.class.to_string())
    };
    let (old, new) = (instance(before)?, instance(after)?);
    (old != new).then(|| format!("The database becomes {new} instead of {old}."))
}

/// An interruption of known length.
fn downtime(Affected { what: _, who, minutes }: &Affected) -> Option<String> {
    let minutes = (*minutes)?;
    Some(format!("About {minutes} minutes of downtime for {who}."))
}

/// The containers of tenants that have other images: one sentence for each image.
fn images(groups: &[Group]) -> Vec<String> {
    let mut containers: BTreeMap<(usize, String), BTreeSet<&str>> = BTreeMap::new();
    for group in groups {
        let line =
            group.lines.iter().rfind(|line| line.field.starts_with("containers.") && line.field.ends_with(".image"));
        let container = line.and_then(|line| line.field.strip_prefix("containers.")?.strip_suffix(".image"));
        let (Some(line), Some(container)) = (line, container) else { continue };
        let image = line.value.rsplit('/').next().unwrap_or_default();
        let image = if group.varies { "new images".to_owned() } else { format!("the image {}", short_digests(image)) };
        containers.entry((group.tenants.len(), image)).or_default().insert(container);
    }
    let sentence = |((number, image), containers): ((usize, String), BTreeSet<&str>)| {
        let (tenants, verb) = (count(number, "tenant"), if number == 1 { "gets" } else { "get" });
        let containers: Vec<&str> = containers.into_iter().collect();
        format!("{tenants} {verb} {image} for {}.", names(&containers))
    };
    containers.into_iter().map(sentence).collect()
}

/// How many resources change.
fn others(changes: &Changes) -> String {
    let Changes { added, updated, replaced, removed, .. } = changes;
    let counts = [(added, "created"), (updated, "updated"), (replaced, "replaced"), (removed, "deleted")];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(number, _)| **number > 0)
        .map(|(number, what)| {
            let verb = if **number == 1 { "is" } else { "are" };
            format!("{} {verb} {what}", count(**number, "resource"))
        })
        .collect();
    format!("{}. No tenant joins or leaves.", counts.join(", "))
}
