//! Rates of Amazon EC2, which evaluates each API on its own.

use crate::rates::{Bucket, Source};

const PUBLISHED: Source = Source::Published(
    "Amazon EC2 Developer Guide, \"Request throttling for the Amazon EC2 API\", request token buckets",
);

/// The categories of the guide, and what it lists with figures of its own ("uncategorized"). None of
/// the operations here has a resource token bucket.
pub(super) fn buckets(operation: &str, body: Option<&[u8]>) -> Vec<Bucket> {
    if body.is_some_and(|body| is_unfiltered(operation, body)) {
        return vec![Bucket::new(&format!("{operation} without a filter"), 50, 10.0, PUBLISHED)];
    }
    let (burst, per_second) = match operation {
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => (4, 0.3),
        "CreateNatGateway" | "DeleteNatGateway" => (10, 1.0),
        "CreateTags" | "DeleteTags" => (100, 10.0),
        // Resource-intensive actions.
        "AuthorizeSecurityGroupIngress" | "RevokeSecurityGroupIngress" => (50, 5.0),
        _ if operation.starts_with("Describe") => (100, 20.0),
        // All other mutating actions.
        _ => (50, 5.0),
    };
    vec![Bucket::new(operation, burst, per_second, PUBLISHED)]
}

/// Whether a call is one of the reads that draw on a smaller bucket when they ask for everything:
/// without a filter and not in pages.
fn is_unfiltered(operation: &str, body: &[u8]) -> bool {
    matches!(operation, "DescribeNetworkInterfaces" | "DescribeSecurityGroups")
        && !form_urlencoded::parse(body).any(|(key, _)| key.starts_with("Filter.") || key == "MaxResults")
}
