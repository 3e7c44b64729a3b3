//! Renews a lease. In the run that holds the lease, only this code writes its object.
//!
//! It renews the lease after a third of its term, and writes at once when a step waits until the object
//! records the resource that it is about to create. One write serves all steps that begin to wait within
//! a moment, or during another write.

use std::time::Duration;

use tokio::select;
use tokio::time::{Instant, sleep, sleep_until};

use super::acquire::{Clock, Taken};
use super::record::{Record, Released};
use super::state::{LeaseState, Moment};
use super::store::{Expected, Store};
use super::write::{NotWritten, WriteTimeouts, Written, write};
use crate::error::chain;

/// How long the first waiting step waits for others to join its write: about the duration of a write to
/// S3. It saves writes, and the steps then continue concurrently.
const GATHERING: Duration = Duration::from_millis(50);

/// The share of a term that a holder does not use. It covers requests in transit, and clocks of S3 that
/// differ from each other.
const MARGIN: u32 = 4;

/// For how long after the start of a renewal the holder may write.
pub(super) fn good_for(term: Duration) -> Duration {
    term - term / MARGIN
}

/// Renews one lease.
pub(super) struct LeaseRenewer<'s, S> {
    store: &'s S,
    hold: LeaseState,
    term: Duration,
    record: Record,
    etag: String,
    clock: Clock,
    /// When the last successful write was sent.
    renewed: Moment,
    /// Versions of the object that are no longer needed.
    outdated: Vec<String>,
    version: Option<String>,
}

/// What remains of a lease after its renewer ended.
#[derive(Debug)]
pub(super) struct Kept {
    /// Versions of the object that are no longer needed.
    pub(super) outdated: Vec<String>,
    /// Why the lease could not be released, if it was not.
    pub(super) not_released: Option<String>,
}

impl<'s, S: Store> LeaseRenewer<'s, S> {
    /// The renewer of a lease that was just acquired in `bucket`.
    pub(super) fn new(store: &'s S, hold: LeaseState, bucket: &str, taken: Taken) -> Self {
        let Taken { written: Written { record, etag, version, sent }, clock, last } = taken;
        let term = Duration::from_secs(record.term_seconds);
        hold.begin(bucket, sent, good_for(term));
        let outdated = last.and_then(|last| last.version).into_iter().collect();
        Self { store, hold, term, record, etag, clock, renewed: sent, outdated, version }
    }

    /// Renews the lease until it is lost or the renewer must end.
    pub(super) async fn keep(&mut self) {
        while !self.hold.is_ending() && self.hold.check().is_ok() {
            let due = self.renewed.instant() + self.term / 3;
            select! {
                biased;
                () = self.hold.called() => {}
                () = sleep_until(due) => {}
            }
            let waited_for = self.hold.outstanding().1.is_some();
            if !self.hold.is_ending() && (waited_for || Instant::now() >= due) {
                if waited_for {
                    sleep(GATHERING).await;
                }
                self.beat().await;
            }
        }
        self.hold.ended();
    }

    async fn beat(&mut self) {
        let (in_flight, ticket) = self.hold.outstanding();
        match self.write(self.record.next(in_flight)).await {
            Ok(()) => self.hold.renew(self.renewed, ticket),
            Err(why) => self.hold.lose(why),
        }
    }

    /// Releases the lease, unless it is lost or was deleted with its bucket.
    pub(super) async fn release(mut self) -> Kept {
        let (removed, checked, (in_flight, _)) = (self.hold.is_removed(), self.hold.check(), self.hold.outstanding());
        // As soon as the request is sent, another run may acquire the lease.
        self.hold.end();
        let not_released = if removed {
            None
        } else if let Err(lost) = checked {
            Some(lost.0)
        } else {
            let (at, by, unseen) = (self.clock.now(), self.record.holder.clone(), self.hold.is_unseen());
            let released = Released { at, by, by_holder: true, unseen };
            self.write(self.record.released(in_flight, released)).await.err()
        };
        Kept { outdated: self.outdated, not_released }
    }

    /// Writes the next record while the lease is valid.
    async fn write(&mut self, record: Record) -> Result<(), String> {
        let until = self.renewed.instant() + good_for(self.term);
        let expected = Expected::Unchanged(self.etag.clone());
        let haste = WriteTimeouts::of(self.term);
        // Any attempt may have its effect, even one before a refused attempt.
        let sent = Moment::now();
        let written = loop {
            match write(self.store, record.clone(), &expected, sent, haste, until).await {
                Ok(written) => break written,
                Err(NotWritten::Overtaken(seen)) => return Err(overtaken(seen.object.map(|object| object.body))),
                // An operator may renew expired credentials in time.
                Err(NotWritten::Refused(_)) if Instant::now() + haste.pause < until => sleep(haste.pause).await,
                Err(NotWritten::Refused(error)) => return Err(chain(&error)),
                Err(NotWritten::InVain(last)) => {
                    return Err(format!("it could not be renewed within {} s: {last}", good_for(self.term).as_secs()));
                }
            }
        };
        let Written { record, etag, version, sent: _ } = written;
        match std::mem::replace(&mut self.version, version) {
            Some(outdated) => self.outdated.push(outdated),
            // The first apply acquires the lease before it enables versioning on the bucket. An object
            // written before has this version. Source: Amazon S3 User Guide, "How S3 Versioning works".
            None if self.version.is_some() => self.outdated.push("null".to_owned()),
            None => {}
        }
        (self.record, self.etag, self.renewed) = (record, etag, sent);
        Ok(())
    }
}

/// A short description of the present holder.
fn overtaken(body: Option<Vec<u8>>) -> String {
    match body.as_deref().map(Record::decode) {
        None => "its object was deleted".to_owned(),
        Some(Err(_)) => "another program overwrote its object".to_owned(),
        Some(Ok(Record { released: Some(released), .. })) => {
            format!("`{}` broke it at {}", released.by, released.at)
        }
        Some(Ok(record)) => format!("`{}` took it over at {}", record.holder, record.since),
    }
}
