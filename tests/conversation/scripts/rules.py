"""Elastic Load Balancing: conditions and actions of rules in their other forms, and pages of everything."""

from typing import Any

from talk import Talk

from scripts.ingress import NOT_FOUND, REDIRECT, hosts
from scripts.stage import Network, tags


def rules(talk: Talk) -> None:
    """A listener with a rule of each form."""
    elb = talk.elb
    network = Network(talk, "10.14", opened=True)
    group = network.group("rules")
    made = elb.create_load_balancer(
        Name="rules", Subnets=network.subnets, SecurityGroups=[group], Scheme="internet-facing", Tags=tags()
    )
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    targets = []
    for name in ["one", "two", "three"]:
        made = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=network.vpc, TargetType="ip")
        targets.append(made["TargetGroups"][0]["TargetGroupArn"])
    made = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[REDIRECT])
    listener = made["Listeners"][0]["ListenerArn"]
    weighted = {"TargetGroups": [{"TargetGroupArn": arn, "Weight": 1} for arn in targets[:2]]}
    forms: dict[str, dict[str, Any]] = {
        "by path": {"Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a/*"]}}]},
        "by path as of old": {"Conditions": [{"Field": "path-pattern", "Values": ["/b/*"]}]},
        "by host as of old": {"Conditions": [{"Field": "host-header", "Values": ["b.example.com"]}]},
        "by both": {"Conditions": [hosts("c.example.com"), {"Field": "path-pattern", "Values": ["/c"]}]},
        "to several": {
            "Conditions": [hosts("d.example.com")],
            "Actions": [{"Type": "forward", "ForwardConfig": weighted}],
        },
        "by no host": {"Conditions": [hosts()]},
        "by an unknown field": {"Conditions": [{"Field": "colour", "Values": ["red"]}]},
    }
    for number, (remark, form) in enumerate(forms.items()):
        whole = {"ListenerArn": listener, "Actions": [NOT_FOUND], "Priority": number + 10} | form
        elb.create_rule(remark, **whole)
    elb.describe_rules("of every form", ListenerArn=listener)
    elb.describe_target_groups("of several", TargetGroupArns=targets)
    elb.describe_target_groups("of a balancer", LoadBalancerArn=balancer)
    elb.pages("describe_target_groups", "TargetGroups", PaginationConfig={"PageSize": 2})
    elb.describe_tags("of several", ResourceArns=[balancer, *targets])
    elb.describe_tags("of nothing", ResourceArns=[targets[0] + "0"])
    elb.add_tags("to nothing", ResourceArns=[targets[0] + "0"], Tags=tags())
    elb.delete_target_group("that a rule leads to", TargetGroupArn=targets[0])
    elb.delete_listener(ListenerArn=listener)
    elb.describe_rules("without a listener", ListenerArn=listener)
    elb.describe_target_groups("that nothing leads to", TargetGroupArns=targets)
    for target in targets:
        elb.delete_target_group(TargetGroupArn=target)
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    elb.describe_listeners("of no balancer", LoadBalancerArn=balancer)
    talk.ec2.delete_security_group(GroupId=group)
    network.close()
