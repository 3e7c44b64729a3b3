//! The lease operations of a session: reads it, holds it during an apply, and breaks the lease of a
//! killed run.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use saas_model::Address;
use saas_model::plan::CONTROL_BUCKET;
use saas_model::receipt::Command;
use saas_model::time::UtcTime;
use tokio::time::{Instant, sleep};

use super::acquire::{self, LeaseSnapshot, State, Taken};
use super::record::{Claim, KEY};
use super::renewer::{Kept, LeaseRenewer};
use super::store::{S3, is_hidden};
use super::{Holder, LeaseError};
use crate::apply::diff::Intent;
use crate::context::Readiness;
use crate::error::{Error, Result, chain};
use crate::event::{Event, Late, Phase};
use crate::identity::{self, Mismatch, PlatformIdentity};
use crate::preflight::{Caller, Failure, PreflightError};
use crate::providers::s3::bucket::{prepare_control_bucket, remove_control_bucket};
use crate::session::{Observation, Session};
use crate::state::absence;
use crate::state::consistency::LastRun;

/// Why a run cannot change the platform now.
#[derive(Debug)]
pub enum CannotChange {
    /// The lease cannot be acquired.
    Lease(LeaseError),
    /// The platform is not in this account.
    Preflight(PreflightError),
    /// The live resources cannot be listed; one error for each kind.
    Observe(Vec<Error>),
}

/// A lease that this run holds, or held and lost.
#[derive(Debug)]
pub struct LeaseGuard {
    pub(crate) caller: String,
    pub(crate) run: String,
    pub(crate) began: UtcTime,
    pub(crate) command: Command,
}

