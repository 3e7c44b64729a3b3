//! The operations that a program may request: one session for one plan.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::receipt::Command;
use saas_model::{Address, Plan};

use crate::apply::approval::{ApprovedChangeSet, Overrides, Proposal};
use crate::apply::change_set::ChangeSet;
use crate::apply::diff::compare;
use crate::apply::intent::Intent;
use crate::apply::propose::propose;
use crate::apply::report::{ApplyReport, Execution, Milestone};
use crate::apply::run;
use crate::aws::calls::{Call, Tally};
use crate::baseline::{Baseline, baseline};
use crate::event::{Event, Phase, Reporter};
use crate::lease::{self, Holder, LeaseGuard, PastApply, with_lease};
use crate::observation::Observation;
use crate::options::Options;
use crate::outputs::outputs;
use crate::platform::Platform;
use crate::preflight::{self, Check, preflight};
use crate::receipts::{self, KeptReceipt};
use crate::rollback::superseded;
use crate::session_error::SessionError;
use crate::state::consistency::LastRun;
use crate::status::{self, Doubt};
use crate::superseded_plan::SupersededPlan;
use crate::verify::{Scope, Verification, verify_live};

/// One run of the executor for one plan.
///
/// A change takes these steps: [`baseline`](Self::baseline), [`preflight`](Self::preflight),
/// [`propose`](Self::propose), [`Proposal::approve`], and [`apply`](Self::apply). Their futures are boxed: they are
/// large, and deeper than the compiler follows within those of a caller.
pub struct Session<'p>(Platform<'p>);

impl<'p> Session<'p> {
    /// Prepares the clients; makes no call yet.
    pub async fn open(plan: &'p Plan, options: Options, reporter: &'p dyn Reporter) -> Self {
        Self(Platform::connect(plan, options, reporter).await)
    }

