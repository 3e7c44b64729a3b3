//! The words of a review.

mod access;
mod changes;
mod cost;
mod people;
mod preparation;
mod time;

use super::layout::{Block, Page, Section};
use crate::{Approval, Review};

pub(super) use changes::TITLE as CHANGES;

/// The review in words.
pub(super) fn page(review: &Review) -> Page {
    let plans = match &review.from {
        Some(from) => format!("plan `{}` → `{}`", from.short(), review.plan.short()),
        None => format!("plan `{}`, on an empty account", review.plan.short()),
    };
    let section = |title, blocks| Section { title, blocks };
    Page {
        headline: review.headline.clone(),
        plans,
        sections: vec![
            section("What it does to people", people::blocks(&review.people)),
            section("Who may newly reach what", access::blocks(&review.isolation, &review.changes.joining)),
            section("Cost a month", cost::blocks(&review.cost)),
            section("How long it takes", review.rehearsal.as_ref().map(time::blocks).unwrap_or_default()),
            section(CHANGES, changes::blocks(&review.changes)),
            section("Before the apply", preparation::blocks(&review.preparation)),
            section("How to approve", approval(&review.approval)),
        ],
    }
}

fn approval(approval: &Approval) -> Vec<Block> {
    match approval {
        Approval::Nothing => Vec::new(),
        Approval::No(reasons) => {
            vec![Block::Paragraph(format!("It cannot be approved: {}.", reasons.join(", and ")))]
        }
        Approval::Command(command) => vec![Block::Command(command.clone())],
        Approval::Asks(command) => vec![
            Block::Command(command.clone()),
            Block::Paragraph(
                "It shows the change set and asks. Without a terminal it needs `--approve` with the digest that \
                 `saas status` prints, and that a review with a rehearsal has in its command."
                    .to_owned(),
            ),
        ],
    }
}
