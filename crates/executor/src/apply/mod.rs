//! From the live state to the planned one: the change set, its steps, and their execution.

pub(crate) mod blockers;
pub mod change_set;
pub(crate) mod diff;
pub(crate) mod graph;
pub(crate) mod order;
pub(crate) mod protection;
pub(crate) mod run;
pub(crate) mod scheduler;
pub(crate) mod scope;
