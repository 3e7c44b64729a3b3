//! The observed state and the change set for commands that do not write.
//!
//! They refuse resources of another platform, as writing commands do: no apply would make the changes that
//! they would show.

use std::collections::BTreeSet;
use std::time::Duration;

use saas_model::{Address, Plan};
use tokio::time::Instant;

use crate::apply::change_set::{Action, Change, ChangeSet};
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
use crate::state::observed::ObservedState;

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

/// Which changes may be changes of the last run that AWS does not show yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// All of them: the last run left what is intended now.
    All,
    /// Those for which nothing but a listing speaks: the last run left something else, so that changes are
    /// expected.
    Unconfirmed,
}

impl Doubt {
    /// About the changes to `plan` after this run.
    pub(crate) fn after(last: &LastRun, plan: &Plan) -> Self {
        match last.apply() {
            Some(apply) if apply.plan != plan.id() => Self::Unconfirmed,
            Some(_) | None => Self::All,
        }
    }

    fn of(self, changes: &ChangeSet, live: &ObservedState) -> Vec<Address> {
        let live = live.all();
        let tenants: BTreeSet<Option<&str>> = live.iter().map(|found| found.address.tenant()).collect();
        let is_doubtful = |change: &&Change| match (self, &change.action) {
            (Self::All, _) => true,
            // A tenant of which nothing is listed is a new one.
            (Self::Unconfirmed, Action::Create) => tenants.contains(&change.address.tenant()),
            // Fields that differ were described.
            (Self::Unconfirmed, Action::Update { fields } | Action::Replace { fields, beside: _ }) => fields.is_empty(),
            (Self::Unconfirmed, Action::Delete { reason: _ }) => false,
        };
        changes.changes.iter().filter(is_doubtful).map(|change| change.address.clone()).collect()
    }
}

/// Lists the live resources, and computes the change set. While there are changes that are in doubt, it lists
/// them again `within` this time.
///
/// # Errors
/// When they belong to another platform, or cannot be listed or described.
pub(crate) async fn status(
    platform: &Platform<'_>,
    intent: Intent,
    within: Duration,
    doubt: Doubt,
) -> Result<(Observation, ChangeSet), SessionError> {
    let start = Instant::now();
    let mut pauses = platform.retry_policy.pauses();
    loop {
        let observation = observe(platform, intent).await?;
        refuse_another_platform(identity::of_live(&observation.live, platform.plan.header()))?;
        let changes = compare(&platform.cx(&observation), intent).await.map_err(SessionError::observe)?;
        let left = within.saturating_sub(start.elapsed());
        let addresses = doubt.of(&changes, &observation.live);
        if before_next_listing(platform, Late::Changed, addresses, left, pauses.next()).await.is_break() {
            return Ok((observation, changes));
        }
    }
}

#[cfg(test)]
mod tests {
    use saas_model::fields::FieldChange;
    use saas_model::resource::LogGroup;
    use saas_model::{Digest, Kind};

    use super::*;
    use crate::apply::change_set::Reason;
    use crate::state::observed::Identity;
    use crate::testing::Bench;

    /// An operator who changes the image right after an apply is not kept waiting for what they see anyway.
    #[tokio::test]
    async fn described_differences_are_in_doubt_only_after_an_apply_of_the_same_plan() {
        let group = LogGroup { name: "/ecs/tenant/acme".parse().expect("valid"), retention_days: 30 };
        let bench = Bench::new("http://127.0.0.1:9", vec![("tenant/acme/log-group", group.into())]).await;
        bench.assume("tenant/acme/log-group", Identity::of_id("/ecs/tenant/acme"));
        let field = FieldChange { field: "retention_days".to_owned(), before: 30.into(), after: 7.into() };
        let actions = [
            ("tenant/acme/described", Action::Update { fields: vec![field.clone()] }),
            ("tenant/acme/replaced", Action::Replace { fields: vec![field], beside: true }),
            ("tenant/acme/incomplete", Action::Update { fields: Vec::new() }),
            ("tenant/acme/new", Action::Create),
            ("tenant/initech/new", Action::Create),
            ("tenant/umbrella/old", Action::Delete { reason: Reason::NotPlanned }),
        ];
        let changes =
            actions.map(|(address, action)| Change::new(Address::literal(address), Kind::LogGroup, action, None));
        let changes = ChangeSet { changes: changes.into(), ..ChangeSet::empty(Digest::from_bytes([7; Digest::LEN])) };
        let of =
            |doubt: Doubt| -> Vec<String> { doubt.of(&changes, &bench.live).iter().map(ToString::to_string).collect() };
        assert_eq!(of(Doubt::Unconfirmed), ["tenant/acme/incomplete", "tenant/acme/new"]);
        assert_eq!(of(Doubt::All).len(), changes.changes.len());
    }
}
