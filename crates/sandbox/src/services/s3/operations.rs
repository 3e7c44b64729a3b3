//! The operations of S3 and the requests that identify them: method, path and query.
//!
//! Source: Amazon S3 API reference, the "Request Syntax" of each operation.

use super::Request;
use super::{
    bucket, bucket_policy, delete_object, encryption, get_object, list_objects, list_versions, object_lock, ownership,
    public_access, put_object, tagging, uploads, versioning,
};
use crate::services::RestOperation;
use crate::services::consistency::Consistency;
use crate::words::Words;

/// An operation: how a request identifies it, and its implementation.
pub(crate) struct Operation {
    /// Its name in the AWS SDKs.
    pub(crate) name: &'static str,
    place: Place,
    method: &'static str,
    /// The query parameter that identifies it; empty if there is none.
    parameter: &'static str,
    kind: Kind,
    pub(crate) perform: RestOperation,
}

/// The subject of a request's path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Account,
    Bucket,
    Object,
}

/// The kind of an operation, which determines its consistency.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    ReadOfObjects,
    ChangeOfObjects,
    /// Reads the existence or location of a bucket, which is never stale.
    ReadOfBucket,
    ReadOfSetting,
    Change,
}

/// The operations that the sandbox implements.
pub(super) const ALL: &[Operation] = &[
    row("AbortMultipartUpload", Place::Object, "DELETE", "uploadId", Kind::ChangeOfObjects, uploads::abort),
    row("CreateBucket", Place::Bucket, "PUT", "", Kind::Change, bucket::create),
    row("CreateMultipartUpload", Place::Object, "POST", "uploads", Kind::ChangeOfObjects, uploads::create),
    row("DeleteBucket", Place::Bucket, "DELETE", "", Kind::Change, bucket::delete),
    row("DeleteBucketEncryption", Place::Bucket, "DELETE", "encryption", Kind::Change, encryption::delete),
    row("DeleteBucketOwnershipControls", Place::Bucket, "DELETE", "ownershipControls", Kind::Change, ownership::delete),
    row("DeleteBucketPolicy", Place::Bucket, "DELETE", "policy", Kind::Change, bucket_policy::delete),
    row("DeleteBucketTagging", Place::Bucket, "DELETE", "tagging", Kind::Change, tagging::delete),
    row("DeleteObject", Place::Object, "DELETE", "", Kind::ChangeOfObjects, delete_object::one),
    row("DeleteObjects", Place::Bucket, "POST", "delete", Kind::ChangeOfObjects, delete_object::many),
    row("DeletePublicAccessBlock", Place::Bucket, "DELETE", "publicAccessBlock", Kind::Change, public_access::delete),
    row("GetBucketEncryption", Place::Bucket, "GET", "encryption", Kind::ReadOfSetting, encryption::get),
    row("GetBucketLocation", Place::Bucket, "GET", "location", Kind::ReadOfBucket, bucket::location),
    row("GetBucketOwnershipControls", Place::Bucket, "GET", "ownershipControls", Kind::ReadOfSetting, ownership::get),
    row("GetBucketPolicy", Place::Bucket, "GET", "policy", Kind::ReadOfSetting, bucket_policy::get),
    row("GetBucketTagging", Place::Bucket, "GET", "tagging", Kind::ReadOfSetting, tagging::get),
    row("GetBucketVersioning", Place::Bucket, "GET", "versioning", Kind::ReadOfSetting, versioning::get),
    row("GetObject", Place::Object, "GET", "", Kind::ReadOfObjects, get_object::get),
    row("GetObjectLockConfiguration", Place::Bucket, "GET", "object-lock", Kind::ReadOfSetting, object_lock::get),
    row("GetPublicAccessBlock", Place::Bucket, "GET", "publicAccessBlock", Kind::ReadOfSetting, public_access::get),
    row("HeadBucket", Place::Bucket, "HEAD", "", Kind::ReadOfBucket, bucket::head),
    row("HeadObject", Place::Object, "HEAD", "", Kind::ReadOfObjects, get_object::head),
    row("ListBuckets", Place::Account, "GET", "", Kind::ReadOfSetting, bucket::list),
    row("ListMultipartUploads", Place::Bucket, "GET", "uploads", Kind::ReadOfObjects, uploads::list),
    row("ListObjectVersions", Place::Bucket, "GET", "versions", Kind::ReadOfObjects, list_versions::list),
    row("ListObjectsV2", Place::Bucket, "GET", "list-type", Kind::ReadOfObjects, list_objects::list),
    row("PutBucketEncryption", Place::Bucket, "PUT", "encryption", Kind::Change, encryption::put),
    row("PutBucketOwnershipControls", Place::Bucket, "PUT", "ownershipControls", Kind::Change, ownership::put),
    row("PutBucketPolicy", Place::Bucket, "PUT", "policy", Kind::Change, bucket_policy::put),
    row("PutBucketTagging", Place::Bucket, "PUT", "tagging", Kind::Change, tagging::put),
    row("PutBucketVersioning", Place::Bucket, "PUT", "versioning", Kind::Change, versioning::put),
    row("PutObject", Place::Object, "PUT", "", Kind::ChangeOfObjects, put_object::put),
    row("PutObjectLockConfiguration", Place::Bucket, "PUT", "object-lock", Kind::Change, object_lock::put),
    row("PutPublicAccessBlock", Place::Bucket, "PUT", "publicAccessBlock", Kind::Change, public_access::put),
];

