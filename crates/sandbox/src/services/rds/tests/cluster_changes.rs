//! Modifying clusters, and applying parameters.

use super::*;
use crate::services::ec2::SecurityGroup;
use crate::testing::all;

fn modify(bench: &Bench, more: &[(&str, &str)]) -> Answer {
    call_with(bench, "ModifyDBCluster", &[("DBClusterIdentifier", "main"), ("ApplyImmediately", "true")], more)
}

fn reboot(bench: &Bench) -> Answer {
    call(bench, "RebootDBInstance", &[("DBInstanceIdentifier", "writer")])
}

#[tokio::test(start_paused = true)]
async fn a_change_is_pending_then_in_progress_then_in_effect() {
    let bench = with_cluster().await;
    modify(&bench, &[("BackupRetentionPeriod", "7")]).expect("a change");
    // RDS has only recorded it: a caller that checks only the status would assume that it is done.
    assert_eq!(cluster_status(&bench), "available");
    let document = describe_cluster(&bench).expect("the cluster");
    assert_eq!(all(&document, "BackupRetentionPeriod"), ["1", "7"]);
    pass(Duration::from_secs(15)).await;
    assert_eq!(cluster_status(&bench), "modifying");
    assert_eq!(modify(&bench, &[("BackupRetentionPeriod", "8")]), code("InvalidDBClusterStateFault"));
    pass(MINUTE).await;
    assert_eq!(cluster_status(&bench), "available");
    let document = describe_cluster(&bench).expect("the cluster");
    assert_eq!(all(&document, "BackupRetentionPeriod"), ["7"]);
    assert_eq!(first(&document, "PendingModifiedValues"), None);
}

#[tokio::test(start_paused = true)]
async fn some_settings_change_immediately() {
    let bench = with_writer().await;
    let other = "sg-00000000000000003";
    bench.cloud(|cloud| {
        let group = SecurityGroup { id: other.to_owned(), ..cloud.ec2.groups[GROUP].clone() };
        cloud.ec2.groups.insert(other.to_owned(), group);
    });
    let input = [
        ("DeletionProtection", "true"),
        ("CopyTagsToSnapshot", "true"),
        ("VpcSecurityGroupIds.VpcSecurityGroupId.1", other),
    ];
    modify(&bench, &input).expect("a change");
    assert_eq!(cluster_status(&bench), "available");
    for (field, value) in
        [("DeletionProtection", "true"), ("CopyTagsToSnapshot", "true"), ("VpcSecurityGroupId", other)]
    {
        assert_eq!(of_cluster(&bench, field).as_deref(), Some(value), "{field}");
    }
    let groups = bench.cloud(|cloud| cloud.ec2.interfaces.values().map(|it| it.groups.clone()).collect::<Vec<_>>());
    assert_eq!(groups, [[other]]);
}

#[tokio::test(start_paused = true)]
async fn invalid_changes_of_a_cluster_are_refused() {
    let bench = with_cluster().await;
    for (wrong, expected) in [
        (("DBClusterParameterGroupName", "nothing"), "DBClusterParameterGroupNotFound"),
        (("DBClusterParameterGroupName", "default.aurora-postgresql16"), "InvalidParameterCombination"),
        (("VpcSecurityGroupIds.VpcSecurityGroupId.1", "sg-0123456789abcdef0"), "InvalidParameterValue"),
        (("BackupRetentionPeriod", "0"), "InvalidParameterValue"),
        (("MasterUserPassword", "short"), "InvalidParameterValue"),
        (("Port", "1"), "InvalidParameterValue"),
        (("EngineVersion", "99.9"), "InvalidParameterCombination"),
        (("NewDBClusterIdentifier", "other"), "NotModelled"),
        (("DBClusterIdentifier", "nothing"), "DBClusterNotFoundFault"),
    ] {
        assert_eq!(modify(&bench, &[wrong]), code(expected), "{wrong:?}");
    }
    assert_eq!(of_cluster(&bench, "DBClusterParameterGroup").as_deref(), Some("params"));
}

#[tokio::test(start_paused = true)]
async fn an_unavailable_cluster_is_not_modified() {
    let bench = groups();
    cluster(&bench, &[]).expect("a cluster");
    assert_eq!(modify(&bench, &[("BackupRetentionPeriod", "7")]), code("InvalidDBClusterStateFault"));
}

