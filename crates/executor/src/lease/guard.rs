//! Holds the lease during an apply.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use saas_model::Address;
use saas_model::plan::CONTROL_BUCKET;
use saas_model::receipt::Command;
use saas_model::time::UtcTime;

use super::LeaseError;
use super::acquire::{self, AcquiredLease, LeaseSnapshot, State};
use super::control_bucket::control_bucket;
use super::record::{Claim, KEY};
use super::renewer::{LeaseRenewer, ReleaseOutcome};
use super::store::S3;
use crate::error::{Error, Result, chain};
use crate::event::Event;
use crate::identity::PlatformIdentity;
use crate::observation::Observation;
use crate::platform::Platform;
use crate::preflight::caller;
use crate::providers::s3::bucket::{prepare_control_bucket, remove_control_bucket};

/// A lease that this run holds, or held and lost.
#[derive(Debug)]
#[must_use = "the lease expires when nothing renews it"]
pub struct LeaseGuard {
    pub(crate) caller: String,
    pub(crate) run: String,
    pub(crate) began: UtcTime,
    pub(crate) command: Command,
}

/// Runs `work` while this run holds the lease, and releases the lease afterwards.
///
/// When the lease is lost meanwhile, writes fail, and `work` continues to its end. A caller that
/// drops the future leaves the lease to expire.
///
/// # Errors
/// When the lease changed since the snapshot, or cannot be acquired. Then `work` did not run.
pub(crate) async fn with_lease<T>(
    platform: &Platform<'_>,
    observation: &Observation,
    snapshot: LeaseSnapshot,
    command: Command,
    work: impl AsyncFnOnce(&LeaseGuard) -> T,
) -> Result<T, LeaseError> {
    let store = control_bucket(platform)?;
    let cx = platform.cx(observation);
    let caller = caller(&cx).await.map_err(LeaseError::from_call)?.arn;
    let created_bucket = !snapshot.has_bucket();
    prepare_control_bucket(&cx, created_bucket).await.map_err(LeaseError::from_call)?;
    let term_seconds = platform.lease.term.as_secs().max(1);
    let run = random_id().map_err(LeaseError::from_call)?;
    let identity = PlatformIdentity::of(platform.plan.header());
    let claim = Claim { run, holder: caller, plan: platform.plan.id(), command, platform: identity, term_seconds };
    let taken_over = matches!(snapshot.state, State::Expired(_));
    let acquired = acquire::acquire(&store, snapshot, claim).await?;
    if taken_over {
        report_takeover(platform, &acquired);
    }
    let needs_full_cleanup = acquired.last.as_ref().is_some_and(|last| !last.record.was_given_back());
    let first = &acquired.written.record;
    let held = LeaseGuard { caller: first.holder.clone(), run: first.run.clone(), began: first.since, command };

    let mut renewer = LeaseRenewer::new(&store, platform.aws.lease.clone(), store.bucket, acquired);
    let working = async {
        let value = work(&held).await;
        if created_bucket && command == Command::Destroy {
            remove_control_bucket_again(platform, observation).await;
        }
        platform.aws.lease.finish();
        value
    };
    let renewing = async {
        renewer.run().await;
        if let Err(lost) = platform.aws.lease.check() {
            platform.reporter.report(Event::LeaseLost { why: lost.to_string() });
        }
    };
    let (value, ()) = futures::join!(working, renewing);
    let removed = platform.aws.lease.is_deleted();
    let outcome = renewer.release().await;
    if !removed {
        delete_old_versions(platform, &store, outcome, needs_full_cleanup).await;
    }
    Ok(value)
}

fn report_takeover(platform: &Platform<'_>, acquired: &AcquiredLease) {
    if let Some(last) = &acquired.last {
        let record = &last.record;
        platform.reporter.report(Event::LeaseTakenOver {
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
async fn remove_control_bucket_again(platform: &Platform<'_>, observation: &Observation) {
    if let Some(found) = observation.live.get(&Address::literal(CONTROL_BUCKET))
        && let Err(error) = remove_control_bucket(&platform.cx(observation), &found).await
    {
        platform.warn(format!("the control bucket {} was not deleted: {}", found.identity.id, chain(&error)));
    }
}

/// Deletes versions of the lease object that are no longer needed.
async fn delete_old_versions(
    platform: &Platform<'_>,
    store: &S3<'_>,
    outcome: ReleaseOutcome,
    needs_full_cleanup: bool,
) {
    let ReleaseOutcome { outdated, not_released } = outcome;
    if let Some(why) = not_released {
        platform.warn(format!("the lease was not released, and expires by itself: {why}"));
        return;
    }
    let outdated = if needs_full_cleanup { outdated_versions(store).await } else { Ok(outdated) };
    let deleted = match outdated {
        Ok(outdated) => delete_versions(store, &outdated).await,
        Err(error) => Err(error),
    };
    if let Err(error) = deleted {
        platform.warn(format!("old versions of {KEY} were not deleted: {}", chain(&error)));
    }
}

/// Every version of the object except the current one.
async fn outdated_versions(store: &S3<'_>) -> Result<Vec<String>> {
    let call = store.client.list_object_versions().bucket(store.bucket).expected_bucket_owner(store.owner);
    let page = call.prefix(KEY).send().await?;
    let outdated = page.versions.unwrap_or_default().into_iter().filter(|version| version.is_latest != Some(true));
    let versions: BTreeSet<String> = outdated.filter_map(|version| version.version_id).collect();
    Ok(versions.into_iter().collect())
}

/// Deletes versions of the object. A call takes at most 1,000. Source: Amazon S3 API, `DeleteObjects`.
async fn delete_versions(store: &S3<'_>, versions: &[String]) -> Result<()> {
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
        what: "generating the run id".into(),
        reason: format!("the operating system provides no random numbers: {error}"),
    })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
