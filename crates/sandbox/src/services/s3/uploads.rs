//! Multipart uploads: created, listed and aborted. Completion is not modelled; an unfinished upload
//! can remain.

use super::list_objects::{Entry, Spelling, common_prefix, page, roll_up};
use super::{Answer, Request, access, answers, put_object, refusals};
use crate::services::prelude::*;

/// An unfinished upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) key: String,
    initiated: Time,
}

pub(super) fn create(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "PutObject")?;
    put_object::check(bucket, request)?;
    let (id, initiated) = (cloud.ids.letters(64), cloud.now);
    let bucket = access::change(cloud, request, "PutObject")?;
    bucket.uploads.insert(id.clone(), Upload { key: request.key.clone(), initiated });
    let content = [xml::text("Bucket", &request.bucket), xml::text("Key", &request.key), xml::text("UploadId", id)];
    Ok(answers::document(&xml::element("InitiateMultipartUploadResult", content)))
}

pub(super) fn abort(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::change(cloud, request, "AbortMultipartUpload")?;
    let id = request.parameter("uploadId").unwrap_or_default();
    if bucket.uploads.get(id).is_none_or(|upload| upload.key != request.key) {
        let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                       aborted or completed.";
        return Err(Refusal::new("NoSuchUpload", message).status(404).detail("UploadId", id));
    }
    bucket.uploads.remove(id);
    Ok(answers::no_content())
}

/// A page starts after a key, or after an upload of it. An upload marker without a key marker is
/// ignored.
pub(super) fn list(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "ListBucketMultipartUploads")?;
    let (size, spelling) = (request.page_size("max-uploads")?, Spelling::of(request)?);
    let marker = request.parameter("key-marker").filter(|marker| !marker.is_empty());
    let upload_marker = request.parameter("upload-id-marker").filter(|marker| !marker.is_empty());
    let mut uploads: Vec<(&str, (&String, &Upload))> =
        bucket.uploads.iter().map(|(id, upload)| (upload.key.as_str(), (id, upload))).collect();
    // Uploads of one key are in the order of their creation.
    let place = |id: &String, upload: &Upload| (upload.initiated, id.clone());
    uploads.sort_by_key(|(key, (id, upload))| (*key, place(id, upload)));
    // An upload marker must belong to the marked key: recorded by LocalStack,
    // `test_list_multiparts_next_marker`.
    let passed = match (marker, upload_marker) {
        (Some(marker), Some(id)) => {
            let upload = bucket.uploads.get_key_value(id).filter(|(_, upload)| upload.key == marker);
            let invalid = || refusals::invalid_value("upload-id-marker", id, "Invalid uploadId marker");
            Some(upload.map(|(id, upload)| place(id, upload)).ok_or_else(invalid)?)
        }
        _ => None,
    };
    let behind = roll_up(request, uploads.into_iter()).filter(|(key, entry)| match (marker, &passed, entry) {
        (None, ..) => true,
        (Some(marker), Some(passed), Entry::One((id, upload))) if key == marker => place(id, upload) > *passed,
        (Some(marker), ..) => key.as_str() > marker,
    });
    let (page, truncated) = page(behind, size);
    let mut content = vec![
        xml::text("Bucket", &request.bucket),
        spelling.write("KeyMarker", marker.unwrap_or_default()),
        xml::text("UploadIdMarker", upload_marker.unwrap_or_default()),
        xml::text("MaxUploads", size),
        xml::text("IsTruncated", truncated),
    ];
    content.extend(spelling.request(request));
    // The markers are also returned on the last page; for a common prefix, they are empty.
    let (next, next_upload) = match page.last() {
        Some((key, Entry::One((id, _)))) => (key.as_str(), id.as_str()),
        _ => ("", ""),
    };
    content.extend([spelling.write("NextKeyMarker", next), xml::text("NextUploadIdMarker", next_upload)]);
    content.extend(page.iter().map(|(key, entry)| match entry {
        Entry::Prefix => common_prefix(spelling, key),
        Entry::One((id, upload)) => xml::element(
            "Upload",
            [
                spelling.write("Key", key),
                xml::text("UploadId", id),
                answers::owner(cloud, "Initiator"),
                answers::owner(cloud, "Owner"),
                xml::text("StorageClass", "STANDARD"),
                xml::text("Initiated", upload.initiated.iso()),
            ],
        ),
    }));
    Ok(answers::document(&xml::element("ListMultipartUploadsResult", content)))
}
