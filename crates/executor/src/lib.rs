//! Makes AWS and PostgreSQL match a saas plan, and verifies the result.
//!
//! Every run follows the same steps: list, compare, apply, verify. There is no state file: AWS is the
//! state, and the plan tells how to recognise each resource. This crate prints nothing; it emits
//! [`Event`](event::Event)s and returns values.
//!
//! All operations are methods of [`Session`], and all of them return [`SessionError`]. A change set is applied
//! only after its approval: [`Proposal::approve`] refuses what would lose data without permission, and nothing
//! else creates the [`ApprovedChangeSet`] that [`Session::apply`] takes.
//!
//! ```no_run
//! use std::collections::BTreeSet;
//!
//! use saas_executor::event::Silent;
//! use saas_executor::{Approval, Intent, Options, Overrides, Session};
//! use saas_model::Plan;
//!
//! # async fn apply(review: impl Fn(&saas_executor::ChangeSet) -> bool) -> Result<(), Box<dyn std::error::Error>> {
//! let plan = Plan::decode(&std::fs::read("plan.msgpack")?)?;
//! let session = Session::open(&plan, Options::default(), &Silent).await;
//!
//! // Reads the lease, then lists what is live.
//! let baseline = session.baseline(Intent::Plan { deep: false }).await?;
//! session.preflight(baseline.observation(), &BTreeSet::new()).await?;
//!
//! // Refuses an older plan, unless an override allows it.
//! let proposal = session.propose(baseline, &Overrides::default()).await?;
//! if proposal.changes().is_empty() || !review(proposal.changes()) {
//!     return Ok(());
//! }
//!
//! // Refuses to lose the data of any other address.
//! let approval = Approval::of(proposal.changes().digest()).with_data_loss(["tenant/acme-corp".parse()?]);
//! let approved = proposal.approve(&approval)?;
//!
//! // Acquires the lease only if nothing has changed since, applies, verifies, and stores the receipt.
//! let report = session.apply(approved, |_| {}).await?;
//! assert!(report.is_complete(), "{report:#?}");
//! # Ok(())
//! # }
//! ```

#![allow(async_fn_in_trait, reason = "the traits are private to this crate, and futures stay on one task")]

pub mod apply;
pub mod aws;
mod baseline;
mod context;
pub mod error;
pub mod event;
mod identity;
pub mod lease;
mod login;
mod migration_failure;
mod observation;
mod options;
mod outputs;
mod passwords;
mod platform;
pub mod postgres;
pub mod preflight;
mod provider;
mod providers;
mod random;
pub mod receipts;
mod refusal;
mod retry_policy;
mod rollback;
mod session;
mod session_error;
pub mod state;
mod status;
mod superseded_plan;
mod task_output;
#[cfg(test)]
mod testing;
pub mod verify;

pub use apply::approval::{Approval, ApprovedChangeSet, ApprovedChanges, Overrides, Proposal};
pub use apply::change_set::ChangeSet;
pub use apply::cycle::DependencyCycle;
pub use apply::intent::Intent;
pub use apply::protection::protected_nodes;
pub use apply::report::{ApplyReport, Execution, FailedStep, Milestone, PhaseCalls};
pub use aws::AwsOptions;
pub use baseline::Baseline;
pub use error::Error;
pub use identity::{Mismatch, PlatformIdentity};
pub use lease::{LeaseError, LeaseOptions, PastApply};
pub use migration_failure::{MigrationFailure, TaskEnding};
pub use observation::Observation;
pub use options::Options;
pub use provider::calls::{ApiCalls, CORE_CALLS, PREFLIGHT_CALLS, PossibleCall, api_calls, possible_calls};
pub use refusal::Refusal;
pub use retry_policy::RetryPolicy;
pub use session::Session;
pub use session_error::SessionError;
pub use state::consistency::LastRun;
pub use state::external_values::ExternalValue;
pub use superseded_plan::{LaterApply, SupersededPlan};
pub use task_output::TaskOutput;
pub use tokio_util::sync::CancellationToken;
