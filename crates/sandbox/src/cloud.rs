//! One account in one region: the state of all its services.
//!
//! Operations change it and look at it and nothing else: they do no I/O, and the time is what
//! [`Cloud::now`] says.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::agenda::Agenda;
use crate::clock::Time;
use crate::dials::Dials;
use crate::eventual::{Versioned, View};
use crate::ids::Ids;
use crate::inventory::Item;
use crate::regions;
use crate::services::consistency::Consistency;
use crate::services::{self, Event, Service, acm, ec2, ecs, elb, iam, logs, rds, s3, scaling, secrets};
use crate::tags::Tags;
use crate::timing::Pace;

/// Whose cloud it is, and who calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The twelve digits of the account.
    pub id: String,
    /// The region, such as `us-east-1`.
    pub region: String,
    /// The ARN of the IAM role or user that makes all calls.
    pub caller: String,
}

impl Account {
    /// The account of AWS's documentation in a Region, with a role that makes all calls.
    #[must_use]
    pub fn example(region: &str) -> Self {
        let account = Self { id: "123456789012".to_owned(), region: region.to_owned(), caller: String::new() };
        Self { caller: account.global_arn("iam", "role/saas-provisioner"), ..account }
    }

    /// The name of the partition that the region is in.
    pub(crate) fn partition(&self) -> &'static str {
        regions::partition(&self.region).name
    }

    /// What the names of hosts in the region end with.
    pub(crate) fn dns_suffix(&self) -> &'static str {
        regions::partition(&self.region).dns_suffix
    }

    /// The ARN of something in this region: `arn:<partition>:<service>:<region>:<account>:<rest>`.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition(), self.region, self.id)
    }

    /// The ARN of something of this account in no region: `arn:<partition>:<service>::<account>:<rest>`.
    pub(crate) fn global_arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}::{}:{rest}", self.partition(), self.id)
    }

    /// The ARN of a bucket, which is in no account and no region.
    pub(crate) fn bucket_arn(&self, bucket: &str) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition())
    }

    /// The ARN of a managed policy of AWS.
    pub(crate) fn managed_policy_arn(&self, policy: &str) -> String {
        format!("arn:{}:iam::aws:policy/{policy}", self.partition())
    }

    /// The zones that the region has; a new account sees a part of some regions' zones, which is not
    /// modelled. Source: AWS Regions and Availability Zones User Guide, "AWS Availability Zones".
    pub(crate) fn zones(&self) -> impl Iterator<Item = String> + '_ {
        regions::zones(&self.region).chars().map(|letter| format!("{}{letter}", self.region))
    }
}

/// All that is in the account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cloud {
    pub(crate) account: Account,
    /// The time of the call that is being answered.
    pub(crate) now: Time,
    pub(crate) pace: Pace,
    /// How unkind it is.
    #[serde(skip)]
    pub(crate) dials: Dials,
    pub(crate) ids: Ids,
    agenda: Agenda,
    pub(crate) acm: acm::State,
    pub(crate) ec2: ec2::State,
    pub(crate) ecs: ecs::State,
    pub(crate) elb: elb::State,
    pub(crate) iam: iam::State,
    pub(crate) logs: logs::State,
    pub(crate) rds: rds::State,
    pub(crate) s3: s3::State,
    pub(crate) scaling: scaling::State,
    pub(crate) secrets: secrets::State,
}

impl Cloud {
    /// An account that is new.
    pub(crate) fn new(account: Account, now: Time, pace: Pace, dials: Dials) -> Self {
        Self {
            account,
            now,
            pace,
            ids: Ids::new(dials.seed),
            dials,
            agenda: Agenda::default(),
            acm: acm::State::default(),
            ec2: ec2::State::default(),
            ecs: ecs::State::default(),
            elb: elb::State::default(),
            iam: iam::State::default(),
            logs: logs::State::default(),
            rds: rds::State::default(),
            s3: s3::State::default(),
            scaling: scaling::State::default(),
            secrets: secrets::State::default(),
        }
    }

    /// Plans that something happens after a time that AWS takes for it (see [`crate::timing`]).
    pub(crate) fn later(&mut self, delay: Duration, event: impl Into<Event>) {
        let at = self.now + self.pace.stretch(delay);
        self.agenda.add(at, event.into());
    }

    /// Plans that something happens after a time that is promised rather than taken, such as the
    /// days for which a deleted secret can be restored: no pace shortens it.
    pub(crate) fn in_exactly(&mut self, delay: Duration, event: impl Into<Event>) {
        self.agenda.add(self.now + delay, event.into());
    }

    /// Lets happen what is due at `now`, each at its own time.
    pub(crate) fn run_until(&mut self, now: Time) {
        self.settle();
        while let Some((time, events)) = self.agenda.due(now) {
            self.now = time;
            events.into_iter().for_each(|event| services::handle(self, event));
            self.settle();
        }
        self.now = now;
    }

    /// Ends a moment: what has changed in it is from now on a change of the past.
    fn settle(&mut self) {
        let now = self.now;
        for service in Service::ALL {
            self.collections(service).into_iter().for_each(|collection| collection.settle(now));
        }
    }

    /// Takes what is there for what has always been there.
    #[cfg(test)]
    pub(crate) fn forget(&mut self) {
        for service in Service::ALL {
            self.collections(service).into_iter().for_each(Versioned::forget);
        }
    }

    /// What a service remembers of its resources. The services that have none tell of those of others.
    fn collections(&mut self, service: Service) -> Vec<&mut dyn Versioned> {
        (service.descriptor().collections)(self)
    }

    /// Whether a service knows already what happened at a moment, where that is no creation of an item
    /// of its own: an attachment, the end of something.
    pub(crate) fn knows(&self, service: Service, happened: Time) -> bool {
        self.now.since(happened) >= self.dials.staleness.of(service).creations
    }

    /// What reads of a service see now.
    pub(crate) fn view(&self, service: Service) -> View {
        View::new(self.now, self.dials.staleness.of(service))
    }

    /// Performs an operation. One that may be stale sees the resources of its service as they were.
    pub(crate) fn perform<T>(&mut self, service: Service, operation: &str, perform: impl FnOnce(&mut Self) -> T) -> T {
        let stale = match (service.descriptor().consistency)(operation) {
            _ if self.dials.staleness.of(service).is_none() => Vec::new(),
            Some(Consistency::EventualEverywhere) => Service::ALL.to_vec(),
            Some(Consistency::Eventual) => vec![service],
            Some(Consistency::Strong) | None => Vec::new(),
        };
        let view = self.view(service);
        for stale in &stale {
            self.collections(*stale).into_iter().for_each(|collection| collection.enter(view));
        }
        let answer = perform(self);
        for stale in &stale {
            self.collections(*stale).into_iter().for_each(|collection| collection.leave());
        }
        answer
    }

    /// Everything that exists.
    pub(crate) fn inventory(&self) -> Vec<Item> {
        let mut items = Vec::new();
        Service::ALL.into_iter().for_each(|service| (service.descriptor().inventory)(self, &mut items));
        items.sort();
        items
    }

    /// Everything that has tags, by ARN.
    pub(crate) fn tagged(&self) -> BTreeMap<String, &Tags> {
        let all = Service::ALL.into_iter().flat_map(|service| (service.descriptor().tagged)(self));
        all.filter(|(_, tags)| !tags.is_empty()).collect()
    }
}
