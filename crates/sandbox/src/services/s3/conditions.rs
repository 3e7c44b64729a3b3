//! Requests that are carried out only if the object is as the client thinks.
//!
//! Sources: Amazon S3 User Guide, "Add preconditions to S3 operations with conditional requests",
//! and what was found in S3's answers: ministackorg/ministack issue 1475 and localstack/localstack
//! issue 13894 (a delete marker is no object, and what is not there is 404 and not 412).

use super::object::{Object, Versions};
use super::{Request, refusals};
use crate::refusal::Refusal;

/// `If-None-Match: *` and `If-Match: <entity tag>` of a write.
pub(super) fn of_write(request: &Request, versions: Option<&Versions>) -> Result<(), Refusal> {
    let current = versions.and_then(Versions::current);
    match (request.header("if-match"), request.header("if-none-match")) {
        (None, None) => Ok(()),
        (None, Some("*")) if current.is_some() => Err(refusals::precondition_failed()),
        (None, Some("*")) => Ok(()),
        (Some(wanted), None) if wanted != "*" => matches(wanted, current.map(|(_, object)| object)),
        _ => Err(refusals::not_implemented()),
    }
}

/// `If-Match` of a deletion: an entity tag, or `*` for any. It is about the current object, so that
/// no version may be named with it.
pub(super) fn of_deletion(wanted: Option<&str>, version: Option<&str>, key: Option<&Versions>) -> Result<(), Refusal> {
    let Some(wanted) = wanted else { return Ok(()) };
    if version.is_some() {
        return Err(refusals::not_implemented());
    }
    matches(wanted, key.and_then(Versions::current).map(|(_, object)| object))
}

/// `If-Match` and `If-None-Match` of a read: whether there is anything to send.
pub(super) fn of_read(request: &Request, object: &Object) -> Result<bool, Refusal> {
    if let Some(wanted) = request.header("if-match") {
        matches(wanted, Some(object))?;
    }
    Ok(!request.header("if-none-match").is_some_and(|known| known == "*" || is_tag(known, object)))
}

fn matches(wanted: &str, object: Option<&Object>) -> Result<(), Refusal> {
    let object = object.ok_or_else(refusals::no_such_key)?;
    if wanted == "*" || is_tag(wanted, object) { Ok(()) } else { Err(refusals::precondition_failed()) }
}

/// Entity tags are taken with and without their quotes.
fn is_tag(text: &str, object: &Object) -> bool {
    text.trim_matches('"') == object.etag.trim_matches('"')
}
