//! Checks before the first write: the account and the Region; that the bucket policies do not lock out
//! the caller; that AWS offers the database's version, instance class and parameters, and the plan's
//! zones; that certificates are issued; that no planned name is taken; and that the database can be
//! reached.
//!
//! Preflight changes nothing. It reports every failed check, not only the first. A check without an
//! answer counts as failed, because an apply that stops half-way is worse than one that never began.

mod caller;
mod certificates;
mod database_route;
mod engine_version;
mod failure;
mod inside;
mod instance_class;
mod names;
mod parameters;
mod reach;
#[cfg(test)]
mod tests;
mod zones;

use std::collections::BTreeSet;

use strum::IntoEnumIterator;

use crate::context::Context;
pub use database_route::NoRoute;
pub use failure::{Failure, PreflightError};
pub use names::{Owner, TakenName};
pub use parameters::RejectedParameter;
pub(crate) use reach::Caller;

/// A check that can be skipped by name, if it cannot be answered.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::Display,
    strum::EnumString,
    strum::EnumIter,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Check {
    /// Whether the bucket policies of the plan exempt the caller.
    Caller,
    /// Whether RDS offers the database's version and instance class, and accepts its parameters.
    EngineVersion,
    /// Whether the Region has the zones.
    Zones,
    /// Whether the certificates of the listeners are issued.
    Certificates,
    /// Whether every planned name is free.
    Names,
    /// Whether this machine can reach the database.
    DatabaseRoute,
}

impl Check {
    /// All checks.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }
}

/// Runs all checks except the skipped ones.
///
/// # Errors
/// Every check that failed.
pub(crate) async fn preflight(cx: &Context<'_>, skip: &BTreeSet<Check>) -> Result<(), PreflightError> {
    let mut failures: Vec<Failure> = wrong_region(cx).into_iter().collect();
    match Caller::ask(cx).await {
        Ok(caller) => {
            failures.extend(wrong_account(cx, &caller));
            if !skip.contains(&Check::Caller) {
                failures.extend(caller::locked_out(cx, &caller).await);
            }
        }
        Err(error) => failures.push(Failure::Unanswered { what: "who the caller is", check: None, error }),
    }
    if !skip.contains(&Check::EngineVersion) {
        failures.extend(engine_version::not_offered(cx).await);
        failures.extend(instance_class::not_orderable(cx).await);
        failures.extend(parameters::not_taken(cx).await);
    }
    if !skip.contains(&Check::Zones) {
        failures.extend(zones::missing(cx).await);
    }
    if !skip.contains(&Check::Certificates) {
        failures.extend(certificates::unusable(cx).await);
    }
    if !skip.contains(&Check::Names) {
        failures.extend(names::taken(cx).await);
    }
    if !skip.contains(&Check::DatabaseRoute) {
        failures.extend(database_route::missing(cx).await);
    }
    if failures.is_empty() { Ok(()) } else { Err(PreflightError(failures)) }
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
