//! Conditional requests.
//!
//! Sources: Amazon S3 User Guide, "Add preconditions to S3 operations with conditional requests",
//! and published answers of S3: ministackorg/ministack issue 1475 and localstack/localstack issue
//! 13894 (a delete marker is not an object, and a missing object is 404 and not 412).

use aws_smithy_types::date_time::{DateTime, Format};

use super::object::{Object, Version, Versions};
use super::{Request, refusals};
use crate::refusal::{Refusal, ensure};

/// `If-None-Match: *` and `If-Match: <entity tag>` of a write.
pub(super) fn of_write(request: &Request, versions: Option<&Versions>) -> Result<(), Refusal> {
    let current = versions.and_then(Versions::current);
    match (request.header("if-match"), request.header("if-none-match")) {
        (None, None) => Ok(()),
        (None, Some("*")) if current.is_some() => Err(refusals::precondition_failed("If-None-Match")),
        (None, Some("*")) => Ok(()),
        (None, Some(_)) => Err(refusals::no_such_condition("If-None-Match")),
        (Some("*"), None) => Err(refusals::no_such_condition("If-Match")),
        (Some(wanted), None) => matches(wanted, &request.key, current.map(|(_, object)| object)),
        (Some(_), Some(_)) => Err(refusals::several_conditions("If-Match,If-None-Match")),
    }
}

/// Rejects conditions that only directory buckets support. Source: Amazon S3 API reference,
/// DeleteObject, `x-amz-if-match-last-modified-time`.
pub(super) fn of_directory_buckets(request: &Request) -> Result<(), Refusal> {
    let headers = ["x-amz-if-match-last-modified-time", "x-amz-if-match-size"];
    match headers.into_iter().find(|header| request.header(header).is_some()) {
        Some(header) => Err(refusals::not_implemented(header)),
        None => Ok(()),
    }
}

/// `If-Match` of a deletion: an entity tag, or `*` for any. It applies to the current object, so it
/// excludes a version id.
pub(super) fn of_deletion(
    wanted: Option<&str>,
    version: Option<&str>,
    (key, versions): (&str, Option<&Versions>),
) -> Result<(), Refusal> {
    let Some(wanted) = wanted else { return Ok(()) };
    ensure!(version.is_none(), refusals::not_implemented("If-Match"));
    matches(wanted, key, versions.and_then(Versions::current).map(|(_, object)| object))
}

/// The conditions of a read. Returns whether the content is sent. Entity tags take precedence over
/// dates. Source: Amazon S3 API reference, `GetObject`, `If-Modified-Since` and
/// `If-Unmodified-Since`.
pub(super) fn of_read(request: &Request, version: &Version, object: &Object) -> Result<bool, Refusal> {
    let modified = i64::try_from(version.modified.as_millis() / 1_000).unwrap_or(i64::MAX);
    if let Some(wanted) = request.header("if-match") {
        matches(wanted, &request.key, Some(object))?;
    } else if date(request, "if-unmodified-since").is_some_and(|date| modified > date) {
        return Err(refusals::precondition_failed("If-Unmodified-Since"));
    }
    let known = match request.header("if-none-match") {
        Some(known) => known == "*" || is_tag(known, object),
        None => date(request, "if-modified-since").is_some_and(|date| modified <= date),
    };
    Ok(!known)
}

/// A date in a header, in seconds since 1970. An invalid one is ignored.
/// Source: RFC 9110, "If-Modified-Since".
fn date(request: &Request, name: &str) -> Option<i64> {
    Some(DateTime::from_str(request.header(name)?, Format::HttpDate).ok()?.secs())
}

fn matches(wanted: &str, key: &str, object: Option<&Object>) -> Result<(), Refusal> {
    let object = object.ok_or_else(|| refusals::no_such_key(key))?;
    if wanted == "*" || is_tag(wanted, object) { Ok(()) } else { Err(refusals::precondition_failed("If-Match")) }
}

/// Entity tags match with and without their quotes.
fn is_tag(text: &str, object: &Object) -> bool {
    text.trim_matches('"') == object.etag.trim_matches('"')
}
