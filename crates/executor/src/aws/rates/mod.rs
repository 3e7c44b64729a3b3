//! Rate limits: sends no more calls than AWS accepts, and retries throttled calls, because throttling is
//! no failure.
//!
//! Every attempt of every call is scheduled in the bucket of its action before it is signed
//! ([`limiter`]). The buckets start with the published limits ([`published`]) and adapt to what AWS
//! accepts ([`bucket`]).

mod bucket;
mod limiter;
mod published;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use saas_model::Address;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use self::bucket::Bucket;
pub(crate) use self::limiter::{Interrupted, RateLimiter, TooManyRequests};
use self::published::limit;

/// The buckets of all actions; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// By service and action, or by service and category of actions.
    buckets: Mutex<BTreeMap<(String, String), Bucket>>,
    /// Whether buckets apply only after AWS has throttled.
    unpaced: bool,
    /// The receiver of reports about long waits.
    listener: Mutex<Option<UnboundedSender<Wait>>>,
}

/// A call that has waited long for the rate limit.
#[derive(Clone, Debug)]
pub(crate) struct Wait {
    /// The node that the call serves.
    pub(crate) address: Address,
    /// The service and the action.
    pub(crate) action: String,
    /// How long it has waited, in seconds.
    pub(crate) seconds: u64,
    /// How many calls a second AWS accepts.
    pub(crate) per_second: f64,
}

impl Rates {
    /// Buckets that apply only after AWS has throttled: for a server that is known not to throttle.
    pub(crate) fn unpaced() -> Self {
        Self(Arc::new(Shared { unpaced: true, ..Shared::default() }))
    }

    /// A receiver of the long waits from now on.
    pub(crate) fn long_waits(&self) -> UnboundedReceiver<Wait> {
        let (sender, receiver) = unbounded_channel();
        *lock(&self.0.listener) = Some(sender);
        receiver
    }

    fn report_wait(&self, wait: Wait) {
        if let Some(listener) = lock(&self.0.listener).as_ref() {
            // A finished run has no receiver any more.
            let _ = listener.send(wait);
        }
    }

    /// When the next call of an action may be sent.
    fn turn(&self, service: &str, action: &str, now: Instant) -> Instant {
        self.with(service, action, now, |bucket| bucket.turn(now)).unwrap_or(now)
    }

    fn throttled(&self, service: &str, action: &str, decided_at: Instant, now: Instant) {
        let limit = limit(service, action);
        let mut buckets = lock(&self.0.buckets);
        let bucket = buckets.entry(key(service, action)).or_insert_with(|| Bucket::full(limit, now));
        bucket.throttled(decided_at, now);
    }

    fn accepted(&self, service: &str, action: &str, now: Instant) {
        self.with(service, action, now, Bucket::accepted);
    }

    fn per_second(&self, service: &str, action: &str, now: Instant) -> f64 {
        self.with(service, action, now, |bucket| bucket.per_second()).unwrap_or(f64::INFINITY)
    }

    fn with<T>(&self, service: &str, action: &str, now: Instant, act: impl FnOnce(&mut Bucket) -> T) -> Option<T> {
        let mut buckets = lock(&self.0.buckets);
        let key = key(service, action);
        if self.0.unpaced {
            return buckets.get_mut(&key).map(act);
        }
        Some(act(buckets.entry(key).or_insert_with(|| Bucket::full(limit(service, action), now))))
    }
}

fn key(service: &str, action: &str) -> (String, String) {
    (service.to_owned(), limit(service, action).category.unwrap_or(action).to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
