//! Reads the state of the lease, and acquires it when it is free.

use std::collections::BTreeSet;
use std::time::Duration;

use saas_model::Address;
use saas_model::receipt::Command;
use saas_model::time::UtcTime;
use tokio::time::Instant;

use super::record::{Claim, PastApply, Record, Released};
use super::state::Moment;
use super::store::{BucketState, Expected, Object, Store};
use super::write::{NotWritten, WriteTimeouts, Written, write};
use super::{Holder, LeaseError};
use crate::error::Error;
use crate::identity::PlatformIdentity;

/// The lease as it was before the live resources were listed.
///
/// It is acquired only if it is unchanged by then. So no other run held it in between, and the observed
/// state is still current.
#[derive(Debug)]
pub(crate) struct LeaseSnapshot {
    pub(super) state: State,
    clock: Clock,
}

#[derive(Debug)]
pub(super) enum State {
    /// There is no control bucket: the platform does not exist yet, or was destroyed.
    NoBucket,
    /// No run ever held the lease.
    Never,
    /// Its last holder released it.
    Free(Last),
    /// Its holder did not renew it in time.
    Expired(Last),
}

/// The lease object of the last holder.
#[derive(Debug)]
pub(super) struct Last {
    pub(super) record: Record,
    pub(super) etag: String,
    pub(super) version: Option<String>,
}

/// A time of S3's clock, extrapolated with the monotonic clock of the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    s3_time: UtcTime,
    at: Instant,
}

impl Clock {
    pub(super) fn now(self) -> UtcTime {
        self.s3_time.plus(self.at.elapsed().as_secs())
    }
}

impl LeaseSnapshot {
    /// The lease of a platform that does not exist yet.
    #[cfg(test)]
    pub(crate) fn without_bucket() -> Self {
        Self { state: State::NoBucket, clock: Clock { s3_time: UtcTime::from_unix(0), at: Instant::now() } }
    }

    /// The resources that the last holder may have begun to create without learning the outcome.
    pub(crate) fn in_flight(&self) -> Option<&BTreeSet<Address>> {
        match &self.state {
            State::NoBucket | State::Never => None,
            State::Free(last) | State::Expired(last) => Some(&last.record.in_flight),
        }
    }

    /// The rest of the time within which everything that the last run created becomes visible. Zero if
    /// that run was not an apply.
    pub(crate) fn seen_within(&self, visible_within: Duration) -> Duration {
        let State::Free(last) = &self.state else { return Duration::ZERO };
        let ended = last.record.released.as_ref().filter(|_| last.record.command == Command::Apply);
        self.left(ended, visible_within)
    }

    /// Like [`Self::seen_within`], if the last run did not see all of its changes and deletions in
    /// listings.
    pub(crate) fn changes_visible_in(&self, visible_within: Duration) -> Duration {
        let State::Free(last) = &self.state else { return Duration::ZERO };
        let ended = last.record.released.as_ref().filter(|released| released.unseen);
        self.left(ended, visible_within)
    }

    fn left(&self, ended: Option<&Released>, visible_within: Duration) -> Duration {
        let age = ended.map(|released| Duration::from_secs(self.clock.now().since(released.at)));
        age.map_or(Duration::ZERO, |age| visible_within.saturating_sub(age))
    }

    /// The platform that the last holder recorded in the lease.
    pub(crate) fn platform(&self) -> Option<&PlatformIdentity> {
        match &self.state {
            State::NoBucket | State::Never => None,
            State::Free(last) | State::Expired(last) => last.record.platform.as_ref(),
        }
    }

    /// The last run, if it was an apply.
    pub(crate) fn last_apply(&self) -> Option<PastApply> {
        match &self.state {
            State::NoBucket | State::Never => None,
            State::Free(last) | State::Expired(last) => last.record.apply(),
        }
    }

    /// Whether there is a control bucket.
    pub(crate) const fn has_bucket(&self) -> bool {
        !matches!(self.state, State::NoBucket)
    }
}

/// Reads the state of the lease.
pub(super) async fn lease_snapshot<S: Store>(store: &S) -> Result<LeaseSnapshot, LeaseError> {
    let seen = store.get().await.map_err(LeaseError::from_call)?;
    let clock = Clock { s3_time: seen.now, at: Instant::now() };
    let state = match (seen.bucket, seen.object) {
        (false, _) => State::NoBucket,
        (true, None) => State::Never,
        (true, Some(object)) => {
            let record = read(&object)?;
            let modified = object.modified;
            let last = Last { record, etag: object.etag, version: object.version };
            if last.record.released.is_some() {
                State::Free(last)
            } else if has_expired(&last.record, modified, seen.now) {
                State::Expired(last)
            } else {
                return Err(LeaseError::Held(Box::new(Holder::of(&last.record, modified, seen.now))));
            }
        }
    };
    Ok(LeaseSnapshot { state, clock })
}

/// Both times come from S3's clock, so no other clock matters.
pub(super) fn has_expired(record: &Record, modified: UtcTime, now: UtcTime) -> bool {
    now.since(modified) > record.term_seconds
}

