//! A live platform of plan format 1, whose tenants had one service at other addresses.

use std::collections::BTreeSet;

use saas_executor::apply::change_set::Action;
use saas_model::Lock;

use crate::cloud::Cloud;
use crate::live::{APPLY, change_set};
use crate::platform::{SPEC, apply, assert_clean, plan};

/// Gives the resources of services the addresses that they had in format 1, and the digests of another plan.
const EARLIER: &str = "
import boto3, re
ec2, ecs, elb = (boto3.client(name) for name in ('ec2', 'ecs', 'elbv2'))
changed = 0
def earlier(tags):
    global changed
    address = tags.get('saas:address', '')
    past = re.sub(r'^(tenant/[^/]+)/service/web(?:/(.+))?$', lambda m: f'{m[1]}/{m[2] or \"service\"}', address)
    past = re.sub(r'^(tenant/[^/]+/rule/(?:from-load-balancer|load-balancer-out))/[0-9]+$', r'\\1', past)
    if past == address:
        return {}
    changed += 1
    return {'saas:address': past, 'saas:digest': '0' * 64, 'Name': f'{tags[\"saas:platform\"]}/{past}'}
def as_list(tags, key='Key', value='Value'):
    return [{key: name, value: text} for name, text in tags.items()]
for rule in ec2.describe_security_group_rules()['SecurityGroupRules']:
    past = earlier({tag['Key']: tag['Value'] for tag in rule.get('Tags', [])})
    if past:
        ec2.create_tags(Resources=[rule['SecurityGroupRuleId']], Tags=as_list(past))
arns = [group['TargetGroupArn'] for group in elb.describe_target_groups()['TargetGroups']]
for balancer in elb.describe_load_balancers()['LoadBalancers']:
    for listener in elb.describe_listeners(LoadBalancerArn=balancer['LoadBalancerArn'])['Listeners']:
        rules = elb.describe_rules(ListenerArn=listener['ListenerArn'])['Rules']
        arns += [rule['RuleArn'] for rule in rules if not rule['IsDefault']]
for arn in arns:
    tags = elb.describe_tags(ResourceArns=[arn])['TagDescriptions'][0]['Tags']
    past = earlier({tag['Key']: tag['Value'] for tag in tags})
    if past:
        elb.add_tags(ResourceArns=[arn], Tags=as_list(past))
arns = ecs.list_services(cluster='saas-platform')['serviceArns'] + ecs.list_task_definitions()['taskDefinitionArns']
for arn in arns:
    past = earlier({tag['key']: tag['value'] for tag in ecs.list_tags_for_resource(resourceArn=arn)['tags']})
    if past:
        ecs.tag_resource(resourceArn=arn, tags=as_list(past, 'key', 'value'))
print(changed)
";

/// Nothing is created or deleted: everything keeps its name and its id, and gets its present address.
#[tokio::test]
async fn platform_of_format_1_is_taken_over_in_place() {
    let (plan, _) = plan(SPEC, &Lock::default());
    let cloud = Cloud::sandbox().await;
    apply(&cloud, &plan).await;
    let made: BTreeSet<String> = cloud.inventory().into_iter().collect();
    let tenants: BTreeSet<&str> = plan.nodes().iter().filter_map(|node| node.address.tenant()).collect();
    // A service, its task definition, target group and listener rule, and the rules on both sides of its port.
    assert_eq!(cloud.python(&["-c", EARLIER]).trim(), (6 * tenants.len()).to_string());

    let (changes, _) = change_set(cloud.options(), &plan, APPLY).await;
    assert_eq!((&changes.blockers, &changes.foreign), (&Vec::new(), &Vec::new()));
    for change in &changes.changes {
        assert!(matches!(change.action, Action::Update { .. }), "{change:#?}");
    }
    apply(&cloud, &plan).await;
    assert_clean(&cloud, &plan).await;
    let is_revision = |line: &&String| line.starts_with("task-definition ");
    let now: BTreeSet<String> = cloud.inventory().into_iter().collect();
    let gone: Vec<&String> = made.difference(&now).filter(|line| !is_revision(line)).collect();
    assert!(gone.is_empty(), "{gone:#?}");
    assert!(apply(&cloud, &plan).await.changes.is_empty());
}
