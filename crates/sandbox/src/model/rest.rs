//! Collects the input of a request of S3 from its path, query, headers and body.

use roxmltree::Document;
use serde_json::{Map, Value};

use super::document;
use super::shape::{Model, Reference, Shape, Type};
use crate::input::Input;
use crate::refusal::{Refusal, ensure};
use crate::services::s3;

/// Amazon's headers that belong to the protocol and to no operation: those of Signature Version 4, of
/// its chunks and trailers, and of the SDKs. Source: AWS IAM User Guide, "Create a signed AWS API
/// request"; Amazon S3 API reference, "Authenticating requests".
const OF_THE_PROTOCOL: &[&str] = &[
    "x-amz-api-version",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-trailer",
    "x-amz-user-agent",
];

/// The input of a request, by member names.
///
/// # Errors
/// When the body is incomplete, or is not XML where XML is required.
pub(super) fn input(model: &'static Model, operation: &str, request: &s3::Request) -> Result<Value, Refusal> {
    let mut input = Map::new();
    let shape = model.input(operation);
    for (name, member) in &shape.members {
        let wire = member.wire(name);
        let value = match member.location {
            Some("uri") => Some(if wire == "Key" { &request.key } else { &request.bucket })
                .filter(|part| !part.is_empty())
                .map(|part| Value::String(part.clone())),
            Some("querystring") => request.parameter(wire).map(|text| Value::String(text.to_owned())),
            Some("header") if model.shape(member.shape).kind == Type::List => {
                request.header(wire).map(|text| text.split(',').map(|part| part.trim().to_owned()).collect())
            }
            Some("header") => request.header(wire).map(|text| Value::String(text.to_owned())),
            Some("headers") => Some(prefixed(request, wire)),
            _ => body(model, shape, name, member, request)?,
        };
        if let Some(value) = value {
            input.insert((*name).to_owned(), value);
        }
    }
    for name in request.headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with("x-amz-")) {
        // Any request may carry a checksum of its body. Source: Amazon S3 User Guide, "Checking object
        // integrity in Amazon S3".
        let is_known = OF_THE_PROTOCOL.contains(&name) || name.starts_with("x-amz-checksum-") || shape.has_header(name);
        if !is_known {
            input.insert(name.to_owned(), Value::String(String::new()));
        }
    }
    Ok(Value::Object(input))
}

/// The entries of a map, from the headers with a prefix.
fn prefixed(request: &s3::Request, prefix: &str) -> Value {
    let entries = request.headers.iter().filter_map(|(name, value)| {
        let rest = name.as_str().strip_prefix(prefix)?;
        Some((rest.to_owned(), Value::String(value.to_str().unwrap_or_default().to_owned())))
    });
    entries.collect::<Map<String, Value>>().into()
}

/// The member that is the whole body, if the shape has one.
fn body(
    model: &'static Model,
    shape: &'static Shape,
    name: &'static str,
    member: &'static Reference,
    request: &s3::Request,
) -> Result<Option<Value>, Refusal> {
    let of_it = model.shape(member.shape);
    if shape.payload != Some(name) || of_it.kind != Type::Structure {
        return Ok(None);
    }
    let content = request.content()?;
    if content.bytes.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(&content.bytes).map_err(|_| s3::malformed_xml())?;
    let document = Document::parse(text).map_err(|_| s3::malformed_xml())?;
    ensure!(document.root_element().tag_name().name() == member.wire(name), s3::malformed_xml());
    Ok(Some(document::structure(model, of_it, document.root_element())))
}

/// Whether an operation read a member through its header or query parameter. The members in the path
/// always count as read.
pub(super) fn was_read(model: &'static Model, operation: &str, input: &Input, name: &str) -> bool {
    model.input(operation).members.get_key_value(name).is_some_and(|(name, member)| match member.location {
        // The headers with a prefix are read together with all headers.
        Some("uri" | "headers") => true,
        Some(_) => input.was_read(member.wire(name)),
        None => false,
    })
}
