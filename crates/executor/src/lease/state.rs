//! The state of a run's own lease: whether the run may write, and which resources it is about to create.
//!
//! All clients share it. The renewer, which alone writes the lease object, records each renewal here.
//! Steps record the resources that they are about to create, and wait until the object contains them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use saas_model::Address;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The run has lost its lease, or may have lost it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lease is lost, and this run writes nothing more: {0}")]
pub struct LeaseLost(pub(crate) String);

/// The state of a run's own lease; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeaseState(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// A step waits for the renewer to write, or for it to end.
    renewer: Notify,
    /// The renewer has written or ended, or the lease is lost.
    progress: Notify,
    /// Time is virtual, so the wall clock does not apply.
    virtual_time: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    status: Status,
    /// Resources that steps are about to create.
    in_flight: BTreeSet<Address>,
    /// The number of additions to it, and how many of these the object contains.
    requested: u64,
    written: u64,
    /// Whether the renewer must end, and whether it has.
    ending: bool,
    ended: bool,
    /// The bucket of the lease, and whether the lease is deleted with it.
    bucket: String,
    removed: bool,
    /// A resource was changed or deleted, and listings have not all reflected that since.
    unlisted_changes: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Status {
    /// No lease is involved: this run only reads.
    #[default]
    Unheld,
    /// The last renewal request started at `renewed`, and the lease is valid for `valid_for` from then.
    Held { renewed: Moment, valid_for: Duration },
    /// The lease is lost, for this reason.
    Lost(String),
}

/// A point in time, on two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self { monotonic: Instant::now(), wall: SystemTime::now() }
    }

    pub(crate) const fn instant(self) -> Instant {
        self.monotonic
    }

    /// The time since `earlier`, as an upper bound. On some systems the monotonic clock stops while the
    /// machine sleeps; then the wall clock decides, unless time is virtual. Source: clock_gettime(2),
    /// `CLOCK_MONOTONIC`.
    fn since(self, earlier: Self, virtual_time: bool) -> Duration {
        let monotonic = self.monotonic.duration_since(earlier.monotonic);
        if virtual_time { monotonic } else { monotonic.max(self.wall.duration_since(earlier.wall).unwrap_or_default()) }
    }
}

impl LeaseState {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Uses virtual time alone from now on, however long a busy machine takes.
    pub(crate) fn use_virtual_time(&self) {
        self.0.virtual_time.store(true, Ordering::Relaxed);
    }

    /// Checks that this run may write.
    ///
    /// # Errors
    /// When its lease is lost, or was not renewed for so long that it may be.
    pub(crate) fn check(&self) -> Result<(), LeaseLost> {
        self.check_at(Moment::now())
    }

    fn check_at(&self, now: Moment) -> Result<(), LeaseLost> {
        let mut state = self.state();
        if let Status::Held { renewed, valid_for } = state.status
            && now.since(renewed, self.0.virtual_time.load(Ordering::Relaxed)) >= valid_for
        {
            let why = format!("it could not be renewed within {} s", valid_for.as_secs());
            state.status = Status::Lost(why);
            self.0.progress.notify_waiters();
            self.0.renewer.notify_one();
        }
        match &state.status {
            Status::Unheld | Status::Held { .. } => Ok(()),
            Status::Lost(why) => Err(LeaseLost(why.clone())),
        }
    }

    /// Records that the lease was acquired, by a request that started at `renewed`.
    pub(crate) fn begin(&self, bucket: &str, renewed: Moment, valid_for: Duration) {
        *self.state() =
            State { status: Status::Held { renewed, valid_for }, bucket: bucket.to_owned(), ..State::default() };
    }

    /// Whether this run holds a valid lease.
    pub(crate) fn may_write(&self) -> bool {
        self.check().is_ok() && matches!(self.state().status, Status::Held { .. })
    }

    #[cfg(test)]
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Records that the lease is no longer held. A lost lease stays lost.
    pub(super) fn end(&self) {
        let mut state = self.state();
        if matches!(state.status, Status::Held { .. }) {
            state.status = Status::Unheld;
        }
    }

    /// Announces that a call without an idempotency token is about to create the resource at an address.
    /// Returns once the lease object records that, for a run that may follow if this one is killed.
    ///
    /// # Errors
    /// When the lease is lost.
    pub(crate) async fn record_intent(&self, address: &Address) -> Result<(), LeaseLost> {
        let ticket = {
            let mut state = self.state();
            if state.status == Status::Unheld {
                return Ok(());
            }
            state.in_flight.insert(address.clone());
            state.requested += 1;
            state.requested
        };
        self.0.renewer.notify_one();
        self.wait_until(|state| state.written >= ticket).await
    }

    /// Records that the outcome at an address is known. The object is updated with the next write.
    pub(crate) fn resolve(&self, address: &Address) {
        self.state().in_flight.remove(address);
    }

    /// Stops the renewer and waits for it to finish. The lease stays valid for as long as its last
    /// renewal is.
    ///
    /// # Errors
    /// When the lease is lost.
    pub(crate) async fn stop_renewer(&self) -> Result<(), LeaseLost> {
        self.finish();
        self.wait_until(|state| state.ended).await?;
        self.check()
    }

    /// Whether the lease of this run is in this bucket.
    pub(crate) fn is_in_bucket(&self, bucket: &str) -> bool {
        let state = self.state();
        state.status != Status::Unheld && state.bucket == bucket
    }

    /// Records that the lease is deleted with its bucket, so it needs no release.
    pub(crate) fn mark_deleted(&self) {
        self.state().removed = true;
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.state().removed
    }

