//! Renews a lease. In the run that holds the lease, only this code writes its object.
//!
//! It renews the lease after a third of its term, and writes at once when a step waits until the object
//! records the resource that it is about to create. One write serves all steps that begin to wait within
//! a moment, or during another write.

use std::time::Duration;

use tokio::select;
use tokio::time::{Instant, sleep, sleep_until};

use super::acquire::{AcquiredLease, Clock};
use super::record::{Record, Released};
use super::state::{LeaseState, Moment};
use super::store::{Expected, Store};
use super::write::{NotWritten, WriteTimeouts, Written, write};
use crate::error::chain;

/// How long the first waiting step waits for others to join its write: about the duration of a write to
/// S3. It saves writes, and the steps then continue concurrently.
const BATCHING_DELAY: Duration = Duration::from_millis(50);

/// The share of a term that a holder does not use. It covers requests in transit, and clocks of S3 that
/// differ from each other.
const MARGIN: u32 = 4;

/// For how long after the start of a renewal the holder may write.
pub(super) fn valid_for(term: Duration) -> Duration {
    term - term / MARGIN
}

/// Renews one lease.
pub(super) struct LeaseRenewer<'s, S> {
    store: &'s S,
    lease: LeaseState,
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
pub(super) struct ReleaseOutcome {
    /// Versions of the object that are no longer needed.
    pub(super) outdated: Vec<String>,
    /// Why the lease could not be released, if it was not.
    pub(super) not_released: Option<String>,
}

impl<'s, S: Store> LeaseRenewer<'s, S> {
    /// The renewer of a lease that was just acquired in `bucket`.
    pub(super) fn new(store: &'s S, lease: LeaseState, bucket: &str, acquired: AcquiredLease) -> Self {
        let AcquiredLease { written: Written { record, etag, version, sent }, clock, last } = acquired;
        let term = Duration::from_secs(record.term_seconds);
        lease.begin(bucket, sent, valid_for(term));
        let outdated = last.and_then(|last| last.version).into_iter().collect();
        Self { store, lease, term, record, etag, clock, renewed: sent, outdated, version }
    }

    /// Renews the lease until it is lost or the renewer must end.
    pub(super) async fn run(&mut self) {
        while !self.lease.is_ending() && self.lease.check().is_ok() {
            let due = self.renewed.instant() + self.term / 3;
            select! {
                biased;
                () = self.lease.wait_for_work() => {}
                () = sleep_until(due) => {}
            }
            let is_awaited = self.lease.outstanding().1.is_some();
            if !self.lease.is_ending() && (is_awaited || Instant::now() >= due) {
                if is_awaited {
                    sleep(BATCHING_DELAY).await;
                }
                self.renew_once().await;
            }
        }
        self.lease.renewer_ended();
    }

    async fn renew_once(&mut self) {
        let (in_flight, ticket) = self.lease.outstanding();
        match self.write(self.record.next(in_flight)).await {
            Ok(()) => self.lease.renew(self.renewed, ticket),
            Err(why) => self.lease.mark_lost(why),
        }
    }

    /// Releases the lease, unless it is lost or was deleted with its bucket.
    pub(super) async fn release(mut self) -> ReleaseOutcome {
        let (removed, checked, (in_flight, _)) =
            (self.lease.is_deleted(), self.lease.check(), self.lease.outstanding());
        // As soon as the request is sent, another run may acquire the lease.
        self.lease.end();
        let not_released = if removed {
            None
        } else if let Err(lost) = checked {
            Some(lost.0)
        } else {
            let (at, by, unseen) = (self.clock.now(), self.record.holder.clone(), self.lease.has_unlisted_changes());
            let released = Released { at, by, by_holder: true, unseen };
            self.write(self.record.released(in_flight, released)).await.err()
        };
        ReleaseOutcome { outdated: self.outdated, not_released }
    }

    /// Writes the next record while the lease is valid.
    async fn write(&mut self, record: Record) -> Result<(), String> {
        let until = self.renewed.instant() + valid_for(self.term);
        let expected = Expected::Unchanged(self.etag.clone());
        let timeouts = WriteTimeouts::of(self.term);
        // Any attempt may have its effect, even one before a refused attempt.
        let sent = Moment::now();
        let written = loop {
            match write(self.store, record.clone(), &expected, sent, timeouts, until).await {
                Ok(written) => break written,
                Err(NotWritten::Conflict(seen)) => {
                    return Err(describe_conflict(seen.object.map(|object| object.body)));
                }
                // An operator may renew expired credentials in time.
                Err(NotWritten::Refused(_)) if Instant::now() + timeouts.pause < until => sleep(timeouts.pause).await,
                Err(NotWritten::Refused(error)) => return Err(chain(&error)),
                Err(NotWritten::TimedOut(last)) => {
                    return Err(format!("it could not be renewed within {} s: {last}", valid_for(self.term).as_secs()));
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
fn describe_conflict(body: Option<Vec<u8>>) -> String {
    match body.as_deref().map(Record::decode) {
        None => "its object was deleted".to_owned(),
        Some(Err(_)) => "another program overwrote its object".to_owned(),
        Some(Ok(Record { released: Some(released), .. })) => {
            format!("`{}` broke it at {}", released.by, released.at)
        }
        Some(Ok(record)) => format!("`{}` took it over at {}", record.holder, record.since),
    }
}
