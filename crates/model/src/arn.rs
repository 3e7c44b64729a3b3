//! ARNs that can be known before the resource exists, and those that people give.

use std::fmt;

use crate::identifier::{AccountId, Region};

/// Where a platform lives; every ARN that a plan can foresee is made here.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The account that owns everything.
    pub account: &'a AccountId,
    /// The region that everything is in.
    pub region: &'a Region,
}

impl Place<'_> {
    /// `arn:<partition>:<service>:<region>:<account>:<resource>`
    pub fn arn(&self, service: &str, resource: impl fmt::Display) -> String {
        let Self { account, region } = self;
        format!("arn:{}:{service}:{region}:{account}:{resource}", self.partition())
    }

    /// An ARN of a service that is not regional, such as IAM.
    pub fn global_arn(&self, service: &str, resource: impl fmt::Display) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition(), self.account)
    }

    /// The ARN of a bucket, which names neither region nor account.
    pub fn bucket_arn(&self, bucket: impl fmt::Display) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition())
    }

    /// The partition of the region.
    ///
    /// Source: AWS General Reference, "Amazon Resource Names", partitions.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        match self.region.as_str() {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        }
    }
}
