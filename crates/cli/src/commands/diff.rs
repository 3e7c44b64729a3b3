//! `saas diff`: the difference of two plans.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PlanChange, read_plan};
use crate::print::Results;
use crate::render;

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  saas diff main:plan.msgpack plan.msgpack
  saas diff OLD NEW --format markdown")]
pub(crate) struct DiffArgs {
    /// The earlier plan
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The later plan
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// The output format
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    format: DiffFormat,
    /// Exit 3 if the plans differ
    #[arg(long)]
    exit_code: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    /// For people; equal changes of several tenants are one entry
    Text,
    /// For programs: all changes by address
    Json,
    /// For a comment on a pull request, at most 65,536 characters
    Markdown,
}

pub(crate) fn run(args: DiffArgs) -> Result<Exit, Failure> {
    let (old, new) = (read_plan(&args.old)?, read_plan(&args.new)?);
    let change = PlanChange::between(&old, &new);
    Results::Stdout.print(&match args.format {
        DiffFormat::Text => render::diff::text(&change),
        DiffFormat::Json => render::json(&change),
        DiffFormat::Markdown => render::diff::markdown(&change),
    })?;
    Ok(if args.exit_code && !change.plan.is_empty() { Exit::Changes } else { Exit::Done })
}
