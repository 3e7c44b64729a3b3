//! The error of every operation of a session.

use crate::error::Error;
use crate::identity::Mismatch;
use crate::lease::LeaseError;
use crate::preflight::{Failure, PreflightError};
use crate::refusal::Refusal;

/// Why a session cannot do what was requested.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The live resources cannot be listed or compared; one error for each kind.
    #[error("cannot list the live resources")]
    Observe(Vec<Error>),
    /// A check before the first write failed.
    #[error("preflight checks failed")]
    Preflight(PreflightError),
    /// The lease cannot be acquired, or the control bucket cannot be used.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// A call failed outside the steps of an apply, or an output has no value.
    #[error(transparent)]
    Call(#[from] Error),
    /// The change is possible but refused: it is not approved, or a safeguard prevents it.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl SessionError {
    /// The error of a listing that failed at one kind.
    pub(crate) fn observe(error: Error) -> Self {
        Self::Observe(vec![error])
    }

    /// Whether the caller, its permission or another run is in the way, and neither the plan nor AWS.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Refused(_) => true,
            Self::Preflight(error) => error.is_refusal(),
            Self::Lease(error) => error.is_refusal(),
            Self::Observe(_) | Self::Call(_) => false,
        }
    }

    /// Whether another run holds the lease, or held it since the live resources were listed. The request may
    /// succeed later.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        matches!(self, Self::Lease(LeaseError::Held(_) | LeaseError::Changed(_)))
    }

    /// What the operator can do about it, where known. The errors of [`Self::Observe`] and the failures of
    /// [`Self::Preflight`] have hints of their own; how to lift a refusal is up to the program.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Lease(error) => error.hint(),
            Self::Call(error) => error.hint(),
            Self::Observe(_) | Self::Preflight(_) | Self::Refused(_) => None,
        }
    }
}

impl From<PreflightError> for SessionError {
    fn from(error: PreflightError) -> Self {
        Self::Preflight(error)
    }
}

/// Refuses to use a plan on a platform whose identity differs from the plan's.
///
/// # Errors
/// When there are mismatches.
pub(crate) fn refuse_another_platform(mismatches: Vec<Mismatch>) -> Result<(), SessionError> {
    if mismatches.is_empty() {
        return Ok(());
    }
    Err(PreflightError(vec![Failure::AnotherPlatform { mismatches }]).into())
}
