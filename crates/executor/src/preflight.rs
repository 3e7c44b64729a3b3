//! Checks before the first write: the account and the Region; that the policies of buckets and secrets do not
//! lock out the caller; that AWS offers the database's version, instance class and parameters, and the plan's
//! zones; that certificates are issued; that the secrets and parameters outside of the plan exist, with the keys
//! that containers receive; that no planned name is taken; and that the database can be reached.
//!
//! Preflight changes nothing. It reports every failed check, not only the first. A check without an
//! answer counts as failed, because an apply that stops half-way is worse than one that never began.

mod certificates;
mod check;
mod database_route;
mod engine_version;
mod external_secrets;
mod failure;
mod instance_class;
mod lockout;
pub(crate) mod names;
mod no_route;
mod parameters;
mod reach;
mod rejected_parameter;
mod secret_keys;
mod taken_name;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::BTreeSet;

use crate::aws::caller::Caller;
use crate::context::Context;
pub use check::Check;
pub use failure::{Failure, PreflightError};
pub use no_route::NoRoute;
pub(crate) use reach::caller;
pub use rejected_parameter::RejectedParameter;
pub use secret_keys::WithoutKeys;
pub use taken_name::{Owner, TakenName};

/// Runs all checks except the skipped ones.
///
/// # Errors
/// Every check that failed.
pub(crate) async fn preflight(cx: &Context<'_>, skip: &BTreeSet<Check>) -> Result<(), PreflightError> {
    let mut failures: Vec<Failure> = wrong_region(cx).into_iter().collect();
    match caller(cx).await {
        Ok(caller) => {
            failures.extend(wrong_account(cx, &caller));
            if !skip.contains(&Check::Caller) {
                failures.extend(lockout::locked_out(cx, &caller).await);
            }
        }
        Err(error) => failures.push(Failure::Unanswered { what: "the caller's identity", check: None, error }),
    }
    if !skip.contains(&Check::EngineVersion) {
        failures.extend(engine_version::not_offered(cx).await);
        failures.extend(instance_class::not_orderable(cx).await);
        failures.extend(parameters::not_accepted(cx).await);
    }
    if !skip.contains(&Check::Zones) {
        failures.extend(zones::missing(cx).await);
    }
    if !skip.contains(&Check::Certificates) {
        failures.extend(certificates::unusable(cx).await);
    }
    if !skip.contains(&Check::ExternalSecrets) {
        failures.extend(external_secrets::missing(cx));
        failures.extend(secret_keys::missing(cx).await);
    }
    if !skip.contains(&Check::Names) {
        failures.extend(names::taken(cx).await);
    }
    if !skip.contains(&Check::DatabaseRoute) {
        failures.extend(database_route::missing(cx).await);
    }
    if failures.is_empty() { Ok(()) } else { Err(PreflightError(failures)) }
}

/// Checks that the credentials belong to the account and the Region of the plan.
///
/// # Errors
/// When the account or the Region differs, or cannot be determined.
pub(crate) async fn identify(cx: &Context<'_>) -> Result<(), PreflightError> {
    preflight(cx, &Check::all().collect()).await
}

fn wrong_region(cx: &Context<'_>) -> Option<Failure> {
    let planned = &cx.plan.header().region;
    let actual = cx.aws.sts.config().region().map(ToString::to_string).unwrap_or_default();
    (actual != planned.as_str()).then(|| Failure::WrongRegion { planned: planned.clone(), actual })
}

fn wrong_account(cx: &Context<'_>, caller: &Caller) -> Option<Failure> {
    let planned = &cx.plan.header().account;
    let actual = caller.account.clone();
    (actual != planned.as_str()).then(|| Failure::WrongAccount { planned: planned.clone(), actual })
}
