//! The description of a service for the rest of the sandbox.

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

/// An operation that answers with XML: returns the content of its result.
pub(crate) type XmlOperation = fn(&mut Cloud, &Input) -> Result<Vec<Element>, Refusal>;

/// An operation that answers with JSON.
pub(crate) type JsonOperation = fn(&mut Cloud, &Input) -> Result<Value, Refusal>;

/// An operation of S3, which reads an HTTP request and returns a response.
pub(crate) type RestOperation = fn(&mut Cloud, &s3::Request) -> Result<http::Response<Bytes>, Refusal>;

/// A service as its own module describes it. No field has a default, so a missing part is a compile
/// error.
pub(crate) struct Descriptor {
    /// AWS's name of the service, and its heading in the README.
    pub(crate) name: &'static str,
    /// Its name in the scope of a signature, which identifies the service of a request.
    pub(crate) signing_name: &'static str,
    pub(crate) protocol: Protocol,
    /// Its API model, as `cargo xtask models` writes it.
    pub(crate) model: &'static str,
    pub(crate) errors: Errors,
    /// The consistency of a read; `None` for an operation that changes something, which sees the
    /// current state. Where AWS may not know a resource yet that such an operation refers to, the
    /// operation itself models that.
    pub(crate) consistency: fn(operation: &str) -> Option<Consistency>,
    pub(crate) latency: Latency,
    /// The collections whose past state its reads may show.
    pub(crate) collections: for<'c> fn(&'c mut Cloud) -> Vec<&'c mut dyn Versioned>,
    /// Lists the resources that a caller created.
    pub(crate) inventory: fn(&Cloud, &mut Vec<Item>),
    /// The ARNs of all resources that can have tags, with their tags, for the Tagging API.
    pub(crate) tagged: fn(&Cloud) -> Vec<(String, &Tags)>,
}

/// The protocol of a service, with its operations.
#[derive(Clone, Copy)]
pub(crate) enum Protocol {
    /// The EC2 query protocol.
    Ec2Query { namespace: &'static str, operations: &'static [(&'static str, XmlOperation)] },
    /// The query protocol of the other services.
    AwsQuery { namespace: &'static str, operations: &'static [(&'static str, XmlOperation)] },
    /// JSON 1.1.
    Json(&'static [(&'static str, JsonOperation)]),
    /// REST with JSON. The API model has the method and the path of each operation.
    RestJson(&'static [(&'static str, JsonOperation)]),
    /// REST with XML.
    Rest(&'static [s3::Operation]),
}

/// The error codes of a service for errors that all services have.
#[derive(Clone, Copy)]
pub(crate) struct Errors {
    /// A parameter that is missing or invalid against the API model.
    pub(crate) missing_parameter: &'static str,
    /// A throttled call: a code, an HTTP status and a message.
    pub(crate) throttled: (&'static str, u16, &'static str),
    /// A caller without the permission: a code and an HTTP status.
    pub(crate) access_denied: (&'static str, u16),
}

impl Errors {
    /// The codes of most services with a JSON protocol. Sources: the page on request throttling of ECS;
    /// the API models of Logs and ACM; localstack/localstack:tests/aws/services/logs/test_logs_groups,
    /// `test_create_log_group_invalid_name_length`.
    pub(crate) const JSON: Self = Self {
        missing_parameter: "InvalidParameterException",
        throttled: ("ThrottlingException", 400, "Rate exceeded"),
        access_denied: ("AccessDeniedException", 400),
    };
    /// The codes of most services with a JSON protocol that return `ValidationException`. Sources:
    /// aws/aws-sdk-kotlin#1469 and aws/aws-sdk-js-v3#1215 for Secrets Manager; the API models of the
    /// others.
    pub(crate) const VALIDATING: Self = Self { missing_parameter: "ValidationException", ..Self::JSON };
    /// The codes of most services with the query protocol. Sources: reports by users of IAM, RDS and
    /// STS (cloud-nuke#371, iasql#716); the widely quoted "Error Code: ValidationError" for a role name
    /// that is too long; hashicorp/terraform-provider-aws#5246 for Elastic Load Balancing.
    pub(crate) const QUERY: Self = Self {
        missing_parameter: "ValidationError",
        throttled: ("Throttling", 400, "Rate exceeded"),
        access_denied: ("AccessDenied", 403),
    };
}
