//! Makes AWS and PostgreSQL match a saas plan, and verifies the result.
//!
//! Every run follows the same steps: list, compare, apply, verify. There is no state file: AWS is the
//! state, and the plan tells how to recognise each resource. This crate prints nothing; it emits
//! [`Event`](event::Event)s and returns values.

#![allow(async_fn_in_trait, reason = "the traits are private to this crate, and futures stay on one task")]

pub mod apply;
pub mod aws;
mod context;
pub mod error;
pub mod event;
mod identity;
pub mod lease;
mod login;
pub mod postgres;
pub mod preflight;
mod provider;
mod providers;
pub mod receipts;
mod session;
pub mod state;
mod stop;
mod superseded_plan;
#[cfg(test)]
mod testing;
pub mod verify;

pub use apply::change_set::ChangeSet;
pub use apply::diff::Intent;
pub use apply::graph::DependencyCycle;
pub use apply::protection::{is_protected, protected_nodes};
pub use apply::run::ApplyReport;
pub use aws::AwsOptions;
pub use context::RetryPolicy;
pub use error::Error;
pub use identity::{Mismatch, PlatformIdentity};
pub use lease::{LeaseError, LeaseOptions};
pub use session::{Observation, Options, Session};
pub use stop::Stop;
pub use superseded_plan::{LaterApply, PastApply, SupersededPlan};
