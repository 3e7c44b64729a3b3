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
    consistency: Option<Consistency>,
    pub(crate) perform: RestOperation,
}

/// The subject of a request's path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Account,
    Bucket,
    Object,
}

/// Source: Amazon S3 User Guide, "Amazon S3 data consistency model": objects are strongly consistent,
/// configurations of buckets are not, and "if you delete a bucket and immediately list all buckets,
/// the deleted bucket might still appear in the list".
const STRONG: Option<Consistency> = Some(Consistency::Strong);
const EVENTUAL: Option<Consistency> = Some(Consistency::Eventual);
/// An operation that changes something.
const CHANGE: Option<Consistency> = None;

/// The operations that the sandbox implements.
pub(super) const ALL: &[Operation] = &[
    row("AbortMultipartUpload", Place::Object, "DELETE", "uploadId", CHANGE, uploads::abort),
    row("CreateBucket", Place::Bucket, "PUT", "", CHANGE, bucket::create),
    row("CreateMultipartUpload", Place::Object, "POST", "uploads", CHANGE, uploads::create),
    row("DeleteBucket", Place::Bucket, "DELETE", "", CHANGE, bucket::delete),
    row("DeleteBucketEncryption", Place::Bucket, "DELETE", "encryption", CHANGE, encryption::delete),
    row("DeleteBucketOwnershipControls", Place::Bucket, "DELETE", "ownershipControls", CHANGE, ownership::delete),
    row("DeleteBucketPolicy", Place::Bucket, "DELETE", "policy", CHANGE, bucket_policy::delete),
    row("DeleteBucketTagging", Place::Bucket, "DELETE", "tagging", CHANGE, tagging::delete),
    row("DeleteObject", Place::Object, "DELETE", "", CHANGE, delete_object::one),
    row("DeleteObjects", Place::Bucket, "POST", "delete", CHANGE, delete_object::many),
    row("DeletePublicAccessBlock", Place::Bucket, "DELETE", "publicAccessBlock", CHANGE, public_access::delete),
    row("GetBucketEncryption", Place::Bucket, "GET", "encryption", EVENTUAL, encryption::get),
    row("GetBucketLocation", Place::Bucket, "GET", "location", STRONG, bucket::location),
    row("GetBucketOwnershipControls", Place::Bucket, "GET", "ownershipControls", EVENTUAL, ownership::get),
    row("GetBucketPolicy", Place::Bucket, "GET", "policy", EVENTUAL, bucket_policy::get),
    row("GetBucketTagging", Place::Bucket, "GET", "tagging", EVENTUAL, tagging::get),
    row("GetBucketVersioning", Place::Bucket, "GET", "versioning", EVENTUAL, versioning::get),
    row("GetObject", Place::Object, "GET", "", STRONG, get_object::get),
    row("GetObjectLockConfiguration", Place::Bucket, "GET", "object-lock", EVENTUAL, object_lock::get),
    row("GetPublicAccessBlock", Place::Bucket, "GET", "publicAccessBlock", EVENTUAL, public_access::get),
    row("HeadBucket", Place::Bucket, "HEAD", "", STRONG, bucket::head),
    row("HeadObject", Place::Object, "HEAD", "", STRONG, get_object::head),
    row("ListBuckets", Place::Account, "GET", "", EVENTUAL, bucket::list),
    row("ListMultipartUploads", Place::Bucket, "GET", "uploads", STRONG, uploads::list),
    row("ListObjectVersions", Place::Bucket, "GET", "versions", STRONG, list_versions::list),
    row("ListObjectsV2", Place::Bucket, "GET", "list-type", STRONG, list_objects::list),
    row("PutBucketEncryption", Place::Bucket, "PUT", "encryption", CHANGE, encryption::put),
    row("PutBucketOwnershipControls", Place::Bucket, "PUT", "ownershipControls", CHANGE, ownership::put),
    row("PutBucketPolicy", Place::Bucket, "PUT", "policy", CHANGE, bucket_policy::put),
    row("PutBucketTagging", Place::Bucket, "PUT", "tagging", CHANGE, tagging::put),
    row("PutBucketVersioning", Place::Bucket, "PUT", "versioning", CHANGE, versioning::put),
    row("PutObject", Place::Object, "PUT", "", CHANGE, put_object::put),
    row("PutObjectLockConfiguration", Place::Bucket, "PUT", "object-lock", CHANGE, object_lock::put),
    row("PutPublicAccessBlock", Place::Bucket, "PUT", "publicAccessBlock", CHANGE, public_access::put),
];

const fn row(
    name: &'static str,
    place: Place,
    method: &'static str,
    parameter: &'static str,
    consistency: Option<Consistency>,
    perform: RestOperation,
) -> Operation {
    Operation { name, place, method, parameter, consistency, perform }
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

/// The consistency of an operation that reads.
pub(super) fn consistency(operation: &str) -> Option<Consistency> {
    ALL.iter().find(|known| known.name == operation)?.consistency
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
