//! Engine versions and orderable instance classes.

use super::*;
use crate::testing::all;

fn versions(bench: &Bench, input: &[(&str, &str)]) -> Vec<String> {
    let listed = call(bench, "DescribeDBEngineVersions", input).expect("a listing");
    let document = roxmltree::Document::parse(&listed).expect("a sound document");
    let lists = document.descendants().filter(|node| node.tag_name().name() == "DBEngineVersion");
    let own = |node: roxmltree::Node<'_, '_>| {
        let version = node.children().find(|child| child.tag_name().name() == "EngineVersion");
        version.and_then(|version| version.text()).unwrap_or_default().to_owned()
    };
    lists.map(own).collect()
}

#[tokio::test(start_paused = true)]
async fn the_versions_of_a_family_are_those_that_can_be_created() {
    let bench = Bench::new();
    let family = [("Engine", "aurora-postgresql"), ("DBParameterGroupFamily", "aurora-postgresql15")];
    let listed = versions(&bench, &family);
    assert_eq!(listed, ["15.10", "15.12", "15.13", "15.14", "15.15", "15.17", "15.18", "15.19"]);
    let filters = [
        ("Engine", "aurora-postgresql"),
        ("Filters.Filter.1.Name", "db-parameter-group-family"),
        ("Filters.Filter.1.Values.Value.1", "aurora-postgresql15"),
    ];
    assert_eq!(versions(&bench, &filters), listed);
    let all_of_it =
        call_with(&bench, "DescribeDBEngineVersions", &family, &[("IncludeAll", "true")]).expect("a listing");
    assert!(all(&all_of_it, "Status").contains(&"deprecated".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn one_version_and_the_default() {
    let bench = Bench::new();
    let engine = ("Engine", "aurora-postgresql");
    assert_eq!(versions(&bench, &[engine, ("EngineVersion", "15.10")]), ["15.10"]);
    assert!(versions(&bench, &[engine, ("EngineVersion", "15.3")]).is_empty());
    assert!(versions(&bench, &[engine, ("EngineVersion", "99.9")]).is_empty());
    assert_eq!(versions(&bench, &[engine, ("EngineVersion", "15"), ("DefaultOnly", "true")]), ["15.19"]);
    assert_eq!(versions(&bench, &[engine, ("DefaultOnly", "true")]), ["17.11"]);
}

#[tokio::test(start_paused = true)]
async fn the_host_can_offer_additional_versions() {
    let bench = Bench::new();
    let wanted = [("Engine", "aurora-postgresql"), ("EngineVersion", "16.6")];
    assert!(versions(&bench, &wanted).is_empty());
    bench.cloud(|cloud| cloud.rds.offer("16.6"));
    assert_eq!(versions(&bench, &wanted), ["16.6"]);
    let options = call(&bench, "DescribeOrderableDBInstanceOptions", &wanted).expect("a listing");
    assert!(all(&options, "DBInstanceClass").contains(&"db.r7g.xlarge".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn versions_come_in_pages() {
    let bench = Bench::new();
    let one = call(&bench, "DescribeDBEngineVersions", &[("MaxRecords", "20")]).expect("a page");
    let marker = first(&one, "Marker").expect("there is more");
    let rest = versions(&bench, &[("MaxRecords", "20"), ("Marker", &marker)]);
    assert!(!rest.is_empty() && !rest.contains(&"13.9".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn other_engines_have_no_versions_and_unknown_engines_are_refused() {
    let bench = Bench::new();
    assert!(versions(&bench, &[("Engine", "aurora-mysql")]).is_empty());
    for action in ["DescribeDBEngineVersions", "DescribeOrderableDBInstanceOptions"] {
        assert_eq!(call(&bench, action, &[("Engine", "aurora-oracle")]), code("InvalidParameterValue"));
    }
}

#[tokio::test(start_paused = true)]
async fn orderable_options_list_the_classes_of_a_version() {
    let bench = Bench::new();
    let options = |more: &[(&str, &str)]| {
        let input = [("Engine", "aurora-postgresql"), ("EngineVersion", "15.10")];
        call_with(&bench, "DescribeOrderableDBInstanceOptions", &input, more)
    };
    let classes = all(&options(&[]).expect("a listing"), "DBInstanceClass");
    assert!(classes.contains(&"db.r6g.large".to_owned()) && !classes.contains(&"db.m5.large".to_owned()));
    let one = options(&[("DBInstanceClass", "db.r6g.large")]).expect("a listing");
    assert_eq!(all(&one, "Name").len(), 6);
    assert_eq!(all(&options(&[("EngineVersion", "99.9")]).expect("a listing"), "DBInstanceClass").len(), 0);
    let everything = options(&[("EngineVersion", UNSET), ("MaxRecords", "1000")]).expect("a page");
    assert_eq!(all(&everything, "DBInstanceClass").len(), 1_000);
    assert_eq!(options(&[("MaxRecords", "1001")]), code("InvalidParameterValue"));
}
