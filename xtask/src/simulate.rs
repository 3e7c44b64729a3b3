//! `cargo xtask simulate`: after any failure of an apply, the next apply completes the work.
//!
//! A separate program does the work, because xtask builds without the AWS SDKs.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::cargo;

/// Kill applies at every call and statement, then play random schedules, on the sandbox.
#[derive(clap::Args)]
pub(crate) struct SimulateArgs {
    /// Arguments for the simulation: `--seeds N`, `--from SEED`, `--only SCENARIO`, `--sample SEED`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &SimulateArgs) -> Result<ExitCode> {
    let program = cargo::build_example("simulate")?;
    let status = Command::new(program).args(&arguments.rest).status().context("the simulation cannot be run")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
