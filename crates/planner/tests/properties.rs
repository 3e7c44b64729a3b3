//! Properties of every plan: it depends only on the meaning of spec and lock, and no tenant's nodes
//! depend on another tenant.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{MANY_FEATURES, REAL_APPLICATION, SPEC, planned, spec, spec_of};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use saas_model::{Kind, Lock, Node, Plan};
use saas_planner::{demands, plan, recovered_lock};

/// A table of a spec: its header, its lines, and its sub-tables.
type Table = Vec<Vec<String>>;

/// The tables of a TOML file; a table within another stays with it.
fn tables(text: &str) -> Vec<Table> {
    let name = |header: &str| header.trim_matches(['[', ']']).to_owned();
    let mut tables: Vec<Table> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let is_within =
            |table: &Table| line.starts_with('[') && name(line).starts_with(&format!("{}.", name(&table[0][0])));
        match tables.last_mut() {
            Some(table) if is_within(table) => table.push(vec![line.to_owned()]),
            Some(table) if !line.starts_with('[') => {
                table.last_mut().expect("a table has a header").push(line.to_owned());
            }
            _ => tables.push(vec![vec![line.to_owned()]]),
        }
    }
    tables
}

/// The same tables with shuffled keys and tables, with comments and blank lines added.
fn rewritten(text: &'static str) -> impl Strategy<Value = String> {
    let shuffled_keys = |lines: Vec<String>| {
        let (header, keys) = lines.split_first().expect("a table has a header");
        let header = header.clone();
        let keys = Just(keys.to_vec()).prop_shuffle();
        (keys, "[ -~]{0,20}").prop_map(move |(keys, comment)| {
            format!("\n{header}  # {comment}\n{}\n", keys.join(&format!("\n# {comment}\n")))
        })
    };
    let shuffled_table = move |table: Table| table.into_iter().map(shuffled_keys).collect::<Vec<_>>();
    let all: Vec<_> = tables(text).into_iter().map(shuffled_table).collect();
    all.prop_flat_map(|tables| Just(tables).prop_shuffle()).prop_map(|tables| tables.concat().concat())
}

/// Settings of a service: keys of its table and of its tables.
const SETTINGS: &[(&str, &str)] = &[
    ("cpu_target", "40"),
    ("cpu_target", "70"),
    ("max_count", "9"),
    ("max_count", "10"),
    ("stop_timeout", "30"),
    ("paths", "[\"/*\"]"),
    ("health_check.path", "\"/up\""),
    ("health_check.path", "\"/ready\""),
    ("health_check.interval", "30"),
    ("environment.LEVEL", "\"info\""),
    ("environment.LEVEL", "\"{tenant.id}\""),
    ("environment.OTHER", "\"x\""),
    ("secrets.KEY", "{ generate = 32 }"),
    ("secrets.KEY", "{ parameter = \"/key\" }"),
    ("queue.name", "\"jobs-{tenant.id}\""),
];

/// The first fixture's spec for one tenant, with more settings of the platform's service and of the
/// tenant's.
fn with_settings(of_platform: &BTreeMap<&str, &str>, of_tenant: &BTreeMap<&str, &str>) -> String {
    let lines = |settings: &BTreeMap<&str, &str>| {
        settings.iter().map(|(key, value)| format!("{key} = {value}\n")).collect::<String>()
    };
    let (shared, _) = SPEC.split_once("[[tenant]]").expect("the fixture has tenants");
    let keys = ["cpu_target = 60\n", "max_count = 8\n"];
    let shared = keys
        .iter()
        .filter(|key| of_platform.contains_key(key.split(' ').next().unwrap_or_default()))
        .fold(shared.to_owned(), |text, key| text.replace(key, ""));
    let queue = "queue.messages_per_task = 10\nqueue.name = \"jobs\"\n";
    let queue = if of_platform.contains_key("queue.name") { "queue.messages_per_task = 10\n" } else { queue };
    let shared = shared.replacen("port = 80\n", &format!("port = 80\n{queue}{}", lines(of_platform)), 1);
    format!("{shared}[[tenant]]\nid = \"acme\"\ncost_center = \"cc\"\n[tenant.service.web]\n{}", lines(of_tenant))
}

fn tenant_ids() -> impl Strategy<Value = BTreeSet<String>> {
    // A small alphabet makes ids that are prefixes of each other, and ids that recur.
    prop::collection::btree_set("t[ab]{2,3}(-[ab]{1,2})?", 0..12)
}

/// The nodes of each tenant.
fn by_tenant(plan: &Plan) -> BTreeMap<&str, Vec<&Node>> {
    let mut nodes: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
    for node in plan.nodes() {
        if let Some(tenant) = node.address.tenant() {
            nodes.entry(tenant).or_default().push(node);
        }
    }
    nodes
}

