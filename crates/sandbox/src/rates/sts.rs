//! Rates of AWS STS.

use super::{Bucket, Source};

const PUBLISHED: Source = Source::Published("AWS IAM User Guide, \"IAM and AWS STS quotas\", STS request quotas");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    match operation {
        "GetCallerIdentity" => vec![Bucket::each_second("requests with credentials", 600, PUBLISHED)],
        _ => Vec::new(),
    }
}
