//! Manual changes of live resources, which verification finds and an apply repairs.

use saas_executor::Intent;
use saas_executor::verify::Drift;
use saas_model::{Lock, Plan};

use crate::cloud::Cloud;
use crate::platform::{SPEC, apply, bring, plan, verify};

/// A manual change, the node that it affects, and whether only a deep comparison detects it.
pub(crate) struct ManualChange {
    pub(crate) what: &'static str,
    pub(crate) python: &'static str,
    pub(crate) address: &'static str,
    pub(crate) field: Option<&'static str>,
    pub(crate) deep: bool,
}

pub(crate) const fn manual_change(python: &'static str, address: &'static str, field: &'static str) -> ManualChange {
    ManualChange { what: field, python, address, field: Some(field), deep: false }
}

const MANUAL_CHANGES: &[ManualChange] = &[
    manual_change(
        "scaling.register_scalable_target(ServiceNamespace='ecs', ResourceId=resource, \
         ScalableDimension='ecs:service:DesiredCount', SuspendedState={'DynamicScalingInSuspended': True})",
        "tenant/acme-corp/service/web/scaling",
        "suspended",
    ),
    manual_change(
        "ecs.update_service(cluster='saas-platform', service='saas-platform-acme-corp', desiredCount=0)",
        "tenant/acme-corp/service/web/scaling",
        "desired_count",
    ),
    manual_change(
        "ecs.update_service(cluster='saas-platform', service='saas-platform-acme-corp', desiredCount=50)",
        "tenant/acme-corp/service/web/scaling",
        "desired_count",
    ),
    manual_change(
        "scaling.register_scalable_target(ServiceNamespace='ecs', ResourceId=resource, \
         ScalableDimension='ecs:service:DesiredCount', MinCapacity=1)",
        "tenant/acme-corp/service/web/scaling",
        "min",
    ),
    manual_change(
        "ec2.authorize_security_group_ingress(GroupId=group, IpProtocol='tcp', FromPort=22, ToPort=22, \
         CidrIp='0.0.0.0/0')",
        "tenant/acme-corp/security-group",
        "other_rules",
    ),
    manual_change(
        "ec2.create_tags(Resources=[group], Tags=[{'Key': 'tenant_id', 'Value': 'globex-inc'}])",
        "tenant/acme-corp/security-group",
        "tags.tenant_id",
    ),
    manual_change(
        "secrets.untag_resource(SecretId='rds/tenant/acme-corp/password', TagKeys=['tenant_id'])",
        "tenant/acme-corp/password",
        "tags.tenant_id",
    ),
    manual_change(
        "secrets.update_secret(SecretId='rds/tenant/acme-corp/password', Description='mine')",
        "tenant/acme-corp/password",
        "description",
    ),
    manual_change(
        "iam.attach_role_policy(RoleName='saas-platform-acme-corp-task', \
         PolicyArn='arn:aws:iam::aws:policy/ReadOnlyAccess')",
        "tenant/acme-corp/task-role",
        "policies.arn:aws:iam::aws:policy/ReadOnlyAccess",
    ),
    manual_change(
        "iam.tag_role(RoleName='saas-platform-acme-corp-task', Tags=[{'Key': 'tenant_id', 'Value': 'globex-inc'}])",
        "tenant/acme-corp/task-role",
        "tags.tenant_id",
    ),
    manual_change(
        "logs.put_retention_policy(logGroupName='/ecs/tenant/acme-corp', retentionInDays=1)",
        "tenant/acme-corp/log-group",
        "retention_days",
    ),
    manual_change(
        "elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=[\
         {'Key': 'routing.http.drop_invalid_header_fields.enabled', 'Value': 'false'}])",
        "ingress/0/load-balancer",
        "drop_invalid_header_fields",
    ),
    manual_change(
        "rds.modify_db_cluster(DBClusterIdentifier='saas-platform-db', BackupRetentionPeriod=1, ApplyImmediately=True)",
        "database/cluster",
        "backup_retention_days",
    ),
    manual_change(
        "rds.remove_tags_from_resource(ResourceName=rds.describe_db_clusters()['DBClusters'][0]['DBClusterArn'], \
         TagKeys=['cost_center'])",
        "database/cluster",
        "tags.cost_center",
    ),
    // The access to data is compared always, though the digest tag vouches for the rest.
    manual_change(
        "policy = json.loads(s3.get_bucket_policy(Bucket='saas-platform-acme-corp-data')['Policy'])\n\
         kept = [one for one in policy['Statement'] if one['Sid'] != 'DenyOtherTenants']\n\
         s3.put_bucket_policy(Bucket='saas-platform-acme-corp-data', Policy=json.dumps(policy | {'Statement': kept}))",
        "tenant/acme-corp/bucket",
        "policy",
    ),
    manual_change(
        "policy = json.loads(s3.get_bucket_policy(Bucket='saas-platform-control')['Policy'])\n\
         kept = [one for one in policy['Statement'] if one['Sid'] != 'DenyInsecureTransport']\n\
         s3.put_bucket_policy(Bucket='saas-platform-control', Policy=json.dumps(policy | {'Statement': kept}))",
        "control/bucket",
        "policy",
    ),
    manual_change(
        "s3.delete_bucket_policy(Bucket='saas-platform-acme-corp-data')",
        "tenant/acme-corp/bucket",
        "policy",
    ),
    manual_change(
        "s3.delete_public_access_block(Bucket='saas-platform-acme-corp-data')",
        "tenant/acme-corp/bucket",
        "public_access_block.block_public_policy",
    ),
    manual_change(
        "s3.put_bucket_ownership_controls(Bucket='saas-platform-acme-corp-data', \
         OwnershipControls={'Rules': [{'ObjectOwnership': 'ObjectWriter'}]})",
        "tenant/acme-corp/bucket",
        "ownership",
    ),
    manual_change(
        "secrets.put_resource_policy(SecretId='rds/tenant/acme-corp/password', ResourcePolicy=json.dumps({\
         'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': {'AWS': '123456789012'}, \
         'Action': 'secretsmanager:GetSecretValue', 'Resource': '*'}]}))",
        "tenant/acme-corp/password",
        "policy",
    ),
    manual_change(
        "secrets.delete_resource_policy(SecretId='rds/tenant/acme-corp/password')",
        "tenant/acme-corp/password",
        "policy",
    ),
    manual_change(
        "secrets.delete_resource_policy(SecretId='rds/saas-platform/admin/password')",
        "database/admin-password",
        "policy",
    ),
    manual_change(
        "trust = iam.get_role(RoleName='saas-platform-acme-corp-task')['Role']['AssumeRolePolicyDocument']\n\
         trust['Statement'].append({'Effect': 'Allow', 'Principal': {'AWS': '123456789012'}, 'Action': 'sts:AssumeRole'})\n\
         iam.update_assume_role_policy(RoleName='saas-platform-acme-corp-task', PolicyDocument=json.dumps(trust))",
        "tenant/acme-corp/task-role",
        "trust",
    ),
    manual_change(
        "iam.put_role_policy(RoleName='saas-platform-acme-corp-task', PolicyName='more', PolicyDocument=json.dumps({\
         'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 's3:*', 'Resource': '*'}]}))",
        "tenant/acme-corp/task-role",
        "policies.more",
    ),
    ManualChange {
        what: "versioning",
        python: "s3.put_bucket_versioning(Bucket='saas-platform-acme-corp-data', \
                 VersioningConfiguration={'Status': 'Suspended'})",
        address: "tenant/acme-corp/bucket",
        field: Some("versioning"),
        deep: true,
    },
    ManualChange {
        what: "health check",
        python: "elb.modify_target_group(TargetGroupArn=targets, HealthCheckPath='/wrong')",
        address: "tenant/acme-corp/service/web/target-group",
        field: Some("health_check.path"),
        deep: true,
    },
    ManualChange {
        what: "the commit record of a security group",
        python: "ec2.delete_tags(Resources=[group], Tags=[{'Key': 'saas:digest'}])",
        address: "tenant/acme-corp/security-group",
        field: None,
        deep: false,
    },
    ManualChange {
        what: "the commit record of a log group",
        python: "logs.untag_resource(resourceArn='arn:aws:logs:us-east-1:123456789012:log-group:/ecs/tenant/acme-corp', \
                 tagKeys=['saas:digest'])",
        address: "tenant/acme-corp/log-group",
        field: None,
        deep: false,
    },
    ManualChange {
        what: "a deleted log group",
        python: "logs.delete_log_group(logGroupName='/ecs/tenant/globex-inc')",
        address: "tenant/globex-inc/log-group",
        field: None,
        deep: false,
    },
];

