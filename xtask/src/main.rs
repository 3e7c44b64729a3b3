//! The tasks of this repository, as `cargo xtask <task>`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task tells people what it does")]

mod bench;
mod cargo;
mod demo;
mod lint;
mod models;
mod parts;
mod plan;
mod reference;
mod saas;
mod scale;
mod simulate;
mod stage;
mod test;

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
    /// Measure the cost of planning, and of applying to an emulator.
    Bench(bench::BenchArgs),
    Demo(demo::DemoArgs),
    Lint(lint::LintArgs),
    Models(models::ModelsArgs),
    Reference(reference::ReferenceArgs),
    /// Rehearse changes of large platforms, and print how long they take.
    Scale(scale::ScaleArgs),
    Simulate(simulate::SimulateArgs),
    Test(test::TestArgs),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Plan(arguments) => Ok(plan::run(&arguments)),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Demo(arguments) => demo::run(&arguments),
        Task::Lint(_) => lint::run().map(|()| ExitCode::SUCCESS),
        Task::Models(arguments) => models::run(&arguments),
        Task::Reference(_) => reference::run(),
        Task::Scale(arguments) => scale::run(&arguments),
        Task::Simulate(arguments) => simulate::run(&arguments),
        Task::Test(arguments) => test::run(&arguments),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
