//! Rates of the Resource Groups Tagging API.

use super::{Bucket, Source};

const PUBLISHED: Source =
    Source::Published("AWS General Reference, \"AWS Resource Groups and Tagging endpoints and quotas\"");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    match operation {
        "GetResources" => vec![Bucket::each_second(operation, 15, PUBLISHED)],
        _ => Vec::new(),
    }
}
