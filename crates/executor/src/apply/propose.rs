//! Proposes the changes that lead from the observed state to the desired one.

use saas_model::Address;
use saas_model::receipt::Isolation;

use crate::apply::approval::{Overrides, Proposal};
use crate::apply::diff::compare;
use crate::apply::intent::Intent;
use crate::apply::protection::protected_resources;
use crate::baseline::Baseline;
use crate::platform::Platform;
use crate::refusal::Refusal;
use crate::rollback::superseded;
use crate::session_error::SessionError;
use crate::state::vanished::warn_of_vanished;

/// The changes that lead from `baseline` to what it was observed for.
///
/// # Errors
/// When a safeguard that `overrides` does not override prevents any change, and when a resource or a receipt
/// cannot be read.
pub(crate) async fn propose(
    platform: &Platform<'_>,
    baseline: Baseline,
    overrides: &Overrides,
) -> Result<Proposal, SessionError> {
    let isolation = overrides.check(platform.plan, baseline.intent, platform.certificate.as_ref())?;
    match baseline.intent {
        Intent::Plan { .. } => propose_apply(platform, baseline, overrides, isolation).await,
        Intent::Nothing => propose_destroy(platform, baseline, overrides).await,
    }
}

async fn propose_apply(
    platform: &Platform<'_>,
    baseline: Baseline,
    overrides: &Overrides,
    isolation: Option<Isolation>,
) -> Result<Proposal, SessionError> {
    let changes = compare(&platform.cx(&baseline.observation), baseline.intent).await?;
    if !changes.is_empty() && baseline.lease.has_bucket() {
        if !overrides.rollback
            && let Some(older) = superseded(platform, baseline.lease.last_apply()).await?
        {
            return Err(Refusal::OlderPlan(Box::new(older)).into());
        }
        warn_of_vanished(platform, &changes).await?;
    }
    Ok(Proposal { baseline, changes, protected: Vec::new(), isolation })
}

async fn propose_destroy(
    platform: &Platform<'_>,
    baseline: Baseline,
    overrides: &Overrides,
) -> Result<Proposal, SessionError> {
    let protected = protected_resources(&baseline.observation.live).into_iter().map(|found| found.address);
    let protected: Vec<Address> = protected.collect();
    overrides.check_protection(&protected)?;
    let changes = compare(&platform.cx(&baseline.observation), baseline.intent).await?;
    let changes = if overrides.deletion_protection { changes.without_protection() } else { changes };
    Ok(Proposal { baseline, changes, protected, isolation: None })
}
