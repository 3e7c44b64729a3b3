//! The AWS clients, with one connection pool, one retry policy and one count of calls.

pub(crate) mod answer_date;
pub(crate) mod caller;
pub mod calls;
mod credentials;
pub(crate) mod fence;
mod http;
pub(crate) mod rates;

use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_ec2::config::IdentityCache;
use aws_sdk_ec2::config::retry::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use saas_model::Address;
use saas_model::plan::CONTROL_BUCKET;
use tokio::sync::OnceCell;

pub use credentials::NoCredentials;

use crate::aws::caller::Caller;
use crate::aws::calls::Calls;
use crate::aws::fence::Fence;
use crate::aws::rates::{RateLimiter, Rates, TooManyRequests};
use crate::lease::LeaseState;
use crate::retry_policy::RetryPolicy;
use tokio_util::sync::CancellationToken;

/// How to reach AWS.
#[derive(Clone, Debug, Default)]
pub struct AwsOptions {
    /// The Region of the plan, which overrides that of the environment.
    pub region: Option<String>,
    /// The endpoint of all services, instead of AWS.
    pub endpoint_url: Option<String>,
    /// The HTTP client, instead of the default one with TLS.
    pub http_client: Option<SharedHttpClient>,
    /// Access key id and secret access key, instead of the standard sources of AWS.
    pub credentials: Option<(String, String)>,
    /// The number of attempts of a call that fails with a transient error; 10 by default.
    pub attempts: Option<u32>,
    /// The longest pause between two attempts; 20 seconds by default.
    pub longest_pause: Option<Duration>,
    /// Sends calls without client-side rate limits until AWS throttles: for a server that is known not to
    /// throttle.
    pub unpaced: bool,
    /// For how long a throttled call is retried; 45 minutes by default.
    pub throttling_timeout: Option<Duration>,
    /// Cancels calls that wait for the rate limit.
    pub stop: CancellationToken,
}

/// The clients of all services in use.
#[derive(Clone, Debug)]
pub struct Aws {
    /// Records the calls of all clients.
    pub calls: Calls,
    /// Whether this run may write. All clients except `control` check it.
    pub(crate) lease: LeaseState,
    /// The rate limits of all clients except `control`.
    pub(crate) rates: Rates,
    /// The caller, after its first use.
    pub(crate) caller: Arc<OnceCell<Caller>>,
    /// The destination of the calls, for the operator: the endpoint, and the proxy.
    pub(crate) destination: String,
    pub(crate) proxy: Option<String>,
    /// For the lease and the receipts: may write even when the lease is not held.
    pub(crate) control: aws_sdk_s3::Client,
    pub(crate) acm: aws_sdk_acm::Client,
    pub(crate) ec2: aws_sdk_ec2::Client,
    /// Retries only throttled calls: for calls that take no idempotency token.
    pub(crate) ec2_once: aws_sdk_ec2::Client,
    pub(crate) ecs: aws_sdk_ecs::Client,
    /// Retries only throttled calls: for calls that take no idempotency token.
    pub(crate) ecs_once: aws_sdk_ecs::Client,
    pub(crate) elb: aws_sdk_elasticloadbalancingv2::Client,
    /// Retries only throttled calls: for calls that take no idempotency token.
    pub(crate) elb_once: aws_sdk_elasticloadbalancingv2::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) logs: aws_sdk_cloudwatchlogs::Client,
    pub(crate) rds: aws_sdk_rds::Client,
    /// Retries only throttled calls: for calls that take no idempotency token.
    pub(crate) rds_once: aws_sdk_rds::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) scaling: aws_sdk_applicationautoscaling::Client,
    pub(crate) scheduler: aws_sdk_scheduler::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
    pub(crate) ssm: aws_sdk_ssm::Client,
    pub(crate) sts: aws_sdk_sts::Client,
    pub(crate) tagging: aws_sdk_resourcegroupstagging::Client,
}

/// The interceptors of a client.
struct Before {
    fence: Fence,
    calls: Calls,
    rate_limiter: RateLimiter,
    identities: SharedIdentityCache,
}

/// Creates a client from the shared configuration, with these interceptors.
macro_rules! client {
    ($service:ident, $config:expr, $before:expr $(, $setting:ident($value:expr))*) => {
        $service::Client::from_conf(
            $service::config::Builder::from($config)
                .interceptor($before.fence.clone())
                .interceptor($before.calls.clone())
                .interceptor($before.rate_limiter.clone())
                .identity_cache($before.rate_limiter.before($before.identities.clone()))
                .retry_partition(persistent(stringify!($service)))
                .retry_classifier(TooManyRequests)
                $(.$setting($value))*
                .build(),
        )
    };
}

