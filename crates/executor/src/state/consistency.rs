//! Delayed listings: AWS may not show the changes of the last run everywhere yet, so callers list again for
//! as long as that takes.

use std::ops::ControlFlow;
use std::time::Duration;

use saas_model::Address;
use saas_model::time::UtcTime;
use tokio::time::sleep;

use crate::event::{Event, Late};
use crate::identity::PlatformIdentity;
use crate::lease::{self, PastApply, Record};
use crate::platform::Platform;

/// The lease object's record of the run that holds the lease, or held it last. `None` where it cannot be
/// read.
#[derive(Debug, Default)]
pub struct LastRun(Option<(Record, UtcTime)>);

impl LastRun {
    /// Reads the lease object, as far as that is possible.
    pub(crate) async fn read(platform: &Platform<'_>) -> Self {
        Self(lease::last_run(platform).await)
    }

    /// The last run, if it was an apply.
    #[must_use]
    pub fn apply(&self) -> Option<PastApply> {
        self.0.as_ref().and_then(|(record, _)| record.apply())
    }

    /// The platform that the run recorded in the lease.
    pub(crate) fn platform(&self) -> Option<&PlatformIdentity> {
        self.0.as_ref().and_then(|(record, _)| record.platform.as_ref())
    }

    /// The rest of the time within which AWS shows everything that the last run changed.
    pub(crate) fn seen_within(&self, visible_within: Duration) -> Duration {
        let ended = self.0.as_ref().and_then(|(record, now)| Some(now.since(record.released.as_ref()?.at)));
        ended.map_or(Duration::ZERO, |ago| visible_within.saturating_sub(Duration::from_secs(ago)))
    }
}

/// Reports that these are listed again, and waits. Breaks when there are none, when no time is left, or when
/// the run is asked to stop.
pub(crate) async fn before_next_listing(
    platform: &Platform<'_>,
    late: Late,
    addresses: Vec<Address>,
    left: Duration,
    pause: Option<Duration>,
) -> ControlFlow<()> {
    if addresses.is_empty() || left.is_zero() || platform.stop.is_cancelled() {
        return ControlFlow::Break(());
    }
    platform.reporter.report(Event::LookingAgain { late, addresses, seconds: left.as_secs() });
    sleep(pause.unwrap_or(platform.retry_policy.longest).min(left)).await;
    ControlFlow::Continue(())
}
