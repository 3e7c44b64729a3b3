//! `saas man`: the manual, one page per command.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::args::Arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::print::note;

#[derive(Clone, Debug, Args)]
pub(crate) struct ManArgs {
    /// The directory for the pages, such as `~/.local/share/man/man1`; created if it does not exist
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

pub(crate) fn run(args: ManArgs) -> Result<Exit, Failure> {
    let ManArgs { directory } = args;
    std::fs::create_dir_all(&directory)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), &directory))
        .map_err(|source| Failure::Unwritable { path: directory.clone(), source })?;
    note(&format!("wrote the manual pages to `{}`\n", directory.display()));
    Ok(Exit::Done)
}
