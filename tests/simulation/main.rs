//! Checks that the next apply completes the work after any failure of an apply: in virtual time, on the
//! sandbox.
//!
//! `cargo xtask simulate` runs this program. It prints what it played and what failed, and exits with 1
//! if anything failed.

#![expect(clippy::print_stdout, reason = "this program prints its results")]

mod application;
mod back_to_back;
mod conditions;
mod database;
mod inventory;
mod matrix;
mod player;
mod scenario;
mod schedule;
mod world;

use std::num::NonZero;
use std::process::ExitCode;
use std::thread::{available_parallelism, scope};
use std::time::Instant;

use anyhow::{Result, anyhow};
use clap::Parser;

use crate::matrix::Played;
use crate::player::{SchedulePlayer, Tally};
use crate::world::Database;

/// Kill applies at every call and statement, then play random schedules, on the sandbox.
#[derive(Parser)]
struct Arguments {
    /// Only this scenario of the kill matrix, or `at once`, and no random schedules
    #[arg(long)]
    only: Option<String>,
    /// The number of random schedules
    #[arg(long, default_value_t = 2_000)]
    seeds: u64,
    /// The first seed; skips the kill matrix
    #[arg(long)]
    from: Option<u64>,
    /// Play a sample of both, drawn from this hexadecimal number, such as a commit id
    #[arg(long, value_name = "HEX", value_parser = hexadecimal, conflicts_with_all = ["seeds", "from"])]
    sample: Option<u64>,
}

/// The number of schedules in a sample.
const SAMPLED_SCHEDULES: u64 = 100;

/// One in this number of schedules is played twice, and both runs must be equal.
const TWICE_ONE_IN: u64 = 16;

/// The value of the first 16 digits of a hexadecimal number.
fn hexadecimal(text: &str) -> Result<u64, std::num::ParseIntError> {
    u64::from_str_radix(text.get(..16).unwrap_or(text), 16)
}

/// A random sample of the deaths in the kill matrix.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample(u64);

impl Sample {
    /// Whether the death with this number is in the sample, which has one in this many. Neighbours are drawn
    /// independently, because they tend to have the same outcome.
    pub(crate) fn has_one_in(self, one_in: u64, number: u64) -> bool {
        fastrand::Rng::with_seed(self.0 ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).u64(0..one_in) == 0
    }
}

/// A worker's part of the work: all numbers that leave the remainder `index` when divided by `count`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    index: u64,
    count: u64,
}

impl Share {
    pub(crate) const fn has(self, number: u64) -> bool {
        number % self.count == self.index
    }
}

fn main() -> Result<ExitCode> {
    let Arguments { only, seeds, from, sample } = Arguments::parse();
    let mut survived = true;
    if from.is_none() {
        survived &= kill_matrix(only.as_deref(), sample.map(Sample))?;
    }
    if from.is_none() && only.as_deref().is_none_or(|only| only == back_to_back::NAME) {
        survived &= back_to_back(sample.map(Sample))?;
    }
    if only.is_none() {
        // Seeds of a sample are halved, so that adding to them cannot overflow.
        let (from, seeds) = sample.map_or((from.unwrap_or_default(), seeds), |seed| (seed / 2, SAMPLED_SCHEDULES));
        survived &= schedules(from, seeds)?;
    }
    Ok(if survived { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Plays every death of every scenario, or a sample; returns whether all were survived.
fn kill_matrix(only: Option<&str>, sample: Option<Sample>) -> Result<bool> {
    let mut all = Played::default();
    let start = Instant::now();
    for scenario in scenario::all().iter().filter(|scenario| only.is_none_or(|only| only == scenario.name)) {
        let start = Instant::now();
        let shares = on_every_core(|database, share| matrix::play(database, scenario, share, sample))?;
        let played: Played = shares.into_iter().sum();
        println!("{}: {played}, {:.0} s", scenario.name, start.elapsed().as_secs_f64());
        all = [all, played].into_iter().sum();
    }
    println!("kill matrix: {all}, {:.0} s", start.elapsed().as_secs_f64());
    Ok(all.failed == 0)
}

/// Plays back-to-back changes, or a sample; returns whether all succeeded.
fn back_to_back(sample: Option<Sample>) -> Result<bool> {
    let start = Instant::now();
    let shares = on_every_core(|database, share| back_to_back::play(database, share, sample))?;
    let played: Played = shares.into_iter().sum();
    println!(
        "{}: {} pairs, {} failed, {:.0} s",
        back_to_back::NAME,
        played.cases,
        played.failed,
        start.elapsed().as_secs_f64()
    );
    Ok(played.failed == 0)
}

/// Plays this number of random schedules; returns whether all were survived.
fn schedules(from: u64, seeds: u64) -> Result<bool> {
    let start = Instant::now();
    let shares = on_every_core(|database, share| {
        let player = SchedulePlayer::new(database)?;
        let mut tally = Tally::default();
        for seed in (from..from + seeds).filter(|seed| share.has(*seed)) {
            if let Some(fault) = player.play(database, seed, &mut tally)? {
                println!("FAILED seed {seed}, minimized:\n{fault}");
            }
            if (seed / share.count).is_multiple_of(TWICE_ONE_IN)
                && let Some(fault) = player.play_twice(database, seed, &mut tally)?
            {
                println!("FAILED seed {seed}: {fault}");
            }
        }
        Ok(tally)
    })?;
    let tally: Tally = shares.into_iter().sum();
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    println!("random schedules: {tally}, {:.0} a minute", tally.schedules as f64 / minutes);
    Ok(tally.failed == 0)
}

/// Runs `work` on every core, each with its own database.
fn on_every_core<T: Send>(work: impl Fn(&Database, Share) -> Result<T> + Sync) -> Result<Vec<T>> {
    let count = available_parallelism().map_or(1, NonZero::get) as u64;
    let work = &work;
    scope(|scope| {
        let core = |index| scope.spawn(move || work(&Database::start()?, Share { index, count }));
        let cores: Vec<_> = (0..count).map(core).collect();
        cores.into_iter().map(|core| core.join().map_err(|_| anyhow!("a share of the work panicked"))?).collect()
    })
}

/// Runs a process in virtual time: the clock advances whenever all tasks are idle, and all its tasks
/// end with it. `seed` determines the random pauses of the AWS SDK's retries.
fn in_virtual_time<T>(seed: u64, work: impl Future<Output = Result<T>>) -> Result<T> {
    fastrand::seed(seed);
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?.block_on(work)
}