    /// The plan of this session.
    #[must_use]
    pub const fn plan(&self) -> &'p Plan {
        self.0.plan
    }

    /// The calls sent to AWS so far, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Call> {
        self.0.aws.calls.sent()
    }

    /// The number of calls made to AWS so far.
    #[must_use]
    pub fn calls(&self) -> Tally {
        self.0.aws.calls.tally()
    }

    // What is live.

    /// Checks that the credentials belong to the account and the Region of the plan. Read-only programs need
    /// this check as well: in another account, every resource would look missing.
    ///
    /// # Errors
    /// When the account or the Region differs, or cannot be determined.
    pub async fn identify(&self) -> Result<(), SessionError> {
        Ok(preflight::identify(&self.0.cx(&Observation::default())).await?)
    }

    /// Checks that the account and the Region are the plan's, and that the lease records the plan's platform.
    ///
    /// # Errors
    /// When one of them differs, or cannot be determined.
    pub async fn recognise(&self) -> Result<LastRun, SessionError> {
        self.identify().await?;
        status::recognise(&self.0).await
    }

    /// Lists the live resources, to read them. When everything is to be destroyed, PostgreSQL need not answer:
    /// its contents are deleted with the cluster.
    ///
    /// # Errors
    /// The kinds that cannot be listed, one error for each.
    pub async fn observe(&self, intent: Intent) -> Result<Observation, SessionError> {
        status::observe(&self.0, intent).await
    }

    /// The changes that bring the observed resources to the desired state.
    ///
    /// # Errors
    /// When a resource cannot be described.
    pub async fn change_set(&self, observation: &Observation, intent: Intent) -> Result<ChangeSet, SessionError> {
        Ok(compare(&self.0.cx(observation), intent).await?)
    }

    /// Lists the live resources, and computes the change set. Lists them again while a change may be one of the
    /// last run that AWS does not show yet.
    ///
    /// # Errors
    /// When they belong to another platform, or cannot be listed or described.
    pub async fn status(&self, intent: Intent, last: &LastRun) -> Result<(Observation, ChangeSet), SessionError> {
        let within = last.seen_within(self.0.retry_policy.visible_within);
        status::status(&self.0, intent, within, Doubt::after(last, self.0.plan)).await
    }

    /// What a destroy has left, right after it.
    ///
    /// # Errors
    /// When the resources belong to another platform, or cannot be listed or described.
    pub async fn remainder(&self) -> Result<ChangeSet, SessionError> {
        let (_, changes) =
            status::status(&self.0, Intent::Nothing, self.0.retry_policy.visible_within, Doubt::All).await?;
        Ok(changes)
    }

    /// Whether another plan was applied after this one: then the newest apply is of another plan, and an older
    /// one is of this plan. `last` is the last run according to the lease; a killed run has no receipt.
    ///
    /// # Errors
    /// When the receipts cannot be listed or read.
    pub async fn superseded(&self, last: Option<PastApply>) -> Result<Option<SupersededPlan>, SessionError> {
        Ok(superseded(&self.0, last).await?)
    }

    /// Verifies that the live resources within `scope` equal the plan. It lists them anew, and again for a
    /// while where a difference may be a recent change that AWS does not show yet.
    ///
    /// # Errors
    /// When a resource cannot be listed or described.
    pub async fn verify(&self, scope: &Scope) -> Result<Verification, SessionError> {
        verify_live(&self.0, scope).await
    }

    /// The outputs of the plan, with the values from AWS resolved.
    ///
    /// # Errors
    /// When an output refers to a resource that is not live.
    pub fn outputs(&self, observation: &Observation) -> Result<BTreeMap<Address, String>, SessionError> {
        Ok(outputs(&self.0.cx(observation))?)
    }

    /// The newest receipts, newest first; empty when there is no control bucket.
    ///
    /// # Errors
    /// When the receipts cannot be listed or read.
    pub async fn history(&self, most: usize) -> Result<Vec<KeptReceipt>, SessionError> {
        Ok(receipts::history(&self.0, most).await?)
    }

    // Changing it.

    /// Reads the lease, and then lists the live resources, to change them. So the observed state is still
    /// current when the lease is acquired: see [`crate::lease`]. Waits for resources that AWS may not list yet,
    /// or may still list.
    ///
    /// # Errors
    /// When another run holds the lease, when resources cannot be listed, and when they belong to another
    /// platform.
    pub async fn baseline(&self, intent: Intent) -> Result<Baseline, SessionError> {
        Box::pin(baseline(&self.0, intent)).await
    }

    /// Checks every condition that must hold before the first write, except those to skip, which the caller knows.
    ///
    /// # Errors
    /// All conditions that do not hold or cannot be checked, at once.
    pub async fn preflight(&self, observation: &Observation, skip: &BTreeSet<Check>) -> Result<(), SessionError> {
        self.0.reporter.report(Event::Phase { phase: Phase::Preflight });
        Ok(preflight(&self.0.cx(observation), skip).await?)
    }

    /// Proposes the changes that lead from the baseline to the desired state that it was observed for. Warns of
    /// a database cluster that was not deleted by a run and no longer exists.
    ///
    /// # Errors
    /// When a safeguard that `overrides` does not override prevents any change: the plan is not proven to isolate
    /// its tenants or is older than what is live, or what is to be destroyed is protected. When a resource or a
    /// receipt cannot be read.
    pub async fn propose(&self, baseline: Baseline, overrides: &Overrides) -> Result<Proposal, SessionError> {
        Box::pin(propose(&self.0, baseline, overrides)).await
    }

    /// Applies the approved changes under the lease, verifies what they touched, and stores the receipt in the
    /// control bucket. `reached` receives what is known before the end.
    ///
    /// A step that fails stops only the steps that depend on it; the report has the failures. When the lease is
    /// lost meanwhile, writes fail. A caller that drops the future leaves the lease to expire.
    ///
    /// # Errors
    /// When no step ran: the lease changed since the baseline or cannot be acquired, or the changes are those
    /// of another plan.
    pub async fn apply(
        &self,
        approved: ApprovedChangeSet,
        reached: impl FnMut(Milestone<'_>),
    ) -> Result<ApplyReport, SessionError> {
        Box::pin(run::run(&self.0, approved, reached)).await
    }

    /// As [`Self::apply`], without verification and receipt: for rehearsals.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub async fn execute(&self, approved: ApprovedChangeSet) -> Result<Execution, SessionError> {
        Box::pin(run::execute(&self.0, approved)).await
    }

    // The lease.

    /// Runs `work` while this run holds the lease, and releases the lease afterwards.
    ///
    /// # Errors
    /// When the lease changed since the baseline, or cannot be acquired. Then `work` did not run.
    pub async fn with_lease<T>(
        &self,
        baseline: Baseline,
        command: Command,
        work: impl AsyncFnOnce(&LeaseGuard) -> T,
    ) -> Result<T, SessionError> {
        let Baseline { observation, lease, intent: _ } = baseline;
        Ok(with_lease(&self.0, &observation, lease, command, work).await?)
    }

    /// The holder of the lease, expired or not; `None` when the lease is free.
    ///
    /// # Errors
    /// When that cannot be determined.
    pub async fn lease_holder(&self) -> Result<Option<Holder>, SessionError> {
        Ok(lease::holder(&self.0).await?)
    }

    /// Breaks the lease of a run that is known to be dead. A run that is alive continues until it next renews
    /// the lease, at most for as long as its lease is valid.
    ///
    /// # Errors
    /// When another run holds the lease by now, and when it cannot be written.
    pub async fn break_lease(&self, holder: &Holder) -> Result<(), SessionError> {
        Ok(lease::break_lease(&self.0, holder).await?)
    }
}
