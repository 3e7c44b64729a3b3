//! `cargo xtask simulate`: whatever happens to an apply, the next one finishes the work.
//!
//! The work is done by a program of its own, for this one builds without the AWS SDKs.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::cargo;

/// Kill applies at every call and statement, then play random schedules, on the sandbox.
#[derive(clap::Args)]
pub(crate) struct SimulateArgs {
    /// What is handed to the simulation: `--seeds N`, `--from SEED`, `--only SCENARIO`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &SimulateArgs) -> Result<ExitCode> {
    let program = cargo::build_example("simulate")?;
    let status = Command::new(program).args(&arguments.rest).status().context("the simulation cannot be run")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
