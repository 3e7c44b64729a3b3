//! `cargo xtask simulate`: whatever happens to an apply, the next one finishes the work.
//!
//! The work is done by a program of its own, for this one builds without the AWS SDKs. It runs once
//! for each core of the machine, and each run plays its share.

use std::process::{Command, ExitCode, Stdio};
use std::thread::available_parallelism;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::cargo;

/// Kill applies at every call and statement, on the sandbox in virtual time.
#[derive(clap::Args)]
pub(crate) struct SimulateArgs {
    /// Only this scenario of the kill matrix.
    #[arg(long)]
    only: Option<String>,
}

pub(crate) fn run(arguments: &SimulateArgs) -> Result<ExitCode> {
    let program = cargo::build_example("simulate")?;
    let shards = available_parallelism().map_or(1, std::num::NonZero::get);
    let start = Instant::now();
    let only = arguments.only.iter().flat_map(|name| ["--only", name]);
    let only: Vec<&str> = only.collect();
    let running: Vec<_> = (0..shards)
        .map(|shard| {
            Command::new(&program)
                .args(["--shard", &shard.to_string(), "--shards", &shards.to_string()])
                .args(&only)
                .stdout(Stdio::inherit())
                .spawn()
                .context("the simulation cannot be run")
        })
        .collect::<Result<_>>()?;
    let mut survived = true;
    for mut shard in running {
        survived &= shard.wait()?.success();
    }
    println!("simulated in {:.0} s on {shards} cores", start.elapsed().as_secs_f64());
    Ok(if survived { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
