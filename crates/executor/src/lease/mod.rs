//! The lease: only one run at a time may change a platform.
//!
//! The lease is one object, `lease.json`, in the platform's control bucket. Every write of it is a
//! conditional write of S3: either the object must not exist (`If-None-Match`), or it must be unchanged
//! since the writer last read it (`If-Match`). So of two concurrent writers one fails, and learns that.
//!
//! **Acquiring it.** A run that intends to change something reads the lease *first* and lists the live
//! resources afterwards. It asks for approval, and then acquires the lease only if it is *still
//! unchanged*. The object remains after a release, and no two versions of its content are equal. So a
//! lease that was acquired and released in the meantime differs, and acquiring it fails. Hence the
//! observed state is current without a second listing. No lease is held while an operator reads a change
//! set, and no write happens when there is nothing to do.
//!
//! **The first apply.** Without a control bucket there is no platform, and none of its resources are
//! live. The run creates the bare bucket, which is harmless when another run does the same: only one of
//! them acquires the lease in it. The other finds it held or released, and changes nothing. (One case
//! goes unnoticed: another run completes a whole apply and a whole destroy between listing and acquiring,
//! for it leaves no bucket behind. The observed state of a first apply is right even then. An apply that
//! adds the bucket to an older platform would miss resources that it has listed, and its verification
//! reports that.)
//!
//! **Renewing it.** Every write renews the lease for one term. The holder counts the term on its own
//! monotonic clock, from before it sent the request, and subtracts a quarter. S3 counts from the time of
//! the write; both the age of the object and the current time come from the clock of S3. So the holder
//! stops before another run may begin, however wrong the clocks of their machines are. When the time is
//! over, the AWS clients refuse to send writing calls (`fence.rs`), and PostgreSQL transactions do not
//! commit. A call sent just before may take effect up to that quarter later.
//!
//! **Resources in flight.** Before a call that creates a resource and takes no idempotency token, the
//! object records the address. A run that follows a killed one polls for such resources for a while
//! before it creates them again, because AWS shows new resources late.
//!
//! **Breaking it.** `saas lease break` is for operators who know that a run is dead and do not want to
//! wait until its lease expires. A run that is alive after all learns this when it next renews the lease,
//! and may write until then.
//!
//! **When S3 does not show it.** The first apply acquires the lease and then enables the bucket's
//! versioning. For a while after that, S3 may return 404 for an object that exists. So a 404 counts only
//! when a listing confirms it. Until then the holder retries for as long as its lease is valid, and other
//! runs wait.
//!
//! The protocol relies on S3's conditional writes, on clocks of S3 that differ by at most a quarter of a
//! term, and on operators who do not delete the object.

mod acquire;
mod control_bucket;
mod guard;
mod operations;
mod record;
mod renewer;
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

pub(crate) use acquire::LeaseSnapshot;
pub(crate) use control_bucket::{control_bucket, retry_transient};
pub use guard::LeaseGuard;
pub(crate) use guard::with_lease;
pub(crate) use operations::{break_lease, holder, last_run, lease_snapshot};
pub use record::PastApply;
pub(crate) use record::{KEY, Record};
pub use state::LeaseLost;
pub(crate) use state::LeaseState;
#[cfg(test)]
pub(crate) use state::Moment;

/// The term of a lease, and how long to poll for resources in flight.
#[derive(Clone, Copy, Debug)]
pub struct LeaseOptions {
    /// How long the lease is valid after its last write, in whole seconds.
    pub term: Duration,
    /// How long to poll for resources that a killed run may have begun to create.
    pub settling: Duration,
}

impl Default for LeaseOptions {
    fn default() -> Self {
        Self { term: Duration::from_secs(60), settling: Duration::from_secs(30) }
    }
}

/// The holder of a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The caller, as AWS names it.
    pub caller: String,
    /// The random id of the run.
    pub run: String,
    /// The plan that it applies.
    pub plan: Digest,
    /// The command that it runs.
    pub command: Command,
    /// When it acquired the lease. All times are those of S3's clock.
    pub since: UtcTime,
    /// When it last renewed the lease.
    pub renewed: UtcTime,
    /// When the lease expires unless it is renewed.
    pub until: UtcTime,
    /// Whether the lease has expired.
    pub expired: bool,
    /// The resources that it may be creating.
    pub in_flight: Vec<Address>,
}

/// Why a run cannot acquire the lease.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Another run holds it.
    #[error(
        "`{}` has held the lease since {}; it expires at {} unless renewed ({} of plan {}, run {})",
        .0.caller, .0.since, .0.until, .0.command, .0.plan.short(), .0.run
    )]
    Held(Box<Holder>),
    /// Another run held it since the live resources were listed.
    #[error("another run changed the platform after this run listed its resources{}", changed_by(.0.as_deref()))]
    Changed(Option<Box<Holder>>),
    /// The plan has no control bucket, so there is no place for the lease.
    #[error("the plan has no control bucket to hold the lease")]
    NoControlBucket,
    /// A newer version of saas wrote the object.
    #[error("the lease has format {version}, but this version of saas reads formats up to {known}")]
    Newer {
        /// The format of the object.
        version: u32,
        /// The newest format that this version reads.
        known: u32,
    },
    /// No version of saas writes such an object.
    #[error("`lease.json` in the control bucket is not a lease: {0}")]
    Unreadable(String),
    /// A call failed.
    #[error(transparent)]
    Call(Box<Error>),
}

fn changed_by(holder: Option<&Holder>) -> String {
    holder.map_or_else(String::new, |holder| format!(": `{}` acquired the lease at {}", holder.caller, holder.since))
}

impl LeaseError {
    pub(crate) fn from_call(error: Error) -> Self {
        Self::Call(Box::new(error))
    }

    /// Whether another run is in the way, or the caller may not use the control bucket. Then neither the
    /// plan nor AWS is at fault.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Held(_) | Self::Changed(_) => true,
            Self::Call(error) => error.is(&["AccessDenied"]),
            Self::NoControlBucket | Self::Newer { .. } | Self::Unreadable(_) => false,
        }
    }

    /// What the operator can do about it, where known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Held(_) => Some(
                "wait until that run has ended, or add `--wait`; if it was killed, its lease expires by itself, and `saas \
                 lease break` breaks it now",
            ),
            Self::Changed(_) => Some("run this again to list the current resources"),
            Self::NoControlBucket => Some("plan again with this version of saas"),
            Self::Newer { .. } => Some("use a newer version of saas"),
            Self::Unreadable(_) => Some(
                "another program wrote it: make sure that no apply is running, then restore the previous version of \
                 `lease.json` or delete the object, and run this again",
            ),
            Self::Call(error) if error.is(&["AccessDenied"]) => Some(
                "the control bucket belongs to another account, or the caller has no access to it: use the provisioner's \
                 role. The account of a live platform cannot be changed. If another AWS customer owns the bucket, set \
                 `storage.bucket_suffix` in the spec and plan again",
            ),
            Self::Call(error) => error.hint(),
        }
    }
}
