//! The scenarios: each changes a live platform from one plan to another.

use saas_executor::Intent;
use saas_model::{Lock, Plan, Spec};

/// A change from one state to another.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The live plan before; `None` for an empty account.
    pub(crate) before: Option<Plan>,
    pub(crate) plan: Plan,
    pub(crate) intent: Intent,
}

/// The smallest platform with every kind of resource: two zones and two tenants.
const FIXTURE: &str = include_str!("../../fixtures/saas-platform/saas.toml");

pub(crate) const APPLY: Intent = Intent::Plan { deep: false };

/// Several plans of one platform; each can follow any other.
pub(crate) fn plans() -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    for Scenario { before, plan, .. } in all() {
        for plan in before.into_iter().chain([plan]) {
            if plans.iter().all(|known| known.id() != plan.id()) {
                plans.push(plan);
            }
        }
    }
    plans
}

/// All scenarios.
pub(crate) fn all() -> Vec<Scenario> {
    let spec = small();
    let (plan, lock) = planned(&spec, &Lock::default());
    let (onboarded, more) =
        planned(&format!("{spec}\n[[tenant]]\nid = \"hooli-xyz\"\ncost_center = \"cc-hooli\"\n"), &lock);
    let (removed, _) = planned(&spec, &more);
    let (updated, _) = planned(
        &spec.replace("retention_days = 30", "retention_days = 60").replace("cpu_target = 60", "cpu_target = 50"),
        &lock,
    );
    let (replaced, _) = planned(&spec.replace("\nport = 80\n", "\nport = 8080\n"), &lock);
    vec![
        Scenario { name: "first apply", before: None, plan: plan.clone(), intent: APPLY },
        Scenario { name: "one tenant more", before: Some(plan.clone()), plan: onboarded.clone(), intent: APPLY },
        Scenario { name: "one tenant less", before: Some(onboarded), plan: removed, intent: APPLY },
        Scenario { name: "update in place", before: Some(plan.clone()), plan: updated, intent: APPLY },
        Scenario { name: "replacement", before: Some(plan.clone()), plan: replaced, intent: APPLY },
        Scenario { name: "destroy", before: Some(plan.clone()), plan, intent: Intent::Nothing },
    ]
}

/// The fixture with only its first tenant.
fn small() -> String {
    let mut parts = FIXTURE.split("[[tenant]]");
    let shared = parts.next().unwrap_or_default();
    format!("{shared}[[tenant]]{}", parts.next().unwrap_or_default())
}

fn planned(spec: &str, lock: &Lock) -> (Plan, Lock) {
    let spec = Spec::parse("saas.toml", spec).expect("the spec is valid");
    let planned = saas_planner::plan(&spec, lock).expect("the spec can be planned");
    (planned.plan, planned.lock)
}
