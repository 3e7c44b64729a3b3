//! The outputs of a plan, with the values that only AWS knows.

use std::collections::BTreeMap;

use saas_model::Address;

use crate::context::Context;
use crate::error::Result;

/// The outputs of the plan by name, with their references resolved.
///
/// # Errors
/// When an output refers to a resource that is not live.
pub(crate) fn outputs(cx: &Context<'_>) -> Result<BTreeMap<Address, String>> {
    cx.plan.outputs().iter().map(|(name, text)| Ok((name.clone(), cx.text(text)?))).collect()
}
