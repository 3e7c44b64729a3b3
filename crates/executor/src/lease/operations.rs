//! Reads the lease, and breaks that of a killed run.

use saas_model::time::UtcTime;

use super::acquire::{self, LeaseSnapshot};
use super::control_bucket::{control_bucket, retry_while_hidden};
use super::record::Record;
use super::{Holder, LeaseError};
use crate::observation::Observation;
use crate::platform::Platform;
use crate::preflight::caller;

/// The state of the lease now.
///
/// # Errors
/// When another run holds the lease, or it cannot be read.
pub(crate) async fn lease_snapshot(platform: &Platform<'_>) -> Result<LeaseSnapshot, LeaseError> {
    let store = control_bucket(platform)?;
    retry_while_hidden(platform, async || acquire::lease_snapshot(&store).await).await
}

/// The record of the run that holds the lease, or held it last, with the current time of S3's clock; `None`
/// where there is none, or it cannot be read.
pub(crate) async fn last_run(platform: &Platform<'_>) -> Option<(Record, UtcTime)> {
    let store = control_bucket(platform).ok()?;
    acquire::last_run(&store).await.ok().flatten()
}

/// The holder of the lease, expired or not; `None` when the lease is free.
///
/// # Errors
/// When that cannot be determined.
pub(crate) async fn holder(platform: &Platform<'_>) -> Result<Option<Holder>, LeaseError> {
    let store = control_bucket(platform)?;
    retry_while_hidden(platform, async || acquire::holder(&store).await).await
}

/// Breaks the lease of `holder`.
///
/// # Errors
/// When another run holds the lease by now, and when it cannot be written.
pub(crate) async fn break_lease(platform: &Platform<'_>, holder: &Holder) -> Result<(), LeaseError> {
    let observation = Observation::default();
    let caller = caller(&platform.cx(&observation)).await.map_err(LeaseError::from_call)?;
    let store = control_bucket(platform)?;
    retry_while_hidden(platform, async || acquire::break_lease(&store, &holder.run, &caller.arn).await).await
}
