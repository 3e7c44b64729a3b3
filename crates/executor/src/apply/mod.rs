//! From what is live to what is planned: the change set, its steps, and how they are run.

pub(crate) mod blockers;
pub mod change_set;
pub(crate) mod diff;
pub(crate) mod graph;
pub(crate) mod order;
pub(crate) mod protection;
pub(crate) mod run;
pub(crate) mod scheduler;
pub(crate) mod scope;
