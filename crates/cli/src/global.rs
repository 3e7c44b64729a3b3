//! The flags of every command: how much it prints, and in which colours.

use clap::{Args, ValueEnum};

use crate::print::{Verbosity, set_verbosity};

/// The heading of these flags.
pub(crate) const HEADING: &str = "Output";

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct GlobalArgs {
    /// When to colour the output; by default on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    color: Color,
    /// Print no progress, only results, warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Also print how many calls were sent to AWS
    #[arg(short, long, global = true)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl GlobalArgs {
    /// Sets them for the process.
    pub(crate) fn set(&self) {
        match self.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        set_verbosity(match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        });
    }
}
