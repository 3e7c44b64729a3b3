//! Object Lock: versions that are created under a default retention cannot be deleted before it
//! ends.
//!
//! Source: Amazon S3 User Guide, "Locking objects with Object Lock"; Amazon S3 API reference,
//! `PutObjectLockConfiguration`, `GetObjectLockConfiguration`.

use super::bucket::Bucket;
use super::versioning::Versioning;
use super::{Answer, Request, access, answers, refusals};
use crate::services::prelude::*;

const ROOT: &str = "ObjectLockConfiguration";
const DAY: u64 = 24 * 60 * 60 * 1_000;

/// The configuration of a bucket. It cannot be disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObjectLock {
    since: Time,
    /// The default retention in days.
    days: Option<u64>,
}

pub(super) fn get(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "GetBucketObjectLockConfiguration")?;
    let message = "Object Lock configuration does not exist for this bucket";
    let not_set = || refusals::not_set("ObjectLockConfigurationNotFoundError", message);
    let lock = bucket.object_lock.ok_or_else(not_set)?;
    let retention = lock.days.map(|days| {
        let default = [xml::text("Mode", "GOVERNANCE"), xml::text("Days", days)];
        xml::element("Rule", [xml::element("DefaultRetention", default)])
    });
    let content = [xml::text("ObjectLockEnabled", "Enabled")].into_iter().chain(retention);
    Ok(answers::document(&xml::element(ROOT, content)))
}

pub(super) fn put(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let since = cloud.now;
    let bucket = access::change(cloud, request, "PutBucketObjectLockConfiguration")?;
    if bucket.versioning != Some(Versioning::Enabled) {
        let message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration";
        return Err(Refusal::new("InvalidBucketState", message).status(409));
    }
    // Source: recorded by moto, `test_put_object_lock_misconfiguration`.
    ensure!(!request.content()?.bytes.is_empty(), Refusal::new("MissingRequestBodyError", "Request Body is empty"));
    let configuration = request.document(ROOT)?;
    ensure!(configuration.has("ObjectLockEnabled"), refusals::malformed_xml());
    let retention = configuration.inner("Rule").inner("DefaultRetention");
    // A rule must have a mode and exactly one length: recorded by LocalStack,
    // `test_put_object_lock_configuration_exc`.
    let is_complete = retention.has("Mode") && retention.has("Days") != retention.has("Years");
    ensure!(is_complete || !configuration.has("Rule"), refusals::malformed_xml());
    let not_modelled = |what| Refusal::new("NotModelled", format!("the sandbox does not model {what}")).status(501);
    ensure!(retention.text("Mode") != Some("COMPLIANCE"), not_modelled("the mode COMPLIANCE"));
    ensure!(!retention.has("Years"), not_modelled("a retention in years"));
    bucket.object_lock = Some(ObjectLock { since, days: retention.int("Days") });
    Ok(answers::done())
}

/// Whether a request bypasses the retention. Rejected without Object Lock: recorded by LocalStack,
/// `test_delete_object_with_no_locking`.
pub(super) fn bypasses(bucket: &Bucket, request: &Request) -> Result<bool, Refusal> {
    const BYPASS: &str = "x-amz-bypass-governance-retention";
    let bypass = request.header(BYPASS);
    if bypass.is_some() && bucket.object_lock.is_none() {
        let message = format!("{BYPASS} is only applicable to Object Lock enabled buckets.");
        return Err(refusals::invalid_argument(message).detail("ArgumentName", BYPASS));
    }
    Ok(bypass == Some("true"))
}

/// Rejects the deletion of a retained version. The caller may bypass the retention, because it has
/// every permission.
pub(super) fn check(
    bucket: &Bucket,
    key: &str,
    version: Option<&str>,
    now: Time,
    bypasses: bool,
) -> Result<(), Refusal> {
    let (Some(lock), Some(id), false) = (bucket.object_lock, version, bypasses) else { return Ok(()) };
    let versions = bucket.versions().filter(|(of, version)| *of == key && version.id == id && version.object.is_some());
    let kept = |modified: Time| {
        lock.days.is_some_and(|days| modified >= lock.since && now.as_millis() < modified.as_millis() + days * DAY)
    };
    let is_kept = versions.into_iter().any(|(_, version)| kept(version.modified));
    ensure!(!is_kept, refusals::access_denied("Access Denied because object protected by object lock."));
    Ok(())
}
