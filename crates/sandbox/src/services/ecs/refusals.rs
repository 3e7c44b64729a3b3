//! Errors of ECS.

use crate::services::iam::{self, Linked};
use crate::services::prelude::*;

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}

pub(super) fn client(message: impl Into<String>) -> Refusal {
    Refusal::new("ClientException", message)
}

pub(super) fn no_cluster() -> Refusal {
    Refusal::new("ClusterNotFoundException", "Cluster not found.")
}

pub(super) fn no_service() -> Refusal {
    Refusal::new("ServiceNotFoundException", "Service not found.")
}

/// Rejects a creation until ECS can assume its service-linked role, which ECS creates if it does
/// not exist.
/// Source: nathanpeck/aws-cloudformation-fargate#3; LondonAppDeveloper/devops-recipe-app-api#44.
pub(super) fn needs_linked_role(cloud: &mut Cloud) -> Result<(), Refusal> {
    match iam::service_needs_its_role(cloud, "ecs.amazonaws.com") {
        Linked::Usable => Ok(()),
        Linked::Made | Linked::Spreading => Err(invalid(
            "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
        )),
    }
}
