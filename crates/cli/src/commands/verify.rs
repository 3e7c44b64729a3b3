//! `saas verify`: verifies that live equals plan.

use std::path::PathBuf;

use clap::Args;
use saas_executor::verify::Scope;
use saas_executor::{Options, Session};
use saas_model::Plan;

use super::{Format, connected};
use crate::apply_run::tell_calls;
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PLAN, read_plan};
use crate::progress::Progress;
use crate::render;

#[derive(Clone, Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The plan; `-` is standard input, and `REV:PATH` a file of a commit
    #[arg(value_name = "PLAN", default_value = PLAN)]
    plan: PathBuf,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) fn run(args: VerifyArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let progress = Progress::new(None)?;
    connected(&plan, &args.connect, async |options| verify(&plan, &args, options, &progress).await)
}

async fn verify(plan: &Plan, args: &VerifyArgs, options: Options, progress: &Progress) -> Result<Exit, Failure> {
    let session = Session::open(plan, options, progress).await;
    session.recognise().await?;
    let verification = session.verify(&Scope::All).await?;
    progress.print(&match args.format {
        Format::Text => render::verification::text(&verification),
        Format::Json => render::verification::json(&verification),
    })?;
    tell_calls(&session);
    Ok(if verification.is_clean() { Exit::Done } else { Exit::Failed })
}
