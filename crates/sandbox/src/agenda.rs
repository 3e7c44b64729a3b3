//! What happens by itself later: a gateway becomes available, a task starts, a name is free again.

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::services::{ec2, ecs, elb, rds, secrets};

/// Something that happens without a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Happening {
    Ec2(ec2::Happening),
    Ecs(ecs::Happening),
    Elb(elb::Happening),
    Rds(rds::Happening),
    Secrets(secrets::Happening),
}

/// What is to happen, in the order in which it will; of one moment, in the order of its planning.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Agenda(Vec<(Time, Happening)>);

impl Agenda {
    pub(crate) fn add(&mut self, at: Time, happening: Happening) {
        let place = self.0.partition_point(|(time, _)| *time <= at);
        self.0.insert(place, (at, happening));
    }

    /// Takes out the first that is due.
    pub(crate) fn due(&mut self, now: Time) -> Option<(Time, Happening)> {
        let (time, _) = self.0.first()?;
        (*time <= now).then(|| self.0.remove(0))
    }
}
