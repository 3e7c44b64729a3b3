//! `saas status`: the changes that apply would make.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use saas_executor::{Intent, Options, Refusal, Session};
use saas_model::Plan;

use super::connected;
use crate::apply_run::tell_calls;
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PLAN, read_plan};
use crate::progress::Progress;
use crate::render;

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  saas status
  saas status plan.msgpack --deep --format markdown    for an issue
  saas status --database-hostaddr 127.0.0.1:5432       through a tunnel to the database")]
pub(crate) struct StatusArgs {
    /// The plan; `-` is standard input, and `REV:PATH` a file of a commit
    #[arg(value_name = "PLAN", default_value = PLAN)]
    plan: PathBuf,
    /// The output format
    #[arg(long, value_enum, default_value_t = StatusFormat::Text)]
    format: StatusFormat,
    /// Compare every resource field by field, even if its digest tag matches the plan
    #[arg(long)]
    deep: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StatusFormat {
    /// For people at a terminal
    Text,
    /// For programs: the change set, with the digest that `--approve` takes
    Json,
    /// For an issue or a comment, at most 65,536 characters
    Markdown,
}

pub(crate) fn run(args: StatusArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let progress = Progress::new(None)?;
    connected(&plan, &args.connect, async |options| status(&plan, &args, options, &progress).await)
}

async fn status(plan: &Plan, args: &StatusArgs, options: Options, progress: &Progress) -> Result<Exit, Failure> {
    let session = Session::open(plan, options, progress).await;
    let last = session.recognise().await?;
    let (_, changes) = session.status(Intent::Plan { deep: args.deep }, &last).await?;
    let older = if changes.is_empty() { None } else { session.superseded(last.apply()).await? };
    let file = args.plan.display().to_string();
    let older = older.map(|older| older.to_string());
    let status = render::status::Status { plan, file: &file, changes: &changes, older };
    progress.print(&match args.format {
        StatusFormat::Text => render::status::text(&status),
        StatusFormat::Json => render::status::json(&status),
        StatusFormat::Markdown => render::status::markdown(&status),
    })?;
    tell_calls(&session);
    let cannot = changes.cannot_change();
    if !cannot.is_empty() {
        return Err(Refusal::CannotChange(cannot).into());
    }
    Ok(match changes.is_empty() {
        false => Exit::Changes,
        true if changes.exposures.is_empty() => Exit::Done,
        true => Exit::Failed,
    })
}
