//! Detects that applying a plan would roll back another that was applied since, by the receipts.

use std::pin::pin;

use futures::stream::{self, StreamExt};
use saas_model::receipt::{Body, Command, Receipt, UnreadableReceipt};

use crate::lease::{LeaseError, PastApply};
use crate::platform::Platform;
use crate::receipts::{self, KeptReceipt};
use crate::superseded_plan::{LaterApply, SupersededPlan, judge};

/// How many receipts are read concurrently, and how many at most. Reuse of a plan older than the last few
/// hundred applies is a mistake that the change set shows.
const WIDTH: usize = 8;
const MOST: usize = 400;

/// Returns a value when the newest apply is of another plan and an older one is of this plan. `last` is the
/// last run according to the lease; a killed run has no receipt.
///
/// # Errors
/// When the receipts cannot be listed or read.
pub(crate) async fn superseded(
    platform: &Platform<'_>,
    last: Option<PastApply>,
) -> Result<Option<SupersededPlan>, LeaseError> {
    let plan = platform.plan.id();
    if last.as_ref().is_some_and(|last| last.plan == plan) {
        return Ok(None);
    }
    let keys = receipts::keys(platform).await?;
    let newest_first = keys.into_iter().rev().take(MOST);
    let mut receipts = pin!(stream::iter(newest_first).map(|key| receipts::read(platform, key)).buffered(WIDTH));
    let mut applies = Vec::new();
    while let Some(kept) = receipts.next().await {
        applies.extend(past_apply(kept?));
    }
    Ok(judge(plan, last, applies))
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
