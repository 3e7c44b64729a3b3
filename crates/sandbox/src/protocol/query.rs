//! The query protocols: a form goes in, XML comes out. EC2 has a dialect of its own.
//!
//! Source: Smithy, "AWS query protocol" and "AWS EC2 query protocol".

use bytes::Bytes;
use http::Response;

use super::{Target, response};
use crate::refusal::Refusal;
use crate::services::Service;
use crate::xml::{self, Element};

const TYPE: &str = "text/xml;charset=UTF-8";
const EC2: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

pub(super) fn answer_ec2(operation: &str, content: Vec<Element>, id: &str) -> Response<Bytes> {
    let content = std::iter::once(xml::text("requestId", id)).chain(content);
    let root = xml::element(&format!("{operation}Response"), content);
    response(200, TYPE, id, xml::document(&root, EC2))
}

pub(super) fn refuse_ec2(refusal: &Refusal, id: &str) -> Response<Bytes> {
    let error = xml::element("Error", [xml::text("Code", &refusal.code), xml::text("Message", &refusal.message)]);
    let root = xml::element("Response", [xml::element("Errors", [error]), xml::text("RequestID", id)]);
    response(refusal.status, TYPE, id, xml::document(&root, EC2))
}

pub(super) fn answer(target: &Target, content: Vec<Element>, id: &str) -> Response<Bytes> {
    let Target { service, operation, .. } = target;
    let result = xml::element(&format!("{operation}Result"), content);
    let metadata = xml::element("ResponseMetadata", [xml::text("RequestId", id)]);
    let root = xml::element(&format!("{operation}Response"), [result, metadata]);
    response(200, TYPE, id, xml::document(&root, namespace(*service)))
}

pub(super) fn refuse(service: Service, refusal: &Refusal, id: &str) -> Response<Bytes> {
    let kind = if refusal.status < 500 { "Sender" } else { "Receiver" };
    let error = [xml::text("Type", kind), xml::text("Code", &refusal.code), xml::text("Message", &refusal.message)];
    let root = xml::element("ErrorResponse", [xml::element("Error", error), xml::text("RequestId", id)]);
    response(refusal.status, TYPE, id, xml::document(&root, namespace(service)))
}

const fn namespace(service: Service) -> &'static str {
    match service {
        Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        Service::Rds => "http://rds.amazonaws.com/doc/2014-10-31/",
        Service::Elb => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        _ => "https://sts.amazonaws.com/doc/2011-06-15/",
    }
}
