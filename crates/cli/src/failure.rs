//! The errors of commands, and their exit codes.

use std::io;
#[cfg(feature = "sandbox")]
use std::net::SocketAddr;
use std::path::PathBuf;

#[cfg(feature = "sandbox")]
use itertools::Itertools as _;
#[cfg(feature = "sandbox")]
use saas_executor::Mismatch;
use saas_executor::SessionError;
use saas_model::receipt::UnreadableReceipt;
use saas_model::tenant::NoTenant;
use saas_model::{Address, Digest};
use saas_review::cost::InvalidPrices;

use crate::connect::Malformed;
use crate::exit::Exit;
use crate::init::{InvalidFlags, Unanswered};
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
    #[error("invalid value `{value}` of {variable}: {malformed}")]
    MalformedEndpoint { variable: String, value: String, malformed: Malformed },
    /// Credentials or data would be sent unencrypted to another machine.
    #[error("`{setting}` would send credentials or data unencrypted over the network, to {target}")]
    Unencrypted { setting: String, target: String },
    /// A process-level error, such as a failing runtime.
    #[error("{what}")]
    Process { what: &'static str, source: io::Error },
    /// The executor cannot do what was requested.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The plan to rehearse from cannot be applied.
    #[cfg(feature = "sandbox")]
    #[error("the plan of `--from` cannot be applied to the sandbox")]
    Before(Vec<NodeFailure>),
    /// The sandbox or its PostgreSQL cannot be started or saved.
    #[cfg(feature = "sandbox")]
    #[error(transparent)]
    Sandbox(#[from] SandboxFailure),
    /// The sandbox cannot listen on the requested address.
    #[cfg(feature = "sandbox")]
    #[error("the sandbox cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    /// The plan lacks a part of a tenant.
    #[error(transparent)]
    NoTenant(#[from] NoTenant),
    /// The plan has no node at an address, nor under it.
    #[error("`{}` has no node `{address}`, and none under it", .path.display())]
    NoNode { address: Address, path: PathBuf },
    /// A file does not contain a readable receipt.
    #[error("`{}` cannot be read as a receipt", .path.display())]
    NotAReceipt { path: PathBuf, source: UnreadableReceipt },
    /// A file is not a table of prices.
    #[error("`{}` cannot be read as a table of prices", .path.display())]
    NotPrices { path: PathBuf, source: InvalidPrices },
    /// The run completed, but its receipt cannot be written to the file.
    #[error("the receipt cannot be written to `{}`", .path.display())]
    ReceiptUnwritten { path: PathBuf, source: io::Error },
    /// The operator interrupted the run twice.
    #[error("stopped immediately: calls in progress may or may not have taken effect")]
    StoppedAtOnce,
    /// A first spec needs more answers.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// Flags for a first spec are invalid.
    #[error(transparent)]
    InvalidFlags(#[from] InvalidFlags),
    /// The command is possible but refused, by the CLI itself.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why a possible command is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// There is neither an approval nor a terminal to ask at.
    #[error("the change set is not approved, and there is no terminal to ask for approval")]
    Unapproved { actual: Digest },
    /// Breaking the lease requires `--yes` or a terminal to ask at.
    #[error("breaking the lease is not confirmed, and there is no terminal to ask for confirmation")]
    BreakUnconfirmed,
    /// `init` never overwrites a spec.
    #[error("`saas.toml` exists already")]
    SpecExists,
    /// The operator declined at the terminal.
    #[error("not approved; nothing was changed")]
    Declined,
    /// The sandbox would be reachable from other machines.
    #[cfg(feature = "sandbox")]
    #[error(
        "{0} is not a loopback address: the sandbox checks no credentials, so every machine that reaches it can change it \
         and read its secrets"
    )]
    OpenToOthers(SocketAddr),
    /// The flags ask for another account or Region than that of the saved sandbox.
    #[cfg(feature = "sandbox")]
    #[error("the sandbox in `{}` is of account {account} in {region}, which it keeps", .directory.display())]
    SandboxElsewhere { directory: PathBuf, account: String, region: String },
    /// The plan is for another platform than the live one.
    #[cfg(feature = "sandbox")]
    #[error("the plan is for another platform than the live one: {}", parts(.0))]
    AnotherPlatform(Vec<Mismatch>),
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
            | Self::NotPrices { .. }
            | Self::MalformedEndpoint { .. }
            | Self::Unencrypted { .. }
            | Self::Unanswered(_)
            | Self::InvalidFlags(_)
            | Self::NoTenant(_)
            | Self::NoNode { .. } => Exit::WrongInput,
            #[cfg(feature = "sandbox")]
            Self::Sandbox(SandboxFailure::Directory(
                DirectoryError::NotADirectory { .. } | DirectoryError::Missing { .. },
            )) => Exit::WrongInput,
            Self::Process { .. } | Self::ReceiptUnwritten { .. } | Self::StoppedAtOnce => Exit::Failed,
            #[cfg(feature = "sandbox")]
            Self::Before(_) | Self::Listen { .. } => Exit::Failed,
            #[cfg(feature = "sandbox")]
            Self::Sandbox(SandboxFailure::Directory(DirectoryError::InUse { .. })) => Exit::Refused,
            #[cfg(feature = "sandbox")]
            Self::Sandbox(_) => Exit::Failed,
            Self::Session(error) if error.is_refusal() => Exit::Refused,
            Self::Session(_) => Exit::Failed,
            Self::Refused(_) => Exit::Refused,
        }
    }
}

impl From<saas_executor::Refusal> for Failure {
    fn from(refusal: saas_executor::Refusal) -> Self {
        Self::Session(refusal.into())
    }
}

#[cfg(test)]
mod tests {
    use saas_executor::LeaseError;

    use super::*;

    #[test]
    fn failures_map_to_exit_codes() {
        let broken = || io::Error::other("broken");
        let path = || PathBuf::from("file");
        let refused = Failure::from(Refusal::Declined);
        assert_eq!(refused.exit(), Exit::Refused);
        assert_eq!(Failure::Unreadable { path: path(), source: broken() }.exit(), Exit::WrongInput);
        let session = |error: SessionError| Failure::from(error).exit();
        assert_eq!(session(SessionError::Observe(Vec::new())), Exit::Failed);
        assert_eq!(session(LeaseError::Changed(None).into()), Exit::Refused);
        assert_eq!(session(LeaseError::NoControlBucket.into()), Exit::Failed);
        assert_eq!(session(saas_executor::Refusal::DataLoss(Vec::new()).into()), Exit::Refused);
        assert_eq!(Failure::StoppedAtOnce.exit(), Exit::Failed);
        let unwritable = PlanFilesError::Unwritable { path: path(), source: broken() };
        assert_eq!(Failure::from(unwritable).exit(), Exit::Failed);
        let unreadable = PlanFilesError::Unreadable { path: path(), source: broken() };
        assert_eq!(Failure::from(unreadable).exit(), Exit::WrongInput);
    }
}
