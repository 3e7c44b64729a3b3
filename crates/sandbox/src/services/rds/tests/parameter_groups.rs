//! DB cluster parameter groups and their parameters.

use super::*;
use crate::testing::{all, item};

fn delete(bench: &Bench, name: &str) -> Answer {
    call(bench, "DeleteDBClusterParameterGroup", &[("DBClusterParameterGroupName", name)])
}

fn describe(bench: &Bench, name: &str, more: &[(&str, &str)]) -> Answer {
    call_with(bench, "DescribeDBClusterParameters", &[("DBClusterParameterGroupName", name)], more)
}

fn set_by_hand(bench: &Bench) -> Vec<(String, String, String)> {
    let listed = describe(bench, "params", &[("Source", "user")]).expect("a listing");
    let [names, values, methods] = ["ParameterName", "ParameterValue", "ApplyMethod"].map(|field| all(&listed, field));
    names.into_iter().zip(values).zip(methods).map(|((name, value), method)| (name, value, method)).collect()
}

fn reset(bench: &Bench, more: &[(&str, &str)]) -> Answer {
    call_with(bench, "ResetDBClusterParameterGroup", &[("DBClusterParameterGroupName", "params")], more)
}

#[tokio::test(start_paused = true)]
async fn a_group_is_created_described_and_deleted() {
    let bench = Bench::new();
    let more = [("DBClusterParameterGroupName", "Params"), ("Tags.Tag.1.Key", "k"), ("Tags.Tag.1.Value", "v")];
    let made = parameter_group(&bench, &more).expect("a group");
    let arn = "arn:aws:rds:us-east-1:123456789012:cluster-pg:params";
    assert_eq!(first(&made, "DBClusterParameterGroupArn").as_deref(), Some(arn));
    let listed = call(&bench, "DescribeDBClusterParameterGroups", &[]).expect("a listing");
    assert_eq!(all(&listed, "DBClusterParameterGroupName"), ["params"]);
    assert_eq!(first(&listed, "DBParameterGroupFamily").as_deref(), Some("aurora-postgresql15"));
    assert_eq!(first(&listed, "Description").as_deref(), Some("parameters"));
    assert!(item(&bench.inventory(), "rds:db-cluster-parameter-group", "params").is_some_and(|tags| tags["k"] == "v"));
    delete(&bench, "params").expect("nothing uses it");
    assert!(bench.inventory().is_empty());
    assert_eq!(delete(&bench, "params"), code("DBParameterGroupNotFound"));
    assert_eq!(status(&bench, "DeleteDBClusterParameterGroup", &[("DBClusterParameterGroupName", "params")]), 404);
}

#[tokio::test(start_paused = true)]
async fn a_group_requires_an_unused_name_and_a_known_family() {
    let bench = groups();
    assert_eq!(parameter_group(&bench, &[]), code("DBParameterGroupAlreadyExists"));
    for family in ["aurora-postgresql99", "postgres15", "15"] {
        let more = [("DBClusterParameterGroupName", "other"), ("DBParameterGroupFamily", family)];
        assert_eq!(parameter_group(&bench, &more), code("InvalidParameterValue"), "{family}");
    }
    for name in ["default.aurora-postgresql15", "a_b", "a--b", "1a", ""] {
        assert_eq!(parameter_group(&bench, &[("DBClusterParameterGroupName", name)]), code("InvalidParameterValue"));
    }
}

