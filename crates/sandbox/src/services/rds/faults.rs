//! Errors of RDS. Source of the codes and HTTP statuses: the API's own model; source of the
//! messages: published answers of RDS.

use crate::refusal::{Refusal, ensure};

/// A value that RDS rejects.
pub(super) fn value(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterValue", message)
}

/// Values that conflict with each other, or with existing resources.
pub(super) fn combination(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidParameterCombination", message)
}

/// A required string that is blank.
pub(super) fn blank(parameter: &str) -> Refusal {
    value(format!("The parameter {parameter} must be provided and must not be blank."))
}

/// Rejects one more resource than the quota allows.
pub(super) fn check_quota(count: usize, most: usize, code: &'static str, what: &str) -> Result<(), Refusal> {
    ensure!(count < most, Refusal::new(code, format!("The request would exceed the quota of {most} {what}.")));
    Ok(())
}

/// RDS has no service-linked role yet. The message depends on whether this call created it, or the
/// role exists but cannot be assumed yet. Source: aws-samples/eks-workshop-v2#1609;
/// terraform-aws-modules/terraform-aws-rds#364 and crossplane-contrib/provider-aws#479.
pub(super) fn no_linked_role(is_made: bool) -> Refusal {
    value(if is_made {
        "Unable to create the resource. Verify that you have permission to create service linked role. Otherwise wait \
         and try again later"
    } else {
        "Missing necessary credentials. Please check \
         http://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html"
    })
}

pub(super) fn no_cluster(name: &str) -> Refusal {
    Refusal::new("DBClusterNotFoundFault", format!("DBCluster {name} not found.")).status(404)
}

pub(super) fn cluster_state(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidDBClusterStateFault", message)
}

pub(super) fn no_instance(name: &str) -> Refusal {
    Refusal::new("DBInstanceNotFound", format!("DBInstance {name} not found.")).status(404)
}

pub(super) fn instance_state(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidDBInstanceState", message)
}

pub(super) fn no_subnet_group(name: &str) -> Refusal {
    Refusal::new("DBSubnetGroupNotFoundFault", format!("DB subnet group '{name}' does not exist.")).status(404)
}

pub(super) fn no_parameter_group(name: &str) -> Refusal {
    Refusal::new("DBParameterGroupNotFound", format!("DBClusterParameterGroup not found: {name}")).status(404)
}

pub(super) fn parameter_group_state(message: impl Into<String>) -> Refusal {
    Refusal::new("InvalidDBParameterGroupState", message)
}

pub(super) fn no_snapshot(name: &str) -> Refusal {
    Refusal::new("DBClusterSnapshotNotFoundFault", format!("DBClusterSnapshot not found: {name}")).status(404)
}
