//! The tenants, beneath the load balancer that serves them: a card each while there are few, and a tile each when
//! there are many.

use std::collections::BTreeMap;

use itertools::Itertools as _;
use maud::{Markup, html};

use super::super::marks::{class, sign, word};
use super::super::text::{plain, short};
use super::canvas::{GAP, Place, arrow, fit, fit_small, frame, number, signed, text};
use crate::platform::{Platform, Tenant};
use crate::words::count;

/// The most tenants that have a card.
const CARDS: usize = 18;

/// The least width of a card.
const CARD: u32 = 230;

/// The height of a line of a card.
const ROW: u32 = 17;

/// The most services that a card names.
const SERVICES: usize = 4;

/// The side of a tile, and its distance from the next.
const TILE: u32 = 15;
const APART: u32 = 4;

/// The most groups in a row.
const COLUMNS: usize = 5;

/// The room for a title of a frame.
const TITLE: u32 = 28;

/// The tenants at a place: the drawing and where it ends.
pub(super) fn tenants(platform: &Platform, place: Place) -> (Markup, u32) {
    let groups = groups(platform);
    let columns = groups.len().clamp(1, COLUMNS);
    let is_many = platform.tenants.len() > CARDS;
    let mut top = place.y;
    let mut drawings = Vec::new();
    for row in groups.chunks(columns) {
        let at = |index: usize| place.below(top, 0).column(index, columns);
        let inside = |index: usize| at(index).inner().below(top + TITLE, 0);
        let drawn: Vec<(Markup, u32)> = row
            .iter()
            .enumerate()
            .map(
                |(index, (_, tenants))| {
                    if is_many { tiles(tenants, inside(index)) } else { cards(tenants, inside(index)) }
                },
            )
            .collect();
        let end = drawn.iter().map(|(_, end)| *end).max().unwrap_or(top + TITLE) + GAP;
        for (index, ((name, tenants), (drawing, _))) in row.iter().zip(drawn).enumerate() {
            let frame_at = Place { height: end - top, ..at(index) };
            let title = format!("{}{name}", count(tenants.len(), "tenant"));
            drawings.push(html! {
                (frame("tenants", frame_at, &title, None))
                (drawing)
            });
        }
        top = end + GAP;
    }
    (html! { @for drawing in drawings { (drawing) } }, top.saturating_sub(GAP))
}

/// The ways from the load balancers, whose row ends at `from`, to the first row of tenants.
pub(super) fn ways(platform: &Platform, place: Place, from: u32) -> Markup {
    let groups = groups(platform).len().clamp(1, COLUMNS);
    let served = platform.load_balancers.len().min(groups);
    html! { @for index in 0..served { (arrow(place.column(index, groups).middle(), from, place.y)) } }
}

/// The tenants by load balancer, and what their group is called beside their number.
fn groups(platform: &Platform) -> Vec<(String, Vec<&Tenant>)> {
    let balancers = &platform.load_balancers;
    let of = |address| platform.tenants.iter().filter(|tenant| tenant.load_balancer.as_ref() == address).collect();
    let mut groups: Vec<(String, Vec<&Tenant>)> = balancers
        .iter()
        .map(|balancer| {
            let place = if platform.public_tasks { "tasks with public addresses" } else { "tasks in private subnets" };
            let name = if balancers.len() == 1 { format!(", {place}") } else { String::new() };
            (name, of(Some(&balancer.part.address)))
        })
        .collect();
    let workers: Vec<&Tenant> = of(None);
    if !workers.is_empty() {
        groups.push((" without a load balancer".to_owned(), workers));
    }
    groups
}

