//! What makes a sandbox as unkind as AWS can be; all of it follows from one seed.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::Ids;
use crate::services::Service;

/// The dials. By default all are off: answers come at once and arrive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dials {
    /// What ids and faults follow from.
    pub seed: u64,
    /// Whether calls take as long as they typically do.
    pub latency: bool,
    /// Whether calls are throttled at AWS's rates.
    pub rates: bool,
    /// How far eventually consistent reads lag behind.
    pub staleness: Staleness,
    /// For how long after the versioning of a bucket was first switched on S3 at times does not show
    /// what was written to it since.
    pub versioning: Duration,
    /// One of so many requests that change a bucket, or write an object on a condition, meets another
    /// that S3 says is under way; none does where it is 0.
    pub conflicts: u32,
    /// For how long the name of a deleted bucket is called taken, where that is longer than usual.
    pub bucket_names: Duration,
    /// How long a service-linked role takes to become usable, which a service makes when it is first
    /// used in an account that has none; nothing where every account has them.
    pub linked_roles: Duration,
    /// How long a role that was just created may not be passed: until the check of `iam:PassRole` knows it,
    /// ECS refuses task definitions that name it.
    pub passed_roles: Duration,
    /// What goes wrong with calls.
    pub faults: Faults,
    /// Whether answers are held against AWS's API models; see [`crate::Call::faults`].
    pub checks: bool,
}

/// How far the eventually consistent reads of each service lag behind.
///
/// A service has one lag, for those of its reads that may be stale at all: of AWS Secrets Manager
/// that is `ListSecrets` alone, of Amazon S3 `ListBuckets` and the settings of buckets, of the
/// Resource Groups Tagging API what it tells of all other services. Ten minutes are remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staleness(BTreeMap<Service, Lag>);

impl Staleness {
    /// The same lag for all services.
    #[must_use]
    pub fn everywhere(lag: Lag) -> Self {
        Self(Service::ALL.into_iter().map(|service| (service, lag)).collect())
    }

    /// The same but for one service.
    #[must_use]
    pub fn with(mut self, service: Service, lag: Lag) -> Self {
        self.0.insert(service, lag);
        self
    }

    /// How far the reads of a service lag behind.
    #[must_use]
    pub fn of(&self, service: Service) -> Lag {
        self.0.get(&service).copied().unwrap_or_default()
    }
}

/// How long a read does not show what has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lag {
    /// How long it does not show what was made.
    pub creations: Duration,
    /// How long it does not show that something was changed or deleted.
    pub changes: Duration,
}

impl Lag {
    /// Behind with everything.
    #[must_use]
    pub const fn of(time: Duration) -> Self {
        Self { creations: time, changes: time }
    }

    /// Behind with what was made; changes and deletions are seen at once.
    #[must_use]
    pub const fn of_creations(time: Duration) -> Self {
        Self { creations: time, changes: Duration::ZERO }
    }

    /// Whether it shows what is there now.
    pub(crate) const fn is_none(self) -> bool {
        self.creations.is_zero() && self.changes.is_zero()
    }
}

/// Which calls go wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Faults {
    /// None.
    #[default]
    None,
    /// The call of this number, counted from 0, and no other.
    At(u64, Fault),
    /// One of so many calls, each in one of these ways.
    OneIn(u32, Vec<Fault>),
}

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// HTTP 500, and nothing was done.
    ErrorBefore,
    /// HTTP 500, though it was done.
    ErrorAfter,
    /// Throttled, and nothing was done.
    Throttled,
    /// The connection is reset, and nothing was done.
    ResetBefore,
    /// The connection is reset, though it was done.
    ResetAfter,
    /// The body is cut off, and it was done.
    Truncated,
    /// It was done, and no answer ever comes.
    Silence,
    /// The caller may not.
    AccessDenied,
    /// The process that calls dies before the call is sent.
    DeathBefore,
    /// The process that calls dies before it sees the answer to what was done.
    DeathAfter,
}

impl Dials {
    /// What goes wrong with the call of this number.
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