/// What the statements of [`MANUAL_CHANGES`] speak of.
pub(crate) const NAMES: &str = "import boto3, json\n\
    ec2, ecs, rds, s3 = (boto3.client(name) for name in ('ec2', 'ecs', 'rds', 's3'))\n\
    iam, logs, elb = (boto3.client(name) for name in ('iam', 'logs', 'elbv2'))\n\
    secrets, scaling = (boto3.client(name) for name in ('secretsmanager', 'application-autoscaling'))\n\
    resource = 'service/saas-platform/saas-platform-acme-corp'\n\
    named = [{'Name': 'group-name', 'Values': ['saas-platform-acme-corp']}]\n\
    group = ec2.describe_security_groups(Filters=named)['SecurityGroups'][0]['GroupId']\n\
    balancer = elb.describe_load_balancers()['LoadBalancers'][0]['LoadBalancerArn']\n\
    groups = elb.describe_target_groups()['TargetGroups']\n\
    targets = [one['TargetGroupArn'] for one in groups if one['TargetGroupName'].startswith('acme')][0]\n";

/// Every deviation that verification finds is repaired by the next apply; if only a deep apply repairs
/// it, the deviation says so.
pub(crate) async fn every_deviation_is_repaired_by_an_apply(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    changes_are_repaired(cloud, &plan, NAMES, MANUAL_CHANGES).await;
}

