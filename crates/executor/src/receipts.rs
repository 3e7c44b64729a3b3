//! Receipts: writes them, stores them in the control bucket, and lists them.
//!
//! [`saas_model::receipt`] defines their content.

use std::collections::BTreeMap;

use aws_sdk_s3::primitives::ByteStream;
use futures::stream::{self, StreamExt};
use saas_model::plan::CONTROL_BUCKET;
use saas_model::receipt::{
    Body, Command, Ending, FailedStep, PREFIX, Receipt, Step, StoppedStep, UnreadableReceipt, Verified, When, Who,
};
use saas_model::{Address, Header};

use crate::apply::change_set::ChangeSet;
use crate::apply::run::ApplyReport;
use crate::error::{Error, Result};
use crate::lease::{LeaseError, LeaseGuard, UNSETTLED};
use crate::postgres::Probe;
use crate::session::{Observation, Session};
use crate::verify::Verification;

/// The outcome of an apply, for its receipt.
#[derive(Debug)]
pub struct ApplyOutcome<'a> {
    /// The change set that the operator approved.
    pub changes: &'a ChangeSet,
    /// The report of its execution.
    pub acted: &'a ApplyReport,
    /// The duration of the execution, in milliseconds.
    pub millis: u64,
    /// The result of the verification that followed.
    pub verification: Option<&'a Verification>,
    /// The outputs of the plan.
    pub outputs: BTreeMap<Address, String>,
}

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

impl Session<'_> {
    /// The receipt of an apply under a lease, with the calls made so far.
    #[must_use]
    pub fn receipt(&self, held: &LeaseGuard, deed: ApplyOutcome<'_>) -> Receipt {
        let ApplyOutcome { changes, acted, millis, verification, outputs } = deed;
        let Header { platform, environment, account, region, .. } = self.plan.header().clone();
        let ApplyReport { done, failed, not_reached, not_begun, widest: _ } = acted;
        let step = |(address, verb): &(Address, _)| Step { address: address.clone(), verb: *verb };
        let failed = failed.iter().cloned().map(|(address, verb, error)| FailedStep { address, verb, error });
        let not_reached =
            not_reached.iter().cloned().map(|(address, verb, because)| StoppedStep { address, verb, because });
        Receipt::new(Body {
            plan: changes.plan,
            platform,
            environment,
            account,
            region,
            command: held.command,
            change_set: changes.digest(),
            who: Who { caller: held.caller.clone(), run: held.run.clone() },
            when: When { began: held.began, acted_millis: millis },
            ending: self.ending(acted),
            done: done.iter().map(step).collect(),
            failed: failed.collect(),
            not_reached: not_reached.collect(),
            not_begun: not_begun.iter().map(step).collect(),
            calls: self.calls().by_service().clone(),
            verification: verification.map(verified),
            outputs,
        })
    }

    fn ending(&self, acted: &ApplyReport) -> Ending {
        if acted.is_complete() {
            Ending::Complete
        } else if self.aws.hold.check().is_err() {
            Ending::LeaseLost
        } else if self.stop.is_requested() {
            Ending::Interrupted
        } else {
            Ending::Failed
        }
    }

    /// Stores a receipt in the control bucket, even when the lease is no longer held. Returns `None` when
    /// the bucket was deleted with the platform.
    ///
    /// # Errors
    /// When the receipt cannot be written.
    pub async fn keep_receipt(&self, held: &LeaseGuard, receipt: &Receipt) -> Result<Option<String>, LeaseError> {
        if held.command == Command::Destroy && self.aws.hold.is_removed() {
            return Ok(None);
        }
        let store = self.control_bucket()?;
        let key = receipt.object_key();
        let body = receipt.encode();
        let kept = self.unsettled(async || {
            let call = store.client.put_object().bucket(store.bucket).key(&key).expected_bucket_owner(store.owner);
            let call = call.content_type("application/vnd.msgpack").body(ByteStream::from(body.clone()));
            Ok(call.if_none_match("*").send().await.map(drop)?)
        });
        match kept.await {
            // The key contains the digest of the content, so an earlier attempt succeeded and its answer
            // was lost.
            Err(error) if error.is(&["PreconditionFailed"]) => Ok(Some(key)),
            Err(error) => Err(LeaseError::from_call(error)),
            Ok(()) => Ok(Some(key)),
        }
    }

    /// Retries a request for an object of the control bucket while a change of the bucket may still
    /// propagate.
    async fn unsettled<T>(&self, call: impl AsyncFn() -> Result<T>) -> Result<T> {
        let (observation, address) = (Observation::default(), Address::literal(CONTROL_BUCKET));
        Box::pin(self.cx(&observation).at(&address).retry(UNSETTLED, call)).await
    }

    /// The newest receipts, newest first; empty when there is no control bucket.
    ///
    /// # Errors
    /// When the receipts cannot be listed or read.
    pub async fn history(&self, most: usize) -> Result<Vec<KeptReceipt>, LeaseError> {
        let keys = self.receipt_keys().await?;
        let newest = keys.into_iter().rev().take(most);
        let receipts = stream::iter(newest).map(|key| self.kept_receipt(key)).buffered(WIDTH);
        receipts.collect::<Vec<_>>().await.into_iter().collect()
    }

    pub(crate) async fn receipt_keys(&self) -> Result<Vec<String>, LeaseError> {
        let store = self.control_bucket()?;
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

    pub(crate) async fn kept_receipt(&self, key: String) -> Result<KeptReceipt, LeaseError> {
        let store = self.control_bucket()?;
        let call = store.client.get_object().bucket(store.bucket).key(&key).expected_bucket_owner(store.owner);
        // The object was listed, so it exists.
        let answer = self.unsettled(async || Ok(call.clone().send().await?)).await.map_err(LeaseError::from_call)?;
        let body = answer.body.collect().await.map_err(|error| {
            let what = format!("the answer of s3 GetObject for {key}");
            LeaseError::from_call(Error::Unexpected { what, reason: error.to_string() })
        })?;
        Ok(KeptReceipt { key, receipt: Receipt::decode(&body.to_vec()) })
    }
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
