//! The scalable resources: ECS services, by their desired count.

use super::refusals::validation;
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

/// The size of a page: the requested size, from 1 to the maximum.
pub(super) fn page_size(input: &Input, most: usize) -> Result<usize, Refusal> {
    let Some(asked) = input.number("MaxResults") else { return Ok(most) };
    let size = usize::try_from(asked).ok().filter(|size| (1..=most).contains(size));
    size.ok_or_else(|| validation(format!("MaxResults must be from 1 to {most}, and not {asked}")))
}
