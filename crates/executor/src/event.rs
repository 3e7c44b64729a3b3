//! The events that the executor emits. It prints nothing; the caller decides what to show.

use std::time::Duration;

pub use saas_model::receipt::Verb;
use saas_model::time::UtcTime;
use saas_model::{Address, Digest, Kind};
use serde::Serialize;

/// Why listings may be out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Late {
    /// An earlier run may have begun to create these resources.
    Begun,
    /// The last run changed or deleted these resources, and has not seen the effect since.
    Changed,
    /// Every listed resource may be deleted already, because there is no control bucket.
    Removed,
}

/// An event of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A phase began.
    Phase {
        /// The phase.
        phase: Phase,
    },
    /// A preflight check was skipped at the request of the caller.
    PreflightSkipped {
        /// Its name.
        check: String,
    },
    /// A step began.
    Started {
        /// The node.
        address: Address,
        /// Its kind.
        kind: Kind,
        /// The action.
        verb: Verb,
    },
    /// A step waits for AWS.
    Waiting {
        /// The node.
        address: Address,
        /// What it waits for.
        what: String,
        /// The last observed state.
        last: String,
        /// How long it has waited, in seconds.
        seconds: u64,
    },
    /// A step retries after a transient error.
    Retrying {
        /// The node.
        address: Address,
        /// Why the error is transient.
        why: String,
    },
    /// A step succeeded.
    Done {
        /// The node.
        address: Address,
        /// Its kind.
        kind: Kind,
        /// The action.
        verb: Verb,
        /// Its duration, in milliseconds.
        millis: u64,
    },
    /// A step failed.
    Failed {
        /// The node.
        address: Address,
        /// Its kind.
        kind: Kind,
        /// The action.
        verb: Verb,
        /// The error, with its causes.
        error: String,
        /// What the operator can do about it, where known.
        hint: Option<String>,
    },
    /// A step was skipped because a step that it depends on failed.
    NotReached {
        /// The node.
        address: Address,
        /// The action that was skipped.
        verb: Verb,
        /// The node that failed.
        because: Address,
    },
    /// A step was not started because cancellation was requested.
    NotBegun {
        /// The node.
        address: Address,
        /// The action that was not started.
        verb: Verb,
    },
    /// Cancellation was requested: the run finishes the calls in progress.
    Stopping,
    /// The run took over the lease of another run, which had not renewed it in time.
    LeaseTakenOver {
        /// The caller of that run, as AWS names it.
        caller: String,
        /// The run id of that run.
        run: String,
        /// The plan that it applied.
        plan: Digest,
        /// When that run acquired the lease.
        since: UtcTime,
        /// The resources that it may have been creating.
        in_flight: Vec<Address>,
    },
    /// Another run holds the lease, and this run waits for it.
    WaitingForLease {
        /// The caller of that run, as AWS names it.
        caller: String,
        /// The run id of that run.
        run: String,
        /// When that run acquired the lease.
        since: UtcTime,
        /// When the lease expires unless it is renewed.
        until: UtcTime,
        /// How long this run has waited, in seconds.
        seconds: u64,
    },
    /// The lease is lost: the run writes nothing more.
    LeaseLost {
        /// How it was lost.
        why: String,
    },
    /// Listings may be out of date, so the run lists again.
    LookingAgain {
        /// Why they may be out of date.
        late: Late,
        /// The nodes concerned.
        addresses: Vec<Address>,
        /// For at most how many seconds.
        seconds: u64,
    },
    /// A condition that the operator should know of. It does not stop the run.
    Warning {
        /// The node concerned, if any.
        address: Option<Address>,
        /// The text of the warning.
        message: String,
    },
}

/// The phases of an apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Phase {
    /// Checks before the first write.
    Preflight,
    /// Listing the live resources.
    Observe,
    /// Bringing them to the plan.
    Act,
    /// Verifying the result.
    Verify,
}

/// Receives the events of a run.
pub trait Reporter: Send + Sync {
    /// Receives one event. Events arrive in order.
    fn report(&self, event: Event);
}

/// A reporter that discards every event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _event: Event) {}
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
