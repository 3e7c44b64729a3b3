//! Tests of S3 over HTTP.

mod buckets;
mod conditional;
mod listings;
mod objects;
mod policies;
mod settings;
mod uploads;
mod wire;

use http::HeaderMap;
use serde_json::{Value, json};

use crate::services::Service;
use crate::testing::{Bench, first};

const BUCKET: &str = "saas-acme-data";

/// A successful response.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The text of the first element with a name.
    fn text(&self, name: &str) -> Option<String> {
        first(&self.body, name)
    }
}

/// Sends a request such as `PUT /bucket?policy`. Returns the response or the error code; an error
/// without a body is represented by its status.
fn send(bench: &Bench, line: &str, headers: &[(&str, &str)], body: &str) -> Result<Reply, String> {
    let (method, uri) = line.split_once(' ').expect("a method and a path");
    let headers: Vec<(&str, String)> = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let response = bench.send(Service::S3, method, uri, &headers, body.as_bytes().to_vec());
    let (head, body) = response.into_parts();
    let body = String::from_utf8_lossy(&body).into_owned();
    let status = head.status.as_u16();
    if status < 400 {
        return Ok(Reply { status, headers: head.headers, body });
    }
    Err(if body.is_empty() { status.to_string() } else { first(&body, "Code").unwrap_or(body) })
}

/// A request without headers or body.
fn ask(bench: &Bench, line: &str) -> Result<Reply, String> {
    send(bench, line, &[], "")
}

/// An account with a bucket.
fn with_bucket() -> Bench {
    let bench = Bench::new();
    ask(&bench, &format!("PUT /{BUCKET}")).expect("a new name");
    bench
}

/// The same with versioning enabled.
fn with_versions() -> Bench {
    let bench = with_bucket();
    set_versioning(&bench, "Enabled");
    bench
}

fn set_versioning(bench: &Bench, status: &str) {
    let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    send(bench, &format!("PUT /{BUCKET}?versioning"), &[], &body).expect("a status that S3 knows");
}

/// Writes an object and returns the response.
fn put(bench: &Bench, key: &str, body: &str) -> Reply {
    send(bench, &format!("PUT /{BUCKET}/{key}"), &[], body).expect("anybody may write")
}

/// The id of the created version.
fn version(reply: &Reply) -> String {
    reply.header("x-amz-version-id").expect("the bucket keeps versions").to_owned()
}

fn put_policy(bench: &Bench, statements: &Value) -> Result<Reply, String> {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    send(bench, &format!("PUT /{BUCKET}?policy"), &[], &policy)
}
