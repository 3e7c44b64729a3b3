//! Why a command could not do what it was asked for, and which exit code that means.

use std::io;
#[cfg(feature = "sandbox")]
use std::net::SocketAddr;
use std::path::PathBuf;

#[cfg(feature = "sandbox")]
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

/// Why a command could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// About spec, lock or plan.
    #[error(transparent)]
    PlanFiles(#[from] PlanFilesError),
    /// A file that was named cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// A file that was named cannot be written.
    #[error("`{}` cannot be written", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    /// The environment names an endpoint that is none.
    #[error("`{value}`, which {variable} says, is no endpoint: {malformed}")]
    MalformedEndpoint { variable: String, value: String, malformed: Malformed },
    /// The process cannot do its own work.
    #[error("{what}")]
    Process { what: &'static str, source: io::Error },
    /// What is live could not be found out, kind by kind.
    #[error("what is live cannot be found out")]
    Observe(Vec<saas_executor::Error>),
    /// Something must hold before the first write, and does not.
    #[error("preflight found what must be put right first")]
    Preflight(PreflightError),
    /// A resource cannot be read, or an output has no value.
    #[error(transparent)]
    Executor(#[from] saas_executor::Error),
    /// The plan that a rehearsal begins with cannot be applied.
    #[cfg(feature = "sandbox")]
    #[error("the plan that is live before cannot be applied")]
    Before(Vec<NodeFailure>),
    /// The sandbox or its PostgreSQL cannot be started or kept.
    #[cfg(feature = "sandbox")]
    #[error(transparent)]
    Sandbox(#[from] SandboxFailure),
    /// The sandbox cannot be served where it was to be.
    #[cfg(feature = "sandbox")]
    #[error("the sandbox cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    /// The lease cannot be had, or the control bucket cannot be used.
    #[error(transparent)]
    Lease(LeaseError),
    /// A file holds no receipt that can be shown.
    #[error("`{}` cannot be used", .path.display())]
    NotAReceipt { path: PathBuf, source: UnreadableReceipt },
    /// It was done, and the receipt of it cannot be written where it was to be.
    #[error("the receipt cannot be written to `{}`", .path.display())]
    ReceiptUnwritten { path: PathBuf, source: io::Error },
    /// Somebody has asked twice that it stop.
    #[error("stopped at once: what was under way may have happened, or not")]
    StoppedAtOnce,
    /// It could be done, and must not be.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why something is not done although it could be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Data would be lost, and nobody has said that it may be.
    #[error("data would be lost")]
    DataAtStake(Vec<DataLoss>),
    /// Something known would hold the changes back.
    #[error("something is in the way, so nothing was begun")]
    Blocked(Vec<Blocker>),
    /// Fields would change that no live platform can change.
    #[error("this cannot be changed on a live platform, so nothing was begun")]
    CannotChange(Vec<FieldImpact>),
    /// Something else was approved.
    #[error("what was approved is `{approved}`, and what would be done is `{actual}`")]
    OtherApproved { approved: Digest, actual: Digest },
    /// Nobody has agreed, and there is nobody to ask.
    #[error("nobody has agreed to this, and there is no terminal to ask at")]
    NobodyToAsk { actual: Digest },
    /// The lease would be taken away without `--yes`, and there is no terminal to ask at.
    #[error("nobody has agreed to this, and there is no terminal to ask at")]
    BreakUnconfirmed,
    /// The person at the terminal does not want it.
    #[error("you did not agree, so nothing was changed")]
    Declined,
    /// What would be destroyed is protected, by the plan or by somebody's hand.
    #[error("deletion protection is on for {}", named(.0))]
    Protected(Vec<Address>),
    /// Another plan was applied after this one.
    #[error("{0}: applying the older one again takes back what the newer one brought")]
    OlderPlan(Box<SupersededPlan>),
    /// The sandbox would be open to other machines.
    #[cfg(feature = "sandbox")]
    #[error(
        "{0} is no address of loopback: the sandbox checks no credentials, so every machine that reaches it may change \
         it and read the secrets in it"
    )]
    OpenToOthers(SocketAddr),
    /// The plan is for another platform than the one that is live.
    #[cfg(feature = "sandbox")]
    #[error("the plan belongs to another platform than what is live: {}", parts(.0))]
    AnotherPlatform(Vec<Mismatch>),
}

fn named(addresses: &[Address]) -> String {
    addresses.iter().map(|address| format!("`{address}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(feature = "sandbox")]
fn parts(mismatches: &[Mismatch]) -> String {
    mismatches.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Failure {
    /// The exit code that it means.
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
