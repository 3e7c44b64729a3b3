//! What is live, for commands that only show it.
//!
//! They refuse what belongs to another platform, as those do that write: what they would show is
//! nobody's change set. And what the last apply has made or removed may not be shown everywhere yet, so
//! what differs is looked at again for as long as that takes.

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

/// What the object of the lease says of the run that holds it, or held it last. Where it cannot be read,
/// nothing is known.
#[derive(Debug, Default)]
pub struct LastRun(pub(crate) Option<(Record, UtcTime)>);

impl LastRun {
    /// The last run, if that was an apply.
    #[must_use]
    pub fn apply(&self) -> Option<PastApply> {
        self.0.as_ref().and_then(|(record, _)| record.apply())
    }

    /// How much is left of the time within which everything is visible that the last run did.
    fn seen_within(&self, visible_within: Duration) -> Duration {
        let ended = self.0.as_ref().and_then(|(record, now)| Some(now.since(record.released.as_ref()?.at)));
        ended.map_or(Duration::ZERO, |ago| visible_within.saturating_sub(Duration::from_secs(ago)))
    }
}

impl Record {
    /// The run as one of the past, if it is an apply.
    pub(crate) fn apply(&self) -> Option<PastApply> {
        let past = || PastApply { plan: self.plan, began: self.since, caller: self.holder.clone() };
        (self.command == Command::Apply).then(past)
    }
}

impl Session<'_> {
    /// Makes sure that this is the account and the Region of the plan, and that what is live there was
    /// recorded as the plan's platform.
    ///
    /// # Errors
    /// When it is another, or cannot be found out.
    pub async fn recognise(&self) -> Result<LastRun, CannotChange> {
        self.identify().await.map_err(CannotChange::Preflight)?;
        let last = self.last_run().await;
        let recorded = last.0.as_ref().and_then(|(record, _)| record.platform.as_ref());
        let planned = PlatformIdentity::of(self.plan.header());
        let mismatches = recorded.map(|recorded| recorded.mismatches(&planned, "the lease in the control bucket"));
        refuse(mismatches.unwrap_or_default())?;
        Ok(last)
    }

    /// Finds what is live, and what would have to be done.
    ///
    /// # Errors
    /// When it belongs to another platform, and when something cannot be found out.
    pub async fn look(&self, intent: Intent, last: &LastRun) -> Result<(Observation, ChangeSet), CannotChange> {
        self.look_within(intent, last.seen_within(self.pace.visible_within)).await
    }

    /// The same right after everything was removed.
    ///
    /// # Errors
    /// When something cannot be found out.
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

    /// Says that these are looked at again, and waits for the next look; breaks off when there are none,
    /// no time is left or the run is to stop.
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

    /// For how long what differs may be what is only not shown yet.
    pub(crate) async fn seen_within(&self) -> Duration {
        self.last_run().await.seen_within(self.pace.visible_within)
    }
}
