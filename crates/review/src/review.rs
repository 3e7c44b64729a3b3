//! The facts of a review.

use std::collections::BTreeMap;

use itertools::Itertools as _;
use saas_model::{Address, Digest, Plan};
use saas_prover::Certificate;
use serde::Serialize;

use crate::access::Isolation;
use crate::changes::Changes;
use crate::cost::{Cost, Prices};
use crate::headline;
use crate::people::People;
use crate::preparation::Preparation;
use crate::rehearsed::Rehearsed;

/// The maximum length of the flags in the printed command, in characters.
const FLAGS: usize = 2_000;

/// What a review is made from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'i> {
    /// The plan to apply, with its certificate.
    pub plan: (&'i Plan, &'i Certificate),
    /// The live plan with its certificate; `None` for an empty account.
    pub from: Option<(&'i Plan, &'i Certificate)>,
    /// What a rehearsal found.
    pub rehearsed: Option<&'i Rehearsed>,
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
    /// Who may newly reach what.
    pub isolation: Isolation,
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
}

/// How to approve a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// There is nothing to approve.
    Nothing,
    /// An apply would refuse the change, or fail.
    No(Vec<String>),
    /// By this command.
    Command(String),
    /// By this command, which asks at a terminal. The digest for `--approve` is known after a rehearsal.
    Asks(String),
}

/// Computes the facts.
///
/// # Panics
/// Never: a plan without nodes has no faults.
#[must_use]
pub fn review(input: &Input<'_>) -> Review {
    let Input { plan: (after, certificate), from, rehearsed, prices, file } = *input;
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
        rehearsal: rehearsed.cloned(),
        approval: approval(file, &isolation, &people, &changes, rehearsed),
        people,
        isolation,
        changes,
        preparation,
    }
}

fn approval(
    file: &str,
    isolation: &Isolation,
    people: &People,
    changes: &Changes,
    rehearsed: Option<&Rehearsed>,
) -> Approval {
    let refusals = [
        (!isolation.is_proven()).then(|| "the plan is not proven to isolate its tenants".to_owned()),
        (!people.impossible.is_empty()).then(|| "no live platform can make the change".to_owned()),
        rehearsed
            .filter(|rehearsed| !rehearsed.clean && isolation.is_proven() && people.impossible.is_empty())
            .map(|_| "the rehearsal failed".to_owned()),
    ];
    let refusals: Vec<String> = refusals.into_iter().flatten().collect();
    if !refusals.is_empty() {
        return Approval::No(refusals);
    }
    if changes.is_empty() {
        return Approval::Nothing;
    }
    let flags = flags(&people.data_lost_at);
    match rehearsed {
        Some(Rehearsed { change_set, .. }) => {
            Approval::Command(format!("saas apply {file} --approve {change_set} {flags}").trim_end().to_owned())
        }
        None => Approval::Asks(format!("saas apply {file} {flags}").trim_end().to_owned()),
    }
}

/// The flags that permit the loss of data. For several resources of a tenant, its address covers them. If the flags
/// are too long to paste, they permit it for all tenants: the digest of the approval fixes which ones lose data.
fn flags(lost: &[Address]) -> String {
    let of_tenant: BTreeMap<&str, usize> = lost.iter().filter_map(Address::tenant).counts().into_iter().collect();
    let covering = |address: &Address| match address.tenant() {
        Some(tenant) if of_tenant[tenant] > 1 => format!("tenant/{tenant}"),
        _ => address.to_string(),
    };
    let flag = |address: String| format!("--allow-data-loss {address}");
    let each = lost.iter().map(covering).dedup().map(flag).join(" ");
    if each.len() <= FLAGS {
        return each;
    }
    let shared = lost.iter().filter(|address| address.tenant().is_none()).map(ToString::to_string);
    shared.chain(["tenant".to_owned()]).map(flag).join(" ")
}
