//! The minimum duration that rates impose on calls.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::{Bucket, Rate, Source, of};
use crate::journal::{Call, Outcome};
use crate::services::Service;

/// The minimum duration that a rate imposes on calls, at any concurrency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Floor {
    /// The service.
    pub service: Service,
    /// The action, or a name for the actions that share the rate.
    pub name: String,
    /// The number of calls.
    pub calls: u64,
    /// The number of calls that may come at once before the rate applies.
    pub burst: u32,
    /// The sustained number of calls in each second.
    pub per_second: f64,
    /// The origin of the rate.
    pub source: Source,
    /// The minimum duration of these calls.
    pub time: Duration,
}

/// The minimum durations that rates impose on the calls of a journal, the longest first. Calls that fit
/// into a burst are omitted.
#[must_use]
pub fn floors(journal: &[Call]) -> Vec<Floor> {
    let mut counts: BTreeMap<(Service, String), (Bucket, u32)> = BTreeMap::new();
    for call in journal.iter().filter(|call| call.outcome == Outcome::Done) {
        for bucket in of(call.service, &call.operation, None) {
            counts.entry((call.service, bucket.name.clone())).or_insert((bucket, 0)).1 += 1;
        }
    }
    let floor = |((service, name), (bucket, calls)): ((Service, String), (Bucket, u32))| {
        let Bucket { rate: Rate { burst, per_second }, source, .. } = bucket;
        let waiting = calls.checked_sub(burst).filter(|waiting| *waiting > 0)?;
        let time = Duration::from_secs_f64(f64::from(waiting) / per_second);
        Some(Floor { service, name, calls: calls.into(), burst, per_second, source, time })
    };
    let mut floors: Vec<Floor> = counts.into_iter().filter_map(floor).collect();
    floors.sort_by_key(|floor| std::cmp::Reverse(floor.time));
    floors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Time;

    fn calls(service: Service, operation: &str, count: usize) -> Vec<Call> {
        let call = Call {
            at: Time::BEGINNING,
            key: "KEY".to_owned(),
            service,
            operation: operation.to_owned(),
            outcome: Outcome::Done,
            faults: Vec::new(),
        };
        vec![call; count]
    }

    #[test]
    fn calls_beyond_the_burst_set_a_floor() {
        let mut journal = calls(Service::Ecs, "RegisterTaskDefinition", 60);
        journal.extend(calls(Service::Ecs, "CreateService", 50));
        let floors = floors(&journal);
        assert_eq!(floors.len(), 1, "fifty services fit into their burst");
        assert_eq!((floors[0].name.as_str(), floors[0].time), ("task definitions", Duration::from_secs(40)));
        assert!(!floors[0].source.is_assumed());
    }

    #[test]
    fn floors_of_assumed_rates_are_marked() {
        let floors = floors(&calls(Service::Iam, "CreateRole", 500));
        assert_eq!((floors[0].name.as_str(), floors[0].time), ("CreateRole", Duration::from_secs(45)));
        assert!(floors[0].source.is_assumed());
    }

    #[test]
    fn refused_calls_set_no_floor() {
        let mut journal = calls(Service::Ecs, "RegisterTaskDefinition", 60);
        journal.iter_mut().for_each(|call| call.outcome = Outcome::Refused("ThrottlingException".to_owned()));
        assert_eq!(floors(&journal), []);
    }

    #[test]
    fn actions_of_several_buckets_set_several_floors() {
        let mut journal = calls(Service::Elb, "CreateRule", 80);
        journal.extend(calls(Service::Elb, "CreateTargetGroup", 30));
        let floors = floors(&journal);
        let told: Vec<_> = floors.iter().map(|floor| (floor.name.as_str(), floor.time.as_secs())).collect();
        assert_eq!(told, [("changes", 30), ("the account", 7)]);
    }
}