/// A card for each tenant, with its services.
fn cards(tenants: &[&Tenant], place: Place) -> (Markup, u32) {
    let columns = ((place.width + GAP) / (CARD + GAP)).max(1) as usize;
    // No row is much shorter than the others.
    let columns = tenants.len().max(1).div_ceil(tenants.len().max(1).div_ceil(columns));
    let lines = tenants.iter().map(|tenant| tenant.services.len().min(SERVICES + 1)).max().unwrap_or(0);
    let height = 30 + number(lines) * ROW;
    let at = |index: usize| {
        let y = place.y + number(index / columns) * (height + GAP);
        place.below(y, height).column(index % columns, columns)
    };
    let end = tenants.len().checked_sub(1).map_or(place.y, |last| at(last).bottom());
    (html! { @for (index, tenant) in tenants.iter().enumerate() { (card(tenant, at(index))) } }, end)
}

fn card(tenant: &Tenant, place: Place) -> Markup {
    let Place { x, y, width, height } = place;
    let more = tenant.services.len().saturating_sub(SERVICES);
    html! {
        g class={ "part card " (class(tenant.mark)) } {
            title { (plain(&about(tenant))) }
            rect x=(x) y=(y) width=(width) height=(height) rx="5" {}
            text.name x=(x + 10) y=(y + 19) {
                (fit(&signed(tenant.mark, &tenant.id), width))
            }
            @for (row, service) in tenant.services.iter().take(SERVICES).enumerate() {
                (text("service", x + 10, y + 20 + number(row + 1) * ROW, &fit_small(&without_image(service), width)))
            }
            @if more > 0 { (text("service", x + 10, y + 20 + number(SERVICES + 1) * ROW, &count(more, "other service"))) }
        }
    }
}

/// A service without its image, which is in the tooltip.
fn without_image(service: &str) -> String {
    let words: Vec<&str> = service.split(' ').filter(|word| !word.contains(['@', '/'])).collect();
    words.join(" ")
}

/// A tile for each tenant, below the names of their services.
fn tiles(tenants: &[&Tenant], place: Place) -> (Markup, u32) {
    let services = text("service", place.x, place.y + 6, &fit_small(&services(tenants), place.width + 2 * GAP));
    let place = place.below(place.y + ROW, 0);
    let columns = ((place.width + APART) / (TILE + APART)).max(1) as usize;
    // They fill the width.
    let room = place.width.saturating_sub(TILE);
    let at = |index: usize| {
        let x = room * number(index % columns) / number(columns.saturating_sub(1).max(1));
        (place.x + x, place.y + number(index / columns) * (TILE + APART))
    };
    let end = tenants.len().checked_sub(1).map_or(place.y, |last| at(last).1 + TILE);
    let drawing = html! {
        (services)
        @for (index, tenant) in tenants.iter().enumerate() {
            @let (x, y) = at(index);
            g class={ "part tile " (class(tenant.mark)) } {
                title { (plain(&tenant.id)) @if tenant.mark.is_some() { ": " (word(tenant.mark)) } }
                rect x=(x) y=(y) width=(TILE) height=(TILE) rx="3" {}
                @if let Some(mark) = tenant.mark { text x=(x + TILE / 2) y=(y + 12) { (sign(mark)) } }
            }
        }
    };
    (drawing, end)
}

/// The services of tenants by name, which is the first word of each: `50 web, 50 worker`.
fn services(tenants: &[&Tenant]) -> String {
    let names = tenants.iter().flat_map(|tenant| &tenant.services).filter_map(|service| service.split(' ').next());
    let counts: BTreeMap<&str, usize> = names.counts().into_iter().collect();
    counts.iter().map(|(name, number)| format!("{number} {name}")).join(", ")
}

/// A tenant in words.
fn about(tenant: &Tenant) -> String {
    let Tenant { id, mark, changed, resources, services, load_balancer: _ } = tenant;
    let changes = if mark.is_some() { format!(", {changed} of which change") } else { String::new() };
    let services: Vec<String> = services.iter().map(|service| short(service)).collect();
    format!("{id} ({}): {}{changes}; {}", word(*mark), count(*resources, "resource"), services.join("; "))
}
