//! A plan that was applied before and followed by another: applying it again would roll the other back.

use std::fmt;

use saas_model::Digest;

use crate::lease::PastApply;

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
        write!(f, "plan {} was applied at {began} by `{caller}`, and ", plan.short())?;
        match &self.since {
            LaterApply::Apply(PastApply { plan, began, caller }) => {
                write!(f, "plan {} after it, at {began} by `{caller}`", plan.short())
            }
            LaterApply::Unreadable(key) => {
                write!(
                    f,
                    "another plan after it, by a newer version of saas: this version cannot read its receipt `{key}`"
                )
            }
        }
    }
}

/// Whether a plan is older than the newest apply. `applies` are ordered newest first.
///
/// Of two plans, the one with the earlier first apply is older: so the apply that follows a rollback is
/// no rollback.
pub(crate) fn judge(plan: Digest, last: Option<PastApply>, mut applies: Vec<LaterApply>) -> Option<SupersededPlan> {
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

#[cfg(test)]
mod tests {
    use saas_model::time::UtcTime;

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
    fn plan_older_than_the_newest_apply_is_rejected() {
        assert!(is_refused(None, &[1, 2]));
        assert!(is_refused(None, &[1, 2, 1, 2]), "it is older, however often both were applied");
        for allowed in [&[][..], &[2], &[1], &[2, 1]] {
            assert!(!is_refused(None, allowed), "{allowed:?}");
        }
    }

    #[test]
    fn apply_after_a_rollback_is_not_a_rollback() {
        assert!(!is_refused(None, &[2, 1, 2]));
    }

    #[test]
    fn killed_newer_apply_counts_through_its_lease() {
        assert!(is_refused(Some(past(2, 9)), &[1]));
        assert!(!is_refused(Some(past(1, 9)), &[1, 2, 1]), "its own plan may be applied to its end");
        assert!(!is_refused(Some(past(2, 0)), &[2]), "it was never applied");
    }

    #[test]
    fn receipt_in_a_later_format_counts_as_newer() {
        assert!(is_refused(None, &[1, 0]));
        assert!(!is_refused(None, &[0, 1]));
        assert!(!is_refused(None, &[0]));
    }
}
