//! `saas show`: prints a plan or a receipt.

use std::path::{Path, PathBuf};

use clap::Args;
use saas_model::Receipt;

use super::Format;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::plan_files::{read_plan, read_regular};
use crate::print::Results;
use crate::render;

#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    /// The plan or the receipt
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The output format; `json` contains everything
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(args: ShowArgs) -> Result<Exit, Failure> {
    let ShowArgs { file, format } = args;
    let text = match receipt(&file)? {
        Some(receipt) => match format {
            Format::Text => render::receipt::text(&receipt),
            Format::Json => render::receipt::json(&receipt),
        },
        None => {
            let plan = read_plan(&file)?;
            match format {
                Format::Text => render::plan::text(&plan),
                Format::Json => render::plan::json(&plan),
            }
        }
    };
    Results::Stdout.print(&text)?;
    Ok(Exit::Done)
}

/// The receipt in a file; `None` if the file contains anything else.
fn receipt(path: &Path) -> Result<Option<Receipt>, Failure> {
    match read_regular(path) {
        Ok(bytes) if Receipt::is_one(&bytes) => {
            let unreadable = |source| Failure::NotAReceipt { path: path.to_owned(), source };
            Receipt::decode(&bytes).map(Some).map_err(unreadable)
        }
        // Reading the file as a plan then reports the error.
        _ => Ok(None),
    }
}
