//! Responses of S3.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use super::Answer;
use crate::services::prelude::*;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// 200 without a body.
pub(super) fn done() -> Answer {
    Answer::new(Bytes::new())
}

/// 204, the response to most deletions.
pub(super) fn no_content() -> Answer {
    let mut answer = done();
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// An XML document.
pub(super) fn document(root: &Element) -> Answer {
    let answer = Answer::new(xml::document(root, NAMESPACE).into());
    with(answer, [("content-type", "application/xml")])
}

/// Adds headers; a value that is invalid in a header is omitted.
pub(super) fn with<'h>(mut answer: Answer, headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Answer {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// The account's canonical user id, which is not the account number.
pub(super) fn owner(cloud: &Cloud, name: &str) -> Element {
    xml::element(name, [xml::text("ID", format!("{:0>64}", cloud.account.id))])
}
