//! Which reads are stale in the scenarios and schedules, and in what.

use std::time::Duration;

use saas_sandbox::{Lag, Service, Staleness};

/// The services of which reads do not show for a while what was made.
const STALE: [Service; 7] =
    [Service::Ec2, Service::Ecs, Service::Elb, Service::Iam, Service::Rds, Service::Scaling, Service::Tagging];

/// The longest that AWS documents: `ListSecrets` "might not reflect changes from the last five
/// minutes".
pub(crate) const LONGEST: Duration = Duration::from_secs(300);

/// How far staleness reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Reads do not show what was changed or deleted, either.
    pub(crate) changes: bool,
    /// Listings of log groups, buckets and secrets are stale, too, those of secrets for up to
    /// [`LONGEST`].
    pub(crate) listings: bool,
}

impl Reach {
    /// What is stale when something new is not seen for `window`, and a secret not for `secrets`.
    pub(crate) fn staleness(self, window: Duration, secrets: Duration) -> Staleness {
        let lag = if self.changes { Lag::of(window) } else { Lag::of_creations(window) };
        let stale = STALE.into_iter().fold(Staleness::default(), |all, service| all.with(service, lag));
        if !self.listings {
            return stale;
        }
        let lag_of = |time| if self.changes { Lag::of(time) } else { Lag::of_creations(time) };
        stale.with(Service::Logs, lag).with(Service::S3, lag).with(Service::Secrets, lag_of(secrets))
    }
}
