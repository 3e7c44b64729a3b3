//! How a session reaches AWS and PostgreSQL, and how long it waits.

use crate::aws::AwsOptions;
use crate::lease::LeaseOptions;
use crate::postgres::PostgresOptions;
use crate::retry_policy::RetryPolicy;
use tokio_util::sync::CancellationToken;

/// Connections to AWS and PostgreSQL, with their timeouts.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How to reach AWS. The Region always comes from the plan, not from here.
    pub aws: AwsOptions,
    /// How to reach PostgreSQL.
    pub postgres: PostgresOptions,
    /// Pauses between polls, and the timeouts.
    pub retry_policy: RetryPolicy,
    /// How long the lease of this run lasts.
    pub lease: LeaseOptions,
    /// Cancels the run, at any time and from any task. A cancelled run starts no new step, finishes the calls
    /// in progress, and does not wait for background work of AWS.
    pub stop: CancellationToken,
}
