//! `cargo xtask test`: sets up what the tests need, and runs all of them, also when one of them fails.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use saas_tests::setup;

use crate::cargo;
use crate::lint;
use crate::parts::Parts;

/// Set up what the tests need, and run all of them.
#[derive(Args)]
pub(crate) struct TestArgs {
    /// Arguments for the test runner, such as a filter.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &TestArgs) -> Result<ExitCode> {
    let rest = &arguments.rest;
    let mut parts = Parts::default();
    parts.run("set up moto", || setup::python().map(drop));
    parts.run("set up PostgreSQL", || setup::postgres().map(drop));
    parts.run("set up Chromium", || setup::chromium().map(drop));
    parts.run("set up git, curl and jq", setup::pipeline_programs);
    parts.run("set up an implementation of IAM", || setup::iam_simulate().map(drop));
    parts.run("tests", || cargo::run(&words(cargo::has_nextest(), rest)));
    if rest.is_empty() {
        // Neither runner runs the examples of the documentation.
        parts.run("examples", || cargo::run(&["test", "--doc", "--workspace", "--no-fail-fast"]));
        parts.run("scripts and workflows", lint::run);
    }
    eprintln!("\n{parts}");
    Ok(if parts.all_passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How cargo runs the tests. A test that fails stops no other, unless the caller says how it is to be.
fn words(nextest: bool, rest: &[String]) -> Vec<&str> {
    let runner: &[&str] = if nextest { &["nextest", "run"] } else { &["test", "--all-targets"] };
    let all: &[&str] = if rest.is_empty() { &["--no-fail-fast"] } else { &[] };
    let rest = rest.iter().map(String::as_str);
    runner.iter().chain(&["--workspace"]).chain(all).copied().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filter_is_passed_to_nextest() {
        assert_eq!(words(true, &[]), ["nextest", "run", "--workspace", "--no-fail-fast"]);
        assert_eq!(words(false, &["lease".to_owned()]), ["test", "--all-targets", "--workspace", "lease"]);
    }
}