    /// Records a change or a deletion, which listings reflect late.
    pub(crate) fn record_change(&self) {
        self.state().unlisted_changes = true;
    }

    /// Records that listings have reflected every change and deletion.
    pub(crate) fn confirm_listed(&self) {
        self.state().unlisted_changes = false;
    }

    pub(super) fn has_unlisted_changes(&self) -> bool {
        self.state().unlisted_changes
    }

    /// Waits until a condition holds or the lease is lost.
    async fn wait_until(&self, condition: impl Fn(&State) -> bool) -> Result<(), LeaseLost> {
        loop {
            let mut progress = std::pin::pin!(self.0.progress.notified());
            // From here on no notification is missed.
            progress.as_mut().enable();
            self.check()?;
            if condition(&self.state()) {
                return Ok(());
            }
            progress.await;
        }
    }
}

/// The interface of the renewer.
impl LeaseState {
    /// Makes the renewer end after its current write.
    pub(super) fn finish(&self) {
        self.state().ending = true;
        self.0.renewer.notify_one();
    }

    /// Waits until the renewer may have work.
    pub(super) async fn wait_for_work(&self) {
        self.0.renewer.notified().await;
    }

    pub(super) fn is_ending(&self) -> bool {
        self.state().ending
    }

    /// The resources in flight for the next write, and the ticket of the last waiting step; `None` as
    /// ticket when no step waits.
    pub(super) fn outstanding(&self) -> (BTreeSet<Address>, Option<u64>) {
        let state = self.state();
        (state.in_flight.clone(), (state.requested > state.written).then_some(state.requested))
    }

    /// Records a write that started at `renewed`, and the ticket that it serves. A lease that was lost
    /// meanwhile stays lost.
    pub(super) fn renew(&self, at: Moment, ticket: Option<u64>) {
        let mut state = self.state();
        if let Status::Held { renewed, .. } = &mut state.status {
            *renewed = at;
        }
        if let Some(ticket) = ticket {
            state.written = ticket;
        }
        drop(state);
        self.0.progress.notify_waiters();
    }

    /// Records that the lease is lost.
    pub(crate) fn mark_lost(&self, why: String) {
        let mut state = self.state();
        if !matches!(state.status, Status::Lost(_)) {
            state.status = Status::Lost(why);
        }
        drop(state);
        self.0.progress.notify_waiters();
    }

    /// Records that the renewer writes no more.
    pub(crate) fn renewer_ended(&self) {
        self.state().ended = true;
        self.0.progress.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID_FOR: Duration = Duration::from_secs(45);

    fn acquired_lease() -> (LeaseState, Moment) {
        let (lease, now) = (LeaseState::default(), Moment::now());
        lease.begin("bucket", now, VALID_FOR);
        (lease, now)
    }

    #[tokio::test(start_paused = true)]
    async fn lease_is_valid_for_a_limited_time_after_each_renewal() {
        let (lease, start) = acquired_lease();
        let after = |seconds| Moment { monotonic: start.monotonic + Duration::from_secs(seconds), wall: start.wall };
        assert_eq!(lease.check_at(after(44)), Ok(()));
        lease.renew(after(30), None);
        assert_eq!(lease.check_at(after(74)), Ok(()));
        assert!(lease.check_at(after(75)).is_err());
        lease.renew(after(76), None);
        assert!(lease.check_at(after(76)).is_err(), "what is lost stays lost");
        lease.end();
        assert!(lease.check_at(after(76)).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn lease_is_lost_after_the_machine_was_suspended() {
        let (lease, start) = acquired_lease();
        let awake = Moment { wall: start.wall + Duration::from_secs(600), ..start };
        assert!(lease.check_at(awake).is_err());
        let (lease, start) = acquired_lease();
        let set_back = Moment { wall: start.wall - Duration::from_secs(600), ..start };
        assert_eq!(lease.check_at(set_back), Ok(()), "a clock that was set back says nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn lease_in_virtual_time_ignores_the_wall_clock() {
        let (lease, start) = acquired_lease();
        lease.use_virtual_time();
        let later = Moment { wall: start.wall + Duration::from_secs(600), ..start };
        assert_eq!(lease.check_at(later), Ok(()));
        let later = Moment { monotonic: start.monotonic + VALID_FOR, ..start };
        assert!(lease.check_at(later).is_err(), "virtual time counts");
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_an_intent_write_fails_when_the_lease_is_lost() {
        let (lease, _) = acquired_lease();
        let address = Address::literal("network/vpc");
        let waits = lease.record_intent(&address);
        let losing = async { lease.mark_lost("another run has it".into()) };
        let (waited, ()) = tokio::join!(waits, losing);
        assert_eq!(waited, Err(LeaseLost("another run has it".into())));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_an_intent_write_fails_when_the_lease_expires() {
        let (lease, _) = acquired_lease();
        let address = Address::literal("network/vpc");
        let waits = lease.record_intent(&address);
        let checks = async {
            tokio::time::sleep(VALID_FOR).await;
            lease.check()
        };
        let (waited, checked) = tokio::join!(waits, checks);
        assert!(waited.is_err() && checked.is_err());
    }

    #[tokio::test]
    async fn intent_without_a_lease_does_not_wait() {
        let lease = LeaseState::default();
        assert_eq!(lease.record_intent(&Address::literal("network/vpc")).await, Ok(()));
        assert_eq!(lease.check(), Ok(()));
    }
}
