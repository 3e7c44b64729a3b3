//! `saas status`: the changes that apply would make.

use std::path::PathBuf;

use clap::Args;
use saas_executor::{Intent, Options, Refusal, Session};
use saas_model::Plan;

use super::connected;
use crate::apply_run::tell_calls;
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::read_plan;
use crate::progress::Progress;
use crate::render;

#[derive(Clone, Debug, Args)]
pub(crate) struct StatusArgs {
    /// The plan file
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Compare every resource field by field, even if its digest tag matches the plan
    #[arg(long)]
    deep: bool,
    #[command(flatten)]
    connect: ConnectArgs,
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
    progress.print(&render::change_set::text(&changes))?;
    if !changes.is_empty()
        && let Some(older) = session.superseded(last.apply()).await?
    {
        progress.print(&format!(
            "this plan is older than the live one: {older}; applying it reverts the newer plan's changes and requires \
             `--rollback`\n"
        ))?;
    }
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
