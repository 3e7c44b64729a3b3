//! The two streams: results on stdout, all else on stderr.
//!
//! Styles are taken out where `NO_COLOR` says so or the stream is no terminal.

use std::io::{self, ErrorKind, Write};

use anstream::AutoStream;

use crate::failure::Failure;

/// Where results go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Results {
    /// To stdout, as ever.
    Stdout,
    /// To stderr, for stdout carries events.
    Stderr,
}

impl Results {
    /// Writes a result.
    ///
    /// # Errors
    /// When it cannot be written. A reader that has gone away wants no more, and is no error.
    pub(crate) fn print(self, text: &str) -> Result<(), Failure> {
        let written = match self {
            Self::Stdout => write_to(&mut AutoStream::auto(io::stdout()), text),
            Self::Stderr => write_to(&mut AutoStream::auto(io::stderr()), text),
        };
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::Process { what: "the results cannot be written", source: error })
            }
            _ => Ok(()),
        }
    }
}

/// Writes what is no result. Where nobody can be told, nobody is.
pub(crate) fn note(text: &str) {
    let _ = write_to(&mut AutoStream::auto(io::stderr()), text);
}

fn write_to(stream: &mut impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
