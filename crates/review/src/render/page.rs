//! The words of a review.

mod access;
mod changes;
mod cost;
mod people;
mod preparation;
mod ran;
mod time;

use super::layout::{Block, Page, Part, Section};
use crate::{Approval, Review};

/// The review in words.
pub(super) fn page(review: &Review) -> Page {
    let plans = match &review.from {
        Some(from) => format!("plan `{}` → `{}`", from.short(), review.plan.short()),
        None => format!("plan `{}`, on an empty account", review.plan.short()),
    };
    let section = |part, blocks| Section { part, blocks };
    Page {
        headline: review.headline.clone(),
        plans,
        sections: vec![
            section(Part::People, people::blocks(&review.people)),
            section(Part::Access, access::blocks(&review.isolation, &review.changes.joining)),
            section(Part::Cost, cost::blocks(&review.cost)),
            section(Part::Time, review.rehearsal.as_ref().map(time::blocks).unwrap_or_default()),
            section(Part::Changes, changes::blocks(&review.changes)),
            section(Part::Preparation, preparation::blocks(&review.preparation)),
            section(Part::Approval, approval(&review.approval)),
            section(Part::Ran, review.ran.as_ref().map(ran::blocks).unwrap_or_default()),
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
