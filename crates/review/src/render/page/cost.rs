//! The cost in words and numbers.

use std::collections::BTreeSet;

use itertools::Itertools as _;

use super::super::layout::Block;
use crate::cost::{Bill, Cost, Item, Money, Monthly, Range};

pub(super) fn blocks(cost: &Cost) -> Vec<Block> {
    let Monthly { region, before, after, difference, assumed_logs_gb, not_estimated } = match cost {
        Cost::NoPrices { region } => {
            return vec![Block::Paragraph(format!("No prices of {region} are known; `--prices FILE` brings them."))];
        }
        Cost::Monthly(monthly) => monthly.as_ref(),
    };
    let mut rows = vec![["", "before", "after", "difference"].map(str::to_owned).to_vec()];
    let row = |what: String, before: Money, after: Money| {
        vec![what, before.to_string(), after.to_string(), (after - before).signed()]
    };
    rows.push(row("with the fewest tasks".to_owned(), before.total.minimum, after.total.minimum));
    rows.push(row("with the most tasks".to_owned(), before.total.maximum, after.total.maximum));
    let mut detail = vec![["with the fewest tasks", "before", "after", "difference"].map(str::to_owned).to_vec()];
    for (whose, bill_of) in [
        ("shared", (|bill| &bill.shared) as fn(&Bill) -> &std::collections::BTreeMap<Item, Range>),
        ("tenants", |bill| &bill.tenants),
    ] {
        let (old, new) = (bill_of(before), bill_of(after));
        let items: BTreeSet<Item> = old.keys().chain(new.keys()).copied().collect();
        for item in items {
            let amount =
                |items: &std::collections::BTreeMap<Item, Range>| items.get(&item).copied().unwrap_or_default().minimum;
            detail.push(row(format!("{item}, {whose}"), amount(old), amount(new)));
        }
    }
    let mut blocks = vec![Block::Table(rows)];
    if *difference == Range::default() && before.total == after.total {
        blocks.clear();
        let Range { minimum, maximum } = after.total;
        blocks
            .push(Block::Paragraph(format!("It stays {minimum} with the fewest tasks, and {maximum} with the most.")));
    }
    blocks.extend(each_tenant(after).map(Block::Paragraph));
    let mut notes = vec![
        format!(
            "List prices of {region}{}, without discounts and taxes.",
            days(before, after).map(|days| format!(" as of {days}")).unwrap_or_default()
        ),
        format!("Each task is assumed to write {assumed_logs_gb} GB of logs a month."),
        format!("Not included, because it depends on use: {}.", not_estimated.join(", ")),
    ];
    let unpriced: BTreeSet<&String> = before.unpriced.union(&after.unpriced).collect();
    if !unpriced.is_empty() {
        // This one is said outside of the fold: without it, the sums mislead.
        blocks.push(Block::Paragraph(format!(
            "The sums leave out what the table has no price for in {region}: {}.",
            unpriced.iter().map(|key| format!("`{key}`")).join(", ")
        )));
    }
    notes.push("`--prices FILE` brings other prices.".to_owned());
    let notes = notes.into_iter().map(|note| ("", note)).collect();
    blocks.push(Block::Folded(
        "items, assumptions, and what is not included".to_owned(),
        vec![Block::Table(detail), Block::Items(notes)],
    ));
    blocks
}

/// What a tenant costs, and what all share.
fn each_tenant(bill: &Bill) -> Option<String> {
    let number = bill.by_tenant.len() as u64;
    let [shared, tenants] = bill.parts();
    (number > 0).then(|| {
        let [fewest, most] = [tenants.minimum, tenants.maximum].map(|sum| sum.times(1, number));
        let dearest =
            bill.by_tenant.iter().max_by_key(|(_, range)| range.maximum).map(|(tenant, range)| (tenant, range.maximum));
        let dearest = dearest.filter(|(_, maximum)| *maximum > most);
        let dearest = dearest.map(|(tenant, maximum)| format!(", at most {maximum} for {tenant}")).unwrap_or_default();
        format!("A tenant costs {fewest} to {most} on average{dearest}; what they share costs {}.", shared.minimum)
    })
}

/// The days of the oldest and of the newest price in the sums.
fn days(before: &Bill, after: &Bill) -> Option<String> {
    let oldest = [before, after].into_iter().filter_map(|bill| bill.oldest_price.as_ref()).min()?;
    let newest = [before, after].into_iter().filter_map(|bill| bill.newest_price.as_ref()).max()?;
    Some(if oldest == newest { oldest.clone() } else { format!("{oldest} to {newest}") })
}
