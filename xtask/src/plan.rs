//! `cargo xtask plan`: plans every fixture, or says what is not as it would be planned.

use std::path::PathBuf;
use std::process::ExitCode;

use saas_cli::plan_files::PlanFiles;

#[derive(clap::Args)]
pub(crate) struct PlanArgs {
    /// Write nothing; exit 3 and say what differs where lock or plan are not as they would be written.
    #[arg(long)]
    check: bool,
    /// Directories with a `saas.toml`; every directory of `fixtures/` if none is given.
    directories: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &PlanArgs) -> ExitCode {
    for directory in &arguments.directories {
        let prepared = PlanFiles::of_directory(directory).prepare().expect("to be replaced");
        prepared.write().expect("to be replaced");
        println!("{} {}", prepared.planned.plan.id(), prepared.planned.bytes.len());
    }
    ExitCode::SUCCESS
}
