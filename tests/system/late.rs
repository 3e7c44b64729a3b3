//! Stale reads of AWS after an apply or a destroy: missing new resources, and deleted resources that
//! are still listed.

use std::time::Duration;

use saas_executor::event::Silent;
use saas_executor::preflight::Failure;
use saas_executor::verify::Scope;
use saas_executor::{Intent, Options, RetryPolicy, Session, SessionError};
use saas_model::{Lock, Plan};
use saas_tests::fault_proxy::{Fault, Listing};

use crate::cloud::Cloud;
use crate::platform::{SPEC, apply, assert_clean, bring, edited, plan};

const APPLY: Intent = Intent::Plan { deep: false };

/// The executor's options. The time limits are long enough for the slowest machine.
fn options_with(cloud: &Cloud, fault: Fault) -> Options {
    let options = cloud.options_with(fault);
    match fault {
        Fault::LateAtFirst(_) => Options {
            retry_policy: RetryPolicy { visible_within: Duration::from_secs(600), ..options.retry_policy },
            ..options
        },
        _ => options,
    }
}

/// The changes that `saas status` shows under these conditions, and whether `saas verify` passes.
async fn shown(cloud: &Cloud, plan: &Plan, fault: Fault) -> (Vec<String>, bool) {
    let session = Session::open(plan, options_with(cloud, fault), &Silent).await;
    let last = session.recognise().await.expect("it is the plan's platform");
    let (_, changes) = session.status(APPLY, &last).await.expect("live resources can be found");
    let changes = changes.changes.iter().map(|change| change.address.to_string()).collect();
    let session = Session::open(plan, options_with(cloud, fault), &Silent).await;
    let verification = session.verify(&Scope::All).await.expect("live resources can be read");
    (changes, verification.is_clean())
}

/// The Tagging API shows the initial tags of a bucket, but not yet the latest ones.
const STALE_INDEX: Listing = Listing {
    operation: "GetResources",
    by_name: "",
    empty: r#"{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:s3:::saas-platform-acme-corp-data","Tags":[
        {"Key":"saas:platform","Value":"saas-platform"},{"Key":"saas:address","Value":"tenant/acme-corp/bucket"}]}]}"#,
};

pub(crate) async fn stale_tag_index_does_not_make_a_bucket_incomplete(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    assert_eq!(shown(cloud, &plan, Fault::Late(STALE_INDEX)).await, (Vec::new(), true));
}

/// A deleted log group that is still listed.
const GONE_GROUP: Listing = Listing {
    operation: "DescribeLogGroups",
    by_name: "\"limit\":1",
    empty: r#"{"logGroups":[{"logGroupName":"/ecs/tenant/globex-inc","retentionInDays":30,
        "arn":"arn:aws:logs:us-east-1:123456789012:log-group:/ecs/tenant/globex-inc:*"}]}"#,
};

pub(crate) async fn deleted_resource_that_is_still_listed_counts_as_missing(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    cloud.python(&["-c", "import boto3\nboto3.client('logs').delete_log_group(logGroupName='/ecs/tenant/globex-inc')"]);
    let (changes, clean) = shown(cloud, &plan, Fault::Late(GONE_GROUP)).await;
    assert!(changes.contains(&"tenant/globex-inc/log-group".to_owned()) && !clean, "{changes:?}");
    assert!(changes.iter().all(|address| address.starts_with("tenant/globex-inc/")), "{changes:?}");
}

/// A VPC, which cannot be looked up by name, is not listed at first.
const NO_VPC: Listing = Listing {
    operation: "Action=DescribeVpcs&",
    by_name: "",
    empty: "<DescribeVpcsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><vpcSet/></DescribeVpcsResponse>",
};

/// A deleted role that is listed at first.
const GONE_ROLE: Listing = Listing {
    operation: "Action=GetAccountAuthorizationDetails",
    by_name: "",
    empty: "<GetAccountAuthorizationDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
            <GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated><RoleDetailList><member>\
            <RoleName>saas-platform-acme-corp-task</RoleName><Path>/saas/development/</Path>\
            <Arn>arn:aws:iam::123456789012:role/saas/development/saas-platform-acme-corp-task</Arn>\
            <Tags><member><Key>saas:platform</Key><Value>saas-platform</Value></member>\
            <member><Key>saas:address</Key><Value>tenant/acme-corp/task-role</Value></member></Tags>\
            </member></RoleDetailList></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>",
};

