//! What makes a sandbox as unkind as AWS can be; all of it follows from one seed.

use std::time::Duration;

use crate::ids::Ids;

/// The dials. By default all are off: answers come at once and arrive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dials {
    /// What ids and faults follow from.
    pub seed: u64,
    /// Whether calls take as long as they typically do.
    pub latency: bool,
    /// Whether calls are throttled at AWS's rates.
    pub rates: bool,
    /// How long something new is not yet seen by eventually consistent reads.
    pub visibility: Duration,
    /// For how long after the versioning of a bucket was first switched on S3 at times does not show
    /// what was written to it since.
    pub versioning: Duration,
    /// For how long the name of a deleted bucket is called taken, where that is longer than usual.
    pub bucket_names: Duration,
    /// How long a service-linked role takes to become usable, which a service makes when it is first
    /// used in an account that has none; nothing where every account has them.
    pub linked_roles: Duration,
    /// What goes wrong with calls.
    pub faults: Faults,
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
