//! The operation that a request of S3 calls, among all of AWS's, also those that the sandbox does not have: a
//! request is never taken for the operation of a similar one.
//!
//! S3 tells operations apart by method, path and names in the query: subresources, such as `?acl`, and the
//! parameters of multipart uploads. A name without a value that an operation does not have may be a subresource that
//! is newer than the model, so that the request does not call this operation.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::Deserialize;

use super::shape::Model;
use crate::refusal::Refusal;
use crate::services::s3;

/// How an operation in REST is requested.
#[derive(Debug, Deserialize)]
pub(super) struct RequestSyntax {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// The names that its query always has.
    #[serde(borrow, default)]
    query: Vec<&'static str>,
    /// The required parameters in its query.
    #[serde(borrow, default)]
    required: Vec<&'static str>,
    #[serde(borrow, default)]
    optional: Vec<&'static str>,
    /// Its required headers.
    #[serde(borrow, default)]
    headers: Vec<&'static str>,
}

impl RequestSyntax {
    /// The names in its query that tell it from the operations of the plain path.
    fn subresources(&self) -> &[&'static str] {
        if self.query.is_empty() { &self.required } else { &self.query }
    }

    fn has(&self, name: &str) -> bool {
        [&self.query, &self.required, &self.optional].iter().any(|names| names.contains(&name))
    }

    /// Whether a request has its method, its path, and everything that it requires.
    fn fits(&self, request: &s3::Request) -> bool {
        let (bucket, key) = self.path[1..].split_once('/').unwrap_or((&self.path[1..], ""));
        let is_part = |template: &str, part: &str| match template {
            "{Bucket}" | "{Key+}" => !part.is_empty(),
            literal => part == literal,
        };
        request.method == self.method
            && is_part(bucket, &request.bucket)
            && is_part(key, &request.key)
            && self.query.iter().chain(&self.required).all(|name| request.parameter(name).is_some())
            && self.headers.iter().all(|name| request.header(name).is_some())
    }

    /// How closely it describes a request that it fits.
    fn detail(&self) -> usize {
        self.query.len() + self.required.len() + self.headers.len()
    }
}

