//! The observed state and the change set for commands that do not write.
//!
//! They refuse resources of another platform, as writing commands do: no apply would make the changes that
//! they would show.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::apply::change_set::ChangeSet;
use crate::apply::diff::compare;
use crate::apply::intent::Intent;
use crate::apply::scope::ALL;
use crate::event::{Event, Late, Phase};
use crate::identity::{self, PlatformIdentity};
use crate::observation::Observation;
use crate::platform::Platform;
use crate::session_error::{SessionError, refuse_another_platform};
use crate::state::consistency::{LastRun, before_next_listing};
use crate::state::observe;

/// Checks that the lease records the plan's platform.
///
/// # Errors
/// When it records another one.
pub(crate) async fn recognise(platform: &Platform<'_>) -> Result<LastRun, SessionError> {
    let last = LastRun::read(platform).await;
    let planned = PlatformIdentity::of(platform.plan.header());
    let mismatches = last.platform().map(|recorded| recorded.mismatches(&planned, "the lease in the control bucket"));
    refuse_another_platform(mismatches.unwrap_or_default())?;
    Ok(last)
}

/// Lists the live resources, and warns about those of another platform.
///
/// # Errors
/// When they cannot be listed.
pub(crate) async fn observe(platform: &Platform<'_>, intent: Intent) -> Result<Observation, SessionError> {
    platform.reporter.report(Event::Phase { phase: Phase::Observe });
    let observation = observe::observe(platform, intent, ALL, BTreeSet::new()).await?;
    // Commands that write refuse this; commands that only read warn about it.
    for mismatch in identity::of_live(&observation.live, platform.plan.header()) {
        platform.warn(mismatch.to_string());
    }
    Ok(observation)
}

/// Lists the live resources, and computes the change set. While there are changes, it lists them again
/// `within` this time.
///
/// # Errors
/// When they belong to another platform, or cannot be listed or described.
pub(crate) async fn status(
    platform: &Platform<'_>,
    intent: Intent,
    within: Duration,
) -> Result<(Observation, ChangeSet), SessionError> {
    let start = Instant::now();
    let mut pauses = platform.retry_policy.pauses();
    loop {
        let observation = observe(platform, intent).await?;
        refuse_another_platform(identity::of_live(&observation.live, platform.plan.header()))?;
        let changes = compare(&platform.cx(&observation), intent).await.map_err(SessionError::observe)?;
        let left = within.saturating_sub(start.elapsed());
        let addresses = changes.changes.iter().map(|change| change.address.clone()).collect();
        if before_next_listing(platform, Late::Changed, addresses, left, pauses.next()).await.is_break() {
            return Ok((observation, changes));
        }
    }
}
