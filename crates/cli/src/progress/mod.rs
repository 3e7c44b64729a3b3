//! Shows events as they occur, as bars on a terminal or as lines elsewhere, and optionally records them
//! for programs.

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
use crate::print::{Results, Verbosity, note, verbosity};
use crate::render::event::line;
use crate::render::failure::warning;

/// Shows and records events, and prints results between them.
pub(crate) struct Progress {
    screen: Screen,
    /// The hints for failures so far, without duplicates.
    hints: Mutex<Vec<String>>,
    recorder: Option<Recorder>,
    results: Results,
}

enum Screen {
    Bars(Bars),
    Lines,
    /// Nothing is shown.
    Off,
}

impl Progress {
    /// Shows events on stderr, and records them in the file `events`; `-` is stdout.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub(crate) fn new(events: Option<&Path>) -> Result<Self, Failure> {
        let screen = match verbosity() {
            Verbosity::Quiet => Screen::Off,
            Verbosity::Normal | Verbosity::Verbose if io::stderr().is_terminal() => Screen::Bars(Bars::default()),
            Verbosity::Normal | Verbosity::Verbose => Screen::Lines,
        };
        let to_stdout = events.is_some_and(|path| path == Path::new("-"));
        let results = if to_stdout { Results::Stderr } else { Results::Stdout };
        Ok(Self { screen, hints: Mutex::default(), recorder: events.map(Recorder::new).transpose()?, results })
    }

    /// Sets the expected number of steps.
    pub(crate) fn expect(&self, steps: usize) {
        if let Screen::Bars(bars) = &self.screen {
            bars.expect(steps);
        }
    }

    /// Prints a result in place of the bars.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        self.clear();
        self.results.print(text)
    }

    /// The hints for failures so far, without duplicates.
    pub(crate) fn hints(&self) -> Vec<String> {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records a result for programs.
    pub(crate) fn record(&self, record: &Record<'_>) {
        if let Some(recorder) = &self.recorder {
            recorder.write(record);
        }
    }

    /// Removes the bars from the screen.
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
            (Screen::Off, _) => {}
            // The summary reports these, grouped by cause.
            (Screen::Lines, Event::NotReached { .. } | Event::NotBegun { .. }) => {}
            (Screen::Lines, event) => note(&format!("{}\n", line(event))),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
        if let Some(error) = self.recorder.as_ref().and_then(Recorder::error) {
            note(&warning(format_args!("some events were not recorded: {error}")));
        }
    }
}
