//! Rates of Amazon S3: AWS publishes those of objects, and none of buckets and their settings.

use super::operations::{self, Kind};
use crate::rates::{Bucket, Source};

/// They hold for each prefix of a bucket; here all objects share them.
const PUBLISHED: Source =
    Source::Published("Amazon S3 User Guide, \"Best practices design patterns: optimizing Amazon S3 performance\"");
const READS: Source =
    Source::Assumed("AWS publishes no rates for settings of buckets; 50 reads a second of a kind are assumed");
const CHANGES: Source =
    Source::Assumed("AWS publishes no rates for settings of buckets; 10 changes a second of a kind are assumed");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    match operations::kind(operation) {
        None => Vec::new(),
        Some(Kind::ChangeOfObjects) => vec![Bucket::each_second("changes of objects", 3_500, PUBLISHED)],
        Some(Kind::ReadOfObjects) => vec![Bucket::each_second("reads of objects", 5_500, PUBLISHED)],
        Some(Kind::ReadOfBucket | Kind::ReadOfSetting) => vec![Bucket::new(operation, 100, 50.0, READS)],
        Some(Kind::Change) => vec![Bucket::new(operation, 50, 10.0, CHANGES)],
    }
}
