//! The sandbox: one account behind a mutex, with its clock, its dials and its journal.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use tempfile::NamedTempFile;
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
use crate::services::{scheduler, secrets};
use crate::timing::Pace;

#[cfg(test)]
mod tests;

/// The file in the directory to which a sandbox is saved.
const FILE: &str = "aws.json";

/// A simulated AWS account. Clones share the same account.
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

/// The state of a sandbox at one moment, from which another sandbox can start.
#[derive(Clone, Debug)]
pub struct Snapshot(Cloud);

/// The initial settings of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The account and its Region.
    pub account: Account,
    /// The time at which the sandbox starts.
    pub beginning: Time,
    /// How long asynchronous changes take.
    pub pace: Pace,
    /// The adverse conditions to simulate.
    pub dials: Dials,
}

/// An error while a sandbox is saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The file cannot be read or written.
    #[error("{}", path.display())]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// The file does not contain a sandbox of this version.
    #[error("{} is not a sandbox of this version; use an empty directory", path.display())]
    Content {
        /// The path of the file.
        path: PathBuf,
        /// The JSON error.
        source: serde_json::Error,
    },
}

/// What the caller of a request receives.
#[derive(Debug)]
pub(crate) enum Delivery {
    Answer(Response<Bytes>),
    /// The head and the first part of the body.
    Truncated(Response<Bytes>),
    Reset,
    /// No answer, ever.
    Silence,
}