/// Retries without a quota across calls. The quota of the SDK protects a service from a fleet of clients.
/// This is a single client, which must survive a quarter of an hour of errors. Each of its calls has a
/// bounded number of attempts with growing pauses; throttled calls wait for the rate limit
/// ([`crate::aws::rates`]).
fn persistent(service: &'static str) -> RetryPartition {
    RetryPartition::custom(service).token_bucket(TokenBucket::unlimited()).build()
}

impl Aws {
    /// Reads credentials from the standard sources of AWS and creates the clients. Makes no call yet.
    pub async fn connect(options: &AwsOptions) -> Self {
        let endpoint = options.endpoint_url.as_deref();
        let http = options.http_client.clone().unwrap_or_else(|| http::client(endpoint));
        let attempts = options.attempts.unwrap_or(10);
        let pause = options.longest_pause.unwrap_or(Duration::from_secs(20));
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .retry_config(RetryConfig::standard().with_max_attempts(attempts).with_max_backoff(pause))
            // Every control plane call answers within seconds, or not at all.
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_attempt_timeout(Duration::from_secs(60))
                    .build(),
            );
        if let Some(region) = &options.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some((key, secret)) = &options.credentials {
            loader = loader.credentials_provider(Credentials::new(key, secret, None, None, "given"));
        } else {
            loader = loader.credentials_provider(credentials::provider(http, options.region.as_deref()).await);
        }
        if let Some(url) = endpoint {
            loader = loader.endpoint_url(url);
        }
        Self::from_config(&loader.load().await, options)
    }

    fn from_config(config: &SdkConfig, options: &AwsOptions) -> Self {
        let (calls, lease) = (Calls::default(), LeaseState::default());
        let rates = if options.unpaced { Rates::unpaced() } else { Rates::default() };
        let throttling_timeout = options.throttling_timeout.unwrap_or(RetryPolicy::default().timeout);
        let identities = config.identity_cache().unwrap_or_else(|| IdentityCache::lazy().build());
        let before = Before {
            fence: Fence(lease.clone()),
            calls: calls.clone(),
            rate_limiter: RateLimiter {
                rates: rates.clone(),
                lease: lease.clone(),
                stop: options.stop.clone(),
                throttling_timeout,
            },
            identities: identities.clone(),
        };
        // Lease renewals do not wait for the rate limit, and the lease is released even after
        // cancellation.
        let open = Before {
            fence: Fence(LeaseState::default()),
            calls: calls.of(Address::literal(CONTROL_BUCKET)),
            rate_limiter: RateLimiter {
                rates: Rates::default(),
                lease: LeaseState::default(),
                stop: CancellationToken::default(),
                throttling_timeout: Duration::ZERO,
            },
            identities,
        };
        let once = RetryConfig::disabled();
        // Behind an endpoint other than AWS, `bucket.host` does not resolve.
        let paths = config.endpoint_url().is_some();
        Self {
            acm: client!(aws_sdk_acm, config, before),
            ec2: client!(aws_sdk_ec2, config, before),
            ec2_once: client!(aws_sdk_ec2, config, before, retry_config(once.clone())),
            ecs: client!(aws_sdk_ecs, config, before),
            ecs_once: client!(aws_sdk_ecs, config, before, retry_config(once.clone())),
            elb: client!(aws_sdk_elasticloadbalancingv2, config, before),
            elb_once: client!(aws_sdk_elasticloadbalancingv2, config, before, retry_config(once.clone())),
            iam: client!(aws_sdk_iam, config, before),
            logs: client!(aws_sdk_cloudwatchlogs, config, before),
            rds: client!(aws_sdk_rds, config, before),
            rds_once: client!(aws_sdk_rds, config, before, retry_config(once)),
            s3: client!(aws_sdk_s3, config, before, force_path_style(paths)),
            control: client!(aws_sdk_s3, config, open, force_path_style(paths)),
            scaling: client!(aws_sdk_applicationautoscaling, config, before),
            scheduler: client!(aws_sdk_scheduler, config, before),
            secrets: client!(aws_sdk_secretsmanager, config, before),
            ssm: client!(aws_sdk_ssm, config, before),
            sts: client!(aws_sdk_sts, config, before),
            tagging: client!(aws_sdk_resourcegroupstagging, config, before),
            calls,
            lease,
            rates,
            caller: Arc::default(),
            destination: credentials::destination(config),
            proxy: http::proxy(config.endpoint_url()),
        }
    }
}
