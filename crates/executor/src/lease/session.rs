//! What a session does with the lease: looks at it, holds it while something is done, and takes it
//! away from a run that was killed.

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

/// Why a platform cannot be changed now.
#[derive(Debug)]
pub enum CannotChange {
    /// Its lease cannot be had.
    Lease(LeaseError),
    /// It is not in this account.
    Preflight(PreflightError),
    /// What is live could not be found out, kind by kind.
    Observe(Vec<Error>),
}

/// A lease that this run holds, or has held and lost.
#[derive(Debug)]
pub struct LeaseGuard {
    pub(crate) caller: String,
    pub(crate) run: String,
    pub(crate) began: UtcTime,
    pub(crate) command: Command,
}

impl Session<'_> {
    /// Finds what is live, for somebody who means to change it. How the lease is comes first, so
    /// that what is found still holds when the lease is had: see [`crate::lease`].
    ///
    /// What a run that was killed may have begun to make is looked for again for a while, for AWS
    /// shows new things late, and another must not be made in its place. So is what a run that has
    /// just ended may have made, where it has no name to ask for.
    ///
    /// A listing may also show for a while what was changed or removed as it was. So where the last run
    /// has not seen its own changes in listings, what is found counts only when that time is over; and
    /// where there is no control bucket, everything that is listed has to be listed for that long.
    ///
    /// # Errors
    /// When somebody else holds the lease, and when something cannot be found out.
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
                // The control bucket goes last, so all else may be what a listing has not forgotten yet.
                late = Late::Removed;
                left = self.pace.visible_within.saturating_sub(start.elapsed());
                missing = observation.live.all().into_iter().map(|found| found.address).collect();
            }
            if self.before_next_look(late, missing, left, pauses.next()).await.is_break() {
                return Ok((observation, sighting));
            }
        }
    }

    /// Waits until listings show what the last run has changed and removed.
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

    /// Makes sure that AWS answers, and in the account of the plan, before anything is looked at: in
    /// another account everything looks as if it were missing.
    async fn reach(&self) -> Result<(), CannotChange> {
        self.identify().await.map_err(|mut error| match error.0.pop() {
            Some(Failure::Unanswered { error, .. }) => CannotChange::Observe(vec![error]),
            last => {
                error.0.extend(last);
                CannotChange::Preflight(error)
            }
        })
    }

    /// Refuses to change a platform that another name, stage, account or Region was recorded for: by
    /// the last holder of the lease, else by the newest receipt.
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

    /// What may be on its way into being, and is not seen.
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

    /// The run that holds the lease, or held it last, as far as that can be found out.
    pub(crate) async fn last_run(&self) -> LastRun {
        let Ok(store) = self.control_bucket() else { return LastRun::default() };
        LastRun(acquire::last_run(&store).await.ok().flatten())
    }

    /// Asks again while S3 does not show the lease though it is there.
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

    /// The bucket that lease and receipts are in.
    pub(crate) fn control_bucket(&self) -> Result<S3<'_>, LeaseError> {
        let (_, bucket) = self.plan.control_bucket().ok_or(LeaseError::NoControlBucket)?;
        let owner = self.plan.header().account.as_str();
        Ok(S3 { client: &self.aws.control, bucket: bucket.name.as_str(), owner })
    }

    /// Does something while this run holds the lease, and gives it back afterwards.
    ///
    /// When the lease is lost on the way, what would write fails, and `work` goes on to its end. Who
    /// drops the future leaves the lease to expire.
    ///
    /// # Errors
    /// When the lease is not as it was sighted, or cannot be taken. Then nothing was done.
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

    /// Removes the control bucket that was made only to hold the lease in it, while what was left
    /// of a platform without one is removed.
    async fn remove_again(&self, observation: &Observation) {
        if let Some(found) = observation.live.get(&Address::literal(CONTROL_BUCKET))
            && let Err(error) = remove_control_bucket(&self.cx(observation), &found).await
        {
            self.warn(format!("the bucket {} is left: {}", found.identity.id, chain(&error)));
        }
    }

    /// Removes the versions of the lease's object that are not needed any more.
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

    /// Who holds the lease, in time or not; `None` when nobody does.
    ///
    /// # Errors
    /// When that cannot be found out.
    pub async fn holder(&self) -> Result<Option<Holder>, LeaseError> {
        let store = self.control_bucket()?;
        self.once_shown(async || acquire::holder(&store).await).await
    }

    /// Takes the lease away from a run that is known to be dead. If it is alive, it goes on until it
    /// next renews the lease, and for as long as the lease is good at the most.
    ///
    /// # Errors
    /// When another run holds it by now, and when it cannot be written.
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

/// Every version of the object but the one that counts.
async fn all_outdated(store: &S3<'_>) -> Result<Vec<String>> {
    let call = store.client.list_object_versions().bucket(store.bucket).expected_bucket_owner(store.owner);
    let page = call.prefix(KEY).send().await?;
    let outdated = page.versions.unwrap_or_default().into_iter().filter(|version| version.is_latest != Some(true));
    let versions: BTreeSet<String> = outdated.filter_map(|version| version.version_id).collect();
    Ok(versions.into_iter().collect())
}

/// Deletes versions of the object; 1,000 in a call are as many as there may be.
/// Source: Amazon S3 API, `DeleteObjects`.
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
