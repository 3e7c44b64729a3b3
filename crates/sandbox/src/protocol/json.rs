//! JSON 1.1. Source: Smithy, "AWS JSON 1.1 protocol".

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::response;
use crate::input::Input;
use crate::refusal::Refusal;

const TYPE: &str = "application/x-amz-json-1.1";

pub(super) fn input(body: &[u8]) -> Result<Input, Refusal> {
    if body.is_empty() {
        return Ok(Input::default());
    }
    let value = serde_json::from_slice(body);
    value.map(Input::received).map_err(|error| Refusal::new("SerializationException", error.to_string()))
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