/// The operation that a request calls.
pub(super) fn operation(model: &'static Model, request: &s3::Request) -> Option<&'static str> {
    let is_called = |syntax: &RequestSyntax| {
        let is_other = |name: &str, value: &str| value.is_empty() || is_subresource(model, name);
        syntax.fits(request) && request.query.iter().all(|(name, value)| syntax.has(name) || !is_other(name, value))
    };
    // AWS SDKs name the operation in `x-id`. That decides where operations have the same request.
    let is_named = |name: &str| request.parameter("x-id") == Some(name);
    let called = model.requests.iter().filter(|(_, syntax)| is_called(syntax));
    called.max_by_key(|(name, syntax)| (syntax.detail(), is_named(name), Reverse(**name))).map(|(name, _)| *name)
}

fn is_subresource(model: &Model, name: &str) -> bool {
    model.requests.values().any(|syntax| syntax.subresources().contains(&name))
}

/// AWS's refusal of a request that calls no operation, if it is known: subresources that exclude each other, or a
/// method that a subresource does not have.
///
/// Source: measured by brekkylab/backlot:tests/test_s3, `_REFUSAL_ROWS`, and brekkylab/backlot#244.
pub(super) fn refusal(model: &Model, request: &s3::Request) -> Option<Refusal> {
    let names = request.query.iter().map(|(name, _)| name.as_str());
    let names: BTreeSet<&str> = names.filter(|name| is_subresource(model, name)).collect();
    let first = names.first()?;
    let with_all = model.requests.values().filter(|syntax| names.iter().all(|name| syntax.has(name)));
    let methods: BTreeSet<&str> = with_all.map(|syntax| syntax.method).collect();
    if methods.is_empty() {
        let names: Vec<&str> = names.iter().copied().collect();
        let message = format!("Conflicting query string parameters: {}", names.join(", "));
        let refusal = Refusal::new("InvalidArgument", message);
        return Some(refusal.detail("ArgumentName", "ResourceType").detail("ArgumentValue", *first));
    }
    if methods.contains(request.method.as_str()) {
        return None;
    }
    let allowed = methods.into_iter().collect::<Vec<_>>().join(", ");
    let refusal = Refusal::new("MethodNotAllowed", "The specified method is not allowed against this resource.");
    Some(refusal.status(405).detail("Method", request.method.as_str()).header("allow", allowed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::Service;
    use crate::testing::{Bench, first};

    /// The status, the code and the message of the answer to a request without a body.
    fn answer(line: &str, headers: &[(&str, String)]) -> (u16, String, String) {
        let (method, uri) = line.split_once(' ').expect("a method and a path");
        let answer = Bench::new().send(Service::S3, method, uri, headers, Vec::new());
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        let element = |name| if text.is_empty() { String::new() } else { first(&text, name).unwrap_or_default() };
        (answer.status().as_u16(), element("Code"), element("Message"))
    }

    fn called(line: &str, headers: &[(&str, String)]) -> Option<&'static str> {
        let (method, uri) = line.split_once(' ').expect("a method and a path");
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(bytes::Bytes::new()).expect("a sound request");
        operation(Model::of(Service::S3), &s3::Request::new(&request))
    }

    #[test]
    fn every_operation_of_aws_has_its_own_request() {
        let operations = Service::S3.operations();
        for (name, syntax) in &Model::of(Service::S3).requests {
            let path = syntax.path.replace("{Bucket}", "a-bucket").replace("{Key+}", "key");
            let mut query: Vec<String> = syntax.query.iter().map(|name| (*name).to_owned()).collect();
            query.extend(syntax.required.iter().map(|name| format!("{name}=1")));
            // Clients tell it from ListBuckets by the host, and by the service of the signature.
            query.extend((*name == "ListDirectoryBuckets").then(|| format!("x-id={name}")));
            let line = format!("{} {path}?{}", syntax.method, query.join("&"));
            let headers: Vec<(&str, String)> = syntax.headers.iter().map(|name| (*name, "a/b".to_owned())).collect();
            assert_eq!(called(&line, &headers), Some(*name), "{line}");
            if !operations.contains(name) {
                let message = format!("the sandbox has no operation {name} of Amazon S3");
                assert_eq!(answer(&line, &headers), (501, "UnknownOperationException".to_owned(), message), "{line}");
            }
        }
    }

    #[test]
    fn parameters_of_an_operation_do_not_change_it() {
        for (line, name) in [
            ("GET /b/k?partNumber=1&versionId=a", "GetObject"),
            ("GET /b/k?x-id=GetObject&X-Amz-Expires=9&response-expires=", "GetObject"),
            ("GET /b?list-type=2&prefix=&x=1", "ListObjectsV2"),
            ("GET /b/?location=", "GetBucketLocation"),
            ("GET /b?analytics&id=1", "GetBucketAnalyticsConfiguration"),
            ("GET /", "ListBuckets"),
        ] {
            assert_eq!(called(line, &[]), Some(name), "{line}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_of_no_operation_are_refused() {
        for (line, status, code) in [
            ("DELETE /b?versioning", 405, "MethodNotAllowed"),
            ("PUT /b?location", 405, "MethodNotAllowed"),
            ("GET /b/k?partNumber=1&uploadId=u", 405, "MethodNotAllowed"),
            ("HEAD /b?versioning", 405, ""),
            ("GET /b?acl&versioning", 400, "InvalidArgument"),
            ("GET /b/k?partNumber=1&acl", 400, "InvalidArgument"),
            ("PUT /b/k?newer", 501, "UnknownOperationException"),
            ("DELETE /b?newer=", 501, "UnknownOperationException"),
            ("PUT /b/k?versioning", 501, "UnknownOperationException"),
            ("POST /", 501, "UnknownOperationException"),
        ] {
            let (found, told, message) = answer(line, &[]);
            assert_eq!((found, told.as_str()), (status, code), "{line}: {message}");
        }
        assert_eq!(answer("GET /b?acl&versioning", &[]).2, "Conflicting query string parameters: acl, versioning");
        let (_, _, message) = answer("PUT /some/key?newer", &[]);
        assert_eq!(message, "the sandbox has no operation PUT /{Bucket}/{Key}?newer of Amazon S3");
    }
}
