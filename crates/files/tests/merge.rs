//! The merge of two branches' specs and locks gives the plan of the merged spec, and tenants keep their slots.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;
use saas_files::merge;
use saas_files::plan_files::{PlanFiles, Prepared};
use saas_model::lock::{Slot, StoredLock};
use saas_model::{Lock, Spec};

const IDS: [&str; 10] = ["acme", "beta", "corp", "delta", "echo", "foxtrot", "globex", "hotel", "initech", "juliet"];

/// What this test varies in a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Content {
    memory: u32,
    retention: u32,
    /// The tenants, with the memory of their own service if it differs.
    tenants: BTreeMap<&'static str, Option<u32>>,
}

impl Content {
    /// A spec with comments, with the tenants in this order.
    fn written(&self, reversed: bool) -> String {
        let head = Spec::EXAMPLE.split("[[tenant]]").next().expect("the example has a head");
        let head = head.replace("memory = 512", &format!("memory = {}", self.memory));
        let head = head.replace("retention_days = 30", &format!("retention_days = {}", self.retention));
        let mut tenants: Vec<String> = self.tenants.iter().map(|(id, memory)| tenant(id, *memory)).collect();
        if reversed {
            tenants.reverse();
        }
        head + &tenants.concat()
    }
}

fn tenant(id: &str, memory: Option<u32>) -> String {
    let own = memory.map(|memory| format!("\n[tenant.service.web]\nmemory = {memory} # of {id}\n"));
    format!("# {id} pays.\n[[tenant]]\nid = \"{id}\"\ncost_center = \"cc-{id}\"\n{}\n", own.unwrap_or_default())
}

/// The changes of a branch. What both branches change, they change in the same way.
#[derive(Clone, Debug)]
struct Branch {
    removed: BTreeSet<usize>,
    added: BTreeSet<usize>,
    grown: bool,
    retention: Option<u32>,
    reversed: bool,
}

impl Branch {
    fn of(&self, base: &Content) -> Content {
        let mut content = base.clone();
        content.tenants.retain(|id, _| !self.removed.contains(&index(id)));
        let added = self.added.iter().map(|at| IDS[*at]).filter(|id| !base.tenants.contains_key(id));
        content.tenants.extend(added.map(|id| (id, Some(1024))));
        content.memory = if self.grown { 1024 } else { base.memory };
        content.retention = self.retention.unwrap_or(base.retention);
        content
    }
}

fn index(id: &str) -> usize {
    IDS.iter().position(|other| *other == id).expect("one of the ids")
}

fn branch(retention: Option<u32>) -> impl Strategy<Value = Branch> {
    let tenants = || btree_set(0..IDS.len(), 0..4);
    (tenants(), tenants(), any::<bool>(), proptest::option::of(Just(retention)), any::<bool>()).prop_map(
        |(removed, added, grown, retention, reversed)| Branch {
            removed,
            added,
            grown,
            retention: retention.flatten(),
            reversed,
        },
    )
}

fn base() -> impl Strategy<Value = Content> {
    let memory = proptest::option::of(prop_oneof![Just(1024), Just(2048)]);
    btree_map(proptest::sample::select(&IDS[..]), memory, 1..6).prop_map(|tenants| Content {
        memory: 512,
        retention: 30,
        tenants,
    })
}

/// What a three-way merge of the contents means.
fn expected(base: &Content, ours: &Content, theirs: &Content) -> Content {
    fn pick<T: PartialEq>(base: T, ours: T, theirs: T) -> T {
        if ours == base { theirs } else { ours }
    }
    let ids: BTreeSet<&str> = ours.tenants.keys().chain(theirs.tenants.keys()).copied().collect();
    let tenants = ids.into_iter().filter_map(|id| {
        let of = |content: &Content| content.tenants.get(id).copied();
        Some((id, pick(of(base), of(ours), of(theirs))?))
    });
    Content {
        memory: pick(base.memory, ours.memory, theirs.memory),
        retention: pick(base.retention, ours.retention, theirs.retention),
        tenants: tenants.collect(),
    }
}

