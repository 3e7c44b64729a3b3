//! `cargo xtask plan`: plans every fixture, or says what is not as it would be planned.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use miette::Report;
use saas_cli::plan_files::{PlanFiles, PlanFilesError, Prepared, SPEC, Stale, StaleReason};
use saas_model::fields::FieldChange;
use saas_planner::PlanDiff;
use saas_planner::diff::{NodeChange, NodeDiff};

/// The directory whose directories are planned when none is named.
const FIXTURES: &str = "fixtures";

/// The exit codes of `saas` as well.
const WRONG_INPUT: u8 = 2;
const CHANGES: u8 = 3;

#[derive(clap::Args)]
pub(crate) struct PlanArgs {
    /// Write nothing; exit 3 and say what differs where lock or plan are not as they would be written.
    #[arg(long)]
    check: bool,
    /// Directories with a `saas.toml`; every directory of `fixtures/` if none is given.
    directories: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &PlanArgs) -> ExitCode {
    let directories = match arguments.directories.as_slice() {
        [] => match fixtures() {
            Ok(directories) => directories,
            Err(error) => {
                eprintln!("error: `{FIXTURES}` cannot be read: {error}");
                return ExitCode::from(WRONG_INPUT);
            }
        },
        given => given.to_vec(),
    };
    // The worst that was met decides; every directory is looked at all the same.
    let codes = directories.iter().map(|directory| {
        let files = PlanFiles::of_directory(directory);
        match plan(files, arguments.check) {
            Ok(code) => code,
            Err(error) => {
                complain(error);
                WRONG_INPUT
            }
        }
    });
    let codes: Vec<u8> = codes.collect();
    let worst = if codes.contains(&WRONG_INPUT) { WRONG_INPUT } else { codes.into_iter().max().unwrap_or_default() };
    ExitCode::from(worst)
}

fn fixtures() -> io::Result<Vec<PathBuf>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(FIXTURES);
    let root = root.canonicalize()?;
    // What people read is shorter from where they are.
    let here = std::env::current_dir()?;
    let mut directories = Vec::new();
    for entry in std::fs::read_dir(&root)? {
        let path = entry?.path();
        if path.join(SPEC).exists() {
            directories.push(path.strip_prefix(&here).map(PathBuf::from).unwrap_or(path));
        }
    }
    directories.sort();
    Ok(directories)
}

fn plan(files: PlanFiles, check: bool) -> Result<u8, PlanFilesError> {
    let prepared = files.prepare()?;
    for warning in &prepared.warnings {
        eprintln!("warning: {warning}");
    }
    let stale = prepared.stale();
    if check {
        stale.iter().for_each(show);
        return Ok(if stale.is_empty() { 0 } else { CHANGES });
    }
    prepared.write()?;
    summarize(&prepared, &stale);
    Ok(0)
}

fn summarize(prepared: &Prepared, stale: &[Stale]) {
    let plan = &prepared.planned.plan;
    let verb = if stale.is_empty() { "unchanged" } else { "written" };
    println!("{}: {verb}, {} nodes, id {}", prepared.plan_path().display(), plan.nodes().len(), plan.id());
}

fn complain(error: PlanFilesError) {
    match error {
        PlanFilesError::Problems(problems) => eprintln!("{:?}", Report::from(*problems)),
        error => eprintln!("error: {:#}", anyhow::Error::from(error)),
    }
}

fn show(stale: &Stale) {
    let path = stale.path.display();
    match &stale.reason {
        StaleReason::Missing => println!("{path}: missing"),
        StaleReason::Slots => println!("{path}: the slots are not those of the spec's tenants"),
        StaleReason::Spelling => println!("{path}: means the same and is written differently"),
        StaleReason::Unreadable(error) => println!("{path}: {error}"),
        StaleReason::Plan(diff) => {
            println!("{path}: not what the spec gives");
            show_diff(diff);
        }
    }
}

fn show_diff(diff: &PlanDiff) {
    show_fields("header", &diff.header);
    for (address, change) in &diff.nodes {
        match change {
            NodeChange::Added(kind) => println!("  + {address} ({kind})"),
            NodeChange::Removed(kind) => println!("  - {address} ({kind})"),
            NodeChange::Replaced { before, after } => println!("  ± {address} ({before} → {after})"),
            NodeChange::Changed(NodeDiff { kind, fields, tags, initial, after_added, after_removed }) => {
                println!("  ~ {address} ({kind})");
                [fields, tags, initial].into_iter().for_each(|changes| show_fields("  ", changes));
                after_added.iter().for_each(|other| println!("      + after {other}"));
                after_removed.iter().for_each(|other| println!("      - after {other}"));
            }
        }
    }
    for (address, change) in &diff.outputs {
        let text = |text: &Option<saas_model::Text>| text.as_ref().map_or("nothing".to_owned(), ToString::to_string);
        println!("  output {address}: {} → {}", text(&change.before), text(&change.after));
    }
}

fn show_fields(prefix: &str, changes: &[FieldChange]) {
    for FieldChange { field, before, after } in changes {
        println!("  {prefix} {field}: {before} → {after}");
    }
}
