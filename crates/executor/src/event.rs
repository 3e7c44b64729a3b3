//! What the executor tells while it works. It prints nothing; whoever runs it decides what to show.

use std::time::Duration;

pub use saas_model::receipt::Verb;
use saas_model::time::UtcTime;
use saas_model::{Address, Digest, Kind};
use serde::Serialize;

/// What listings may not show yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Late {
    /// What an earlier run may have begun to make.
    Begun,
    /// What the last run has changed or removed, and has not seen since.
    Changed,
    /// That everything that is listed is gone, for there is no control bucket.
    Removed,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A phase has begun.
    Phase {
        /// Which one.
        phase: Phase,
    },
    /// A preflight check was skipped because the caller said so.
    PreflightSkipped {
        /// Its name.
        check: String,
    },
    /// A step has begun.
    Started {
        /// The node.
        address: Address,
        /// Its kind.
        kind: Kind,
        /// What is being done.
        verb: Verb,
    },
    /// A step waits for AWS.
    Waiting {
        /// The node.
        address: Address,
        /// What for.
        what: String,
        /// What was seen last.
        last: String,
        /// For how many seconds already.
        seconds: u64,
    },
    /// A step tries again after an error that will pass.
    Retrying {
        /// The node.
        address: Address,
        /// Why it is expected to pass.
        why: String,
    },
    /// A step is done.
    Done {
        /// The node.
        address: Address,
        /// Its kind.
        kind: Kind,
        /// What was done.
        verb: Verb,
        /// How long it took, in milliseconds.
        millis: u64,
    },
    /// A step failed.
    Failed {
        /// The node.
        address: Address,
        /// Its kind.
        kind: Kind,
        /// What was being done.
        verb: Verb,
        /// What is wrong, with its causes.
        error: String,
        /// What to do about it, where that is known.
        hint: Option<String>,
    },
    /// A step was not begun, because one that it needs failed.
    NotReached {
        /// The node.
        address: Address,
        /// What would have been done.
        verb: Verb,
        /// The node that failed.
        because: Address,
    },
    /// A step was not begun, because the run is to stop.
    NotBegun {
        /// The node.
        address: Address,
        /// What would have been done.
        verb: Verb,
    },
    /// The run was told to stop: it finishes the calls that are under way.
    Stopping,
    /// The lease of a run that had not renewed it in time was taken over.
    LeaseTakenOver {
        /// The caller of that run, as AWS names it.
        caller: String,
        /// That run.
        run: String,
        /// What it applied.
        plan: Digest,
        /// When it had taken the lease.
        since: UtcTime,
        /// What it may have been making.
        in_flight: Vec<Address>,
    },
    /// Another run holds the lease, and it is waited for.
    WaitingForLease {
        /// The caller of that run, as AWS names it.
        caller: String,
        /// That run.
        run: String,
        /// When it took the lease.
        since: UtcTime,
        /// When the lease ends unless it is renewed.
        until: UtcTime,
        /// For how many seconds it is waited for already.
        seconds: u64,
    },
    /// The lease is lost: nothing more is written.
    LeaseLost {
        /// How.
        why: String,
    },
    /// What listings show may be late, so they are looked at again.
    LookingAgain {
        /// In what.
        late: Late,
        /// The nodes.
        addresses: Vec<Address>,
        /// For how many seconds at most.
        seconds: u64,
    },
    /// Something that a person should know, and that stops nothing.
    Warning {
        /// The node it is about, if it is about one.
        address: Option<Address>,
        /// What it is.
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
    /// Finding what is live.
    Observe,
    /// Making it equal to the plan.
    Act,
    /// Proving that it is.
    Verify,
}

/// Whoever wants to know.
pub trait Reporter: Send + Sync {
    /// Is told of an event, in the order of the events.
    fn report(&self, event: Event);
}

/// Wants to know nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn report(&self, _event: Event) {}
}

/// Whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
