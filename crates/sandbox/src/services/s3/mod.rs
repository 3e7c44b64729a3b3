//! Amazon S3: buckets, their settings, and the versions of their objects.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::RestOperation;
use crate::cloud::Cloud;
use crate::inventory::Item;
use crate::tags::Tags;

/// An answer as it goes out.
pub(crate) type Answer = http::Response<Bytes>;

/// The operations.
pub(crate) const OPERATIONS: &[(&str, RestOperation)] = &[];

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {}

/// A request for a bucket or an object, in path style: `/bucket/key?query`.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: http::Method,
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// The query, decoded, in its order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn new(request: &http::Request<Bytes>) -> Self {
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let path = request.uri().path().trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let query = request.uri().query().unwrap_or_default();
        Self {
            method: request.method().clone(),
            bucket: decode(bucket),
            key: decode(key),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: request.headers().clone(),
            body: request.body().clone(),
        }
    }

    /// The name of the operation, which S3 tells by method, path and query.
    pub(crate) fn operation(&self) -> &'static str {
        "Unknown"
    }
}

pub(crate) fn inventory(_cloud: &Cloud, _items: &mut Vec<Item>) {}

/// The ARNs of everything that has tags, for the tagging API.
pub(crate) fn tagged(_cloud: &Cloud) -> Vec<(String, Tags)> {
    Vec::new()
}
