//! Specs and plans of a platform, and operations on them.

use std::collections::BTreeSet;

use saas_executor::apply::change_set::AllowedDataLoss;
use saas_executor::aws::calls::Tally;
use saas_executor::event::Silent;
use saas_executor::verify::{Scope, Verification};
use saas_executor::{Approval, ApprovedChangeSet, ChangeSet, Execution, Intent, Overrides, Proposal, Session};
use saas_model::{Lock, Plan, Spec};

use crate::cloud::Cloud;

/// The first fixture's spec.
pub(crate) const SPEC: &str = include_str!("../../fixtures/saas-platform/saas.toml");

/// Its tenants, with their cost centers.
pub(crate) const TENANTS: [&str; 3] = ["acme-corp:cc-acme", "globex-inc:cc-globex", "initech-llc:cc-initech"];

/// A spec with an additional tenant.
pub(crate) fn with_tenant(spec: &str, id: &str) -> String {
    format!("{spec}\n[[tenant]]\nid = \"{id}\"\ncost_center = \"cc-{id}\"\n")
}

/// A text with its only occurrence of `old` replaced by `new`.
pub(crate) fn edited(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "`{old}` must occur once in the spec");
    text.replace(old, new)
}

/// The plan and the lock of a spec.
pub(crate) fn plan(spec: &str, lock: &Lock) -> (Plan, Lock) {
    let spec = Spec::parse("saas.toml", spec).expect("the spec is valid");
    let planned = saas_planner::plan(&spec, lock).expect("the spec can be planned");
    (planned.plan, planned.lock)
}

/// The result of an apply.
pub(crate) struct Applied {
    pub(crate) changes: ChangeSet,
    pub(crate) execution: Execution,
    pub(crate) calls: Tally,
}

/// Overrides the protection of older plans, so that no receipts are read; nothing stores them here.
pub(crate) const OVERRIDES: Overrides =
    Overrides { rollback: true, deletion_protection: false, accepted_risks: BTreeSet::new() };

/// Approves everything, and the loss of all data.
pub(crate) fn approve_all(proposal: Proposal) -> ApprovedChangeSet {
    let lost = proposal.changes().at_stake(&[]);
    let approval = Approval::all().with_data_loss(lost.iter().map(AllowedDataLoss::from));
    proposal.approve(&approval).expect("the approval is sufficient")
}

/// Runs `intent` on the cloud, and panics when a step fails. A destroy takes away the protection from deletion.
pub(crate) async fn bring(cloud: &Cloud, plan: &Plan, intent: Intent) -> Applied {
    let session = Session::open(plan, cloud.options(), &Silent).await;
    let baseline = session.baseline(intent).await.expect("live resources can be listed");
    let overrides = Overrides { deletion_protection: intent == Intent::Nothing, ..OVERRIDES };
    let proposal = session.propose(baseline, &overrides).await.expect("live resources can be compared");
    let changes = proposal.changes().clone();
    if changes.is_empty() {
        return Applied { changes, execution: Execution::default(), calls: session.calls() };
    }
    let execution = session.execute(approve_all(proposal)).await.expect("no other run holds the lease");
    assert!(execution.is_complete(), "{execution:#?}");
    Applied { changes, execution, calls: session.calls() }
}

/// Applies a plan, and panics when a step fails.
pub(crate) async fn apply(cloud: &Cloud, plan: &Plan) -> Applied {
    bring(cloud, plan, Intent::Plan { deep: false }).await
}

/// Verifies a plan.
pub(crate) async fn verify(cloud: &Cloud, plan: &Plan) -> Verification {
    let session = Session::open(plan, cloud.options(), &Silent).await;
    session.verify(&Scope::All).await.expect("live resources can be read")
}

/// Panics unless the live state equals the plan.
pub(crate) async fn assert_clean(cloud: &Cloud, plan: &Plan) {
    let verification = verify(cloud, plan).await;
    assert!(verification.is_clean(), "{verification:#?}");
}
