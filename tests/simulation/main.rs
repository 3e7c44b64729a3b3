//! Proves that an apply survives whatever happens to it: in virtual time, on the sandbox.
//!
//! `cargo xtask simulate` runs this. It prints what it has played and what failed, and ends with 1
//! if anything did.

#![expect(clippy::print_stdout, reason = "it is a program that prints its results")]

mod database;
mod inventory;
mod matrix;
mod scenario;
mod schedule;
mod stock;
mod world;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::matrix::Played;
use crate::stock::{Stock, Tally};
use crate::world::Database;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: u64| -> Result<u64> {
        let at = arguments.iter().position(|argument| argument == name);
        let value = at.map(|at| arguments.get(at + 1).with_context(|| format!("{name} takes a number"))).transpose()?;
        Ok(value.map(|value| value.parse()).transpose()?.unwrap_or(default))
    };
    let only = arguments.iter().position(|argument| argument == "--only").and_then(|at| arguments.get(at + 1));
    let (shard, shards) = (number("--shard", 0)?, number("--shards", 1)?);
    let database = Database::start()?;
    if arguments.iter().any(|argument| argument == "--seeds") {
        return schedules(&database, number("--from", 0)?, number("--seeds", 0)?, shard, shards);
    }
    let mut all = Played::default();
    for scenario in scenario::all() {
        if only.is_some_and(|only| only != scenario.name) {
            continue;
        }
        let start = Instant::now();
        let played = matrix::play(&database, &scenario, shard, shards)?;
        println!(
            "{}: {} deaths, {} not survived, {:.1} s",
            scenario.name,
            played.cases,
            played.failed,
            start.elapsed().as_secs_f64()
        );
        all.cases += played.cases;
        all.failed += played.failed;
    }
    println!("{} deaths, {} not survived", all.cases, all.failed);
    Ok(if all.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Plays this process's share of so many random schedules.
fn schedules(database: &Database, from: u64, seeds: u64, shard: u64, shards: u64) -> Result<ExitCode> {
    let stock = Stock::new(database)?;
    let start = Instant::now();
    let mut tally = Tally::default();
    for seed in (from..from + seeds).filter(|seed| seed % shards == shard) {
        if let Some(fault) = stock.play(database, seed, &mut tally)? {
            println!("FAILED seed {seed}, as small as it could be made:\n{fault}");
        }
    }
    let Tally { schedules, failed, runs, died, refused } = tally;
    println!(
        "{schedules} schedules, {failed} not survived, {:.0} a minute: {runs} applies, of which {died} died and \
         {refused} never had the lease",
        schedules as f64 * 60.0 / start.elapsed().as_secs_f64()
    );
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs one process of its own time: its clock leaps whenever there is nothing to do, and all that
/// it has begun ends with it.
fn in_virtual_time<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?.block_on(work)
}
