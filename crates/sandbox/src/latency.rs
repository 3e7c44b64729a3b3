//! The typical latency of a call, from the first byte sent to the last byte received.
//!
//! AWS publishes no such figures. These are round numbers from experience, for the time estimate of a
//! rehearsal. They are right within a factor of two, and small compared to state changes that take
//! minutes ([`crate::timing`]).

use std::time::Duration;

use crate::services::Service;

/// The latency of the calls of a service, in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Latency {
    pub(crate) read: u64,
    pub(crate) change: u64,
    /// Operations that take longer, with their latency.
    pub(crate) slow: &'static [(&'static str, u64)],
}

impl Latency {
    /// The latency of most services.
    pub(crate) const USUAL: Self = Self { read: 80, change: 200, slow: &[] };
}

pub(crate) fn of(service: Service, operation: &str) -> Duration {
    let Latency { read, change, slow } = service.descriptor().latency;
    let usual = if service.reads(operation) { read } else { change };
    Duration::from_millis(slow.iter().find(|(name, _)| *name == operation).map_or(usual, |(_, time)| *time))
}
