//! How a session reaches AWS and PostgreSQL, and how long it waits.

use saas_prover::Certificate;
use tokio_util::sync::CancellationToken;

use crate::aws::AwsOptions;
use crate::lease::LeaseOptions;
use crate::postgres::PostgresOptions;
use crate::retry_policy::RetryPolicy;

/// Connections to AWS and PostgreSQL, with their timeouts.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How to reach AWS. The Region always comes from the plan, not from here.
    pub aws: AwsOptions,
    /// How to reach PostgreSQL.
    pub postgres: PostgresOptions,
    /// Pauses between polls, and the timeouts.
    pub retry_policy: RetryPolicy,
    /// A certificate that the plan isolates its tenants, which is then only checked; without one, the plan is
    /// proven.
    pub certificate: Option<Certificate>,
    /// How long the lease of this run lasts.
    pub lease: LeaseOptions,
    /// Cancels the run, at any time and from any task. A cancelled run starts no new step, finishes the calls
    /// in progress, and does not wait for background work of AWS.
    pub stop: CancellationToken,
}
