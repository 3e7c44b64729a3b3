//! A run: applies an approved change set under the lease, verifies it, and stores the receipt.

use std::collections::BTreeMap;

use saas_model::receipt::Command;

use crate::apply::approval::{ApprovedChangeSet, Proposal};
use crate::apply::change_set::ChangeSet;
use crate::apply::execute;
use crate::apply::protection::unprotect_all;
use crate::apply::report::{ApplyReport, Execution, Milestone, PhaseCalls};
use crate::aws::calls::Tally;
use crate::baseline::Baseline;
use crate::error::Result;
use crate::event::{Event, Phase};
use crate::lease::{LeaseGuard, with_lease};
use crate::observation::Observation;
use crate::outputs::outputs;
use crate::platform::Platform;
use crate::receipts::{self, Outcome};
use crate::refusal::Refusal;
use crate::session_error::SessionError;
use crate::verify::{Verification, verify_live};

/// Applies the changes, verifies what they touched, and stores the receipt. `reached` receives what is known
/// before the end.
///
/// # Errors
/// When no step ran: the changes are another plan's, the lease cannot be acquired, or deletion protection
/// cannot be switched off.
pub(crate) async fn run(
    platform: &Platform<'_>,
    approved: ApprovedChangeSet,
    mut reached: impl FnMut(Milestone<'_>),
) -> Result<ApplyReport, SessionError> {
    let command = approved.command();
    let Proposal { baseline, changes, protected, isolation } = of_this_plan(platform, approved)?;
    let Baseline { observation, lease, intent: _ } = baseline;
    let work = async |held: &LeaseGuard| {
        let execution = execute_changes(platform, &observation, &changes, !protected.is_empty()).await?;
        reached(Milestone::Executed(&execution));
        let steps = platform.aws.calls.tally();
        let verification = match command {
            Command::Apply if execution.is_complete() => verify_touched(platform, &changes).await,
            Command::Apply | Command::Destroy => Ok(None),
        };
        let calls = PhaseCalls {
            verification: platform.aws.calls.tally().since(&steps),
            steps,
            receipt_and_lease: Tally::default(),
        };
        let outputs = match command {
            Command::Apply => outputs(&platform.cx(&observation)).map_err(SessionError::from),
            Command::Destroy => Ok(BTreeMap::new()),
        };
        // The receipt is written even if verifying failed.
        let outcome = Outcome {
            changes: &changes,
            isolation: isolation.clone(),
            execution: &execution,
            verification: verification.as_ref().ok().and_then(Option::as_ref),
            outputs: outputs.as_ref().cloned().unwrap_or_default(),
            // A receipt without the one before it is better than none.
            previous: receipts::newest(platform).await.ok().flatten(),
        };
        let receipt = receipts::receipt(platform, held, outcome);
        reached(Milestone::Receipt(&receipt));
        let stored = receipts::store(platform, held, &receipt).await.map_err(SessionError::from);
        Ok::<_, SessionError>(ApplyReport { execution, verification, outputs, receipt, stored, calls })
    };
    let report = with_lease(platform, &observation, lease, command, work).await??;
    let since_verified = platform.aws.calls.tally().since(&report.calls.steps).since(&report.calls.verification);
    Ok(ApplyReport { calls: PhaseCalls { receipt_and_lease: since_verified, ..report.calls }, ..report })
}

/// Applies the changes, without verification and receipt.
///
/// # Errors
/// As [`run`].
pub(crate) async fn execute(platform: &Platform<'_>, approved: ApprovedChangeSet) -> Result<Execution, SessionError> {
    let command = approved.command();
    let Proposal { baseline, changes, protected, isolation: _ } = of_this_plan(platform, approved)?;
    let Baseline { observation, lease, intent: _ } = baseline;
    let work = async |_: &LeaseGuard| execute_changes(platform, &observation, &changes, !protected.is_empty()).await;
    with_lease(platform, &observation, lease, command, work).await?
}

/// The approved proposal, if it was made for this plan.
fn of_this_plan(platform: &Platform<'_>, approved: ApprovedChangeSet) -> Result<Proposal, Refusal> {
    let (approved_plan, plan) = (approved.changes().plan, platform.plan.id());
    if approved_plan != plan {
        return Err(Refusal::OtherPlan { approved: approved_plan, plan });
    }
    Ok(approved.into_proposal())
}

/// Executes the steps while the lease is held.
async fn execute_changes(
    platform: &Platform<'_>,
    observation: &Observation,
    changes: &ChangeSet,
    unprotect: bool,
) -> Result<Execution, SessionError> {
    let cx = platform.cx(observation);
    if unprotect {
        unprotect_all(&cx).await?;
    }
    platform.reporter.report(Event::Phase { phase: Phase::Act });
    Ok(execute::execute(&cx, changes).await)
}

/// Verifies what the changes touched; `None` when the run is cancelled meanwhile.
async fn verify_touched(platform: &Platform<'_>, changes: &ChangeSet) -> Result<Option<Verification>, SessionError> {
    let scope = changes.scope(platform.plan);
    platform.stop.run_until_cancelled(verify_live(platform, &scope)).await.transpose()
}

#[cfg(test)]
mod tests {
    use saas_model::Digest;

    use super::*;
    use crate::apply::approval::{Approval, Proposal};
    use crate::apply::intent::Intent;
    use crate::event::Silent;
    use crate::lease::LeaseSnapshot;
    use crate::options::Options;
    use crate::testing::{Bench, database};

    /// Two sessions of different plans may be open at once; nothing is sent for the wrong one.
    #[tokio::test]
    async fn change_set_of_another_plan_is_rejected() {
        let bench = Bench::new("http://127.0.0.1:9", database::nodes()).await;
        let platform = Platform::connect(&bench.plan, Options::default(), &Silent).await;
        let (observation, lease) = (Observation::default(), LeaseSnapshot::without_bucket());
        let baseline = Baseline { observation, lease, intent: Intent::Plan { deep: false } };
        let other = Digest::from_bytes([7; 32]);
        let proposal = Proposal { baseline, changes: ChangeSet::empty(other), protected: Vec::new(), isolation: None };
        let approved = proposal.approve(&Approval::all()).expect("nothing prevents it");
        let refused = run(&platform, approved, |_| {}).await.expect_err("it is another plan");
        let SessionError::Refused(refusal) = refused else { panic!("{refused}") };
        assert_eq!(refusal, Refusal::OtherPlan { approved: other, plan: bench.plan.id() });
        assert_eq!(platform.aws.calls.tally().total(), 0);
    }
}
