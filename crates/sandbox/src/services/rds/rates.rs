//! Rates of Amazon RDS, which publishes none.

use crate::rates::{Bucket, Source};

const READS: Source = Source::Assumed("AWS publishes no rates for RDS; those of a read of EC2 are assumed");
const CHANGES: Source = Source::Assumed("AWS publishes no rates for RDS; 5 changes a second of a kind are assumed");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    match super::consistency(operation) {
        Some(_) => vec![Bucket::new(operation, 100, 20.0, READS)],
        None => vec![Bucket::new(operation, 20, 5.0, CHANGES)],
    }
}
