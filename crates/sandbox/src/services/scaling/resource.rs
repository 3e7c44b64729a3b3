//! The scalable resources: ECS services, by their desired count.

use super::refusals::validation;
use crate::paging::page;
use crate::services::prelude::*;

pub(super) const NAMESPACE: &str = "ecs";
pub(super) const DIMENSION: &str = "ecs:service:DesiredCount";

/// Whether a call is about ECS.
pub(super) fn is_of_ecs(input: &Input) -> Result<bool, Refusal> {
    Ok(input.required("ServiceNamespace")? == NAMESPACE)
}

/// The id of the ECS service of a call: `service/<cluster>/<service>`.
pub(super) fn of_call(input: &Input) -> Result<String, Refusal> {
    let is_of_ecs = is_of_ecs(input)?;
    let id = input.required("ResourceId")?;
    let dimension = input.required("ScalableDimension")?;
    if !is_of_ecs || dimension != DIMENSION || parts(id).is_none() {
        return Err(validation("Unsupported service namespace, resource type or scalable dimension"));
    }
    Ok(id.to_owned())
}

/// The names of the cluster and of the service.
pub(super) fn parts(id: &str) -> Option<(&str, &str)> {
    let (cluster, service) = id.strip_prefix("service/")?.split_once('/')?;
    (!cluster.is_empty() && !service.is_empty() && !service.contains('/')).then_some((cluster, service))
}

/// The resource of a call in the message of a not-found error.
pub(super) fn described(id: &str) -> String {
    format!("service namespace: {NAMESPACE}, resource ID: {id}, scalable dimension: {DIMENSION}")
}

/// Answers with a page of resources: of the requested size, which is at most the usual size.
pub(super) fn list(
    input: &Input,
    key: &str,
    usual: u16,
    items: impl Iterator<Item = (String, Value)>,
) -> Result<Value, Refusal> {
    let size = input.within("MaxResults", 1..=usual.into()).map_err(validation)?.unwrap_or_else(|| usual.into());
    let (page, next) = page(items, input.text("NextToken"), size, "InvalidNextTokenException")?;
    Ok(json!({key: page, "NextToken": next}))
}

/// Rejects a scalable dimension without the resource ids that it is of.
pub(super) fn check_dimension(dimension: Option<&str>, has_resource: bool) -> Result<(), Refusal> {
    let message = "If you specify a scalable dimension, you must also specify a resource ID";
    ensure!(dimension.is_none() || has_resource, validation(message));
    Ok(())
}