/// Read-only commands look twice shortly after an apply, like apply does.
pub(crate) async fn missing_new_resource_is_looked_up_again(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    assert_eq!(shown(cloud, &plan, Fault::LateAtFirst(NO_VPC)).await, (Vec::new(), true));
    let (changes, clean) = shown(cloud, &plan, Fault::Late(NO_VPC)).await;
    assert!(!changes.is_empty() && !clean, "a resource that stays missing is reported");
}

pub(crate) async fn destroyed_resource_that_is_still_listed_is_not_reported(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    bring(cloud, &plan, Intent::Nothing).await;
    let rest = async |fault| {
        let session = Session::open(&plan, options_with(cloud, fault), &Silent).await;
        session.remainder().await.expect("live resources can be found").changes.len()
    };
    assert_eq!(rest(Fault::LateAtFirst(GONE_ROLE)).await, 0);
    assert_eq!(rest(Fault::Late(GONE_ROLE)).await, 1, "a role that stays listed is reported");
}

/// Read-only commands also refuse the plan of another platform, based on the lease's record.
pub(crate) async fn read_only_commands_refuse_another_platform(cloud: &Cloud) {
    let (live, lock) = plan(SPEC, &Lock::default());
    apply(cloud, &live).await;
    let other = edited(SPEC, "environment = \"development\"", "environment = \"staging\"");
    let (other, _) = plan(&edited(&other, "deletion_protection = false", "deletion_protection = true"), &lock);
    let session = Session::open(&other, cloud.options(), &Silent).await;
    let Err(SessionError::Preflight(refused)) = session.recognise().await else {
        panic!("another platform was accepted")
    };
    assert!(matches!(refused.0.as_slice(), [Failure::AnotherPlatform { .. }]), "{refused}");
}

/// Manual changes of the database cluster, which an apply reverts.
const MANUAL_CHANGES: &[(&str, &str)] = &[
    (
        "RDS keeps the administrator's password",
        "rds.modify_db_cluster(DBClusterIdentifier='saas-platform-db', ManageMasterUserPassword=True, \
         ApplyImmediately=True)",
    ),
    ("another port", "rds.modify_db_cluster(DBClusterIdentifier='saas-platform-db', Port=6432, ApplyImmediately=True)"),
    (
        "a password that RDS does not take",
        "secrets.put_secret_value(SecretId='rds/saas-platform/admin/password', SecretString='with a/slash@')",
    ),
];

pub(crate) async fn manual_changes_of_the_cluster_are_reverted(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    for (what, python) in MANUAL_CHANGES {
        let script = "import boto3\nrds, secrets = boto3.client('rds'), boto3.client('secretsmanager')\n";
        cloud.python(&["-c", &format!("{script}{python}")]);
        let applied = apply(cloud, &plan).await;
        let touched = applied.changes.changes.iter().any(|change| change.address.as_str() == "database/cluster");
        assert!(touched, "{what}: {:#?}", applied.changes);
        // Checks that were impossible while logins failed run now.
        apply(cloud, &plan).await;
        assert_clean(cloud, &plan).await;
        assert!(apply(cloud, &plan).await.changes.is_empty(), "{what}");
    }
}

/// A policy that denies reading a bucket's tags stops no command, and the next apply resets it.
pub(crate) async fn bucket_with_unreadable_tags_stops_no_command(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    cloud.python(&[
        "-c",
        "import boto3, json\n\
         s3 = boto3.client('s3')\n\
         name = 'saas-platform-acme-corp-data'\n\
         s3.put_bucket_policy(Bucket=name, Policy=json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Deny', \
         'Principal': '*', 'Action': 's3:GetBucketTagging', 'Resource': f'arn:aws:s3:::{name}'}]}))",
    ]);
    let deep = bring(cloud, &plan, Intent::Plan { deep: true }).await;
    let changed: Vec<&str> = deep.changes.changes.iter().map(|change| change.address.as_str()).collect();
    assert_eq!(changed, ["tenant/acme-corp/bucket"]);
    assert_clean(cloud, &plan).await;
}
