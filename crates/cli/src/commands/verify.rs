//! `saas verify`: proves that live equals plan.

use std::path::PathBuf;

use clap::Args;
use saas_executor::Session;
use saas_model::Plan;

use super::{Format, block_on};
use crate::carry_out::tell_calls;
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::read_plan;
use crate::progress::Progress;
use crate::render;

#[derive(Clone, Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The form of what is found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) fn run(args: VerifyArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let progress = Progress::new(None)?;
    block_on(verify(&plan, &args, &progress))
}

async fn verify(plan: &Plan, args: &VerifyArgs, progress: &Progress) -> Result<Exit, Failure> {
    let session = Session::open(plan, args.connect.options()?, progress).await;
    let verification = session.verify().await.map_err(Failure::Observe)?;
    progress.print(&match args.format {
        Format::Text => render::verification::text(&verification),
        Format::Json => render::verification::json(&verification),
    })?;
    tell_calls(&session);
    Ok(if verification.is_clean() { Exit::Done } else { Exit::Failed })
}