#[tokio::test(start_paused = true)]
async fn a_password_is_reset_and_never_returned() {
    let bench = with_cluster().await;
    let answer = modify(&bench, &[("MasterUserPassword", "Another-Horse_10")]).expect("a change");
    assert_eq!(first(&answer, "MasterUserPassword").as_deref(), Some("****"));
    pass(Duration::from_secs(15)).await;
    assert_eq!(cluster_status(&bench), "resetting-master-credentials");
    pass(MINUTE).await;
    assert_eq!((cluster_status(&bench).as_str(), of_cluster(&bench, "PendingModifiedValues")), ("available", None));
}

#[tokio::test(start_paused = true)]
async fn a_managed_password_cannot_be_set_by_callers() {
    let bench = with_cluster().await;
    modify(&bench, &[("ManageMasterUserPassword", "true")]).expect("a change");
    assert!(of_cluster(&bench, "SecretArn").is_some());
    assert_eq!(modify(&bench, &[("MasterUserPassword", PASSWORD)]), code("InvalidParameterCombination"));
    let off = ("ManageMasterUserPassword", "false");
    assert_eq!(modify(&bench, &[off]), code("InvalidParameterCombination"));
    modify(&bench, &[off, ("MasterUserPassword", PASSWORD)]).expect("a change");
    assert_eq!(of_cluster(&bench, "SecretArn"), None);
}

#[tokio::test(start_paused = true)]
async fn a_version_can_be_upgraded_but_not_downgraded() {
    let bench = with_writer().await;
    modify(&bench, &[("EngineVersion", "15.17")]).expect("an upgrade");
    assert_eq!(of_cluster(&bench, "EngineVersion").as_deref(), Some("15.10"));
    pass(MINUTE).await;
    assert_eq!(
        (cluster_status(&bench).as_str(), instance_status(&bench, "writer").as_str()),
        ("upgrading", "upgrading")
    );
    pass(11 * MINUTE).await;
    assert_eq!(
        (cluster_status(&bench).as_str(), instance_status(&bench, "writer").as_str()),
        ("available", "available")
    );
    assert_eq!(of_cluster(&bench, "EngineVersion").as_deref(), Some("15.17"));
    assert_eq!(modify(&bench, &[("EngineVersion", "15.10")]), code("InvalidParameterCombination"));
    modify(&bench, &[("EngineVersion", "15.17")]).expect("the same is nothing to do");
    pass(MINUTE).await;
    assert_eq!(cluster_status(&bench), "available");
}

#[tokio::test(start_paused = true)]
async fn a_major_upgrade_must_be_allowed_and_changes_the_parameter_group() {
    let bench = with_writer().await;
    let version = ("EngineVersion", "16.9");
    assert_eq!(modify(&bench, &[version]), code("InvalidParameterCombination"));
    let allow = ("AllowMajorVersionUpgrade", "true");
    assert_eq!(modify(&bench, &[version, allow]), code("InvalidParameterCombination"));
    let group = ("DBClusterParameterGroupName", "default.aurora-postgresql16");
    modify(&bench, &[version, allow, group]).expect("an upgrade");
    assert_eq!(of_cluster(&bench, "DBClusterParameterGroup").as_deref(), Some("params"));
    pass(12 * MINUTE).await;
    assert_eq!(of_cluster(&bench, "EngineVersion").as_deref(), Some("16.9"));
    assert_eq!(of_cluster(&bench, "DBClusterParameterGroup"), Some(group.1.to_owned()));
    assert_eq!(parameter_status(&bench), "in-sync");
}

#[tokio::test(start_paused = true)]
async fn deferred_changes_wait_for_the_maintenance_window() {
    let bench = with_cluster().await;
    // The current day is a Thursday.
    modify(&bench, &[("PreferredMaintenanceWindow", "fri:02:00-fri:03:00")]).expect("a window");
    let later = [("EngineVersion", "15.17"), ("BackupRetentionPeriod", "7"), ("ApplyImmediately", "false")];
    modify(&bench, &later).expect("an upgrade");
    pass(60 * MINUTE).await;
    let document = describe_cluster(&bench).expect("the cluster");
    assert_eq!(
        (all(&document, "EngineVersion"), cluster_status(&bench)),
        (vec!["15.10".into(), "15.17".into()], "available".into())
    );
    assert_eq!(all(&document, "BackupRetentionPeriod"), ["7"]);
    pass(25 * 60 * MINUTE).await;
    assert_eq!(cluster_status(&bench), "upgrading");
    pass(60 * MINUTE).await;
    assert_eq!(all(&describe_cluster(&bench).expect("the cluster"), "EngineVersion"), ["15.17"]);
}

