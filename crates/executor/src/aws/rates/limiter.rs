//! Schedules attempts: an attempt is scheduled when the call begins and after each failed attempt. The
//! wait comes before the signature, so that no signature expires.
//!
//! No hook of the SDK can wait and knows the action, except the identity cache, which the SDK consults
//! before each signature. So the gate wraps that cache.

use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::identity::{
    IdentityFuture, ResolveCachedIdentity, SharedIdentityCache, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::ErrorKind;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryReason};
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use tokio::time::{Instant, sleep_until};

use super::{Rates, Wait};
use crate::aws::calls::{current_node, is_read};
use crate::lease::LeaseState;
use tokio_util::sync::CancellationToken;

/// The longest wait for the rate limit that a call still completes after cancellation.
const GRACE: Duration = Duration::from_secs(5);
/// How often a waiting call checks for cancellation.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// After which wait to report it, and at which interval after that.
const REPORT_AFTER: Duration = Duration::from_secs(15);
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// Schedules the attempts of all calls of a client.
#[derive(Clone, Debug)]
pub(crate) struct RateLimiter {
    pub(crate) rates: Rates,
    pub(crate) lease: LeaseState,
    pub(crate) stop: CancellationToken,
    /// For how long a throttled call is retried.
    pub(crate) throttling_timeout: Duration,
}

/// Cancellation was requested while a call waited for the rate limit; the call was not sent.
#[derive(Clone, Debug, thiserror::Error)]
#[error("interrupted while {action} waited for the rate limit")]
pub(crate) struct Interrupted {
    pub(crate) action: String,
}

/// When the next attempt may be sent, and when that was decided.
#[derive(Clone, Copy, Debug)]
struct Turn {
    at: Instant,
    decided_at: Instant,
}

impl Storable for Turn {
    type Storer = StoreReplace<Self>;
}

/// The state of a call since it began.
#[derive(Clone, Debug)]
struct CallState {
    at: Instant,
    /// The number of throttled attempts, which do not count as attempts.
    throttled: u32,
    retry: RetryConfig,
    timeouts: TimeoutConfig,
}

impl Storable for CallState {
    type Storer = StoreReplace<Self>;
}

impl RateLimiter {
    /// The gate in front of the SDK's identity cache.
    pub(crate) fn before(&self, cache: SharedIdentityCache) -> Gate {
        Gate { rate_limiter: self.clone(), cache }
    }

    /// Schedules the next attempt. Its timeout starts at the scheduled time.
    fn take(&self, state: &CallState, config: &mut ConfigBag) {
        let Some((service, action)) = operation(config) else { return };
        let now = Instant::now();
        let turn = self.rates.turn(&service, &action, now);
        let timeouts = state.timeouts.operation_attempt_timeout().map_or_else(
            || state.timeouts.clone(),
            |timeout| state.timeouts.to_builder().operation_attempt_timeout(timeout + (turn - now)).build(),
        );
        config.interceptor_state().store_put(Turn { at: turn, decided_at: now }).store_put(timeouts);
    }

    async fn wait(&self, turn: Instant, service: &str, action: &str) -> Result<(), BoxError> {
        let begin = Instant::now();
        let mut next = begin + REPORT_AFTER;
        loop {
            let now = Instant::now();
            if now >= turn {
                return Ok(());
            }
            if self.stop.is_cancelled() && turn - now > GRACE {
                return Err(Interrupted { action: format!("{service} {action}") }.into());
            }
            if !is_read(action) {
                self.lease.check()?;
            }
            if now >= next
                && let Some(address) = current_node()
            {
                next = now + REPORT_INTERVAL;
                let per_second = self.rates.per_second(service, action, now);
                let seconds = (now - begin).as_secs();
                self.rates.report_wait(Wait { address, action: format!("{service} {action}"), seconds, per_second });
            }
            let check = sleep_until(turn.min(now + CHECK_INTERVAL));
            if self.stop.is_cancelled() {
                check.await;
            } else {
                tokio::select! {
                    biased;
                    () = check => {}
                    () = self.stop.cancelled() => {}
                }
            }
        }
    }
}