impl Session<'_> {
    /// Lists the live resources for a caller that intends to change them. It reads the lease first, so
    /// that the observed state is still current when the lease is acquired: see [`crate::lease`].
    ///
    /// It polls for a while for resources that a killed run may have begun to create, because AWS shows
    /// new resources late and saas must not create them twice. The same holds for resources without a
    /// unique name that a run which just ended may have created.
    ///
    /// A listing may also show changed and deleted resources in their old state for a while. So if the
    /// last run did not see its own changes in listings, the observed state counts only after that time.
    /// Without a control bucket, a resource counts only if it stays in the listings for that long.
    ///
    /// # Errors
    /// When another run holds the lease, and when resources cannot be listed.
    pub async fn observe_to_change(&self, intent: Intent) -> Result<(Observation, LeaseSnapshot), CannotChange> {
        self.reporter.report(Event::Phase { phase: Phase::Observe });
        self.reach().await?;
        let sighting = self.sight().await?;
        self.refuse_another(&sighting).await?;
        self.outwait(sighting.unseen_for(self.pace.visible_within)).await;
        let mut first_look = None;
        let mut pauses = self.pace.pauses();
        loop {
            let in_flight = sighting.in_flight().cloned().unwrap_or_default();
            let observation = self.find(intent, in_flight).await.map_err(CannotChange::Observe)?;
            refuse(identity::of_live(&observation.live, self.plan.header()))?;
            let start = *first_look.get_or_insert_with(Instant::now);
            let mut missing = self.missing(&sighting, &observation);
            let mut late = Late::Begun;
            let mut left = self.lease.settling.saturating_sub(start.elapsed());
            if missing.is_empty() {
                left = sighting.seen_within(self.pace.visible_within);
                missing = absence::without_a_name(&self.cx(&observation));
            }
            if !sighting.has_bucket() {
                // The control bucket is deleted last, so a listing may still contain all other resources.
                late = Late::Removed;
                left = self.pace.visible_within.saturating_sub(start.elapsed());
                missing = observation.live.all().into_iter().map(|found| found.address).collect();
            }
            if self.before_next_look(late, missing, left, pauses.next()).await.is_break() {
                return Ok((observation, sighting));
            }
        }
    }

    /// Waits until listings reflect the changes and deletions of the last run.
    async fn outwait(&self, left: Duration) {
        if left.is_zero() || self.stop.is_requested() {
            return;
        }
        self.reporter.report(Event::LookingAgain {
            late: Late::Changed,
            addresses: Vec::new(),
            seconds: left.as_secs(),
        });
        tokio::select! {
            biased;
            () = sleep(left) => {}
            () = self.stop.requested() => {}
        }
    }

    /// Checks that AWS answers, in the account of the plan, before the first listing: in another account
    /// every resource would look missing.
    async fn reach(&self) -> Result<(), CannotChange> {
        self.identify().await.map_err(|mut error| match error.0.pop() {
            Some(Failure::Unanswered { error, .. }) => CannotChange::Observe(vec![error]),
            last => {
                error.0.extend(last);
                CannotChange::Preflight(error)
            }
        })
    }

    /// Refuses to change a platform that was recorded with another name, environment, account or Region.
    /// The record comes from the last holder of the lease, or else from the newest receipt.
    async fn refuse_another(&self, sighting: &LeaseSnapshot) -> Result<(), CannotChange> {
        if !sighting.has_bucket() {
            return Ok(());
        }
        let planned = PlatformIdentity::of(self.plan.header());
        let (recorded, witness) = match sighting.platform() {
            Some(recorded) => (Some(recorded.clone()), "the lease in the control bucket"),
            None => (self.identity_of_receipts().await?, "the newest receipt in the control bucket"),
        };
        refuse(recorded.map(|recorded| recorded.mismatches(&planned, witness)).unwrap_or_default())
    }

    async fn identity_of_receipts(&self) -> Result<Option<PlatformIdentity>, CannotChange> {
        const LOOKED_AT: usize = 4;
        let receipts = self.history(LOOKED_AT).await.map_err(CannotChange::Lease)?;
        let newest = receipts.into_iter().find_map(|kept| kept.receipt.ok());
        Ok(newest.map(|receipt| PlatformIdentity::of_receipt(receipt.body())))
    }

    /// Resources that may be in creation and are not listed yet.
    fn missing(&self, sighting: &LeaseSnapshot, observation: &Observation) -> Vec<Address> {
        let unseen = |address: &&Address| observation.live.get(address).is_none() && self.plan.node(address).is_some();
        sighting.in_flight().into_iter().flatten().filter(unseen).cloned().collect()
    }

    async fn sight(&self) -> Result<LeaseSnapshot, CannotChange> {
        let store = self.control_bucket().map_err(CannotChange::Lease)?;
        match self.once_shown(async || acquire::sight(&store).await).await {
            Ok(sighting) => Ok(sighting),
            Err(LeaseError::Call(error)) => Err(match *error {
                Error::OtherRegion { bucket, region } => {
                    let planned = self.plan.header().region.clone();
                    CannotChange::Preflight(PreflightError(vec![Failure::BucketElsewhere { bucket, region, planned }]))
                }
                error if error.is(&["AccessDenied"]) => CannotChange::Lease(LeaseError::from_call(error)),
                error => CannotChange::Observe(vec![error]),
            }),
            Err(error) => Err(CannotChange::Lease(error)),
        }
    }

    /// The run that holds the lease, or held it last, as far as that can be determined.
    pub(crate) async fn last_run(&self) -> LastRun {
        let Ok(store) = self.control_bucket() else { return LastRun::default() };
        LastRun(acquire::last_run(&store).await.ok().flatten())
    }

    /// Retries while S3 does not show an existing lease object.
    async fn once_shown<T>(&self, ask: impl AsyncFn() -> Result<T, LeaseError>) -> Result<T, LeaseError> {
        let (observation, address) = (Observation::default(), Address::literal(CONTROL_BUCKET));
        let cx = self.cx(&observation).at(&address);
        let what = "S3 to show the lease, which it lists";
        let asked = cx.wait(what, async || match ask().await {
            Err(LeaseError::Call(error)) if is_hidden(&error) => Ok(Readiness::NotYet(error.to_string())),
            answer => Ok(Readiness::Ready(answer)),
        });
        Box::pin(asked).await.map_err(LeaseError::from_call)?
    }

    /// The bucket that holds the lease and the receipts.
    pub(crate) fn control_bucket(&self) -> Result<S3<'_>, LeaseError> {
        let (_, bucket) = self.plan.control_bucket().ok_or(LeaseError::NoControlBucket)?;
        let owner = self.plan.header().account.as_str();
        Ok(S3 { client: &self.aws.control, bucket: bucket.name.as_str(), owner })
    }

    /// Runs `work` while this run holds the lease, and releases the lease afterwards.
    ///
    /// When the lease is lost meanwhile, writes fail, and `work` continues to its end. A caller that
    /// drops the future leaves the lease to expire.
    ///
    /// # Errors
    /// When the lease changed since the snapshot, or cannot be acquired. Then `work` did not run.
    pub async fn hold<T>(
        &self,
        observation: &Observation,
        sighting: LeaseSnapshot,
        command: Command,
        work: impl AsyncFnOnce(&LeaseGuard) -> T,
    ) -> Result<T, LeaseError> {
        let store = self.control_bucket()?;
        let cx = self.cx(observation);
        let caller = Caller::ask(&cx).await.map_err(LeaseError::from_call)?.arn;
        let made = !sighting.has_bucket();
        prepare_control_bucket(&cx, made).await.map_err(LeaseError::from_call)?;
        let term_seconds = self.lease.term.as_secs().max(1);
        let run = random_id().map_err(LeaseError::from_call)?;
        let platform = PlatformIdentity::of(self.plan.header());
        let claim = Claim { run, holder: caller, plan: self.plan.id(), command, platform, term_seconds };
        let taken_over = matches!(sighting.state, State::Expired(_));
        let taken = acquire::take(&store, sighting, claim).await?;
        if taken_over {
            self.tell_of_takeover(&taken);
        }
        let untidy = taken.last.as_ref().is_some_and(|last| !last.record.was_given_back());
        let first = &taken.written.record;
        let held = LeaseGuard { caller: first.holder.clone(), run: first.run.clone(), began: first.since, command };

        let mut keeper = LeaseRenewer::new(&store, self.aws.hold.clone(), store.bucket, taken);
        let working = async {
            let value = work(&held).await;
            if made && command == Command::Destroy {
                self.remove_again(observation).await;
            }
            self.aws.hold.finish();
            value
        };
        let keeping = async {
            keeper.keep().await;
            if let Err(lost) = self.aws.hold.check() {
                self.reporter.report(Event::LeaseLost { why: lost.to_string() });
            }
        };
        let (value, ()) = futures::join!(working, keeping);
        let removed = self.aws.hold.is_removed();
        let kept = keeper.release().await;
        if !removed {
            self.tidy_up(&store, kept, untidy).await;
        }
        Ok(value)
    }

    fn tell_of_takeover(&self, taken: &Taken) {
        if let Some(last) = &taken.last {
            let record = &last.record;
            self.reporter.report(Event::LeaseTakenOver {
                caller: record.holder.clone(),
                run: record.run.clone(),
                plan: record.plan,
                since: record.since,
                in_flight: record.in_flight.iter().cloned().collect(),
            });
        }
    }

    /// Deletes a control bucket that was created only to hold the lease, while the rest of a platform
    /// without one was deleted.
    async fn remove_again(&self, observation: &Observation) {
        if let Some(found) = observation.live.get(&Address::literal(CONTROL_BUCKET))
            && let Err(error) = remove_control_bucket(&self.cx(observation), &found).await
        {
            self.warn(format!("the bucket {} is left: {}", found.identity.id, chain(&error)));
        }
    }

    /// Deletes versions of the lease object that are no longer needed.
    async fn tidy_up(&self, store: &S3<'_>, kept: Kept, untidy: bool) {
        let Kept { outdated, not_released } = kept;
        if let Some(why) = not_released {
            self.warn(format!("the lease was not given back, so it has to expire: {why}"));
            return;
        }
        let outdated = if untidy { all_outdated(store).await } else { Ok(outdated) };
        let tidied = match outdated {
            Ok(outdated) => forget(store, &outdated).await,
            Err(error) => Err(error),
        };
        if let Err(error) = tidied {
            self.warn(format!("old versions of {KEY} are left: {}", chain(&error)));
        }
    }

    fn warn(&self, message: String) {
        self.reporter.report(Event::Warning { address: None, message });
    }

    /// The holder of the lease, expired or not; `None` when the lease is free.
    ///
    /// # Errors
    /// When that cannot be determined.
    pub async fn holder(&self) -> Result<Option<Holder>, LeaseError> {
        let store = self.control_bucket()?;
        self.once_shown(async || acquire::holder(&store).await).await
    }

    /// Breaks the lease of a run that is known to be dead. A run that is alive continues until it next
    /// renews the lease, at most for as long as its lease is valid.
    ///
    /// # Errors
    /// When another run holds the lease by now, and when it cannot be written.
    pub async fn unlock(&self, holder: &Holder) -> Result<(), LeaseError> {
        let observation = Observation::default();
        let caller = Caller::ask(&self.cx(&observation)).await.map_err(LeaseError::from_call)?;
        let store = self.control_bucket()?;
        self.once_shown(async || acquire::unlock(&store, &holder.run, &caller.arn).await).await
    }
}

