//! How long AWS takes for what it does after it has answered.
//!
//! These are typical times of a quiet region, for a rehearsal's estimate: AWS promises none of
//! them. Where a source is named, the figure is its; the others are from experience and are meant
//! to be right within a factor of two.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How fast things that take time happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pace {
    /// As long as on AWS; for virtual time.
    #[default]
    Realistic,
    /// At once, before the next call; for playing by hand.
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
