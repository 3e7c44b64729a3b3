//! Requests of S3: the operation, the input, and the verification of the body.

use bytes::Bytes;

use super::refusals;
use super::{checksum, chunked};
use crate::model;
use crate::services::prelude::*;

/// A request in path style: `/bucket/key?query`.
pub(crate) struct Request {
    pub(crate) method: http::Method,
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// The decoded query, in order.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
    /// The same data by the member names of the API model.
    pub(crate) input: Input,
}

/// A complete body.
pub(crate) struct Content {
    pub(crate) bytes: Bytes,
    /// The header of its checksum, and the value.
    pub(super) checksum: Option<(&'static str, String)>,
    /// Whether any checksum was sent.
    pub(super) vouched: bool,
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
            input: Input::default(),
        }
    }

    /// The name of the operation that it calls; if it calls none, its method, path and query without values.
    pub(crate) fn operation(&self) -> String {
        model::rest_operation(self).map_or_else(|| self.outline(), str::to_owned)
    }

    fn outline(&self) -> String {
        let path = match (self.bucket.is_empty(), self.key.is_empty()) {
            (true, _) => "/",
            (false, true) => "/{Bucket}",
            (false, false) => "/{Bucket}/{Key}",
        };
        let names: Vec<&str> = self.query.iter().map(|(name, _)| name.as_str()).collect();
        let query = if names.is_empty() { String::new() } else { format!("?{}", names.join("&")) };
        format!("{} {path}{query}", self.method)
    }

    /// A query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.input.look(name);
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.input.look(name);
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// The page size of a listing, from a parameter; at most 1,000. Source: Amazon S3 API
    /// reference, ListObjectsV2, `max-keys`.
    pub(super) fn page_size(&self, name: &str) -> Result<usize, Refusal> {
        let Some(text) = self.parameter(name).filter(|text| !text.is_empty()) else { return Ok(1_000) };
        let size = text.parse::<i32>().ok().and_then(|size| usize::try_from(size).ok());
        let message = || format!("Argument {name} must be an integer between 0 and 2147483647");
        size.map(|size| size.min(1_000)).ok_or_else(|| refusals::invalid_argument(message()))
    }

    /// The XML document in the body.
    pub(super) fn document(&self, root: &str) -> Result<Input, Refusal> {
        self.content()?;
        if self.input.has(root) { Ok(self.input.inner(root)) } else { Err(refusals::malformed_xml()) }
    }

    /// The decoded body, after all checksums are verified.
    pub(crate) fn content(&self) -> Result<Content, Refusal> {
        let streamed = self.header("x-amz-content-sha256").is_some_and(|hash| hash.starts_with("STREAMING-"));
        let encoded = self.header("content-encoding").is_some_and(|encoding| encoding.contains("aws-chunked"));
        let (bytes, trailers) = if streamed || encoded {
            let length = self.header("x-amz-decoded-content-length").and_then(|length| length.parse().ok());
            let chunks = chunked::decode(&self.body, length)?;
            let promised = self.header("x-amz-trailer");
            if promised.is_some_and(|name| !chunks.trailers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))) {
                return Err(Refusal::new("MalformedTrailerError", "The request is missing the trailer it announced"));
            }
            (chunks.bytes, chunks.trailers)
        } else {
            (self.body.clone(), Vec::new())
        };
        let md5 = self.header("content-md5");
        if let Some(md5) = md5 {
            checksum::check_md5(&bytes, md5)?;
        }
        let sent = |name: &str| {
            let trailer =
                trailers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone());
            trailer.or_else(|| self.header(name).map(str::to_owned))
        };
        let checksum = checksum::HEADERS.iter().find_map(|name| Some((name, sent(name)?)));
        if let Some((name, value)) = &checksum {
            checksum::check(&bytes, name, value)?;
        }
        Ok(Content { bytes, vouched: md5.is_some() || checksum.is_some(), checksum })
    }

    /// Rejects a request without a checksum, for operations that require one.
    ///
    /// Source: Amazon S3 API reference, DeleteObjects and PutBucketTagging, `Content-MD5`.
    pub(super) fn require_checksum(&self) -> Result<(), Refusal> {
        if self.content()?.vouched {
            return Ok(());
        }
        let message = "Missing required header for this request: Content-MD5 OR x-amz-checksum-*";
        Err(Refusal::new("InvalidRequest", message))
    }
}
