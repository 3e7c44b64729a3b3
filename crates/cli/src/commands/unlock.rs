//! `saas unlock`: takes the lease away from a run that was killed.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use saas_executor::{Options, Session};
use saas_model::Plan;

use super::connected;
use crate::confirm::ask;
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::plan_files::read_plan;
use crate::progress::Progress;
use crate::render;

#[derive(Clone, Debug, Args)]
pub(crate) struct UnlockArgs {
    /// The plan, of whichever time: it says where the lease is
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// Take it away without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) fn run(args: UnlockArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let progress = Progress::new(None)?;
    connected(&plan, &args.connect, async |options| unlock(&plan, &args, options, &progress).await)
}

async fn unlock(plan: &Plan, args: &UnlockArgs, options: Options, progress: &Progress) -> Result<Exit, Failure> {
    let session = Session::open(plan, options, progress).await;
    session.identify().await.map_err(Failure::Preflight)?;
    let Some(holder) = session.holder().await.map_err(Failure::Lease)? else {
        progress.print("nobody holds the lease\n")?;
        return Ok(Exit::Done);
    };
    progress.print(&render::lease::text(&holder))?;
    if !args.yes {
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return Err(Refusal::NobodyToAskToUnlock.into());
        }
        let term = holder.until.since(holder.renewed);
        let question = format!("if that run lives, it may go on for up to {term} s; take the lease away from it?");
        if !ask(&question)? {
            return Err(Refusal::Declined.into());
        }
    }
    session.unlock(&holder).await.map_err(Failure::Lease)?;
    progress.print("the lease is free\n")?;
    Ok(Exit::Done)
}
