//! `saas show`: prints a plan, a part of it, or a receipt.

use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use saas_files::plan_source;
use saas_model::{Address, Receipt};

use super::Format;
use crate::complete::addresses;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{PLAN, PlanFilesError, decode_plan};
use crate::print::Results;
use crate::render;

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  saas show
  saas show plan.msgpack tenant/acme-corp/bucket
  saas show main:plan.msgpack --format json
  git config diff.saas.textconv \"saas show\"    `git diff` shows plans")]
pub(crate) struct ShowArgs {
    /// The plan or the receipt; `-` is standard input, and `REV:PATH` a file of a commit
    #[arg(value_name = "FILE", default_value = PLAN)]
    file: PathBuf,
    /// Show this node of the plan and those under it, with all their fields
    #[arg(value_name = "ADDRESS", add = ArgValueCompleter::new(addresses))]
    address: Option<Address>,
    /// The output format; `json` contains everything
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: ShowArgs) -> Result<Exit, Failure> {
    let ShowArgs { file, address, format } = args;
    let unreadable = |source| PlanFilesError::Unreadable { path: file.clone(), source };
    let bytes = plan_source::read(&file).map_err(unreadable)?;
    let text = match Receipt::is_one(&bytes) {
        true => {
            let receipt = Receipt::decode(&bytes).map_err(|source| Failure::NotAReceipt { path: file, source })?;
            match format {
                Format::Text => render::receipt::text(&receipt),
                Format::Json => render::receipt::json(&receipt),
            }
        }
        false => {
            let plan = decode_plan(&file, &bytes)?;
            match (address, format) {
                (None, Format::Text) => render::plan::text(&plan),
                (None, Format::Json) => render::plan::json(&plan),
                (Some(address), format) => {
                    let nodes = render::plan::Nodes::under(&plan, &address);
                    let nodes = nodes.ok_or(Failure::NoNode { address, path: file })?;
                    match format {
                        Format::Text => nodes.text(),
                        Format::Json => nodes.json(),
                    }
                }
            }
        }
    };
    Results::Stdout.print(&text)?;
    Ok(Exit::Done)
}
