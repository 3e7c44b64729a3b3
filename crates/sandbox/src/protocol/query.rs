//! The query protocols: the request is a form, the answer is XML. EC2 has a variant of its own.
//!
//! Source: Smithy, "AWS query protocol" and "AWS EC2 query protocol".

use bytes::Bytes;
use http::Response;

use super::response;
use crate::refusal::Refusal;
use crate::xml::{self, Element};

const TYPE: &str = "text/xml;charset=UTF-8";

pub(super) fn answer_ec2(namespace: &str, operation: &str, content: Vec<Element>, id: &str) -> Response<Bytes> {
    let content = std::iter::once(xml::text("requestId", id)).chain(content);
    let root = xml::element(&format!("{operation}Response"), content);
    response(200, TYPE, id, xml::document(&root, namespace))
}

pub(super) fn refuse_ec2(namespace: &str, refusal: &Refusal, id: &str) -> Response<Bytes> {
    let error = xml::element("Error", [xml::text("Code", &refusal.code), xml::text("Message", &refusal.message)]);
    let root = xml::element("Response", [xml::element("Errors", [error]), xml::text("RequestID", id)]);
    response(refusal.status, TYPE, id, xml::document(&root, namespace))
}

pub(super) fn answer(namespace: &str, operation: &str, content: Vec<Element>, id: &str) -> Response<Bytes> {
    let result = xml::element(&format!("{operation}Result"), content);
    let metadata = xml::element("ResponseMetadata", [xml::text("RequestId", id)]);
    let root = xml::element(&format!("{operation}Response"), [result, metadata]);
    response(200, TYPE, id, xml::document(&root, namespace))
}

pub(super) fn refuse(namespace: &str, refusal: &Refusal, id: &str) -> Response<Bytes> {
    let kind = if refusal.status < 500 { "Sender" } else { "Receiver" };
    let error = [xml::text("Type", kind), xml::text("Code", &refusal.code), xml::text("Message", &refusal.message)];
    let root = xml::element("ErrorResponse", [xml::element("Error", error), xml::text("RequestId", id)]);
    response(refusal.status, TYPE, id, xml::document(&root, namespace))
}
