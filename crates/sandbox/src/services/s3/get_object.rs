//! Reading an object.

use http::StatusCode;

use super::bucket::Bucket;
use super::object::{self, Object, Version};
use super::{Answer, Request, access, answers, conditions, range, refusals, versioning};
use crate::services::prelude::*;

/// The header that identifies a delete marker.
const MARKER: &str = "x-amz-delete-marker";

pub(super) fn get(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    versioning::settle(cloud, request)?;
    let (answer, object) = find(cloud, request)?;
    if answer.status() == StatusCode::NOT_MODIFIED {
        return Ok(answer);
    }
    let body = &object.body.0;
    let part = range::asked(request, body.len())?.map_or_else(|| body.clone(), |range| body.slice(range));
    Ok(answer.map(|_| part))
}

/// The same without the content.
pub(super) fn head(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    versioning::settle(cloud, request)?;
    find(cloud, request).map(|(answer, _)| answer)
}

/// The requested object, with the headers of the response.
fn find<'a>(cloud: &'a Cloud, request: &Request) -> Result<(Answer, &'a Object), Refusal> {
    let id = version_id(request)?;
    let bucket = access::look(cloud, request, if id.is_some() { "GetObjectVersion" } else { "GetObject" })?;
    let (version, object) = match id {
        None => {
            let versions = bucket.objects.get(&request.key);
            let marker = versions.and_then(|versions| versions.latest_first().next());
            versions.and_then(|versions| versions.current()).ok_or_else(|| match marker {
                // Source: recorded by LocalStack, `test_delete_object_versioned`.
                Some(marker) => absent(cloud, request).header(MARKER, "true").header("x-amz-version-id", &marker.id),
                None => absent(cloud, request),
            })?
        }
        Some(id) => {
            let version = bucket.objects.get(&request.key).and_then(|versions| versions.find(id));
            let version = version.ok_or_else(|| refusals::no_such_version(&request.key, id))?;
            let object = version.object.as_ref().ok_or_else(|| {
                let message = "The specified method is not allowed against this resource.";
                let refusal = Refusal::new("MethodNotAllowed", message).status(405);
                let refusal = refusal.detail("Method", "GET").detail("ResourceType", "DeleteMarker");
                refusal.header("allow", "DELETE").header(MARKER, "true").header("x-amz-version-id", id)
            })?;
            (version, object)
        }
    };
    if conditions::of_read(request, version, object)? {
        return Ok((described(request, bucket, version, object)?, object));
    }
    let mut answer = version.with_id(answers::done(), bucket.versioning);
    answer = answers::with(answer, [("etag", object.etag.as_str())]);
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    Ok((answer, object))
}

/// A caller that may not list a bucket does not learn which objects are missing.
/// Source: Amazon S3 API reference, GetObject, "Permissions".
fn absent(cloud: &Cloud, request: &Request) -> Refusal {
    match access::allow(cloud, &request.bucket, "ListBucket", "") {
        Ok(()) => refusals::no_such_key(&request.key),
        Err(refusal) => refusal,
    }
}

fn described(request: &Request, bucket: &Bucket, version: &Version, object: &Object) -> Result<Answer, Refusal> {
    let length = object.body.0.len();
    let part = range::asked(request, length)?;
    let answer = version.with_id(answers::done(), bucket.versioning);
    let answer = answers::with(answer, object.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let (modified, size) = (version.modified.http_date(), part.as_ref().map_or(length, ExactSizeIterator::len));
    let mut answer = answers::with(
        answer,
        [
            ("accept-ranges", "bytes"),
            ("etag", &object.etag),
            ("last-modified", &modified),
            ("content-length", &size.to_string()),
        ],
    );
    // The checksum covers the whole object and cannot verify a part.
    if part.is_none() && request.header("x-amz-checksum-mode").is_some_and(|mode| mode.eq_ignore_ascii_case("enabled"))
    {
        let (name, value) = &object.checksum;
        answer = answers::with(answer, [(name.as_str(), value.as_str()), ("x-amz-checksum-type", "FULL_OBJECT")]);
    }
    if let Some(part) = part {
        let range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
        answer = answers::with(answer, [("content-range", range.as_str())]);
        *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(answer)
}

/// The version id of a request.
pub(super) fn version_id(request: &Request) -> Result<Option<&str>, Refusal> {
    let Some(id) = request.parameter("versionId") else { return Ok(None) };
    ensure!(!id.is_empty(), refusals::invalid_argument("Version id cannot be the empty string"));
    object::given(id).map(Some)
}
