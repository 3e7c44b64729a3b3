//! The output streams: results on stdout, everything else on stderr.
//!
//! Control characters from outside are escaped. ANSI styles are stripped if `NO_COLOR` is set or the stream is
//! not a terminal.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

use anstream::AutoStream;
use saas_files::render::plain::escaped;

use crate::failure::Failure;

/// How much is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// No progress.
    Quiet,
    /// The default.
    Normal,
    /// Also the numbers of calls.
    Verbose,
}

static VERBOSITY: OnceLock<Verbosity> = OnceLock::new();

/// Sets how much the process prints, once.
pub(crate) fn set_verbosity(verbosity: Verbosity) {
    let _ = VERBOSITY.set(verbosity);
}

/// How much the process prints.
pub(crate) fn verbosity() -> Verbosity {
    VERBOSITY.get().copied().unwrap_or(Verbosity::Normal)
}

/// The stream for results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Results {
    /// The default.
    Stdout,
    /// Used when stdout carries events.
    Stderr,
}

impl Results {
    /// Writes a result.
    ///
    /// # Errors
    /// If the stream cannot be written. A closed pipe is not an error.
    pub(crate) fn print(self, text: &str) -> Result<(), Failure> {
        let written = match self {
            Self::Stdout => write_to(&mut AutoStream::auto(io::stdout()), text),
            Self::Stderr => write_to(&mut AutoStream::auto(io::stderr()), text),
        };
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::Process { what: "cannot write the results", source: error })
            }
            _ => Ok(()),
        }
    }
}

/// Writes a message to stderr and ignores errors: there is no other place to report them.
pub(crate) fn note(text: &str) {
    let _ = write_to(&mut AutoStream::auto(io::stderr()), text);
}

/// Writes a message to stderr if it is a terminal, and nowhere else.
pub(crate) fn to_terminal(text: &str) {
    if io::stderr().is_terminal() {
        note(text);
    }
}

fn write_to(stream: &mut impl Write, text: &str) -> io::Result<()> {
    stream.write_all(escaped(text).as_bytes())?;
    stream.flush()
}
