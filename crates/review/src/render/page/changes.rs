//! What changes, line by line.

use super::super::layout::{Block, Sign};
use crate::changes::{Changes, Group, Line, Renamed, Side, Tenants};
use crate::words::{count, names, short_digests};

/// The number of lines that are shown without a fold.
const OPEN: usize = 24;

pub(super) fn blocks(changes: &Changes) -> Vec<Block> {
    if changes.is_empty() {
        return Vec::new();
    }
    let Changes { added, updated, rebound, replaced, removed, renamed, joining, leaving, groups } = changes;
    let counts = [(added, "to create"), (updated, "to update"), (replaced, "to replace"), (removed, "to delete")];
    let counts: Vec<String> =
        counts.iter().filter(|(number, _)| **number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    let follow = match rebound {
        0 => String::new(),
        number => format!("; {number} of them only follow another one that is replaced or has a new revision"),
    };
    let mut first = Vec::new();
    first.extend(leaving.iter().map(|tenants| (Sign::Old, self::tenants(tenants))));
    first.extend(joining.iter().map(|tenants| (Sign::New, self::tenants(tenants))));
    first.extend(renamed.iter().flat_map(self::renamed));
    let rest: Vec<(Sign, String)> = groups.iter().flat_map(group).collect();
    let mut blocks = vec![Block::Paragraph(format!("Resources: {}{follow}.", counts.join(", ")))];
    if first.len() + rest.len() <= OPEN {
        first.extend(rest);
        blocks.push(Block::Differences(first));
        return blocks;
    }
    for lines in [first, rest].into_iter().filter(|lines| !lines.is_empty()) {
        if lines.len() <= OPEN {
            blocks.push(Block::Differences(lines));
        } else {
            let title = format!(
                "all {} lines: `+` and `-` are new and old, `~` is updated in place, `±` is replaced",
                lines.len()
            );
            blocks.push(Block::Folded(title, vec![Block::Differences(lines)]));
        }
    }
    blocks
}

fn tenants(Tenants { ids, what }: &Tenants) -> String {
    match ids.as_slice() {
        [id] => format!("{id}: {what}"),
        ids => format!("{what}; {}: {}", count(ids.len(), "tenant"), names(ids)),
    }
}

fn renamed(Renamed { before, after, tenants, resources }: &Renamed) -> Vec<(Sign, String)> {
    let title = format!("renamed, {}: {}", count(tenants.len(), "tenant"), names(tenants));
    let new = format!("tenant/{{tenant}}/{after} and what belongs to it, {}", count(*resources, "new resource"));
    vec![
        (Sign::Title, title),
        (Sign::Old, format!("tenant/{{tenant}}/{before} and what belongs to it")),
        (Sign::New, new),
    ]
}

fn group(Group { mark, address, kind, tenants, what, lines, varies }: &Group) -> Vec<(Sign, String)> {
    use crate::changes::Mark;
    let whose = match tenants.len() {
        0 | 1 => String::new(),
        number => format!(", {}: {}", count(number, "tenant"), names(tenants)),
    };
    let what = if what.is_empty() { String::new() } else { format!(": {}", short_digests(what)) };
    match mark {
        Mark::Add => vec![(Sign::New, format!("{address} ({kind}){what}{whose}"))],
        Mark::Remove => vec![(Sign::Old, format!("{address} ({kind}){what}{whose}"))],
        Mark::Update | Mark::Replace => {
            let varies = if *varies { "; the values differ, these are those of the first one" } else { "" };
            let word = if *mark == Mark::Update { "update" } else { "replace" };
            let title = format!("{} {word} {address} ({kind}){whose}{varies}", mark.symbol());
            let line = |Line { side, field, value }: &Line| {
                let sign = match side {
                    Side::Old => Sign::Old,
                    Side::New => Sign::New,
                    Side::Both => Sign::Same,
                };
                (sign, format!("{field}: {}", short_digests(value)))
            };
            std::iter::once((Sign::Title, title)).chain(lines.iter().map(line)).collect()
        }
    }
}
