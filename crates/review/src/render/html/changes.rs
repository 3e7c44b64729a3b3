//! What changes: a list in which each entry unfolds, and that can be searched.

use maud::{Markup, html};

use super::super::layout::{Block, Sign};
use super::blocks;
use super::marks::{badge, class, word};
use super::search;
use super::text::{plain, prose, short};
use crate::changes::{Changes, Group, Line, Mark, Renamed, Side, Tenants};
use crate::words::{count, names};

pub(super) fn changes(changes: &Changes, blocks: &[Block]) -> Markup {
    let Changes { renamed, joining, leaving, groups, .. } = changes;
    let entries = renamed.len() + joining.len() + leaving.len() + groups.len();
    // The list replaces the lines.
    let words = blocks.iter().filter(|block| matches!(block, Block::Paragraph(_)));
    html! {
        @for block in words { (blocks::block(block)) }
        (search::field("change-list", "Find a change", entries))
        ul.changes #change-list {
            @for tenants in leaving { (self::tenants(Mark::Remove, tenants)) }
            @for tenants in joining { (self::tenants(Mark::Add, tenants)) }
            @for renamed in renamed { (self::renamed(renamed)) }
            @for group in groups { (self::group(group)) }
        }
    }
}

/// An entry. Without details there is nothing to unfold.
fn entry(mark: Mark, title: &Markup, details: Option<&Markup>) -> Markup {
    let head = html! { (badge(mark)) span.what { (title) } };
    html! {
        li class={ "change " (class(Some(mark))) } data-entry {
            @match details {
                Some(more) => { details { summary { (head) } div.more { (more) } } },
                None => { div.head { (head) } },
            }
        }
    }
}

fn tenants(mark: Mark, Tenants { ids, what }: &Tenants) -> Markup {
    let verb = match mark {
        Mark::Add => "join",
        Mark::Remove => "leave",
        Mark::Update | Mark::Replace => word(Some(mark)),
    };
    let title = match ids.as_slice() {
        [id] => html! { strong { (plain(id)) } " " (verb) "s" },
        ids => html! { strong { (count(ids.len(), "tenant")) } " " (verb) span.whose { (plain(&names(ids))) } },
    };
    let details = html! {
        ul.parts { @for part in what.split(", ") { li { (short(part)) } } }
        @if ids.len() > 1 { (all(ids)) }
    };
    entry(mark, &title, Some(&details))
}

fn renamed(Renamed { before, after, tenants, resources }: &Renamed) -> Markup {
    let title = html! { "renamed: " code { (plain(before)) } " → " code { (plain(after)) } (whose(tenants)) };
    let details = html! {
        p { "For AWS it is another one: " (count(*resources, "new resource")) ", and the old ones are deleted." }
        (all(tenants))
    };
    entry(Mark::Replace, &title, Some(&details))
}

fn group(Group { mark, address, kind, tenants, what, lines, varies }: &Group) -> Markup {
    let title = html! {
        code { (plain(address)) } " " span.kind { (kind.to_string()) }
        @if !what.is_empty() { " " span.key-fields { (short(what)) } }
        (whose(tenants))
    };
    let details = html! {
        @if !lines.is_empty() { div.diff { @for line in lines { (self::line(line)) } } }
        @if *varies { p.note { "The values differ from tenant to tenant; these are those of the first one." } }
        @if tenants.len() > 1 { (all(tenants)) }
    };
    let is_more = !lines.is_empty() || tenants.len() > 1;
    entry(*mark, &title, is_more.then_some(&details))
}

fn line(Line { side, field, value }: &Line) -> Markup {
    let sign = match side {
        Side::Old => Sign::Old,
        Side::New => Sign::New,
        Side::Both => Sign::Same,
    };
    blocks::difference(sign, &format!("{field}: {}", crate::words::short_digests(value)))
}

fn whose(tenants: &[String]) -> Markup {
    match tenants {
        [] => html! {},
        [tenant] => html! { span.whose { (plain(tenant)) } },
        tenants => html! { span.whose { (count(tenants.len(), "tenant")) } },
    }
}

/// All tenants of an entry.
fn all(tenants: &[String]) -> Markup {
    html! { p.ids { @for tenant in tenants { span { (prose(tenant)) } " " } } }
}
