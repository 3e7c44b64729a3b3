//! The sandbox itself: one account behind a lock, its clock, its dials and its journal.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use tokio::sync::Notify;

use crate::clock::{Clock, Time};
use crate::cloud::{Account, Cloud};
use crate::dials::{Dials, Fault};
use crate::inventory::Item;
use crate::journal::{Call, Outcome};
use crate::latency;
use crate::model;
use crate::protocol::{self, Done, Target};
use crate::rates::Rates;
use crate::refusal::Refusal;
use crate::timing::Pace;

#[cfg(test)]
mod tests;

/// The file in a directory in which a sandbox is kept.
const FILE: &str = "aws.json";

/// An AWS account of one's own. Clones are the same account.
#[derive(Clone, Debug)]
pub struct Sandbox(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    death: Notify,
}

#[derive(Debug)]
struct Inner {
    cloud: Cloud,
    clock: Clock,
    rates: Rates,
    journal: Vec<Call>,
}

/// What was in a sandbox at one time, to begin with again.
#[derive(Clone, Debug)]
pub struct Snapshot(Cloud);

/// What a new sandbox is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whose it is.
    pub account: Account,
    /// When it begins.
    pub beginning: Time,
    /// How fast things that take time happen.
    pub pace: Pace,
    /// How unkind it is.
    pub dials: Dials,
}

/// A sandbox that cannot be kept, or cannot be taken up again.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Its file cannot be read or written.
    #[error("{}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its file is not a sandbox's.
    #[error("{} is not a sandbox of this version; start another in an empty directory", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

/// What comes back to who called.
#[derive(Debug)]
pub(crate) enum Delivery {
    Answer(Response<Bytes>),
    /// The head and a part of the body.
    Truncated(Response<Bytes>),
    Reset,
    /// Nothing, ever.
    Silence,
}

