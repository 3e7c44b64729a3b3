//! Rates of Amazon S3: AWS publishes those of objects, and none of buckets and their settings.

use super::{Bucket, Source, is_read};
use crate::services::Service;

/// They hold for each prefix of a bucket; here all objects share them.
const PUBLISHED: Source =
    Source::Published("Amazon S3 User Guide, \"Best practices design patterns: optimizing Amazon S3 performance\"");
const READS: Source =
    Source::Assumed("AWS publishes no rates for settings of buckets; 50 reads a second of a kind are assumed");
const CHANGES: Source =
    Source::Assumed("AWS publishes no rates for settings of buckets; 10 changes a second of a kind are assumed");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    match operation {
        "AbortMultipartUpload" | "CreateMultipartUpload" | "DeleteObject" | "DeleteObjects" | "PutObject" => {
            vec![Bucket::each_second("changes of objects", 3_500, PUBLISHED)]
        }
        "GetObject" | "HeadObject" | "ListMultipartUploads" | "ListObjectsV2" | "ListObjectVersions" => {
            vec![Bucket::each_second("reads of objects", 5_500, PUBLISHED)]
        }
        _ if !Service::S3.operations().contains(&operation) => Vec::new(),
        _ if is_read(operation) => vec![Bucket::new(operation, 100, 50.0, READS)],
        _ => vec![Bucket::new(operation, 50, 10.0, CHANGES)],
    }
}
