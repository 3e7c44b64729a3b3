//! `saas show`: what is in a plan.

use std::path::PathBuf;

use clap::Args;

use super::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::read_plan;
use crate::print::Results;
use crate::render;

#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    /// The plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    /// The form of what is shown; `json` has everything
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: ShowArgs) -> Result<Exit, Failure> {
    let plan = read_plan(&args.plan)?;
    Results::Stdout.print(&match args.format {
        Format::Text => render::plan::text(&plan),
        Format::Json => render::plan::json(&plan),
    })?;
    Ok(Exit::Done)
}
