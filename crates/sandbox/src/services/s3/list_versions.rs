//! Listing all versions and delete markers of a bucket.

use super::bucket::Bucket;
use super::list_objects::{Entry, Spelling, common_prefix, described, page, roll_up};
use super::object::{self, Version};
use super::{Answer, Request, access, answers, refusals};
use crate::services::prelude::*;

type Item<'a> = (String, Entry<&'a Version>);

/// A page starts after a key, or after a version of it; there is no token.
pub(super) fn list(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "ListBucketVersions")?;
    let (size, spelling) = (request.page_size("max-keys")?, Spelling::of(request)?);
    let marker = request.parameter("key-marker").filter(|marker| !marker.is_empty());
    let version_marker = request.parameter("version-id-marker").filter(|marker| !marker.is_empty());
    if let (Some(id), None) = (version_marker, marker) {
        let message = "A version-id marker cannot be specified without a key marker.";
        return Err(refusals::invalid_value("version-id-marker", id, message));
    }
    // Source: github.com/versity/versitygw, issue 1811, with the response of S3.
    version_marker.map(object::given).transpose()?;
    let (page, truncated) = page(behind(bucket, request, marker, version_marker), size);
    let mut content = vec![
        xml::text("Name", &request.bucket),
        spelling.write("KeyMarker", marker.unwrap_or_default()),
        xml::text("VersionIdMarker", version_marker.unwrap_or_default()),
        xml::text("MaxKeys", size),
        xml::text("IsTruncated", truncated),
    ];
    content.extend(spelling.request(request));
    if let Some((key, entry)) = page.last().filter(|_| truncated) {
        content.push(spelling.write("NextKeyMarker", key));
        if let Entry::One(version) = entry {
            content.push(xml::text("NextVersionIdMarker", &version.id));
        }
    }
    content.extend(page.iter().map(|(key, entry)| match entry {
        Entry::Prefix => common_prefix(spelling, key),
        Entry::One(version) => written(cloud, bucket, spelling, key, version),
    }));
    Ok(answers::document(&xml::element("ListVersionsResult", content)))
}

/// The entries after a marker. If the marked version no longer exists, all remaining versions of
/// its key are listed again.
fn behind<'a>(
    bucket: &'a Bucket,
    request: &Request,
    marker: Option<&str>,
    version_marker: Option<&str>,
) -> impl Iterator<Item = Item<'a>> {
    let of_key = marker.and_then(|key| bucket.objects.get(key));
    let mut passed = match (of_key, version_marker) {
        (Some(versions), Some(id)) => versions.find(id).is_none(),
        _ => false,
    };
    roll_up(request, bucket.versions()).filter(move |(key, entry)| {
        let Some(marker) = marker else { return true };
        match (key.as_str().cmp(marker), entry, version_marker) {
            (std::cmp::Ordering::Greater, ..) => true,
            (std::cmp::Ordering::Equal, Entry::One(version), Some(id)) => {
                let behind = passed;
                passed |= version.id == id;
                behind
            }
            _ => false,
        }
    })
}

fn written(cloud: &Cloud, bucket: &Bucket, spelling: Spelling, key: &str, version: &Version) -> Element {
    let latest = bucket.objects.get(key).is_some_and(|versions| versions.is_latest(version));
    let (name, mut content) = match &version.object {
        Some(object) => ("Version", described(spelling, key, version, object)),
        None => {
            let content = vec![spelling.write("Key", key), xml::text("LastModified", version.modified.iso())];
            ("DeleteMarker", content)
        }
    };
    content.extend([
        xml::text("VersionId", &version.id),
        xml::text("IsLatest", latest),
        answers::owner(cloud, "Owner"),
    ]);
    xml::element(name, content)
}
