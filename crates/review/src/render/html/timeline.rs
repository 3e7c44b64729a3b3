//! The timeline of a rehearsal as a Gantt chart. Steps that are alike in several tenants share a row; the steps of
//! the critical path, which the whole apply waits for, stand out.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::layout::Block;
use super::blocks;
use super::text::plain;
use super::track::{Bars, Scale};
use crate::changes::folded_address;
use crate::rehearsed::{Rehearsed, Span};
use crate::words::{count, duration};

/// The most rows that are shown without a fold. With more, short ones are folded.
const OPEN: usize = 16;

/// A step is short if it takes less than this part of the whole.
const SHORT: u64 = 50;

/// Alike steps.
struct Row {
    what: String,
    spans: Vec<(u64, u64)>,
    chain: Vec<(u64, u64)>,
}

impl Row {
    fn began(&self) -> u64 {
        self.all().map(|(began, _)| *began).min().unwrap_or(0)
    }

    fn ended(&self) -> u64 {
        self.all().map(|(_, ended)| *ended).max().unwrap_or(0)
    }

    fn all(&self) -> impl Iterator<Item = &(u64, u64)> {
        self.spans.iter().chain(&self.chain)
    }
}

pub(super) fn timeline(rehearsed: Option<&Rehearsed>, blocks: &[Block]) -> Markup {
    let steps = rehearsed.map(|rehearsed| rehearsed.steps.as_slice()).unwrap_or_default();
    // The chart replaces the bars that are made of characters.
    let words: Vec<&Block> =
        blocks.iter().filter(|block| steps.is_empty() || !matches!(block, Block::Lines(_))).collect();
    html! {
        @for block in words { (blocks::block(block)) }
        @if !steps.is_empty() { (chart(steps)) }
        @if let Some(rehearsed) = rehearsed { (chain(rehearsed)) }
    }
}

fn chart(steps: &[Span]) -> Markup {
    let end = steps.iter().map(|step| step.ended_millis).max().unwrap_or(0);
    let scale = Scale::of_time(end);
    let rows = rows(steps);
    let is_open = |row: &Row| rows.len() <= OPEN || !row.chain.is_empty() || (row.ended() - row.began()) * SHORT >= end;
    let (open, short): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| is_open(row));
    html! {
        p.legend {
            span.key.chain { "critical path: nothing is done sooner than that" } " "
            span.key.step { "other steps" }
        }
        (table(scale, &open, true))
        @if !short.is_empty() {
            details { summary { (count(short.len(), "short step")) } (table(scale, &short, false)) }
        }
    }
}

fn table(scale: Scale, rows: &[&Row], titled: bool) -> Markup {
    html! {
        table.gantt {
            @if titled { caption { "Steps in order of time" } }
            thead {
                tr {
                    th scope="col" { "Step" }
                    th scope="col" { div.ticks { @for tick in scale.ticks() { span { (duration(tick / 1_000)) } } } }
                    th.time scope="col" { "Takes" }
                }
            }
            tbody { @for row in rows { (line(scale, row)) } }
        }
    }
}

fn line(scale: Scale, row: &Row) -> Markup {
    let number = row.all().count();
    let took = (row.ended() - row.began()) / 1_000;
    let bars = [Bars { class: "step", spans: &row.spans }, Bars { class: "chain", spans: &row.chain }];
    let times = format!("from {} to {}", duration(row.began() / 1_000), duration(row.ended() / 1_000));
    html! {
        tr.critical[!row.chain.is_empty()] title=(times) {
            th scope="row" { (plain(&row.what)) @if number > 1 { " " span.times { "×" (number) } } }
            td { (scale.track(&bars)) }
            td.time { @if took == 0 { "< 1 s" } @else { (duration(took)) } }
        }
    }
}

/// The rows, in the order in which they begin.
fn rows(steps: &[Span]) -> Vec<Row> {
    let mut alike: BTreeMap<String, Row> = BTreeMap::new();
    for Span { address, verb, began_millis, ended_millis, on_chain } in steps {
        let what = |address: &str| format!("{verb} {address}");
        let folded = what(&folded_address(address));
        let first = || Row { what: what(address.as_str()), spans: Vec::new(), chain: Vec::new() };
        let row = alike.entry(folded.clone()).or_insert_with(first);
        if row.all().next().is_some() {
            row.what = folded;
        }
        let of = if *on_chain { &mut row.chain } else { &mut row.spans };
        of.push((*began_millis, *ended_millis));
    }
    let mut rows: Vec<Row> = alike.into_values().collect();
    rows.sort_by(|one, other| (one.began(), one.ended(), &one.what).cmp(&(other.began(), other.ended(), &other.what)));
    rows
}

/// The critical path, step by step.
fn chain(Rehearsed { chain, .. }: &Rehearsed) -> Markup {
    if chain.is_empty() {
        return html! {};
    }
    html! {
        details {
            summary { "The critical path, " (count(chain.len(), "step")) }
            ol.chain {
                @for step in chain {
                    li { span.time { (duration(step.seconds)) } " " (plain(&step.verb)) " " code { (plain(step.address.as_str())) } }
                }
            }
        }
    }
}
