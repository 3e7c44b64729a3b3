//! How many calls a service takes: token buckets at AWS's rates.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::clock::Time;
use crate::journal::{Call, Outcome};
use crate::services::Service;

/// Calls that share a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bucket {
    service: Service,
    name: &'static str,
    burst: u32,
    per_second: u32,
}

/// The bucket of an operation; `None` for those whose rates AWS does not publish, or which are so
/// high that no apply reaches them.
///
/// Sources: Amazon ECS API reference, "Request throttling for the Amazon ECS API"; Amazon EC2
/// Developer Guide, "Request throttling for the Amazon EC2 API"; Elastic Load Balancing API
/// throttling; AWS Secrets Manager User Guide, "Quotas".
fn bucket(service: Service, operation: &str) -> Option<Bucket> {
    let bucket = |name, burst, per_second| Some(Bucket { service, name, burst, per_second });
    match (service, operation) {
        (Service::Ecs, "RegisterTaskDefinition" | "DeregisterTaskDefinition" | "DeleteTaskDefinitions") => {
            bucket("task definitions", 20, 1)
        }
        (Service::Ecs, "CreateService" | "UpdateService" | "DeleteService") => bucket("services", 50, 5),
        (Service::Ecs, "CreateCluster" | "DeleteCluster") => bucket("clusters", 20, 1),
        (Service::Ecs, "DescribeServices") => bucket("service reads", 100, 20),
        (Service::Ec2, "AuthorizeSecurityGroupIngress" | "AuthorizeSecurityGroupEgress") => bucket("rules", 50, 5),
        (Service::Ec2, "CreateTags" | "DeleteTags") => bucket("tags", 100, 10),
        (Service::Ec2, "CreateNatGateway" | "DeleteNatGateway") => bucket("NAT gateways", 10, 1),
        (Service::Ec2, operation) if operation.starts_with("Describe") => bucket("reads", 100, 20),
        (Service::Ec2, _) => bucket("writes", 50, 5),
        (Service::Elb, operation) if operation.starts_with("Describe") => bucket("reads", 40, 10),
        (Service::Secrets, "PutSecretValue" | "UpdateSecret" | "CreateSecret") => bucket("writes", 50, 50),
        _ => None,
    }
}

/// The least time that calls take because of a rate, however many are made side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Floor {
    /// The service.
    pub service: Service,
    /// The calls that share the rate.
    pub name: &'static str,
    /// How many of them there were.
    pub calls: u64,
    /// How many may come at once, before the rate counts.
    pub burst: u32,
    /// How many may come in each second after that.
    pub per_second: u32,
    /// The least time that they take.
    pub time: Duration,
}

/// The floors that rates set to the calls of a journal, the highest first. What fits into a burst
/// takes no time and is left out.
#[must_use]
pub fn floors(journal: &[Call]) -> Vec<Floor> {
    let mut counts: BTreeMap<Bucket, u64> = BTreeMap::new();
    for call in journal.iter().filter(|call| call.outcome == Outcome::Done) {
        if let Some(bucket) = bucket(call.service, &call.operation) {
            *counts.entry(bucket).or_default() += 1;
        }
    }
    let floor = |(bucket, calls): (Bucket, u64)| {
        let Bucket { service, name, burst, per_second } = bucket;
        let waiting = calls.checked_sub(u64::from(burst)).filter(|waiting| *waiting > 0)?;
        let time = Duration::from_millis(waiting * 1_000 / u64::from(per_second));
        Some(Floor { service, name, calls, burst, per_second, time })
    };
    let mut floors: Vec<Floor> = counts.into_iter().filter_map(floor).collect();
    floors.sort_by_key(|floor| std::cmp::Reverse(floor.time));
    floors
}

/// How full the buckets are.
#[derive(Debug, Default)]
pub(crate) struct Rates(BTreeMap<Bucket, (Time, f64)>);

impl Rates {
    /// Takes a token for a call; `false` when there is none, and the call is throttled.
    pub(crate) fn take(&mut self, service: Service, operation: &str, now: Time) -> bool {
        let Some(bucket) = bucket(service, operation) else { return true };
        let (filled, tokens) = self.0.entry(bucket).or_insert((now, f64::from(bucket.burst)));
        let gained: Duration = now.since(*filled);
        *tokens = (*tokens + gained.as_secs_f64() * f64::from(bucket.per_second)).min(f64::from(bucket.burst));
        *filled = now;
        let there = *tokens >= 1.0;
        if there {
            *tokens -= 1.0;
        }
        there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_into_a_burst_takes_time() {
        let call = |operation: &str| Call {
            at: Time::BEGINNING,
            key: "KEY".to_owned(),
            service: Service::Ecs,
            operation: operation.to_owned(),
            outcome: Outcome::Done,
        };
        let mut journal = vec![call("RegisterTaskDefinition"); 60];
        journal.extend(vec![call("CreateService"); 50]);
        let floors = floors(&journal);
        assert_eq!(floors.len(), 1, "fifty services fit into their burst");
        assert_eq!((floors[0].name, floors[0].time), ("task definitions", Duration::from_secs(40)));
    }

    #[test]
    fn a_bucket_is_emptied_and_fills_again() {
        let mut rates = Rates::default();
        let mut take = |now| rates.take(Service::Ecs, "RegisterTaskDefinition", now);
        let start = Time::BEGINNING;
        assert_eq!((0..25).filter(|_| take(start)).count(), 20);
        assert!(!take(start + Duration::from_millis(900)));
        assert!(take(start + Duration::from_millis(1_000)));
        assert!(!take(start + Duration::from_millis(1_100)));
    }
}
