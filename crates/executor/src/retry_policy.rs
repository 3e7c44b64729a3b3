//! Pauses between attempts, and timeouts.

use std::time::Duration;

/// Pauses between attempts, and timeouts.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// The pause after the first attempt.
    pub first: Duration,
    /// The longest pause; each pause is half as long again as the one before.
    pub longest: Duration,
    /// The timeout for background work of AWS: a database takes a quarter of an hour.
    pub timeout: Duration,
    /// The time within which a new resource is visible to every read. AWS promises no figure; its own
    /// tools wait from a few seconds to half a minute.
    pub visible_within: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(15),
            timeout: Duration::from_secs(45 * 60),
            visible_within: Duration::from_secs(30),
        }
    }
}

impl RetryPolicy {
    pub(crate) fn pauses(self) -> impl Iterator<Item = Duration> {
        std::iter::successors(Some(self.first), move |pause| Some((*pause * 3 / 2).min(self.longest)))
    }
}