/// Makes each change, whose statements follow those of `names`, and expects that it is found and repaired.
pub(crate) async fn changes_are_repaired(cloud: &Cloud, plan: &Plan, names: &str, changes: &[ManualChange]) {
    for ManualChange { what, python, address, field, deep } in changes {
        cloud.python(&["-c", &format!("{names}{python}")]);
        let found = verify(cloud, plan).await;
        let deviation = found.deviations.iter().find(|deviation| deviation.address.as_str() == *address);
        let deviation = deviation.unwrap_or_else(|| panic!("{what}: {found:#?}"));
        if let (Some(field), Drift::Fields { fields, .. }) = (field, &deviation.what) {
            assert!(fields.iter().any(|change| change.field == *field), "{what}: {fields:#?}");
        } else {
            assert_eq!(*field, None, "{what}: {deviation:#?}");
        }
        assert_eq!(deviation.deep, *deep, "{what}: {deviation:#?}");
        bring(cloud, plan, Intent::Plan { deep: *deep }).await;
        let repaired = verify(cloud, plan).await;
        assert!(repaired.is_clean(), "{what}: {repaired:#?}");
    }
}

/// Writes the policies of a bucket and a secret in another order, without names and with one statement twice.
const SAME_MEANING: &str = "def other(text):\n\
    \x20   policy = json.loads(text)\n\
    \x20   for statement in policy['Statement']:\n\
    \x20       del statement['Sid']\n\
    \x20   policy['Statement'] = policy['Statement'][::-1] + policy['Statement'][:1]\n\
    \x20   return json.dumps(policy)\n\
    bucket, secret = 'saas-platform-acme-corp-data', 'rds/tenant/acme-corp/password'\n\
    s3.put_bucket_policy(Bucket=bucket, Policy=other(s3.get_bucket_policy(Bucket=bucket)['Policy']))\n\
    text = secrets.get_resource_policy(SecretId=secret)['ResourcePolicy']\n\
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=other(text))";

#[tokio::test]
async fn policies_that_mean_the_same_are_no_deviation() {
    let cloud = Cloud::sandbox().await;
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(&cloud, &plan).await;
    cloud.python(&["-c", &format!("{NAMES}{SAME_MEANING}")]);
    let found = verify(&cloud, &plan).await;
    assert!(found.is_clean(), "{found:#?}");
    assert!(bring(&cloud, &plan, Intent::Plan { deep: true }).await.changes.is_empty());
}
