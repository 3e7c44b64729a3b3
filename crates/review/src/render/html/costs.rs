//! What it costs: the bills before and after as bars of their items, and each tenant's part.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::super::layout::Block;
use super::text::plain;
use super::{blocks, search};
use crate::cost::{Bill, Cost, Item, Money, Monthly, Range};
use crate::words::count;

/// The width of a bar in its own units.
const WIDTH: u64 = 1_000;

pub(super) fn costs(cost: &Cost, blocks: &[Block]) -> Markup {
    html! {
        @if let Cost::Monthly(monthly) = cost { (bars(monthly)) }
        (blocks::blocks(blocks))
        @if let Cost::Monthly(monthly) = cost { (tenants(monthly)) }
    }
}

/// The two bills, on one scale.
fn bars(Monthly { before, after, .. }: &Monthly) -> Markup {
    let bills: Vec<(&str, Vec<(Item, Money)>)> = [("before", before), ("after", after)]
        .into_iter()
        .map(|(name, bill)| (name, items(bill)))
        .filter(|(_, items)| !items.is_empty())
        .collect();
    let total = |items: &[(Item, Money)]| items.iter().map(|(_, amount)| *amount).sum::<Money>();
    let most = bills.iter().map(|(_, items)| total(items)).max().unwrap_or_default();
    let shown: BTreeSet<Item> = bills.iter().flat_map(|(_, items)| items.iter().map(|(item, _)| *item)).collect();
    if shown.is_empty() {
        return html! {};
    }
    html! {
        figure.bill {
            figcaption { "What it goes to, with the fewest tasks" }
            @for (name, items) in &bills {
                div.bill-row {
                    span.name { (name) }
                    (bar(items, most))
                    span.amount { (total(items).to_string()) }
                }
            }
            p.legend { @for item in shown { span class={ "key " (class(item)) } { (item.to_string()) } " " } }
        }
    }
}

fn bar(items: &[(Item, Money)], most: Money) -> Markup {
    let mut sum = Money::ZERO;
    let mut parts = Vec::new();
    for (item, amount) in items {
        let from = sum.part_of(most, WIDTH);
        sum = sum + *amount;
        parts.push((item, from, sum.part_of(most, WIDTH) - from, amount));
    }
    html! {
        svg.stack viewBox={ "0 0 " (WIDTH) " 20" } preserveAspectRatio="none" role="presentation" {
            @for (item, from, width, amount) in parts {
                rect class=(class(*item)) x=(from) y="0" width=(width) height="20" {
                    title { (item.to_string()) " " (amount.to_string()) }
                }
            }
        }
    }
}

/// The items of a bill, with the fewest tasks.
fn items(bill: &Bill) -> Vec<(Item, Money)> {
    let all: BTreeSet<Item> = bill.shared.keys().chain(bill.tenants.keys()).copied().collect();
    let amount = |item: &Item| {
        [&bill.shared, &bill.tenants].into_iter().filter_map(|of| of.get(item)).map(|range| range.minimum).sum()
    };
    all.into_iter().map(|item| (item, amount(&item))).collect()
}

const fn class(item: Item) -> &'static str {
    match item {
        Item::Database => "item-database",
        Item::NatGateways => "item-nat",
        Item::LoadBalancers => "item-balancer",
        Item::PublicIpv4 => "item-ipv4",
        Item::Tasks => "item-tasks",
        Item::Secrets => "item-secrets",
        Item::Logs => "item-logs",
    }
}

/// Each tenant's own part.
fn tenants(Monthly { before, after, .. }: &Monthly) -> Markup {
    let ids: BTreeSet<&String> = before.by_tenant.keys().chain(after.by_tenant.keys()).collect();
    if ids.is_empty() {
        return html! {};
    }
    let of = |bill: &Bill, id: &String| bill.by_tenant.get(id).copied().unwrap_or_default();
    html! {
        details {
            summary { "Each tenant's own part, " (count(ids.len(), "tenant")) }
            (search::field("tenant-costs", "Find a tenant", ids.len()))
            div.scroll.tall tabindex="0" role="region" aria-label="Each tenant's own part" {
                table.numbers #tenant-costs {
                    thead {
                        tr {
                            th scope="col" { "Tenant" }
                            th scope="col" { "fewest tasks" }
                            th scope="col" { "most tasks" }
                            th scope="col" { "difference" }
                        }
                    }
                    tbody {
                        @for id in ids { (tenant(id, of(before, id), of(after, id))) }
                    }
                }
            }
        }
    }
}

fn tenant(id: &str, before: Range, after: Range) -> Markup {
    let Range { minimum, maximum } = after - before;
    html! {
        tr data-entry {
            th scope="row" { (plain(id)) }
            td { (after.minimum.to_string()) }
            td { (after.maximum.to_string()) }
            td {
                (minimum.signed())
                @if maximum != minimum { " to " (maximum.signed()) }
            }
        }
    }
}
