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
use crate::aws::calls::{is_read, served};
use crate::lease::LeaseState;
use tokio_util::sync::CancellationToken;

/// The longest wait for the rate limit that a call still completes after cancellation.
const GRACE: Duration = Duration::from_secs(5);
/// How often a waiting call checks for cancellation.
const LOOK: Duration = Duration::from_secs(5);
/// After which wait to report it, and at which interval after that.
const LONG: Duration = Duration::from_secs(15);
const STILL_LONG: Duration = Duration::from_secs(60);

/// Schedules the attempts of all calls of a client.
#[derive(Clone, Debug)]
pub(crate) struct RateLimiter {
    pub(crate) rates: Rates,
    pub(crate) hold: LeaseState,
    pub(crate) stop: CancellationToken,
    /// For how long a throttled call is retried.
    pub(crate) patience: Duration,
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
    given: Instant,
}

impl Storable for Turn {
    type Storer = StoreReplace<Self>;
}

/// The state of a call since it began.
#[derive(Clone, Debug)]
struct Begun {
    at: Instant,
    /// The number of throttled attempts, which do not count as attempts.
    throttled: u32,
    retry: RetryConfig,
    timeouts: TimeoutConfig,
}

impl Storable for Begun {
    type Storer = StoreReplace<Self>;
}

impl RateLimiter {
    /// The gate in front of the SDK's identity cache.
    pub(crate) fn before(&self, cache: SharedIdentityCache) -> Gate {
        Gate { turns: self.clone(), cache }
    }

    /// Schedules the next attempt. Its timeout starts at the scheduled time.
    fn take(&self, begun: &Begun, config: &mut ConfigBag) {
        let Some((service, action)) = called(config) else { return };
        let now = Instant::now();
        let turn = self.rates.turn(&service, &action, now);
        let timeouts = begun.timeouts.operation_attempt_timeout().map_or_else(
            || begun.timeouts.clone(),
            |timeout| begun.timeouts.to_builder().operation_attempt_timeout(timeout + (turn - now)).build(),
        );
        config.interceptor_state().store_put(Turn { at: turn, given: now }).store_put(timeouts);
    }

    async fn wait(&self, turn: Instant, service: &str, action: &str) -> Result<(), BoxError> {
        let begin = Instant::now();
        let mut next = begin + LONG;
        loop {
            let now = Instant::now();
            if now >= turn {
                return Ok(());
            }
            if self.stop.is_cancelled() && turn - now > GRACE {
                return Err(Interrupted { action: format!("{service} {action}") }.into());
            }
            if !is_read(action) {
                self.hold.check()?;
            }
            if now >= next
                && let Some(address) = served()
            {
                next = now + STILL_LONG;
                let per_second = self.rates.per_second(service, action, now);
                let seconds = (now - begin).as_secs();
                self.rates.tell(Wait { address, action: format!("{service} {action}"), seconds, per_second });
            }
            let look = sleep_until(turn.min(now + LOOK));
            if self.stop.is_cancelled() {
                look.await;
            } else {
                tokio::select! {
                    biased;
                    () = look => {}
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
        let begun = Begun {
            at: Instant::now(),
            throttled: 0,
            retry: config.load::<RetryConfig>().cloned().unwrap_or_else(RetryConfig::disabled),
            timeouts: config.load::<TimeoutConfig>().cloned().unwrap_or_else(TimeoutConfig::disabled),
        };
        self.take(&begun, config);
        config.interceptor_state().store_put(begun);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (Some(mut begun), Some((service, action))) = (config.load::<Begun>().cloned(), called(config)) else {
            return Ok(());
        };
        let now = Instant::now();
        if context.output_or_error().is_none_or(|answer| answer.is_ok()) {
            self.rates.taken(&service, &action, now);
            return Ok(());
        }
        let verdict = verdict(context.inner(), components);
        let throttled = matches!(
            verdict,
            RetryAction::RetryIndicated(RetryReason::RetryableError { kind: ErrorKind::ThrottlingError, .. })
        ) && !is_quota(context);
        let mut retry = begun.retry.clone();
        if throttled {
            let given = config.load::<Turn>().map_or(begun.at, |turn| turn.given);
            self.rates.throttled(&service, &action, given, now);
        }
        if throttled && now - begun.at < self.patience {
            begun.throttled += 1;
            // The rate limit is the only wait.
            retry = retry.with_max_backoff(Duration::ZERO).with_initial_backoff(Duration::ZERO);
        }
        let retry = retry.with_max_attempts(begun.retry.max_attempts().saturating_add(begun.throttled));
        if verdict.should_retry() {
            self.take(&begun, config);
        }
        config.interceptor_state().store_put(retry).store_put(begun);
        Ok(())
    }
}

/// The service and the action of a call.
fn called(config: &ConfigBag) -> Option<(String, String)> {
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
            said => verdict = said,
        }
    }
    verdict
}

/// Classifies status 429 as throttling even when the answer has no code that the SDK knows.
#[derive(Debug)]
pub(crate) struct TooMany;

impl ClassifyRetry for TooMany {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let is_one = context.response().is_some_and(|answer| answer.status().as_u16() == TOO_MANY);
        if is_one { RetryAction::throttling_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "TooMany"
    }
}

/// Source: RFC 6585, "429 Too Many Requests".
const TOO_MANY: u16 = 429;

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
    turns: RateLimiter,
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
            if let (Some(turn), Some((service, action))) = (config.load::<Turn>(), called(config)) {
                self.turns.wait(turn.at, &service, &action).await?;
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
