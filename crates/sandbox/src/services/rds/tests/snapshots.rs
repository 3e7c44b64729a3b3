//! Snapshots of clusters.

use super::*;
use crate::testing::{all, item};

fn describe(bench: &Bench, input: &[(&str, &str)]) -> Answer {
    call(bench, "DescribeDBClusterSnapshots", input)
}

fn names(bench: &Bench, input: &[(&str, &str)]) -> Vec<String> {
    all(&describe(bench, input).expect("a listing"), "DBClusterSnapshotIdentifier")
}

fn delete(bench: &Bench, name: &str) -> Answer {
    call(bench, "DeleteDBClusterSnapshot", &[("DBClusterSnapshotIdentifier", name)])
}

fn delete_cluster(bench: &Bench, last: &str) -> Answer {
    call(bench, "DeleteDBCluster", &[("DBClusterIdentifier", "main"), ("FinalDBSnapshotIdentifier", last)])
}

const AUTOMATED: &str = "rds:main-2026-01-01-00-02";

#[tokio::test(start_paused = true)]
async fn an_automated_snapshot_is_deleted_with_its_cluster() {
    let bench = with_cluster().await;
    assert_eq!(names(&bench, &[("SnapshotType", "automated")]), [AUTOMATED]);
    assert_eq!(names(&bench, &[]), [AUTOMATED]);
    assert!(names(&bench, &[("SnapshotType", "manual")]).is_empty());
    assert!(!bench.inventory().iter().any(|item| item.kind == "rds:db-cluster-snapshot"));
    assert_eq!(delete(&bench, AUTOMATED), code("InvalidDBClusterSnapshotStateFault"));
    // It matches by name only together with its type.
    let by_name = ("DBClusterSnapshotIdentifier", AUTOMATED);
    assert_eq!(describe(&bench, &[by_name]), code("DBClusterSnapshotNotFoundFault"));
    assert_eq!(names(&bench, &[by_name, ("SnapshotType", "automated")]), [AUTOMATED]);
    call(&bench, "DeleteDBCluster", &[("DBClusterIdentifier", "main"), ("SkipFinalSnapshot", "true")])
        .expect("deleted");
    pass(2 * MINUTE).await;
    assert!(names(&bench, &[]).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_final_snapshot_outlives_the_cluster_with_its_tags() {
    let bench = groups();
    let tags = [("CopyTagsToSnapshot", "true"), ("Tags.Tag.1.Key", "k"), ("Tags.Tag.1.Value", "v")];
    cluster(&bench, &tags).expect("a cluster");
    pass(3 * MINUTE).await;
    delete_cluster(&bench, "Main-Final").expect("deleted");
    let last = || describe(&bench, &[("DBClusterSnapshotIdentifier", "main-final")]).expect("the snapshot");
    assert_eq!(first(&last(), "Status").as_deref(), Some("creating"));
    assert_eq!(delete(&bench, "main-final"), code("InvalidDBClusterSnapshotStateFault"));
    pass(2 * MINUTE).await;
    // The cluster is deleted after the snapshot.
    assert_eq!(cluster_status(&bench), "deleting");
    pass(2 * MINUTE).await;
    assert_eq!(describe_cluster(&bench), code("DBClusterNotFoundFault"));
    let last = last();
    for (field, value) in [
        ("Status", "available"),
        ("SnapshotType", "manual"),
        ("DBClusterIdentifier", "main"),
        ("DBClusterSnapshotArn", "arn:aws:rds:us-east-1:123456789012:cluster-snapshot:main-final"),
        ("EngineVersion", "15.10"),
        ("Key", "k"),
    ] {
        assert_eq!(first(&last, field).as_deref(), Some(value), "{field}");
    }
    assert!(item(&bench.inventory(), "rds:db-cluster-snapshot", "main-final").is_some_and(|tags| tags["k"] == "v"));
    delete(&bench, "main-final").expect("deleted");
    assert_eq!(delete(&bench, "main-final"), code("DBClusterSnapshotNotFoundFault"));
    assert_eq!(status(&bench, "DeleteDBClusterSnapshot", &[("DBClusterSnapshotIdentifier", "main-final")]), 404);
}

#[tokio::test(start_paused = true)]
async fn a_final_snapshot_needs_an_unused_name() {
    let bench = with_cluster().await;
    let input = [("DBClusterIdentifier", "main"), ("DBClusterSnapshotIdentifier", "last")];
    call(&bench, "CreateDBClusterSnapshot", &input).expect("a snapshot");
    assert_eq!(delete_cluster(&bench, "last"), code("DBClusterSnapshotAlreadyExistsFault"));
    assert_eq!(cluster_status(&bench), "available");
    // By default, a snapshot does not copy tags.
    assert!(bench.cloud(|cloud| cloud.rds.snapshots["last"].tags.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_requires_an_available_cluster() {
    let bench = groups();
    let take = || {
        let input = [("DBClusterIdentifier", "main"), ("DBClusterSnapshotIdentifier", "one")];
        call(&bench, "CreateDBClusterSnapshot", &input)
    };
    assert_eq!(take(), code("DBClusterNotFoundFault"));
    cluster(&bench, &[]).expect("a cluster");
    assert_eq!(take(), code("InvalidDBClusterStateFault"));
    pass(3 * MINUTE).await;
    take().expect("a snapshot");
    assert_eq!(take(), code("DBClusterSnapshotAlreadyExistsFault"));
}

#[tokio::test(start_paused = true)]
async fn snapshots_are_listed_by_type_and_cluster() {
    let bench = with_cluster().await;
    let input = [("DBClusterIdentifier", "main"), ("DBClusterSnapshotIdentifier", "one")];
    call(&bench, "CreateDBClusterSnapshot", &input).expect("a snapshot");
    assert_eq!(names(&bench, &[("DBClusterIdentifier", "main")]), ["one", AUTOMATED]);
    assert!(names(&bench, &[("DBClusterIdentifier", "other")]).is_empty());
    assert!(names(&bench, &[("SnapshotType", "shared")]).is_empty());
    let filter = [("Filters.Filter.1.Name", "snapshot-type"), ("Filters.Filter.1.Values.Value.1", "manual")];
    assert_eq!(names(&bench, &filter), ["one"]);
    assert_eq!(describe(&bench, &[("SnapshotType", "final")]), code("InvalidParameterValue"));
    assert_eq!(describe(&bench, &input), code("InvalidParameterCombination"));
}

#[tokio::test(start_paused = true)]
async fn instances_have_no_snapshots() {
    let bench = with_cluster().await;
    assert!(call(&bench, "DescribeDBSnapshots", &[]).is_ok());
    assert_eq!(call(&bench, "DescribeDBSnapshots", &[("DBSnapshotIdentifier", "x")]), code("DBSnapshotNotFound"));
}

#[tokio::test(start_paused = true)]
async fn the_snapshot_quota_is_enforced() {
    let bench = with_cluster().await;
    let take = |name: &str| {
        let input = [("DBClusterIdentifier", "main"), ("DBClusterSnapshotIdentifier", name)];
        call(&bench, "CreateDBClusterSnapshot", &input)
    };
    for number in 0..100 {
        take(&format!("one{number}")).expect("those of AWS do not count");
    }
    assert_eq!(take("one-more"), code("SnapshotQuotaExceeded"));
}