const fn row(
    name: &'static str,
    place: Place,
    method: &'static str,
    parameter: &'static str,
    kind: Kind,
    perform: RestOperation,
) -> Operation {
    Operation { name, place, method, parameter, kind, perform }
}

/// Operations that the sandbox does not implement, so that errors can name them.
const OTHERS: &[(&str, Place, &str, &str)] = &[
    ("ListObjects", Place::Bucket, "GET", ""),
    ("ListParts", Place::Object, "GET", "uploadId"),
    ("CompleteMultipartUpload", Place::Object, "POST", "uploadId"),
    ("UploadPart", Place::Object, "PUT", "partNumber"),
];

/// Query parameters of subresources without any implemented operation.
const OTHER_PARTS: Words = Words(
    "abac accelerate acl analytics attributes cors intelligent-tiering inventory legal-hold lifecycle logging \
     metadataConfiguration metadataTable metrics notification policyStatus renameObject replication requestPayment \
     restore retention select session torrent website",
);

/// The kind of an operation, if it is implemented.
pub(super) fn kind(operation: &str) -> Option<Kind> {
    ALL.iter().find(|known| known.name == operation).map(|known| known.kind)
}

/// Source: Amazon S3 User Guide, "Amazon S3 data consistency model": objects are strongly
/// consistent, configurations of buckets are not, and "if you delete a bucket and immediately list
/// all buckets, the deleted bucket might still appear in the list".
pub(super) fn consistency(operation: &str) -> Option<Consistency> {
    match kind(operation)? {
        Kind::ReadOfObjects | Kind::ReadOfBucket => Some(Consistency::Strong),
        Kind::ReadOfSetting => Some(Consistency::Eventual),
        Kind::ChangeOfObjects | Kind::Change => None,
    }
}

/// The name of a request's operation.
pub(super) fn name_of(request: &Request) -> &'static str {
    const UNKNOWN: &str = "Unknown";
    let has = |name: &str| request.parameter(name).is_some();
    let place = match (request.bucket.is_empty(), request.key.is_empty()) {
        (true, _) => Place::Account,
        (false, true) => Place::Bucket,
        (false, false) => Place::Object,
    };
    if place != Place::Account && OTHER_PARTS.iter().any(has) || place == Place::Object && has("tagging") {
        return UNKNOWN;
    }
    let method = request.method.as_str();
    if method == "PUT" && request.header("x-amz-copy-source").is_some() {
        return if has("partNumber") { "UploadPartCopy" } else { "CopyObject" };
    }
    let here = ALL.iter().map(|known| (known.name, known.place, known.method, known.parameter));
    let known: Vec<_> =
        here.chain(OTHERS.iter().copied()).filter(|known| (known.1, known.2) == (place, method)).collect();
    // An operation that is identified by a parameter takes precedence over that of the plain path.
    let by_parameter = known.iter().find(|(.., parameter)| !parameter.is_empty() && has(parameter));
    by_parameter.or_else(|| known.iter().find(|(.., parameter)| parameter.is_empty())).map_or(UNKNOWN, |known| known.0)
}
