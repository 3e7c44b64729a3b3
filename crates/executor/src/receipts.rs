//! Receipts: writes them, stores them in the control bucket, and lists them.
//!
//! [`saas_model::receipt`] defines their content.

use std::collections::BTreeMap;

use aws_sdk_s3::primitives::ByteStream;
use futures::stream::{self, StreamExt};
use saas_model::receipt::{
    self, Body, Command, Ending, Isolation, PREFIX, Receipt, UnreadableReceipt, Verified, When, Who,
};
use saas_model::{Address, Digest, Header};

use crate::apply::change_set::ChangeSet;
use crate::apply::report::{Execution, FailedStep};
use crate::error::{Error, Result};
use crate::lease::{LeaseError, LeaseGuard, control_bucket, retry_transient};
use crate::platform::Platform;
use crate::postgres::Probe;
use crate::verify::Verification;

/// A receipt in the control bucket.
#[derive(Debug)]
pub struct KeptReceipt {
    /// Its key.
    pub key: String,
    /// Its content, or why it cannot be read.
    pub receipt: Result<Receipt, UnreadableReceipt>,
}

/// How many receipts are read concurrently.
const WIDTH: usize = 8;

/// The content of a receipt that the session does not know by itself.
#[derive(Debug)]
pub(crate) struct Outcome<'a> {
    /// The change set that was approved.
    pub(crate) changes: &'a ChangeSet,
    /// The proof that the plan isolates its tenants; `None` for a destroy.
    pub(crate) isolation: Option<Isolation>,
    /// The steps.
    pub(crate) execution: &'a Execution,
    /// The result of the verification that followed.
    pub(crate) verification: Option<&'a Verification>,
    /// The outputs of the plan.
    pub(crate) outputs: BTreeMap<Address, String>,
    /// The newest receipt in the control bucket.
    pub(crate) previous: Option<Digest>,
}

/// The receipt of an apply under a lease, with the calls made so far.
pub(crate) fn receipt(platform: &Platform<'_>, held: &LeaseGuard, outcome: Outcome<'_>) -> Receipt {
    let Outcome { changes, isolation, execution, verification, outputs, previous } = outcome;
    let Header { platform: name, environment, account, region, .. } = platform.plan.header().clone();
    let Execution { done, failed, not_reached, not_begun, widest: _, millis } = execution;
    let failed = failed.iter().map(|step| {
        let FailedStep { address, verb, error: _ } = step;
        receipt::FailedStep { address: address.clone(), verb: *verb, error: step.reason() }
    });
    Receipt::new(Body {
        plan: changes.plan,
        platform: name,
        environment,
        account,
        region,
        command: held.command,
        change_set: changes.digest(),
        who: Who { caller: held.caller.clone(), run: held.run.clone() },
        when: When { began: held.began, acted_millis: *millis },
        ending: ending(platform, execution),
        done: done.clone(),
        failed: failed.collect(),
        not_reached: not_reached.clone(),
        not_begun: not_begun.clone(),
        calls: platform.aws.calls.tally().by_service().clone(),
        verification: verification.map(verified),
        outputs,
        isolation,
        previous,
    })
}

fn ending(platform: &Platform<'_>, execution: &Execution) -> Ending {
    if execution.is_complete() {
        Ending::Complete
    } else if platform.aws.lease.check().is_err() {
        Ending::LeaseLost
    } else if platform.stop.is_cancelled() {
        Ending::Interrupted
    } else {
        Ending::Failed
    }
}

