//! Requests in REST and JSON: the operation that a request calls, and its input.
//!
//! Source: Smithy, "HTTP binding traits" and "AWS `restJson1` protocol".

use bytes::Bytes;
use http::Request;
use percent_encoding::percent_decode_str;
#[cfg(test)]
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Number, Value};

use super::shape::{Model, Type};

/// The operation with the method and the path of a request.
pub(super) fn operation(model: &'static Model, request: &Request<Bytes>) -> Option<&'static str> {
    let is_called = |method: &str, path: &'static str| request.method() == method && labels(path, request).is_some();
    model.requests.iter().find(|(_, known)| is_called(known.method, known.path)).map(|(name, _)| *name)
}

/// The parts of the path that fill the labels of a path template, such as `/schedules/{Name}`.
fn labels(path: &'static str, request: &Request<Bytes>) -> Option<Vec<(&'static str, String)>> {
    let (template, parts) = (path.split('/'), request.uri().path().split('/'));
    if template.clone().count() != parts.clone().count() {
        return None;
    }
    let mut labels = Vec::new();
    for (template, part) in template.zip(parts) {
        match template.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
            Some(label) => labels.push((label, percent_decode_str(part).decode_utf8_lossy().into_owned())),
            None if template == part => {}
            None => return None,
        }
    }
    Some(labels)
}

/// The input of a request: what path and query carry has the names of the model. Parameters that the model
/// does not have are kept, so that they are refused.
pub(super) fn input(model: &'static Model, operation: &str, request: &Request<Bytes>, body: Value) -> Value {
    let Value::Object(mut input) = body else { return body };
    let shape = model.input(operation);
    let member = |location: &str, wire: &str| {
        let mut members = shape.members.iter();
        members.find(|(name, member)| member.location == Some(location) && member.wire(name) == wire)
    };
    let labels = labels(model.requests[operation].path, request).unwrap_or_default();
    for (label, value) in labels.into_iter().filter(|(_, value)| !value.is_empty()) {
        let name = member("uri", label).map_or(label, |(name, _)| *name);
        input.insert(name.to_owned(), Value::String(value));
    }
    for (key, value) in form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        match member("querystring", &key).map(|(name, member)| (*name, model.shape(member.shape).kind)) {
            Some((name, Type::List)) => append(&mut input, name, value.into_owned()),
            Some((name, kind)) => drop(input.insert(name.to_owned(), scalar(kind, value.into_owned()))),
            None => drop(input.insert(key.into_owned(), Value::String(value.into_owned()))),
        }
    }
    Value::Object(input)
}

fn append(input: &mut Map<String, Value>, name: &str, value: String) {
    let list = input.entry(name.to_owned()).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(members) = list {
        members.push(Value::String(value));
    }
}

/// A value of the query as JSON has it. A value of another type stays a string, and is refused.
fn scalar(kind: Type, text: String) -> Value {
    let parsed = match kind {
        Type::Boolean => text.parse().ok().map(Value::Bool),
        Type::Integer | Type::Long => text.parse::<i64>().ok().map(|number| Value::Number(Number::from(number))),
        Type::Structure | Type::List | Type::Map | Type::String => None,
        Type::Blob | Type::Float | Type::Double | Type::Timestamp => None,
    };
    parsed.unwrap_or(Value::String(text))
}

/// The method, the path with the query, and the body of a request with this input.
#[cfg(test)]
pub(super) fn request(model: &'static Model, operation: &str, input: &Value) -> (&'static str, String, Value) {
    let (called, shape) = (&model.requests[operation], model.input(operation));
    let mut body = input.as_object().cloned().unwrap_or_default();
    let mut taken = |location: &str| {
        let members = shape.members.iter().filter(|(_, member)| member.location == Some(location));
        let taken = members.filter_map(|(name, member)| Some((member.wire(name), body.remove(*name)?)));
        taken.collect::<Vec<_>>()
    };
    let encoded = |value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()
    };
    let labels = taken("uri");
    let filled =
        called.path.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(label) => {
                labels.iter().find(|(wire, _)| *wire == label).map(|(_, value)| encoded(value)).unwrap_or_default()
            }
            None => part.to_owned(),
        });
    let path = filled.collect::<Vec<_>>().join("/");
    let query = taken("querystring").into_iter().flat_map(|(wire, value)| match value {
        Value::Array(members) => members.into_iter().map(|member| (wire, member)).collect(),
        value => vec![(wire, value)],
    });
    let query: Vec<String> = query.map(|(wire, value)| format!("{wire}={}", encoded(&value))).collect();
    (called.method, format!("{path}?{}", query.join("&")), Value::Object(body))
}
