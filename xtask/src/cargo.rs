//! Runs cargo.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use saas_tests::setup;

fn command() -> Command {
    // Cargo sets this variable for the programs that it runs.
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs cargo with its output on the terminal.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    run_with(arguments, [])
}

/// Like [`run`], with additional environment variables.
pub(crate) fn run_with<const N: usize>(arguments: &[&str], environment: [(&str, &Path); N]) -> Result<()> {
    let status = command().args(arguments).envs(environment).status().context("cargo cannot be run")?;
    ensure!(status.success(), "`cargo {}` failed", arguments.join(" "));
    Ok(())
}

/// Whether cargo-nextest is installed.
pub(crate) fn has_nextest() -> bool {
    let version = command().args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// The build profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// The profile of the tests, which shares their compilation of the AWS SDKs.
    Dev,
    /// With optimisation, as for users.
    Release,
}

/// Builds an example of the workspace and returns its path; see [`build_saas`].
pub(crate) fn build_example(name: &str) -> Result<PathBuf> {
    run(&["build", "--workspace", "--example", name])?;
    Ok(setup::target_directory()?.join("debug/examples").join(name))
}

/// Builds `saas` and returns its path. It builds the whole workspace, as the tests do, so that the AWS
/// SDKs are compiled once with the same features.
pub(crate) fn build_saas(profile: Profile) -> Result<PathBuf> {
    let (name, directory) = match profile {
        Profile::Dev => ("dev", "debug"),
        Profile::Release => ("release", "release"),
    };
    run(&["build", "--workspace", "--bin", "saas", "--profile", name])?;
    Ok(setup::target_directory()?.join(directory).join("saas"))
}
