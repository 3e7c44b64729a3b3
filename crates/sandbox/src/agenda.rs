//! What happens by itself later: a gateway becomes available, a task starts, a name is free again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::services::Event;

/// What is to happen, in the order in which it will.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Agenda(BTreeMap<Time, Vec<Event>>);

impl Agenda {
    pub(crate) fn add(&mut self, at: Time, event: Event) {
        self.0.entry(at).or_default().push(event);
    }

    /// Takes out all of the first moment that is due, in the order in which they were planned.
    pub(crate) fn due(&mut self, now: Time) -> Option<(Time, Vec<Event>)> {
        let first = self.0.first_entry().filter(|first| *first.key() <= now)?;
        Some(first.remove_entry())
    }
}
