//! The head of the page: the headline, and the five numbers that a decision depends on.

use maud::{Markup, html};

use super::marks::badge;
use super::text::prose;
use crate::changes::{Changes, Mark};
use crate::cost::Cost;
use crate::people::People;
use crate::words::{count, duration};
use crate::{Approval, Review};

pub(super) fn header(review: &Review, headline: &[String], plans: &str) -> Markup {
    let platform = &review.platform;
    let place =
        format!("`{}` in {}, account {}, {}", platform.name, platform.environment, platform.account, platform.region);
    let (first, rest) = headline.split_first().map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
    html! {
        header {
            p.place { (prose(&place)) " · " (prose(plans)) }
            h1 { (prose(first)) }
            @if !rest.is_empty() { p.lead { (prose(&rest.join(" "))) } }
            (verdict(&review.approval))
            ul.tiles {
                (people(&review.people))
                (isolation(review))
                (cost(&review.cost))
                (time(review))
                (changes(&review.changes))
            }
        }
    }
}

fn verdict(approval: &Approval) -> Markup {
    match approval {
        Approval::Nothing => html! {},
        Approval::No(reasons) => {
            html! { p.verdict.bad { "It cannot be approved: " (prose(&reasons.join(", and "))) "." } }
        }
        Approval::Command(_) | Approval::Asks(_) => html! {},
    }
}

/// A number with its meaning. The tone says how serious it is.
fn tile(anchor: &str, tone: &str, title: &str, value: &Markup, note: &str) -> Markup {
    html! {
        li {
            a class={ "tile " (tone) } href={ "#" (anchor) } {
                span.title { (title) }
                span.value { (value) }
                span.note { (prose(note)) }
            }
        }
    }
}

fn people(people: &People) -> Markup {
    let losing: usize = people.data_lost.iter().map(|loss| loss.tenants.len().max(1)).sum();
    let minutes = people.interruptions.iter().filter_map(|affected| affected.minutes).max();
    let whom = people.interruptions.first().map(|affected| format!("for {}", affected.who)).unwrap_or_default();
    let undone = if people.irreversible.is_empty() { "" } else { "cannot be undone" };
    let (tone, value, note) = if !people.impossible.is_empty() {
        ("bad", "not possible".to_owned(), "no live platform can make this change")
    } else if losing > 0 {
        ("bad", "data is lost".to_owned(), "and does not come back")
    } else if !people.shortened.is_empty() {
        ("bad", "data is lost".to_owned(), "it is kept for a shorter time")
    } else if let Some(minutes) = minutes {
        ("careful", format!("{minutes} min interruption"), whom.as_str())
    } else if !people.interruptions.is_empty() {
        ("careful", "interruption".to_owned(), whom.as_str())
    } else if let Some(rollouts) = &people.rollouts {
        ("good", count(rollouts.count, "rollout"), "no interruption")
    } else {
        ("good", "no effect".to_owned(), undone)
    };
    let anchor = if people.is_empty() { "changes" } else { "people" };
    tile(anchor, tone, "People", &html! { (value) }, note)
}

fn isolation(review: &Review) -> Markup {
    let isolation = &review.isolation;
    let proof = &isolation.proof;
    let new = isolation.opened.len() + isolation.gained.len();
    let (tone, value, note) = match (proof.refuted, new) {
        (0, 0) => ("good", "nothing new".to_owned(), format!("{} obligations proven", proof.obligations)),
        (0, new) if review.from.is_some() => {
            ("careful", format!("{new} newly open"), format!("{} obligations proven", proof.obligations))
        }
        (0, _) => ("good", "proven".to_owned(), format!("{} obligations", proof.obligations)),
        (refuted, _) => ("bad", "not proven".to_owned(), format!("{refuted} of {} refuted", proof.obligations)),
    };
    tile("access", tone, "Isolation", &html! { (value) }, &note)
}

fn cost(cost: &Cost) -> Markup {
    match cost {
        Cost::NoPrices { region } => {
            tile("cost", "neutral", "Cost a month", &html! { "no prices" }, &format!("of {region}"))
        }
        Cost::Monthly(monthly) => {
            let (least, most) = (monthly.difference.minimum, monthly.difference.maximum);
            let after = monthly.after.total;
            let value = match least == most {
                true => least.signed(),
                false => format!("{} to {}", least.signed(), most.signed()),
            };
            let note = match after.minimum == after.maximum {
                true => format!("{} after", after.minimum),
                false => format!("{} to {} after", after.minimum, after.maximum),
            };
            tile("cost", "neutral", "Cost a month", &html! { (value) }, &note)
        }
    }
}

fn time(review: &Review) -> Markup {
    match &review.rehearsal {
        None => tile("approve", "neutral", "Duration", &html! { "not known" }, "there was no rehearsal"),
        Some(rehearsed) if !rehearsed.clean => {
            tile("time", "bad", "Rehearsal", &html! { "failed" }, &count(rehearsed.failures.len(), "failure"))
        }
        Some(rehearsed) => {
            let calls = count(rehearsed.calls, "changing call");
            tile("time", "good", "Duration", &html! { (duration(rehearsed.seconds)) }, &format!("rehearsed, {calls}"))
        }
    }
}

fn changes(changes: &Changes) -> Markup {
    let Changes { added, updated, replaced, removed, .. } = changes;
    let counts = [(Mark::Add, added), (Mark::Update, updated), (Mark::Replace, replaced), (Mark::Remove, removed)];
    let value = html! {
        @for (mark, number) in counts.iter().filter(|(_, number)| **number > 0) {
            span.count { (badge(*mark)) (number) } " "
        }
        @if changes.is_empty() { "none" }
    };
    let tenants = |groups: &[crate::changes::Tenants]| groups.iter().map(|tenants| tenants.ids.len()).sum::<usize>();
    let note = match (tenants(&changes.joining), tenants(&changes.leaving)) {
        (0, 0) => "resources".to_owned(),
        (joining, 0) => format!("resources; {} new", count(joining, "tenant")),
        (0, leaving) => format!("resources; {} fewer", count(leaving, "tenant")),
        (joining, leaving) => format!("resources; {joining} tenants new, {leaving} fewer"),
    };
    tile("changes", "neutral", "Changes", &value, &note)
}
