//! The adverse conditions that a sandbox simulates. All of them are derived from one seed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::Ids;
use crate::services::Service;

/// The adverse conditions. All are off by default: answers are immediate and always arrive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dials {
    /// The seed of ids and faults.
    pub seed: u64,
    /// Whether calls take their typical time.
    pub latency: bool,
    /// Whether calls are throttled at AWS's rates.
    pub rates: bool,
    /// The lag of eventually consistent reads.
    pub staleness: Staleness,
    /// How long after versioning is first enabled on a bucket S3 sometimes does not show objects that
    /// were written since.
    pub versioning: Duration,
    /// One in this many requests that change a bucket, or that write an object conditionally, fails
    /// with a conflict with another operation in progress; 0 disables these conflicts.
    pub conflicts: u32,
    /// How long the name of a deleted bucket stays taken, where this is longer than the usual time.
    pub bucket_names: Duration,
    /// How long a new service-linked role takes to become usable. A service creates the role at its
    /// first use in an account. Zero when every account has the roles already.
    pub linked_roles: Duration,
    /// How long a new role cannot be passed: ECS and EventBridge Scheduler refuse what names it until the
    /// check of `iam:PassRole` knows the role.
    pub passed_roles: Duration,
    /// How tasks end that `RunTask` starts, by the family of their task definition. The tasks of other
    /// families end as [`TaskOutcome::default`] says.
    pub tasks: BTreeMap<String, TaskOutcome>,
    /// The faults of calls.
    pub faults: Faults,
    /// Whether answers are validated against AWS's API models; see [`crate::Call::faults`].
    pub checks: bool,
}

/// How a task ends that no service keeps running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskOutcome {
    /// The exit code of its containers; `None` if its image cannot be pulled, so that it never runs.
    pub exit_code: Option<i32>,
    /// How long it runs.
    pub duration: Duration,
    /// The lines that it writes to the log stream of its first essential container.
    pub output: Vec<String>,
}

impl Default for TaskOutcome {
    /// Success after a minute.
    fn default() -> Self {
        Self { exit_code: Some(0), duration: Duration::from_secs(60), output: Vec::new() }
    }
}

/// The lag of the eventually consistent reads of each service.
///
/// A service has one lag, for those of its reads that can be stale: in AWS Secrets Manager only
/// `ListSecrets`, in Amazon S3 `ListBuckets` and bucket settings, and in the Resource Groups Tagging
/// API the resources of all other services. The history covers ten minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staleness(BTreeMap<Service, Lag>);

impl Staleness {
    /// The same lag for all services.
    #[must_use]
    pub fn everywhere(lag: Lag) -> Self {
        Self(Service::ALL.into_iter().map(|service| (service, lag)).collect())
    }

    /// Sets the lag of one service.
    #[must_use]
    pub fn with(mut self, service: Service, lag: Lag) -> Self {
        self.0.insert(service, lag);
        self
    }

    /// The lag of a service's reads.
    #[must_use]
    pub fn of(&self, service: Service) -> Lag {
        self.0.get(&service).copied().unwrap_or_default()
    }
}

/// How long a read does not show creations and changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// How long a read does not show a new resource.
    pub creations: Duration,
    /// How long a read does not show an update or a deletion.
    pub changes: Duration,
}

impl Lag {
    /// The same lag for creations, changes and deletions.
    #[must_use]
    pub const fn of(time: Duration) -> Self {
        Self { creations: time, changes: time }
    }

    /// A lag of creations only; changes and deletions are visible at once.
    #[must_use]
    pub const fn of_creations(time: Duration) -> Self {
        Self { creations: time, changes: Duration::ZERO }
    }

    /// Whether reads show the current state.
    pub(crate) const fn is_none(self) -> bool {
        self.creations.is_zero() && self.changes.is_zero()
    }
}

/// Which calls fail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Faults {
    /// No call.
    #[default]
    None,
    /// Only the call of this number, counted from 0.
    At(u64, Fault),
    /// One in this many calls, with one of these faults.
    OneIn(u32, Vec<Fault>),
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// HTTP 500; the operation was not performed.
    ErrorBefore,
    /// HTTP 500; the operation was performed.
    ErrorAfter,
    /// The call is throttled; the operation was not performed.
    Throttled,
    /// The connection is reset; the operation was not performed.
    ResetBefore,
    /// The connection is reset; the operation was performed.
    ResetAfter,
    /// The body is cut off; the operation was performed.
    Truncated,
    /// The operation was performed, and no answer ever arrives.
    Silence,
    /// The caller lacks the permission.
    AccessDenied,
    /// The calling process dies before the operation is performed.
    DeathBefore,
    /// The calling process dies after the operation is performed and before the answer arrives.
    DeathAfter,
}

impl Dials {
    /// The fault of the call of this number.
    pub(crate) fn fault(&self, call: u64) -> Option<Fault> {
        match &self.faults {
            Faults::None => None,
            Faults::At(number, fault) => (*number == call).then_some(*fault),
            Faults::OneIn(many, ways) => {
                let mut random = Ids::new(self.seed ^ call.wrapping_mul(0x2545_f491_4f6c_dd1d));
                if ways.is_empty() || !random.next().is_multiple_of(u64::from((*many).max(1))) {
                    return None;
                }
                let way = random.next() % ways.len() as u64;
                ways.get(usize::try_from(way).unwrap_or_default()).copied()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_faults() {
        let faults = |seed| {
            let faults = Faults::OneIn(10, vec![Fault::ErrorBefore, Fault::ResetAfter]);
            let dials = Dials { seed, faults, ..Dials::default() };
            (0..1_000).map(|call| dials.fault(call)).collect::<Vec<_>>()
        };
        assert_eq!(faults(1), faults(1));
        assert_ne!(faults(1), faults(2));
        let often = faults(1).into_iter().flatten().count();
        assert!((60..150).contains(&often), "one in ten of a thousand is about a hundred, and not {often}");
    }
}
