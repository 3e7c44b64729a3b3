//! `cargo xtask reference`: writes `docs/reference.md` from the arguments of `saas`, `docs/saas.schema.json`, and the
//! lists of `docs/security.md`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::cargo;

/// Write `docs/reference.md`, the reference of the command line, `docs/saas.schema.json`, and the lists of
/// `docs/security.md`.
#[derive(clap::Args)]
pub(crate) struct ReferenceArgs {}

/// The arguments are private to `saas`, so its own test writes them; without the variable, it checks. The
/// whole workspace is named for the reason that [`cargo::build_saas`] names it.
pub(crate) fn run() -> Result<ExitCode> {
    let variable = [("SAAS_WRITE_REFERENCE", Path::new("1"))];
    cargo::run_with(&["test", "--quiet", "--workspace", "--lib", "reference_is_current"], variable)?;
    Ok(ExitCode::SUCCESS)
}
