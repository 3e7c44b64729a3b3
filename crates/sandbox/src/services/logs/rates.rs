//! Rates of Amazon CloudWatch Logs.

use crate::rates::{Bucket, Source};

const PUBLISHED: Source = Source::Published("Amazon CloudWatch Logs User Guide, \"CloudWatch Logs quotas\"");

const ASSUMED: Source = Source::Assumed("AWS publishes no rate for this action; that of PutRetentionPolicy is assumed");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    let (calls, source) = match operation {
        "CreateLogGroup" | "DeleteLogGroup" | "DescribeLogGroups" => (10, PUBLISHED),
        "CreateLogStream" => (50, PUBLISHED),
        "DeleteLogStream" => (15, PUBLISHED),
        "DescribeLogStreams" => (25, PUBLISHED),
        "DeleteRetentionPolicy" | "ListTagsForResource" | "PutRetentionPolicy" | "TagResource" | "UntagResource" => {
            (5, PUBLISHED)
        }
        "PutLogGroupDeletionProtection" => (5, ASSUMED),
        _ => return Vec::new(),
    };
    vec![Bucket::each_second(operation, calls, source)]
}
