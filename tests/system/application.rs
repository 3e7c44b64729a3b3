//! The fixture `real-application`: several services, a worker, jobs, secrets, permissions, migrations.

use std::collections::BTreeSet;

use saas_executor::Intent;
use saas_model::{Kind, Lock, Plan};

use crate::cloud::Cloud;
use crate::manual_changes::{ManualChange, changes_are_repaired, manual_change};
use crate::platform::{apply, assert_clean, bring, edited, plan};
use crate::scenarios::assert_matches;

/// The fixture's spec.
pub(crate) const SPEC: &str = include_str!("../../fixtures/real-application/saas.toml");

/// How the program that reads a platform back is told of it.
const READ_BACK: &[&str] = &[
    "--application=real-application",
    "--domain=harbor.example.net",
    "--platform=harbor",
    "--environment=staging",
    "--vpc-cidr=10.80.0.0/16",
    "--account=345678901234",
    "--region=us-west-2",
    "--cost-center=cc-harbor",
    "--provisioner=arn:aws:iam::345678901234:role/saas-provisioner",
    "acme:cc-acme",
    "globex:cc-globex",
    "initech:cc-initech",
];

/// The certificate in the spec.
const CERTIFICATE: &str = "arn:aws:acm:us-west-2:345678901234:certificate/1b4e28ba-2fa1-41d2-883f-0016d3cca427";

#[tokio::test]
async fn sandbox_runs_a_real_application() {
    let (plan, _) = plan(SPEC, &Lock::default());
    let cloud = Cloud::sandbox_for(&[&plan]).await;
    lives(&cloud, &plan, &[]).await;
    is_destroyed(&cloud, &plan).await;
}

/// moto does not return whether commands can be run in a service, so in none they can.
#[tokio::test]
async fn moto_runs_a_real_application() {
    let spec = edited(SPEC, "exec = true\nreadonly_root = false", "readonly_root = false");
    let cloud = Cloud::moto_for(&plan(&spec, &Lock::default()).0).await;
    let certificate = cloud.python(&[
        "-c",
        "import boto3\n\
         print(boto3.client('acm').request_certificate(DomainName='*.harbor.example.net')['CertificateArn'])",
    ]);
    let (plan, _) = plan(&edited(&spec, CERTIFICATE, certificate.trim()), &Lock::default());
    lives(&cloud, &plan, &["--without-commands"]).await;
    // moto keeps the network interfaces of tasks that have ended.
    cloud.python(&[
        "-c",
        "import boto3\n\
         ec2 = boto3.client('ec2')\n\
         for interface in ec2.describe_network_interfaces()['NetworkInterfaces']:\n    \
             if interface['Description'] == 'moto ECS':\n        \
                 ec2.delete_network_interface(NetworkInterfaceId=interface['NetworkInterfaceId'])",
    ]);
    is_destroyed(&cloud, &plan).await;
}

/// The application is applied, is as its requirements say, and is applied again without a call that changes
/// anything. `arguments` are for the program that reads it back.
async fn lives(cloud: &Cloud, plan: &Plan, arguments: &[&str]) {
    let applied = apply(cloud, plan).await;
    assert_eq!(applied.execution.done.len(), plan.nodes().len());
    cloud.read_back_with(&[READ_BACK, arguments].concat());
    assert_matches(cloud, plan);
    assert_clean(cloud, plan).await;
    let extensions = cloud.sql(
        "select extname from pg_extension join pg_namespace n on n.oid = extnamespace \
                                where nspname = 'extensions' order by 1",
    );
    assert_eq!(extensions, ["pg_trgm", "pgcrypto"]);

    let again = apply(cloud, plan).await;
    assert!(again.changes.is_empty(), "{:#?}", again.changes);
    assert_eq!(again.calls.mutating(), 0, "{:#?}", again.calls);
}

async fn is_destroyed(cloud: &Cloud, plan: &Plan) {
    bring(cloud, plan, Intent::Nothing).await;
    // Outside of development, a final snapshot stays, and the secrets within their recovery window.
    let left: BTreeSet<String> = cloud.inventory().into_iter().collect();
    let is_kept = |line: &&String| {
        line.starts_with("secret-scheduled-for-deletion ") || line.starts_with("db-cluster-snapshot harbor-db-")
    };
    let secrets = plan.nodes().iter().filter(|node| node.kind() == Kind::Secret).count();
    assert!(left.iter().all(|line| is_kept(&line)), "{left:#?}");
    assert_eq!(left.len(), secrets + 1, "{left:#?}");
    let roles = cloud.sql("select rolname from pg_roles where rolname like 't\\_%'");
    assert_eq!(roles, Vec::<String>::new());
}

