//! Shows events while they happen: bars on a terminal, a line an event elsewhere; and records them
//! for programs where that is asked for.

mod bars;
mod record;

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use saas_executor::event::{Event, Reporter};

use self::bars::Bars;
pub(crate) use self::record::Record;
use self::record::Recorder;
use crate::failure::Failure;
use crate::print::{Results, note};
use crate::render::event::line;
use crate::render::failure::warning;

/// Shows and records events, and prints results between them.
pub(crate) struct Progress {
    screen: Screen,
    /// What to do about what failed, each piece of advice once.
    hints: Mutex<Vec<String>>,
    recorder: Option<Recorder>,
    results: Results,
}

enum Screen {
    Bars(Bars),
    Lines,
}

impl Progress {
    /// Shows events on stderr, and records them in the file `events`; `-` is stdout.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn new(events: Option<&Path>) -> Result<Self, Failure> {
        let screen = if io::stderr().is_terminal() { Screen::Bars(Bars::default()) } else { Screen::Lines };
        let to_stdout = events.is_some_and(|path| path == Path::new("-"));
        let results = if to_stdout { Results::Stderr } else { Results::Stdout };
        Ok(Self { screen, hints: Mutex::default(), recorder: events.map(Recorder::new).transpose()?, results })
    }

    /// Says how many steps there will be.
    pub(crate) fn expect(&self, steps: usize) {
        if let Screen::Bars(bars) = &self.screen {
            bars.expect(steps);
        }
    }

    /// Prints a result, in the place of what was shown of the events.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        self.clear();
        self.results.print(text)
    }

    /// What to do about what has failed so far, each piece of advice once.
    pub(crate) fn hints(&self) -> Vec<String> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records what programs want to know beside the events.
    pub(crate) fn record(&self, record: &Record<'_>) {
        if let Some(recorder) = &self.recorder {
            recorder.write(record);
        }
    }

    /// Takes away what is shown of the events.
    pub(crate) fn clear(&self) {
        if let Screen::Bars(bars) = &self.screen {
            bars.clear();
        }
    }
}

impl Reporter for Progress {
    fn report(&self, event: Event) {
        if let Some(recorder) = &self.recorder {
            recorder.write(&event);
        }
        if let Event::Failed { hint: Some(hint), .. } = &event {
            let mut hints = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
            if !hints.contains(hint) {
                hints.push(hint.clone());
            }
        }
        match (&self.screen, &event) {
            (Screen::Bars(bars), event) => bars.show(event),
            // The summary tells of them, grouped by their cause.
            (Screen::Lines, Event::NotReached { .. } | Event::NotBegun { .. }) => {}
            (Screen::Lines, event) => note(&format!("{}\n", line(event))),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
        if let Some(error) = self.recorder.as_ref().and_then(Recorder::error) {
            note(&warning(format_args!("not all events could be recorded: {error}")));
        }
    }
}
