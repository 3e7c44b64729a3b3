//! The fill levels of the token buckets.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Bucket, of};
use crate::clock::Time;
use crate::services::Service;

/// The time of the last update of each bucket, and its tokens at that time.
#[derive(Debug, Default)]
pub(crate) struct Rates(BTreeMap<(Service, String), (Time, f64)>);

impl Rates {
    /// Takes one token for a call from each of its buckets. Returns `false` when a bucket is empty: the
    /// call is throttled and takes no token.
    pub(crate) fn take(&mut self, service: Service, operation: &str, body: &[u8], now: Time) -> bool {
        let buckets = of(service, operation, Some(body));
        // The tolerance absorbs rounding: hundredths of a second have no exact binary form.
        let is_there = buckets.iter().all(|bucket| *self.fill(service, bucket, now) > 1.0 - 1e-9);
        if is_there {
            buckets.iter().for_each(|bucket| *self.fill(service, bucket, now) -= 1.0);
        }
        is_there
    }

    /// The tokens in a bucket after refilling it up to now.
    fn fill(&mut self, service: Service, bucket: &Bucket, now: Time) -> &mut f64 {
        let full = f64::from(bucket.rate.burst);
        let (filled, tokens) = self.0.entry((service, bucket.name.clone())).or_insert((now, full));
        let gained: Duration = now.since(*filled);
        *tokens = (*tokens + gained.as_secs_f64() * bucket.rate.per_second).min(full);
        *filled = now;
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Time = Time::BEGINNING;

    fn taken(rates: &mut Rates, service: Service, operation: &str, calls: u32, now: Time) -> usize {
        (0..calls).filter(|_| rates.take(service, operation, b"", now)).count()
    }

    #[test]
    fn a_bucket_empties_and_refills() {
        let mut rates = Rates::default();
        let mut take = |now| rates.take(Service::Ecs, "RegisterTaskDefinition", b"", now);
        assert_eq!((0..25).filter(|_| take(START)).count(), 20);
        assert!(!take(START + Duration::from_millis(900)));
        assert!(take(START + Duration::from_millis(1_000)));
        assert!(!take(START + Duration::from_millis(1_100)));
    }

    #[test]
    fn a_rate_may_be_less_than_one_a_second() {
        let mut rates = Rates::default();
        assert_eq!(taken(&mut rates, Service::Ec2, "CreateVpcEndpoint", 10, START), 4);
        assert!(!rates.take(Service::Ec2, "CreateVpcEndpoint", b"", START + Duration::from_secs(3)));
        assert!(rates.take(Service::Ec2, "CreateVpcEndpoint", b"", START + Duration::from_secs(4)));
    }

    #[test]
    fn ec2_actions_are_throttled_independently() {
        let mut rates = Rates::default();
        for operation in ["AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "CreateSecurityGroup"] {
            assert_eq!(taken(&mut rates, Service::Ec2, operation, 60, START), 50, "{operation}");
        }
    }

    #[test]
    fn a_call_takes_a_token_from_each_bucket_unless_it_is_throttled() {
        let mut rates = Rates::default();
        assert_eq!(taken(&mut rates, Service::Elb, "CreateRule", 30, START), 20);
        // The ten throttled calls took none of the account's forty tokens.
        assert_eq!(taken(&mut rates, Service::Elb, "DescribeRules", 30, START), 20);
        assert!(!rates.take(Service::Elb, "RegisterTargets", b"", START));
    }

    #[test]
    fn listings_of_ec2_without_a_filter_have_a_smaller_bucket() {
        let mut rates = Rates::default();
        let mut count =
            |body: &[u8]| (0..200).filter(|_| rates.take(Service::Ec2, "DescribeSecurityGroups", body, START)).count();
        assert_eq!(count(b"Action=DescribeSecurityGroups&Version=2016-11-15"), 50);
        assert_eq!(count(b"Action=DescribeSecurityGroups&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1"), 100);
        assert_eq!(count(b"Action=DescribeSecurityGroups&MaxResults=100"), 0, "it is the same bucket");
    }
}