/// What the statements of [`MANUAL_CHANGES`] speak of.
const NAMES: &str = "import boto3, json\n\
    ecs, iam, elb = (boto3.client(name) for name in ('ecs', 'iam', 'elbv2'))\n\
    secrets, scheduler = (boto3.client(name) for name in ('secretsmanager', 'scheduler'))\n\
    scaling = boto3.client('application-autoscaling')\n\
    job = {'GroupName': 'harbor-acme', 'Name': 'harbor-acme--nightly'}\n\
    def change_job(**changes):\n    \
        found = scheduler.get_schedule(**job)\n    \
        kept = ('ScheduleExpression', 'ScheduleExpressionTimezone', 'FlexibleTimeWindow', 'State', 'Target')\n    \
        scheduler.update_schedule(**job, **({key: found[key] for key in kept} | changes))\n";

const MANUAL_CHANGES: &[ManualChange] = &[
    manual_change("change_job(ScheduleExpression='cron(0 5 * * ? *)')", "tenant/acme/job/nightly", "expression"),
    manual_change("change_job(State='DISABLED')", "tenant/acme/job/nightly", "settings"),
    ManualChange {
        what: "a deleted schedule",
        python: "scheduler.delete_schedule(**job)",
        address: "tenant/acme/job/nightly",
        field: None,
        deep: false,
    },
    manual_change(
        "scheduler.untag_resource(\
         ResourceArn='arn:aws:scheduler:us-west-2:345678901234:schedule-group/harbor-acme', TagKeys=['tenant_id'])",
        "tenant/acme/schedule-group",
        "tags.tenant_id",
    ),
    manual_change(
        "iam.delete_role_permissions_boundary(RoleName='harbor-acme-task')",
        "tenant/acme/task-role",
        "permissions_boundary",
    ),
    ManualChange {
        what: "more permissions of a service",
        python: "document = iam.get_role_policy(RoleName='harbor-acme--web-task', PolicyName='allow')['PolicyDocument']\n\
                 document['Statement'][0]['Action'] = ['ses:*']\n\
                 iam.put_role_policy(RoleName='harbor-acme--web-task', PolicyName='allow', \
                     PolicyDocument=json.dumps(document))",
        address: "tenant/acme/service/web/task-role",
        field: Some("policies.allow"),
        deep: false,
    },
    manual_change(
        "ecs.put_cluster_capacity_providers(cluster='harbor', capacityProviders=['FARGATE', 'FARGATE_SPOT'], \
         defaultCapacityProviderStrategy=[{'capacityProvider': 'FARGATE_SPOT', 'weight': 1}])",
        "service/cluster",
        "default_capacity_provider_strategy",
    ),
    manual_change(
        "ecs.update_service(cluster='harbor', service='harbor-acme--api', enableExecuteCommand=False)",
        "tenant/acme/service/api",
        "exec",
    ),
    manual_change(
        "scaling.put_scaling_policy(PolicyName='mine', ServiceNamespace='ecs', ResourceId='service/harbor/harbor-acme', \
         ScalableDimension='ecs:service:DesiredCount', PolicyType='TargetTrackingScaling', \
         TargetTrackingScalingPolicyConfiguration={'TargetValue': 1.0, 'PredefinedMetricSpecification': \
         {'PredefinedMetricType': 'ECSServiceAverageMemoryUtilization'}})",
        "tenant/acme/service/web/scaling",
        "policies.mine",
    ),
    ManualChange {
        what: "a generated value that is too short",
        python: "secrets.put_secret_value(SecretId='ecs/harbor/tenant/acme/generated', \
                 SecretString=json.dumps({'SESSION_KEY': 'short'}))",
        address: "tenant/acme/generated-secret",
        field: Some("content.generated.SESSION_KEY"),
        deep: true,
    },
];

/// What others change in the parts that only a real application has is found, and the next apply repairs it.
#[tokio::test]
async fn manual_changes_of_a_real_application_are_repaired() {
    let (plan, _) = plan(SPEC, &Lock::default());
    let cloud = Cloud::sandbox_for(&[&plan]).await;
    apply(&cloud, &plan).await;
    changes_are_repaired(&cloud, &plan, NAMES, MANUAL_CHANGES).await;
}

/// A new value of a secret that the platform only reads restarts what receives it, and nothing else.
#[tokio::test]
async fn new_external_value_restarts_its_tasks() {
    let (plan, _) = plan(SPEC, &Lock::default());
    let cloud = Cloud::sandbox_for(&[&plan]).await;
    apply(&cloud, &plan).await;
    cloud.python(&[
        "-c",
        "import boto3, json\n\
         secrets = boto3.client('secretsmanager')\n\
         secrets.put_secret_value(SecretId='harbor/license/acme', SecretString=json.dumps({'license': 'another'}))",
    ]);
    let applied = apply(&cloud, &plan).await;
    let touched: BTreeSet<&str> = applied.changes.changes.iter().map(|change| change.address.as_str()).collect();
    let expected = ["job/migrate", "job/nightly", "service/web", "service/worker"].map(|node| {
        let node = format!("tenant/acme/{node}");
        [format!("{node}/task-definition"), node]
    });
    assert_eq!(touched, expected.as_flattened().iter().map(String::as_str).collect());
    assert_clean(&cloud, &plan).await;
    assert!(apply(&cloud, &plan).await.changes.is_empty());
}
