//! Rates of Application Auto Scaling, whose page of quotas has none.

use crate::rates::{Bucket, Source};

const READS: Source = Source::Assumed(
    "AWS publishes no rates for Application Auto Scaling; those of a read of load balancers are assumed",
);
const CHANGES: Source =
    Source::Assumed("AWS publishes no rates for Application Auto Scaling; 5 changes a second of a kind are assumed");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    match super::consistency(operation) {
        Some(_) => vec![Bucket::new(operation, 40, 10.0, READS)],
        None => vec![Bucket::new(operation, 20, 5.0, CHANGES)],
    }
}
