//! Makes AWS and PostgreSQL equal to a saas plan, and proves it.
//!
//! The way is always the same: observe, compare, act, verify. There is no state file: AWS is the
//! state, and every resource is found again by what the plan says of it. This crate prints nothing;
//! it tells [`Event`](event::Event)s and returns values.

#![allow(async_fn_in_trait, reason = "the traits are private to this crate, and futures stay on one task")]

mod absence;
mod act;
mod answer_date;
pub mod aws;
mod blockers;
pub mod calls;
pub mod change_set;
mod compare;
mod context;
pub mod error;
pub mod event;
mod fence;
mod identity;
pub mod incomplete;
mod kinds;
pub mod lease;
pub mod live;
mod login;
mod look;
mod manage;
mod order;
mod out_of_reach;
pub mod postgres;
pub mod preflight;
mod protection;
mod provenance;
mod rates;
pub mod receipts;
mod rivals;
mod schedule;
mod scope;
mod session;
mod steps;
mod stop;
mod superseded;
mod tag_index;
#[cfg(test)]
mod testing;
mod unlabelled;
mod vanished;
pub mod verify;

pub use act::Acted;
pub use aws::AwsOptions;
pub use change_set::ChangeSet;
pub use compare::Intent;
pub use context::Pace;
pub use error::Error;
pub use identity::{Mismatch, PlatformIdentity};
pub use lease::{LeaseError, LeaseOptions};
pub use protection::{is_protected, protected_nodes};
pub use session::{Observation, Options, Session};
pub use steps::Tangle;
pub use stop::Stop;
pub use superseded::{PastApply, Since, Superseded};
