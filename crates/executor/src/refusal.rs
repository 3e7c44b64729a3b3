//! Refusals: changes that are possible, and that a safeguard prevents.

use itertools::Itertools as _;
use saas_model::impact::FieldImpact;
use saas_model::{Address, Digest};
use saas_prover::{Certificate, InvalidCertificate};

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
    /// Obligations of the plan's isolation are refuted, and the caller has not accepted them.
    #[error("the plan is not proven to isolate its tenants: {} of {} obligations are refuted", .obligations.len(), .certificate.body().obligations.len())]
    Unproven {
        /// The proof, with a counterexample for each refuted obligation.
        certificate: Box<Certificate>,
        /// The refuted obligations that were not accepted.
        obligations: Vec<String>,
    },
    /// The given certificate does not prove this plan.
    #[error("the certificate is refused")]
    Certificate(#[from] InvalidCertificate),
    /// A newer plan has been applied since.
    #[error("{0}; applying the older plan again reverts the newer plan's changes")]
    OlderPlan(Box<SupersededPlan>),
}

fn named(addresses: &[Address]) -> String {
    addresses.iter().map(|address| format!("`{address}`")).join(", ")
}
