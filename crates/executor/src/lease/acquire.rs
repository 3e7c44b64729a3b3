//! Finds out who holds the lease, and takes it where nobody does.

use std::collections::BTreeSet;
use std::time::Duration;

use saas_model::Address;
use saas_model::receipt::Command;
use saas_model::time::UtcTime;
use tokio::time::Instant;

use super::record::{Claim, Record, Released};
use super::state::Moment;
use super::store::{Expected, Object, Seen, Store};
use super::write::{NotWritten, WriteTimeouts, Written, write};
use super::{Holder, LeaseError};
use crate::error::Error;
use crate::identity::PlatformIdentity;
use crate::superseded_plan::PastApply;

/// How the lease was, before somebody looked at what is live.
///
/// It is had only if it is still so when it is taken: then nobody has held it meanwhile, and what
/// was found is what is there.
#[derive(Debug)]
pub struct LeaseSnapshot {
    pub(super) state: State,
    clock: Clock,
}

#[derive(Debug)]
pub(super) enum State {
    /// There is no control bucket: the platform is not there yet, or not any more.
    NoBucket,
    /// Nobody ever held the lease.
    Never,
    /// It was given back.
    Free(Last),
    /// Whoever held it has not renewed it in time.
    Expired(Last),
}

/// What the last holder left.
#[derive(Debug)]
pub(super) struct Last {
    pub(super) record: Record,
    pub(super) etag: String,
    pub(super) version: Option<String>,
}

/// The clock of S3, as it was once, carried on by that of the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    showed: UtcTime,
    at: Instant,
}

impl Clock {
    pub(super) fn now(self) -> UtcTime {
        self.showed.plus(self.at.elapsed().as_secs())
    }
}

impl LeaseSnapshot {
    /// What the last holder may have begun to make without knowing that it was made.
    pub(crate) fn in_flight(&self) -> Option<&BTreeSet<Address>> {
        match &self.state {
            State::NoBucket | State::Never => None,
            State::Free(last) | State::Expired(last) => Some(&last.record.in_flight),
        }
    }

    /// How much is left of the time within which everything is visible that the last run made, if that
    /// was an apply.
    pub(crate) fn seen_within(&self, visible_within: Duration) -> Duration {
        let State::Free(last) = &self.state else { return Duration::ZERO };
        let ended = last.record.released.as_ref().filter(|_| last.record.command == Command::Apply);
        self.left(ended, visible_within)
    }

    /// The same where the last run changed or removed something that no listing has been seen to show.
    pub(crate) fn unseen_for(&self, visible_within: Duration) -> Duration {
        let State::Free(last) = &self.state else { return Duration::ZERO };
        let ended = last.record.released.as_ref().filter(|released| released.unseen);
        self.left(ended, visible_within)
    }

    fn left(&self, ended: Option<&Released>, visible_within: Duration) -> Duration {
        let ago = ended.map(|released| Duration::from_secs(self.clock.now().since(released.at)));
        ago.map_or(Duration::ZERO, |ago| visible_within.saturating_sub(ago))
    }

    /// The platform that the last holder said the lease is of.
    pub(crate) fn platform(&self) -> Option<&PlatformIdentity> {
        match &self.state {
            State::NoBucket | State::Never => None,
            State::Free(last) | State::Expired(last) => last.record.platform.as_ref(),
        }
    }

    /// The run before this one, if that was an apply.
    #[must_use]
    pub fn last_apply(&self) -> Option<PastApply> {
        match &self.state {
            State::NoBucket | State::Never => None,
            State::Free(last) | State::Expired(last) => last.record.apply(),
        }
    }

    /// Whether there is a control bucket.
    #[must_use]
    pub const fn has_bucket(&self) -> bool {
        !matches!(self.state, State::NoBucket)
    }
}

