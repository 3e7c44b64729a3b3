//! What S3 answers.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

use super::Answer;
use crate::services::prelude::*;
use crate::xml::{self, Element};

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// 200 without a body.
pub(super) fn done() -> Answer {
    Answer::new(Bytes::new())
}

/// 204, as most deletions are answered.
pub(super) fn no_content() -> Answer {
    let mut answer = done();
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

/// A document.
pub(super) fn document(root: &Element) -> Answer {
    let answer = Answer::new(xml::document(root, NAMESPACE).into());
    with(answer, "content-type", "application/xml")
}

/// The answer with one more header; what cannot stand in a header is left out.
pub(super) fn with(mut answer: Answer, name: &str, value: &str) -> Answer {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

/// The account as S3 writes it: an id of its own that is no account number.
pub(super) fn owner(cloud: &Cloud, name: &str) -> Element {
    xml::element(name, [xml::text("ID", format!("{:0>64}", cloud.account.id))])
}
