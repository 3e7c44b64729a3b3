//! ARNs that are known before the resource exists, and ARNs that users give.

use std::fmt;

use crate::identifier::{AccountId, Region};

/// The account and Region of a platform. Every ARN that the planner can compute comes from here.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The account that owns all resources.
    pub account: &'a AccountId,
    /// The Region of all resources.
    pub region: &'a Region,
}

impl Place<'_> {
    /// `arn:<partition>:<service>:<region>:<account>:<resource>`
    pub fn arn(&self, service: &str, resource: impl fmt::Display) -> String {
        let Self { account, region } = self;
        format!("arn:{}:{service}:{region}:{account}:{resource}", self.partition())
    }

    /// An ARN of a global service, such as IAM.
    pub fn global_arn(&self, service: &str, resource: impl fmt::Display) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition(), self.account)
    }

    /// The ARN of a bucket, which has neither Region nor account.
    pub fn bucket_arn(&self, bucket: impl fmt::Display) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition())
    }

    /// The partition of the Region.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        partition(self.region)
    }
}

/// The partitions with the Region prefixes that identify them. A longer prefix comes before a shorter
/// one.
/// Source: botocore's `endpoints.json`; AWS General Reference, "Amazon Resource Names".
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
];

/// The partition of a Region: `aws`, `aws-cn`, `aws-us-gov` and so on.
#[must_use]
pub fn partition(region: &Region) -> &'static str {
    let matching = PARTITIONS.iter().find(|(prefix, _)| region.as_str().starts_with(prefix));
    matching.map_or("aws", |(_, partition)| partition)
}

/// The parts of an ARN: `arn:<partition>:<service>:<region>:<account>:<resource>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// The partition, such as `aws`.
    pub partition: &'a str,
    /// The service.
    pub service: &'a str,
    /// The Region; empty for a global service.
    pub region: &'a str,
    /// The account.
    pub account: &'a str,
    /// The resource within the service.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Parses `text`; `None` when it is not an ARN.
    #[must_use]
    pub fn of(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        let (scheme, partition, service) = (next()?, next()?, next()?);
        let (region, account, resource) = (next()?, next()?, next()?);
        (scheme == "arn").then_some(Self { partition, service, region, account, resource })
    }

    /// The parts in order, without the prefix `arn`.
    #[must_use]
    pub const fn parts(&self) -> [&'a str; 5] {
        let Self { partition, service, region, account, resource } = *self;
        [partition, service, region, account, resource]
    }

    /// Whether the partition exists.
    #[must_use]
    pub fn has_known_partition(&self) -> bool {
        self.partition == "aws" || PARTITIONS.iter().any(|(_, partition)| *partition == self.partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_prefix_decides_the_partition() {
        for (region, expected) in [
            ("us-east-1", "aws"),
            ("eu-central-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition(&region.parse().expect("a region")), expected, "{region}");
        }
    }

    #[test]
    fn arn_parses_into_six_parts() {
        let role = Arn::of("arn:aws:iam::123456789012:role/a:b").expect("an ARN");
        assert_eq!((role.region, role.account, role.resource), ("", "123456789012", "role/a:b"));
        assert_eq!(Arn::of("arn:aws:iam::123456789012"), None);
        assert_eq!(Arn::of("urn:aws:iam::123456789012:role/a"), None);
    }
}
