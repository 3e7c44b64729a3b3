//! The creation and the deletion of the control bucket. They differ from other buckets', because the lease
//! that protects all other changes is in it.

use aws_sdk_s3::types::ObjectIdentifier;
use saas_model::plan::TAG_DIGEST;
use saas_model::resource::{Bucket, Kind};

use super::contents::{abort_uploads, delete, in_page};
use super::{GONE, identity, is_foreign, make, owner, settings, taken};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::lease::KEY;
use crate::state::observed::ObservedResource;

/// Ensures that the plan's control bucket exists and is the platform's, so that it can hold the lease.
/// Creates only the bucket: its settings are a step like any other, under the lease.
pub(crate) async fn prepare_control_bucket(cx: &Context<'_>, missing: bool) -> Result<()> {
    let Some((node, bucket)) = cx.plan.control_bucket() else { return Ok(()) };
    let name = bucket.name.as_str();
    if !missing {
        let found = cx.live.get(&node.address).filter(|found| found.identity.id == name);
        let foreign = found.and_then(|found| found.tags).is_some_and(|tags| is_foreign(cx, name, &tags));
        return if foreign { Err(taken(name, node)) } else { Ok(()) };
    }
    match make(bucket, &cx.at(&node.address), node).await {
        Ok(()) => {}
        // Another run created it first, and the lease decides between the runs.
        Err(error) if error.is(&["BucketAlreadyOwnedByYou"]) => {}
        Err(error) => return Err(error),
    }
    cx.live.insert(
        ObservedResource::at(Kind::Bucket, node.address.clone(), identity(cx, name), cx.tags_without_digest(node))
            .incomplete(),
    );
    Ok(())
}

/// Whether this run has already created the bucket, to hold the lease.
pub(super) fn is_prepared(cx: &Context<'_>, bucket: &Bucket) -> bool {
    let name = bucket.name.as_str();
    cx.aws.lease.is_in_bucket(name)
        && cx.at.and_then(|at| cx.live.get(at)).is_some_and(|found| found.identity.id == name)
}

/// Deletes the lease's bucket after everything else. Deleting the lease object releases the lease. A run
/// that acquires it afterwards keeps the bucket, because S3 does not delete a bucket with contents.
pub(crate) async fn remove_control_bucket(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
    let name = &found.identity.id;
    // If the run is killed after this, the bucket must not count as complete.
    if found.tags.as_ref().is_some_and(|tags| tags.contains_key(TAG_DIGEST)) {
        settings::remove_tag(cx, name, TAG_DIGEST).await?;
    }
    delete_versions(cx, name, |object| object.key() != KEY).await?;
    abort_uploads(cx, name).await?;
    cx.aws.lease.stop_renewer().await?;
    cx.aws.lease.mark_deleted();
    delete_versions(cx, name, |object| object.key() == KEY).await?;
    let call = cx.aws.s3.delete_bucket().bucket(name).expected_bucket_owner(owner(cx));
    let deleted = cx.retry(&[settings::BUSY], async || Ok(call.clone().send().await.map(drop)?));
    match deleted.await {
        Err(error) if error.is(GONE) => Ok(()),
        Err(error) if error.is(&["BucketNotEmpty"]) => Err(Error::Failed {
            what: format!("deleting the bucket {name}"),
            reason: "an object was written to it in the meantime: another apply has begun".to_owned(),
        }),
        other => other,
    }
}

/// Deletes the versions and delete markers of some of the objects.
async fn delete_versions(cx: &Context<'_>, bucket: &str, which: impl Fn(&ObjectIdentifier) -> bool) -> Result<()> {
    let (mut key, mut version) = (None, None);
    loop {
        let call = cx.aws.s3.list_object_versions().bucket(bucket).expected_bucket_owner(owner(cx));
        let page = call.set_key_marker(key).set_version_id_marker(version).send().await?;
        let more = page.is_truncated == Some(true);
        (key, version) = (page.next_key_marker.clone(), page.next_version_id_marker.clone());
        let versions: Vec<ObjectIdentifier> = in_page(page).into_iter().filter(&which).collect();
        if !versions.is_empty() {
            delete(cx, bucket, versions).await?;
        }
        if !more {
            return Ok(());
        }
    }
}
