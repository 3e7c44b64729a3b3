//! Writes the object of the lease, and knows afterwards whether it is written.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::record::Record;
use super::state::Moment;
use super::store::{Expected, Object, Put, Seen, Store};
use crate::error::{Error, chain};

/// A write that was done.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) record: Record,
    pub(super) etag: String,
    pub(super) version: Option<String>,
    /// Before the request was sent that did it; where there were several, before the first.
    pub(super) sent: Moment,
}

/// Why the object is not as it was to be written.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// Somebody else has written it, or taken it away.
    Overtaken(Box<Seen>),
    /// S3 refuses.
    Refused(Error),
    /// There was no good answer in time.
    InVain(String),
}

/// How long one attempt may take, and how long to wait before the next.
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

/// Writes `record` where the object is as expected, until it is known to be written or not to be,
/// but not beyond `until`.
///
/// `sent` is before the first attempt, of this call or of an earlier one with the same record.
///
/// An answer that is lost is resolved by reading the object: no two records are equal, so what is
/// there tells. A request that is still on its way when the next is sent cannot do harm: whichever
/// comes second finds another object than it expects.
pub(super) async fn write<S: Store>(
    store: &S,
    record: Record,
    expected: &Expected,
    sent: Moment,
    haste: WriteTimeouts,
    until: Instant,
) -> Result<Written, NotWritten> {
    let body = record.encode();
    loop {
        let last = match timeout(haste.attempt, store.put(&body, expected)).await {
            Ok(Put::Written { etag, version }) => return Ok(Written { record, etag, version, sent }),
            Ok(Put::Refused(error)) => return Err(NotWritten::Refused(error)),
            Ok(Put::Unsure(error)) => chain(&error),
            Err(_) => format!("no answer in {} s", haste.attempt.as_secs()),
        };
        // What cannot be read now, or does not show, may be in a moment; until then nothing is known.
        if let Ok(Ok(seen)) = timeout(haste.attempt, store.get()).await {
            match (&seen.object, expected) {
                (Some(Object { etag, version, body: there, .. }), _) if *there == body => {
                    let (etag, version) = (etag.clone(), version.clone());
                    return Ok(Written { record, etag, version, sent });
                }
                // It is as it was, so the write has not come to be yet.
                (Some(object), Expected::Unchanged(etag)) if object.etag == *etag => {}
                (None, Expected::Absent) => {}
                _ => return Err(NotWritten::Overtaken(Box::new(seen))),
            }
        }
        if Instant::now() + haste.pause >= until {
            return Err(NotWritten::InVain(last));
        }
        sleep(haste.pause).await;
    }
}
