//! `saas rehearse`: shows the effect of a plan on a sandbox, without credentials.

use std::path::PathBuf;

use clap::Args;
use saas_prover::prove;

use super::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PLAN, read_plan};
use crate::print::Results;
use crate::rehearsal::{Rehearsal, in_virtual_time};
use crate::render;
use crate::sandbox::Database;
use crate::shell;

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  saas rehearse
  saas rehearse plan.msgpack --from main:plan.msgpack")]
pub(crate) struct RehearseArgs {
    /// The plan; `-` is standard input, and `REV:PATH` a file of a commit
    #[arg(value_name = "PLAN", default_value = PLAN)]
    plan: PathBuf,
    /// The plan that is applied already; by default the account is empty
    #[arg(long, value_name = "OLD_PLAN")]
    from: Option<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Ignore AWS's rate limits: the duration is then that of the longest chain of dependent steps
    #[arg(long)]
    no_rates: bool,
    /// The PostgreSQL server of the sandbox
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    sandbox_postgres: Database,
}

pub(crate) fn run(args: RehearseArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    let from = args.from.as_deref().map(read_plan).transpose()?;
    let (certificate, live) = (prove(&plan), from.as_ref().map(prove));
    let live = from.as_ref().zip(live.as_ref());
    let rehearsal = in_virtual_time((&plan, &certificate), live, !args.no_rates, args.sandbox_postgres)?;
    let rehearsal = Rehearsal { file: shell::word(&args.plan.display().to_string()), ..rehearsal };
    Results::Stdout.print(&match args.format {
        Format::Text => render::rehearsal::text(&rehearsal),
        Format::Json => render::json(&rehearsal),
    })?;
    Ok(rehearsal.exit())
}
