//! The cost in words and numbers.

use std::collections::{BTreeMap, BTreeSet};

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
    for (whose, bill_of) in
        [("shared", (|bill| &bill.shared) as fn(&Bill) -> &BTreeMap<Item, Range>), ("tenants", |bill| &bill.tenants)]
    {
        let (old, new) = (bill_of(before), bill_of(after));
        let items: BTreeSet<Item> = old.keys().chain(new.keys()).copied().collect();
        for item in items {
            let amount = |items: &BTreeMap<Item, Range>| items.get(&item).copied().unwrap_or_default().minimum;
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
    let unpriced: BTreeMap<&String, &String> = before.unpriced.iter().chain(&after.unpriced).collect();
    if !unpriced.is_empty() {
        // This one comes first: without it, the sums mislead.
        let without = unpriced.values().unique().join(", ");
        let least = format!("At least {} a month, without: {without}.", after.total.minimum);
        blocks.insert(0, Block::Paragraph(least));
    }
    let mut notes = vec![
        format!("List prices of {region}{}, without discounts and taxes.", days(before, after)),
        format!("Each task is assumed to write {assumed_logs_gb} GB of logs a month."),
        format!("Not included, because it depends on use: {}.", not_estimated.join(", ")),
    ];
    if !unpriced.is_empty() {
        let keys = unpriced.keys().map(|key| format!("`{key}`")).join(", ");
        notes.push(format!("Not included, because the table has no price for it in {region}: {keys}."));
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

/// The day of the prices in the sums, and those that are much older.
fn days(before: &Bill, after: &Bill) -> String {
    let all: BTreeMap<&String, &String> = before.prices_of.iter().chain(&after.prices_of).collect();
    let Some(newest) = all.values().max() else { return String::new() };
    let (current, old): (Vec<_>, Vec<_>) = all.iter().partition(|(_, day)| is_recent(day, newest));
    let oldest = current.iter().map(|(_, day)| **day).min().unwrap_or(newest);
    let old = old.iter().map(|(what, day)| format!(", that of {what} as of {day}")).join("");
    format!(" as of {oldest}{}{old}", if oldest == *newest { "" } else { " or later" })
}

/// Whether a day is at most a year before another: `2025-11-28` before `2026-11-28`.
fn is_recent(day: &str, newest: &str) -> bool {
    let year = |day: &str| day.split('-').next().and_then(|year| year.parse::<u32>().ok()).unwrap_or_default();
    let [of_day, of_newest] = [day, newest].map(year);
    of_day == of_newest || of_day + 1 == of_newest && day.get(4..) >= newest.get(4..)
}

#[cfg(test)]
mod tests {
    use super::is_recent;

    #[test]
    fn a_price_is_old_after_a_year() {
        for (day, expected) in [
            ("2026-11-28", true),
            ("2026-01-01", true),
            ("2025-11-28", true),
            ("2025-11-27", false),
            ("2021-01-14", false),
        ] {
            assert_eq!(is_recent(day, "2026-11-28"), expected, "{day}");
        }
    }
}
