//! Refusals: changes that are possible, and that a safeguard prevents.

use itertools::Itertools as _;
use saas_model::impact::FieldImpact;
use saas_model::{Address, Digest};

use crate::apply::change_set::DataLoss;
use crate::state::blocker::Blocker;
use crate::superseded_plan::SupersededPlan;

/// Why a change is refused. Nothing has been changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Data would be lost without permission.
    #[error("data would be lost")]
    DataLoss(Vec<DataLoss>),
    /// A known blocker prevents the changes.
    #[error("the change set is blocked; nothing was changed")]
    Blocked(Vec<Blocker>),
    /// The change includes fields that no live platform can change.
    #[error("the change set contains changes that no live platform can make; nothing was changed")]
    CannotChange(Vec<FieldImpact>),
    /// The approval is for another change set.
    #[error("the approved change set is `{approved}`, but the current one is `{actual}`")]
    OtherApproved {
        /// The digest of the approved change set.
        approved: Digest,
        /// The digest of this change set.
        actual: Digest,
    },
    /// The change set was computed in a session of another plan.
    #[error("the change set is for plan {}, but this session is for plan {}", .approved.short(), .plan.short())]
    OtherPlan {
        /// The plan of the change set.
        approved: Digest,
        /// The plan of the session.
        plan: Digest,
    },
    /// Deletion protection is on, by the plan or by a manual change.
    #[error("deletion protection is enabled for {}", named(.0))]
    Protected(Vec<Address>),
    /// A newer plan has been applied since.
    #[error("{0}; applying the older plan again reverts the newer plan's changes")]
    OlderPlan(Box<SupersededPlan>),
}

fn named(addresses: &[Address]) -> String {
    addresses.iter().map(|address| format!("`{address}`")).join(", ")
}
