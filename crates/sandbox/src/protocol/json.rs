//! JSON 1.1, and REST with JSON. Sources: Smithy, "AWS JSON 1.1 protocol" and "AWS `restJson1` protocol".

use bytes::Bytes;
use http::{HeaderValue, Response};
use serde_json::{Map, Value, json};

use super::response;
use crate::input::Input;
use crate::refusal::Refusal;

const TYPE: &str = "application/x-amz-json-1.1";

pub(super) fn input(body: &[u8]) -> Result<Input, Refusal> {
    if body.is_empty() { Ok(Input::default()) } else { value(body).map(Input::received) }
}

/// The JSON of a body; an empty structure if there is none.
pub(super) fn value(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(body).map_err(|error| Refusal::new("SerializationException", error.to_string()))
}

/// Serializes an answer. Members that are null are omitted, as AWS does.
pub(super) fn answer(mut value: Value, id: &str) -> Response<Bytes> {
    fn prune(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|_, member| !member.is_null());
                members.values_mut().for_each(prune);
            }
            Value::Array(members) => members.iter_mut().for_each(prune),
            _ => {}
        }
    }
    prune(&mut value);
    response(200, TYPE, id, value.to_string())
}

pub(super) fn refuse(refusal: &Refusal, id: &str) -> Response<Bytes> {
    // Services write the message under one of two names, and clients read either.
    let body = json!({"__type": refusal.code, "message": refusal.message, "Message": refusal.message});
    response(refusal.status, TYPE, id, body.to_string())
}

/// An answer in REST.
pub(super) fn answer_rest(value: Value, id: &str) -> Response<Bytes> {
    as_rest(answer(value, id))
}

/// An error in REST, where a header has the code.
pub(super) fn refuse_rest(refusal: &Refusal, id: &str) -> Response<Bytes> {
    let mut refused = as_rest(refuse(refusal, id));
    if let Ok(code) = HeaderValue::from_str(&refusal.code) {
        refused.headers_mut().insert("x-amzn-errortype", code);
    }
    refused
}

fn as_rest(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}
