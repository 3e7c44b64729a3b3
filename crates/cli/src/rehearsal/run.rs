//! Runs a rehearsal on a sandbox of its own.

use saas_executor::PlatformIdentity;
use saas_model::Plan;
use saas_review::Proven;

use super::{Rehearsal, rehearse};
use crate::failure::{Failure, Refusal};
use crate::sandbox::{Database, RunningSandbox};

/// Rehearses a plan on top of the live one. An hour on AWS takes about a second here: the clock jumps ahead when nothing
/// is runnable.
///
/// # Errors
/// If the plans are not of one platform, or the sandbox does not start, or the live one cannot be applied.
pub(crate) fn in_virtual_time(
    proven: Proven<'_>,
    live: Option<Proven<'_>>,
    rates: bool,
    database: Database,
) -> Result<Rehearsal, Failure> {
    let (plan, from) = (proven.0, live.map(|(from, _)| from));
    same_platform(plan, from)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.map_err(|source| Failure::Process { what: "cannot start the async runtime", source })?;
    runtime.block_on(async {
        // The earlier plan describes the live platform, so it configures the sandbox.
        let sandbox = RunningSandbox::for_rehearsal(from.unwrap_or(plan), rates, database)?;
        rehearse(proven, live, sandbox.sandbox(), rates, &sandbox.options()).await
    })
}

fn same_platform(plan: &Plan, from: Option<&Plan>) -> Result<(), Refusal> {
    let Some(from) = from else { return Ok(()) };
    let (live, planned) = (PlatformIdentity::of(from.header()), PlatformIdentity::of(plan.header()));
    let mismatches = live.mismatches(&planned, "the plan of `--from`");
    if mismatches.is_empty() { Ok(()) } else { Err(Refusal::AnotherPlatform(mismatches)) }
}
