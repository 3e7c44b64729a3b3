//! `saas history`: the receipts of a platform.

use std::path::PathBuf;

use clap::Args;
use saas_executor::{Options, Session};
use saas_model::Plan;

use super::{Format, connected};
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PLAN, read_plan};
use crate::progress::Progress;
use crate::render;

#[derive(Clone, Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Any plan of the platform; it locates the receipts
    #[arg(value_name = "PLAN", default_value = PLAN)]
    plan: PathBuf,
    /// The maximum number of receipts, newest first
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: usize,
    /// The output format; `json` contains the whole receipts
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) fn run(args: HistoryArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let progress = Progress::new(None)?;
    connected(&plan, &args.connect, async |options| history(&plan, &args, options, &progress).await)
}

async fn history(plan: &Plan, args: &HistoryArgs, options: Options, progress: &Progress) -> Result<Exit, Failure> {
    let session = Session::open(plan, options, progress).await;
    session.identify().await?;
    let receipts = session.history(args.limit).await?;
    progress.print(&match args.format {
        Format::Text => render::receipt::history(&receipts),
        Format::Json => render::receipt::history_json(&receipts),
    })?;
    Ok(Exit::Done)
}
