//! How long AWS takes for asynchronous changes after it has answered.
//!
//! These are typical times in a quiet region, for the time estimate of a rehearsal; AWS guarantees none
//! of them. A figure comes from its source where one is named. The others are from experience, and aim
//! to be right within a factor of two.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long asynchronous changes take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pace {
    /// As long as on AWS; for virtual time.
    #[default]
    Realistic,
    /// No time: a change takes effect before the next call. For interactive use.
    Instant,
}

impl Pace {
    pub(crate) const fn stretch(self, delay: Duration) -> Duration {
        match self {
            Self::Realistic => delay,
            Self::Instant => Duration::ZERO,
        }
    }
}
