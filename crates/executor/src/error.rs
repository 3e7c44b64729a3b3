//! The errors of calls to AWS and PostgreSQL, in one type.
//!
//! Refusals, such as a wrong account or data loss, are not errors but results: see [`crate::preflight`]
//! and [`crate::apply::change_set`].

mod hints;

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use saas_model::Address;

use crate::apply::cycle::DependencyCycle;
use crate::aws::NoCredentials;
use crate::aws::rates::Interrupted;
use crate::lease::LeaseLost;
use crate::migration_failure::MigrationFailure;
use crate::postgres::PostgresError;
use crate::state::external_values::ExternalValue;
use crate::task_output::TaskOutput;

/// The result of an operation on AWS or PostgreSQL.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a node could not be brought to its planned state.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// AWS refused a call, or the call did not reach AWS.
    #[error(transparent)]
    Call(Box<CallError>),
    /// There are no credentials for AWS.
    #[error(transparent)]
    NoCredentials(#[from] NoCredentials),
    /// The endpoint of AWS, or its replacement, does not answer at all.
    #[error("cannot reach {at}: {reason}")]
    Unreachable {
        /// The endpoint, and the proxy if one is configured.
        at: String,
        /// Why the connection failed.
        reason: String,
    },
    /// PostgreSQL refused a statement, or the connection failed.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// AWS returned an impossible answer: a field that every answer has is missing.
    #[error("the response of {operation} lacks `{field}`")]
    Incomplete {
        /// The operation, such as `ec2 CreateVpc`.
        operation: &'static str,
        /// The missing field.
        field: &'static str,
    },
    /// AWS returned a value that the model cannot express.
    #[error("unexpected value in {what}: {reason}")]
    Unexpected {
        /// The value that was read.
        what: String,
        /// Why the model cannot express it.
        reason: String,
    },
    /// The database is stopped, so it accepts no connections.
    #[error("the database cluster `{id}` of `{address}` is `{status}` and accepts no connections")]
    Stopped {
        /// The node.
        address: Address,
        /// Its id in AWS.
        id: String,
        /// Its status.
        status: String,
    },
    /// A bucket is in another Region than the one of the request.
    #[error("the bucket `{bucket}` is in another Region: {}", .region.as_deref().unwrap_or("unknown"))]
    OtherRegion {
        /// The bucket.
        bucket: String,
        /// Its Region, where S3 returned it.
        region: Option<String>,
    },
    /// A reference targets a node that is not live.
    #[error("this requires `{0}`, which does not exist")]
    NotLive(Address),
    /// A container refers to a secret or parameter outside of the plan that does not exist.
    #[error("the {0}, which is not part of the plan, does not exist")]
    NotThere(ExternalValue),
    /// A resource with the planned name exists and has another owner.
    #[error("{kind} `{name}` exists and does not belong to this platform")]
    Taken {
        /// The kind of resource.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// S3 has not released the name of a deleted bucket.
    #[error(
        "timed out after {seconds} s waiting for the bucket name `{name}`: no such bucket exists, but S3 still reserves the name"
    )]
    NameHeld {
        /// The name.
        name: String,
        /// How long the run waited, in seconds.
        seconds: u64,
    },
    /// The name of a bucket is taken: all AWS customers share one namespace.
    #[error(
        "bucket `{name}`{} exists and does not belong to this platform",
        .tenant.as_ref().map(|tenant| format!(" of tenant `{tenant}`")).unwrap_or_default()
    )]
    BucketTaken {
        /// Its name.
        name: String,
        /// The tenant whose bucket it would be, if any.
        tenant: Option<String>,
    },
    /// A wait timed out.
    #[error("timed out after {seconds} s waiting for {what}: {last}")]
    Timeout {
        /// What the run waited for.
        what: String,
        /// How long it waited, in seconds.
        seconds: u64,
        /// The last observed state.
        last: String,
    },
    /// Another run may hold the lease by now, so the call was not sent.
    #[error(transparent)]
    LeaseLost(#[from] LeaseLost),
    /// Cancellation was requested during a wait.
    #[error("interrupted while waiting for {what}: {last}")]
    Interrupted {
        /// What the run waited for.
        what: String,
        /// The last observed state.
        last: String,
    },
    /// The steps of a change set depend on each other in a cycle.
    #[error(transparent)]
    Tangled(#[from] DependencyCycle),
    /// The task of a migration failed.
    #[error(transparent)]
    Migration(Box<MigrationFailure>),
    /// AWS reports that a resource cannot reach the desired state.
    #[error("{what} failed: {reason}")]
    Failed {
        /// What failed.
        what: String,
        /// The reason that AWS gives.
        reason: String,
    },
}

/// A call that AWS refused, or that did not reach AWS.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {message}{}", .code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
pub struct CallError {
    /// Service and operation, such as `ec2 CreateVpc`.
    pub operation: String,
    /// The error code of AWS, such as `DependencyViolation`.
    pub code: Option<String>,
    /// The message of AWS, or why the connection failed.
    pub message: String,
    /// Whether the call may have had its effect although no valid answer arrived.
    pub effect_unknown: bool,
    /// What the operator can do, where known.
    pub hint: Option<&'static str>,
}

/// The code to use for status 429 when the answer has none.
const TOO_MANY_REQUESTS: &str = "TooManyRequestsException";

/// Codes of throttling errors. Source: the AWS SDK's own classifier of throttling errors, in
/// `aws_runtime::retries::classifiers`.
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
    /// The error code of AWS, if there is one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Call(call) => call.code.as_deref(),
            _ => None,
        }
    }

    /// Whether the error has one of these AWS error codes.
    #[must_use]
    pub fn is(&self, codes: &[&str]) -> bool {
        self.code().is_some_and(|code| codes.contains(&code))
    }

    /// Whether AWS throttled the call; a throttled call had no effect.
    #[must_use]
    pub fn is_throttling(&self) -> bool {
        self.is(&THROTTLING)
    }

    /// Whether the call may have had its effect although no valid answer arrived.
    #[must_use]
    pub fn effect_unknown(&self) -> bool {
        matches!(self, Self::Call(call) if call.effect_unknown)
    }

    /// The last lines of a task that failed, for the operator's terminal. The text of the error has none of
    /// them, because it is stored.
    #[must_use]
    pub fn output(&self) -> Option<&TaskOutput> {
        match self {
            Self::Migration(failure) => Some(&failure.output).filter(|output| !output.is_empty()),
            _ => None,
        }
    }

    /// What the operator can do about it, where known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Call(call) => call.hint,
            Self::NoCredentials(missing) => Some(missing.hint()),
            Self::Unreachable { .. } => Some(
                "check the network, the endpoint if one is set (`--endpoint-url`, AWS_ENDPOINT_URL, `endpoint_url` in \
                 ~/.aws/config), and the proxy in HTTPS_PROXY",
            ),
            Self::Postgres(error) => error.hint(),
            Self::NotLive(_) => Some("`saas status` lists the missing resources, and `saas apply` creates them"),
            Self::NotThere(_) => {
                Some("create it in the account and the Region of the platform, or change the spec and plan again")
            }
            Self::LeaseLost(_) => {
                Some("apply again when no other run holds the lease: it continues where this run stopped")
            }
            Self::Interrupted { .. } => Some("apply again to continue where this run stopped"),
            Self::Tangled(_) => Some(
                "nothing was changed: first apply a plan with only one of these changes, then a plan with the others",
            ),
            Self::BucketTaken { tenant: Some(_), .. } => Some(
                "all AWS customers share bucket names: set a `bucket_suffix` in this tenant's `[[tenant]]` in the spec and \
                 plan again; the other buckets keep their names",
            ),
            Self::BucketTaken { tenant: None, .. } => Some(
                "all AWS customers share bucket names: set `storage.bucket_suffix` in the spec and plan again; on a live \
                 platform, this replaces every bucket",
            ),
            Self::NameHeld { .. } => Some(
                "apply again later to continue where this run stopped; for another name, set `storage.bucket_suffix` \
                 in the spec and plan again",
            ),
            Self::Taken { .. } => Some(
                "find its owner, from its tag `saas:platform` if it has one; `[names] scope = \"platform\"` in the spec \
                 adds the platform's name to every name",
            ),
            Self::Stopped { .. } => Some(
                "start the cluster (`aws rds start-db-cluster`), wait until it is available, and run this again; AWS \
                 starts it by itself after seven days",
            ),
            Self::Migration(_) => Some(
                "the services of its tenant stay as they are; correct the cause and apply again: the migration runs \
                 again from its beginning",
            ),
            Self::OtherRegion { .. } => Some("use the plan of the platform in that Region"),
            _ => None,
        }
    }
}

