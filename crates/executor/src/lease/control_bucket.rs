//! The control bucket of a platform: it contains the lease and the receipts.

use saas_model::Address;
use saas_model::plan::CONTROL_BUCKET;

use super::LeaseError;
use super::store::{S3, TRANSIENT_ERRORS, is_hidden};
use crate::context::Readiness;
use crate::error::Result;
use crate::observation::Observation;
use crate::platform::Platform;

/// The bucket that contains the lease and the receipts.
///
/// # Errors
/// When the plan has none.
pub(crate) fn control_bucket<'a>(platform: &'a Platform<'_>) -> Result<S3<'a>, LeaseError> {
    let (_, bucket) = platform.plan.control_bucket().ok_or(LeaseError::NoControlBucket)?;
    let owner = platform.plan.header().account.as_str();
    Ok(S3 { client: &platform.aws.control, bucket: bucket.name.as_str(), owner })
}

/// Retries while S3 does not show an existing lease object.
pub(super) async fn retry_while_hidden<T>(
    platform: &Platform<'_>,
    request: impl AsyncFn() -> Result<T, LeaseError>,
) -> Result<T, LeaseError> {
    let (observation, address) = (Observation::default(), Address::literal(CONTROL_BUCKET));
    let cx = platform.cx(&observation).at(&address);
    let what = "S3 to return the lease object that it lists";
    let response = cx.wait(what, async || match request().await {
        Err(LeaseError::Call(error)) if is_hidden(&error) => Ok(Readiness::NotYet(error.to_string())),
        answer => Ok(Readiness::Ready(answer)),
    });
    Box::pin(response).await.map_err(LeaseError::from_call)?
}

/// Retries a request for an object of the control bucket while a change of the bucket may still propagate.
///
/// # Errors
/// The error of the request.
pub(crate) async fn retry_transient<T>(platform: &Platform<'_>, call: impl AsyncFn() -> Result<T>) -> Result<T> {
    let (observation, address) = (Observation::default(), Address::literal(CONTROL_BUCKET));
    Box::pin(platform.cx(&observation).at(&address).retry(TRANSIENT_ERRORS, call)).await
}
