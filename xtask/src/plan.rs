//! `cargo xtask plan`: plans every fixture, or reports outdated locks and plans.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use miette::Report;
use saas_files::plan_files::{PlanFiles, PlanFilesError, Prepared, SPEC, Stale};
use saas_files::proof::Unproven;
use saas_files::render;

/// The directory whose subdirectories are planned by default.
const FIXTURES: &str = "fixtures";

#[derive(clap::Args)]
pub(crate) struct PlanArgs {
    /// Write nothing; exit with 3 and report outdated locks and plans.
    #[arg(long)]
    check: bool,
    /// Directories with a `saas.toml`; by default every directory of `fixtures/`.
    directories: Vec<PathBuf>,
}

/// How it ends, with the exit codes of `saas plan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Done = 0,
    WrongInput = 2,
    Stale = 3,
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        Self::from(ended as u8)
    }
}

pub(crate) fn run(arguments: &PlanArgs) -> ExitCode {
    let directories = match arguments.directories.as_slice() {
        [] => match fixtures() {
            Ok(directories) => directories,
            Err(error) => {
                eprintln!("error: `{FIXTURES}` cannot be read: {error}");
                return Ended::WrongInput.into();
            }
        },
        given => given.to_vec(),
    };
    // Every directory is looked at; what is wrong outweighs what has changed.
    let exits: Vec<Ended> = directories
        .iter()
        .map(|directory| {
            plan(PlanFiles::of_directory(directory), arguments.check).unwrap_or_else(|error| {
                report_error(error);
                Ended::WrongInput
            })
        })
        .collect();
    [Ended::WrongInput, Ended::Stale].into_iter().find(|exit| exits.contains(exit)).unwrap_or(Ended::Done).into()
}

fn fixtures() -> io::Result<Vec<PathBuf>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(FIXTURES);
    let root = root.canonicalize()?;
    // Shorter paths in messages: relative to the current directory.
    let here = std::env::current_dir()?;
    let mut directories = Vec::new();
    for entry in fs_err::read_dir(&root)? {
        let path = entry?.path();
        if path.join(SPEC).exists() {
            directories.push(path.strip_prefix(&here).map(PathBuf::from).unwrap_or(path));
        }
    }
    directories.sort();
    Ok(directories)
}

fn plan(files: PlanFiles, check: bool) -> Result<Ended, PlanFilesError> {
    let prepared = files.prepare()?;
    for notice in &prepared.notices {
        eprintln!("warning: {notice}");
    }
    for warning in &prepared.warnings {
        eprintln!("warning: {warning}");
    }
    if check {
        let stale = prepared.checked()?;
        stale.iter().for_each(|stale| anstream::print!("{}", render::stale::text(stale)));
        return Ok(if stale.is_empty() { Ended::Done } else { Ended::Stale });
    }
    let stale = prepared.stale();
    prepared.write()?;
    summarize(&prepared, &stale);
    Ok(Ended::Done)
}

fn summarize(prepared: &Prepared, stale: &[Stale]) {
    let plan = &prepared.planned.plan;
    let verb = if stale.is_empty() { "unchanged" } else { "written" };
    println!("{}: {verb}, {} nodes, id {}", prepared.plan_path().display(), plan.nodes().len(), plan.id());
}

fn report_error(error: PlanFilesError) {
    match error {
        PlanFilesError::Problems(problems) => eprintln!("{:?}", Report::from(*problems)),
        PlanFilesError::Unproven { path, source: Unproven::Refuted(certificate) } => {
            eprint!("error: {}: {}", path.display(), render::proof::refutations(&certificate));
        }
        error => eprintln!("error: {:#}", anyhow::Error::from(error)),
    }
}
