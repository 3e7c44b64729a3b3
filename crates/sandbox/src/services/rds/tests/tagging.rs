//! Tags.

use super::*;
use crate::services::Service;
use crate::testing::all;

const ARN: &str = "arn:aws:rds:us-east-1:123456789012:";

fn add(bench: &Bench, name: &str, key: &str, value: &str) -> Answer {
    let arn = format!("{ARN}{name}");
    call(bench, "AddTagsToResource", &[("ResourceName", &arn), ("Tags.Tag.1.Key", key), ("Tags.Tag.1.Value", value)])
}

fn list(bench: &Bench, name: &str) -> Answer {
    call(bench, "ListTagsForResource", &[("ResourceName", &format!("{ARN}{name}"))])
}

fn keys(bench: &Bench, name: &str) -> Vec<String> {
    all(&list(bench, name).expect("a listing"), "Key")
}

#[tokio::test(start_paused = true)]
async fn all_resources_are_tagged_and_untagged() {
    let bench = with_writer().await;
    let input = [("DBClusterIdentifier", "main"), ("DBClusterSnapshotIdentifier", "one")];
    call(&bench, "CreateDBClusterSnapshot", &input).expect("a snapshot");
    for name in ["subgrp:db", "cluster-pg:params", "cluster:main", "db:writer", "cluster-snapshot:one"] {
        assert!(keys(&bench, name).is_empty(), "{name}");
        add(&bench, name, "b", "1").expect("a tag");
        add(&bench, name, "a", "2").expect("a tag");
        add(&bench, name, "a", "3").expect("a tag");
        let listed = list(&bench, name).expect("a listing");
        assert_eq!(
            (all(&listed, "Key"), all(&listed, "Value")),
            (vec!["a".into(), "b".into()], vec!["3".into(), "1".into()])
        );
        let arn = format!("{ARN}{name}");
        let input = [("ResourceName", arn.as_str()), ("TagKeys.member.1", "a"), ("TagKeys.member.2", "z")];
        call(&bench, "RemoveTagsFromResource", &input).expect("removed");
        assert_eq!(keys(&bench, name), ["b"], "{name}");
    }
    let tagged = bench.tagged(Service::Rds);
    assert_eq!(tagged.len(), 5, "{tagged:?}");
    assert!(tagged.iter().any(|(arn, tags)| *arn == format!("{ARN}cluster:main") && tags["b"] == "1"));
}

#[tokio::test(start_paused = true)]
async fn tags_of_unknown_resources_are_refused() {
    let bench = groups();
    for (name, expected) in [
        ("subgrp:x", "DBSubnetGroupNotFoundFault"),
        ("cluster-pg:x", "DBParameterGroupNotFound"),
        ("cluster:x", "DBClusterNotFoundFault"),
        ("db:x", "DBInstanceNotFound"),
        ("cluster-snapshot:x", "DBClusterSnapshotNotFoundFault"),
        ("proxy:x", "InvalidParameterValue"),
    ] {
        assert_eq!((list(&bench, name), add(&bench, name, "k", "v")), (code(expected), code(expected)), "{name}");
    }
    for arn in
        ["main", "arn:aws:rds:eu-west-1:123456789012:cluster:main", "arn:aws:rds:us-east-1:210987654321:cluster:main"]
    {
        assert_eq!(call(&bench, "ListTagsForResource", &[("ResourceName", arn)]), code("InvalidParameterValue"));
    }
    assert!(keys(&bench, "cluster-pg:default.aurora-postgresql15").is_empty());
}

#[tokio::test(start_paused = true)]
async fn tags_are_validated() {
    let bench = groups();
    for (key, value) in [("aws:k", "v"), ("", "v"), ("k", "a,b"), ("k", "a*"), ("k;", "v"), ("k", &"v".repeat(257))] {
        assert_eq!(add(&bench, "subgrp:db", key, value), code("InvalidParameterValue"), "{key}={value}");
    }
    add(&bench, "subgrp:db", "saas:platform", "Ärger + 1 = _.:/@-").expect("letters, digits, spaces and some others");
    for number in 0..49 {
        add(&bench, "subgrp:db", &format!("k{number}"), "v").expect("a tag");
    }
    assert_eq!(add(&bench, "subgrp:db", "one-more", "v"), code("InvalidParameterValue"));
    assert_eq!(keys(&bench, "subgrp:db").len(), 50);
}

#[tokio::test(start_paused = true)]
async fn tags_of_resources_that_are_not_visible_yet_are_not_listed() {
    let bench = Bench::with(stale_reads());
    parameter_group(&bench, &[]).expect("a group");
    assert_eq!(list(&bench, "cluster-pg:params"), code("DBParameterGroupNotFound"));
    pass(MINUTE).await;
    assert!(keys(&bench, "cluster-pg:params").is_empty());
}
