//! The observed state that a change begins with.

use std::time::Duration;

use saas_model::Address;
use tokio::time::{Instant, sleep};

use crate::apply::intent::Intent;
use crate::apply::scope::ALL;
use crate::error::Error;
use crate::event::{Event, Late, Phase};
use crate::identity::{self, PlatformIdentity};
use crate::lease::{LeaseError, LeaseSnapshot, lease_snapshot};
use crate::observation::Observation;
use crate::platform::Platform;
use crate::preflight::{self, Failure, PreflightError};
use crate::receipts;
use crate::session_error::{SessionError, refuse_another_platform};
use crate::state::absence;
use crate::state::consistency::before_next_listing;
use crate::state::observe::observe;

/// The observed state that a change begins with, and the lease as it was before.
///
/// The lease is acquired only if it has not changed since, so the observed state is still current then.
pub struct Baseline {
    pub(crate) observation: Observation,
    pub(crate) lease: LeaseSnapshot,
    pub(crate) intent: Intent,
}

impl Baseline {
    /// The observed state.
    #[must_use]
    pub const fn observation(&self) -> &Observation {
        &self.observation
    }
}

/// Reads the lease, and then lists the live resources.
///
/// It polls for a while for resources that a killed run may have begun to create, because AWS shows new
/// resources late and saas must not create them twice. The same holds for resources without a unique name
/// that a run which just ended may have created.
///
/// A listing may also show changed and deleted resources in their old state for a while. So if the last run
/// did not see its own changes in listings, the observed state counts only after that time. Without a control
/// bucket, a resource counts only if it stays in the listings for that long.
///
/// # Errors
/// When another run holds the lease, and when resources cannot be listed.
pub(crate) async fn baseline(platform: &Platform<'_>, intent: Intent) -> Result<Baseline, SessionError> {
    platform.reporter.report(Event::Phase { phase: Phase::Observe });
    identify(platform).await?;
    let lease = read_lease(platform).await?;
    refuse_recorded(platform, &lease).await?;
    wait_for_listings(platform, lease.changes_visible_in(platform.retry_policy.visible_within)).await;
    let mut first_listing = None;
    let mut pauses = platform.retry_policy.pauses();
    loop {
        let in_flight = lease.in_flight().cloned().unwrap_or_default();
        let observation = observe(platform, intent, ALL, in_flight).await?;
        refuse_another_platform(identity::of_live(&observation.live, platform.plan.header()))?;
        let start = *first_listing.get_or_insert_with(Instant::now);
        let mut missing = missing(platform, &lease, &observation);
        let mut late = Late::Begun;
        let mut left = platform.lease.settling.saturating_sub(start.elapsed());
        if missing.is_empty() {
            left = lease.seen_within(platform.retry_policy.visible_within);
            missing = absence::unlisted_without_name(&platform.cx(&observation));
        }
        if !lease.has_bucket() {
            // The control bucket is deleted last, so a listing may still contain all other resources.
            late = Late::Removed;
            left = platform.retry_policy.visible_within.saturating_sub(start.elapsed());
            missing = observation.live.all().into_iter().map(|found| found.address).collect();
        }
        if before_next_listing(platform, late, missing, left, pauses.next()).await.is_break() {
            return Ok(Baseline { observation, lease, intent });
        }
    }
}

/// Checks that AWS answers, in the account of the plan, before the first listing: in another account every
/// resource would look missing.
async fn identify(platform: &Platform<'_>) -> Result<(), SessionError> {
    preflight::identify(&platform.cx(&Observation::default())).await.map_err(|mut error| match error.0.pop() {
        Some(Failure::Unanswered { error, .. }) => SessionError::observe(error),
        last => {
            error.0.extend(last);
            SessionError::Preflight(error)
        }
    })
}

async fn read_lease(platform: &Platform<'_>) -> Result<LeaseSnapshot, SessionError> {
    let error = match lease_snapshot(platform).await {
        Ok(lease) => return Ok(lease),
        Err(error) => error,
    };
    if matches!(&error, LeaseError::Call(error) if error.is(&["AccessDenied"]))
        && let Some(failure) = preflight::kept_out_of_lease(&platform.cx(&Observation::default())).await
    {
        return Err(PreflightError(vec![failure]).into());
    }
    Err(match error {
        LeaseError::Call(error) => match *error {
            Error::OtherRegion { bucket, region } => {
                let planned = platform.plan.header().region.clone();
                PreflightError(vec![Failure::BucketElsewhere { bucket, region, planned }]).into()
            }
            error if error.is(&["AccessDenied"]) => LeaseError::from_call(error).into(),
            error => SessionError::observe(error),
        },
        error => error.into(),
    })
}

/// Refuses to change a platform that was recorded with another name, environment, account or Region. The
/// record comes from the last holder of the lease, or else from the newest receipt.
async fn refuse_recorded(platform: &Platform<'_>, lease: &LeaseSnapshot) -> Result<(), SessionError> {
    if !lease.has_bucket() {
        return Ok(());
    }
    let planned = PlatformIdentity::of(platform.plan.header());
    let (recorded, witness) = match lease.platform() {
        Some(recorded) => (Some(recorded.clone()), "the lease in the control bucket"),
        None => (identity_of_receipts(platform).await?, "the newest receipt in the control bucket"),
    };
    refuse_another_platform(recorded.map(|recorded| recorded.mismatches(&planned, witness)).unwrap_or_default())
}

async fn identity_of_receipts(platform: &Platform<'_>) -> Result<Option<PlatformIdentity>, LeaseError> {
    const RECEIPTS_READ: usize = 4;
    let receipts = receipts::history(platform, RECEIPTS_READ).await?;
    let newest = receipts.into_iter().find_map(|kept| kept.receipt.ok());
    Ok(newest.map(|receipt| PlatformIdentity::of_receipt(receipt.body())))
}

/// Waits until listings reflect the changes and deletions of the last run.
async fn wait_for_listings(platform: &Platform<'_>, left: Duration) {
    if left.is_zero() || platform.stop.is_cancelled() {
        return;
    }
    platform.reporter.report(Event::LookingAgain {
        late: Late::Changed,
        addresses: Vec::new(),
        seconds: left.as_secs(),
    });
    let _ = platform.stop.run_until_cancelled(sleep(left)).await;
}

/// Resources that may be in creation and are not listed yet.
fn missing(platform: &Platform<'_>, lease: &LeaseSnapshot, observation: &Observation) -> Vec<Address> {
    let unseen = |address: &&Address| observation.live.get(address).is_none() && platform.plan.node(address).is_some();
    lease.in_flight().into_iter().flatten().filter(unseen).cloned().collect()
}
