//! Detects a plan that was applied before and followed by another: applying it again would roll the other
//! back.

use std::fmt;

use futures::stream::{self, StreamExt};
use saas_model::Digest;
use saas_model::receipt::{Body, Command, Receipt, UnreadableReceipt};
use saas_model::time::UtcTime;

use crate::lease::LeaseError;
use crate::receipts::KeptReceipt;
use crate::session::Session;

/// An apply, according to its receipt or to the lease it left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastApply {
    /// The plan that it applied.
    pub plan: Digest,
    /// When it began.
    pub began: UtcTime,
    /// The caller, as AWS names it.
    pub caller: String,
}

/// The newest apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaterApply {
    /// The applied plan is known.
    Apply(PastApply),
    /// A later version of saas wrote the receipt with this key.
    Unreadable(String),
}

/// A plan that was applied before, with another applied since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupersededPlan {
    /// The last apply of the plan.
    pub applied: PastApply,
    /// The newest apply.
    pub since: LaterApply,
}

impl fmt::Display for SupersededPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PastApply { plan, began, caller } = &self.applied;
        write!(f, "plan {} was applied on {began} by `{caller}`, and ", plan.short())?;
        match &self.since {
            LaterApply::Apply(PastApply { plan, began, caller }) => {
                write!(f, "plan {} since, on {began} by `{caller}`", plan.short())
            }
            LaterApply::Unreadable(key) => {
                write!(f, "something else since, by a later version of saas: this one cannot read its receipt `{key}`")
            }
        }
    }
}

/// How many receipts are read concurrently, and how many at most. Reuse of a plan older than the last few
/// hundred applies is a mistake that the change set shows.
const WIDTH: usize = 8;
const MOST: usize = 400;

impl Session<'_> {
    /// Returns a value when the newest apply is of another plan and an older one is of this plan. `last`
    /// is the last run according to the lease; a killed run has no receipt.
    ///
    /// # Errors
    /// When the receipts cannot be listed or read.
    pub async fn superseded(&self, last: Option<PastApply>) -> Result<Option<SupersededPlan>, LeaseError> {
        let plan = self.plan.id();
        if last.as_ref().is_some_and(|last| last.plan == plan) {
            return Ok(None);
        }
        let keys = self.receipt_keys().await?;
        let newest_first = keys.into_iter().rev().take(MOST);
        let mut receipts = std::pin::pin!(stream::iter(newest_first).map(|key| self.kept_receipt(key)).buffered(WIDTH));
        let mut applies = Vec::new();
        while let Some(kept) = receipts.next().await {
            applies.extend(past_apply(kept?));
        }
        Ok(judge(plan, last, applies))
    }
}

/// Whether a plan is older than the newest apply. `applies` are ordered newest first.
///
/// Of two plans, the one with the earlier first apply is older: so the apply that follows a rollback is
/// no rollback.
fn judge(plan: Digest, last: Option<PastApply>, mut applies: Vec<LaterApply>) -> Option<SupersededPlan> {
    // The last run acquired the lease, so no apply is newer; its receipt may or may not exist.
    let last = last.map(LaterApply::Apply).filter(|last| !applies.contains(last));
    if let Some(killed) = last {
        applies.insert(0, killed);
    }
    let first =
        |plan: Digest| applies.iter().rposition(|apply| matches!(apply, LaterApply::Apply(past) if past.plan == plan));
    let since = applies.first()?.clone();
    let applied = applies.iter().find_map(|apply| match apply {
        LaterApply::Apply(past) if past.plan == plan => Some(past.clone()),
        _ => None,
    })?;
    match &since {
        LaterApply::Apply(newest) if newest.plan == plan || first(newest.plan) > first(plan) => None,
        _ => Some(SupersededPlan { applied, since }),
    }
}

/// The apply of a receipt, if it changed anything, whether or not it completed.
fn past_apply(kept: KeptReceipt) -> Option<LaterApply> {
    match kept.receipt {
        Ok(receipt) => of_receipt(&receipt).map(LaterApply::Apply),
        Err(UnreadableReceipt::NewerFormat { .. }) => Some(LaterApply::Unreadable(kept.key)),
        // No version of saas wrote this object.
        Err(_) => None,
    }
}

fn of_receipt(receipt: &Receipt) -> Option<PastApply> {
    let Body { plan, command, who, when, .. } = receipt.body();
    (*command == Command::Apply).then(|| PastApply { plan: *plan, began: when.began, caller: who.caller.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(plan: u8, second: u64) -> PastApply {
        let plan = Digest::from_bytes([plan; 32]);
        PastApply { plan, began: UtcTime::from_unix(1_790_000_000 + second), caller: "ci".to_owned() }
    }

    /// Whether plan 1 is refused after applies of these plans, oldest first; 0 is an unreadable receipt.
    fn is_refused(killed: Option<PastApply>, plans: &[u8]) -> bool {
        let apply = |(second, plan): (u64, &u8)| match plan {
            0 => LaterApply::Unreadable("receipts/20261128T010000Z-1".to_owned()),
            plan => LaterApply::Apply(past(*plan, second)),
        };
        let applies: Vec<LaterApply> = (0..).zip(plans).map(apply).collect();
        judge(Digest::from_bytes([1; 32]), killed, applies.into_iter().rev().collect()).is_some()
    }

    #[test]
    fn an_older_plan_than_the_newest_is_refused() {
        assert!(is_refused(None, &[1, 2]));
        assert!(is_refused(None, &[1, 2, 1, 2]), "it is older, however often both were applied");
        for allowed in [&[][..], &[2], &[1], &[2, 1]] {
            assert!(!is_refused(None, allowed), "{allowed:?}");
        }
    }

    #[test]
    fn what_follows_a_rollback_is_none() {
        assert!(!is_refused(None, &[2, 1, 2]));
    }

    #[test]
    fn a_newer_apply_that_was_killed_counts_by_its_lease() {
        assert!(is_refused(Some(past(2, 9)), &[1]));
        assert!(!is_refused(Some(past(1, 9)), &[1, 2, 1]), "its own plan may be applied to its end");
        assert!(!is_refused(Some(past(2, 0)), &[2]), "it was never applied");
    }

    #[test]
    fn what_only_a_later_version_can_read_is_newer() {
        assert!(is_refused(None, &[1, 0]));
        assert!(!is_refused(None, &[0, 1]));
        assert!(!is_refused(None, &[0]));
    }
}