/// Finds out how the lease is.
pub(super) async fn sight<S: Store>(store: &S) -> Result<LeaseSnapshot, LeaseError> {
    let seen = store.get().await.map_err(LeaseError::from_call)?;
    let clock = Clock { showed: seen.now, at: Instant::now() };
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

/// Both times are S3's own, so no other clock matters.
pub(super) fn has_expired(record: &Record, modified: UtcTime, now: UtcTime) -> bool {
    now.since(modified) > record.term_seconds
}

fn read(object: &Object) -> Result<Record, LeaseError> {
    Record::decode(&object.body)
}

/// A lease that was just taken.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) written: Written,
    pub(super) clock: Clock,
    /// What was there before.
    pub(super) last: Option<Last>,
}

/// Takes the lease, if it is as it was sighted.
pub(super) async fn take<S: Store>(store: &S, sighting: LeaseSnapshot, claim: Claim) -> Result<Taken, LeaseError> {
    let LeaseSnapshot { state, clock } = sighting;
    let last = match state {
        State::NoBucket | State::Never => None,
        State::Free(last) | State::Expired(last) => Some(last),
    };
    let expected = last.as_ref().map_or(Expected::Absent, |last| Expected::Unchanged(last.etag.clone()));
    let term = Duration::from_secs(claim.term_seconds);
    let record = Record::first(claim, clock.now());
    match write(store, record, &expected, Moment::now(), WriteTimeouts::of(term), Instant::now() + term).await {
        Ok(written) => Ok(Taken { written, clock, last }),
        Err(NotWritten::Overtaken(seen)) => Err(overtaken(&seen)),
        Err(NotWritten::Refused(error)) => Err(LeaseError::from_call(error)),
        Err(NotWritten::InVain(reason)) => Err(LeaseError::from_call(Error::Failed { what: TAKING.into(), reason })),
    }
}

const TAKING: &str = "taking the lease";

/// Somebody was quicker.
fn overtaken(seen: &Seen) -> LeaseError {
    let Some(object) = &seen.object else { return LeaseError::Changed(None) };
    match read(object) {
        Err(error) => error,
        Ok(record) => {
            let holder = Box::new(Holder::of(&record, object.modified, seen.now));
            if record.released.is_some() { LeaseError::Changed(Some(holder)) } else { LeaseError::Held(holder) }
        }
    }
}

/// What the object of the lease says, with the time by the clock of S3; `None` where there is none.
pub(super) async fn last_run<S: Store>(store: &S) -> Result<Option<(Record, UtcTime)>, LeaseError> {
    let seen = store.get().await.map_err(LeaseError::from_call)?;
    seen.object.as_ref().map(|object| Ok((read(object)?, seen.now))).transpose()
}

/// Who holds the lease, in time or not; `None` when nobody does.
pub(super) async fn holder<S: Store>(store: &S) -> Result<Option<Holder>, LeaseError> {
    let seen = store.get().await.map_err(LeaseError::from_call)?;
    let Some(object) = &seen.object else { return Ok(None) };
    let record = read(object)?;
    Ok(record.released.is_none().then(|| Holder::of(&record, object.modified, seen.now)))
}

/// Takes the lease from a run, whether it has expired or not. If the run is alive it notices when it
/// next renews the lease, and may write until then; what it had in flight stays known.
pub(super) async fn unlock<S: Store>(store: &S, run: &str, by: &str) -> Result<(), LeaseError> {
    const ATTEMPTS: usize = 10;
    // Its holder may renew it at any time, which is no reason to give up.
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
            Err(NotWritten::Overtaken(_)) => {}
            Err(NotWritten::Refused(error)) => return Err(LeaseError::from_call(error)),
            Err(NotWritten::InVain(reason)) => {
                return Err(LeaseError::from_call(Error::Failed { what: "taking the lease away".into(), reason }));
            }
        }
    }
    let reason = "it was renewed again and again meanwhile".to_owned();
    Err(LeaseError::from_call(Error::Failed { what: "taking the lease away".into(), reason }))
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
