//! The stale reads and delays of AWS during a simulation.

use std::time::Duration;

use fastrand::Rng;
use saas_sandbox::{Dials, Lag, Service, Staleness};

use crate::application;

/// The longest documented staleness: `ListSecrets` "might not reflect changes from the last five
/// minutes".
const LONGEST: Duration = Duration::from_secs(300);

/// The stale reads and delays of AWS; the default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// How long reads do not show a new resource.
    pub(crate) creations: Duration,
    /// How long reads do not show a change or a deletion.
    pub(crate) changes: Duration,
    /// The same two durations for the listing of secrets.
    pub(crate) new_secrets: Duration,
    pub(crate) other_secrets: Duration,
    /// How long AWS takes to create a service-linked role when a service is first used.
    pub(crate) linked_roles: Duration,
    /// How long a role that was just created may not be passed to ECS.
    pub(crate) passed_roles: Duration,
    /// For how long objects at times do not show after versioning was first switched on.
    pub(crate) versioning: Duration,
    /// How long the name of a deleted bucket is unavailable.
    pub(crate) bucket_names: Duration,
    /// One in this number of bucket changes or conditional writes conflicts with another; 0 for none.
    pub(crate) conflicts: u32,
    /// Whether migrations take longer than the run after a dead one waits for the lease.
    pub(crate) long_migrations: bool,
}

impl Conditions {
    /// The usual few seconds for everything, and the longest staleness for secrets.
    pub(crate) fn of(window: Duration) -> Self {
        if window.is_zero() {
            return Self::default();
        }
        Self {
            creations: window,
            changes: window,
            new_secrets: LONGEST,
            other_secrets: LONGEST,
            linked_roles: window,
            passed_roles: window,
            versioning: window * 10,
            bucket_names: window * 60,
            conflicts: 8,
            long_migrations: true,
        }
    }

    /// Each value is drawn independently, and is sometimes zero.
    pub(crate) fn draw(random: &mut Rng) -> Self {
        let mut up_to = |seconds: u64| {
            let is_none = random.u8(0..4) == 0;
            let drawn = random.u64(0..=seconds * 1_000);
            Duration::from_millis(if is_none { 0 } else { drawn })
        };
        Self {
            creations: up_to(8),
            changes: up_to(8),
            new_secrets: up_to(LONGEST.as_secs()),
            other_secrets: up_to(LONGEST.as_secs()),
            linked_roles: up_to(30),
            passed_roles: up_to(15),
            versioning: up_to(120),
            // Users report 24 to 60 minutes.
            bucket_names: up_to(50 * 60),
            conflicts: random.choice([0, 0, 4, 20]).unwrap_or_default(),
            long_migrations: random.bool(),
        }
    }

    /// Variants with one condition removed, each in turn.
    pub(crate) fn weaker(self) -> impl Iterator<Item = Self> {
        let weaker = [
            Self { creations: Duration::ZERO, ..self },
            Self { changes: Duration::ZERO, ..self },
            Self { new_secrets: Duration::ZERO, ..self },
            Self { other_secrets: Duration::ZERO, ..self },
            Self { linked_roles: Duration::ZERO, ..self },
            Self { passed_roles: Duration::ZERO, ..self },
            Self { versioning: Duration::ZERO, ..self },
            Self { bucket_names: Duration::ZERO, ..self },
            Self { conflicts: 0, ..self },
            Self { long_migrations: false, ..self },
        ];
        weaker.into_iter().filter(move |other| *other != self)
    }

    pub(crate) fn dials(self) -> Dials {
        let lag = Lag { creations: self.creations, changes: self.changes };
        let secrets = Lag { creations: self.new_secrets, changes: self.other_secrets };
        Dials {
            staleness: Staleness::everywhere(lag).with(Service::Secrets, secrets),
            linked_roles: self.linked_roles,
            passed_roles: self.passed_roles,
            versioning: self.versioning,
            bucket_names: self.bucket_names,
            conflicts: self.conflicts,
            tasks: application::outcomes(self.long_migrations, false),
            ..Dials::default()
        }
    }
}
