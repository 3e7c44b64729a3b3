//! Creating, describing and deleting clusters.

use super::*;
use crate::eventual::Versioned;
use crate::services::ec2::SecurityGroup;
use crate::testing::{all, item};

fn delete(bench: &Bench, more: &[(&str, &str)]) -> Answer {
    call_with(bench, "DeleteDBCluster", &[("DBClusterIdentifier", "main"), ("SkipFinalSnapshot", "true")], more)
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_creating_and_then_available() {
    let bench = groups();
    let made = cluster(&bench, &[("DBClusterIdentifier", "Main"), ("DatabaseName", "saas")]).expect("a cluster");
    assert_eq!(first(&made, "Status").as_deref(), Some("creating"));
    let endpoint = first(&made, "Endpoint").expect("it is known at once");
    assert!(endpoint.starts_with("main.cluster-c") && endpoint.ends_with(".us-east-1.rds.amazonaws.com"), "{endpoint}");
    assert_eq!(first(&made, "ReaderEndpoint"), Some(endpoint.replace("main.cluster-", "main.cluster-ro-")));
    pass(MINUTE).await;
    assert_eq!(cluster_status(&bench), "creating");
    pass(MINUTE).await;
    assert_eq!(cluster_status(&bench), "available");
    for (field, value) in [
        ("DBClusterIdentifier", "main"),
        ("DBClusterArn", "arn:aws:rds:us-east-1:123456789012:cluster:main"),
        ("DatabaseName", "saas"),
        ("Engine", "aurora-postgresql"),
        ("EngineVersion", "15.10"),
        ("Port", "5432"),
        ("MasterUsername", "saasadmin"),
        ("DBSubnetGroup", "db"),
        ("DBClusterParameterGroup", "params"),
        ("VpcSecurityGroupId", GROUP),
        ("BackupRetentionPeriod", "1"),
        ("StorageEncrypted", "false"),
        ("DeletionProtection", "false"),
        ("CopyTagsToSnapshot", "false"),
    ] {
        assert_eq!(of_cluster(&bench, field).as_deref(), Some(value), "{field}");
    }
    assert_eq!(of_cluster(&bench, "PendingModifiedValues"), None);
    assert!(item(&bench.inventory(), "rds:db-cluster", "main").is_some());
}

#[tokio::test(start_paused = true)]
async fn settings_of_a_cluster_are_returned() {
    let bench = groups();
    let text = [
        ("StorageEncrypted", "true"),
        ("DeletionProtection", "true"),
        ("BackupRetentionPeriod", "7"),
        ("CopyTagsToSnapshot", "true"),
        ("Port", "6432"),
        ("EnableIAMDatabaseAuthentication", "true"),
        ("PreferredBackupWindow", "01:00-01:30"),
        ("PreferredMaintenanceWindow", "Sat:02:00-Sat:03:00"),
        ("StorageType", "aurora-iopt1"),
        ("EnableCloudwatchLogsExports.member.1", "postgresql"),
        ("Tags.Tag.1.Key", "saas:platform"),
        ("Tags.Tag.1.Value", "demo"),
    ];
    cluster(&bench, &text).expect("a cluster");
    for (field, value) in [
        ("StorageEncrypted", "true"),
        ("DeletionProtection", "true"),
        ("BackupRetentionPeriod", "7"),
        ("CopyTagsToSnapshot", "true"),
        ("Port", "6432"),
        ("IAMDatabaseAuthenticationEnabled", "true"),
        ("PreferredBackupWindow", "01:00-01:30"),
        ("PreferredMaintenanceWindow", "sat:02:00-sat:03:00"),
        ("StorageType", "aurora-iopt1"),
        ("EngineMode", "provisioned"),
        ("Key", "saas:platform"),
        ("Value", "demo"),
    ] {
        assert_eq!(of_cluster(&bench, field).as_deref(), Some(value), "{field}");
    }
    assert!(
        of_cluster(&bench, "KmsKeyId").is_some_and(|key| key.starts_with("arn:aws:kms:us-east-1:123456789012:key/"))
    );
}

#[tokio::test(start_paused = true)]
async fn the_password_is_not_stored() {
    let bench = with_cluster().await;
    let input =
        [("DBClusterIdentifier", "main"), ("MasterUserPassword", "Another-Horse_10"), ("ApplyImmediately", "true")];
    call(&bench, "ModifyDBCluster", &input).expect("another password");
    bench.cloud(|cloud| {
        let kept = serde_json::to_string(&cloud).expect("JSON");
        let shown = format!("{cloud:?}");
        for password in [PASSWORD, "Another-Horse_10"] {
            assert!(!kept.contains(password) && !shown.contains(password));
        }
    });
}

#[tokio::test(start_paused = true)]
async fn the_name_of_a_deleted_cluster_is_free() {
    let bench = with_cluster().await;
    assert_eq!(cluster(&bench, &[]), code("DBClusterAlreadyExistsFault"));
    assert_eq!(cluster(&bench, &[("DBClusterIdentifier", "MAIN")]), code("DBClusterAlreadyExistsFault"));
    delete(&bench, &[]).expect("deleted");
    assert_eq!(cluster_status(&bench), "deleting");
    assert_eq!(cluster(&bench, &[]), code("DBClusterAlreadyExistsFault"));
    pass(2 * MINUTE).await;
    assert_eq!(describe_cluster(&bench), code("DBClusterNotFoundFault"));
    assert_eq!(status(&bench, "DescribeDBClusters", &[("DBClusterIdentifier", "main")]), 404);
    assert!(cluster(&bench, &[]).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_version_that_cannot_be_created_is_refused() {
    let bench = groups();
    for version in ["99.9", "15.3", "15.99", "x"] {
        assert_eq!(cluster(&bench, &[("EngineVersion", version)]), code("InvalidParameterCombination"), "{version}");
    }
    assert_eq!(cluster(&bench, &[("Engine", "aurora")]), code("InvalidParameterValue"));
    cluster(&bench, &[("EngineVersion", "15")]).expect("a major version stands for its default");
    assert_eq!(of_cluster(&bench, "EngineVersion").as_deref(), Some("15.19"));
}

#[tokio::test(start_paused = true)]
async fn names_users_and_passwords_are_validated() {
    let bench = groups();
    for wrong in [
        ("DBClusterIdentifier", "main-"),
        ("DBClusterIdentifier", "ma--in"),
        ("DBClusterIdentifier", "1main"),
        ("DBClusterIdentifier", "ma_in"),
        ("MasterUsername", "admin"),
        ("MasterUsername", "rdsadmin"),
        ("MasterUsername", "user"),
        ("MasterUsername", "identity"),
        ("MasterUsername", "saas_admin"),
        ("MasterUsername", UNSET),
        ("MasterUserPassword", "short"),
        ("MasterUserPassword", "with space in it"),
        ("MasterUserPassword", UNSET),
        ("DatabaseName", "acme-corp"),
        ("DatabaseName", "rdsadmin"),
        ("DatabaseName", "db"),
        ("DatabaseName", "catalog"),
        ("DatabaseName", "grant"),
        ("BackupRetentionPeriod", "0"),
        ("BackupRetentionPeriod", "36"),
        ("Port", "80"),
        ("Port", "65536"),
        ("PreferredBackupWindow", "now"),
        ("EngineMode", "serverless"),
        ("StorageType", "gp3"),
        ("Tags.Tag.1.Key", "aws:x"),
    ] {
        assert_eq!(cluster(&bench, &[wrong]), code("InvalidParameterValue"), "{wrong:?}");
    }
    assert!(bench.cloud(|cloud| cloud.rds.clusters.is_empty()));
    assert!(cluster(&bench, &[("MasterUsername", "postgres")]).is_ok());
}

#[tokio::test(start_paused = true)]
async fn settings_of_other_databases_are_refused() {
    let bench = groups();
    for wrong in [
        ("AllocatedStorage", "100"),
        ("DBClusterInstanceClass", "db.r6g.large"),
        ("Iops", "1000"),
        ("PubliclyAccessible", "false"),
        ("EnableCloudwatchLogsExports.member.1", "slowquery"),
        ("Engine", "aurora-mysql"),
    ] {
        assert_eq!(cluster(&bench, &[wrong]), code("InvalidParameterCombination"), "{wrong:?}");
    }
    for unknown in [("GlobalClusterIdentifier", "global"), ("ReplicationSourceIdentifier", "other")] {
        assert_eq!(cluster(&bench, &[unknown]), code("NotModelled"), "{unknown:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_managed_password_excludes_a_given_one() {
    let bench = groups();
    let managed = ("ManageMasterUserPassword", "true");
    assert_eq!(cluster(&bench, &[managed]), code("InvalidParameterCombination"));
    cluster(&bench, &[managed, ("MasterUserPassword", UNSET)]).expect("RDS makes one");
    assert!(of_cluster(&bench, "SecretArn").is_some_and(|arn| arn.contains(":secret:rds!cluster-")));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_requires_existing_subnet_and_parameter_groups() {
    let bench = groups();
    let refused = cluster(&bench, &[("DBSubnetGroupName", "nothing")]);
    assert_eq!(refused, code("DBSubnetGroupNotFoundFault"));
    let refused = cluster(&bench, &[("DBClusterParameterGroupName", "nothing")]);
    assert_eq!(refused, code("DBClusterParameterGroupNotFound"));
    // The sandbox has no default VPC, and therefore no default group.
    assert_eq!(cluster(&bench, &[("DBSubnetGroupName", UNSET)]), code("InvalidSubnet"));
}

#[tokio::test(start_paused = true)]
async fn new_groups_cannot_be_used_during_the_lag() {
    let bench = groups();
    bench.cloud(|cloud| cloud.dials.staleness = Staleness::everywhere(Lag::of(MINUTE)));
    assert_eq!(cluster(&bench, &[]), code("DBSubnetGroupNotFoundFault"));
    bench.cloud(|cloud| cloud.rds.subnet_groups.forget());
    assert_eq!(cluster(&bench, &[]), code("DBClusterParameterGroupNotFound"));
    pass(MINUTE).await;
    cluster(&bench, &[]).expect("now they are seen");
    assert_eq!(describe_cluster(&bench), code("DBClusterNotFoundFault"));
    assert_eq!(all(&call(&bench, "DescribeDBClusters", &[]).expect("a listing"), "DBClusterIdentifier").len(), 0);
    pass(MINUTE).await;
    assert!(describe_cluster(&bench).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_parameter_group_must_match_the_family_of_the_version() {
    let bench = groups();
    assert_eq!(cluster(&bench, &[("EngineVersion", "16.9")]), code("InvalidParameterCombination"));
    let own = ("DBClusterParameterGroupName", "default.aurora-postgresql14");
    assert_eq!(cluster(&bench, &[own]), code("InvalidParameterCombination"));
}

#[tokio::test(start_paused = true)]
async fn security_groups_must_exist_in_the_vpc() {
    let bench = groups();
    let group = |id| [("VpcSecurityGroupIds.VpcSecurityGroupId.1", id)];
    assert_eq!(cluster(&bench, &group("sg-0123456789abcdef0")), code("InvalidParameterValue"));
    let other = "sg-00000000000000002";
    bench.cloud(|cloud| {
        let elsewhere =
            SecurityGroup { id: other.to_owned(), vpc: "vpc-00000000000000002".to_owned(), ..SecurityGroup::default() };
        cloud.ec2.groups.insert(other.to_owned(), elsewhere);
    });
    assert_eq!(cluster(&bench, &group(other)), code("InvalidParameterCombination"));
}

#[tokio::test(start_paused = true)]
async fn a_subnet_group_without_enough_zones_is_refused() {
    let bench = groups();
    bench.cloud(|cloud| cloud.ec2.subnets.remove(SUBNETS[1]));
    assert_eq!(cluster(&bench, &[]), code("InvalidVPCNetworkStateFault"));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_without_security_groups_has_the_default_one_of_its_vpc() {
    let bench = groups();
    bench.cloud(|cloud| cloud.ec2.groups.get_mut(GROUP).expect("the group").name = "default".to_owned());
    cluster(&bench, &[("VpcSecurityGroupIds.VpcSecurityGroupId.1", UNSET)]).expect("a cluster");
    assert_eq!(of_cluster(&bench, "VpcSecurityGroupId").as_deref(), Some(GROUP));
}

#[tokio::test(start_paused = true)]
async fn zones_must_be_in_the_region() {
    let bench = groups();
    let zone = |zone| [("AvailabilityZones.AvailabilityZone.1", zone)];
    assert_eq!(cluster(&bench, &zone("eu-west-1a")), code("InvalidVPCNetworkStateFault"));
    cluster(&bench, &zone("us-east-1f")).expect("a cluster");
    let zones = all(&describe_cluster(&bench).expect("the cluster"), "AvailabilityZone");
    assert_eq!(zones, ["us-east-1a", "us-east-1b", "us-east-1f"]);
}

#[tokio::test(start_paused = true)]
async fn the_cluster_quota_is_enforced() {
    let bench = groups();
    for number in 0..40 {
        cluster(&bench, &[("DBClusterIdentifier", &format!("main{number}"))]).expect("a cluster");
    }
    assert_eq!(cluster(&bench, &[]), code("DBClusterQuotaExceededFault"));
    let input = [
        ("DBClusterIdentifier", "main"),
        ("Engine", "aurora-postgresql"),
        ("MasterUsername", "saasadmin"),
        ("MasterUserPassword", PASSWORD),
    ];
    assert_eq!(status(&bench, "CreateDBCluster", &input), 403);
}

#[tokio::test(start_paused = true)]
async fn clusters_are_listed_by_filters() {
    let bench = groups();
    for name in ["one", "two"] {
        cluster(&bench, &[("DBClusterIdentifier", name)]).expect("a cluster");
    }
    let listed = |name: &str, values: &[&str]| {
        let mut input = vec![("Filters.Filter.1.Name".to_owned(), name)];
        input.extend(
            values.iter().enumerate().map(|(at, value)| (format!("Filters.Filter.1.Values.Value.{}", at + 1), *value)),
        );
        let input: Vec<(&str, &str)> = input.iter().map(|(key, value)| (key.as_str(), *value)).collect();
        call(&bench, "DescribeDBClusters", &input).map(|listed| all(&listed, "DBClusterIdentifier"))
    };
    assert_eq!(listed("db-cluster-id", &["two", "three"]), Ok(vec!["two".to_owned()]));
    let arn = "arn:aws:rds:us-east-1:123456789012:cluster:one";
    assert_eq!(listed("db-cluster-id", &[arn]), Ok(vec!["one".to_owned()]));
    assert_eq!(listed("engine", &["aurora-postgresql"]).map(|all| all.len()), Ok(2));
    assert_eq!(listed("engine", &["mysql"]).map(|all| all.len()), Ok(0));
    assert_eq!(listed("tag:k", &["v"]), Err("InvalidParameterValue".to_owned()));
    let by_arn = call(&bench, "DescribeDBClusters", &[("DBClusterIdentifier", arn)]).expect("the cluster");
    assert_eq!(all(&by_arn, "DBClusterIdentifier"), ["one"]);
}

#[tokio::test(start_paused = true)]
async fn a_final_snapshot_is_either_named_or_skipped() {
    let bench = with_cluster().await;
    let only = |input: &[(&str, &str)]| call_with(&bench, "DeleteDBCluster", &[("DBClusterIdentifier", "main")], input);
    assert_eq!(only(&[]), code("InvalidParameterCombination"));
    assert_eq!(only(&[("SkipFinalSnapshot", "false")]), code("InvalidParameterCombination"));
    let both = [("SkipFinalSnapshot", "true"), ("FinalDBSnapshotIdentifier", "last")];
    assert_eq!(only(&both), code("InvalidParameterCombination"));
    assert_eq!(only(&[("FinalDBSnapshotIdentifier", "last-")]), code("InvalidParameterValue"));
    assert_eq!(cluster_status(&bench), "available");
}

#[tokio::test(start_paused = true)]
async fn deletion_protection_prevents_the_deletion() {
    let bench = groups();
    cluster(&bench, &[("DeletionProtection", "true")]).expect("a cluster");
    pass(3 * MINUTE).await;
    assert_eq!(delete(&bench, &[]), code("InvalidParameterCombination"));
    let off = [("DBClusterIdentifier", "main"), ("DeletionProtection", "false")];
    call(&bench, "ModifyDBCluster", &off).expect("it is off at once");
    assert!(delete(&bench, &[]).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_cluster_with_instances_is_not_deleted() {
    let bench = with_writer().await;
    assert_eq!(delete(&bench, &[]), code("InvalidDBClusterStateFault"));
    call(&bench, "DeleteDBInstance", &[("DBInstanceIdentifier", "writer")]).expect("deleted");
    // An instance that is being deleted does not prevent the deletion, but the cluster waits for
    // it.
    delete(&bench, &[]).expect("deleted");
    pass(4 * MINUTE).await;
    assert_eq!(cluster_status(&bench), "deleting");
    pass(3 * MINUTE).await;
    assert_eq!(describe_cluster(&bench), code("DBClusterNotFoundFault"));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_is_deleted_once_and_only_when_available() {
    let bench = groups();
    assert_eq!(delete(&bench, &[]), code("DBClusterNotFoundFault"));
    cluster(&bench, &[]).expect("a cluster");
    assert_eq!(delete(&bench, &[]), code("InvalidDBClusterStateFault"));
    pass(3 * MINUTE).await;
    delete(&bench, &[]).expect("deleted");
    assert_eq!(delete(&bench, &[]), code("InvalidDBClusterStateFault"));
    assert!(item(&bench.inventory(), "rds:db-cluster", "main").is_some());
    pass(2 * MINUTE).await;
    assert!(item(&bench.inventory(), "rds:db-cluster", "main").is_none());
}