impl Intercept for RateLimiter {
    fn name(&self) -> &'static str {
        "Turns"
    }

    fn modify_before_retry_loop(
        &self,
        _context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let state = CallState {
            at: Instant::now(),
            throttled: 0,
            retry: config.load::<RetryConfig>().cloned().unwrap_or_else(RetryConfig::disabled),
            timeouts: config.load::<TimeoutConfig>().cloned().unwrap_or_else(TimeoutConfig::disabled),
        };
        self.take(&state, config);
        config.interceptor_state().store_put(state);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (Some(mut state), Some((service, action))) = (config.load::<CallState>().cloned(), operation(config))
        else {
            return Ok(());
        };
        let now = Instant::now();
        if context.output_or_error().is_none_or(|answer| answer.is_ok()) {
            self.rates.accepted(&service, &action, now);
            return Ok(());
        }
        let verdict = verdict(context.inner(), components);
        let throttled = matches!(
            verdict,
            RetryAction::RetryIndicated(RetryReason::RetryableError { kind: ErrorKind::ThrottlingError, .. })
        ) && !is_quota(context);
        let mut retry = state.retry.clone();
        if throttled {
            let decided_at = config.load::<Turn>().map_or(state.at, |turn| turn.decided_at);
            self.rates.throttled(&service, &action, decided_at, now);
        }
        if throttled && now - state.at < self.throttling_timeout {
            state.throttled += 1;
            // The rate limit is the only wait.
            retry = retry.with_max_backoff(Duration::ZERO).with_initial_backoff(Duration::ZERO);
        }
        let retry = retry.with_max_attempts(state.retry.max_attempts().saturating_add(state.throttled));
        if verdict.should_retry() {
            self.take(&state, config);
        }
        config.interceptor_state().store_put(retry).store_put(state);
        Ok(())
    }
}

/// The service and the action of a call.
fn operation(config: &ConfigBag) -> Option<(String, String)> {
    config.load::<Metadata>().map(|metadata| (metadata.service().to_owned(), metadata.name().to_owned()))
}

/// The verdict of the SDK's retry classifiers: that of the last one with an opinion, or of the first one
/// that forbids a retry.
fn verdict(context: &InterceptorContext, components: &RuntimeComponents) -> RetryAction {
    let mut verdict = RetryAction::NoActionIndicated;
    for classifier in components.retry_classifiers() {
        match classifier.classify_retry_v2(context, &verdict) {
            RetryAction::NoActionIndicated => {}
            RetryAction::RetryForbidden => return RetryAction::RetryForbidden,
            action => verdict = action,
        }
    }
    verdict
}

/// Classifies status 429 as throttling even when the answer has no code that the SDK knows.
#[derive(Debug)]
pub(crate) struct TooManyRequests;

impl ClassifyRetry for TooManyRequests {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let is_429 = context.response().is_some_and(|answer| answer.status().as_u16() == TOO_MANY_REQUESTS);
        if is_429 { RetryAction::throttling_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "TooMany"
    }
}

/// Source: RFC 6585, "429 Too Many Requests".
const TOO_MANY_REQUESTS: u16 = 429;

/// Whether a resource quota is exhausted, which the SDK classifies as throttling: ECS, CloudWatch Logs,
/// Secrets Manager and Application Auto Scaling use the code `LimitExceededException`.
fn is_quota(context: &FinalizerInterceptorContextRef<'_>) -> bool {
    const CODE: &[u8] = b"LimitExceededException";
    let body = context.response().and_then(|response| response.body().bytes()).unwrap_or_default();
    body.windows(CODE.len()).any(|window| window == CODE)
}

/// Delays the SDK's access to the identity for the signature until the scheduled time of the call.
#[derive(Debug)]
pub(crate) struct Gate {
    rate_limiter: RateLimiter,
    cache: SharedIdentityCache,
}

impl ResolveCachedIdentity for Gate {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        config: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::new(async move {
            if let (Some(turn), Some((service, action))) = (config.load::<Turn>(), operation(config)) {
                self.rate_limiter.wait(turn.at, &service, &action).await?;
            }
            self.cache.resolve_cached_identity(resolver, components, config).await
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.cache.validate_base_client_config(components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.cache.validate_final_config(components, config)
    }
}
