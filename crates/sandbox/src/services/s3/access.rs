//! Access checks.
//!
//! The caller has every permission of its own account. The remaining checks are whether the account
//! owns the bucket, whether it is the expected owner, and whether the bucket's policy denies the
//! action.

use super::policy::{Call, Context, Policy};
use super::{Bucket, Request, conflicts, refusals};
use crate::services::policy_language::is_account;
use crate::services::prelude::*;
use crate::services::{Service, sts};

/// The bucket of a request, if the caller may perform this action. `action` is the name without
/// `s3:`; for a request with a key, it applies to the object.
pub(super) fn look<'a>(cloud: &'a Cloud, request: &Request, action: &str) -> Result<&'a Bucket, Refusal> {
    let bucket = find(cloud, request)?;
    allow(cloud, &request.bucket, action, &request.key)?;
    Ok(bucket)
}

/// The same for a change.
pub(super) fn change<'a>(cloud: &'a mut Cloud, request: &Request, action: &str) -> Result<&'a mut Bucket, Refusal> {
    look(cloud, request, action)?;
    conflicts::of_change(cloud, request, action)?;
    cloud.s3.buckets.get_mut(&request.bucket).ok_or_else(refusals::no_such_bucket)
}

/// The bucket of a request, if the account owns it and is the expected owner.
pub(super) fn find<'a>(cloud: &'a Cloud, request: &Request) -> Result<&'a Bucket, Refusal> {
    let expected = request.header("x-amz-expected-bucket-owner");
    let message = "The value of the expected bucket owner parameter must be an AWS Account ID";
    ensure!(expected.is_none_or(is_account), Refusal::new("InvalidBucketOwnerAWSAccountID", message));
    ensure!(!cloud.s3.foreign.contains(&request.bucket), refusals::access_denied("Access Denied"));
    let bucket = cloud.s3.buckets.get(&request.bucket).ok_or_else(refusals::no_such_bucket)?;
    ensure!(expected.is_none_or(|owner| owner == cloud.account.id), refusals::access_denied("Access Denied"));
    Ok(bucket)
}

/// Rejects an action that the bucket's policy denies to the caller.
///
/// After a policy is replaced or deleted, the old one remains in effect until reads show the
/// change.
/// Source: Amazon S3 User Guide, "Amazon S3 data consistency model": configurations of buckets are
/// eventually consistent.
pub(super) fn allow(cloud: &Cloud, name: &str, action: &str, key: &str) -> Result<(), Refusal> {
    let obeyed = cloud.s3.buckets.seen(name, cloud.view(Service::S3)).and_then(|bucket| bucket.policy.as_ref());
    let Some(policy) = obeyed.and_then(|text| Policy::read(text).ok()) else { return Ok(()) };
    let action = format!("s3:{action}");
    let mut resource = cloud.account.bucket_arn(name);
    if !key.is_empty() {
        resource = format!("{resource}/{key}");
    }
    let context = Context::of_caller(&cloud.account);
    if !policy.denies(&Call { action: &action, resource: &resource, context: &context }) {
        return Ok(());
    }
    Err(refusals::access_denied(format!(
        "User: {} is not authorized to perform: {action} on resource: \"{resource}\" with an explicit deny in a \
         resource-based policy",
        sts::session(&cloud.account)
    )))
}
