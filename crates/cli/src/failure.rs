//! Why a command could not do what it was asked for, and which exit code that means.

use std::io;
use std::path::PathBuf;

use saas_executor::change_set::AtStake;
use saas_executor::preflight::PreflightError;
use saas_model::{Address, Digest};

use crate::exit::Exit;
use crate::plan_files::PlanFilesError;
use crate::rehearsal::NodeFailure;
use crate::sandbox::SandboxFailure;

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
    #[error("the plan that is live before cannot be applied")]
    Before(Vec<NodeFailure>),
    /// The sandbox or its PostgreSQL cannot be started or kept.
    #[error(transparent)]
    Sandbox(#[from] SandboxFailure),
    /// It could be done, and must not be.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why something is not done although it could be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Data would be lost, and nobody has said that it may be.
    #[error("data would be lost")]
    DataAtStake(Vec<AtStake>),
    /// Something else was approved.
    #[error("what was approved is `{approved}`, and what would be done is `{actual}`")]
    OtherApproved { approved: Digest, actual: Digest },
    /// Nobody has agreed, and there is nobody to ask.
    #[error("nobody has agreed to this, and there is no terminal to ask at")]
    NobodyToAsk { actual: Digest },
    /// The person at the terminal does not want it.
    #[error("you did not agree, so nothing was changed")]
    Declined,
    /// The plan protects what would be destroyed.
    #[error("the plan has deletion protection on for {}", .0.iter().map(|address| format!("`{address}`")).collect::<Vec<_>>().join(", "))]
    Protected(Vec<Address>),
}

impl Failure {
    /// The exit code that it means.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::PlanFiles(PlanFilesError::Unwritable { .. }) => Exit::Failed,
            Self::PlanFiles(_) | Self::Unreadable { .. } | Self::Unwritable { .. } => Exit::WrongInput,
            Self::Process { .. } | Self::Observe(_) | Self::Executor(_) | Self::Before(_) | Self::Sandbox(_) => {
                Exit::Failed
            }
            Self::Preflight(error) if error.is_refusal() => Exit::Refused,
            Self::Preflight(_) => Exit::Failed,
            Self::Refused(_) => Exit::Refused,
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
        let unwritable = PlanFilesError::Unwritable { path: path(), source: broken() };
        assert_eq!(Failure::from(unwritable).exit(), Exit::Failed);
        let unreadable = PlanFilesError::Unreadable { path: path(), source: broken() };
        assert_eq!(Failure::from(unreadable).exit(), Exit::WrongInput);
    }
}
