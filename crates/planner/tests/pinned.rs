//! Digests that must not change by accident: a change affects every checked-in plan, and every digest
//! tag in AWS.

mod common;

use common::{MANY_FEATURES, REAL_APPLICATION, SPEC, node, planned, spec};
use saas_model::{Lock, Plan};
use saas_planner::{Planned, demands, plan};

const PLAN: &[u8] = include_bytes!("../../../fixtures/saas-platform/plan.msgpack");
const LOCK: &str = include_str!("../../../fixtures/saas-platform/saas.lock");
const MANY_FEATURES_PLAN: &[u8] = include_bytes!("../../../fixtures/many-features/plan.msgpack");
const MANY_FEATURES_LOCK: &str = include_str!("../../../fixtures/many-features/saas.lock");
const REAL_APPLICATION_PLAN: &[u8] = include_bytes!("../../../fixtures/real-application/plan.msgpack");
const REAL_APPLICATION_LOCK: &str = include_str!("../../../fixtures/real-application/saas.lock");

fn with_lock(spec_text: &str, lock: &str) -> Planned {
    let (spec, stored) = (spec(spec_text), Lock::parse("saas.lock", lock).expect("the fixture's lock is valid"));
    let settled = stored.settled(&Lock::default(), demands(&spec));
    assert_eq!(settled.notes, []);
    plan(&spec, &settled.lock).expect("the fixture can be planned")
}

#[test]
fn fixtures_match_the_planner() {
    for (spec, lock, bytes) in [
        (SPEC, LOCK, PLAN),
        (MANY_FEATURES, MANY_FEATURES_LOCK, MANY_FEATURES_PLAN),
        (REAL_APPLICATION, REAL_APPLICATION_LOCK, REAL_APPLICATION_PLAN),
    ] {
        let planned = with_lock(spec, lock);
        assert_eq!(planned.lock.to_toml(), lock, "run `cargo xtask plan`");
        assert_eq!(planned.plan, Plan::decode(bytes).expect("the fixture can be read"), "run `cargo xtask plan`");
        assert_eq!(planned.bytes, bytes, "run `cargo xtask plan`");
    }
}

#[test]
fn plan_ids_are_pinned() {
    assert_eq!(
        planned(&spec(SPEC)).plan.id().to_string(),
        "3ee0af72f3da0bfdb7bf2569d9888aeecb2b4a87b6f2be4b66c649bffdf94660"
    );
    assert_eq!(
        with_lock(MANY_FEATURES, MANY_FEATURES_LOCK).plan.id().to_string(),
        "4033d3a34e3d386b88d663827cf67e73c476114bf5e4048e9228d6ab0f7435e4"
    );
    assert_eq!(
        with_lock(REAL_APPLICATION, REAL_APPLICATION_LOCK).plan.id().to_string(),
        "7429d9d9c9460b079fd06f7c7c9cc2e0ec9433af9744e82b6219219587e623b3"
    );
}

#[test]
fn node_digests_are_pinned() {
    let planned = planned(&spec(SPEC));
    let digest = |address| node(&planned.plan, address).digest.to_string();
    assert_eq!(digest("network/vpc"), "c1207a6e045ebfc0a8e51e11eed83c3b83182c40f14af5b388a883723d68fdd1");
    assert_eq!(digest("tenant/acme-corp/bucket"), "52933a1baa431fc3b133c6799e00ac4fc659fe4b21d92d8c91be64a398084d8d");
}

#[test]
fn closure_digests_are_pinned() {
    let plan = planned(&spec(SPEC)).plan;
    let closures = plan.closures();
    let at = |address: &str| plan.nodes().iter().position(|node| node.address.as_str() == address);
    let closure = |address| closures[at(address).expect("the node is planned")].to_string();
    assert_eq!(closure("network/vpc"), "12218df1c1ff8dceaa35cb2b2e58e40663686c032eccb0b52ba03f4604c60af1");
    assert_eq!(
        closure("tenant/acme-corp/service/web"),
        "68d29d9305806bb7d0497c2fc87ed7c738f3eae30e21025ed1255cd4c1321610"
    );
}

#[test]
fn closure_digest_changes_with_dependencies() {
    let before = planned(&spec(SPEC)).plan;
    let after = planned(&spec(&SPEC.replace("retention_days = 30", "retention_days = 60"))).plan;
    let (old, new) = (before.closures(), after.closures());
    for (index, node) in before.nodes().iter().enumerate() {
        let same_node = node.digest == after.nodes()[index].digest;
        let same_closure = old[index] == new[index];
        match node.address.as_str().rsplit('/').next() {
            Some("log-group") => assert!(!same_node && !same_closure, "{}", node.address),
            Some("task-definition" | "web" | "scaling") => {
                assert!(same_node && !same_closure, "{}", node.address);
            }
            _ => assert!(same_node && same_closure, "{}", node.address),
        }
    }
}
