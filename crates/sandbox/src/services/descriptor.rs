//! All that the rest of the sandbox has to know of a service, in one place.

use bytes::Bytes;
use serde_json::Value;

use super::consistency::Consistency;
use super::s3;
use crate::cloud::Cloud;
use crate::eventual::Versioned;
use crate::input::Input;
use crate::inventory::Item;
use crate::latency::Latency;
use crate::refusal::Refusal;
use crate::tags::Tags;
use crate::xml::Element;

/// An operation that answers with XML: the content of its result.
pub(crate) type XmlOperation = fn(&mut Cloud, &Input) -> Result<Vec<Element>, Refusal>;

/// An operation that answers with JSON.
pub(crate) type JsonOperation = fn(&mut Cloud, &Input) -> Result<Value, Refusal>;

/// An operation of S3, which is an HTTP request of its own kind.
pub(crate) type RestOperation = fn(&mut Cloud, &s3::Request) -> Result<http::Response<Bytes>, Refusal>;

/// A service as its own module describes it. No field has a default: a part that is forgotten does
/// not compile.
pub(crate) struct Descriptor {
    /// What AWS calls it; its heading in the README.
    pub(crate) name: &'static str,
    /// Its name in a signature's scope, by which a request tells which service it is for.
    pub(crate) signing_name: &'static str,
    pub(crate) protocol: Protocol,
    /// Its API model, as `cargo xtask models` writes it.
    pub(crate) model: &'static str,
    pub(crate) errors: Errors,
    /// What a read shows; `None` for an operation that changes something, which sees what is there.
    /// Where AWS then does not know yet what else it refers to, that is said at the operation.
    pub(crate) consistency: fn(operation: &str) -> Option<Consistency>,
    pub(crate) latency: Latency,
    /// All that its reads may see as it was.
    pub(crate) collections: for<'c> fn(&'c mut Cloud) -> Vec<&'c mut dyn Versioned>,
    /// Lists everything in it that a caller made.
    pub(crate) inventory: fn(&Cloud, &mut Vec<Item>),
    /// The ARNs of everything in it that may have tags, with those, for the Tagging API.
    pub(crate) tagged: fn(&Cloud) -> Vec<(String, &Tags)>,
}

/// How a service speaks, with its operations.
#[derive(Clone, Copy)]
pub(crate) enum Protocol {
    /// The query protocol of EC2.
    Ec2Query { namespace: &'static str, operations: &'static [(&'static str, XmlOperation)] },
    /// The query protocol of the others.
    AwsQuery { namespace: &'static str, operations: &'static [(&'static str, XmlOperation)] },
    /// JSON 1.1.
    Json(&'static [(&'static str, JsonOperation)]),
    /// REST with XML.
    Rest(&'static [s3::Operation]),
}

/// The codes by which a service refuses what services refuse alike.
#[derive(Clone, Copy)]
pub(crate) struct Errors {
    /// A parameter that is missing, or not as the API model says.
    pub(crate) missing_parameter: &'static str,
    /// Too many calls: a code, an HTTP status and a text.
    pub(crate) throttled: (&'static str, u16, &'static str),
    /// A caller without the permission: a code and an HTTP status.
    pub(crate) access_denied: (&'static str, u16),
}

impl Errors {
    /// The codes of most services that speak JSON. Sources: the page on request throttling of ECS;
    /// the API models of Logs and ACM; localstack/localstack:tests/aws/services/logs/test_logs_groups,
    /// `test_create_log_group_invalid_name_length`.
    pub(crate) const JSON: Self = Self {
        missing_parameter: "InvalidParameterException",
        throttled: ("ThrottlingException", 400, "Rate exceeded"),
        access_denied: ("AccessDeniedException", 400),
    };
    /// The codes of most services that speak JSON and answer with a `ValidationException`. Sources:
    /// aws/aws-sdk-kotlin#1469 and aws/aws-sdk-js-v3#1215 for Secrets Manager; the API models of the
    /// others.
    pub(crate) const VALIDATING: Self = Self { missing_parameter: "ValidationException", ..Self::JSON };
    /// The codes of most services that speak the query protocol. Sources: reports of others on IAM, RDS
    /// and STS (cloud-nuke#371, iasql#716); "Error Code: ValidationError" of a role's name that is too
    /// long, which many quote; hashicorp/terraform-provider-aws#5246 for Elastic Load Balancing.
    pub(crate) const QUERY: Self = Self {
        missing_parameter: "ValidationError",
        throttled: ("Throttling", 400, "Rate exceeded"),
        access_denied: ("AccessDenied", 403),
    };
}
