//! A strict, stateful simulation of AWS: the operations that provisioning a platform calls, in their
//! real wire protocols, with AWS's errors, delays, pagination and quotas.
//!
//! The sandbox implements the service side of the wire. It shares no types and no tables with the
//! programs that are tested against it. It authenticates no caller and stores secrets in clear text:
//! use it to rehearse, never to store real data.
//!
//! A [`Sandbox`] is used over HTTP ([`Sandbox::serve`]) or in process, as the HTTP client of the AWS
//! SDK ([`Sandbox::http_client`]). In process, tokio's paused clock lets hours of virtual time pass at
//! once.

mod agenda;
mod clock;
mod cloud;
mod dials;
mod eventual;
mod http_client;
mod ids;
mod input;
mod inventory;
mod journal;
mod latency;
mod model;
mod paging;
pub mod postgres;
mod protocol;
mod rates;
mod refusal;
mod regions;
mod sandbox;
mod serve;
mod services;
mod tags;
#[cfg(test)]
mod testing;
mod timing;
mod tokens;
mod words;
mod xml;

pub use clock::Time;
pub use cloud::Account;
pub use dials::{Dials, Fault, Faults, Lag, Staleness, TaskOutcome};
pub use inventory::Item;
pub use journal::{Call, Outcome};
pub use rates::{Floor, Source, floors};
pub use regions::is_known_region;
pub use sandbox::{Sandbox, SandboxError, Settings, Snapshot};
pub use serve::Served;
pub use services::Service;
pub use services::rds::unoffered as unoffered_engine_version;
pub use timing::Pace;
