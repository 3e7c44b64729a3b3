//! REST with XML, for S3. Source: Smithy, "AWS `restXml` protocol"; Amazon S3 API reference, "Error
//! responses".

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response};

use super::response;
use crate::refusal::Refusal;
use crate::services::s3;
use crate::xml;

pub(super) fn answer(mut answer: s3::Answer, id: &str) -> Response<Bytes> {
    if let Ok(id) = HeaderValue::from_str(id) {
        answer.headers_mut().insert("x-amz-request-id", id);
    }
    answer
}

/// An error. The answer to a HEAD request has only its status.
pub(super) fn refuse(request: &Request<Bytes>, refusal: &Refusal, id: &str) -> Response<Bytes> {
    let refusal = s3::of_bucket(refusal, &s3::Request::new(request).bucket);
    let mut content = vec![xml::text("Code", &refusal.code), xml::text("Message", &refusal.message)];
    content.extend(refusal.details.iter().map(|(element, value)| xml::text(element, value)));
    content.extend([xml::text("Resource", request.uri().path()), xml::text("RequestId", id)]);
    let body = match *request.method() {
        Method::HEAD => Vec::new(),
        _ => xml::document(&xml::element("Error", content), ""),
    };
    let mut refused = response(refusal.status, "application/xml", id, body);
    for (name, value) in &refusal.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            refused.headers_mut().insert(*name, value);
        }
    }
    refused
}