#[tokio::test(start_paused = true)]
async fn parameters_are_set_and_listed_with_their_source() {
    let bench = groups();
    let input = [
        ("DBClusterParameterGroupName", "params"),
        ("Parameters.Parameter.1.ParameterName", "shared_preload_libraries"),
        ("Parameters.Parameter.1.ParameterValue", "pg_stat_statements,pgaudit"),
        ("Parameters.Parameter.1.ApplyMethod", "pending-reboot"),
        ("Parameters.Parameter.2.ParameterName", "rds.force_ssl"),
        ("Parameters.Parameter.2.ParameterValue", "1"),
        ("Parameters.Parameter.2.ApplyMethod", "immediate"),
    ];
    let answer = call(&bench, "ModifyDBClusterParameterGroup", &input).expect("known parameters");
    assert_eq!(first(&answer, "DBClusterParameterGroupName").as_deref(), Some("params"));
    let wanted = [
        ("rds.force_ssl", "1", "immediate"),
        ("shared_preload_libraries", "pg_stat_statements,pgaudit", "pending-reboot"),
    ];
    let wanted = wanted.map(|(name, value, method)| (name.to_owned(), value.to_owned(), method.to_owned()));
    assert_eq!(set_by_hand(&bench), wanted);
    let inventory = bench.inventory();
    assert!(item(&inventory, "rds:db-cluster-parameter", "params/rds.force_ssl").is_some());
    let system = describe(&bench, "params", &[("Source", "system")]).expect("a listing");
    let system = all(&system, "ParameterName");
    assert!(system.contains(&"password_encryption".to_owned()) && !system.contains(&"rds.force_ssl".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn parameters_come_in_pages_of_a_hundred() {
    let bench = groups();
    let one = describe(&bench, "params", &[]).expect("a page");
    let marker = first(&one, "Marker").expect("there is more");
    let two = describe(&bench, "params", &[("Marker", &marker)]).expect("the rest");
    let [one, two] = [one, two].map(|page| all(&page, "ParameterName"));
    assert_eq!(one.len(), 100);
    assert!(!two.is_empty() && one.last() < two.first());
    for wrong in [("MaxRecords", "101"), ("Source", "customer"), ("Marker", "0")] {
        assert_eq!(describe(&bench, "params", &[wrong]), code("InvalidParameterValue"), "{wrong:?}");
    }
    let filter = [("Filters.Filter.1.Name", "parameter-name"), ("Filters.Filter.1.Values.Value.1", "timezone")];
    assert_eq!(all(&describe(&bench, "params", &filter).expect("a listing"), "ParameterName"), ["timezone"]);
    assert_eq!(describe(&bench, "params", &[("Filters.Filter.1.Name", "x")]), code("InvalidParameterValue"));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_parameter_is_not_set() {
    let bench = groups();
    assert_eq!(set(&bench, "slow_query_log", "1", "immediate"), code("InvalidParameterValue"));
    assert_eq!(set(&bench, "data_directory", "/tmp", "pending-reboot"), code("InvalidParameterValue"));
    assert!(set_by_hand(&bench).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_static_parameter_is_not_applied_immediately() {
    let bench = groups();
    let immediate = set(&bench, "shared_preload_libraries", "pgaudit", "immediate");
    assert_eq!(immediate, code("InvalidParameterCombination"));
    assert_eq!(set(&bench, "max_connections", "500", "immediate"), code("InvalidParameterCombination"));
    assert!(set(&bench, "rds.force_ssl", "1", "pending-reboot").is_ok());
    for method in ["", "now", "Immediate"] {
        assert_eq!(set(&bench, "rds.force_ssl", "1", method), code("InvalidParameterValue"), "{method}");
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_parameter_values_are_refused() {
    let bench = groups();
    for (name, value) in [
        ("rds.force_ssl", "2"),
        ("rds.force_ssl", "true"),
        ("log_statement", "some"),
        ("work_mem", "1"),
        ("work_mem", "lots"),
        ("pgaudit.log", "everything"),
    ] {
        assert_eq!(set(&bench, name, value, "immediate"), code("InvalidParameterValue"), "{name}={value}");
    }
    assert_eq!(set(&bench, "shared_preload_libraries", "vector", "pending-reboot"), code("InvalidParameterValue"));
}

#[tokio::test(start_paused = true)]
async fn a_call_changes_at_most_20_parameters_atomically() {
    let bench = groups();
    let names = [
        "application_name",
        "array_nulls",
        "authentication_timeout",
        "autovacuum",
        "autovacuum_naptime",
        "bytea_output",
        "datestyle",
        "deadlock_timeout",
        "jit",
        "lc_messages",
        "lc_monetary",
        "lc_numeric",
        "lc_time",
        "lock_timeout",
        "log_connections",
        "log_disconnections",
        "log_duration",
        "log_hostname",
        "log_lock_waits",
        "log_temp_files",
        "work_mem",
    ];
    let fields: Vec<[String; 3]> = (1..=names.len())
        .map(|at| {
            ["Name", "Value", "Method"].map(|field| match field {
                "Method" => format!("Parameters.Parameter.{at}.ApplyMethod"),
                field => format!("Parameters.Parameter.{at}.Parameter{field}"),
            })
        })
        .collect();
    let input = |count: usize| {
        let mut input = vec![("DBClusterParameterGroupName", "params")];
        for ([name, value, method], parameter) in fields.iter().zip(names).take(count) {
            let wanted = match parameter {
                "bytea_output" => "hex",
                "work_mem" => "64",
                _ => "1",
            };
            input.extend([(name.as_str(), parameter), (value.as_str(), wanted), (method.as_str(), "immediate")]);
        }
        input
    };
    assert_eq!(call(&bench, "ModifyDBClusterParameterGroup", &input(21)), code("InvalidParameterValue"));
    assert!(set_by_hand(&bench).is_empty());
    call(&bench, "ModifyDBClusterParameterGroup", &input(20)).expect("twenty are not too many");
    assert_eq!(set_by_hand(&bench).len(), 20);
    let mut last_wrong = input(3);
    last_wrong.push(("Parameters.Parameter.4.ParameterName", "nothing"));
    assert_eq!(call(&bench, "ModifyDBClusterParameterGroup", &last_wrong), code("InvalidParameterValue"));
    let none = [("DBClusterParameterGroupName", "params")];
    assert_eq!(call(&bench, "ModifyDBClusterParameterGroup", &none), code("InvalidParameterValue"));
}

#[tokio::test(start_paused = true)]
async fn default_groups_cannot_be_changed_or_deleted() {
    let bench = groups();
    let own = "default.aurora-postgresql15";
    assert!(describe(&bench, own, &[]).is_ok());
    assert_eq!(delete(&bench, own), code("InvalidDBParameterGroupState"));
    let input = [
        ("DBClusterParameterGroupName", own),
        ("Parameters.Parameter.1.ParameterName", "timezone"),
        ("Parameters.Parameter.1.ParameterValue", "UTC"),
        ("Parameters.Parameter.1.ApplyMethod", "immediate"),
    ];
    assert_eq!(call(&bench, "ModifyDBClusterParameterGroup", &input), code("InvalidDBParameterGroupState"));
    let input = [("DBClusterParameterGroupName", own), ("ResetAllParameters", "true")];
    assert_eq!(call(&bench, "ResetDBClusterParameterGroup", &input), code("InvalidDBParameterGroupState"));
    assert_eq!(delete(&bench, "default.aurora-postgresql99"), code("DBParameterGroupNotFound"));
}

#[tokio::test(start_paused = true)]
async fn default_groups_are_listed_once_used_and_are_not_in_the_inventory() {
    let bench = groups();
    cluster(&bench, &[("DBClusterParameterGroupName", UNSET)]).expect("a cluster");
    let listed = call(&bench, "DescribeDBClusterParameterGroups", &[]).expect("a listing");
    assert_eq!(all(&listed, "DBClusterParameterGroupName"), ["default.aurora-postgresql15", "params"]);
    assert!(item(&bench.inventory(), "rds:db-cluster-parameter-group", "default.aurora-postgresql15").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_group_in_use_is_not_deleted() {
    let bench = with_cluster().await;
    assert_eq!(delete(&bench, "params"), code("InvalidDBParameterGroupState"));
    call(&bench, "DeleteDBCluster", &[("DBClusterIdentifier", "main"), ("SkipFinalSnapshot", "true")])
        .expect("deleted");
    assert_eq!(delete(&bench, "params"), code("InvalidDBParameterGroupState"));
    pass(2 * MINUTE).await;
    assert!(delete(&bench, "params").is_ok());
}

#[tokio::test(start_paused = true)]
async fn parameters_are_reset_one_by_one_or_all() {
    let bench = groups();
    set(&bench, "rds.force_ssl", "1", "immediate").expect("set");
    set(&bench, "shared_preload_libraries", "pgaudit", "pending-reboot").expect("set");
    set(&bench, "work_mem", "8192", "immediate").expect("set");
    let one = |method| {
        let input = [
            ("Parameters.Parameter.1.ParameterName", "shared_preload_libraries"),
            ("Parameters.Parameter.1.ApplyMethod", method),
        ];
        reset(&bench, &input)
    };
    assert_eq!(one("immediate"), code("InvalidParameterCombination"));
    one("pending-reboot").expect("reset");
    assert_eq!(
        set_by_hand(&bench).into_iter().map(|(name, ..)| name).collect::<Vec<_>>(),
        ["rds.force_ssl", "work_mem"]
    );
    let both = [("ResetAllParameters", "true"), ("Parameters.Parameter.1.ParameterName", "work_mem")];
    assert_eq!(reset(&bench, &both), code("InvalidParameterCombination"));
    assert_eq!(reset(&bench, &[]), code("InvalidParameterValue"));
    reset(&bench, &[("ResetAllParameters", "true")]).expect("all are reset");
    assert!(set_by_hand(&bench).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_new_group_is_not_visible_immediately() {
    let bench = Bench::with(stale_reads());
    parameter_group(&bench, &[]).expect("a group");
    assert_eq!(describe(&bench, "params", &[]), code("DBParameterGroupNotFound"));
    let listed = call(&bench, "DescribeDBClusterParameterGroups", &[]).expect("a listing");
    assert!(all(&listed, "DBClusterParameterGroupName").is_empty());
    set(&bench, "rds.force_ssl", "1", "immediate").expect("writes see it");
    pass(MINUTE).await;
    assert!(describe(&bench, "params", &[]).is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_parameter_group_quota_is_enforced() {
    let bench = Bench::new();
    for number in 0..50 {
        parameter_group(&bench, &[("DBClusterParameterGroupName", &format!("params{number}"))]).expect("a group");
    }
    assert_eq!(parameter_group(&bench, &[]), code("DBParameterGroupQuotaExceeded"));
}

/// The defaults of a family, without a group. RDS returns the same through two operations.
#[tokio::test(start_paused = true)]
async fn the_defaults_of_a_family_are_listed_without_a_group() {
    let bench = groups();
    set(&bench, "work_mem", "8192", "immediate").expect("set");
    let page = |marker: Option<&str>| {
        let input: Vec<(&str, &str)> = [("DBParameterGroupFamily", "aurora-postgresql15")]
            .into_iter()
            .chain(marker.map(|at| ("Marker", at)))
            .collect();
        call(&bench, "DescribeEngineDefaultClusterParameters", &input).expect("a page")
    };
    let first = page(None);
    let marker = all(&first, "Marker").pop().expect("there are more than a page");
    let second = page(Some(&marker));
    let names = [all(&first, "ParameterName"), all(&second, "ParameterName")].concat();
    assert!(names.contains(&"shared_preload_libraries".to_owned()), "{names:?}");
    assert!(!all(&first, "Source").contains(&"user".to_owned()), "no group has a say");
    assert_eq!(all(&second, "DBParameterGroupFamily"), ["aurora-postgresql15"]);
    for input in [&[][..], &[("DBParameterGroupFamily", "aurora-postgresql1")][..]] {
        assert_eq!(call(&bench, "DescribeEngineDefaultClusterParameters", input), code("InvalidParameterValue"));
    }
}
