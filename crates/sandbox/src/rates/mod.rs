//! API throttling: token buckets at AWS's rates.
//!
//! The table beside this file lists for each action the buckets from which a call takes a token, with
//! their sources. Where AWS publishes no rate, the table states an assumption, and a rehearsal reports
//! it.

mod buckets;
mod floor;
mod table;

use serde::Serialize;

pub(crate) use buckets::Rates;
pub use floor::{Floor, floors};
use table::of;

/// The origin of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// AWS publishes it in this document.
    Published(&'static str),
    /// AWS publishes no rate; this is the basis of the assumption.
    Assumed(&'static str),
}

impl Source {
    /// Whether the rate is an assumption.
    #[must_use]
    pub const fn is_assumed(self) -> bool {
        matches!(self, Self::Assumed(_))
    }
}

/// The number of calls in a burst, and the sustained number of calls in each second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    burst: u32,
    per_second: f64,
}

/// A token bucket, from which each call of its actions takes one token.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bucket {
    /// The action, or a name for the actions that share the bucket.
    name: String,
    rate: Rate,
    source: Source,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::Service;

    fn of(service: Service, operation: &str) -> Vec<Bucket> {
        super::of(service, operation, None)
    }

    /// The burst and the rate of an action that has exactly one bucket.
    fn rate(service: Service, operation: &str) -> (u32, f64) {
        let buckets = of(service, operation);
        let [bucket] = buckets.as_slice() else { panic!("{operation} has {} buckets", buckets.len()) };
        (bucket.rate.burst, bucket.rate.per_second)
    }

    fn names(service: Service, operation: &str) -> Vec<String> {
        of(service, operation).into_iter().map(|bucket| bucket.name).collect()
    }

    #[test]
    fn every_action_has_a_rate_with_a_source() {
        for service in Service::ALL {
            for operation in service.operations() {
                let buckets = of(service, operation);
                assert!(!buckets.is_empty(), "{service:?} {operation} has no rate, not even an assumed one");
                for Bucket { rate, source, .. } in buckets {
                    assert!(rate.burst >= 1 && rate.per_second > 0.0, "{service:?} {operation}: {rate:?}");
                    let (Source::Published(text) | Source::Assumed(text)) = source;
                    assert!(!text.is_empty(), "{service:?} {operation} has a rate without a source");
                }
            }
            assert_eq!(of(service, "DescribeNothing"), [], "{service:?}");
        }
    }

    #[test]
    fn each_ec2_action_has_its_own_bucket() {
        let operations = Service::Ec2.operations();
        let own: std::collections::BTreeSet<_> =
            operations.iter().flat_map(|operation| names(Service::Ec2, operation)).collect();
        assert_eq!(own.len(), operations.len());
        for (operation, expected) in [
            ("CreateSubnet", (50, 5.0)),
            ("AuthorizeSecurityGroupIngress", (50, 5.0)),
            ("AuthorizeSecurityGroupEgress", (50, 5.0)),
            ("RevokeSecurityGroupIngress", (50, 5.0)),
            ("CreateTags", (100, 10.0)),
            ("DeleteTags", (100, 10.0)),
            ("CreateNatGateway", (10, 1.0)),
            ("CreateVpcEndpoint", (4, 0.3)),
            ("DeleteVpcEndpoints", (4, 0.3)),
            ("DescribeSubnets", (100, 20.0)),
        ] {
            assert_eq!(rate(Service::Ec2, operation), expected, "{operation}");
        }
    }

    #[test]
    fn actions_of_ecs_share_buckets_by_category() {
        let service = |operation| names(Service::Ecs, operation);
        assert_eq!(service("CreateService"), service("DeleteService"));
        assert_eq!(service("RegisterTaskDefinition"), service("DeregisterTaskDefinition"));
        assert_ne!(service("RegisterTaskDefinition"), service("DeleteTaskDefinitions"));
        assert_eq!(rate(Service::Ecs, "RegisterTaskDefinition"), (20, 1.0));
        assert_eq!(rate(Service::Ecs, "DeleteTaskDefinitions"), (5, 1.0));
        assert_eq!(rate(Service::Ecs, "UpdateService"), (50, 5.0));
        assert_eq!(rate(Service::Ecs, "TagResource"), (20, 10.0));
    }

    #[test]
    fn every_elb_call_also_uses_the_account_bucket() {
        for operation in Service::Elb.operations() {
            assert_eq!(names(Service::Elb, operation)[0], "the account", "{operation}");
        }
        let category = |operation| {
            let Bucket { rate, .. } = of(Service::Elb, operation).remove(1);
            (rate.burst, rate.per_second)
        };
        assert_eq!(category("CreateLoadBalancer"), (10, 0.2));
        assert_eq!(category("RegisterTargets"), (20, 4.0));
        assert_eq!(category("CreateRule"), (20, 3.0));
        assert_eq!(names(Service::Elb, "CreateRule"), names(Service::Elb, "CreateTargetGroup"));
    }

    #[test]
    fn quotas_of_the_other_services() {
        for (service, operation, expected) in [
            (Service::Logs, "CreateLogGroup", 10),
            (Service::Logs, "DescribeLogGroups", 10),
            (Service::Logs, "PutRetentionPolicy", 5),
            (Service::Logs, "TagResource", 5),
            (Service::Secrets, "CreateSecret", 50),
            (Service::Secrets, "ListSecrets", 100),
            (Service::Secrets, "DescribeSecret", 40_000),
            (Service::Tagging, "GetResources", 15),
            (Service::Sts, "GetCallerIdentity", 600),
            (Service::Acm, "DescribeCertificate", 10),
        ] {
            assert_eq!(rate(service, operation), (expected, f64::from(expected)), "{operation}");
        }
        assert_eq!(names(Service::Secrets, "PutSecretValue"), names(Service::Secrets, "UpdateSecret"));
        assert_ne!(names(Service::Secrets, "PutSecretValue"), names(Service::Secrets, "CreateSecret"));
    }

    #[test]
    fn unpublished_rates_are_assumed() {
        let is_assumed = |service, operation| of(service, operation).iter().all(|bucket| bucket.source.is_assumed());
        for (service, operation) in [
            (Service::Iam, "CreateRole"),
            (Service::Rds, "CreateDBCluster"),
            (Service::S3, "PutBucketPolicy"),
            (Service::Scaling, "RegisterScalableTarget"),
        ] {
            assert!(is_assumed(service, operation), "{operation}");
        }
        for (service, operation) in [(Service::Ec2, "CreateVpc"), (Service::S3, "PutObject"), (Service::Elb, "AddTags")]
        {
            assert!(!is_assumed(service, operation), "{operation}");
        }
    }
}
