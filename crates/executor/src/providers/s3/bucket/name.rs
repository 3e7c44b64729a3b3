//! Bucket names, which are unique across all AWS accounts, and whether one is available.
//!
//! A deleted bucket keeps its name for a while, usually for seconds, at times for up to an hour. Meanwhile
//! S3 reports that the name is taken, as if another account had it, or that another operation is in
//! progress. Whether a bucket of that name exists distinguishes the two cases.
//! Source: Amazon S3 User Guide, "Deleting a general purpose bucket"; aws/aws-cli#2593 and
//! panther-labs/panther#1614 report 24 to 60 minutes.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_s3::error::SdkError;
use saas_model::names::Names;
use saas_model::{Address, Kind, Node, Plan};

use super::{owner, taken};
use crate::context::{Context, Readiness};
use crate::error::{Error, Result};
use crate::provider::naming::{NamedResource, TenantOfPlan};
use crate::state::provenance::names_of_tenant;

/// The names that the bucket of a tenant may have: with the common suffix, or without any.
pub(super) fn of_tenant(tenant: &TenantOfPlan<'_>) -> BTreeSet<String> {
    let suffixes = suffixes(tenant.plan);
    tenant.with_names(|names| suffixes.iter().map(|suffix| names.bucket(suffix.as_deref()).to_string()).collect())
}

/// Whether saas gives this name to a bucket, or the bucket is as its tags record: it may have had a suffix of its
/// own.
pub(super) fn is_given(bucket: &NamedResource<'_>) -> bool {
    is_plain(bucket.plan, &bucket.found.address, bucket.name) || bucket.is_as_recorded()
}

/// Whether the plan gives this name to a bucket, with the common suffix or without any. A bucket with
/// another suffix must be described to know whose it is.
pub(super) fn is_plain(plan: &Plan, address: &Address, name: &str) -> bool {
    match address.tenant() {
        Some(tenant) => names_of_tenant(plan, Kind::Bucket, tenant).contains(name),
        None => {
            let names = Names::new(plan.header().platform.clone());
            suffixes(plan).iter().any(|suffix| names.control_bucket(suffix.as_deref()).as_str() == name)
        }
    }
}

/// The suffixes that buckets may have: none, and that of the control bucket.
fn suffixes(plan: &Plan) -> Vec<Option<String>> {
    let plain = Names::new(plan.header().platform.clone()).control_bucket(None);
    let suffix = plan.control_bucket().and_then(|(_, control)| {
        control.name.as_str().strip_prefix(plain.as_str())?.strip_prefix('-').map(str::to_owned)
    });
    [None].into_iter().chain(suffix.map(Some)).collect()
}

/// The owner of the bucket with a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BucketOwner {
    /// No bucket has this name.
    Free,
    /// This account.
    Us,
    /// Another account, or this account denies the call.
    OtherAccount,
    /// The bucket is in another Region, which S3 may name.
    OtherRegion(Option<String>),
}

/// Creates a bucket as soon as its name is free.
pub(super) async fn once_free(
    cx: &Context<'_>,
    node: &Node,
    name: &str,
    make: impl AsyncFn() -> Result<()>,
) -> Result<()> {
    // The timeout is a third longer than for any other call: an hour.
    let timeout: Duration = cx.retry_policy.timeout * 4 / 3;
    let what = format!("the name of the bucket {name} to become available");
    let held = Cell::new(false);
    let made = cx.wait_for(timeout, &what, async || {
        let error = match make().await {
            Ok(()) => return Ok(Readiness::Ready(())),
            Err(error) => error,
        };
        if error.is(&["OperationAborted"]) {
            return Ok(Readiness::NotYet("S3 is still working on a bucket of this name".to_owned()));
        }
        if !error.is(&["BucketAlreadyExists"]) {
            return Err(error);
        }
        held.set(true);
        match bucket_owner(cx, name).await? {
            BucketOwner::Free => {
                Ok(Readiness::NotYet("no such bucket exists, but S3 still reserves its name".to_owned()))
            }
            // Created by an attempt whose response was lost, or by another run.
            BucketOwner::Us => Err(owned_by_us(error)),
            BucketOwner::OtherAccount | BucketOwner::OtherRegion(_) => Err(taken(name, node)),
        }
    });
    match made.await {
        Err(Error::Timeout { seconds, .. }) if held.get() => Err(Error::NameHeld { name: name.to_owned(), seconds }),
        made => made,
    }
}

/// The error that S3 returns where it already knows the owner.
fn owned_by_us(error: Error) -> Error {
    match error {
        Error::Call(mut call) => {
            call.code = Some("BucketAlreadyOwnedByYou".to_owned());
            Error::Call(call)
        }
        other => other,
    }
}

/// Returns the owner of the bucket with this name.
///
/// The responses have no body, but a status and a header with the bucket's Region. For a bucket in another
/// Region than the request is signed for, the status is 301 or 400. A 400 that names no other Region is an
/// error of the request itself, such as expired credentials.
/// Source: Amazon S3 API, `HeadBucket`; minio/minio-go#677 records a 400 with the header.
pub(crate) async fn bucket_owner(cx: &Context<'_>, name: &str) -> Result<BucketOwner> {
    let error = match cx.aws.s3.head_bucket().bucket(name).expected_bucket_owner(owner(cx)).send().await {
        Ok(_) => return Ok(BucketOwner::Us),
        Err(error) => error,
    };
    let (status, region) = match &error {
        SdkError::ServiceError(refusal) => {
            let region = refusal.raw().headers().get("x-amz-bucket-region").map(str::to_owned);
            (refusal.raw().status().as_u16(), region)
        }
        _ => (0, None),
    };
    let elsewhere = region.filter(|region| region != cx.plan.header().region.as_str());
    match (status, elsewhere) {
        (404, _) => Ok(BucketOwner::Free),
        (301 | 307, region) => Ok(BucketOwner::OtherRegion(region)),
        (400 | 403, Some(region)) => Ok(BucketOwner::OtherRegion(Some(region))),
        (403, None) => Ok(BucketOwner::OtherAccount),
        (400, None) => Err(Error::Failed {
            what: format!("looking up the bucket {name}"),
            reason: "S3 answers 400 to HeadBucket, which says no more: the credentials may have expired, or the clock \
                     of this machine may be off"
                .to_owned(),
        }),
        _ => Err(error.into()),
    }
}
