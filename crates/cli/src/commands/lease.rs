//! `saas lease`: shows the holder of a platform's lease, and takes the lease from a run that was
//! killed.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use saas_executor::lease::Holder;
use saas_executor::{Options, Session};
use saas_model::Plan;

use super::{Format, connected};
use crate::confirm::ask;
use crate::connect::ConnectArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::plan_files::{PLAN, read_plan};
use crate::progress::Progress;
use crate::render;

#[derive(Clone, Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct LeaseArgs {
    #[command(subcommand)]
    command: LeaseCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum LeaseCommand {
    /// Show which run holds the lease, since when and until when; changes nothing
    Show(ShowArgs),
    /// Break the lease of a run that was killed
    Break(BreakArgs),
}

#[derive(Clone, Debug, Args)]
struct ShowArgs {
    /// The output format; `json` is `null` if no run holds the lease
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    platform: Platform,
}

#[derive(Clone, Debug, Args)]
struct BreakArgs {
    /// Break the lease without asking
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    platform: Platform,
}

/// Which lease.
#[derive(Clone, Debug, Args)]
struct Platform {
    /// Any plan of the platform; it locates the lease
    #[arg(value_name = "PLAN", default_value = PLAN)]
    plan: PathBuf,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) fn run(args: LeaseArgs) -> Result<Exit, Failure> {
    match args.command {
        LeaseCommand::Show(args) => {
            args.platform.connected(async |session, progress| show(session, &args, progress).await)
        }
        LeaseCommand::Break(args) => {
            args.platform.connected(async |session, progress| break_lease(session, &args, progress).await)
        }
    }
}

impl Platform {
    /// Runs `work` with a session, after checking that it is in the plan's account.
    fn connected(
        &self,
        work: impl AsyncFnOnce(&Session<'_>, &Progress) -> Result<Exit, Failure>,
    ) -> Result<Exit, Failure> {
        let plan = read_plan(&self.plan)?;
        let progress = Progress::new(None)?;
        connected(&plan, &self.connect, async |options| with_session(&plan, options, &progress, work).await)
    }
}

async fn with_session(
    plan: &Plan,
    options: Options,
    progress: &Progress,
    work: impl AsyncFnOnce(&Session<'_>, &Progress) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let session = Session::open(plan, options, progress).await;
    session.identify().await?;
    work(&session, progress).await
}

async fn show(session: &Session<'_>, args: &ShowArgs, progress: &Progress) -> Result<Exit, Failure> {
    let holder = session.lease_holder().await?;
    progress.print(&match args.format {
        Format::Text => lease_text(holder.as_ref()),
        Format::Json => render::json(&holder),
    })?;
    Ok(Exit::Done)
}

async fn break_lease(session: &Session<'_>, args: &BreakArgs, progress: &Progress) -> Result<Exit, Failure> {
    let holder = session.lease_holder().await?;
    progress.print(&lease_text(holder.as_ref()))?;
    let Some(holder) = holder else { return Ok(Exit::Done) };
    if !args.yes {
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            return Err(Refusal::BreakUnconfirmed.into());
        }
        let term = holder.until.since(holder.renewed);
        let question = format!("if that run is still alive, it can make changes for up to {term} s; break its lease?");
        if !ask(&question)? {
            return Err(Refusal::Declined.into());
        }
    }
    session.break_lease(&holder).await?;
    progress.print("the lease is broken; the next apply can acquire it\n")?;
    Ok(Exit::Done)
}

fn lease_text(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "no run holds the lease\n".to_owned(), render::lease::text)
}
