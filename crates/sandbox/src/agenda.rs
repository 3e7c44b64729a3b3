//! Scheduled events: a gateway becomes available, a task starts, a name becomes free again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::services::Event;

/// The scheduled events, in the order of their times.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Agenda(BTreeMap<Time, Vec<Event>>);

impl Agenda {
    pub(crate) fn add(&mut self, at: Time, event: Event) {
        self.0.entry(at).or_default().push(event);
    }

    /// Removes and returns all events of the earliest moment that is due, in the order in which they
    /// were scheduled.
    pub(crate) fn due(&mut self, now: Time) -> Option<(Time, Vec<Event>)> {
        let first = self.0.first_entry().filter(|first| *first.key() <= now)?;
        Some(first.remove_entry())
    }
}