fn read(object: &Object) -> Result<Record, LeaseError> {
    Record::decode(&object.body)
}

/// A lease that was just acquired.
#[derive(Debug)]
pub(super) struct AcquiredLease {
    pub(super) written: Written,
    pub(super) clock: Clock,
    /// The lease object that it replaced.
    pub(super) last: Option<Last>,
}

/// Acquires the lease if it is unchanged since the snapshot.
pub(super) async fn acquire<S: Store>(
    store: &S,
    snapshot: LeaseSnapshot,
    claim: Claim,
) -> Result<AcquiredLease, LeaseError> {
    let LeaseSnapshot { state, clock } = snapshot;
    let last = match state {
        State::NoBucket | State::Never => None,
        State::Free(last) | State::Expired(last) => Some(last),
    };
    let expected = last.as_ref().map_or(Expected::Absent, |last| Expected::Unchanged(last.etag.clone()));
    let term = Duration::from_secs(claim.term_seconds);
    let record = Record::first(claim, clock.now());
    match write(store, record, &expected, Moment::now(), WriteTimeouts::of(term), Instant::now() + term).await {
        Ok(written) => Ok(AcquiredLease { written, clock, last }),
        Err(NotWritten::Conflict(seen)) => Err(conflict_error(&seen)),
        Err(NotWritten::Refused(error)) => Err(LeaseError::from_call(error)),
        Err(NotWritten::TimedOut(reason)) => {
            Err(LeaseError::from_call(Error::Failed { what: ACQUIRING.into(), reason }))
        }
    }
}

const ACQUIRING: &str = "acquiring the lease";

/// The error for a lease that another run acquired first.
fn conflict_error(seen: &BucketState) -> LeaseError {
    let Some(object) = &seen.object else { return LeaseError::Changed(None) };
    match read(object) {
        Err(error) => error,
        Ok(record) => {
            let holder = Box::new(Holder::of(&record, object.modified, seen.now));
            if record.released.is_some() { LeaseError::Changed(Some(holder)) } else { LeaseError::Held(holder) }
        }
    }
}

/// The record in the lease object, with the current time of S3's clock; `None` without an object.
pub(super) async fn last_run<S: Store>(store: &S) -> Result<Option<(Record, UtcTime)>, LeaseError> {
    let seen = store.get().await.map_err(LeaseError::from_call)?;
    seen.object.as_ref().map(|object| Ok((read(object)?, seen.now))).transpose()
}

/// The holder of the lease, expired or not; `None` when the lease is free.
pub(super) async fn holder<S: Store>(store: &S) -> Result<Option<Holder>, LeaseError> {
    let seen = store.get().await.map_err(LeaseError::from_call)?;
    let Some(object) = &seen.object else { return Ok(None) };
    let record = read(object)?;
    Ok(record.released.is_none().then(|| Holder::of(&record, object.modified, seen.now)))
}

/// Breaks the lease of a run, whether it has expired or not. A live run learns this when it next renews
/// the lease, and may write until then. Its resources in flight stay recorded.
pub(super) async fn break_lease<S: Store>(store: &S, run: &str, by: &str) -> Result<(), LeaseError> {
    const ATTEMPTS: usize = 10;
    // The holder may renew the lease at any time; then this tries again.
    for _ in 0..ATTEMPTS {
        let seen = store.get().await.map_err(LeaseError::from_call)?;
        let Some(object) = &seen.object else { return Ok(()) };
        let record = read(object)?;
        if record.released.is_some() {
            return Ok(());
        }
        if record.run != run {
            return Err(LeaseError::Held(Box::new(Holder::of(&record, object.modified, seen.now))));
        }
        let released = Released { at: seen.now, by: by.to_owned(), by_holder: false, unseen: true };
        let released = record.released(record.in_flight.clone(), released);
        let term = Duration::from_secs(record.term_seconds);
        let expected = Expected::Unchanged(object.etag.clone());
        match write(store, released, &expected, Moment::now(), WriteTimeouts::of(term), Instant::now() + term).await {
            Ok(_) => return Ok(()),
            Err(NotWritten::Conflict(_)) => {}
            Err(NotWritten::Refused(error)) => return Err(LeaseError::from_call(error)),
            Err(NotWritten::TimedOut(reason)) => {
                return Err(LeaseError::from_call(Error::Failed { what: "breaking the lease".into(), reason }));
            }
        }
    }
    let reason = "its holder renewed it before every attempt".to_owned();
    Err(LeaseError::from_call(Error::Failed { what: "breaking the lease".into(), reason }))
}

impl Holder {
    fn of(record: &Record, renewed: UtcTime, now: UtcTime) -> Self {
        Self {
            caller: record.holder.clone(),
            run: record.run.clone(),
            plan: record.plan,
            command: record.command,
            since: record.since,
            renewed,
            until: record.until(renewed),
            expired: has_expired(record, renewed, now),
            in_flight: record.in_flight.iter().cloned().collect(),
        }
    }
}
