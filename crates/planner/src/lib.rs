//! The planner: from a spec and its lock to the plan, from two plans to what differs, and from a
//! plan to what AWS would not like about it.
//!
//! Everything here is a pure function: no clock, no environment, no files, no randomness, and no
//! collection whose order is not its content's (`clippy.toml` holds this). The same input gives
//! the same bytes on every machine.
//!
//! It does not read or write files (that is `saas-cli`), nor does it look at AWS (that is
//! `saas-executor`).

mod addresses;
mod collision;
mod control;
mod database;
pub mod diff;
pub mod findings;
mod ingress;
mod network;
mod owner;
mod plan;
mod recover;
mod shards;
mod statement;
mod tenant;

pub use collision::{Collision, NameSpace};
pub use diff::{PlanDiff, diff};
pub use findings::{Finding, Room, Severity, findings, room};
pub use plan::{Planned, PlanningError, PlanningProblem, plan};
pub use recover::recovered_lock;
