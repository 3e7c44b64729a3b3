//! How long a call typically takes, from the first byte sent to the last received.
//!
//! AWS publishes no such figures. These are round numbers from experience, for the estimate of a
//! rehearsal: right within a factor of two, and small beside the states that take minutes
//! ([`crate::timing`]).

use std::time::Duration;

use crate::services::Service;

pub(crate) fn of(service: Service, operation: &str) -> Duration {
    let read = ["Describe", "List", "Get", "Head"].iter().any(|verb| operation.starts_with(verb));
    Duration::from_millis(match (service, operation, read) {
        (Service::Rds, "CreateDBCluster" | "CreateDBInstance", _) => 2_000,
        (Service::Elb, "CreateLoadBalancer", _) => 1_000,
        (Service::Ec2, "CreateNatGateway" | "CreateVpc", _) => 600,
        (Service::S3, "CreateBucket", _) => 400,
        (Service::S3, _, _) => 40,
        (Service::Sts, _, _) => 30,
        (Service::Rds, _, true) => 150,
        (Service::Rds, _, false) => 500,
        (_, _, true) => 80,
        (_, _, false) => 200,
    })
}
