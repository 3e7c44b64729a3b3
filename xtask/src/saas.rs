//! Runs `saas` in a temporary directory.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// The program and its directory, which is removed on drop.
pub(crate) struct Saas {
    program: PathBuf,
    work: TempDir,
}

impl Saas {
    pub(crate) fn new(program: PathBuf) -> Result<Self> {
        Ok(Self { program, work: tempfile::tempdir()? })
    }

    /// The working directory of the commands.
    pub(crate) fn directory(&self) -> &Path {
        self.work.path()
    }

    /// A command that is not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(self.work.path())
            .env("AWS_ACCESS_KEY_ID", "demo")
            .env("AWS_SECRET_ACCESS_KEY", "demo")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN");
        command
    }

    /// Runs a command with its output on the terminal, and returns its exit code.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<i32> {
        let status = self.command(arguments).status().context("saas cannot be run")?;
        status.code().with_context(|| format!("`saas {}` ended with {status}", arguments.join(" ")))
    }

    /// Runs a command and returns its standard output, regardless of its exit code.
    pub(crate) fn printed(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(arguments).output().context("saas cannot be run")?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a command that must succeed, and returns its standard output followed by its standard
    /// error.
    pub(crate) fn result(&self, arguments: &[&str]) -> Result<String> {
        let Output { status, stdout, stderr } = self.command(arguments).output().context("saas cannot be run")?;
        let messages = String::from_utf8_lossy(&stderr);
        ensure!(status.success(), "`saas {}` ended with {status}:\n{messages}", arguments.join(" "));
        Ok(format!("{}{messages}", String::from_utf8_lossy(&stdout)))
    }
}
