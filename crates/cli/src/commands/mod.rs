//! The commands, one per file, and their entry point.

pub(crate) mod apply;
pub(crate) mod completions;
pub(crate) mod destroy;
pub(crate) mod diff;
pub(crate) mod history;
pub(crate) mod init;
pub(crate) mod lease;
pub(crate) mod man;
pub(crate) mod merge_driver;
pub(crate) mod outputs;
pub(crate) mod permissions;
pub(crate) mod plan;
pub(crate) mod prove;
#[cfg(feature = "sandbox")]
pub(crate) mod rehearse;
pub(crate) mod review;
#[cfg(feature = "sandbox")]
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, ValueEnum};
use clap_complete::CompleteEnv;
use saas_executor::Options;
use saas_model::Plan;

use crate::args::{Arguments, Command};
use crate::connect::{ConnectArgs, Missing};
use crate::core_dump;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::print::note;
use crate::render;

/// The form of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Runs the command of the process's arguments. Invalid usage ends the process with code 2. A
/// completion request of a shell is answered, and ends the process.
#[must_use]
pub fn run() -> ExitCode {
    core_dump::disable();
    CompleteEnv::with_factory(Arguments::command).complete();
    let Arguments { command, global } = Arguments::parse();
    global.set();
    match run_command(command) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            let exit = failure.exit();
            note(&render::failure::text(failure));
            exit.into()
        }
    }
}

fn run_command(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Init(args) => init::run(args),
        Command::Plan(args) => plan::run(args),
        Command::Show(args) => show::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Prove(args) => prove::run(args),
        Command::Status(args) => status::run(args),
        Command::Apply(args) => apply::run(args),
        Command::Verify(args) => verify::run(args),
        #[cfg(feature = "sandbox")]
        Command::Rehearse(args) => rehearse::run(args),
        Command::Review(args) => review::run(args),
        Command::Outputs(args) => outputs::run(args),
        Command::Destroy(args) => destroy::run(args),
        Command::History(args) => history::run(args),
        Command::Permissions(args) => permissions::run(args),
        Command::Lease(args) => lease::run(args),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
        Command::MergeDriver(args) => merge_driver::run(args),
    }
}

/// Runs `work`, which talks to AWS and PostgreSQL about a platform that exists, with the connections of the
/// arguments. A sandbox is saved even if the work fails: changes on AWS would stay, too.
fn connected<T>(
    plan: &Plan,
    connect: &ConnectArgs,
    work: impl AsyncFnOnce(Options) -> Result<T, Failure>,
) -> Result<T, Failure> {
    connected_to(Missing::Refuse, plan, connect, work)
}

/// The same; `missing` is what to do when the directory of a sandbox does not exist.
fn connected_to<T>(
    missing: Missing,
    plan: &Plan,
    connect: &ConnectArgs,
    work: impl AsyncFnOnce(Options) -> Result<T, Failure>,
) -> Result<T, Failure> {
    block_on(async {
        #[cfg(feature = "sandbox")]
        if let Some(sandbox) = connect.sandbox(plan, missing)? {
            return sandbox.play(work).await;
        }
        // Only a sandbox depends on these.
        #[cfg(not(feature = "sandbox"))]
        let _ = (plan, missing);
        work(connect.options()?).await
    })
}

/// Runs a future to completion on a new runtime.
fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Failure::Process { what: "cannot start the async runtime", source })?;
    let done = runtime.block_on(future);
    // Work that was dropped is not waited for.
    runtime.shutdown_background();
    done
}
