//! Rates of AWS Certificate Manager.

use super::{Bucket, Source};

const PUBLISHED: Source = Source::Published("AWS Certificate Manager User Guide, \"Quotas\", API rate quotas");

pub(super) fn buckets(operation: &str) -> Vec<Bucket> {
    let calls = match operation {
        "DeleteCertificate" | "DescribeCertificate" => 10,
        "ListCertificates" => 8,
        "RequestCertificate" => 5,
        _ => return Vec::new(),
    };
    vec![Bucket::each_second(operation, calls, PUBLISHED)]
}