impl Sandbox {
    /// An account in which there is nothing yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let Settings { account, beginning, pace, dials } = settings;
        Self::with(Cloud::new(account, beginning, pace, dials))
    }

    /// Another that begins with what was in one, at the same time.
    #[must_use]
    pub fn from_snapshot(snapshot: &Snapshot, dials: Dials) -> Self {
        let mut cloud = snapshot.0.clone();
        cloud.dials = dials;
        Self::with(cloud)
    }

    /// What is in it now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.with_cloud(|cloud| cloud.clone()))
    }

    fn with(cloud: Cloud) -> Self {
        let clock = Clock::starting_at(cloud.now);
        let inner = Inner { cloud, clock, rates: Rates::default(), journal: Vec::new() };
        Self(Arc::new(Shared { inner: Mutex::new(inner), death: Notify::new() }))
    }

    /// Takes up the sandbox that was kept in a directory; `None` when there is none.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn load(directory: &Path, dials: Dials) -> Result<Option<Self>, SandboxError> {
        let path = directory.join(FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(SandboxError::File { path, source }),
        };
        let cloud = serde_json::from_slice(&text).map_err(|source| SandboxError::Content { path, source })?;
        Ok(Some(Self::from_snapshot(&Snapshot(cloud), dials)))
    }

    /// Keeps the sandbox in a directory. The secrets in it are in the file as they are.
    ///
    /// # Errors
    /// When the file cannot be written; what was kept before stays.
    pub fn save(&self, directory: &Path) -> Result<(), SandboxError> {
        let path = directory.join(FILE);
        let text = self.with_cloud(|cloud| serde_json::to_vec(cloud));
        let text = text.map_err(|source| SandboxError::Content { path: path.clone(), source })?;
        let fresh = directory.join(format!("{FILE}.new"));
        let write = || {
            fs::create_dir_all(directory)?;
            fs::write(&fresh, text)?;
            fs::rename(&fresh, &path)
        };
        write().map_err(|source| SandboxError::File { path: path.clone(), source })
    }

    /// Turns the dials. Ids go on as they began; the number of a call starts again at 0.
    pub fn turn(&self, dials: Dials) {
        let mut inner = self.lock();
        inner.cloud.dials = dials;
        inner.rates = Rates::default();
        inner.journal.clear();
    }

    /// Has RDS offer a version of Aurora PostgreSQL, whatever AWS offers.
    pub fn offer_engine_version(&self, version: &str) {
        self.lock().cloud.rds.offer(version);
    }

    /// Has things that take time happen at this pace from now on.
    pub fn set_pace(&self, pace: Pace) {
        self.lock().cloud.pace = pace;
    }

    /// How many calls there were since the dials were last turned.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.lock().journal.len()
    }

    /// Has ACM issue a certificate under an ARN that is known from elsewhere, such as from a plan; one
    /// that was requested under it is issued as it is.
    pub fn issue_certificate(&self, arn: &str) {
        self.with_cloud(|cloud| cloud.acm.issue(arn, cloud.now));
    }

    /// Has DNS prove a domain and all beneath it, so that certificates which are requested for them are
    /// issued after a while.
    pub fn validate_domain(&self, domain: &str) {
        self.with_cloud(|cloud| cloud.acm.validate(domain, cloud.now));
    }

    /// Has RDS offer a class of instances, whatever AWS offers.
    pub fn offer_class(&self, class: &str) {
        self.lock().cloud.rds.offer_class(class);
    }

    /// Has RDS offer a library that servers load at their start, whatever AWS offers.
    pub fn offer_library(&self, library: &str) {
        self.lock().cloud.rds.offer_library(library);
    }

    /// The first database of each cluster, and its administrator: what a PostgreSQL beside it has to serve.
    #[must_use]
    pub fn databases(&self) -> Vec<(String, String)> {
        self.lock().cloud.rds.databases()
    }

    /// Has another user or role of the account make the calls from now on.
    pub fn call_as(&self, caller: &str) {
        self.lock().cloud.account.caller = caller.to_owned();
    }

    /// The calls since the dials were last turned.
    #[must_use]
    pub fn journal(&self) -> Vec<Call> {
        self.lock().journal.clone()
    }

    /// Everything that exists now.
    #[must_use]
    pub fn inventory(&self) -> Vec<Item> {
        self.with_cloud(|cloud| cloud.inventory())
    }

    /// Whose it is.
    #[must_use]
    pub fn account(&self) -> Account {
        self.lock().cloud.account.clone()
    }

    /// What time it is in it.
    #[must_use]
    pub fn now(&self) -> Time {
        self.lock().clock.now()
    }

    /// Looks into the cloud, or arranges something in it, at the time that it is.
    pub(crate) fn with_cloud<T>(&self, look: impl FnOnce(&mut Cloud) -> T) -> T {
        let mut inner = self.lock();
        let now = inner.clock.now();
        inner.cloud.run_until(now);
        look(&mut inner.cloud)
    }

    /// Another that begins with what will be in this one after some time.
    #[cfg(test)]
    pub(crate) fn later(&self, time: Duration) -> Self {
        let Snapshot(mut cloud) = self.snapshot();
        cloud.run_until(cloud.now + time);
        Self::with(cloud)
    }

    /// The call that was answered last.
    #[cfg(test)]
    pub(crate) fn last_call(&self) -> Option<Call> {
        self.lock().journal.last().cloned()
    }

    /// Waits until [`Fault::DeathBefore`] or [`Fault::DeathAfter`] strikes.
    pub async fn death(&self) {
        self.0.death.notified().await;
    }

    /// How long the call of this request takes.
    pub(crate) fn latency(&self, request: &Request<Bytes>) -> Duration {
        if !self.lock().cloud.dials.latency {
            return Duration::ZERO;
        }
        protocol::target(request).map_or(Duration::ZERO, |target| latency::of(target.service, &target.operation))
    }

    /// Takes a request and gives what comes back of it.
    pub(crate) fn receive(&self, request: &Request<Bytes>) -> Delivery {
        let mut inner = self.lock();
        let target = match protocol::target(request) {
            Ok(target) => target,
            Err(text) => {
                let mut response = Response::new(Bytes::from(text));
                *response.status_mut() = http::StatusCode::NOT_IMPLEMENTED;
                return Delivery::Answer(response);
            }
        };
        let fault = inner.cloud.dials.fault(inner.journal.len() as u64);
        if matches!(fault, Some(Fault::DeathBefore | Fault::DeathAfter)) {
            self.0.death.notify_one();
        }
        let delivery = inner.receive(&target, request, fault);
        let now = inner.cloud.now;
        match delivery {
            Delivery::Answer(answer) => Delivery::Answer(dated(answer, now)),
            Delivery::Truncated(answer) => Delivery::Truncated(dated(answer, now)),
            nothing @ (Delivery::Reset | Delivery::Silence) => nothing,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn receive(&mut self, target: &Target, request: &Request<Bytes>, fault: Option<Fault>) -> Delivery {
        let id = format!("sandbox-{:08}", self.journal.len());
        let now = self.clock.now();
        self.cloud.run_until(now);
        let refuse = |refusal: &Refusal| Delivery::Answer(protocol::refuse(target, request, refusal, &id));
        let is_throttled = |inner: &mut Self| !inner.rates.take(target.service, &target.operation, request.body(), now);
        let refusal = match fault {
            Some(Fault::ErrorBefore | Fault::ResetBefore | Fault::DeathBefore) => {
                self.record(target, Outcome::LostBefore);
                return match fault {
                    Some(Fault::ErrorBefore) => refuse(&internal_error()),
                    Some(Fault::ResetBefore) => Delivery::Reset,
                    _ => Delivery::Silence,
                };
            }
            Some(Fault::AccessDenied) => Some(target.service.access_denied()),
            Some(Fault::Throttled) => Some(target.service.throttled()),
            _ if self.cloud.dials.rates && is_throttled(self) => Some(target.service.throttled()),
            _ => None,
        };
        if let Some(refusal) = refusal {
            self.record(target, Outcome::Refused(refusal.code.to_string()));
            return refuse(&refusal);
        }
        let answer = match protocol::perform(&mut self.cloud, target, request, &id) {
            Ok(Done { answer, unread }) => {
                let outcome = if fault.is_some() { Outcome::LostAfter } else { Outcome::Done };
                self.record(target, outcome);
                let mut faults: Vec<String> = unread.iter().map(|place| format!("{place} is not looked at")).collect();
                if self.cloud.dials.checks {
                    faults.extend(model::faults(target.service, &target.operation, &answer));
                }
                if let Some(call) = self.journal.last_mut() {
                    call.faults = faults;
                }
                answer
            }
            Err(refusal) => {
                self.record(target, Outcome::Refused(refusal.code.to_string()));
                protocol::refuse(target, request, &refusal, &id)
            }
        };
        match fault {
            Some(Fault::ErrorAfter) => refuse(&internal_error()),
            Some(Fault::ResetAfter) => Delivery::Reset,
            Some(Fault::Truncated) => Delivery::Truncated(answer),
            Some(Fault::Silence | Fault::DeathAfter) => Delivery::Silence,
            _ => Delivery::Answer(answer),
        }
    }

    fn record(&mut self, target: &Target, outcome: Outcome) {
        let Target { service, operation, key } = target.clone();
        self.journal.push(Call { at: self.cloud.now, key, service, operation, outcome, faults: Vec::new() });
    }
}

/// Every answer of AWS says when it was given. Source: RFC 9110, section 6.6.1, `Date`.
fn dated(mut answer: Response<Bytes>, now: Time) -> Response<Bytes> {
    if let Ok(date) = HeaderValue::from_str(&now.http_date()) {
        answer.headers_mut().insert(http::header::DATE, date);
    }
    answer
}

fn internal_error() -> Refusal {
    Refusal::new("InternalError", "An internal error has occurred").status(500)
}
