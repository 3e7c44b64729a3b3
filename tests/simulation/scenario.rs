//! The scenarios: each changes a live platform from one plan to another.

use saas_executor::Intent;
use saas_model::{Lock, Plan, Spec};

use crate::application;

/// A change from one state to another.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The live plan before; `None` for an empty account.
    pub(crate) before: Option<Plan>,
    pub(crate) plan: Plan,
    pub(crate) intent: Intent,
    /// Whether a migration of [`application::FAILING_TENANT`] fails in the run that dies. In the next, it succeeds.
    pub(crate) a_migration_fails: bool,
    /// The tenant whose nightly job runs for hours when the change begins, if there is one.
    pub(crate) running_job: Option<&'static str>,
    /// About how many of its deaths are in a sample, for each window of staleness.
    pub(crate) sampled: u64,
}

/// The platform that the scenarios change.
pub(crate) const FIXTURE: &str = include_str!("../../fixtures/saas-platform/saas.toml");

pub(crate) const APPLY: Intent = Intent::Plan { deep: false };

/// Several plans of one platform; each can follow any other.
pub(crate) fn plans() -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    let of_fixture =
        of_fixture().into_iter().flat_map(|Scenario { before, plan, .. }| before.into_iter().chain([plan]));
    for plan in of_fixture.chain([application::plan()]) {
        if plans.iter().all(|known| known.id() != plan.id()) {
            plans.push(plan);
        }
    }
    plans
}

/// All scenarios.
pub(crate) fn all() -> Vec<Scenario> {
    of_fixture().into_iter().chain(application::all()).collect()
}

/// The scenarios of the fixture.
fn of_fixture() -> Vec<Scenario> {
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
    let scenario = |name, before: Option<&Plan>, plan: &Plan, intent| Scenario {
        name,
        before: before.cloned(),
        plan: plan.clone(),
        intent,
        a_migration_fails: false,
        running_job: None,
        sampled: 16,
    };
    vec![
        scenario("first apply", None, &plan, APPLY),
        scenario("one tenant more", Some(&plan), &onboarded, APPLY),
        scenario("one tenant less", Some(&onboarded), &removed, APPLY),
        scenario("update in place", Some(&plan), &updated, APPLY),
        scenario("replacement", Some(&plan), &replaced, APPLY),
        scenario("destroy", Some(&plan), &plan, Intent::Nothing),
    ]
}

/// The fixture with only its first tenant.
fn small() -> String {
    let mut parts = FIXTURE.split("[[tenant]]");
    let shared = parts.next().unwrap_or_default();
    format!("{shared}[[tenant]]{}", parts.next().unwrap_or_default())
}

pub(crate) fn planned(spec: &str, lock: &Lock) -> (Plan, Lock) {
    let spec = Spec::parse("saas.toml", spec).expect("the spec is valid");
    let planned = saas_planner::plan(&spec, lock).expect("the spec can be planned");
    (planned.plan, planned.lock)
}
