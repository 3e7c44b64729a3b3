//! Specs for the planner's tests: the fixtures, and the first fixture with other tenants.

#![allow(dead_code, reason = "each test file uses some of these")]

use saas_model::{Address, Lock, Node, Plan, Spec};
use saas_planner::{Planned, plan};

/// The text of the first fixture's spec.
pub(crate) const SPEC: &str = include_str!("../../../../fixtures/saas-platform/saas.toml");
/// The text of the second fixture's spec.
pub(crate) const MANY_FEATURES: &str = include_str!("../../../../fixtures/many-features/saas.toml");

/// The text of the third fixture's spec.
pub(crate) const REAL_APPLICATION: &str = include_str!("../../../../fixtures/real-application/saas.toml");

/// Parses a spec.
pub(crate) fn spec(text: &str) -> Spec {
    Spec::parse("saas.toml", text).expect("the test's specs are valid")
}

/// The first fixture's spec with these tenants.
pub(crate) fn spec_of<T: AsRef<str>>(tenants: &[T]) -> Spec {
    let shared = SPEC.split("[[tenant]]").next().expect("a split gives at least one piece");
    let tenants = tenants.iter().map(|id| format!("[[tenant]]\nid = \"{0}\"\ncost_center = \"cc-{0}\"\n", id.as_ref()));
    spec(&std::iter::once(shared.to_owned()).chain(tenants).collect::<String>())
}

/// `number` tenant ids: `tenant-0`, `tenant-1` and so on.
pub(crate) fn tenants(number: usize) -> Vec<String> {
    (0..number).map(|n| format!("tenant-{n}")).collect()
}

/// The plan of a spec without a lock.
pub(crate) fn planned(spec: &Spec) -> Planned {
    plan(spec, &Lock::default()).expect("the test's specs can be planned")
}

/// The node at an address.
pub(crate) fn node<'a>(plan: &'a Plan, address: &str) -> &'a Node {
    let address: Address = address.parse().expect("the test's addresses are valid");
    plan.node(&address).unwrap_or_else(|| panic!("no node at {address}"))
}

/// The fields of the node at an address, as JSON.
pub(crate) fn fields(plan: &Plan, address: &str) -> serde_json::Value {
    saas_model::fields::fields(&node(plan, address).resource)
}
