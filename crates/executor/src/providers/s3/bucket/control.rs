//! The control bucket, which differs from others in how it comes and goes: the lease is in it, under
//! which everything else is made and removed.

use aws_sdk_s3::types::ObjectIdentifier;
use saas_model::plan::TAG_DIGEST;
use saas_model::resource::{Bucket, Kind};

use super::contents::{delete, give_up_uploads, in_page};
use super::{GONE, Made, identity, is_foreign, owner, settings, taken};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::lease::KEY;
use crate::state::observed::ObservedResource;

/// Sees to it that the plan's control bucket is there, so that the lease can be put into it, and
/// that it is ours. It is made bare: everything else about it is a step like any other, under the
/// lease.
pub(crate) async fn prepare_control_bucket(cx: &Context<'_>, missing: bool) -> Result<()> {
    let Some((node, bucket)) = cx.plan.control_bucket() else { return Ok(()) };
    let name = bucket.name.as_str();
    if !missing {
        let found = cx.live.get(&node.address).filter(|found| found.identity.id == name);
        let foreign = found.and_then(|found| found.tags).is_some_and(|tags| is_foreign(cx, name, &tags));
        return if foreign { Err(taken(name, node)) } else { Ok(()) };
    }
    match bucket.make(&cx.at(&node.address), node).await {
        Ok(()) => {}
        // Somebody else was quicker, and the lease will tell who.
        Err(error) if error.is(&["BucketAlreadyOwnedByYou"]) => {}
        Err(error) => return Err(error),
    }
    cx.live.insert(
        ObservedResource::at(Kind::Bucket, node.address.clone(), identity(cx, name), cx.tags_without_digest(node))
            .incomplete(),
    );
    Ok(())
}

/// Whether the lease's bucket was made already, to take the lease.
pub(super) fn is_prepared(cx: &Context<'_>, bucket: &Bucket) -> bool {
    let name = bucket.name.as_str();
    cx.aws.hold.is_in(name) && cx.at.and_then(|at| cx.live.get(at)).is_some_and(|found| found.identity.id == name)
}

/// Removes the bucket that the lease is in, after everything else has gone. Removing the lease gives
/// it back: whoever takes it after that keeps the bucket, for a bucket that is not empty stays.
pub(crate) async fn remove_control_bucket(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
    let name = &found.identity.id;
    // Killed after this, it must not pass for a bucket that is complete.
    if found.tags.as_ref().is_some_and(|tags| tags.contains_key(TAG_DIGEST)) {
        settings::remove_tag(cx, name, TAG_DIGEST).await?;
    }
    delete_versions(cx, name, |object| object.key() != KEY).await?;
    give_up_uploads(cx, name).await?;
    cx.aws.hold.retire().await?;
    cx.aws.hold.remove();
    delete_versions(cx, name, |object| object.key() == KEY).await?;
    let call = cx.aws.s3.delete_bucket().bucket(name).expected_bucket_owner(owner(cx));
    let deleted = cx.retry(&[settings::BUSY], async || Ok(call.clone().send().await.map(drop)?));
    match deleted.await {
        Err(error) if error.is(GONE) => Ok(()),
        Err(error) if error.is(&["BucketNotEmpty"]) => Err(Error::Failed {
            what: format!("deleting the bucket {name}"),
            reason: "somebody has put something into it since: another apply has begun".to_owned(),
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
