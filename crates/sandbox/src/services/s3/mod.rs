//! Amazon S3: buckets, their settings, and the versions of their objects.

mod access;
mod answers;
mod bucket;
mod bucket_policy;
mod checksum;
mod chunked;
mod conditions;
mod conflicts;
mod delete_object;
mod encryption;
mod get_object;
mod list_objects;
mod list_versions;
mod name;
mod object;
mod object_lock;
mod operations;
mod ownership;
mod policy;
mod public_access;
mod put_object;
mod range;
mod refusals;
mod request;
mod tagging;
#[cfg(test)]
mod tests;
mod timing;
mod uploads;
mod versioning;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::services::prelude::*;

use bucket::Bucket;
pub(crate) use operations::Operation;
pub(crate) use policy::conditions_hold;
pub(crate) use refusals::{malformed_xml, not_implemented, of_bucket};
pub(crate) use request::Request;

/// An HTTP response.
pub(crate) type Answer = http::Response<Bytes>;

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "Amazon S3",
    signing_name: "s3",
    protocol: Protocol::Rest(operations::ALL),
    model: include_str!("../../../models/s3.json"),
    errors: Errors {
        missing_parameter: "MissingParameter",
        throttled: ("SlowDown", 503, "Please reduce your request rate."),
        access_denied: ("AccessDenied", 403),
    },
    consistency: operations::consistency,
    latency: Latency { read: 40, change: 40, slow: &[("CreateBucket", 400)] },
    collections: |cloud| vec![&mut cloud.s3.buckets],
    inventory,
    tagged,
};

no_events!();

/// The state of the service.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    buckets: Eventual<Bucket>,
    /// The names of buckets of other accounts.
    pub(crate) foreign: BTreeSet<String>,
    /// When a bucket with each name was last deleted.
    freed: BTreeMap<String, Time>,
}

fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    for (name, bucket) in cloud.s3.buckets.iter() {
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

/// The ARNs and tags of all tagged resources, for the tagging API.
fn tagged(cloud: &Cloud) -> Vec<(String, &Tags)> {
    cloud.s3.buckets.iter().map(|(name, bucket)| (cloud.account.bucket_arn(name), &bucket.tags)).collect()
}
