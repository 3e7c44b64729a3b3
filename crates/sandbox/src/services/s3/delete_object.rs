//! Deleting objects and versions, one or many per call.
//!
//! Source: Amazon S3 User Guide, "Deleting object versions from a versioning-enabled bucket".

use super::bucket::Bucket;
use super::object::{self, NULL, Version};
use super::versioning::Versioning;
use super::{Answer, Request, access, answers, conditions, get_object, object_lock, refusals};
use crate::services::prelude::*;

/// The maximum number of objects per call. Source: Amazon S3 API reference, DeleteObjects.
const MOST: usize = 1_000;

/// The result of a deletion.
struct Deleted {
    /// The delete marker that was created, or that was deleted as the requested version.
    marker: Option<String>,
    /// The requested version.
    version: Option<String>,
}

pub(super) fn one(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let version = get_object::version_id(request)?.map(str::to_owned);
    conditions::of_directory_buckets(request)?;
    let etag = request.header("if-match").map(str::to_owned);
    let Deleted { marker, version } = delete(cloud, request, &Wanted { key: request.key.clone(), version, etag })?;
    let is_marker = marker.as_ref().map(|_| ("x-amz-delete-marker", "true"));
    let id = version.as_ref().or(marker.as_ref()).map(|id| ("x-amz-version-id", id.as_str()));
    Ok(answers::with(answers::no_content(), is_marker.into_iter().chain(id)))
}

/// Rejects a deletion that the caller may not perform, or whose condition fails.
///
/// A caller that compares an entity tag also needs permission to read. Source: Amazon S3 User
/// Guide, "How to perform conditional deletes".
fn check(cloud: &Cloud, request: &Request, wanted: &Wanted) -> Result<(), Refusal> {
    let (key, id, etag) = (&wanted.key, wanted.version.as_deref(), wanted.etag.as_deref());
    let bucket = access::find(cloud, request)?;
    let bypasses = object_lock::bypasses(bucket, request)?;
    let allow = |action| access::allow(cloud, &request.bucket, action, key);
    allow(if id.is_some() { "DeleteObjectVersion" } else { "DeleteObject" })?;
    if etag.is_some_and(|etag| etag != "*") {
        allow("GetObject")?;
    }
    object_lock::check(bucket, key, id, cloud.now, bypasses)?;
    conditions::of_deletion(etag, id, (key, bucket.objects.get(key)))
}

/// Deletes a version or, if none is given, adds a delete marker. Deleting a missing version
/// succeeds.
fn remove(bucket: &mut Bucket, key: &str, id: Option<&str>, marker: String, now: Time) -> Deleted {
    if let Some(id) = id {
        let removed = remove_version(bucket, key, id);
        let was_marker = removed.is_some_and(|version| version.object.is_none());
        return Deleted { marker: was_marker.then(|| id.to_owned()), version: Some(id.to_owned()) };
    }
    let id = match bucket.versioning {
        None => {
            remove_version(bucket, key, NULL);
            return Deleted { marker: None, version: None };
        }
        Some(Versioning::Enabled) => marker,
        Some(Versioning::Suspended) => NULL.to_owned(),
    };
    let version = Version { id: id.clone(), modified: now, object: None };
    bucket.objects.entry(key.to_owned()).or_default().add(version);
    Deleted { marker: Some(id), version: None }
}

fn remove_version(bucket: &mut Bucket, key: &str, id: &str) -> Option<Version> {
    let versions = bucket.objects.get_mut(key)?;
    let removed = versions.remove(id);
    if versions.is_empty() {
        bucket.objects.remove(key);
    }
    removed
}

/// An object to delete.
struct Wanted {
    key: String,
    version: Option<String>,
    etag: Option<String>,
}

/// Each deletion succeeds or fails by itself; the call succeeds.
pub(super) fn many(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    object_lock::bypasses(access::find(cloud, request)?, request)?;
    request.require_checksum()?;
    let document = request.document("Delete")?;
    let quiet = document.flag("Quiet").unwrap_or_default();
    let mut all = Vec::new();
    for object in document.list("Object") {
        let text = |name| object.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
        let key = object.required("Key")?.to_owned();
        all.push(Wanted { key, version: text("VersionId"), etag: text("ETag") });
    }
    ensure!((1..=MOST).contains(&all.len()), refusals::malformed_xml());
    let mut results = Vec::new();
    for wanted in &all {
        // An unknown version id is not an invalid argument here: recorded by LocalStack,
        // `test_delete_objects`.
        let known = wanted
            .version
            .iter()
            .try_for_each(|id| object::given(id).map(drop).map_err(|_| refusals::no_such_version(&wanted.key, id)));
        match known.and_then(|()| delete(cloud, request, wanted)) {
            Ok(deleted) if !quiet => results.push(success(wanted, deleted)),
            Ok(_) => {}
            Err(refusal) => results.push(failure(wanted, &refusal)),
        }
    }
    Ok(answers::document(&xml::element("DeleteResult", results)))
}

fn delete(cloud: &mut Cloud, request: &Request, wanted: &Wanted) -> Result<Deleted, Refusal> {
    check(cloud, request, wanted)?;
    let (now, marker) = (cloud.now, object::new_id(&mut cloud.ids));
    let bucket = cloud.s3.buckets.get_mut(&request.bucket).ok_or_else(refusals::no_such_bucket)?;
    Ok(remove(bucket, &wanted.key, wanted.version.as_deref(), marker, now))
}

fn success(wanted: &Wanted, deleted: Deleted) -> Element {
    let mut content = vec![xml::text("Key", &wanted.key)];
    content.extend(deleted.version.map(|id| xml::text("VersionId", id)));
    if let Some(marker) = deleted.marker {
        content.extend([xml::text("DeleteMarker", true), xml::text("DeleteMarkerVersionId", marker)]);
    }
    xml::element("Deleted", content)
}

fn failure(wanted: &Wanted, refusal: &Refusal) -> Element {
    let mut content = vec![xml::text("Key", &wanted.key)];
    content.extend(wanted.version.as_ref().map(|id| xml::text("VersionId", id)));
    content.extend([xml::text("Code", &refusal.code), xml::text("Message", &refusal.message)]);
    xml::element("Error", content)
}
