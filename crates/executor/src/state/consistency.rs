//! The observed state for commands that do not write.
//!
//! They refuse resources of another platform, as writing commands do: no apply would make the changes that
//! they would show. AWS may not show the last apply's changes everywhere yet, so they list again for as
//! long as that takes.

use std::ops::ControlFlow;
use std::time::Duration;

use saas_model::Address;
use saas_model::receipt::Command;
use saas_model::time::UtcTime;
use tokio::time::{Instant, sleep};

use crate::apply::change_set::ChangeSet;
use crate::apply::diff::Intent;
use crate::event::{Event, Late};
use crate::identity::{self, PlatformIdentity};
use crate::lease::{CannotChange, Record, refuse};
use crate::session::{Observation, Session};
use crate::superseded_plan::PastApply;

/// The lease object's record of the run that holds the lease, or held it last. `None` where it cannot be
/// read.
#[derive(Debug, Default)]
pub struct LastRun(pub(crate) Option<(Record, UtcTime)>);

impl LastRun {
    /// The last run, if it was an apply.
    #[must_use]
    pub fn apply(&self) -> Option<PastApply> {
        self.0.as_ref().and_then(|(record, _)| record.apply())
    }

    /// The rest of the time within which AWS shows everything that the last run changed.
    fn seen_within(&self, visible_within: Duration) -> Duration {
        let ended = self.0.as_ref().and_then(|(record, now)| Some(now.since(record.released.as_ref()?.at)));
        ended.map_or(Duration::ZERO, |ago| visible_within.saturating_sub(Duration::from_secs(ago)))
    }
}

impl Record {
    /// The run as a past apply, if it is an apply.
    pub(crate) fn apply(&self) -> Option<PastApply> {
        let past = || PastApply { plan: self.plan, began: self.since, caller: self.holder.clone() };
        (self.command == Command::Apply).then(past)
    }
}

impl Session<'_> {
    /// Checks that the account and the Region are the plan's, and that the lease records the plan's platform.
    ///
    /// # Errors
    /// When one of them differs, or cannot be determined.
    pub async fn recognise(&self) -> Result<LastRun, CannotChange> {
        self.identify().await.map_err(CannotChange::Preflight)?;
        let last = self.last_run().await;
        let recorded = last.0.as_ref().and_then(|(record, _)| record.platform.as_ref());
        let planned = PlatformIdentity::of(self.plan.header());
        let mismatches = recorded.map(|recorded| recorded.mismatches(&planned, "the lease in the control bucket"));
        refuse(mismatches.unwrap_or_default())?;
        Ok(last)
    }

    /// Lists the live resources, and computes the change set.
    ///
    /// # Errors
    /// When they belong to another platform, or cannot be listed or described.
    pub async fn look(&self, intent: Intent, last: &LastRun) -> Result<(Observation, ChangeSet), CannotChange> {
        self.look_within(intent, last.seen_within(self.pace.visible_within)).await
    }

    /// The change set right after a destroy, which lists what it left.
    ///
    /// # Errors
    /// When the resources belong to another platform, or cannot be listed or described.
    pub async fn look_for_rest(&self) -> Result<ChangeSet, CannotChange> {
        Ok(self.look_within(Intent::Nothing, self.pace.visible_within).await?.1)
    }

    async fn look_within(&self, intent: Intent, within: Duration) -> Result<(Observation, ChangeSet), CannotChange> {
        let start = Instant::now();
        let mut pauses = self.pace.pauses();
        loop {
            let observation = self.observe_for(intent).await.map_err(CannotChange::Observe)?;
            refuse(identity::of_live(&observation.live, self.plan.header()))?;
            let changes = self.change_set(&observation, intent).await;
            let changes = changes.map_err(|error| CannotChange::Observe(vec![error]))?;
            let left = within.saturating_sub(start.elapsed());
            let addresses = changes.changes.iter().map(|change| change.address.clone()).collect();
            if self.before_next_look(Late::Changed, addresses, left, pauses.next()).await.is_break() {
                return Ok((observation, changes));
            }
        }
    }

    /// Reports that it will list these again, and waits. Breaks when there are none, when no time is left,
    /// or when the run is asked to stop.
    pub(crate) async fn before_next_look(
        &self,
        late: Late,
        addresses: Vec<Address>,
        left: Duration,
        pause: Option<Duration>,
    ) -> ControlFlow<()> {
        if addresses.is_empty() || left.is_zero() || self.stop.is_requested() {
            return ControlFlow::Break(());
        }
        self.reporter.report(Event::LookingAgain { late, addresses, seconds: left.as_secs() });
        sleep(pause.unwrap_or(self.pace.longest).min(left)).await;
        ControlFlow::Continue(())
    }

    /// For how long a difference may be a change of the last run that AWS does not show yet.
    pub(crate) async fn seen_within(&self) -> Duration {
        self.last_run().await.seen_within(self.pace.visible_within)
    }
}
