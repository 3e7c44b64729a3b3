//! The errors of commands, and their exit codes.

use std::io;
#[cfg(feature = "sandbox")]
use std::net::SocketAddr;
use std::path::PathBuf;

#[cfg(feature = "sandbox")]
use itertools::Itertools as _;
use saas_executor::Mismatch;
use saas_executor::apply::change_set::{Blocker, DataLoss};
use saas_executor::lease::CannotChange;
use saas_executor::preflight::PreflightError;
use saas_executor::{LeaseError, SupersededPlan};
use saas_model::impact::FieldImpact;
use saas_model::receipt::UnreadableReceipt;
use saas_model::{Address, Digest};

use crate::connect::Malformed;
use crate::exit::Exit;
use crate::plan_files::PlanFilesError;
#[cfg(feature = "sandbox")]
use crate::rehearsal::NodeFailure;
#[cfg(feature = "sandbox")]
use crate::sandbox::{DirectoryError, SandboxFailure};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// An error in spec, lock or plan.
    #[error(transparent)]
    PlanFiles(#[from] PlanFilesError),
    /// A file cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// A file cannot be written.
    #[error("`{}` cannot be written", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    /// The environment names a malformed endpoint.
    #[error("`{value}`, which {variable} says, is no endpoint: {malformed}")]
    MalformedEndpoint { variable: String, value: String, malformed: Malformed },
    /// A process-level error, such as a failing runtime.
    #[error("{what}")]
    Process { what: &'static str, source: io::Error },
    /// Live resources cannot be listed; one error per kind.
    #[error("what is live cannot be found out")]
    Observe(Vec<saas_executor::Error>),
    /// A preflight check failed.
    #[error("preflight found what must be put right first")]
    Preflight(PreflightError),
    /// A resource cannot be described, or an output has no value.
    #[error(transparent)]
    Executor(#[from] saas_executor::Error),
    /// The plan to rehearse from cannot be applied.
    #[cfg(feature = "sandbox")]
    #[error("the plan that is live before cannot be applied")]
    Before(Vec<NodeFailure>),
    /// The sandbox or its PostgreSQL cannot be started or saved.
    #[cfg(feature = "sandbox")]
    #[error(transparent)]
    Sandbox(#[from] SandboxFailure),
    /// The sandbox cannot listen on the requested address.
    #[cfg(feature = "sandbox")]
    #[error("the sandbox cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    /// The lease cannot be acquired, or the control bucket cannot be used.
    #[error(transparent)]
    Lease(LeaseError),
    /// A file does not contain a readable receipt.
    #[error("`{}` cannot be used", .path.display())]
    NotAReceipt { path: PathBuf, source: UnreadableReceipt },
    /// The run completed, but its receipt cannot be written to the file.
    #[error("the receipt cannot be written to `{}`", .path.display())]
    ReceiptUnwritten { path: PathBuf, source: io::Error },
    /// The operator interrupted the run twice.
    #[error("stopped at once: what was under way may have happened, or not")]
    StoppedAtOnce,
    /// The command is possible but refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why a possible command is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Data would be lost without permission.
    #[error("data would be lost")]
    DataAtStake(Vec<DataLoss>),
    /// A known blocker prevents the changes.
    #[error("something is in the way, so nothing was begun")]
    Blocked(Vec<Blocker>),
    /// The change includes fields that no live platform can change.
    #[error("this cannot be changed on a live platform, so nothing was begun")]
    CannotChange(Vec<FieldImpact>),
    /// The approval is for another change set.
    #[error("what was approved is `{approved}`, and what would be done is `{actual}`")]
    OtherApproved { approved: Digest, actual: Digest },
    /// There is neither an approval nor a terminal to ask at.
    #[error("nobody has agreed to this, and there is no terminal to ask at")]
    NobodyToAsk { actual: Digest },
    /// Breaking the lease requires `--yes` or a terminal to ask at.
    #[error("nobody has agreed to this, and there is no terminal to ask at")]
    BreakUnconfirmed,
    /// The operator declined at the terminal.
    #[error("you did not agree, so nothing was changed")]
    Declined,
    /// Deletion protection is on, by the plan or by a manual change.
    #[error("deletion protection is on for {}", named(.0))]
    Protected(Vec<Address>),
    /// A newer plan has been applied since.
    #[error("{0}: applying the older one again takes back what the newer one brought")]
    OlderPlan(Box<SupersededPlan>),
    /// The sandbox would be reachable from other machines.
    #[cfg(feature = "sandbox")]
    #[error(
        "{0} is no address of loopback: the sandbox checks no credentials, so every machine that reaches it may change \
         it and read the secrets in it"
    )]
    OpenToOthers(SocketAddr),
    /// The plan is for another platform than the live one.
    #[cfg(feature = "sandbox")]
    #[error("the plan belongs to another platform than what is live: {}", parts(.0))]
    AnotherPlatform(Vec<Mismatch>),
}

fn named(addresses: &[Address]) -> String {
    addresses.iter().map(|address| format!("`{address}`")).join(", ")
}

#[cfg(feature = "sandbox")]
fn parts(mismatches: &[Mismatch]) -> String {
    mismatches.iter().join("; ")
}

impl Failure {
    /// The exit code of this failure.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::PlanFiles(PlanFilesError::Unwritable { .. }) => Exit::Failed,
            Self::PlanFiles(_)
            | Self::Unreadable { .. }
            | Self::Unwritable { .. }
            | Self::NotAReceipt { .. }
            | Self::MalformedEndpoint { .. }
            | Self::Sandbox(SandboxFailure::Directory(DirectoryError::NotADirectory { .. })) => Exit::WrongInput,
            Self::Process { .. }
            | Self::Observe(_)
            | Self::Executor(_)
            | Self::ReceiptUnwritten { .. }
            | Self::StoppedAtOnce => Exit::Failed,
            #[cfg(feature = "sandbox")]
            Self::Before(_) | Self::Listen { .. } => Exit::Failed,
            #[cfg(feature = "sandbox")]
            Self::Sandbox(SandboxFailure::Directory(DirectoryError::InUse { .. })) => Exit::Refused,
            Self::Lease(error) if error.is_refusal() => Exit::Refused,
            #[cfg(feature = "sandbox")]
            Self::Sandbox(_) => Exit::Failed,
            Self::Lease(_) => Exit::Failed,
            Self::Preflight(error) if error.is_refusal() => Exit::Refused,
            Self::Preflight(_) => Exit::Failed,
            Self::Refused(_) => Exit::Refused,
        }
    }
}

