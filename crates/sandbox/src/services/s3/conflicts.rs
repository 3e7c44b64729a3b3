//! Conflicts with another operation in progress. Callers should retry.

use super::Request;
use crate::services::prelude::*;

/// Rejects a change of a bucket occasionally, if the dial is set.
///
/// Source: Amazon S3 API reference, "Error responses": `OperationAborted`, "a conflicting
/// conditional operation is currently in progress against this resource". Source of the affected
/// changes: reports such as hashicorp/terraform-provider-aws#7628 (creation, deletion, policies,
/// versioning).
pub(super) fn of_change(cloud: &mut Cloud, request: &Request, action: &str) -> Result<(), Refusal> {
    let is_safe = !request.key.is_empty() || action == "DeleteObject" || !conflict_occurs(cloud);
    ensure!(is_safe, aborted());
    Ok(())
}

/// Rejects a conditional write occasionally, if the dial is set.
///
/// Source: Amazon S3 API reference, `PutObject`, `If-None-Match` and `If-Match`: "if a conflicting
/// operation occurs during the upload S3 returns a 409 ConditionalRequestConflict response".
pub(super) fn of_conditional_write(cloud: &mut Cloud, request: &Request) -> Result<(), Refusal> {
    let is_conditional = request.header("if-match").or(request.header("if-none-match")).is_some();
    let message = "The conditional request cannot succeed due to a conflicting operation against this resource.";
    let conflict = Refusal::new("ConditionalRequestConflict", message).status(409);
    ensure!(!is_conditional || !conflict_occurs(cloud), conflict);
    Ok(())
}

/// Another operation on the same bucket is in progress.
pub(super) fn aborted() -> Refusal {
    let message =
        "A conflicting conditional operation is currently in progress against this resource. Please try again.";
    Refusal::new("OperationAborted", message).status(409)
}

fn conflict_occurs(cloud: &mut Cloud) -> bool {
    cloud.dials.conflicts > 0 && cloud.ids.next().is_multiple_of(cloud.dials.conflicts.into())
}
