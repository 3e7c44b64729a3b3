//! One at a time: whoever changes a platform holds its lease.
//!
//! The lease is one object, `lease.json`, in the platform's control bucket. It is only ever written
//! with a condition of S3: where it is not there (`If-None-Match`), or is as it was when it was last
//! seen (`If-Match`). So of two writers one fails, and knows it.
//!
//! **Taking it.** Who means to change something looks at the lease *first* and at what is live
//! afterwards, asks whoever must agree, and then takes the lease where it is *still as it was seen*.
//! The object stays when the lease is given back, and no two of its contents are equal; so a lease
//! that was had and given back in the meantime is another one, and the taking fails. Hence what was
//! found is what is there, without looking twice, without a lease held while a person reads, and
//! without a write where there is nothing to do.
//!
//! **The first apply.** Without a control bucket there is no platform, and nothing of it is live.
//! The bucket is made bare, which does no harm when somebody else does the same: the lease in it is
//! had by one of them only. The other finds it held, or given back, and changes nothing.
//! (A whole apply and a whole destroy by somebody else between the looking and the taking would go
//! unnoticed, for they leave no bucket behind. What a first apply has found is right even then. One
//! that brings an older platform its bucket would miss what it has seen, and say so when it
//! verifies.)
//!
//! **Keeping it.** Every write renews it for a term. The holder counts from before it sent the
//! request, by its own monotonic clock, and takes a quarter off; S3 counts from when it wrote, by
//! its own clock, both when it says how old the object is and what time it is now. So the holder
//! has stopped before anybody else may begin, however wrong the clocks of their machines are. The
//! clients of AWS refuse to send a writing call when the time is over (`fence.rs`), and
//! PostgreSQL's transactions do not commit. A call that was sent just before may take effect up to
//! that quarter later.
//!
//! **What is in flight.** Before a call that creates something and takes no token, the object says
//! what is being made. Who comes after a run that was killed in between looks for it for a while
//! before it makes another, for AWS shows new things late.
//!
//! **Taking it away.** `saas lease break` is for people who know that a run is dead and do not want to wait
//! until its lease expires. A run that is alive after all notices when it next renews the lease, and
//! may write until then.
//!
//! **When S3 does not show it.** The first apply takes the lease and then switches on the bucket's
//! versioning, after which S3 may say for a while of an object that is there that it is not. So a 404
//! is believed only when a listing says the same. Until then the holder tries again for as long as its
//! lease is good, and others wait.
//!
//! What this relies on: S3's conditional writes, that one clock of S3 is not further from another
//! than a quarter of a term, and that nobody deletes the object.

mod acquire;
mod record;
mod renewer;
mod session;
#[cfg(test)]
mod simulation;
mod state;
mod store;
#[cfg(test)]
mod tests;
mod write;

use std::time::Duration;

use saas_model::receipt::Command;
use saas_model::time::UtcTime;
use saas_model::{Address, Digest};
use serde::Serialize;

use crate::error::Error;

pub use acquire::LeaseSnapshot;
pub(crate) use record::{KEY, Record};
pub(crate) use session::refuse;
pub use session::{CannotChange, LeaseGuard};
pub use state::LeaseLost;
pub(crate) use state::LeaseState;
#[cfg(test)]
pub(crate) use state::Moment;
pub(crate) use store::UNSETTLED;

/// How long a lease is good for, and how long what was in flight is looked for.
#[derive(Clone, Copy, Debug)]
pub struct LeaseOptions {
    /// How long the lease stays the holder's after its last write, in whole seconds.
    pub term: Duration,
    /// How long to look for what a run that was killed may have begun to make.
    pub settling: Duration,
}

impl Default for LeaseOptions {
    fn default() -> Self {
        Self { term: Duration::from_secs(60), settling: Duration::from_secs(30) }
    }
}

/// Who holds a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The caller, as AWS names it.
    pub caller: String,
    /// The run, random.
    pub run: String,
    /// What it applies.
    pub plan: Digest,
    /// What it was asked for.
    pub command: Command,
    /// When it took the lease. All times are those of S3's clock.
    pub since: UtcTime,
    /// When it was last heard of.
    pub renewed: UtcTime,
    /// When the lease ends unless it is heard of again.
    pub until: UtcTime,
    /// Whether that time has come.
    pub expired: bool,
    /// What it may be making.
    pub in_flight: Vec<Address>,
}

/// Why the lease cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Somebody holds it.
    #[error(
        "`{}` holds the lease since {}, until {} if it is not renewed: {} of plan {}, run {}",
        .0.caller, .0.since, .0.until, .0.command, .0.plan.short(), .0.run
    )]
    Held(Box<Holder>),
    /// Somebody has held it since what is live was looked at.
    #[error("somebody has changed the platform since it was looked at{}", changed_by(.0.as_deref()))]
    Changed(Option<Box<Holder>>),
    /// The plan has no bucket that it could be in.
    #[error("the plan has no control bucket, in which the lease would be")]
    NoControlBucket,
    /// A newer version of saas has written the object.
    #[error("the lease has format {version}, and this version of saas reads up to {known}")]
    Newer {
        /// The format of the object.
        version: u32,
        /// The newest format that is known here.
        known: u32,
    },
    /// The object is none that any version of saas writes.
    #[error("`lease.json` in the control bucket is not a lease: {0}")]
    Unreadable(String),
    /// A call failed.
    #[error(transparent)]
    Call(Box<Error>),
}

fn changed_by(holder: Option<&Holder>) -> String {
    holder.map_or_else(String::new, |holder| format!(": `{}`, since {}", holder.caller, holder.since))
}

impl LeaseError {
    pub(crate) fn from_call(error: Error) -> Self {
        Self::Call(Box::new(error))
    }

    /// Whether another run is in the way, or the control bucket is not the caller's to use: nothing is
    /// wrong with the plan or with AWS.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Held(_) | Self::Changed(_) => true,
            Self::Call(error) => error.is(&["AccessDenied"]),
            Self::NoControlBucket | Self::Newer { .. } | Self::Unreadable(_) => false,
        }
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Held(_) => Some(
                "wait until it is done; when you know that it was killed, wait until the lease has expired, or take it \
                 away with `saas lease break`",
            ),
            Self::Changed(_) => Some("run this again: it will look at what is there now"),
            Self::NoControlBucket => Some("plan again with this version of saas"),
            Self::Newer { .. } => Some("use the newest version of saas that works on this platform"),
            Self::Unreadable(_) => Some(
                "something else has written it: make sure that no apply is under way, then restore the version of \
                 `lease.json` before it, or delete the object, and run this again",
            ),
            Self::Call(error) if error.is(&["AccessDenied"]) => Some(
                "the control bucket belongs to another account, or the caller may not use it. Apply with the \
                 provisioner's role. If the platform is live in another account: the account of a live platform never \
                 changes. If the bucket is another customer's, set `storage.bucket_suffix` in the spec, and plan again",
            ),
            Self::Call(error) => error.hint(),
        }
    }
}
