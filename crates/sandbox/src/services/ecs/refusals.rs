//! How ECS says no.

use crate::refusal::Refusal;

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterException", message)
}

pub(super) fn client(message: impl Into<String>) -> Refusal {
    Refusal::new("ClientException", message)
}

pub(super) fn no_cluster() -> Refusal {
    Refusal::new("ClusterNotFoundException", "Cluster not found.")
}

pub(super) fn inactive_cluster() -> Refusal {
    Refusal::new("ClusterNotFoundException", "The referenced cluster was inactive.")
}

pub(super) fn no_service() -> Refusal {
    Refusal::new("ServiceNotFoundException", "Service not found.")
}
