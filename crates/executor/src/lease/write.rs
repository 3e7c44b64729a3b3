//! Writes the lease object, and determines whether the write succeeded.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::record::Record;
use super::state::Moment;
use super::store::{BucketState, Expected, Object, Put, Store};
use crate::error::{Error, chain};

/// A successful write.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) record: Record,
    pub(super) etag: String,
    pub(super) version: Option<String>,
    /// The time before the request was sent; before the first one if there were several attempts.
    pub(super) sent: Moment,
}

/// Why the object was not written.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// Another run has written or deleted it.
    Conflict(Box<BucketState>),
    /// S3 denies access.
    Refused(Error),
    /// There was no valid answer in time.
    TimedOut(String),
}

/// The timeout of one attempt, and the pause before the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct WriteTimeouts {
    pub(super) attempt: Duration,
    pub(super) pause: Duration,
}

impl WriteTimeouts {
    /// Several attempts must fit into a term.
    pub(super) fn of(term: Duration) -> Self {
        Self { attempt: (term / 6).max(Duration::from_secs(1)), pause: term / 120 }
    }
}

/// Writes `record` if the object is as expected. Retries until the outcome is known, at most until
/// `until`.
///
/// `sent` is a time before the first attempt, of this call or of an earlier one with the same record.
///
/// When an answer is lost, reading the object determines the outcome, because no two records are equal. A
/// request still in transit when the next one is sent is harmless: the later one finds an object that it
/// does not expect.
pub(super) async fn write<S: Store>(
    store: &S,
    record: Record,
    expected: &Expected,
    sent: Moment,
    timeouts: WriteTimeouts,
    until: Instant,
) -> Result<Written, NotWritten> {
    let body = record.encode();
    loop {
        let last = match timeout(timeouts.attempt, store.put(&body, expected)).await {
            Ok(Put::Written { etag, version }) => return Ok(Written { record, etag, version, sent }),
            Ok(Put::Refused(error)) => return Err(NotWritten::Refused(error)),
            Ok(Put::Unknown(error)) => chain(&error),
            Err(_) => format!("no response within {} s", timeouts.attempt.as_secs()),
        };
        // A read that fails, or does not show the object, may succeed in a moment; until then the outcome
        // is unknown.
        if let Ok(Ok(seen)) = timeout(timeouts.attempt, store.get()).await {
            match (&seen.object, expected) {
                (Some(Object { etag, version, body: live, .. }), _) if *live == body => {
                    let (etag, version) = (etag.clone(), version.clone());
                    return Ok(Written { record, etag, version, sent });
                }
                // The object is unchanged, so the write has not taken effect yet.
                (Some(object), Expected::Unchanged(etag)) if object.etag == *etag => {}
                (None, Expected::Absent) => {}
                _ => return Err(NotWritten::Conflict(Box::new(seen))),
            }
        }
        if Instant::now() + timeouts.pause >= until {
            return Err(NotWritten::TimedOut(last));
        }
        sleep(timeouts.pause).await;
    }
}
