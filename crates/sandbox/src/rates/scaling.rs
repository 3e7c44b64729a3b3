//! Rates of Application Auto Scaling, whose page of quotas has none.

use super::{Bucket, Source, is_read};
use crate::services::Service;

const READS: Source = Source::Assumed(
    "AWS publishes no rates for Application Auto Scaling; those of a read of load balancers are assumed",
);
const CHANGES: Source =
    Source::Assumed("AWS publishes no rates for Application Auto Scaling; 5 changes a second of a kind are assumed");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    match operation {
        _ if !Service::Scaling.operations().contains(&operation) => Vec::new(),
        _ if is_read(operation) => vec![Bucket::new(operation, 40, 10.0, READS)],
        _ => vec![Bucket::new(operation, 20, 5.0, CHANGES)],
    }
}
