//! What is checked before the first write: the account, the region, that the caller will not lock
//! itself out of buckets, and that the database's version can be created.
//!
//! Nothing is changed here. Every check that fails is told, not only the first; one that cannot be
//! answered counts as failed, for an apply that stops half-way is worse than one that never began.

mod caller;
mod engine_version;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use saas_model::Address;
use saas_model::identifier::{AccountId, EngineVersion, Region};

use crate::context::Cx;
use crate::error::Error;
pub(crate) use caller::Caller;

/// A check that can be skipped by name, because an emulator cannot answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display, strum::EnumString, strum::EnumIter)]
#[strum(serialize_all = "kebab-case")]
pub enum Check {
    /// That the caller is exempt from the bucket policies that it will write.
    Caller,
    /// That the database's version can be created.
    EngineVersion,
}

/// Why an apply must not begin: every check that failed.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct PreflightError(pub Vec<Failure>);

/// A check that failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The caller is in another account.
    #[error("the plan is for account {planned}, and the caller is in account {actual}")]
    WrongAccount {
        /// The account of the plan.
        planned: AccountId,
        /// The account of the caller.
        actual: String,
    },
    /// Calls go to another region.
    #[error("the plan is for region {planned}, and calls go to region {actual}")]
    WrongRegion {
        /// The region of the plan.
        planned: Region,
        /// The region that calls go to.
        actual: String,
    },
    /// The caller would lose control of buckets by writing their policies.
    #[error("the policy of {} would lock out the caller, `{caller}`", some(.buckets))]
    LockedOut {
        /// The ARN that the policies are compared with.
        caller: String,
        /// The buckets, one at least.
        buckets: Vec<Address>,
    },
    /// Nobody can tell what the bucket policies make of the caller.
    #[error("cannot tell whether the bucket policies would lock out the caller, `{caller}`: {reason}")]
    CallerUnknown {
        /// What STS calls the caller.
        caller: String,
        /// Why not.
        reason: String,
    },
    /// RDS does not create databases of this version.
    #[error("aurora-postgresql {version} cannot be created in this region any more, or not yet{}", nearest(.offered))]
    NotOffered {
        /// The version of the plan.
        version: EngineVersion,
        /// The nearest versions of the same major that can be, in their order.
        offered: Vec<EngineVersion>,
    },
    /// AWS did not answer the question.
    #[error("cannot check {what}: {error}")]
    Unanswered {
        /// What was to be checked.
        what: &'static str,
        /// By which name the check can be skipped, if it can.
        check: Option<Check>,
        /// What went wrong.
        error: Error,
    },
}

impl PreflightError {
    /// Whether the apply is refused because it is the wrong account, region or caller, and not
    /// because of the plan or of AWS.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.0.iter().any(Failure::is_refusal)
    }
}

impl Failure {
    /// Whether this is about who asks, and where.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::WrongAccount { .. }
            | Self::WrongRegion { .. }
            | Self::LockedOut { .. }
            | Self::CallerUnknown { .. } => true,
            Self::NotOffered { .. } | Self::Unanswered { .. } => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::WrongAccount { .. } => Some("use credentials of the plan's account"),
            Self::WrongRegion { .. } => Some("leave the region to the plan"),
            Self::LockedOut { .. } => Some(
                "apply with the role that the spec names as `provisioner`, or name the caller's role there and plan again",
            ),
            Self::CallerUnknown { .. } | Self::Unanswered { check: Some(Check::Caller), .. } => {
                Some("against an emulator, `--skip-preflight caller` leaves this check out")
            }
            Self::NotOffered { .. } => Some("set `database.engine_version` in the spec, and plan again"),
            Self::Unanswered { check: Some(Check::EngineVersion), .. } => {
                Some("against an emulator, `--skip-preflight engine-version` leaves this check out")
            }
            Self::Unanswered { check: None, error, .. } => error.hint(),
        }
    }
}

fn some(buckets: &[Address]) -> String {
    match buckets {
        [] => "no bucket".to_owned(),
        [one] => format!("`{one}`"),
        [first, others @ ..] => format!("`{first}` and of {} more", others.len()),
    }
}

fn nearest(offered: &[EngineVersion]) -> String {
    match offered {
        [] => ", and no other of its major version can".to_owned(),
        offered => format!("; {} can", offered.iter().map(EngineVersion::as_str).collect::<Vec<_>>().join(", ")),
    }
}

/// Checks everything but what is skipped.
///
/// # Errors
/// Every check that failed.
pub(crate) async fn preflight(cx: &Cx<'_>, skip: &BTreeSet<Check>) -> Result<(), PreflightError> {
    let mut failures: Vec<Failure> = wrong_region(cx).into_iter().collect();
    match Caller::ask(cx).await {
        Ok(caller) => {
            failures.extend(wrong_account(cx, &caller));
            if !skip.contains(&Check::Caller) {
                failures.extend(caller::locked_out(cx, &caller).await);
            }
        }
        Err(error) => failures.push(Failure::Unanswered { what: "who the caller is", check: None, error }),
    }
    if !skip.contains(&Check::EngineVersion) {
        failures.extend(engine_version::not_offered(cx).await);
    }
    if failures.is_empty() { Ok(()) } else { Err(PreflightError(failures)) }
}

fn wrong_region(cx: &Cx<'_>) -> Option<Failure> {
    let planned = &cx.plan.header().region;
    let actual = cx.aws.sts.config().region().map(ToString::to_string).unwrap_or_default();
    (actual != planned.as_str()).then(|| Failure::WrongRegion { planned: planned.clone(), actual })
}

fn wrong_account(cx: &Cx<'_>, caller: &Caller) -> Option<Failure> {
    let planned = &cx.plan.header().account;
    let actual = caller.account.clone();
    (actual != planned.as_str()).then(|| Failure::WrongAccount { planned: planned.clone(), actual })
}
