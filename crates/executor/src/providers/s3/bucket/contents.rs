//! The contents of a bucket: whether it is empty, and how to empty it.

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use itertools::Itertools as _;

use super::{owner, settings};
use crate::apply::blockers::if_answered;
use crate::context::{Context, Transient};
use crate::error::{Error, Result};
use crate::state::blocker::Blocker;
use crate::state::observed::ObservedResource;

/// A deleted policy stays in effect for a moment.
const STILL_DENIED: &[Transient] =
    &[Transient { code: "AccessDenied", message: "", why: "the bucket's deleted policy is still in force" }];

/// Whether a bucket has no version of an object and no delete marker.
pub(super) async fn is_empty(cx: &Context<'_>, bucket: &str) -> Result<bool> {
    let call = cx.aws.s3.list_object_versions().bucket(bucket).expected_bucket_owner(owner(cx));
    Ok(in_page(call.max_keys(1).send().await?).is_empty())
}

/// Whether no object but the one with this key is in a bucket, in any version.
pub(super) async fn has_only(cx: &Context<'_>, bucket: &str, key: &str) -> Result<bool> {
    let call = cx.aws.s3.list_object_versions().bucket(bucket).expected_bucket_owner(owner(cx));
    let page = call.send().await?;
    Ok(page.is_truncated != Some(true) && in_page(page).iter().all(|object| object.key() == key))
}

/// What prevents the deletion of a bucket's versions, if it has any.
///
/// Source: Amazon S3 User Guide, "Locking objects with Object Lock" and "Configuring MFA delete".
pub(super) async fn what_locks(cx: &Context<'_>, found: &ObservedResource) -> Result<Option<Blocker>> {
    let name = found.identity.id.as_str();
    let s3 = &cx.aws.s3;
    let lock = s3.get_object_lock_configuration().bucket(name).expected_bucket_owner(owner(cx)).send().await;
    let lock = match lock.map_err(Error::from) {
        Err(error) if error.is(&["NoSuchBucket"]) => return Ok(None),
        Err(error) if error.is(&["ObjectLockConfigurationNotFoundError"]) => None,
        answer => if_answered(cx, &format!("the Object Lock of {name}"), answer)?,
    };
    let lock = lock.and_then(|answer| answer.object_lock_configuration);
    let locked = lock.is_some_and(|lock| lock.object_lock_enabled.is_some());
    let needs_mfa = match settings::mfa_delete(cx, name).await {
        Err(error) if error.is(&["NoSuchBucket"]) => return Ok(None),
        answer => if_answered(cx, &format!("the MFA delete of {name}"), answer)?.unwrap_or_default(),
    };
    let (what, remedy) = match (needs_mfa, locked) {
        (true, _) => (
            "MFA delete is enabled on the bucket, so only the root user of its account can delete versions, with an MFA code",
            "disable MFA delete first, as the root user",
        ),
        (false, true) => (
            "Object Lock is enabled on the bucket, and can prevent the deletion of versions",
            "empty the bucket after the retention of its objects has ended",
        ),
        (false, false) => return Ok(None),
    };
    match is_empty(cx, name).await {
        Ok(true) => return Ok(None),
        Ok(false) => {}
        // Its policy keeps the caller from the contents.
        Err(error) if error.is(&["AccessDenied"]) => {}
        Err(error) => return Err(error),
    }
    Ok(Some(Blocker::new(found.address.clone(), found.kind, name, what, remedy)))
}

/// Deletes every version and every delete marker, and aborts every unfinished upload.
pub(super) async fn empty(cx: &Context<'_>, bucket: &str) -> Result<()> {
    loop {
        let page = cx.retry(STILL_DENIED, async || {
            Ok(cx.aws.s3.list_object_versions().bucket(bucket).expected_bucket_owner(owner(cx)).send().await?)
        });
        let page = page.await?;
        // The listed versions are deleted before the next listing, so each listing reads the first page.
        let more = page.is_truncated == Some(true);
        let versions = in_page(page);
        if !versions.is_empty() {
            delete(cx, bucket, versions).await?;
        }
        if !more {
            break;
        }
    }
    abort_uploads(cx, bucket).await
}

/// The versions and delete markers of a page: at most 1,000, which is also the limit of one deletion.
/// Source: Amazon S3 API, `ListObjectVersions`, `DeleteObjects`.
pub(super) fn in_page(page: ListObjectVersionsOutput) -> Vec<ObjectIdentifier> {
    let versions = page.versions.unwrap_or_default().into_iter().map(|version| (version.key, version.version_id));
    let markers = page.delete_markers.unwrap_or_default().into_iter().map(|marker| (marker.key, marker.version_id));
    versions
        .chain(markers)
        .filter_map(|(key, version)| ObjectIdentifier::builder().key(key?).set_version_id(version).build().ok())
        .collect()
}

pub(super) async fn delete(cx: &Context<'_>, bucket: &str, versions: Vec<ObjectIdentifier>) -> Result<()> {
    let all = Delete::builder().set_objects(Some(versions)).quiet(true).build().expect("the objects are given");
    let call = cx.aws.s3.delete_objects().bucket(bucket).expected_bucket_owner(owner(cx)).delete(all);
    let answer = cx.retry(STILL_DENIED, async || Ok(call.clone().send().await?)).await?;
    match answer.errors.unwrap_or_default().into_iter().next() {
        None => Ok(()),
        Some(error) => Err(Error::Failed {
            what: format!("deleting `{}` from the bucket {bucket}", error.key.unwrap_or_default()),
            reason: [error.code, error.message].into_iter().flatten().join(": "),
        }),
    }
}

/// Lists all uploads before it aborts the first: S3 refuses a marker for an unknown upload.
/// Source: LocalStack's recording `test_list_multiparts_next_marker`.
pub(super) async fn abort_uploads(cx: &Context<'_>, bucket: &str) -> Result<()> {
    let (mut key, mut upload) = (None, None);
    let mut uploads = Vec::new();
    loop {
        let call = cx.aws.s3.list_multipart_uploads().bucket(bucket).expected_bucket_owner(owner(cx));
        let page = call.set_key_marker(key).set_upload_id_marker(upload).send().await?;
        uploads.extend(page.uploads.unwrap_or_default());
        if page.is_truncated != Some(true) {
            break;
        }
        (key, upload) = (page.next_key_marker, page.next_upload_id_marker);
    }
    for upload in uploads {
        let call = cx.aws.s3.abort_multipart_upload().bucket(bucket).expected_bucket_owner(owner(cx));
        let gone = call.set_key(upload.key).set_upload_id(upload.upload_id).send().await.map_err(Error::from);
        match gone {
            Err(error) if error.is(&["NoSuchUpload"]) => {}
            other => drop(other?),
        }
    }
    Ok(())
}
