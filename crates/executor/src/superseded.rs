//! Whether a plan was applied before, and another since: applying it again takes back what the other
//! brought.

use futures::stream::{self, StreamExt};
use saas_model::Digest;
use saas_model::receipt::{Body, Command, Receipt};
use saas_model::time::UtcTime;

use crate::lease::LeaseError;
use crate::session::Session;

/// An apply, as its receipt tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastApply {
    /// What was applied.
    pub plan: Digest,
    /// When it began.
    pub began: UtcTime,
    /// Who applied it, as AWS names the caller.
    pub caller: String,
}

/// That a plan was applied before, and another since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superseded {
    /// The last apply of the plan.
    pub applied: PastApply,
    /// The newest apply.
    pub since: PastApply,
}

/// How many receipts are read at a time, and how many at most: an older plan than the last few
/// hundred is a mistake that the change set shows.
const WIDTH: usize = 8;
const MOST: usize = 400;

impl Session<'_> {
    /// Whether the newest receipt is of another plan, and an older one of this.
    ///
    /// # Errors
    /// When the receipts cannot be listed or read.
    pub async fn superseded(&self) -> Result<Option<Superseded>, LeaseError> {
        let keys = self.receipt_keys().await?;
        let newest_first = keys.into_iter().rev().take(MOST);
        let mut receipts = std::pin::pin!(stream::iter(newest_first).map(|key| self.kept_receipt(key)).buffered(WIDTH));
        let plan = self.plan.id();
        let mut newest = None;
        while let Some(kept) = receipts.next().await {
            let Some(past) = kept?.receipt.ok().as_ref().and_then(past_apply) else { continue };
            match &newest {
                None if past.plan == plan => return Ok(None),
                None => newest = Some(past),
                Some(since) if past.plan == plan => {
                    return Ok(Some(Superseded { applied: past, since: since.clone() }));
                }
                Some(_) => {}
            }
        }
        Ok(None)
    }
}

/// An apply that did something, whether it came to its end or not.
fn past_apply(receipt: &Receipt) -> Option<PastApply> {
    let Body { plan, command, who, when, .. } = receipt.body();
    (*command == Command::Apply).then(|| PastApply { plan: *plan, began: when.began, caller: who.caller.clone() })
}