/// Cases that failed once are tried again first. The file is made by the first failure, and checked in.
const REGRESSIONS: FileFailurePersistence =
    FileFailurePersistence::Direct(concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/properties.txt"));

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: Some(Box::new(REGRESSIONS)), ..ProptestConfig::default() })]

    #[test]
    fn order_and_comments_do_not_change_the_plan(text in rewritten(SPEC)) {
        prop_assert_eq!(planned(&spec(&text)).bytes, planned(&spec(SPEC)).bytes, "{}", text);
    }

    #[test]
    fn order_and_comments_do_not_change_the_plan_with_many_features(text in rewritten(MANY_FEATURES)) {
        prop_assert_eq!(planned(&spec(&text)).bytes, planned(&spec(MANY_FEATURES)).bytes, "{}", text);
    }

    #[test]
    fn order_and_comments_do_not_change_the_plan_of_an_application(text in rewritten(REAL_APPLICATION)) {
        prop_assert_eq!(planned(&spec(&text)).bytes, planned(&spec(REAL_APPLICATION)).bytes, "{}", text);
    }

    /// A tenant's settings give the same plan as the same settings of the platform.
    #[test]
    fn settings_merge_key_by_key(
        of_platform in prop::collection::vec(prop::sample::select(SETTINGS), 0..6),
        of_tenant in prop::collection::vec(prop::sample::select(SETTINGS), 0..6),
    ) {
        let merged: BTreeMap<&str, &str> = of_platform.iter().chain(&of_tenant).copied().collect();
        let (of_platform, of_tenant): (BTreeMap<_, _>, BTreeMap<_, _>) =
            (of_platform.into_iter().collect(), of_tenant.into_iter().collect());
        let apart = planned(&spec(&with_settings(&of_platform, &of_tenant)));
        let together = planned(&spec(&with_settings(&merged, &BTreeMap::new())));
        prop_assert_eq!(apart.plan.nodes(), together.plan.nodes());
    }

    #[test]
    fn other_tenants_do_not_change_a_tenants_nodes(before in tenant_ids(), after in tenant_ids()) {
        let before: Vec<String> = before.into_iter().collect();
        let after: Vec<String> = after.into_iter().rev().collect();
        let first = planned(&spec_of(&before));
        let second = plan(&spec_of(&after), &first.lock).expect("every set of tenants can be planned");
        let (old, new) = (by_tenant(&first.plan), by_tenant(&second.plan));
        for (tenant, nodes) in &new {
            if let Some(nodes_before) = old.get(tenant) {
                prop_assert_eq!(nodes, nodes_before);
            }
        }
        let expected: BTreeSet<&str> = after.iter().map(String::as_str).collect();
        prop_assert_eq!(new.into_keys().collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn tenants_keep_their_slots(steps in prop::collection::vec(tenant_ids(), 1..6)) {
        let mut lock = Lock::default();
        for tenants in steps {
            let tenants: Vec<String> = tenants.into_iter().collect();
            let spec = spec_of(&tenants);
            let next = plan(&spec, &lock).expect("every set of tenants can be planned").lock;
            for (tenant, slot) in next.slots() {
                match lock.slots().get(tenant) {
                    Some(before) => prop_assert_eq!(before, slot),
                    // A plan does not give a removed tenant's slot to another tenant.
                    None => prop_assert!(!lock.slots().values().any(|taken| taken == slot), "{tenant}"),
                }
            }
            let slots: BTreeSet<_> = next.slots().values().map(|slot| (slot.shard(), *slot.priorities().start())).collect();
            prop_assert_eq!(slots.len(), tenants.len());
            let stored = Lock::parse("saas.lock", &next.to_toml()).expect("it was just written");
            prop_assert_eq!(stored.settled(&Lock::default(), demands(&spec)).lock, next.clone());
            lock = next;
        }
    }

    #[test]
    fn lock_is_recovered_from_the_plan(before in tenant_ids(), after in tenant_ids()) {
        let (before, after): (Vec<String>, Vec<String>) = (before.into_iter().collect(), after.into_iter().collect());
        let first = planned(&spec_of(&before));
        let second = plan(&spec_of(&after), &first.lock).expect("every set of tenants can be planned");
        prop_assert_eq!(recovered_lock(&second.plan), second.lock);
    }

    #[test]
    fn names_are_unique_and_references_resolve(tenants in tenant_ids()) {
        let tenants: Vec<String> = tenants.into_iter().collect();
        let planned = planned(&spec_of(&tenants));
        let mut names: BTreeSet<(Kind, String)> = BTreeSet::new();
        for node in planned.plan.nodes() {
            let fields = saas_model::fields::fields(&node.resource);
            for key in ["name", "family", "schema", "owner", "app"] {
                // The family of a parameter group is a name of AWS.
                let is_own_name = key != "family" || node.kind() == Kind::TaskDefinition;
                if let Some(name) = fields.get(key).and_then(|name| name.as_str()).filter(|_| is_own_name) {
                    let name = format!("{key} {}", name.to_lowercase());
                    prop_assert!(names.insert((node.kind(), name.clone())), "{} twice: {name}", node.kind());
                }
            }
        }
        // Decoding checks every reference, and that the bytes are canonical.
        prop_assert_eq!(Plan::decode(&planned.bytes).expect("what is planned can be read"), planned.plan);
    }
}

#[test]
fn planning_is_deterministic() {
    assert_eq!(planned(&spec(SPEC)), planned(&spec(SPEC)));
}

#[test]
fn fixture_is_split_into_its_tables() {
    let names: Vec<String> = tables(SPEC).iter().map(|table| table[0][0].clone()).collect();
    let expected = ["[platform]", "[network]", "[database]", "[service.web]", "[logs]", "[[tenant]]"];
    assert_eq!(names[..6], expected);
    assert_eq!(names.len(), 8);
    assert_eq!(tables(SPEC)[1].len(), 4, "the network with its three zones");
}
