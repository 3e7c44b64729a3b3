//! Instances of clusters.

use super::*;
use crate::testing::{all, item};

fn modify(bench: &Bench, more: &[(&str, &str)]) -> Answer {
    call_with(bench, "ModifyDBInstance", &[("DBInstanceIdentifier", "writer"), ("ApplyImmediately", "true")], more)
}

fn delete(bench: &Bench, name: &str) -> Answer {
    call(bench, "DeleteDBInstance", &[("DBInstanceIdentifier", name), ("SkipFinalSnapshot", "true")])
}

fn reboot(bench: &Bench, more: &[(&str, &str)]) -> Answer {
    call_with(bench, "RebootDBInstance", &[("DBInstanceIdentifier", "writer")], more)
}

fn of_instance(bench: &Bench, field: &str) -> Option<String> {
    first(&describe_instance(bench, "writer").expect("the instance"), field)
}

/// The members of the cluster, and whether each one is the writer.
fn members(bench: &Bench) -> Vec<(String, bool)> {
    let document = describe_cluster(bench).expect("the cluster");
    let writers = all(&document, "IsClusterWriter").into_iter().map(|text| text == "true");
    all(&document, "DBInstanceIdentifier").into_iter().zip(writers).collect()
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_created_configured_and_available() {
    let bench = with_cluster().await;
    let tags = [("DBInstanceIdentifier", "Writer"), ("Tags.Tag.1.Key", "k"), ("Tags.Tag.1.Value", "v")];
    let made = instance(&bench, &tags).expect("an instance");
    assert_eq!(first(&made, "DBInstanceStatus").as_deref(), Some("creating"));
    assert_eq!(of_instance(&bench, "Address"), None);
    pass(5 * MINUTE).await;
    assert_eq!(instance_status(&bench, "writer"), "creating");
    pass(Duration::from_secs(90)).await;
    assert_eq!(instance_status(&bench, "writer"), "configuring-enhanced-monitoring");
    pass(MINUTE).await;
    assert_eq!(instance_status(&bench, "writer"), "available");
    for (field, value) in [
        ("DBInstanceIdentifier", "writer"),
        ("DBInstanceArn", "arn:aws:rds:us-east-1:123456789012:db:writer"),
        ("DBClusterIdentifier", "main"),
        ("DBInstanceClass", "db.r6g.large"),
        ("Engine", "aurora-postgresql"),
        ("EngineVersion", "15.10"),
        ("PubliclyAccessible", "false"),
        ("AutoMinorVersionUpgrade", "true"),
        ("StorageEncrypted", "false"),
        ("DeletionProtection", "false"),
        ("DBSubnetGroupName", "db"),
        ("AvailabilityZone", "us-east-1a"),
        ("DBParameterGroupName", "default.aurora-postgresql15"),
        ("Key", "k"),
    ] {
        assert_eq!(of_instance(&bench, field).as_deref(), Some(value), "{field}");
    }
    let address = of_instance(&bench, "Address").expect("it is somewhere");
    assert!(address.starts_with("writer.c") && address.ends_with(".us-east-1.rds.amazonaws.com"), "{address}");
    assert_eq!(members(&bench), [("writer".to_owned(), true)]);
    assert!(item(&bench.inventory(), "rds:db-instance", "writer").is_some_and(|tags| tags["k"] == "v"));
}

#[tokio::test(start_paused = true)]
async fn an_instance_may_be_created_while_its_cluster_is_creating() {
    let bench = groups();
    assert_eq!(instance(&bench, &[]), code("DBClusterNotFoundFault"));
    cluster(&bench, &[]).expect("a cluster");
    assert_eq!(cluster_status(&bench), "creating");
    instance(&bench, &[]).expect("an instance");
    pass(8 * MINUTE).await;
    assert_eq!(
        (cluster_status(&bench).as_str(), instance_status(&bench, "writer").as_str()),
        ("available", "available")
    );
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_not_created_in_a_cluster_that_is_being_deleted() {
    let bench = with_cluster().await;
    call(&bench, "DeleteDBCluster", &[("DBClusterIdentifier", "main"), ("SkipFinalSnapshot", "true")])
        .expect("deleted");
    assert_eq!(instance(&bench, &[]), code("InvalidDBClusterStateFault"));
}

#[tokio::test(start_paused = true)]
async fn an_instance_name_is_in_use_until_the_deletion_completes() {
    let bench = with_writer().await;
    assert_eq!(instance(&bench, &[]), code("DBInstanceAlreadyExists"));
    delete(&bench, "writer").expect("deleted");
    assert_eq!(
        (instance_status(&bench, "writer").as_str(), instance(&bench, &[])),
        ("deleting", code("DBInstanceAlreadyExists"))
    );
    pass(6 * MINUTE).await;
    assert_eq!(describe_instance(&bench, "writer"), code("DBInstanceNotFound"));
    assert_eq!(status(&bench, "DescribeDBInstances", &[("DBInstanceIdentifier", "writer")]), 404);
    assert!(instance(&bench, &[]).is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_instance_must_match_its_cluster() {
    let bench = with_cluster().await;
    for (wrong, expected) in [
        (("DBInstanceIdentifier", "writer-"), "InvalidParameterValue"),
        (("DBInstanceClass", "db.m5.large"), "InvalidParameterCombination"),
        (("DBInstanceClass", "db.t2.micro"), "InvalidParameterCombination"),
        (("DBInstanceClass", "r6g.large"), "InvalidParameterValue"),
        (("DBInstanceClass", "db.serverless"), "InvalidDBClusterStateFault"),
        (("Engine", "aurora-mysql"), "InvalidParameterCombination"),
        (("EngineVersion", "15.17"), "InvalidParameterCombination"),
        (("DBClusterIdentifier", UNSET), "InvalidParameterCombination"),
        (("DBClusterIdentifier", "nothing"), "DBClusterNotFoundFault"),
        (("DBParameterGroupName", "nothing"), "DBParameterGroupNotFound"),
        (("DBSubnetGroupName", "nothing"), "DBSubnetGroupNotFoundFault"),
        (("AvailabilityZone", "us-east-1c"), "InvalidVPCNetworkStateFault"),
        (("PromotionTier", "16"), "InvalidParameterValue"),
        (("MonitoringInterval", "7"), "InvalidParameterValue"),
        (("MonitoringInterval", "60"), "InvalidParameterCombination"),
        (("MasterUsername", "saasadmin"), "InvalidParameterCombination"),
        (("MasterUserPassword", PASSWORD), "InvalidParameterCombination"),
        (("AllocatedStorage", "20"), "InvalidParameterCombination"),
        (("BackupRetentionPeriod", "7"), "InvalidParameterCombination"),
        (("VpcSecurityGroupIds.VpcSecurityGroupId.1", GROUP), "InvalidParameterCombination"),
        (("DeletionProtection", "true"), "InvalidParameterCombination"),
        (("MultiAZ", "true"), "InvalidParameterCombination"),
    ] {
        assert_eq!(instance(&bench, &[wrong]), code(expected), "{wrong:?}");
    }
    assert!(bench.cloud(|cloud| cloud.rds.instances.is_empty() && cloud.ec2.interfaces.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_serverless_instance_requires_a_cluster_with_scaling() {
    let bench = groups();
    let scaling = |least, most| {
        [
            ("ServerlessV2ScalingConfiguration.MinCapacity", least),
            ("ServerlessV2ScalingConfiguration.MaxCapacity", most),
        ]
    };
    for (least, most) in [("4", "2"), ("0.3", "2"), ("0", "257")] {
        assert_eq!(cluster(&bench, &scaling(least, most)), code("InvalidParameterValue"), "{least}-{most}");
    }
    cluster(&bench, &scaling("0.5", "2")).expect("a cluster");
    assert!(instance(&bench, &[("DBInstanceClass", "db.serverless")]).is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_network_interface_outlives_its_instance() {
    let bench = with_cluster().await;
    let interfaces = || {
        bench.cloud(|cloud| {
            let all = cloud.ec2.interfaces.values();
            all.map(|it| (it.subnet.clone(), it.groups.clone())).collect::<Vec<_>>()
        })
    };
    assert!(interfaces().is_empty());
    instance(&bench, &[("AvailabilityZone", "us-east-1b")]).expect("an instance");
    assert_eq!(interfaces(), [(SUBNETS[1].to_owned(), vec![GROUP.to_owned()])]);
    pass(8 * MINUTE).await;
    delete(&bench, "writer").expect("deleted");
    pass(5 * MINUTE).await;
    assert_eq!(describe_instance(&bench, "writer"), code("DBInstanceNotFound"));
    assert_eq!(interfaces().len(), 1);
    pass(MINUTE).await;
    assert!(interfaces().is_empty());
}

#[tokio::test(start_paused = true)]
async fn deleting_the_writer_promotes_a_reader() {
    let bench = with_writer().await;
    instance(&bench, &[("DBInstanceIdentifier", "reader"), ("PromotionTier", "0")]).expect("a reader");
    pass(8 * MINUTE).await;
    assert_eq!(members(&bench), [("writer".to_owned(), true), ("reader".to_owned(), false)]);
    // It is placed in the other zone.
    assert_eq!(
        first(&describe_instance(&bench, "reader").expect("it"), "AvailabilityZone").as_deref(),
        Some("us-east-1b")
    );
    assert_eq!(of_cluster(&bench, "MultiAZ").as_deref(), Some("true"));
    delete(&bench, "writer").expect("deleted");
    assert_eq!(members(&bench), [("reader".to_owned(), true), ("writer".to_owned(), false)]);
    pass(6 * MINUTE).await;
    assert_eq!(members(&bench), [("reader".to_owned(), true)]);
}

#[tokio::test(start_paused = true)]
async fn changing_the_class_takes_minutes() {
    let bench = with_writer().await;
    modify(&bench, &[("DBInstanceClass", "db.r6g.xlarge"), ("AutoMinorVersionUpgrade", "false")]).expect("a change");
    assert_eq!(instance_status(&bench, "writer"), "available");
    assert_eq!(of_instance(&bench, "AutoMinorVersionUpgrade").as_deref(), Some("false"));
    let classes = || all(&describe_instance(&bench, "writer").expect("it"), "DBInstanceClass");
    assert_eq!(classes(), ["db.r6g.large", "db.r6g.xlarge"]);
    pass(Duration::from_secs(15)).await;
    assert_eq!(instance_status(&bench, "writer"), "modifying");
    assert_eq!(modify(&bench, &[("PromotionTier", "2")]), code("InvalidDBInstanceState"));
    assert_eq!(reboot(&bench, &[]), code("InvalidDBInstanceState"));
    pass(6 * MINUTE).await;
    assert_eq!(
        (instance_status(&bench, "writer"), classes()),
        ("available".to_owned(), vec!["db.r6g.xlarge".to_owned()])
    );
}

#[tokio::test(start_paused = true)]
async fn a_deferred_class_change_waits_for_the_maintenance_window() {
    let bench = with_writer().await;
    let later = [
        ("DBInstanceClass", "db.r6g.xlarge"),
        ("PreferredMaintenanceWindow", "fri:02:00-fri:03:00"),
        ("ApplyImmediately", "false"),
    ];
    modify(&bench, &later).expect("a change");
    pass(20 * 60 * MINUTE).await;
    assert_eq!(
        (instance_status(&bench, "writer").as_str(), of_instance(&bench, "DBInstanceClass").as_deref()),
        ("available", Some("db.r6g.large"))
    );
    pass(8 * 60 * MINUTE).await;
    assert_eq!(of_instance(&bench, "DBInstanceClass").as_deref(), Some("db.r6g.xlarge"));
}

#[tokio::test(start_paused = true)]
async fn a_reverted_change_is_cancelled() {
    let bench = with_writer().await;
    modify(&bench, &[("DBInstanceClass", "db.r6g.xlarge")]).expect("a change");
    modify(&bench, &[("DBInstanceClass", "db.r6g.large")]).expect("and back");
    pass(MINUTE).await;
    assert_eq!(
        (instance_status(&bench, "writer").as_str(), of_instance(&bench, "DBInstanceClass").as_deref()),
        ("available", Some("db.r6g.large"))
    );
}

#[tokio::test(start_paused = true)]
async fn invalid_changes_of_an_instance_are_refused() {
    let bench = with_writer().await;
    for (wrong, expected) in [
        (("DBInstanceIdentifier", "nothing"), "DBInstanceNotFound"),
        (("DBInstanceClass", "db.m5.large"), "InvalidParameterCombination"),
        (("MasterUserPassword", PASSWORD), "InvalidParameterCombination"),
        (("EngineVersion", "15.17"), "InvalidParameterCombination"),
        (("BackupRetentionPeriod", "7"), "InvalidParameterCombination"),
        (("NewDBInstanceIdentifier", "other"), "NotModelled"),
        (("PreferredMaintenanceWindow", "x"), "InvalidParameterValue"),
    ] {
        assert_eq!(modify(&bench, &[wrong]), code(expected), "{wrong:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_reboots_in_a_minute() {
    let bench = with_writer().await;
    assert_eq!(reboot(&bench, &[("DBInstanceIdentifier", "nothing")]), code("DBInstanceNotFound"));
    assert_eq!(reboot(&bench, &[("ForceFailover", "true")]), code("InvalidParameterCombination"));
    let answer = reboot(&bench, &[]).expect("a reboot");
    assert_eq!(first(&answer, "DBInstanceStatus").as_deref(), Some("rebooting"));
    assert_eq!(reboot(&bench, &[]), code("InvalidDBInstanceState"));
    assert_eq!(modify(&bench, &[("PromotionTier", "2")]), code("InvalidDBInstanceState"));
    pass(MINUTE).await;
    assert_eq!(instance_status(&bench, "writer"), "available");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_being_created_is_not_rebooted_or_modified() {
    let bench = with_cluster().await;
    instance(&bench, &[]).expect("an instance");
    assert_eq!(reboot(&bench, &[]), code("InvalidDBInstanceState"));
    assert_eq!(modify(&bench, &[("PromotionTier", "2")]), code("InvalidDBInstanceState"));
    delete(&bench, "writer").expect("but deleted");
    pass(10 * MINUTE).await;
    assert_eq!(describe_instance(&bench, "writer"), code("DBInstanceNotFound"));
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_deleted_once_and_leaves_no_snapshot() {
    let bench = with_writer().await;
    assert_eq!(delete(&bench, "nothing"), code("DBInstanceNotFound"));
    let last = [("DBInstanceIdentifier", "writer"), ("FinalDBSnapshotIdentifier", "last")];
    assert_eq!(call(&bench, "DeleteDBInstance", &last), code("InvalidParameterCombination"));
    call(&bench, "DeleteDBInstance", &[("DBInstanceIdentifier", "WRITER")]).expect("deleted");
    assert_eq!(delete(&bench, "writer"), code("InvalidDBInstanceState"));
}

#[tokio::test(start_paused = true)]
async fn events_of_a_deleted_instance_do_not_affect_a_later_one() {
    let bench = with_cluster().await;
    instance(&bench, &[]).expect("an instance");
    delete(&bench, "writer").expect("deleted");
    pass(5 * MINUTE).await;
    instance(&bench, &[]).expect("another one");
    pass(2 * MINUTE).await;
    assert_eq!(instance_status(&bench, "writer"), "creating");
}

#[tokio::test(start_paused = true)]
async fn instance_quotas_are_enforced() {
    let bench = groups();
    for number in 0..3 {
        cluster(&bench, &[("DBClusterIdentifier", &format!("main{number}"))]).expect("a cluster");
    }
    let add = |number: usize, cluster: &str| {
        instance(&bench, &[("DBInstanceIdentifier", &format!("i{number}")), ("DBClusterIdentifier", cluster)])
    };
    (0..16).for_each(|number| assert!(add(number, "main0").is_ok()));
    assert_eq!(add(16, "main0"), code("InvalidDBClusterStateFault"));
    (16..32).for_each(|number| assert!(add(number, "main1").is_ok()));
    (32..40).for_each(|number| assert!(add(number, "main2").is_ok()));
    assert_eq!(add(40, "main2"), code("InstanceQuotaExceeded"));
}

#[tokio::test(start_paused = true)]
async fn instances_are_listed_by_filters() {
    let bench = with_writer().await;
    let listed = |name: &str, value: &str| {
        let input = [("Filters.Filter.1.Name", name), ("Filters.Filter.1.Values.Value.1", value)];
        call(&bench, "DescribeDBInstances", &input).map(|listed| all(&listed, "DBInstanceIdentifier"))
    };
    let writer = vec!["writer".to_owned()];
    assert_eq!(listed("db-cluster-id", "main"), Ok(writer.clone()));
    assert_eq!(listed("db-instance-id", "arn:aws:rds:us-east-1:123456789012:db:writer"), Ok(writer));
    assert_eq!(listed("db-cluster-id", "other"), Ok(Vec::new()));
    assert_eq!(listed("vpc-id", "x"), Err("InvalidParameterValue".to_owned()));
    let empty = [("Filters.Filter.1.Name", "engine")];
    assert_eq!(call(&bench, "DescribeDBInstances", &empty), code("InvalidParameterValue"));
}
