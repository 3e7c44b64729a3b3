//! A database cluster that is gone although nobody destroyed it.

use futures::stream::{self, StreamExt};
use saas_model::receipt::{Body, Step, Verb};
use saas_model::time::UtcTime;
use saas_model::{Address, Kind};

use crate::change_set::{Action, ChangeSet};
use crate::event::Event;
use crate::lease::LeaseError;
use crate::session::Session;

/// How many receipts are read at a time, and how many at most.
const WIDTH: usize = 8;
const MOST: usize = 400;

impl Session<'_> {
    /// Warns of each database cluster that would be made although receipts show that it was there:
    /// what would be made is empty.
    ///
    /// # Errors
    /// When the receipts cannot be listed or read.
    pub async fn warn_of_vanished(&self, changes: &ChangeSet) -> Result<(), LeaseError> {
        let created = |change: &&crate::change_set::Change| {
            change.kind == Kind::DbCluster && matches!(change.action, Action::Create)
        };
        for change in changes.changes.iter().filter(created) {
            if let Some(seen) = self.last_seen(&change.address).await? {
                let message = format!(
                    "it was there on {seen}, as a receipt shows, and it is gone: what would be made is empty. If that was not \
                     meant, restore a snapshot under its name first"
                );
                self.reporter.report(Event::Warning { address: Some(change.address.clone()), message });
            }
        }
        Ok(())
    }

    /// When a node was last there, as receipts show; `None` when there is no word of it, or the last
    /// is of its removal.
    async fn last_seen(&self, address: &Address) -> Result<Option<UtcTime>, LeaseError> {
        let newest_first = self.receipt_keys().await?.into_iter().rev().take(MOST);
        let mut receipts = std::pin::pin!(stream::iter(newest_first).map(|key| self.kept_receipt(key)).buffered(WIDTH));
        while let Some(kept) = receipts.next().await {
            let Ok(receipt) = kept?.receipt else { continue };
            let Body { done, when, .. } = receipt.body();
            let last = done.iter().rev().find(|Step { address: of, .. }| of == address);
            match last.map(|step| step.verb) {
                Some(Verb::Delete) => return Ok(None),
                Some(Verb::Create | Verb::Update | Verb::Settle) => return Ok(Some(when.began)),
                None => {}
            }
        }
        Ok(None)
    }
}