/// Plans a spec in a directory that has a lock and perhaps a plan.
fn planned(directory: &Path, spec: &str) -> Prepared {
    std::fs::write(directory.join("saas.toml"), spec).expect("the spec can be written");
    let prepared = PlanFiles::of_directory(directory).prepare().unwrap_or_else(|error| panic!("{error:?}\n{spec}"));
    prepared.write().expect("lock and plan can be written");
    prepared
}

fn read(directory: &Path, file: &str) -> String {
    std::fs::read_to_string(directory.join(file)).expect("it was written")
}

/// A copy of the lock and the plan of a directory, as on a branch.
fn branched(from: &Path) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory can be made");
    for file in ["saas.lock", "plan.msgpack"] {
        std::fs::copy(from.join(file), directory.path().join(file)).expect("it was written");
    }
    directory
}

fn slots(prepared: &Prepared) -> BTreeMap<String, Slot> {
    prepared.planned.lock.slots().iter().map(|(tenant, slot)| (tenant.to_string(), *slot)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn merge_of_two_specs_gives_the_plan_of_the_merged_spec(
        base in base(),
        ours in branch(Some(60)),
        theirs in branch(Some(60)),
    ) {
        let (our_content, their_content) = (ours.of(&base), theirs.of(&base));
        prop_assume!(!our_content.tenants.is_empty() && !their_content.tenants.is_empty());
        let merged_content = expected(&base, &our_content, &their_content);
        prop_assume!(!merged_content.tenants.is_empty());

        let root = tempfile::tempdir().expect("a directory can be made");
        planned(root.path(), &base.written(false));
        let (here, there) = (branched(root.path()), branched(root.path()));
        let our_spec = our_content.written(ours.reversed);
        let our_slots = slots(&planned(here.path(), &our_spec));
        let their_spec = their_content.written(theirs.reversed);
        let their_slots = slots(&planned(there.path(), &their_spec));

        let merged = merge::spec(&base.written(false), &our_spec, &their_spec, 7).expect("all sides are TOML");
        prop_assert_eq!(&merged.conflicts, &[]);
        let read_as = |text: &str| Spec::parse("saas.toml", text).expect("it is a spec");
        prop_assert_eq!(read_as(&merged.text), read_as(&merged_content.written(false)), "{}", merged.text);
        for tenant in merged_content.tenants.keys() {
            prop_assert!(merged.text.contains(&format!("# {tenant} pays.\n[[tenant]]")), "{}", merged.text);
        }

        let lock = |directory: &Path| Lock::parse("saas.lock", &read(directory, "saas.lock")).expect("it is a lock");
        let lock = StoredLock::merged(&lock(root.path()), &lock(here.path()), &lock(there.path())).expect("one platform");
        std::fs::write(here.path().join("saas.lock"), lock.to_toml()).expect("the lock can be written");
        let prepared = planned(here.path(), &merged.text);

        // Our tenants keep their slots: our plan is the existing one. So do theirs, unless we gave the slot away.
        let found = slots(&prepared);
        for tenant in merged_content.tenants.keys().copied() {
            let (our, their) = (our_slots.get(tenant), their_slots.get(tenant));
            match (our, their) {
                (Some(slot), _) => prop_assert_eq!(&found[tenant], slot, "{} of our side moved", tenant),
                (None, Some(slot)) if our_slots.values().all(|taken| taken != slot) => {
                    prop_assert_eq!(&found[tenant], slot, "{} of their side moved", tenant);
                }
                (None, Some(_)) => {}
                (None, None) => prop_assert!(false, "{} comes from nowhere", tenant),
            }
        }
        // The plan is that of the merged spec, written by hand, with these slots.
        let by_hand = branched(here.path());
        let expected = planned(by_hand.path(), &merged_content.written(true));
        prop_assert_eq!(prepared.planned.plan.id(), expected.planned.plan.id());
    }
}
