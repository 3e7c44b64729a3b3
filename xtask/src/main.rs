//! The tasks of this repository, as `cargo xtask <task>`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task tells people what it does")]

mod bench;
mod plan;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The tasks of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Plan the specs of the fixtures, or of other directories.
    Plan(plan::PlanArgs),
    /// Measure what planning costs, for platforms of 3 to 10,000 tenants.
    Bench(bench::BenchArgs),
}

fn main() -> ExitCode {
    match Arguments::parse().task {
        Task::Plan(arguments) => plan::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
    }
}
