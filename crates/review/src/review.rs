//! The facts of a review.

use std::collections::BTreeMap;

use saas_model::{Digest, Plan, Receipt};
use saas_prover::Certificate;
use serde::Serialize;

use crate::access::Isolation;
use crate::approval::Approval;
use crate::changes::Changes;
use crate::cost::{Cost, Prices};
use crate::headline;
use crate::matrix::Matrix;
use crate::people::People;
use crate::platform::Platform;
use crate::preparation::Preparation;
use crate::ran::Ran;
use crate::rehearsed::Rehearsed;

/// A plan with its certificate.
pub type Proven<'p> = (&'p Plan, &'p Certificate);

/// What a review is made from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'i> {
    /// The plan to apply, with its certificate.
    pub plan: Proven<'i>,
    /// The live plan with its certificate; `None` for an empty account.
    pub from: Option<Proven<'i>>,
    /// What a rehearsal found.
    pub rehearsed: Option<&'i Rehearsed>,
    /// The receipt of an apply.
    pub receipt: Option<&'i Receipt>,
    /// The prices.
    pub prices: &'i Prices,
    /// The file of the plan, as one word of a shell, for the printed command.
    pub file: &'i str,
}

/// The facts of a review. Serialized, they are its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Review {
    /// The id of the plan to apply.
    pub plan: Digest,
    /// The id of the live plan.
    pub from: Option<Digest>,
    /// What happens, sentence by sentence.
    pub headline: Vec<String>,
    /// What it does to people.
    pub people: People,
    /// The platform, and what of it changes.
    pub platform: Platform,
    /// Who may newly reach what.
    pub isolation: Isolation,
    /// What is proven of each tenant.
    pub matrix: Matrix,
    /// What it costs a month.
    pub cost: Cost,
    /// What a rehearsal found, if there was one.
    pub rehearsal: Option<Rehearsed>,
    /// What changes.
    pub changes: Changes,
    /// What to do and to know before.
    pub preparation: Preparation,
    /// How to approve it.
    pub approval: Approval,
    /// What an apply did, if there is a receipt.
    pub ran: Option<Ran>,
}

/// Computes the facts.
///
/// # Panics
/// Never: a plan without nodes has no faults.
#[must_use]
pub fn review(input: &Input<'_>) -> Review {
    let Input { plan: (after, certificate), from, rehearsed, receipt, prices, file } = *input;
    // An empty account is a plan of the same platform without nodes.
    let empty = || Plan::seal(after.header().clone(), Vec::new(), BTreeMap::new());
    let nothing = empty().expect("a plan without nodes has no faults").0;
    let before = from.map_or(&nothing, |(plan, _)| plan);
    let diff = saas_planner::diff(before, after);
    let people = People::of(before, &diff, rehearsed);
    let isolation = Isolation::of((before, from.map(|(_, live)| live)), (after, certificate), &diff);
    let changes = Changes::of(before, after, &diff);
    let preparation = Preparation::of(before, after, rehearsed);
    let failed =
        rehearsed.is_some_and(|rehearsed| !rehearsed.clean) && people.impossible.is_empty() && isolation.is_proven();
    Review {
        plan: after.id(),
        from: from.map(|(plan, _)| plan.id()),
        headline: headline::sentences(before, after, &isolation, &changes, &people, &preparation, failed),
        cost: Cost::of(before, after, prices),
        platform: Platform::of(before, after, &diff),
        matrix: Matrix::of(certificate),
        rehearsal: rehearsed.cloned(),
        ran: receipt.map(|receipt| Ran::of(receipt, after)),
        approval: Approval::of(file, &isolation, &people, &changes, rehearsed, failed),
        people,
        isolation,
        changes,
        preparation,
    }
}
