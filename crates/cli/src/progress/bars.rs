//! Progress bars on a terminal: one for the whole run, one per step in progress. Failures stay on the
//! screen above them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use saas_executor::event::{Event, Phase, Verb};
use saas_files::render::plain::Plain;
use saas_model::Address;

use crate::render::event::{checking, doing, line, phase_word};

/// The maximum number of steps to show at once.
const SHOWN: usize = 10;
/// The interval at which spinners turn.
const TURN: Duration = Duration::from_millis(120);

/// The state of the screen.
#[derive(Default)]
pub(crate) struct Bars(Mutex<State>);

#[derive(Default)]
struct State {
    multi: MultiProgress,
    whole: Option<ProgressBar>,
    steps: BTreeMap<(Address, Verb), ProgressBar>,
    expected: usize,
    phase: Option<Phase>,
}

impl Bars {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the expected number of steps.
    pub(crate) fn expect(&self, steps: usize) {
        self.state().expected = steps;
    }

    /// Removes the bars; failures stay.
    pub(crate) fn clear(&self) {
        self.state().clear();
    }

    /// Shows an event.
    pub(crate) fn show(&self, event: &Event) {
        let mut state = self.state();
        match event {
            Event::Phase { phase } => state.begin(*phase),
            Event::Started { address, verb, .. } => state.start(address, *verb),
            Event::Waiting { address, what, last, seconds } => {
                state.set_message(address, format!("waiting for {what}: {last}, {seconds} s"));
            }
            Event::LookingAgain { late, addresses, seconds } => {
                state.set_phase_message(&format!("checking {}", checking(*late, addresses, *seconds)));
            }
            Event::Retrying { address, why } => state.set_message(address, format!("retrying: {why}")),
            Event::Done { address, verb, .. } => state.end(address, *verb),
            Event::Failed { address, verb, .. } => {
                state.end(address, *verb);
                state.keep(event);
            }
            // The summary reports these, grouped by cause.
            Event::NotReached { .. } | Event::NotBegun { .. } => state.advance(),
            Event::PreflightSkipped { .. }
            | Event::Stopping
            | Event::LeaseTakenOver { .. }
            | Event::WaitingForLease { .. }
            | Event::LeaseLost { .. }
            | Event::Warning { .. } => state.keep(event),
        }
    }
}

impl State {
    fn clear(&mut self) {
        for bar in std::mem::take(&mut self.steps).into_values().chain(self.whole.take()) {
            bar.finish_and_clear();
        }
    }

    fn begin(&mut self, phase: Phase) {
        self.clear();
        self.phase = Some(phase);
        let bar = match phase {
            Phase::Act => ProgressBar::new(self.expected as u64)
                .with_style(style("{elapsed:>5} {msg} [{bar:40.green}] {pos}/{len}").progress_chars("=> ")),
            _ => ProgressBar::new_spinner().with_style(style("{elapsed:>5} {msg} {spinner}")),
        };
        let bar = self.multi.add(bar.with_message(phase_word(phase)));
        bar.enable_steady_tick(TURN);
        self.whole = Some(bar);
    }

    fn start(&mut self, address: &Address, verb: Verb) {
        if self.steps.len() < SHOWN {
            let bar = ProgressBar::new_spinner().with_style(style("      {spinner} {prefix} {wide_msg}"));
            let bar = self.multi.add(bar.with_prefix(format!("{} {address}", doing(verb))));
            bar.enable_steady_tick(TURN);
            self.steps.insert((address.clone(), verb), bar);
        }
    }

    /// Sets the message of a step. Without a running step of that address, it becomes the message of
    /// the phase.
    fn set_message(&self, address: &Address, message: String) {
        let of_step = self.steps.iter().find(|((step, _), _)| step == address).map(|(_, bar)| bar);
        if let Some(bar) = of_step {
            bar.set_message(Plain(&message).to_string());
        } else {
            self.set_phase_message(&format!("{address} is {message}"));
        }
    }

    fn set_phase_message(&self, message: &str) {
        if let (Some(bar), Some(phase)) = (&self.whole, self.phase) {
            bar.set_message(format!("{}: {}", phase_word(phase), Plain(message)));
        }
    }

    fn end(&mut self, address: &Address, verb: Verb) {
        if let Some(bar) = self.steps.remove(&(address.clone(), verb)) {
            bar.finish_and_clear();
            self.multi.remove(&bar);
        }
        // Waits for stability are not included in the expected steps.
        if verb != Verb::Settle {
            self.advance();
        }
    }

    fn advance(&self) {
        if let Some(bar) = &self.whole {
            bar.inc(1);
        }
    }

    /// Prints an event above the bars.
    fn keep(&self, event: &Event) {
        self.multi.suspend(|| crate::print::note(&format!("{}\n", line(event))));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are literals of this file")
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressDrawTarget;
    use saas_model::Kind;

    use super::*;

    #[test]
    fn bars_follow_the_steps() {
        let bars = Bars::default();
        bars.state().multi.set_draw_target(ProgressDrawTarget::hidden());
        bars.expect(2);
        let address = Address::literal("network/vpc");
        let (kind, verb) = (Kind::Vpc, Verb::Create);
        bars.show(&Event::Phase { phase: Phase::Act });
        bars.show(&Event::Started { address: address.clone(), kind, verb });
        bars.show(&Event::Retrying { address: address.clone(), why: "throttled".into() });
        assert_eq!(bars.state().steps[&(address.clone(), verb)].message(), "retrying: throttled");
        bars.show(&Event::Done { address, kind, verb, millis: 1 });
        assert!(bars.state().steps.is_empty());
        let whole = bars.state().whole.clone().expect("the phase has begun");
        assert_eq!((whole.position(), whole.length()), (1, Some(2)));
        bars.clear();
        assert!(bars.state().whole.is_none());
    }
}
