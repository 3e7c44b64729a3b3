//! A page for a browser: one file that refers to nothing outside of it.
//!
//! The words are those of the other forms; pictures, lists and folds are added to the sections that they belong to.
//! Everything is there without the script, which searches, copies and unfolds. Text from outside goes through
//! [`text`], and no attribute holds a style, so that the page's policy allows this style and this script alone.

mod blocks;
mod changes;
mod costs;
mod marks;
mod matrix;
mod picture;
mod policy;
mod ran;
mod search;
mod summary;
mod text;
mod timeline;
mod track;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::layout::{Page, Part, Section};
use super::page::page;
use crate::Review;
use text::{plain, prose};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The whole review as a file for a browser. The same review gives the same bytes.
#[must_use]
pub fn html(review: &Review) -> String {
    let Page { headline, plans, sections } = page(review);
    let sections: Vec<Section> = sections.into_iter().filter(|section| is_shown(review, section)).collect();
    let name = format!("{} in {}", review.platform.name, review.platform.environment);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy::policy(STYLE, SCRIPT));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content="saas";
                title { "Review of " (plain(&name)) ": " (plain(&headline.join(" "))) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the review" }
                (summary::header(review, &headline, &plans))
                (navigation(&sections))
                main #main {
                    @for section in &sections { (self::section(review, section)) }
                }
                footer { "Made by " code { "saas review" } " from " (prose(&plans)) "." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

/// Whether a section has something to show: words, or a picture.
fn is_shown(review: &Review, Section { part, blocks }: &Section) -> bool {
    !blocks.is_empty()
        || (*part == Part::Time && review.rehearsal.as_ref().is_some_and(|found| !found.steps.is_empty()))
}

/// The name of a section in addresses.
const fn anchor(part: Part) -> &'static str {
    match part {
        Part::People => "people",
        Part::Access => "access",
        Part::Cost => "cost",
        Part::Time => "time",
        Part::Changes => "changes",
        Part::Preparation => "before",
        Part::Approval => "approve",
        Part::Ran => "done",
    }
}

/// The name of a section in the navigation.
const fn short(part: Part) -> &'static str {
    match part {
        Part::People => "People",
        Part::Access => "Access",
        Part::Cost => "Cost",
        Part::Time => "Time",
        Part::Changes => "Changes",
        Part::Preparation => "Before",
        Part::Approval => "Approve",
        Part::Ran => "Done",
    }
}

fn navigation(sections: &[Section]) -> Markup {
    let first = sections.iter().take_while(|section| section.part == Part::People);
    let rest = sections.iter().skip_while(|section| section.part == Part::People);
    let link = |section: &Section| html! { a href={ "#" (anchor(section.part)) } { (short(section.part)) } };
    html! {
        nav aria-label="Sections" {
            @for section in first { (link(section)) }
            a href="#platform" { "Platform" }
            @for section in rest { (link(section)) }
            button.unfold type="button" data-unfold { "Unfold all" }
        }
    }
}

/// A section, with the picture of the platform before the one on access.
fn section(review: &Review, Section { part, blocks }: &Section) -> Markup {
    let content = match part {
        Part::Access => html! { (blocks::blocks(blocks)) (matrix::matrix(&review.matrix, &review.platform)) },
        Part::Cost => costs::costs(&review.cost, blocks),
        Part::Time => timeline::timeline(review.rehearsal.as_ref(), blocks),
        Part::Changes => changes::changes(&review.changes, blocks),
        Part::Ran => html! { (blocks::blocks(blocks)) (ran::steps(review.ran.as_ref())) },
        Part::People | Part::Preparation | Part::Approval => blocks::blocks(blocks),
    };
    html! {
        @if *part == Part::Access { (picture::section(&review.platform)) }
        section id=(anchor(*part)) aria-labelledby={ (anchor(*part)) "-title" } {
            h2 id={ (anchor(*part)) "-title" } { (part.title()) }
            (content)
        }
    }
}
