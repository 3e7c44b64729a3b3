//! The planner: computes a plan from a spec and its lock, the differences between two plans, and
//! findings about AWS quotas and capacity.
//!
//! Everything here is a pure function: no clock, no environment, no files, no randomness, and no
//! collection with an unstable iteration order (`clippy.toml` enforces it). The same input gives the
//! same bytes on every machine.
//!
//! `saas-cli` reads and writes files; `saas-executor` talks to AWS.

mod addresses;
mod bucket_policy;
mod collision;
mod control;
mod database;
pub mod diff;
pub mod findings;
mod ingress;
mod network;
mod owner;
mod plan;
mod reach;
mod recover;
mod secret_policy;
mod shards;
mod statement;
mod tenant;

pub use collision::{Collision, NameSpace};
pub use diff::{PlanDiff, diff};
pub use findings::{Capacity, Finding, Severity, capacity, findings};
pub use plan::{Planned, PlanningError, PlanningProblem, demands, plan};
pub use recover::recovered_lock;