pub(crate) fn refuse(mismatches: Vec<Mismatch>) -> Result<(), CannotChange> {
    if mismatches.is_empty() {
        return Ok(());
    }
    Err(CannotChange::Preflight(PreflightError(vec![Failure::AnotherPlatform { mismatches }])))
}

/// Every version of the object except the current one.
async fn all_outdated(store: &S3<'_>) -> Result<Vec<String>> {
    let call = store.client.list_object_versions().bucket(store.bucket).expected_bucket_owner(store.owner);
    let page = call.prefix(KEY).send().await?;
    let outdated = page.versions.unwrap_or_default().into_iter().filter(|version| version.is_latest != Some(true));
    let versions: BTreeSet<String> = outdated.filter_map(|version| version.version_id).collect();
    Ok(versions.into_iter().collect())
}

/// Deletes versions of the object. A call takes at most 1,000. Source: Amazon S3 API, `DeleteObjects`.
async fn forget(store: &S3<'_>, versions: &[String]) -> Result<()> {
    for versions in versions.chunks(1_000) {
        let objects = versions.iter().map(|version| {
            let object = ObjectIdentifier::builder().key(KEY).version_id(version);
            object.build().expect("the key is given")
        });
        let all = Delete::builder().set_objects(Some(objects.collect())).quiet(true).build();
        let call = store.client.delete_objects().bucket(store.bucket).expected_bucket_owner(store.owner);
        call.delete(all.expect("the objects are given")).send().await?;
    }
    Ok(())
}

/// 128 random bits, in hexadecimal digits.
fn random_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::Failed {
        what: "naming this run".into(),
        reason: format!("the operating system gives no random numbers: {error}"),
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
