//! Rates of AWS IAM, which publishes none: "the number of tokens that a bucket holds and the refill
//! rate depends on the API" is all that AWS Support says (terraform-provider-aws#44853).

use super::{Bucket, Source, is_read};
use crate::services::Service;

const READS: Source = Source::Assumed("AWS publishes no rates for IAM; those of a read of EC2 are assumed");
const CHANGES: Source = Source::Assumed("AWS publishes no rates for IAM; 10 changes a second of a kind are assumed");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    match operation {
        _ if !Service::Iam.operations().contains(&operation) => Vec::new(),
        _ if is_read(operation) => vec![Bucket::new(operation, 100, 20.0, READS)],
        _ => vec![Bucket::new(operation, 50, 10.0, CHANGES)],
    }
}