impl From<MigrationFailure> for Error {
    fn from(failure: MigrationFailure) -> Self {
        Self::Migration(Box::new(failure))
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
            return Self::Interrupted {
                what: format!("the rate limit of {action}"),
                last: "the call was not sent".into(),
            };
        }
        if let Some(missing) = NoCredentials::in_error(&error) {
            return Self::NoCredentials(missing);
        }
        let operation = operation_name::<E>();
        let code = error.code().map(str::to_owned);
        let message = match &error {
            SdkError::ServiceError(service) => {
                let status = service.raw().status();
                service.err().message().map_or_else(|| format!("HTTP status {status} without a message"), str::to_owned)
            }
            // Without the raw response, which the SDK would print as well: it may contain a secret.
            other => chain(other),
        };
        // A proxy, or a service before it authenticates the caller, may return the status alone.
        let too_many = matches!(&error, SdkError::ServiceError(service) if service.raw().status().as_u16() == 429);
        let code = code.or_else(|| too_many.then(|| TOO_MANY_REQUESTS.to_owned()));
        let throttled = code.as_deref().is_some_and(|code| THROTTLING.contains(&code));
        let effect_unknown = match &error {
            // A status of 500 or above does not tell whether the call had its effect, unless it is
            // throttling.
            SdkError::ServiceError(service) => service.raw().status().is_server_error() && !throttled,
            SdkError::ConstructionFailure(_) => false,
            _ => true,
        };
        let hint = code.as_deref().and_then(|code| hints::of(&operation, code, &message));
        Self::Call(Box::new(CallError { operation, code, message, effect_unknown, hint }))
    }
}

/// The error of this program in the chain, if the program itself stopped the call.
fn cause<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

/// Converts `aws_sdk_ec2::operation::create_vpc::CreateVpcError` to `ec2 CreateVpc`.
fn operation_name<E>() -> String {
    let path = std::any::type_name::<E>();
    let service = path.split("::").next().unwrap_or_default().trim_start_matches("aws_sdk_");
    let operation = path.rsplit("::").next().unwrap_or_default().trim_end_matches("Error");
    format!("{service} {operation}")
}

/// An optional field that every valid answer contains.
pub(crate) trait Required<T> {
    /// Returns the field, or an error that names it.
    fn required(self, operation: &'static str, field: &'static str) -> Result<T>;
}

impl<T> Required<T> for Option<T> {
    fn required(self, operation: &'static str, field: &'static str) -> Result<T> {
        self.ok_or(Error::Incomplete { operation, field })
    }
}

/// Converts an answer: `None` where AWS reports with one of these codes that the resource does not exist.
/// A listing shows deleted resources for a while.
pub(crate) fn unless_gone<T>(answer: Result<T>, codes: &[&str]) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is(codes) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An error with its causes, on one line.
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
    async fn unparsable_response_body_is_not_shown_in_the_error() {
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
