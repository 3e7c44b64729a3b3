//! Runs cargo from a task.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use saas_tests::setup;

fn command() -> Command {
    // Cargo tells its path to the programs that it runs.
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs cargo, its output to the terminal.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    run_with(arguments, [])
}

/// The same with more in its environment.
pub(crate) fn run_with<const N: usize>(arguments: &[&str], environment: [(&str, &Path); N]) -> Result<()> {
    let status = command().args(arguments).envs(environment).status().context("cargo cannot be run")?;
    ensure!(status.success(), "`cargo {}` failed", arguments.join(" "));
    Ok(())
}

/// Whether the test runner nextest is installed.
pub(crate) fn has_nextest() -> bool {
    let version = command().args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// How a program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// As tests are, which share its compilation of the AWS SDKs.
    Dev,
    /// With optimisation, as people run it.
    Release,
}

/// Builds an example of the workspace and gives its path; see [`build_saas`].
pub(crate) fn build_example(name: &str) -> Result<PathBuf> {
    run(&["build", "--workspace", "--example", name])?;
    Ok(setup::target_directory()?.join("debug/examples").join(name))
}

/// Builds the program `saas` and gives its path. The whole workspace is named, as it is for tests,
/// so that both compile the AWS SDKs with the same features, and once.
pub(crate) fn build_saas(profile: Profile) -> Result<PathBuf> {
    let (name, directory) = match profile {
        Profile::Dev => ("dev", "debug"),
        Profile::Release => ("release", "release"),
    };
    run(&["build", "--workspace", "--bin", "saas", "--profile", name])?;
    Ok(setup::target_directory()?.join(directory).join("saas"))
}
