//! What S3 says when it refuses. Source: Amazon S3 API reference, "Error responses".

use crate::refusal::Refusal;

/// A refusal with HTTP status 400.
pub(super) fn new(code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal::new(code, message)
}

pub(super) fn no_such_bucket() -> Refusal {
    new("NoSuchBucket", "The specified bucket does not exist").status(404)
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

pub(crate) fn malformed_xml() -> Refusal {
    new("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

/// `condition` is the header that asks for what is not so.
pub(super) fn precondition_failed(condition: &str) -> Refusal {
    let message = "At least one of the pre-conditions you specified did not hold";
    new("PreconditionFailed", message).status(412).detail("Condition", condition)
}

/// `headers` are those that S3 does not take, or not together.
pub(super) fn not_implemented(headers: &str) -> Refusal {
    let message = "A header you provided implies functionality that is not implemented";
    new("NotImplemented", message).status(501).detail("Header", headers)
}
