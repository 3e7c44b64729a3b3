//! Rates of AWS Secrets Manager.

use crate::rates::{Bucket, Source};

const PUBLISHED: Source = Source::Published("AWS Secrets Manager User Guide, \"AWS Secrets Manager quotas\"");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    let (name, calls) = match operation {
        "DescribeSecret" => (operation, 40_000),
        "GetSecretValue" => (operation, 10_000),
        "BatchGetSecretValue" | "ListSecrets" => (operation, 100),
        "CreateSecret" | "DeleteSecret" | "ListSecretVersionIds" | "RestoreSecret" => (operation, 50),
        "PutSecretValue" | "UpdateSecret" => ("changes of secrets", 50),
        "CancelRotateSecret" | "RotateSecret" => ("rotations", 50),
        "TagResource" | "UntagResource" => ("tags", 50),
        "DeleteResourcePolicy" | "GetResourcePolicy" | "PutResourcePolicy" | "ValidateResourcePolicy" => {
            ("resource policies", 50)
        }
        _ => return Vec::new(),
    };
    vec![Bucket::each_second(name, calls, PUBLISHED)]
}
