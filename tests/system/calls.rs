//! The calls that the executor makes are those that its providers and its core declare.

use std::collections::{BTreeMap, BTreeSet};

use saas_executor::aws::calls::Call;
use saas_executor::event::Silent;
use saas_executor::preflight::Check;
use saas_executor::verify::Scope;
use saas_executor::{CORE_CALLS, Intent, Overrides, PREFLIGHT_CALLS, Session, api_calls};
use saas_model::{Address, Kind, Lock, Plan};
use strum::IntoEnumIterator;

use crate::cloud::Cloud;
use crate::platform::{OVERRIDES, approve_all, edited, plan, with_tenant};

/// The specs of the fixtures, each with its port of tasks and another.
pub(crate) const SPECS: [(&str, &str, &str); 3] = [
    (include_str!("../../fixtures/saas-platform/saas.toml"), "\nport = 80\n", "\nport = 81\n"),
    (include_str!("../../fixtures/many-features/saas.toml"), "\nport = 8080\n", "\nport = 9090\n"),
    (include_str!("../../fixtures/real-application/saas.toml"), "\nport = 8000\n", "\nport = 8080\n"),
];

/// A first apply, an update, a tenant that comes and leaves, and a destroy of each fixture.
#[tokio::test]
async fn every_call_is_declared() {
    for (spec, port, other_port) in SPECS {
        let (before, lock) = plan(spec, &Lock::default());
        let (more, lock) = plan(&with_tenant(spec, "hooli-xyz"), &lock);
        let (changed, _) = plan(&edited(spec, port, other_port), &lock);
        let cloud = Cloud::sandbox_for(&[&more]).await;
        let kinds: BTreeMap<&Address, Kind> = [&before, &more, &changed]
            .iter()
            .flat_map(|plan| plan.nodes())
            .map(|node| (&node.address, node.kind()))
            .collect();
        for (plan, intent) in [
            (&before, Intent::Plan { deep: false }),
            (&more, Intent::Plan { deep: true }),
            (&changed, Intent::Plan { deep: false }),
            (&changed, Intent::Nothing),
        ] {
            let skipped = match intent {
                Intent::Plan { .. } => [Check::Caller, Check::EngineVersion].into(),
                // A destroy creates nothing.
                Intent::Nothing => Check::all().collect(),
            };
            let sent = run(&cloud, plan, intent, &skipped).await;
            assert!(!sent.is_empty());
            let undeclared: BTreeSet<String> =
                sent.iter().filter(|call| !is_declared(call, &kinds)).map(|call| told(call, &kinds)).collect();
            assert!(undeclared.is_empty(), "{undeclared:#?}");
        }
    }
}

/// Whether the kind of the node that a call serves declares it, or any kind for a call about many nodes.
fn is_declared(call: &Call, kinds: &BTreeMap<&Address, Kind>) -> bool {
    let action = call.action();
    let by = |kind: Kind| {
        let calls = api_calls(kind);
        let roles: &[&[&str]] =
            if call.is_read() { &[calls.list, calls.describe] } else { &[calls.create, calls.update, calls.delete] };
        roles.iter().any(|role| role.contains(&action.as_str()))
    };
    let declared = match call.address.as_ref().and_then(|address| kinds.get(address)) {
        Some(kind) => by(*kind),
        None => Kind::iter().any(by),
    };
    declared || CORE_CALLS.iter().chain(PREFLIGHT_CALLS).any(|call| *call == action)
}

fn told(call: &Call, kinds: &BTreeMap<&Address, Kind>) -> String {
    let kind = call.address.as_ref().and_then(|address| kinds.get(address));
    format!("{} for {}", call.action(), kind.map_or("many nodes".to_owned(), ToString::to_string))
}

/// Checks, applies or destroys, verifies, and stores the receipt. Returns all calls.
pub(crate) async fn run(cloud: &Cloud, plan: &Plan, intent: Intent, skipped: &BTreeSet<Check>) -> Vec<Call> {
    let session = Session::open(plan, cloud.options(), &Silent).await;
    let baseline = session.baseline(intent).await.expect("live resources can be listed");
    session.preflight(baseline.observation(), skipped).await.expect("the preflight succeeds");
    let overrides = Overrides { deletion_protection: intent == Intent::Nothing, ..OVERRIDES };
    let proposal = session.propose(baseline, &overrides).await.expect("live resources can be compared");
    let report = session.apply(approve_all(proposal), |_| {}).await.expect("no other run holds the lease");
    assert!(report.execution.is_complete(), "{:#?}", report.execution);
    if let Some(verification) = report.verification.expect("live resources can be read") {
        assert!(verification.is_clean(), "{verification:#?}");
    }
    if intent != Intent::Nothing {
        let verification = session.verify(&Scope::All).await.expect("live resources can be read");
        assert!(verification.is_clean(), "{verification:#?}");
    }
    session.sent()
}
