//! Errors of S3. Source: Amazon S3 API reference, "Error responses". The additional elements are as
//! recorded by LocalStack (`truth/s3.json`).

use crate::services::prelude::*;

/// The codes of errors about a bucket, which contain its name.
const OF_A_BUCKET: Words = Words(
    "BucketAlreadyExists BucketAlreadyOwnedByYou BucketNotEmpty InvalidBucketName NoSuchBucket NoSuchBucketPolicy \
     NoSuchPublicAccessBlockConfiguration NoSuchTagSet ObjectLockConfigurationNotFoundError \
     OwnershipControlsNotFoundError",
);

/// The error as it is returned, with the bucket's name if it is about a bucket.
pub(crate) fn of_bucket(refusal: &Refusal, bucket: &str) -> Refusal {
    let refusal = refusal.clone();
    if OF_A_BUCKET.contains(&refusal.code) { refusal.detail("BucketName", bucket) } else { refusal }
}

pub(super) fn no_such_bucket() -> Refusal {
    Refusal::new("NoSuchBucket", "The specified bucket does not exist").status(404)
}

/// A setting that a bucket does not have.
pub(super) fn not_set(code: &'static str, message: &str) -> Refusal {
    Refusal::new(code, message).status(404)
}

pub(super) fn no_such_key(key: &str) -> Refusal {
    Refusal::new("NoSuchKey", "The specified key does not exist.").status(404).detail("Key", key)
}

pub(super) fn access_denied(message: impl Into<String>) -> Refusal {
    Refusal::new("AccessDenied", message).status(403)
}

pub(super) fn invalid_argument(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidArgument", message)
}

/// The same with the name and value of the argument.
pub(super) fn invalid_value(argument: &str, value: &str, message: impl Into<String>) -> Refusal {
    invalid_argument(message).detail("ArgumentName", argument).detail("ArgumentValue", value)
}

/// A version id that S3 never issued.
pub(super) fn invalid_version(id: &str) -> Refusal {
    invalid_value("versionId", id, "Invalid version id specified")
}

/// A version that does not exist.
pub(super) fn no_such_version(key: &str, id: &str) -> Refusal {
    Refusal::new("NoSuchVersion", "The specified version does not exist.")
        .status(404)
        .detail("Key", key)
        .detail("VersionId", id)
}

/// A tag with invalid characters in its key or value.
pub(super) fn invalid_tag(message: impl Into<String>, key: &str) -> Refusal {
    Refusal::new("InvalidTag", message).detail("TagKey", key)
}

pub(crate) fn malformed_xml() -> Refusal {
    Refusal::new(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
}

/// `condition` is the header of the condition that failed.
pub(super) fn precondition_failed(condition: &str) -> Refusal {
    let message = "At least one of the pre-conditions you specified did not hold";
    Refusal::new("PreconditionFailed", message).status(412).detail("Condition", condition)
}

/// A header that this operation does not support.
pub(crate) fn not_implemented(header: &str) -> Refusal {
    let message = "A header you provided implies functionality that is not implemented";
    Refusal::new("NotImplemented", message).status(501).detail("Header", header)
}

/// A condition with an unsupported value.
pub(super) fn no_such_condition(header: &str) -> Refusal {
    let more = format!("We don't accept the provided value of {header} header for this API");
    not_implemented(header).detail("additionalMessage", more)
}

/// Conditions that exclude each other.
pub(super) fn several_conditions(headers: &str) -> Refusal {
    not_implemented(headers).detail("additionalMessage", "Multiple conditional request headers present in the request")
}
