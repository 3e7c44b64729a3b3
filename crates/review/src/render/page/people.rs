//! What a change does to people, in words.

use super::super::layout::Block;
use crate::people::{Affected, DataLoss, Impossible, People, Rollouts};
use crate::words::{count, names};

pub(super) fn blocks(people: &People) -> Vec<Block> {
    if people.is_empty() {
        return Vec::new();
    }
    let People { impossible, data_lost, data_lost_at: _, shortened, interruptions, rollouts, migrations, irreversible } =
        people;
    let mut items = Vec::new();
    let impossible = impossible.iter().map(|Impossible { fields, instead }| format!("`{}`: {instead}", names(fields)));
    items.extend(impossible.map(|text| ("Not possible", text)));
    items.extend(data_lost.iter().map(|loss| ("Data lost", lost(loss))));
    items.extend(shortened.iter().map(|affected| ("Data lost", format!("{}: {}", affected.who, affected.what))));
    items.extend(interruptions.iter().map(|affected| ("Interruption", interruption(affected))));
    items.extend(migrations.iter().map(|Rollouts { count: runs, tenants }| {
        let runs = count(*runs, "migration");
        ("Migration", format!("{runs} of {}, before the services change", count(*tenants, "tenant")))
    }));
    items.extend(rollouts.iter().map(|Rollouts { count: services, tenants }| {
        let services = count(*services, "service");
        (
            "Rollout",
            format!(
                "{services} of {}: new tasks are healthy before old ones stop, no interruption",
                count(*tenants, "tenant")
            ),
        )
    }));
    items.extend(irreversible.iter().map(|text| ("Cannot be undone", text.clone())));
    if !data_lost.is_empty() {
        items.push((
            "Cannot be undone",
            "what is deleted with its data does not come back with the next apply".to_owned(),
        ));
    }
    vec![Block::Items(items)]
}

fn lost(DataLoss { tenants, what }: &DataLoss) -> String {
    let owner = match tenants.len() {
        0 => "the platform".to_owned(),
        1 => names(tenants),
        number => format!("{} ({})", count(number, "tenant"), names(tenants)),
    };
    format!("{owner}: {}, with all that is in them", what.join(", "))
}

fn interruption(Affected { what, who, minutes }: &Affected) -> String {
    let minutes = minutes.map(|minutes| format!(", about {minutes} minutes")).unwrap_or_default();
    format!("{who}{minutes}: {what}")
}
