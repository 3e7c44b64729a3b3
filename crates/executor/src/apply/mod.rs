//! From the live state to the planned one: the change set, its approval, its steps, and their execution.

pub(crate) mod approval;
pub(crate) mod blockers;
pub mod change_set;
pub(crate) mod cycle;
pub(crate) mod diff;
pub(crate) mod execute;
#[cfg(test)]
mod execute_tests;
pub(crate) mod graph;
pub(crate) mod intent;
pub(crate) mod isolation;
pub(crate) mod last;
pub(crate) mod order;
pub(crate) mod propose;
pub(crate) mod protection;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod scheduler;
pub(crate) mod scope;
