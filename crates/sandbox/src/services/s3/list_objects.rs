//! Listing the current objects of a bucket, and helpers for all listings.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

use super::object::{Object, Version, Versions};
use super::{Answer, Request, access, answers, refusals};
use crate::paging;
use crate::services::prelude::*;

/// An item, or a common prefix of several keys.
pub(super) enum Entry<T> {
    One(T),
    Prefix,
}

/// How keys are written: literally or, if the client requests it, percent-encoded, because XML
/// cannot contain every character.
#[derive(Clone, Copy)]
pub(super) struct Spelling {
    encoded: bool,
}

impl Spelling {
    pub(super) fn of(request: &Request) -> Result<Self, Refusal> {
        match request.parameter("encoding-type") {
            None => Ok(Self { encoded: false }),
            Some("url") => Ok(Self { encoded: true }),
            Some(wrong) => {
                let message = "Invalid Encoding Method specified in Request";
                Err(refusals::invalid_value("encoding-type", wrong, message))
            }
        }
    }

    pub(super) fn write(self, name: &str, key: &str) -> Element {
        const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
        if self.encoded {
            xml::text(name, percent_encoding::utf8_percent_encode(key, ENCODED))
        } else {
            xml::text(name, key)
        }
    }

    /// The elements that every listing repeats from its request.
    pub(super) fn request(self, request: &Request) -> impl Iterator<Item = Element> {
        let prefix = self.write("Prefix", request.parameter("prefix").unwrap_or_default());
        let delimiter = request.parameter("delimiter").map(|delimiter| self.write("Delimiter", delimiter));
        let encoding = self.encoded.then(|| xml::text("EncodingType", "url"));
        [Some(prefix), delimiter, encoding].into_iter().flatten()
    }
}

/// A page of entries, and whether more follow.
pub(super) fn page<T>(entries: impl Iterator<Item = T>, size: usize) -> (Vec<T>, bool) {
    let mut page: Vec<T> = entries.take(size + 1).collect();
    let is_truncated = size > 0 && page.len() > size;
    page.truncate(size);
    (page, is_truncated)
}

/// The entries of a listing in order: keys with the prefix, where keys that share a part up to the
/// delimiter are merged into one common prefix.
pub(super) fn roll_up<'a, T>(
    request: &Request,
    items: impl Iterator<Item = (&'a str, T)>,
) -> impl Iterator<Item = (String, Entry<T>)> {
    let prefix = request.parameter("prefix").unwrap_or_default().to_owned();
    let delimiter = request.parameter("delimiter").filter(|delimiter| !delimiter.is_empty()).map(str::to_owned);
    let mut last: Option<String> = None;
    items.filter_map(move |(key, item)| {
        let rest = key.strip_prefix(&prefix)?;
        let end = delimiter.as_ref().and_then(|delimiter| Some(rest.find(delimiter.as_str())? + delimiter.len()));
        let Some(end) = end else { return Some((key.to_owned(), Entry::One(item))) };
        let rolled = key[..prefix.len() + end].to_owned();
        if last.as_ref() == Some(&rolled) {
            return None;
        }
        last = Some(rolled.clone());
        Some((rolled, Entry::Prefix))
    })
}

/// The element of a common prefix.
pub(super) fn common_prefix(spelling: Spelling, prefix: &str) -> Element {
    xml::element("CommonPrefixes", [spelling.write("Prefix", prefix)])
}

pub(super) fn list(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let is_second = request.parameter("list-type") == Some("2");
    ensure!(is_second, refusals::invalid_argument("Invalid List Type specified in Request"));
    let bucket = access::look(cloud, request, "ListBucket")?;
    let (size, spelling) = (request.page_size("max-keys")?, Spelling::of(request)?);
    let (token, start) = (request.parameter("continuation-token"), request.parameter("start-after"));
    let with_owner = request.parameter("fetch-owner") == Some("true");
    let current =
        bucket.objects.iter().filter_map(|(key, versions)| Some((key.as_str(), Versions::current(versions)?)));
    let entries = roll_up(request, current)
        .filter(|(key, _)| token.is_some() || start.is_none_or(|start| key.as_str() > start))
        .map(|(key, entry)| (key.clone(), (key, entry)));
    let (page, next) = match size {
        0 => (Vec::new(), None),
        _ => paging::page(entries, token, size, "InvalidArgument").map_err(|_| {
            let refusal = refusals::invalid_argument("The continuation token provided is incorrect");
            refusal.detail("ArgumentName", "continuation-token")
        })?,
    };
    let mut content = vec![
        xml::text("Name", &request.bucket),
        xml::text("MaxKeys", size),
        xml::text("KeyCount", page.len()),
        xml::text("IsTruncated", next.is_some()),
    ];
    content.extend(spelling.request(request));
    content.extend(start.map(|start| spelling.write("StartAfter", start)));
    content.extend(token.map(|token| xml::text("ContinuationToken", token)));
    content.extend(next.map(|next| xml::text("NextContinuationToken", next)));
    content.extend(page.iter().map(|(key, entry)| match entry {
        Entry::Prefix => common_prefix(spelling, key),
        Entry::One((version, object)) => {
            let mut described = described(spelling, key, version, object);
            if with_owner {
                described.push(answers::owner(cloud, "Owner"));
            }
            xml::element("Contents", described)
        }
    }));
    Ok(answers::document(&xml::element("ListBucketResult", content)))
}

/// The description of an object in a listing.
pub(super) fn described(spelling: Spelling, key: &str, version: &Version, object: &Object) -> Vec<Element> {
    let class = object.headers.get("x-amz-storage-class").map_or("STANDARD", String::as_str);
    let algorithm = object.checksum.0.trim_start_matches("x-amz-checksum-").to_ascii_uppercase();
    vec![
        spelling.write("Key", key),
        xml::text("LastModified", version.modified.iso()),
        xml::text("ETag", &object.etag),
        xml::text("ChecksumAlgorithm", algorithm),
        xml::text("ChecksumType", "FULL_OBJECT"),
        xml::text("Size", object.body.0.len()),
        xml::text("StorageClass", class),
    ]
}
