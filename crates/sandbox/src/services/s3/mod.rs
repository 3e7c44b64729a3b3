//! Amazon S3: buckets, their settings, and the versions of their objects.

mod access;
mod answers;
mod bucket;
mod bucket_policy;
mod checksum;
mod chunked;
mod conditions;
mod delete_object;
mod document;
mod encryption;
mod get_object;
mod list_objects;
mod list_versions;
mod name;
mod object;
mod object_lock;
mod ownership;
mod policy;
mod public_access;
mod put_object;
mod range;
mod refusals;
mod request;
mod routes;
mod tagging;
#[cfg(test)]
mod tests;
mod timing;
mod uploads;
mod versioning;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::RestOperation;
use crate::clock::Time;
use crate::cloud::Cloud;
use crate::eventual::{Eventual, Versioned};
use crate::inventory::Item;
use crate::tags::Tags;

use bucket::Bucket;
pub(crate) use request::Request;

/// An answer as it goes out.
pub(crate) type Answer = http::Response<Bytes>;

/// The operations.
pub(crate) const OPERATIONS: &[(&str, RestOperation)] = &[
    ("AbortMultipartUpload", uploads::abort),
    ("CreateBucket", bucket::create),
    ("CreateMultipartUpload", uploads::create),
    ("DeleteBucket", bucket::delete),
    ("DeleteBucketEncryption", encryption::delete),
    ("DeleteBucketOwnershipControls", ownership::delete),
    ("DeleteBucketPolicy", bucket_policy::delete),
    ("DeleteBucketTagging", tagging::delete),
    ("DeleteObject", delete_object::one),
    ("DeleteObjects", delete_object::many),
    ("DeletePublicAccessBlock", public_access::delete),
    ("GetBucketEncryption", encryption::get),
    ("GetBucketLocation", bucket::location),
    ("GetBucketOwnershipControls", ownership::get),
    ("GetBucketPolicy", bucket_policy::get),
    ("GetBucketTagging", tagging::get),
    ("GetBucketVersioning", versioning::get),
    ("GetObject", get_object::get),
    ("GetObjectLockConfiguration", object_lock::get),
    ("GetPublicAccessBlock", public_access::get),
    ("HeadBucket", bucket::head),
    ("HeadObject", get_object::head),
    ("ListBuckets", bucket::list),
    ("ListMultipartUploads", uploads::list),
    ("ListObjectVersions", list_versions::list),
    ("ListObjectsV2", list_objects::list),
    ("PutBucketEncryption", encryption::put),
    ("PutBucketOwnershipControls", ownership::put),
    ("PutBucketPolicy", bucket_policy::put),
    ("PutBucketTagging", tagging::put),
    ("PutBucketVersioning", versioning::put),
    ("PutObject", put_object::put),
    ("PutObjectLockConfiguration", object_lock::put),
    ("PutPublicAccessBlock", public_access::put),
];

/// What it remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    buckets: Eventual<Bucket>,
    /// The names of buckets that other accounts have.
    pub(crate) foreign: BTreeSet<String>,
    /// When a bucket of each name was last deleted.
    freed: BTreeMap<String, Time>,
}

impl State {
    /// All that reads may see as it was.
    pub(crate) fn collections(&mut self) -> Vec<&mut dyn Versioned> {
        vec![&mut self.buckets]
    }
}

pub(crate) fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    for (name, bucket) in &cloud.s3.buckets {
        items.push(Item::new("s3:bucket", name, &bucket.tags));
        if bucket.policy.is_some() {
            items.push(Item::part("s3:bucket-policy", name));
        }
        for (key, version) in bucket.versions() {
            let kind = if version.object.is_some() { "s3:object-version" } else { "s3:delete-marker" };
            items.push(Item::part(kind, format!("{name}/{key}@{}", version.id)));
        }
        for (id, upload) in &bucket.uploads {
            items.push(Item::part("s3:multipart-upload", format!("{name}/{}@{id}", upload.key)));
        }
    }
}

/// The ARNs of everything that has tags, for the tagging API.
pub(crate) fn tagged(cloud: &Cloud) -> Vec<(String, Tags)> {
    let buckets = cloud.s3.buckets.iter();
    let tagged = buckets.filter(|(_, bucket)| !bucket.tags.is_empty());
    tagged.map(|(name, bucket)| (format!("arn:aws:s3:::{name}"), bucket.tags.clone())).collect()
}
