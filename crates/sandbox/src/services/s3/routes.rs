//! Which operation a request is for: S3 tells it by method, path and query.
//!
//! Source: Amazon S3 API reference, the "Request Syntax" of each operation.

use super::Request;

/// Of requests for a bucket: the method, the parameter that must be there, and the name that the
/// AWS SDKs give the operation. The first that fits is it.
const OF_A_BUCKET: &[(&str, &str, &str)] = &[
    ("GET", "location", "GetBucketLocation"),
    ("GET", "publicAccessBlock", "GetPublicAccessBlock"),
    ("GET", "ownershipControls", "GetBucketOwnershipControls"),
    ("GET", "encryption", "GetBucketEncryption"),
    ("GET", "versioning", "GetBucketVersioning"),
    ("GET", "policy", "GetBucketPolicy"),
    ("GET", "tagging", "GetBucketTagging"),
    ("GET", "versions", "ListObjectVersions"),
    ("GET", "uploads", "ListMultipartUploads"),
    ("GET", "list-type", "ListObjectsV2"),
    ("GET", "object-lock", "GetObjectLockConfiguration"),
    ("GET", "", "ListObjects"),
    ("HEAD", "", "HeadBucket"),
    ("POST", "delete", "DeleteObjects"),
    ("PUT", "publicAccessBlock", "PutPublicAccessBlock"),
    ("PUT", "ownershipControls", "PutBucketOwnershipControls"),
    ("PUT", "encryption", "PutBucketEncryption"),
    ("PUT", "versioning", "PutBucketVersioning"),
    ("PUT", "policy", "PutBucketPolicy"),
    ("PUT", "tagging", "PutBucketTagging"),
    ("PUT", "object-lock", "PutObjectLockConfiguration"),
    ("PUT", "", "CreateBucket"),
    ("DELETE", "publicAccessBlock", "DeletePublicAccessBlock"),
    ("DELETE", "ownershipControls", "DeleteBucketOwnershipControls"),
    ("DELETE", "encryption", "DeleteBucketEncryption"),
    ("DELETE", "policy", "DeleteBucketPolicy"),
    ("DELETE", "tagging", "DeleteBucketTagging"),
    ("DELETE", "", "DeleteBucket"),
];

/// The same of requests for an object.
const OF_AN_OBJECT: &[(&str, &str, &str)] = &[
    ("GET", "uploadId", "ListParts"),
    ("GET", "", "GetObject"),
    ("HEAD", "", "HeadObject"),
    ("POST", "uploads", "CreateMultipartUpload"),
    ("POST", "uploadId", "CompleteMultipartUpload"),
    ("PUT", "partNumber", "UploadPart"),
    ("PUT", "", "PutObject"),
    ("DELETE", "uploadId", "AbortMultipartUpload"),
    ("DELETE", "", "DeleteObject"),
];

/// Parameters that name a part of a bucket or of an object, none of whose operations is here.
const OTHER_PARTS: &[&str] = &[
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "policyStatus",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "torrent",
    "website",
];

pub(super) fn operation(request: &Request) -> &'static str {
    const UNKNOWN: &str = "Unknown";
    let has = |name: &str| request.parameter(name).is_some();
    let method = request.method.as_str();
    if request.bucket.is_empty() {
        return if method == "GET" { "ListBuckets" } else { UNKNOWN };
    }
    let of_an_object = !request.key.is_empty();
    if OTHER_PARTS.iter().any(|part| has(part)) || of_an_object && has("tagging") {
        return UNKNOWN;
    }
    if method == "PUT" && request.header("x-amz-copy-source").is_some() {
        return if has("partNumber") { "UploadPartCopy" } else { "CopyObject" };
    }
    let table = if of_an_object { OF_AN_OBJECT } else { OF_A_BUCKET };
    let fits = |(verb, part, _): &&(&str, &str, &str)| *verb == method && (part.is_empty() || has(part));
    table.iter().find(fits).map_or(UNKNOWN, |(_, _, name)| name)
}