/// Stores a receipt in the control bucket, even when the lease is no longer held. Returns its key, or `None`
/// when the bucket was deleted with the platform.
///
/// # Errors
/// When the receipt cannot be written.
pub(crate) async fn store(
    platform: &Platform<'_>,
    held: &LeaseGuard,
    receipt: &Receipt,
) -> Result<Option<String>, LeaseError> {
    if held.command == Command::Destroy && platform.aws.lease.is_deleted() {
        return Ok(None);
    }
    let store = control_bucket(platform)?;
    let key = receipt.object_key();
    let body = receipt.encode();
    let stored = retry_transient(platform, async || {
        let call = store.client.put_object().bucket(store.bucket).key(&key).expected_bucket_owner(store.owner);
        let call = call.content_type("application/vnd.msgpack").body(ByteStream::from(body.clone()));
        Ok(call.if_none_match("*").send().await.map(drop)?)
    });
    match stored.await {
        // The key contains the digest of the content, so an earlier attempt succeeded and its answer was lost.
        Err(error) if error.is(&["PreconditionFailed"]) => Ok(Some(key)),
        Err(error) => Err(LeaseError::from_call(error)),
        Ok(()) => Ok(Some(key)),
    }
}

/// The newest receipts, newest first; empty when there is no control bucket.
///
/// # Errors
/// When the receipts cannot be listed or read.
pub(crate) async fn history(platform: &Platform<'_>, most: usize) -> Result<Vec<KeptReceipt>, LeaseError> {
    let newest = keys(platform).await?.into_iter().rev().take(most);
    let receipts = stream::iter(newest).map(|key| read(platform, key)).buffered(WIDTH);
    receipts.collect::<Vec<_>>().await.into_iter().collect()
}

/// The id of the newest receipt that can be read; `None` when there is none.
///
/// # Errors
/// When the receipts cannot be listed or read.
pub(crate) async fn newest(platform: &Platform<'_>) -> Result<Option<Digest>, LeaseError> {
    if platform.aws.lease.is_deleted() {
        return Ok(None);
    }
    for key in keys(platform).await?.into_iter().rev().take(WIDTH) {
        if let Ok(receipt) = read(platform, key).await?.receipt {
            return Ok(Some(receipt.id()));
        }
    }
    Ok(None)
}

/// The keys of all receipts, oldest first; none when there is no control bucket.
///
/// # Errors
/// When they cannot be listed.
pub(crate) async fn keys(platform: &Platform<'_>) -> Result<Vec<String>, LeaseError> {
    let store = control_bucket(platform)?;
    let call = store.client.list_objects_v2().bucket(store.bucket).expected_bucket_owner(store.owner);
    let mut pages = call.prefix(PREFIX).into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        match page.map_err(Error::from) {
            Ok(page) => keys.extend(page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key)),
            Err(error) if error.is(&["NoSuchBucket"]) => return Ok(Vec::new()),
            Err(error) => return Err(LeaseError::from_call(error)),
        }
    }
    // Keys begin with the time, and S3 lists them in byte order.
    Ok(keys)
}

/// Reads the receipt with this key.
///
/// # Errors
/// When S3 does not return it.
pub(crate) async fn read(platform: &Platform<'_>, key: String) -> Result<KeptReceipt, LeaseError> {
    let store = control_bucket(platform)?;
    let call = store.client.get_object().bucket(store.bucket).key(&key).expected_bucket_owner(store.owner);
    // The object was listed, so it exists.
    let answer =
        retry_transient(platform, async || Ok(call.clone().send().await?)).await.map_err(LeaseError::from_call)?;
    let body = answer.body.collect().await.map_err(|error| {
        let what = format!("the response of s3 GetObject for {key}");
        LeaseError::from_call(Error::Unexpected { what, reason: error.to_string() })
    })?;
    Ok(KeptReceipt { key, receipt: Receipt::decode(&body.to_vec()) })
}

fn verified(verification: &Verification) -> Verified {
    let Verification { compared, deviations, probes, foreign: _ } = verification;
    Verified {
        clean: verification.is_clean(),
        compared: *compared as u64,
        attempts: probes.iter().map(Probe::times).sum(),
        deviations: deviations.iter().map(|deviation| deviation.address.clone()).collect(),
        broken: probes.iter().filter(|probe| !probe.is_good()).map(ToString::to_string).collect(),
    }
}
