//! What can go wrong while talking to AWS and PostgreSQL, in one type.
//!
//! Refusals (a wrong account, data at stake) are not here: they are results, see
//! [`crate::preflight`] and [`crate::apply::change_set`].

mod hints;

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use saas_model::Address;

use crate::apply::graph::DependencyCycle;
use crate::aws::NoCredentials;
use crate::aws::rates::Interrupted;
use crate::lease::LeaseLost;
use crate::postgres::PostgresError;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a node could not be brought to what the plan wants.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// AWS refused a call, or the call did not come through.
    #[error(transparent)]
    Call(Box<CallError>),
    /// There are no credentials to call AWS with.
    #[error(transparent)]
    NoCredentials(#[from] NoCredentials),
    /// AWS, or what stands for it, does not answer at all.
    #[error("{at} cannot be reached: {reason}")]
    Unreachable {
        /// The endpoint, and the proxy on the way where there is one.
        at: String,
        /// What happened to the connection.
        reason: String,
    },
    /// PostgreSQL refused a statement, or the connection failed.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// AWS answered something that cannot be: a field that is always there is not.
    #[error("the answer of {operation} lacks `{field}`")]
    Incomplete {
        /// The operation, such as `ec2 CreateVpc`.
        operation: &'static str,
        /// What is missing.
        field: &'static str,
    },
    /// AWS answered something that the model cannot express.
    #[error("{what} is not as saas writes it: {reason}")]
    Unexpected {
        /// What was read.
        what: String,
        /// What is odd about it.
        reason: String,
    },
    /// The database is stopped, so it answers nobody.
    #[error("the database cluster `{id}` of `{address}` is `{status}`, so it answers nobody")]
    Stopped {
        /// The node.
        address: Address,
        /// What AWS calls it.
        id: String,
        /// Its state.
        status: String,
    },
    /// A bucket is in another Region than the one that was asked.
    #[error("the bucket `{bucket}` is in Region {}", .region.as_deref().unwrap_or("another than this one"))]
    OtherRegion {
        /// The bucket.
        bucket: String,
        /// Its Region, where S3 said it.
        region: Option<String>,
    },
    /// A reference leads to a node that is not live.
    #[error("`{0}` is needed first, and it is not there")]
    NotLive(Address),
    /// A resource of the wanted name exists and belongs to somebody else.
    #[error("{kind} `{name}` exists and is not of this platform")]
    Taken {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// S3 has not freed the name of a bucket that was deleted.
    #[error(
        "waited {seconds} s for the bucket name `{name}`: there is no such bucket, and S3 does not give its name out"
    )]
    NameHeld {
        /// The name.
        name: String,
        /// For how many seconds.
        seconds: u64,
    },
    /// The name of a bucket is taken: all customers of AWS share them.
    #[error(
        "bucket `{name}`{} exists and is not of this platform",
        .tenant.as_ref().map(|tenant| format!(" of tenant `{tenant}`")).unwrap_or_default()
    )]
    BucketTaken {
        /// Its name.
        name: String,
        /// The tenant that it is planned for, if it is a tenant's.
        tenant: Option<String>,
    },
    /// Waiting took too long.
    #[error("waited {seconds} s for {what}, in vain: {last}")]
    Timeout {
        /// What was waited for.
        what: String,
        /// For how many seconds.
        seconds: u64,
        /// What was seen last.
        last: String,
    },
    /// Somebody else may have the lease by now, so it was not done: nothing was sent.
    #[error(transparent)]
    LeaseLost(#[from] LeaseLost),
    /// The run was told to stop while it waited.
    #[error("interrupted while waiting for {what}: {last}")]
    Interrupted {
        /// What was waited for.
        what: String,
        /// What was seen last.
        last: String,
    },
    /// The steps of a change set wait for each other.
    #[error(transparent)]
    Tangled(#[from] DependencyCycle),
    /// AWS says that a resource will not get where it should.
    #[error("{what} failed: {reason}")]
    Failed {
        /// What failed.
        what: String,
        /// What AWS says of it.
        reason: String,
    },
}

/// A call that AWS refused, or that did not come through.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {message}{}", .code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
pub struct CallError {
    /// Service and operation, such as `ec2 CreateVpc`.
    pub operation: String,
    /// The error code of AWS, such as `DependencyViolation`.
    pub code: Option<String>,
    /// What AWS says, or what happened to the connection.
    pub message: String,
    /// Whether the call may have had its effect although no good answer came.
    pub effect_unknown: bool,
    /// What to do, where it is known.
    pub hint: Option<&'static str>,
}

/// The code that stands for status 429 where the answer has none.
const TOO_MANY: &str = "TooManyRequestsException";

/// Codes with which services ask for a slower pace. Source: the AWS SDK's own classifier of throttling
/// errors, in `aws_runtime::retries::classifiers`.
const THROTTLING: [&str; 13] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestLimitExceeded",
    "RequestThrottledException",
    "TooManyRequestsException",
    "TransactionInProgressException",
    "SlowDown",
];

