//! The first call: identifies the caller, and checks that AWS can be reached at all.

use std::time::Duration;

use aws_sdk_sts::config::Config;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use tokio::time::Instant;

use crate::aws::Aws;
use crate::aws::caller::Caller;
use crate::context::Context;
use crate::error::{Error, Required, Result};
use crate::event::Event;

/// The identity of the caller. Asks once in a run. It is the first call of most runs, so it detects within
/// seconds a network that does not work, and reports how it fails.
///
/// # Errors
/// When AWS does not answer.
pub(crate) async fn caller(cx: &Context<'_>) -> Result<Caller> {
    cx.aws.caller.get_or_try_init(|| first_call(cx)).await.cloned()
}

/// The timeouts of the first answer and of one attempt.
const TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPT: Duration = Duration::from_secs(4);

async fn first_call(cx: &Context<'_>) -> Result<Caller> {
    let sts = &cx.aws.sts;
    if !["http://", "https://"].iter().any(|scheme| cx.aws.destination.starts_with(scheme)) {
        let reason = "an endpoint must begin with `http://` or `https://`".to_owned();
        return Err(Error::Unreachable { at: at(cx), reason });
    }
    let most = sts.config().retry_config().map_or(1, RetryConfig::max_attempts);
    let start = Instant::now();
    let mut pauses = cx.retry_policy.pauses();
    for attempt in 1.. {
        let timeouts = TimeoutConfig::builder().connect_timeout(ATTEMPT).operation_attempt_timeout(ATTEMPT).build();
        let once = Config::builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts);
        let reason = match sts.get_caller_identity().customize().config_override(once).send().await {
            Ok(answer) => return identity(answer),
            Err(error @ (SdkError::DispatchFailure(_) | SdkError::TimeoutError(_))) => {
                let reason = reason(&error);
                match Error::from(error) {
                    Error::Call(_) => reason,
                    other => return Err(other),
                }
            }
            // AWS answers, so the call is retried like any other.
            Err(_) => break,
        };
        if attempt >= most || start.elapsed() >= TIMEOUT {
            return Err(Error::Unreachable { at: at(cx), reason });
        }
        if attempt == 1 {
            let message = format!("{} does not answer ({reason}); retrying for up to {} s", at(cx), TIMEOUT.as_secs());
            cx.report(Event::Warning { address: None, message });
        }
        if cx.pause(pauses.next()).await.is_break() {
            return Err(Error::Unreachable { at: at(cx), reason });
        }
    }
    match sts.get_caller_identity().send().await.map_err(Error::from) {
        Ok(answer) => identity(answer),
        // All errors of AWS have a code. Source: AWS Security Token Service API, "Common errors".
        Err(Error::Call(error)) if error.code.is_none() && !error.effect_unknown => {
            let reason = format!("it answers, but not like AWS: {}", error.message);
            Err(Error::Unreachable { at: at(cx), reason })
        }
        Err(error) => Err(error),
    }
}

fn identity(answer: GetCallerIdentityOutput) -> Result<Caller> {
    const OPERATION: &str = "sts GetCallerIdentity";
    let (account, arn) = (answer.account, answer.arn);
    Ok(Caller { account: account.required(OPERATION, "Account")?, arn: arn.required(OPERATION, "Arn")? })
}

fn at(cx: &Context<'_>) -> String {
    let Aws { destination, proxy, .. } = cx.aws;
    match proxy {
        Some(proxy) => format!("`{destination}` through the proxy `{proxy}`"),
        None => format!("`{destination}`"),
    }
}

/// The innermost cause, which says why the connection failed.
fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.last().map(ToString::to_string).unwrap_or_default()
}
