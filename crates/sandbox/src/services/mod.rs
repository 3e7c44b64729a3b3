//! The services: each a folder, each kind of resource in it a file, each operation a function.
//!
//! A service lists its operations by name in one table. What it must remember is its `State`, what
//! happens in it without a call its `Happening`, and what exists its part of the inventory.

pub(crate) mod acm;
pub(crate) mod consistency;
pub(crate) mod ec2;
pub(crate) mod ecs;
pub(crate) mod elb;
pub(crate) mod iam;
pub(crate) mod logs;
pub(crate) mod rds;
pub(crate) mod s3;
pub(crate) mod scaling;
pub(crate) mod secrets;
pub(crate) mod sts;
pub(crate) mod tagging;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::Cloud;
use crate::input::Input;
use crate::refusal::Refusal;
use crate::xml::Element;

/// An operation that answers with XML: what stands in its result.
pub(crate) type XmlOperation = fn(&mut Cloud, &Input) -> Result<Vec<Element>, Refusal>;

/// An operation that answers with JSON.
pub(crate) type JsonOperation = fn(&mut Cloud, &Input) -> Result<Value, Refusal>;

/// An operation of S3, which is an HTTP request of its own kind.
pub(crate) type RestOperation = fn(&mut Cloud, &s3::Request) -> Result<s3::Answer, Refusal>;

/// A service of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Service {
    /// AWS Certificate Manager.
    Acm,
    /// Amazon EC2.
    Ec2,
    /// Amazon ECS.
    Ecs,
    /// Elastic Load Balancing, version 2.
    Elb,
    /// AWS IAM.
    Iam,
    /// Amazon CloudWatch Logs.
    Logs,
    /// Amazon RDS.
    Rds,
    /// Amazon S3.
    S3,
    /// Application Auto Scaling.
    Scaling,
    /// AWS Secrets Manager.
    Secrets,
    /// AWS STS.
    Sts,
    /// The Resource Groups Tagging API.
    Tagging,
}

/// How a service speaks, with its operations.
pub(crate) enum Protocol {
    /// The query protocol of EC2.
    Ec2Query(&'static [(&'static str, XmlOperation)]),
    /// The query protocol of the others.
    AwsQuery(&'static [(&'static str, XmlOperation)]),
    /// JSON 1.1.
    Json(&'static [(&'static str, JsonOperation)]),
    /// REST with XML.
    Rest(&'static [(&'static str, RestOperation)]),
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Acm,
        Self::Ec2,
        Self::Ecs,
        Self::Elb,
        Self::Iam,
        Self::Logs,
        Self::Rds,
        Self::S3,
        Self::Scaling,
        Self::Secrets,
        Self::Sts,
        Self::Tagging,
    ];

    /// Its name in a signature's scope, by which a request tells which service it is for.
    #[must_use]
    pub const fn signing_name(self) -> &'static str {
        match self {
            Self::Acm => "acm",
            Self::Ec2 => "ec2",
            Self::Ecs => "ecs",
            Self::Elb => "elasticloadbalancing",
            Self::Iam => "iam",
            Self::Logs => "logs",
            Self::Rds => "rds",
            Self::S3 => "s3",
            Self::Scaling => "application-autoscaling",
            Self::Secrets => "secretsmanager",
            Self::Sts => "sts",
            Self::Tagging => "tagging",
        }
    }

    pub(crate) fn from_signing_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.signing_name() == name)
    }

    pub(crate) const fn protocol(self) -> Protocol {
        match self {
            Self::Acm => Protocol::Json(acm::OPERATIONS),
            Self::Ec2 => Protocol::Ec2Query(ec2::OPERATIONS),
            Self::Ecs => Protocol::Json(ecs::OPERATIONS),
            Self::Elb => Protocol::AwsQuery(elb::OPERATIONS),
            Self::Iam => Protocol::AwsQuery(iam::OPERATIONS),
            Self::Logs => Protocol::Json(logs::OPERATIONS),
            Self::Rds => Protocol::AwsQuery(rds::OPERATIONS),
            Self::S3 => Protocol::Rest(s3::OPERATIONS),
            Self::Scaling => Protocol::Json(scaling::OPERATIONS),
            Self::Secrets => Protocol::Json(secrets::OPERATIONS),
            Self::Sts => Protocol::AwsQuery(sts::OPERATIONS),
            Self::Tagging => Protocol::Json(tagging::OPERATIONS),
        }
    }

    /// The names of the operations that it has here.
    #[must_use]
    pub fn operations(self) -> Vec<&'static str> {
        match self.protocol() {
            Protocol::Ec2Query(table) | Protocol::AwsQuery(table) => table.iter().map(|(name, _)| *name).collect(),
            Protocol::Json(table) => table.iter().map(|(name, _)| *name).collect(),
            Protocol::Rest(table) => table.iter().map(|(name, _)| *name).collect(),
        }
    }

    /// What it calls a parameter that is not there. Source: the common errors of each API reference.
    pub(crate) const fn missing_parameter(self) -> &'static str {
        match self {
            Self::Ec2 | Self::S3 => "MissingParameter",
            Self::Elb | Self::Iam | Self::Rds | Self::Sts => "ValidationError",
            Self::Acm | Self::Ecs | Self::Logs | Self::Secrets | Self::Tagging => "InvalidParameterException",
            Self::Scaling => "ValidationException",
        }
    }

    /// How it refuses a call of which there are too many. Sources: the pages on request throttling of
    /// EC2, ECS and Elastic Load Balancing; the API models of the Tagging API, Logs and ACM; reports
    /// of others for IAM, RDS and STS (cloud-nuke#371, iasql#716).
    pub(crate) fn throttled(self) -> Refusal {
        let (code, status, message) = match self {
            Self::Ec2 => ("RequestLimitExceeded", 503, "Request limit exceeded."),
            Self::S3 => ("SlowDown", 503, "Please reduce your request rate."),
            Self::Iam | Self::Rds | Self::Sts => ("Throttling", 400, "Rate exceeded"),
            Self::Tagging => ("ThrottledException", 400, "Rate exceeded"),
            Self::Acm | Self::Ecs | Self::Elb | Self::Logs | Self::Secrets | Self::Scaling => {
                ("ThrottlingException", 400, "Rate exceeded")
            }
        };
        Refusal::new(code, message).status(status)
    }

    /// How it refuses who may not: a code and an HTTP status.
    pub(crate) const fn access_denied(self) -> (&'static str, u16) {
        match self {
            Self::Ec2 => ("UnauthorizedOperation", 403),
            Self::S3 | Self::Elb | Self::Iam | Self::Rds | Self::Sts => ("AccessDenied", 403),
            Self::Acm | Self::Ecs | Self::Logs | Self::Secrets | Self::Scaling | Self::Tagging => {
                ("AccessDeniedException", 400)
            }
        }
    }
}