impl Error {
    /// The error code of AWS, if AWS gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Call(call) => call.code.as_deref(),
            _ => None,
        }
    }

    /// Whether AWS gave one of these codes.
    #[must_use]
    pub fn is(&self, codes: &[&str]) -> bool {
        self.code().is_some_and(|code| codes.contains(&code))
    }

    /// Whether AWS asks for a slower pace; such a call had no effect.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        self.is(&THROTTLING)
    }

    /// Whether the call may have had its effect although no good answer came.
    #[must_use]
    pub fn effect_unknown(&self) -> bool {
        matches!(self, Self::Call(call) if call.effect_unknown)
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Call(call) => call.hint,
            Self::NoCredentials(missing) => Some(missing.hint()),
            Self::Unreachable { .. } => Some(
                "check the network, the endpoint of `--endpoint-url`, AWS_ENDPOINT_URL or `endpoint_url` in ~/.aws/config \
                 where one is set, and the proxy of HTTPS_PROXY",
            ),
            Self::Postgres(error) => error.hint(),
            Self::NotLive(_) => Some("`saas status` tells what is missing, and `saas apply` makes it"),
            Self::LeaseLost(_) => {
                Some("apply again: that goes on where this stopped, when nobody else holds the lease")
            }
            Self::Interrupted { .. } => Some("apply again: that goes on where this stopped"),
            Self::Tangled(_) => Some(
                "nothing was changed: apply a plan with one of these changes first, and the other changes after it",
            ),
            Self::BucketTaken { tenant: Some(_), .. } => Some(
                "all customers of AWS share the names of buckets: give this tenant a `bucket_suffix` under its \
                 `[[tenant]]` in the spec, and plan again; no other bucket gets another name",
            ),
            Self::BucketTaken { tenant: None, .. } => Some(
                "all customers of AWS share the names of buckets: set `storage.bucket_suffix` in the spec, and plan \
                 again; on a live platform that replaces every bucket",
            ),
            Self::NameHeld { .. } => Some(
                "apply again later, which goes on where this stopped; for another name set `storage.bucket_suffix` in \
                 the spec, and plan again",
            ),
            Self::Taken { .. } => Some(
                "find out whose it is, by its tag `saas:platform` where it has one; `[names] scope = \"platform\"` in the \
                 spec puts the platform's name into every name",
            ),
            Self::Stopped { .. } => Some(
                "start the cluster (`aws rds start-db-cluster`), wait until it is available, and run this again; AWS \
                 starts it by itself after seven days",
            ),
            Self::OtherRegion { .. } => Some("use the plan of the platform in that Region"),
            _ => None,
        }
    }
}

impl<E> From<SdkError<E, HttpResponse>> for Error
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        if let Some(lost) = cause::<LeaseLost>(&error) {
            return Self::LeaseLost(lost.clone());
        }
        if let Some(Interrupted { action }) = cause(&error) {
            return Self::Interrupted { what: format!("the turn of {action}"), last: "it was not sent".into() };
        }
        if let Some(missing) = NoCredentials::in_error(&error) {
            return Self::NoCredentials(missing);
        }
        let operation = operation_name::<E>();
        let code = error.code().map(str::to_owned);
        let message = match &error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status();
                service.err().message().map_or_else(|| format!("status {status} without a reason"), str::to_owned)
            }
            // Without the raw answer, which the SDK would show as well: it may hold a secret.
            other => chain(other),
        };
        // A proxy, or a service before it knows the caller, may give the status alone.
        let too_many = matches!(&error, SdkError::ServiceError(service) if service.raw().status().as_u16() == 429);
        let code = code.or_else(|| too_many.then(|| TOO_MANY.to_owned()));
        let throttled = code.as_deref().is_some_and(|code| THROTTLING.contains(&code));
        let effect_unknown = match &error {
            // A status of 500 and above tells nothing of the effect, unless it asks for patience.
            SdkError::ServiceError(service) => service.raw().status().is_server_error() && !throttled,
            SdkError::ConstructionFailure(_) => false,
            _ => true,
        };
        let hint = code.as_deref().and_then(|code| hints::of(&operation, code, &message));
        Self::Call(Box::new(CallError { operation, code, message, effect_unknown, hint }))
    }
}

/// Why this program itself has not let a call through, if that is why it failed.
fn cause<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

/// `aws_sdk_ec2::operation::create_vpc::CreateVpcError` is the error of `ec2 CreateVpc`.
fn operation_name<E>() -> String {
    let path = std::any::type_name::<E>();
    let service = path.split("::").next().unwrap_or_default().trim_start_matches("aws_sdk_");
    let operation = path.rsplit("::").next().unwrap_or_default().trim_end_matches("Error");
    format!("{service} {operation}")
}

/// The field of an answer that is always there.
pub(crate) trait Required<T> {
    /// The field, or an error that names it.
    fn required(self, operation: &'static str, field: &'static str) -> Result<T>;
}

impl<T> Required<T> for Option<T> {
    fn required(self, operation: &'static str, field: &'static str) -> Result<T> {
        self.ok_or(Error::Incomplete { operation, field })
    }
}

/// What the model cannot express, as an error about `what`.
pub(crate) fn unexpected(what: impl Into<String>) -> impl FnOnce(&dyn std::fmt::Display) -> Error {
    let what = what.into();
    move |reason| Error::Unexpected { what, reason: reason.to_string() }
}

/// What an answer gives; nothing where AWS says with one of these codes that there is nothing. A listing
/// shows for a while what is gone.
pub(crate) fn unless_gone<T>(answer: Result<T>, codes: &[&str]) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is(codes) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::testing::Bench;

    #[tokio::test]
    async fn an_answer_that_cannot_be_read_is_not_shown() {
        let server = MockServer::start().await;
        let broken = r#"{"SecretString": "hunter2-hunter2", "Name": 7"#;
        Mock::given(any()).respond_with(ResponseTemplate::new(200).set_body_string(broken)).mount(&server).await;
        let bench = Bench::new(&server.uri(), Vec::new()).await;
        let answer = bench.aws.secrets.get_secret_value().secret_id("rds/tenant/acme-corp/password").send().await;
        let error = Error::from(answer.expect_err("the answer is no JSON"));
        let shown = format!("{} {error:?}", chain(&error));
        assert!(shown.contains("secretsmanager GetSecretValue"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