impl Sandbox {
    /// Creates an empty account.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let Settings { account, beginning, pace, dials } = settings;
        Self::with(Cloud::new(account, beginning, pace, dials))
    }

    /// Creates a sandbox from a snapshot, at the snapshot's time.
    #[must_use]
    pub fn from_snapshot(snapshot: &Snapshot, dials: Dials) -> Self {
        let mut cloud = snapshot.0.clone();
        cloud.dials = dials;
        Self::with(cloud)
    }

    /// Returns a copy of the current state.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.with_cloud(|cloud| cloud.clone()))
    }

    fn with(cloud: Cloud) -> Self {
        let clock = Clock::starting_at(cloud.now);
        let inner = Inner { cloud, clock, rates: Rates::default(), journal: Vec::new() };
        Self(Arc::new(Shared { inner: Mutex::new(inner), death: Notify::new() }))
    }

    /// Loads the sandbox that was saved to a directory; `None` when the directory contains none.
    ///
    /// # Errors
    /// When the file cannot be read, or is not a sandbox of this version.
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

    /// Saves the sandbox to a directory. The file contains its secrets in clear text.
    ///
    /// # Errors
    /// When the file cannot be written; the previous file stays.
    pub fn save(&self, directory: &Path) -> Result<(), SandboxError> {
        let path = directory.join(FILE);
        let text = self.with_cloud(|cloud| serde_json::to_vec(cloud));
        let text = text.map_err(|source| SandboxError::Content { path: path.clone(), source })?;
        let write = || {
            fs::create_dir_all(directory)?;
            // Only its owner can read a temporary file.
            let mut fresh = NamedTempFile::new_in(directory)?;
            fresh.write_all(&text)?;
            fresh.persist(&path).map(drop).map_err(io::Error::from)
        };
        write().map_err(|source| SandboxError::File { path: path.clone(), source })
    }

    /// Replaces the dials. The sequence of ids continues; the journal, the number of the next call and
    /// the rate limits start again.
    pub fn turn(&self, dials: Dials) {
        let mut inner = self.lock();
        inner.cloud.dials = dials;
        inner.rates = Rates::default();
        inner.journal.clear();
    }

    /// Makes RDS offer a version of Aurora PostgreSQL, even if AWS does not.
    pub fn offer_engine_version(&self, version: &str) {
        self.lock().cloud.rds.offer(version);
    }

    /// Sets the pace of asynchronous changes that start from now on.
    pub fn set_pace(&self, pace: Pace) {
        self.lock().cloud.pace = pace;
    }

    /// The number of calls since the dials were last set.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.lock().journal.len()
    }

    /// Issues a certificate with an ARN that is known from elsewhere, such as from a plan. A
    /// certificate that was requested with this ARN is issued unchanged.
    pub fn issue_certificate(&self, arn: &str) {
        self.with_cloud(|cloud| cloud.acm.issue(arn, cloud.now));
    }

    /// Adds the DNS records that validate a domain and its subdomains. Certificates that are requested
    /// for them are issued after a delay.
    pub fn validate_domain(&self, domain: &str) {
        self.with_cloud(|cloud| cloud.acm.validate(domain, cloud.now));
    }

    /// Adds a parameter of SSM Parameter Store that a plan assumes to exist. Its value is empty of meaning.
    pub fn add_parameter(&self, name: &str) {
        self.with_cloud(|cloud| cloud.ssm.add(name, cloud.now));
    }

    /// Adds a secret that a plan assumes to exist. Its value is a JSON object with these keys, or a text if there
    /// are none, and says nothing. A secret that a caller created stays as it is.
    pub fn add_secret(&self, name: &str, keys: &BTreeSet<String>) {
        self.with_cloud(|cloud| secrets::assume(cloud, name, keys));
    }

    /// Starts the task of a schedule, as when its time has come.
    ///
    /// # Errors
    /// The refusal of EventBridge Scheduler or of ECS.
    pub fn run_schedule(&self, group: &str, name: &str) -> Result<(), String> {
        let invoked = self.with_cloud(|cloud| scheduler::invoke(cloud, group, name));
        invoked.map_err(|refusal| format!("{}: {}", refusal.code, refusal.message))
    }

    /// Adds a customer managed policy that a plan names as a permissions boundary.
    pub fn add_boundary(&self, arn: &str) {
        self.lock().cloud.iam.add_boundary(arn);
    }

    /// Makes RDS offer a class of instances, even if AWS does not.
    pub fn offer_class(&self, class: &str) {
        self.lock().cloud.rds.offer_class(class);
    }

    /// Makes RDS offer a library for `shared_preload_libraries`, even if AWS does not.
    pub fn offer_library(&self, library: &str) {
        self.lock().cloud.rds.offer_library(library);
    }

    /// The first database of each cluster with its master user. A PostgreSQL server beside the sandbox
    /// has to serve them.
    #[must_use]
    pub fn databases(&self) -> Vec<(String, String)> {
        self.lock().cloud.rds.databases()
    }

    /// Makes another role or user of the account the caller of all calls from now on.
    pub fn call_as(&self, caller: &str) {
        self.lock().cloud.account.caller = caller.to_owned();
    }

    /// The calls since the dials were last set.
    #[must_use]
    pub fn journal(&self) -> Vec<Call> {
        self.lock().journal.clone()
    }

    /// Lists all resources that exist now.
    #[must_use]
    pub fn inventory(&self) -> Vec<Item> {
        self.with_cloud(|cloud| cloud.inventory())
    }

    /// The account and its Region.
    #[must_use]
    pub fn account(&self) -> Account {
        self.lock().cloud.account.clone()
    }

    /// Moves the clock forward to a time, as if the sandbox had been left alone until then. A clock that is
    /// already later stays as it is.
    pub fn advance_to(&self, time: Time) {
        let mut inner = self.lock();
        let now = inner.clock.now().max(time);
        inner.clock = Clock::starting_at(now);
        inner.cloud.run_until(now);
    }

    /// The current time of the sandbox.
    #[must_use]
    pub fn now(&self) -> Time {
        self.lock().clock.now()
    }

    /// Reads or changes the cloud directly, after all events that are due have run.
    pub(crate) fn with_cloud<T>(&self, look: impl FnOnce(&mut Cloud) -> T) -> T {
        let mut inner = self.lock();
        let now = inner.clock.now();
        inner.cloud.run_until(now);
        look(&mut inner.cloud)
    }

    /// A sandbox with the state that this one will have after some time.
    #[cfg(test)]
    pub(crate) fn later(&self, time: Duration) -> Self {
        let Snapshot(mut cloud) = self.snapshot();
        cloud.run_until(cloud.now + time);
        Self::with(cloud)
    }

    /// The last call that was answered.
    #[cfg(test)]
    pub(crate) fn last_call(&self) -> Option<Call> {
        self.lock().journal.last().cloned()
    }

    /// Waits until [`Fault::DeathBefore`] or [`Fault::DeathAfter`] occurs.
    pub async fn death(&self) {
        self.0.death.notified().await;
    }

    /// The latency of this request.
    pub(crate) fn latency(&self, request: &Request<Bytes>) -> Duration {
        if !self.lock().cloud.dials.latency {
            return Duration::ZERO;
        }
        protocol::target(request).map_or(Duration::ZERO, |target| latency::of(target.service, &target.operation))
    }

    /// Performs a request and returns what the caller receives.
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
        inner.receive(&target, request, fault)
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
        let refuse = |refusal: &Refusal| dated(protocol::refuse(target, request, refusal, &id), now);
        let is_throttled = |inner: &mut Self| !inner.rates.take(target.service, &target.operation, request.body(), now);
        let refusal = match fault {
            Some(Fault::ErrorBefore | Fault::ResetBefore | Fault::DeathBefore) => {
                self.record(target, Outcome::LostBefore);
                return match fault {
                    Some(Fault::ErrorBefore) => Delivery::Answer(refuse(&internal_error())),
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
            return Delivery::Answer(refuse(&refusal));
        }
        let answer = match protocol::perform(&mut self.cloud, target, request, &id) {
            Ok(Done { answer, unread }) => {
                let outcome = if fault.is_some() { Outcome::LostAfter } else { Outcome::Done };
                self.record(target, outcome);
                let mut faults: Vec<String> =
                    unread.iter().map(|place| format!("{place} is not read by the operation")).collect();
                if self.cloud.dials.checks {
                    faults.extend(model::faults(target.service, &target.operation, &answer));
                }
                if let Some(call) = self.journal.last_mut() {
                    call.faults = faults;
                }
                dated(answer, now)
            }
            Err(refusal) => {
                self.record(target, Outcome::Refused(refusal.code.to_string()));
                refuse(&refusal)
            }
        };
        match fault {
            Some(Fault::ErrorAfter) => Delivery::Answer(refuse(&internal_error())),
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

/// Adds the time of the answer, as AWS does to every answer. Source: RFC 9110, section 6.6.1, `Date`.
fn dated(mut answer: Response<Bytes>, now: Time) -> Response<Bytes> {
    if let Ok(date) = HeaderValue::from_str(&now.http_date()) {
        answer.headers_mut().insert(http::header::DATE, date);
    }
    answer
}

fn internal_error() -> Refusal {
    Refusal::new("InternalError", "An internal error has occurred").status(500)
}
