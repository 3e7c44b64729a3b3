//! What a rehearsal found, as plain data, which its caller fills in.

use saas_model::{Address, Digest};
use serde::Serialize;

/// The facts of a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rehearsed {
    /// The digest of the change set, which `saas apply --approve` takes.
    pub change_set: Digest,
    /// Whether the apply succeeded, a second one changed nothing, and a destroy left nothing behind.
    pub clean: bool,
    /// The duration on AWS, in seconds.
    pub seconds: u64,
    /// The longest chain of steps, in order.
    pub chain: Vec<Step>,
    /// All steps, in the order in which they began.
    pub steps: Vec<Span>,
    /// The number of changing calls.
    pub calls: usize,
    /// How many of them keep the lease.
    pub lease_calls: usize,
    /// The lower bounds of the duration by AWS's rates, the highest first.
    pub floors: Vec<Floor>,
    /// The deleted or replaced resources that hold data.
    pub data_lost: Vec<Address>,
    /// The warnings.
    pub warnings: Vec<String>,
    /// The warnings that concern the live plan as well.
    pub warnings_before: Vec<String>,
    /// What failed, one line each.
    pub failures: Vec<String>,
}

/// A step of the longest chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The node.
    pub address: Address,
    /// What is done, such as `create`.
    pub verb: String,
    /// The duration in seconds.
    pub seconds: u64,
}

/// A step with its time, in milliseconds after the apply began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The node.
    pub address: Address,
    /// What is done, such as `create`.
    pub verb: String,
    /// When it began.
    pub began_millis: u64,
    /// When it ended.
    pub ended_millis: u64,
    /// Whether it is a step of the longest chain.
    pub on_chain: bool,
}

/// A lower bound of the duration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Floor {
    /// The calls, such as `Ecs, RegisterTaskDefinition`.
    pub what: String,
    /// Their number.
    pub calls: u64,
    /// The duration in seconds.
    pub seconds: u64,
    /// Whether AWS does not publish the rate.
    pub assumed: bool,
}
