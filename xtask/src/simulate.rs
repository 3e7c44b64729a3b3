//! `cargo xtask simulate`: whatever happens to an apply, the next one finishes the work.
//!
//! The work is done by a program of its own, for this one builds without the AWS SDKs. It runs once
//! for each core of the machine, and each run plays its share.

use std::num::NonZero;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::thread::available_parallelism;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::cargo;

/// Kill applies at every call and statement, then play random schedules, on the sandbox.
#[derive(clap::Args)]
pub(crate) struct SimulateArgs {
    /// Only this scenario of the kill matrix, and no random schedules.
    #[arg(long)]
    only: Option<String>,
    /// How many random schedules.
    #[arg(long, default_value_t = 2_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
}

pub(crate) fn run(arguments: &SimulateArgs) -> Result<ExitCode> {
    let program = cargo::build_example("simulate")?;
    if let Some(only) = &arguments.only {
        return Ok(code(play(&program, &["--only", only])?));
    }
    println!("the kill matrix");
    let matrix = play(&program, &[])?;
    println!("random schedules");
    let (seeds, from) = (arguments.seeds.to_string(), arguments.from.to_string());
    let schedules = play(&program, &["--seeds", &seeds, "--from", &from])?;
    Ok(code(matrix && schedules))
}

fn code(survived: bool) -> ExitCode {
    if survived { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the program once for each core; says whether everything was survived.
fn play(program: &Path, arguments: &[&str]) -> Result<bool> {
    let shards = available_parallelism().map_or(1, NonZero::get);
    let start = Instant::now();
    let start_one = |shard: usize| {
        let mut command = Command::new(program);
        command.args(["--shard", &shard.to_string(), "--shards", &shards.to_string()]).args(arguments);
        command.spawn().context("the simulation cannot be run")
    };
    let running: Vec<_> = (0..shards).map(start_one).collect::<Result<_>>()?;
    let mut survived = true;
    for mut shard in running {
        survived &= shard.wait()?.success();
    }
    println!("played in {:.0} s on {shards} cores", start.elapsed().as_secs_f64());
    Ok(survived)
}
