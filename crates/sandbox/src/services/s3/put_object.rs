//! Writing an object.

use std::collections::BTreeMap;

use super::bucket::Bucket;
use super::encryption::ALGORITHMS;
use super::object::{self, Body, NULL, Object, Version};
use super::ownership::ENFORCED;
use super::versioning::{self, Versioning};
use super::{Answer, Request, access, answers, checksum, conditions, conflicts};
use crate::services::prelude::*;

/// The maximum length of a key in bytes. Source: Amazon S3 User Guide, "Naming Amazon S3 objects".
const LONGEST_KEY: usize = 1_024;

/// The maximum size of user metadata in bytes. Source: Amazon S3 User Guide, "Working with object
/// metadata".
const MOST_METADATA: usize = 2 * 1_024;

const METADATA: &str = "x-amz-meta-";

/// The headers of a request that are returned with the object.
const KEPT: Words = Words(
    "cache-control content-disposition content-encoding content-language content-type expires x-amz-storage-class \
     x-amz-website-redirect-location",
);

pub(super) fn put(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    access::look(cloud, request, "PutObject")?;
    versioning::settle(cloud, request)?;
    let bucket = access::look(cloud, request, "PutObject")?;
    let headers = check(bucket, request)?;
    if request.header("if-match").is_some() {
        // A caller that compares an entity tag also needs permission to read.
        // Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".
        access::look(cloud, request, "GetObject")?;
    }
    let content = request.content()?;
    conditions::of_write(request, bucket.objects.get(&request.key))?;
    conflicts::of_conditional_write(cloud, request)?;
    let etag = checksum::etag(&content.bytes);
    let (name, value) = content.checksum.unwrap_or_else(|| checksum::own(&content.bytes));
    let object = Object {
        body: Body(content.bytes),
        etag: etag.clone(),
        checksum: (name.to_owned(), value.clone()),
        headers: headers.clone(),
    };
    let version = Version { id: new_id(cloud, request), modified: cloud.now, object: Some(object) };
    let bucket = access::change(cloud, request, "PutObject")?;
    // While versioning is suspended, a write returns no version id: recorded by LocalStack,
    // `test_put_object_on_suspended_bucket`.
    let told = bucket.versioning.filter(|versioning| *versioning == Versioning::Enabled);
    let answer = version.with_id(answers::done(), told);
    bucket.objects.entry(request.key.clone()).or_default().add(version);
    let encryption = headers.iter().filter(|(header, _)| header.starts_with("x-amz-server-side-encryption"));
    let answer = answers::with(answer, encryption.map(|(name, value)| (name.as_str(), value.as_str())));
    let headers = [("etag", etag.as_str()), ("x-amz-checksum-type", "FULL_OBJECT"), (name, &value)];
    Ok(answers::with(answer, headers))
}

/// The id of a new version.
pub(super) fn new_id(cloud: &mut Cloud, request: &Request) -> String {
    let versioning = cloud.s3.buckets.get(&request.bucket).and_then(|bucket| bucket.versioning);
    if versioning == Some(Versioning::Enabled) { object::new_id(&mut cloud.ids) } else { NULL.to_owned() }
}

/// Validates the headers of a new object and returns those that are stored.
pub(super) fn check(bucket: &Bucket, request: &Request) -> Result<BTreeMap<String, String>, Refusal> {
    ensure!(request.key.len() <= LONGEST_KEY, Refusal::new("KeyTooLongError", "Your key is too long"));
    let acl = request.header("x-amz-acl");
    let enforced = bucket.ownership.as_deref() == Some(ENFORCED);
    let is_allowed = !enforced || acl.is_none_or(|acl| acl == "bucket-owner-full-control");
    ensure!(is_allowed, Refusal::new("AccessControlListNotSupported", "The bucket does not allow ACLs"));
    let mut headers = BTreeMap::from([("content-type".to_owned(), "binary/octet-stream".to_owned())]);
    let metadata = request.headers.keys().map(http::HeaderName::as_str).filter(|name| name.starts_with(METADATA));
    let mut names: Vec<&str> = KEPT.iter().collect();
    names.extend(metadata);
    for name in names {
        let Some(value) = request.header(name) else { continue };
        let value = if name == "content-encoding" { without_chunks(value) } else { value.to_owned() };
        let is_default = name == "x-amz-storage-class" && value == "STANDARD";
        if !value.is_empty() && !is_default {
            headers.insert(name.to_owned(), value);
        }
    }
    let metadata = headers.iter().filter_map(|(name, value)| Some(name.strip_prefix(METADATA)?.len() + value.len()));
    if metadata.sum::<usize>() > MOST_METADATA {
        return Err(Refusal::new("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"));
    }
    headers.extend(encryption(bucket, request)?);
    Ok(headers)
}

/// The content encoding without `aws-chunked`, which belongs to the transfer.
fn without_chunks(encoding: &str) -> String {
    let encodings = encoding.split(',').map(str::trim).filter(|encoding| *encoding != "aws-chunked");
    encodings.collect::<Vec<_>>().join(",")
}

/// The encryption headers: of the request, or else the bucket's default.
fn encryption(bucket: &Bucket, request: &Request) -> Result<Vec<(String, String)>, Refusal> {
    const ALGORITHM: &str = "x-amz-server-side-encryption";
    const KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";
    const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";
    let default = &bucket.encryption;
    let (algorithm, key) = match request.header(ALGORITHM) {
        None => (default.algorithm.as_str(), default.key.as_deref()),
        Some(algorithm) if ALGORITHMS.contains(&algorithm) => (algorithm, request.header(KEY)),
        Some(_) => {
            let message = "The encryption request that you specified is not valid. The valid value is AES256.";
            return Err(Refusal::new("InvalidEncryptionAlgorithmError", message));
        }
    };
    let mut headers = vec![(ALGORITHM.to_owned(), algorithm.to_owned())];
    if algorithm != ALGORITHMS[0] {
        headers.extend(key.map(|key| (KEY.to_owned(), key.to_owned())));
        if default.bucket_key {
            headers.push((BUCKET_KEY.to_owned(), "true".to_owned()));
        }
    }
    Ok(headers)
}
