//! Plans of the first fixture, changed.
#![allow(dead_code, unreachable_pub, clippy::expect_used, reason = "each test uses a part")]

pub mod hostile;
pub mod rehearsal;

use saas_model::{Lock, Plan, Spec};
use saas_planner::Planned;
use saas_review::cost::Prices;
use saas_review::{Input, Rehearsed, Review, review};

pub const SPEC: &str = include_str!("../../../../fixtures/saas-platform/saas.toml");

/// A plan of a spec.
pub fn plan(spec: &str) -> Plan {
    planned(spec, &Lock::default()).plan
}

fn planned(spec: &str, lock: &Lock) -> Planned {
    let spec = Spec::parse("saas.toml", spec).expect("the spec is valid");
    saas_planner::plan(&spec, lock).expect("the spec can be planned")
}

/// The spec of the fixture, with this many tenants.
pub fn with_tenants(number: usize) -> String {
    let shared = SPEC.split("[[tenant]]").next().unwrap_or_default();
    let tenants = (0..number).map(|n| format!("[[tenant]]\nid = \"tenant-{n:05}\"\ncost_center = \"cc-{n}\"\n"));
    std::iter::once(shared.to_owned()).chain(tenants).collect()
}

/// The spec of the fixture, with a replacement.
pub fn edited(from: &str, to: &str) -> String {
    assert!(SPEC.contains(from), "{from}");
    SPEC.replace(from, to)
}

/// A review of two specs. The second one keeps the slots of the first.
pub fn review_of(from: Option<&str>, to: &str) -> Review {
    review_with(from, to, None)
}

/// The plans of two specs. The second one keeps the slots of the first.
pub fn planned_after(from: Option<&str>, to: &str) -> (Option<Plan>, Plan) {
    let lock = from.map(|from| planned(from, &Lock::default()).lock).unwrap_or_default();
    (from.map(plan), planned(to, &lock).plan)
}

pub fn review_with(from: Option<&str>, to: &str, rehearsed: Option<&Rehearsed>) -> Review {
    let (from, plan) = planned_after(from, to);
    review_of_plans(from.as_ref(), &plan, rehearsed)
}

pub fn review_of_plans(from: Option<&Plan>, plan: &Plan, rehearsed: Option<&Rehearsed>) -> Review {
    let certificate = saas_prover::prove(plan);
    let live = from.map(saas_prover::prove);
    review(&Input {
        plan: (plan, &certificate),
        from: from.zip(live.as_ref()),
        rehearsed,
        receipt: None,
        prices: &Prices::built_in(),
        file: "plan.msgpack",
    })
}
