//! Rates of AWS IAM, which publishes none: "the number of tokens that a bucket holds and the refill
//! rate depends on the API" is all that AWS Support says (terraform-provider-aws#44853).

use crate::rates::{Bucket, Source};

const READS: Source = Source::Assumed("AWS publishes no rates for IAM; those of a read of EC2 are assumed");
const CHANGES: Source = Source::Assumed("AWS publishes no rates for IAM; 10 changes a second of a kind are assumed");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    match super::consistency(operation) {
        Some(_) => vec![Bucket::new(operation, 100, 20.0, READS)],
        None => vec![Bucket::new(operation, 50, 10.0, CHANGES)],
    }
}