impl From<CannotChange> for Failure {
    fn from(error: CannotChange) -> Self {
        match error {
            CannotChange::Lease(error) => Self::Lease(error),
            CannotChange::Preflight(error) => Self::Preflight(error),
            CannotChange::Observe(errors) => Self::Observe(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_has_its_exit_code() {
        let broken = || io::Error::other("broken");
        let path = || PathBuf::from("file");
        let refused = Failure::from(Refusal::Declined);
        assert_eq!(refused.exit(), Exit::Refused);
        assert_eq!(Failure::Unreadable { path: path(), source: broken() }.exit(), Exit::WrongInput);
        assert_eq!(Failure::Observe(Vec::new()).exit(), Exit::Failed);
        assert_eq!(Failure::Lease(LeaseError::Changed(None)).exit(), Exit::Refused);
        assert_eq!(Failure::Lease(LeaseError::NoControlBucket).exit(), Exit::Failed);
        assert_eq!(Failure::StoppedAtOnce.exit(), Exit::Failed);
        let unwritable = PlanFilesError::Unwritable { path: path(), source: broken() };
        assert_eq!(Failure::from(unwritable).exit(), Exit::Failed);
        let unreadable = PlanFilesError::Unreadable { path: path(), source: broken() };
        assert_eq!(Failure::from(unreadable).exit(), Exit::WrongInput);
    }
}
