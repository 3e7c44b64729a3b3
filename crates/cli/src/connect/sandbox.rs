//! The flags to use a sandbox instead of AWS.

use std::path::PathBuf;

use clap::Args;
use saas_executor::preflight::Check;
use saas_model::Plan;

use super::Missing;
use crate::sandbox::{Database, RunningSandbox, SandboxFailure};

/// Whether a command talks to a sandbox, and to which.
#[derive(Clone, Debug, Args)]
pub(super) struct SandboxFlags {
    /// Use a sandbox instead of AWS: an empty one, or the one in a directory
    #[arg(long, value_name = "DIR", require_equals = true, conflicts_with_all = ELSEWHERE)]
    #[expect(clippy::option_option, reason = "the flag may stand without a directory")]
    sandbox: Option<Option<PathBuf>>,
    /// The PostgreSQL server of the sandbox
    #[arg(long, value_name = "WHICH", value_enum, default_value_t, requires = "sandbox")]
    sandbox_postgres: Database,
}

/// The connection flags that conflict with a sandbox, which determines them itself.
const ELSEWHERE: [&str; 4] = ["endpoint_url", "database_hostaddr", "database_tls", "database_ca"];

impl SandboxFlags {
    /// The requested sandbox, if any.
    ///
    /// # Errors
    /// If the sandbox cannot be started.
    pub(super) fn start(&self, plan: &Plan, missing: Missing) -> Result<Option<RunningSandbox>, SandboxFailure> {
        let start = |directory: &Option<PathBuf>| {
            RunningSandbox::interactive(plan, self.sandbox_postgres, directory.as_deref(), missing)
        };
        self.sandbox.as_ref().map(start).transpose()
    }

    /// The location of the requested sandbox, if any.
    pub(super) fn place(&self) -> Option<String> {
        self.sandbox.as_ref().map(|directory| match directory {
            Some(directory) => format!("the sandbox `{}`", directory.display()),
            None => "a temporary sandbox".to_owned(),
        })
    }

    /// The preflight check that a sandbox makes unnecessary: it has all certificates that a plan names.
    pub(super) fn unneeded_check(&self) -> Option<Check> {
        self.sandbox.as_ref().map(|_| Check::Certificates)
    }
}
