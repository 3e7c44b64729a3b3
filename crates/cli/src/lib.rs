//! The library of the command line tool `saas`: arguments, commands, rendering and exit codes. The
//! binary only calls [`run`].

mod apply_run;
mod args;
mod commands;
mod complete;
mod confirm;
mod connect;
mod core_dump;
mod exit;
mod failure;
mod global;
mod init;
mod interrupt;
mod isolation;
mod print;
mod progress;
mod receipt_file;
#[cfg(all(test, feature = "embedded-postgres"))]
mod reference;
#[cfg(feature = "sandbox")]
mod rehearsal;
mod render;
#[cfg(feature = "sandbox")]
mod sandbox;
mod shell;
mod version;
mod wait;

use saas_files::plan_files;

pub use commands::run;