#[tokio::test(start_paused = true)]
async fn deferred_changes_are_applied_with_the_next_immediate_one() {
    let bench = with_cluster().await;
    modify(&bench, &[("EngineVersion", "15.17"), ("ApplyImmediately", "false")]).expect("an upgrade");
    modify(&bench, &[("BackupRetentionPeriod", "7")]).expect("a change");
    pass(12 * MINUTE).await;
    assert_eq!(all(&describe_cluster(&bench).expect("the cluster"), "EngineVersion"), ["15.17"]);
    // The window still opens, and no change is left.
    pass(8 * 24 * 60 * MINUTE).await;
    assert_eq!(cluster_status(&bench), "available");
}

#[tokio::test(start_paused = true)]
async fn parameters_set_before_the_start_apply_immediately() {
    let bench = groups();
    set(&bench, "shared_preload_libraries", "pg_stat_statements,pgaudit", "pending-reboot").expect("set");
    cluster(&bench, &[]).expect("a cluster");
    instance(&bench, &[]).expect("an instance");
    assert_eq!(parameter_status(&bench), "in-sync");
    set(&bench, "max_connections", "500", "pending-reboot").expect("set while it is being created");
    pass(8 * MINUTE).await;
    assert_eq!(
        (instance_status(&bench, "writer").as_str(), parameter_status(&bench).as_str()),
        ("available", "in-sync")
    );
}

#[tokio::test(start_paused = true)]
async fn a_static_parameter_waits_for_a_reboot() {
    let bench = with_writer().await;
    set(&bench, "shared_preload_libraries", "pg_stat_statements,pgaudit", "pending-reboot").expect("set");
    assert_eq!(parameter_status(&bench), "pending-reboot");
    pass(60 * MINUTE).await;
    assert_eq!(parameter_status(&bench), "pending-reboot");
    reboot(&bench).expect("a reboot");
    assert_eq!(
        (instance_status(&bench, "writer").as_str(), parameter_status(&bench).as_str()),
        ("rebooting", "pending-reboot")
    );
    pass(2 * MINUTE).await;
    assert_eq!(
        (instance_status(&bench, "writer").as_str(), parameter_status(&bench).as_str()),
        ("available", "in-sync")
    );
}

#[tokio::test(start_paused = true)]
async fn setting_the_current_value_has_no_effect() {
    let bench = with_writer().await;
    set(&bench, "max_connections", "500", "pending-reboot").expect("set");
    reboot(&bench).expect("a reboot");
    pass(2 * MINUTE).await;
    set(&bench, "max_connections", "500", "pending-reboot").expect("set again");
    assert_eq!(parameter_status(&bench), "in-sync");
}

#[tokio::test(start_paused = true)]
async fn a_dynamic_parameter_is_applied_without_a_reboot() {
    let bench = with_writer().await;
    set(&bench, "rds.force_ssl", "1", "immediate").expect("set");
    assert_eq!(parameter_status(&bench), "applying");
    pass(MINUTE).await;
    assert_eq!(parameter_status(&bench), "in-sync");
    set(&bench, "rds.force_ssl", "0", "pending-reboot").expect("set");
    assert_eq!(parameter_status(&bench), "pending-reboot");
}

#[tokio::test(start_paused = true)]
async fn a_reset_of_a_static_parameter_waits_for_a_reboot() {
    let bench = with_writer().await;
    let all = [("DBClusterParameterGroupName", "params"), ("ResetAllParameters", "true")];
    call(&bench, "ResetDBClusterParameterGroup", &all).expect("nothing to reset");
    assert_eq!(parameter_status(&bench), "in-sync");
    set(&bench, "max_connections", "500", "pending-reboot").expect("set");
    reboot(&bench).expect("a reboot");
    pass(2 * MINUTE).await;
    call(&bench, "ResetDBClusterParameterGroup", &all).expect("reset");
    assert_eq!(parameter_status(&bench), "pending-reboot");
}

#[tokio::test(start_paused = true)]
async fn another_parameter_group_is_applied_and_waits_for_a_reboot() {
    let bench = with_writer().await;
    parameter_group(&bench, &[("DBClusterParameterGroupName", "other")]).expect("another group");
    modify(&bench, &[("DBClusterParameterGroupName", "other")]).expect("a change");
    assert_eq!(of_cluster(&bench, "DBClusterParameterGroup").as_deref(), Some("other"));
    assert_eq!(parameter_status(&bench), "applying");
    pass(MINUTE).await;
    assert_eq!(parameter_status(&bench), "pending-reboot");
    reboot(&bench).expect("a reboot");
    pass(2 * MINUTE).await;
    assert_eq!(parameter_status(&bench), "in-sync");
    // The previous group is no longer in use.
    let old = [("DBClusterParameterGroupName", "params")];
    assert!(call(&bench, "DeleteDBClusterParameterGroup", &old).is_ok());
}
