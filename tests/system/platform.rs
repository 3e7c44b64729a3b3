//! Specs and plans of a platform, and operations on them.

use saas_executor::aws::calls::Tally;
use saas_executor::event::Silent;
use saas_executor::lease::LeaseGuard;
use saas_executor::verify::{Scope, Verification};
use saas_executor::{ApplyReport, ChangeSet, Intent, Session};
use saas_model::receipt::Command;
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
    pub(crate) acted: ApplyReport,
    pub(crate) calls: Tally,
}

/// Runs `intent` on the cloud, and panics when a step fails.
pub(crate) async fn bring(cloud: &Cloud, plan: &Plan, intent: Intent) -> Applied {
    let session = Session::open(plan, cloud.options(), &Silent).await;
    let (observation, sighting) = session.observe_to_change(intent).await.expect("what is live can be found");
    let changes = session.change_set(&observation, intent).await.expect("what is live can be compared");
    if changes.is_empty() {
        return Applied { changes, acted: ApplyReport::default(), calls: session.calls() };
    }
    let command = if intent == Intent::Nothing { Command::Destroy } else { Command::Apply };
    let act = async |held: &LeaseGuard| session.act(held, &observation, &changes).await;
    let acted = session.hold(&observation, sighting, command, act).await.expect("nobody holds the lease");
    assert!(acted.is_complete(), "{:#?}\n{:#?}", acted.failed, acted.not_reached);
    Applied { changes, acted, calls: session.calls() }
}

/// Applies a plan, and panics when a step fails.
pub(crate) async fn apply(cloud: &Cloud, plan: &Plan) -> Applied {
    bring(cloud, plan, Intent::Plan { deep: false }).await
}

/// Verifies a plan.
pub(crate) async fn verify(cloud: &Cloud, plan: &Plan) -> Verification {
    let session = Session::open(plan, cloud.options(), &Silent).await;
    session.verify(&Scope::All).await.expect("what is live can be read")
}

/// Panics unless the live state equals the plan.
pub(crate) async fn assert_clean(cloud: &Cloud, plan: &Plan) {
    let verification = verify(cloud, plan).await;
    assert!(verification.is_clean(), "{verification:#?}");
}
