//! One account in one Region: the state of all its services.
//!
//! Operations read and change this state and do nothing else: they do no I/O, and the current time is
//! [`Cloud::now`].

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
use crate::services::{self, Event, Service, acm, ec2, ecs, elb, iam, logs, rds, s3, scaling, scheduler, secrets, ssm};
use crate::tags::Tags;
use crate::timing::Pace;

/// The account of the cloud, and the principal that calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account id, of twelve digits.
    pub id: String,
    /// The Region, such as `us-east-1`.
    pub region: String,
    /// The ARN of the IAM role or user that makes all calls.
    pub caller: String,
}

impl Account {
    /// The example account of AWS's documentation in a Region, with a role as the caller.
    #[must_use]
    pub fn example(region: &str) -> Self {
        let account = Self { id: "123456789012".to_owned(), region: region.to_owned(), caller: String::new() };
        Self { caller: account.global_arn("iam", "role/saas-provisioner"), ..account }
    }

    /// The name of the partition of the Region.
    pub(crate) fn partition(&self) -> &'static str {
        regions::partition(&self.region).name
    }

    /// The suffix of host names in the Region.
    pub(crate) fn dns_suffix(&self) -> &'static str {
        regions::partition(&self.region).dns_suffix
    }

    /// The ARN of a regional resource: `arn:<partition>:<service>:<region>:<account>:<rest>`.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition(), self.region, self.id)
    }

    /// The ARN of a global resource of this account: `arn:<partition>:<service>::<account>:<rest>`.
    pub(crate) fn global_arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}::{}:{rest}", self.partition(), self.id)
    }

    /// The ARN of a bucket, which names neither an account nor a Region.
    pub(crate) fn bucket_arn(&self, bucket: &str) -> String {
        format!("arn:{}:s3:::{bucket}", self.partition())
    }

    /// The ARN of an AWS managed policy.
    pub(crate) fn managed_policy_arn(&self, policy: &str) -> String {
        format!("arn:{}:iam::aws:policy/{policy}", self.partition())
    }

    /// The Availability Zones of the Region. In some Regions a new account sees fewer of them, which is
    /// not modelled. Source: AWS Regions and Availability Zones User Guide, "AWS Availability Zones".
    pub(crate) fn zones(&self) -> impl Iterator<Item = String> + '_ {
        regions::zones(&self.region).chars().map(|letter| format!("{}{letter}", self.region))
    }
}

/// The whole state of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cloud {
    pub(crate) account: Account,
    /// The time of the current call.
    pub(crate) now: Time,
    pub(crate) pace: Pace,
    /// The adverse conditions to simulate.
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
    pub(crate) scheduler: scheduler::State,
    pub(crate) secrets: secrets::State,
    pub(crate) ssm: ssm::State,
}

impl Cloud {
    /// Creates an empty account.
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
            scheduler: scheduler::State::default(),
            secrets: secrets::State::default(),
            ssm: ssm::State::default(),
        }
    }

    /// Schedules an event after the time that AWS takes for it (see [`crate::timing`]), adjusted to the
    /// pace.
    pub(crate) fn later(&mut self, delay: Duration, event: impl Into<Event>) {
        let at = self.now + self.pace.stretch(delay);
        self.agenda.add(at, event.into());
    }

    /// Schedules an event after a guaranteed time, such as the recovery window of a deleted secret. The
    /// pace does not shorten it.
    pub(crate) fn in_exactly(&mut self, delay: Duration, event: impl Into<Event>) {
        self.agenda.add(self.now + delay, event.into());
    }

    /// Runs all events that are due at `now`, each at its own time.
    pub(crate) fn run_until(&mut self, now: Time) {
        self.settle();
        while let Some((time, events)) = self.agenda.due(now) {
            self.now = time;
            events.into_iter().for_each(|event| services::handle(self, event));
            self.settle();
        }
        self.now = now;
    }

    /// Ends the current moment: records its changes in the history of the collections.
    fn settle(&mut self) {
        let now = self.now;
        for service in Service::ALL {
            self.collections(service).into_iter().for_each(|collection| collection.settle(now));
        }
    }

    /// Drops the history: reads see the current state as if it had always existed.
    #[cfg(test)]
    pub(crate) fn forget(&mut self) {
        for service in Service::ALL {
            self.collections(service).into_iter().for_each(Versioned::forget);
        }
    }

    /// The collections of a service that can be stale; none for a service that reads those of others.
    fn collections(&mut self, service: Service) -> Vec<&mut dyn Versioned> {
        (service.descriptor().collections)(self)
    }

    /// Whether a service has learned of an event other than the creation of an item, such as an
    /// attachment or the end of a resource.
    pub(crate) fn knows(&self, service: Service, happened: Time) -> bool {
        self.now.since(happened) >= self.dials.staleness.of(service).creations
    }

    /// What an eventually consistent read of a service sees now.
    pub(crate) fn view(&self, service: Service) -> View {
        View::new(self.now, self.dials.staleness.of(service))
    }

    /// Performs an operation. An eventually consistent operation sees the resources as they were.
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

    /// All resources that exist.
    pub(crate) fn inventory(&self) -> Vec<Item> {
        let mut items = Vec::new();
        Service::ALL.into_iter().for_each(|service| (service.descriptor().inventory)(self, &mut items));
        items.sort();
        items
    }

    /// All resources that have tags, by ARN.
    pub(crate) fn tagged(&self) -> BTreeMap<String, &Tags> {
        let all = Service::ALL.into_iter().flat_map(|service| (service.descriptor().tagged)(self));
        all.filter(|(_, tags)| !tags.is_empty()).collect()
    }
}
