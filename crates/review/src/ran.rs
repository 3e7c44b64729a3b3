//! What an apply or a destroy did, from its receipt.

use saas_model::receipt::Body;
use saas_model::{Digest, Plan, Receipt};
use serde::Serialize;

/// A run that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ran {
    /// The id of the receipt.
    pub receipt: Digest,
    /// Whether it is the receipt of the reviewed plan.
    pub of_this_plan: bool,
    /// The content of the receipt.
    pub content: Body,
}

impl Ran {
    /// What a receipt says, beside the plan that is reviewed.
    #[must_use]
    pub fn of(receipt: &Receipt, plan: &Plan) -> Self {
        let content = receipt.body().clone();
        Self { receipt: receipt.id(), of_this_plan: content.plan == plan.id(), content }
    }
}
