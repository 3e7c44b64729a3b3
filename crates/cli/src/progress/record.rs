//! Events for programs: newline-delimited JSON.
//!
//! Each line is an object with the key `event`. It is one of the executor's [`Event`]s as they
//! serialize (`phase`, `preflight-skipped`, `started`, `waiting`, `retrying`, `done`, `failed`,
//! `not-reached`, `not-begun`, `stopping`, `lease-taken-over`, `waiting-for-lease`, `lease-lost`,
//! `looking-again`, `warning`), or a [`Record`] of the command (`change-set`, `summary`,
//! `verification`, `outputs`). Later versions may add events and keys, and keep the existing ones.
//!
//! [`Event`]: saas_executor::event::Event

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use saas_executor::ChangeSet;
use saas_executor::verify::Verification;
use saas_model::{Address, Digest};
use serde::Serialize;

use crate::failure::Failure;
use crate::render::summary::{Calls, Summary};

/// A result that a command records beside the events.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(crate) enum Record<'a> {
    /// The computed change set.
    ChangeSet {
        /// The digest that `--approve` takes.
        digest: Digest,
        #[serde(flatten)]
        changes: &'a ChangeSet,
    },
    /// The outcome of the run.
    Summary(&'a Summary<'a>),
    /// The result of the verification.
    Verification {
        /// Whether live equals plan.
        clean: bool,
        #[serde(flatten)]
        verification: &'a Verification,
        /// The calls that the verification took.
        calls: &'a Calls,
    },
    /// The outputs of the plan.
    Outputs {
        /// Values by name.
        outputs: &'a BTreeMap<Address, String>,
    },
}

/// Creates or truncates a file that only its owner can read: events name accounts and resources.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create(true).truncate(true).open(path)
}

/// Writes one line per event, at once.
pub(crate) struct Recorder(Mutex<State>);

struct State {
    stream: Box<dyn Write + Send>,
    /// The first error; nothing is written after it.
    error: Option<io::Error>,
}

impl Recorder {
    /// Opens the file `path` and truncates it; `-` is stdout.
    pub(crate) fn new(path: &Path) -> Result<Self, Failure> {
        let stream: Box<dyn Write + Send> = if path == Path::new("-") {
            Box::new(io::stdout())
        } else {
            let unwritable = |source| Failure::Unwritable { path: path.to_owned(), source };
            Box::new(private_file(path).map_err(unwritable)?)
        };
        Ok(Self::over(stream))
    }

    fn over(stream: Box<dyn Write + Send>) -> Self {
        Self(Mutex::new(State { stream, error: None }))
    }

    pub(crate) fn write(&self, event: &impl Serialize) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.error.is_none() {
            state.error = write(&mut state.stream, event).err();
        }
    }

    /// The error that stopped the recording, if any.
    pub(crate) fn error(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).error.as_ref().map(ToString::to_string)
    }
}

fn write(stream: &mut impl Write, event: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use saas_executor::event::{Event, Phase};

    use super::*;

    /// An inspectable stream with limited capacity.
    #[derive(Clone)]
    struct Memory(Arc<Mutex<Vec<u8>>>, usize);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if held.len() + bytes.len() > self.1 {
                return Err(io::Error::other("full"));
            }
            held.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_line_is_one_object_with_its_event() {
        let memory = Memory(Arc::default(), usize::MAX);
        let recorder = Recorder::over(Box::new(memory.clone()));
        recorder.write(&Event::Phase { phase: Phase::Act });
        let changes = ChangeSet { kept: 3, ..ChangeSet::empty(Digest::from_bytes([7; 32])) };
        recorder.write(&Record::ChangeSet { digest: changes.digest(), changes: &changes });
        recorder.write(&Record::Outputs { outputs: &BTreeMap::new() });
        let text = String::from_utf8(memory.0.lock().expect("no writer panicked").clone()).expect("it is text");
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
        let kinds: Vec<&str> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
        assert_eq!(kinds, ["phase", "change-set", "outputs"]);
        assert_eq!(lines[1]["digest"], changes.digest().to_string());
        assert_eq!(lines[1]["kept"], 3);
    }

    #[test]
    fn the_first_error_is_kept() {
        let recorder = Recorder::over(Box::new(Memory(Arc::default(), 0)));
        recorder.write(&Event::Phase { phase: Phase::Act });
        assert_eq!(recorder.error().as_deref(), Some("full"));
    }
}
