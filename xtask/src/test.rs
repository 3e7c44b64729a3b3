//! `cargo xtask test`: sets up what the tests need, and runs all of them.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use saas_tests::setup;

use crate::cargo;

/// Set up what the tests need, and run all of them.
#[derive(Args)]
pub(crate) struct TestArgs {
    /// Arguments for the test runner, such as a filter.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &TestArgs) -> Result<ExitCode> {
    setup::python()?;
    setup::postgres()?;
    let runner: &[&str] = if cargo::has_nextest() { &["nextest", "run"] } else { &["test", "--all-targets"] };
    let mut words: Vec<&str> = runner.to_vec();
    words.push("--workspace");
    words.extend(arguments.rest.iter().map(String::as_str));
    cargo::run(&words)?;
    if arguments.rest.is_empty() {
        // Neither runner above runs the doc tests.
        cargo::run(&["test", "--doc", "--workspace"])?;
    }
    Ok(ExitCode::SUCCESS)
}
