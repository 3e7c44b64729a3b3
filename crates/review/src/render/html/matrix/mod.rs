//! The isolation matrix: tenant by tenant and channel by channel. A cell says what is proven; a channel unfolds into
//! its claims.

mod claims;

use std::collections::BTreeMap;

use maud::{Markup, html};
use saas_prover::certificate::Channel;

use super::marks::{badge, word};
use super::search;
use super::text::plain;
use crate::changes::Mark;
use crate::matrix::{Cell, Column, Matrix, Row};
use crate::platform::Platform;
use crate::words::{count, names};

/// The most tenants that are shown one by one without a fold.
const OPEN: usize = 12;

pub(super) fn matrix(matrix: &Matrix, platform: &Platform) -> Markup {
    let Matrix { channels, platform: shared, rows, risks, assumptions } = matrix;
    let marks: BTreeMap<&str, Mark> =
        platform.tenants.iter().filter_map(|tenant| Some((tenant.id.as_str(), tenant.mark?))).collect();
    let mut tenants: Vec<(&str, &[Cell])> =
        rows.iter().flat_map(|row| row.tenants.iter().map(|id| (id.as_str(), row.cells.as_slice()))).collect();
    tenants.sort_unstable();
    let each = || html! { @for (id, cells) in &tenants { (tenant(id, marks.get(id).copied(), channels, cells)) } };
    html! {
        h3 { "Isolation, tenant by tenant" }
        p.legend {
            span.key.proven { "✓ proven: no other tenant gets through" } " "
            span.key.residual { "◐ proven except for a known risk" } " "
            span.key.refuted { "✗ refuted" }
        }
        @if tenants.len() <= OPEN {
            (table("matrix", channels, &html! { (line(&html! { "shared by all" }, channels, shared)) (each()) }))
        } @else {
            (table("matrix-alike", channels, &html! {
                (line(&html! { "shared by all" }, channels, shared))
                @for row in rows { (alike(channels, row)) }
            }))
            details {
                summary { "All " (count(tenants.len(), "tenant")) ", one by one" }
                (search::field("matrix", "Find a tenant", tenants.len()))
                (table("matrix", channels, &each()))
            }
        }
        h3 { "Channels and their claims" }
        @for column in channels { (claims::column(column)) }
        (claims::remarks("Known risks", risks))
        (claims::remarks("Assumptions of the proof", assumptions))
    }
}

fn table(id: &str, channels: &[Column], rows: &Markup) -> Markup {
    html! {
        div.scroll.tall tabindex="0" role="region" aria-label="Isolation matrix" {
            table.matrix {
                thead {
                    tr {
                        th scope="col" { "Tenant" }
                        @for Column { channel, .. } in channels {
                            th scope="col" { a href={ "#" (claims::anchor(*channel)) } title=(meaning(*channel)) { (name(*channel)) } }
                        }
                    }
                }
                tbody id=(id) { (rows) }
            }
        }
    }
}

fn tenant(id: &str, mark: Option<Mark>, channels: &[Column], cells: &[Cell]) -> Markup {
    html! {
        tr data-entry {
            th scope="row" { (plain(id)) @if let Some(mark) = mark { " " (badge(mark)) span.hidden { (word(Some(mark))) } } }
            (self::cells(channels, cells))
        }
    }
}

/// Tenants that are alike.
fn alike(channels: &[Column], Row { tenants, cells }: &Row) -> Markup {
    let title = html! { (count(tenants.len(), "tenant")) div.note { (plain(&names(tenants))) } };
    line(&title, channels, cells)
}

fn line(title: &Markup, channels: &[Column], cells: &[Cell]) -> Markup {
    html! { tr { th scope="row" { (title) } (self::cells(channels, cells)) } }
}

fn cells(channels: &[Column], cells: &[Cell]) -> Markup {
    html! { @for (column, cell) in channels.iter().zip(cells) { (self::cell(column, *cell)) } }
}

fn cell(column: &Column, cell: Cell) -> Markup {
    let (class, sign) = verdict(cell);
    html! { td class=(class) title={ (name(column.channel)) ": " (told(cell)) } { (sign) @if cell.total() > 0 { " " (cell.total()) } } }
}

/// The worst verdict of a cell: its class and its sign.
const fn verdict(cell: Cell) -> (&'static str, &'static str) {
    match cell {
        Cell { refuted: 1.., .. } => ("refuted", "✗"),
        Cell { residual: 1.., .. } => ("residual", "◐"),
        Cell { proven: 1.., .. } => ("proven", "✓"),
        Cell { proven: 0, residual: 0, refuted: 0 } => ("none", "–"),
    }
}

/// A cell in words.
fn told(Cell { proven, residual, refuted }: Cell) -> String {
    let parts = [(proven, "proven"), (residual, "proven except for a known risk"), (refuted, "refuted")];
    let parts: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    if parts.is_empty() { "no claim".to_owned() } else { parts.join(", ") }
}

/// The name of a channel, as people write it.
const fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Ownership => "Ownership",
        Channel::Iam => "IAM",
        Channel::S3 => "S3",
        Channel::Secrets => "Secrets",
        Channel::Logs => "Logs",
        Channel::Ecs => "ECS",
        Channel::Network => "Network",
        Channel::Ingress => "Ingress",
        Channel::Sql => "SQL",
        Channel::Settings => "Settings",
    }
}

/// What a channel is.
const fn meaning(channel: Channel) -> &'static str {
    match channel {
        Channel::Ownership => "the owner of each resource, and the references between resources",
        Channel::Iam => "the permissions of roles, and the principals that may assume them",
        Channel::S3 => "buckets and their objects",
        Channel::Secrets => "passwords and other secrets",
        Channel::Logs => "log groups",
        Channel::Ecs => "tasks and services",
        Channel::Network => "security groups, routes and addresses",
        Channel::Ingress => "hosts, listener rules and listeners",
        Channel::Sql => "the database's schemas and roles",
        Channel::Settings => "encryption, TLS and public access",
    }
}
