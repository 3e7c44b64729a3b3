//! Tags that were removed by hand.

use std::collections::BTreeSet;

use saas_executor::Intent;
use saas_executor::apply::change_set::Action;
use saas_model::{Kind, Lock};

use crate::cloud::Cloud;
use crate::live::{APPLY, addresses, change_set};
use crate::platform::{SPEC, apply, assert_clean, bring, plan};

/// Takes tags from everything of the platform, by the API of each service; the first of them from half
/// of it, the second from the other half, or all from everything.
const UNTAGGED: &str = "
import boto3, sys
ec2, ecs, rds, s3 = (boto3.client(name) for name in ('ec2', 'ecs', 'rds', 's3'))
iam, logs, elb = (boto3.client(name) for name in ('iam', 'logs', 'elbv2'))
secrets = boto3.client('secretsmanager')
keys, both = ['saas:platform', 'saas:address'], 'both' in sys.argv
turn = 0
def taken():
    global turn
    turn += 1
    return keys if both else [keys[turn % 2]]
for listing, key, name in [
        ('vpcs', 'Vpcs', 'VpcId'), ('subnets', 'Subnets', 'SubnetId'), ('addresses', 'Addresses', 'AllocationId'),
        ('internet_gateways', 'InternetGateways', 'InternetGatewayId'), ('nat_gateways', 'NatGateways', 'NatGatewayId'),
        ('route_tables', 'RouteTables', 'RouteTableId'), ('vpc_endpoints', 'VpcEndpoints', 'VpcEndpointId'),
        ('security_groups', 'SecurityGroups', 'GroupId'),
        ('security_group_rules', 'SecurityGroupRules', 'SecurityGroupRuleId')]:
    for one in getattr(ec2, 'describe_' + listing)()[key]:
        if one.get('Tags'):
            ec2.delete_tags(Resources=[one[name]], Tags=[{'Key': tag} for tag in taken()])
arns = [one['DBClusterArn'] for one in rds.describe_db_clusters()['DBClusters']]
arns += [one['DBInstanceArn'] for one in rds.describe_db_instances()['DBInstances']]
arns += [one['DBSubnetGroupArn'] for one in rds.describe_db_subnet_groups()['DBSubnetGroups']]
arns += [one['DBClusterParameterGroupArn'] for one in
         rds.describe_db_cluster_parameter_groups()['DBClusterParameterGroups']
         if one['DBClusterParameterGroupName'].startswith('saas-platform')]
for arn in arns:
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=taken())
for role in iam.list_roles()['Roles']:
    if role['RoleName'].startswith('saas-platform-'):
        iam.untag_role(RoleName=role['RoleName'], TagKeys=taken())
for bucket in s3.list_buckets()['Buckets']:
    gone, tags = taken(), s3.get_bucket_tagging(Bucket=bucket['Name'])['TagSet']
    s3.put_bucket_tagging(Bucket=bucket['Name'],
                          Tagging={'TagSet': [tag for tag in tags if tag['Key'] not in gone]})
for group in logs.describe_log_groups()['logGroups']:
    logs.untag_resource(resourceArn=group['arn'].removesuffix(':*'), tagKeys=taken())
for secret in secrets.list_secrets()['SecretList']:
    secrets.untag_resource(SecretId=secret['ARN'], TagKeys=taken())
arns = []
for balancer in elb.describe_load_balancers()['LoadBalancers']:
    arns.append(balancer['LoadBalancerArn'])
    for listener in elb.describe_listeners(LoadBalancerArn=balancer['LoadBalancerArn'])['Listeners']:
        arns.append(listener['ListenerArn'])
        rules = elb.describe_rules(ListenerArn=listener['ListenerArn'])['Rules']
        arns += [rule['RuleArn'] for rule in rules if not rule['IsDefault']]
arns += [group['TargetGroupArn'] for group in elb.describe_target_groups()['TargetGroups']]
for arn in arns:
    elb.remove_tags(ResourceArns=[arn], TagKeys=taken())
arns = ecs.list_clusters()['clusterArns'] + ecs.list_services(cluster='saas-platform')['serviceArns']
for arn in arns + ecs.list_task_definitions()['taskDefinitionArns']:
    ecs.untag_resource(resourceArn=arn, tagKeys=taken())
";

/// The tags by which saas finds its own, taken away from all of it: everything is recognised by the rest,
/// gets them again, and nothing is made a second time.
pub(crate) async fn removed_tags_are_written_again(cloud: &Cloud) {
    let (plan, _) = plan(SPEC, &Lock::default());
    apply(cloud, &plan).await;
    let made = cloud.inventory();
    for which in ["either", "both"] {
        cloud.python(&["-c", UNTAGGED, which]);
        let (changes, _) = change_set(cloud.options(), &plan, APPLY).await;
        assert_eq!((&changes.blockers, &changes.foreign), (&Vec::new(), &Vec::new()));
        for change in &changes.changes {
            let Action::Update { fields } = &change.action else { panic!("{which}: {change:#?}") };
            // A task definition is changed by another revision, to which its service is bound anew.
            let is_bound_anew = |field: &str| change.kind == Kind::Service && field == "task_definition";
            assert!(fields.iter().all(|field| field.top() == "tags" || is_bound_anew(&field.field)), "{change:#?}");
        }
        let taggable = |kind: Kind| !matches!(kind, Kind::ScalableTarget | Kind::DatabaseAccess | Kind::TenantSchema);
        let expected: BTreeSet<&str> =
            plan.nodes().iter().filter(|node| taggable(node.kind())).map(|node| node.address.as_str()).collect();
        assert_eq!(addresses(&changes.changes).into_iter().collect::<BTreeSet<_>>(), expected);
        bring(cloud, &plan, APPLY).await;
        assert_clean(cloud, &plan).await;
    }
    let is_revision = |line: &&String| !line.starts_with("task-definition");
    let left = cloud.inventory();
    assert_eq!(
        left.iter().filter(is_revision).collect::<Vec<_>>(),
        made.iter().filter(is_revision).collect::<Vec<_>>()
    );

    // Nothing but the tags tells what a destroy may remove, and they do.
    cloud.python(&["-c", UNTAGGED, "both"]);
    bring(cloud, &plan, Intent::Nothing).await;
    assert_eq!(cloud.inventory(), Vec::<String>::new());
}
