//! What S3 says when it refuses. Source: Amazon S3 API reference, "Error responses"; what stands in
//! each beside code and text is as LocalStack recorded it (`truth/s3.json`).

use crate::services::prelude::*;
use crate::words::Words;

/// The codes that are about a bucket, whose name stands in the refusal.
const OF_A_BUCKET: Words = Words(
    "BucketAlreadyExists BucketAlreadyOwnedByYou BucketNotEmpty InvalidBucketName NoSuchBucket NoSuchBucketPolicy \
     NoSuchPublicAccessBlockConfiguration NoSuchTagSet ObjectLockConfigurationNotFoundError \
     OwnershipControlsNotFoundError",
);

/// A refusal as it goes out: one that is about a bucket names it.
pub(crate) fn of_bucket(refusal: &Refusal, bucket: &str) -> Refusal {
    let refusal = refusal.clone();
    if OF_A_BUCKET.contains(&refusal.code) { refusal.detail("BucketName", bucket) } else { refusal }
}

/// A refusal with HTTP status 400.
pub(super) fn new(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(code, message)
}

pub(super) fn no_such_bucket() -> Refusal {
    new("NoSuchBucket", "The specified bucket does not exist").status(404)
}

/// A setting that a bucket does not have.
pub(super) fn not_set(code: &'static str, message: &str) -> Refusal {
    new(code, message).status(404)
}

pub(super) fn no_such_key(key: &str) -> Refusal {
    new("NoSuchKey", "The specified key does not exist.").status(404).detail("Key", key)
}

pub(super) fn access_denied(message: impl Into<String>) -> Refusal {
    new("AccessDenied", message).status(403)
}

pub(super) fn invalid_argument(message: impl Into<String>) -> Refusal {
    new("InvalidArgument", message)
}

/// The same about an argument, with what it is.
pub(super) fn invalid_value(argument: &str, value: &str, message: impl Into<String>) -> Refusal {
    invalid_argument(message).detail("ArgumentName", argument).detail("ArgumentValue", value)
}

/// A version of an id that S3 never gave.
pub(super) fn invalid_version(id: &str) -> Refusal {
    invalid_value("versionId", id, "Invalid version id specified")
}

/// A version that is gone.
pub(super) fn no_such_version(key: &str, id: &str) -> Refusal {
    new("NoSuchVersion", "The specified version does not exist.").status(404).detail("Key", key).detail("VersionId", id)
}

/// `what` of a tag is not made of what it may be made of.
pub(super) fn invalid_tag(message: impl Into<String>, key: &str) -> Refusal {
    new("InvalidTag", message).detail("TagKey", key)
}

pub(crate) fn malformed_xml() -> Refusal {
    new("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

/// `condition` is the header that asks for what is not so.
pub(super) fn precondition_failed(condition: &str) -> Refusal {
    let message = "At least one of the pre-conditions you specified did not hold";
    new("PreconditionFailed", message).status(412).detail("Condition", condition)
}

/// A header that S3 does not take from this operation.
pub(super) fn not_implemented(header: &str) -> Refusal {
    let message = "A header you provided implies functionality that is not implemented";
    new("NotImplemented", message).status(501).detail("Header", header)
}

/// A condition whose value S3 does not take.
pub(super) fn no_such_condition(header: &str) -> Refusal {
    let more = format!("We don't accept the provided value of {header} header for this API");
    not_implemented(header).detail("additionalMessage", more)
}

/// Conditions that S3 does not take together.
pub(super) fn several_conditions(headers: &str) -> Refusal {
    not_implemented(headers).detail("additionalMessage", "Multiple conditional request headers present in the request")
}
