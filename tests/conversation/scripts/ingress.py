"""Elastic Load Balancing: a balancer, target groups, listeners, and their rules."""

from typing import Any

from talk import Talk

from scripts.stage import Network, tags

NOT_FOUND = {
    "Type": "fixed-response",
    "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "no such host"},
}
REDIRECT = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
NOWHERE = "arn:aws:elasticloadbalancing:us-east-1:123456789012:{}/0123456789abcdef"


def ingress(talk: Talk) -> None:
    """A host leads to a target group by a rule of a listener of a balancer."""
    elb = talk.elb
    network = Network(talk, "10.4", zones="abc", opened=True)
    group, other = network.group("front"), network.group("other")
    balancer = a_balancer(talk, network, group, other)
    target = a_target_group(talk, network.vpc)
    listener = listeners(talk, balancer, target)
    rules(talk, listener, target)
    elb.delete_listener(ListenerArn=listener)
    elb.delete_listener("again", ListenerArn=listener)
    elb.delete_target_group(TargetGroupArn=target)
    elb.delete_target_group("again", TargetGroupArn=target)
    elb.delete_load_balancer(LoadBalancerArn=balancer)
    elb.delete_load_balancer("again", LoadBalancerArn=balancer)
    elb.describe_load_balancers("gone", LoadBalancerArns=[balancer])
    for one in [group, other]:
        talk.ec2.delete_security_group(GroupId=one)
    network.close()


def a_balancer(talk: Talk, network: Network, group: str, other: str) -> str:
    elb = talk.elb
    this: dict[str, Any] = {"Name": "front", "Subnets": network.subnets[:2], "SecurityGroups": [group]}
    elb.describe_load_balancers("unknown", Names=["front"])
    made = elb.create_load_balancer(**this, Type="application", Scheme="internet-facing", Tags=tags())
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_load_balancer("no such subnet", **(this | {"Name": "lost", "Subnets": ["subnet-00000000000000000"]}))
    elb.until(
        lambda answer: answer["LoadBalancers"][0]["State"]["Code"] == "active",
        "describe_load_balancers",
        Names=["front"],
    )
    elb.describe_load_balancers("by name", Names=["front"])
    elb.describe_load_balancers(LoadBalancerArns=[balancer])
    elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)
    drop = {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=[drop])
    elb.modify_load_balancer_attributes(
        "no such one", LoadBalancerArn=balancer, Attributes=[{"Key": "x", "Value": "y"}]
    )
    elb.describe_load_balancer_attributes("changed", LoadBalancerArn=balancer)
    elb.set_security_groups(LoadBalancerArn=balancer, SecurityGroups=[other])
    elb.set_security_groups("no such group", LoadBalancerArn=balancer, SecurityGroups=["sg-00000000000000000"])
    elb.set_subnets(LoadBalancerArn=balancer, Subnets=network.subnets)
    elb.describe_load_balancers("changed", LoadBalancerArns=[balancer])
    tagging(talk, balancer)
    return balancer


def a_target_group(talk: Talk, vpc: str) -> str:
    elb = talk.elb
    this: dict[str, Any] = {
        "Name": "acme",
        "VpcId": vpc,
        "TargetType": "ip",
        "Protocol": "HTTP",
        "Port": 80,
        "HealthCheckProtocol": "HTTP",
        "HealthCheckPath": "/health",
        "HealthCheckIntervalSeconds": 15,
        "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": 3,
        "Matcher": {"HttpCode": "200-299"},
    }
    elb.describe_target_groups("unknown", Names=["acme"])
    made = elb.create_target_group(**this, Tags=tags())
    target = made["TargetGroups"][0]["TargetGroupArn"]
    elb.create_target_group("the same again", **this, Tags=tags())
    elb.create_target_group("a name that is taken", **(this | {"Port": 81}))
    elb.create_target_group("a name with a dot", **(this | {"Name": "a.b"}))
    elb.create_target_group("in no such network", **(this | {"Name": "x", "VpcId": "vpc-00000000000000000"}))
    elb.describe_target_groups(TargetGroupArns=[target])
    elb.modify_target_group(
        TargetGroupArn=target, HealthCheckPath="/", HealthCheckIntervalSeconds=20, Matcher={"HttpCode": "200"}
    )
    elb.modify_target_group("unknown", TargetGroupArn=NOWHERE.format("targetgroup/x"), HealthCheckPath="/")
    elb.describe_target_groups("changed", Names=["acme"])
    elb.describe_target_group_attributes(TargetGroupArn=target)
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
    elb.modify_target_group_attributes(TargetGroupArn=target, Attributes=[delay])
    elb.describe_target_group_attributes("changed", TargetGroupArn=target)
    tagging(talk, target)
    elb.register_targets(TargetGroupArn=target, Targets=[{"Id": "10.4.0.20", "Port": 80}])
    elb.describe_target_health(TargetGroupArn=target)
    elb.deregister_targets(TargetGroupArn=target, Targets=[{"Id": "10.4.0.20", "Port": 80}])
    return target


def listeners(talk: Talk, balancer: str, target: str) -> str:
    elb = talk.elb
    this: dict[str, Any] = {"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80}
    made = elb.create_listener(**this, DefaultActions=[NOT_FOUND], Tags=tags())
    listener = made["Listeners"][0]["ListenerArn"]
    elb.create_listener(
        "of no such balancer",
        **(this | {"LoadBalancerArn": NOWHERE.format("loadbalancer/app/x")}),
        DefaultActions=[NOT_FOUND],
    )
    elb.describe_listeners(LoadBalancerArn=balancer)
    elb.describe_listeners("unknown", ListenerArns=[NOWHERE.format("listener/app/x/0123456789abcdef")])
    elb.modify_listener(ListenerArn=listener, Protocol="HTTP", Port=8080, DefaultActions=[REDIRECT])
    elb.describe_listeners("changed", ListenerArns=[listener])
    elb.modify_listener("back", ListenerArn=listener, Port=80, DefaultActions=[NOT_FOUND])
    elb.delete_target_group("that leads nowhere yet", TargetGroupArn=NOWHERE.format("targetgroup/x"))
    elb.describe_listener_certificates("of HTTP", ListenerArn=listener)
    tagging(talk, listener)
    return listener


def rules(talk: Talk, listener: str, target: str) -> None:
    elb = talk.elb
    this: dict[str, Any] = {
        "ListenerArn": listener,
        "Conditions": [hosts("acme.example.com", "*.acme.example.com")],
        "Actions": [{"Type": "forward", "TargetGroupArn": target}],
    }
    elb.describe_rules("the default one", ListenerArn=listener)
    rule = elb.create_rule(**this, Priority=1, Tags=tags())["Rules"][0]["RuleArn"]
    elb.create_rule("a priority that is taken", **this, Priority=1)
    elb.create_rule(
        "to no such group",
        **(this | {"Actions": [{"Type": "forward", "TargetGroupArn": NOWHERE.format("targetgroup/x")}]}),
        Priority=2,
    )
    elb.create_rule(
        "of no such listener", **(this | {"ListenerArn": NOWHERE.format("listener/app/x/0123456789abcdef")}), Priority=2
    )
    other = elb.create_rule("another", **(this | {"Conditions": [hosts("globex.example.com")]}), Priority=2)["Rules"][
        0
    ]["RuleArn"]
    elb.describe_rules(ListenerArn=listener)
    elb.describe_rules("one", RuleArns=[rule])
    elb.describe_target_groups("in use", TargetGroupArns=[target])
    elb.modify_rule(RuleArn=rule, Conditions=[hosts("acme.example.org")])
    elb.describe_rules("changed", RuleArns=[rule])
    elb.set_rule_priorities("one that is taken", RulePriorities=[{"RuleArn": rule, "Priority": 2}])
    elb.set_rule_priorities(RulePriorities=[{"RuleArn": rule, "Priority": 7}])
    elb.describe_rules("in another order", ListenerArn=listener)
    tagging(talk, rule)
    elb.delete_target_group("in use", TargetGroupArn=target)
    for one in [rule, other]:
        elb.delete_rule(RuleArn=one)
    elb.delete_rule("again", RuleArn=rule)
    elb.describe_rules("gone", RuleArns=[rule])


def hosts(*values: str) -> dict[str, Any]:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(values)}}


def tagging(talk: Talk, arn: str) -> None:
    elb = talk.elb
    elb.describe_tags(ResourceArns=[arn])
    elb.add_tags(ResourceArns=[arn], Tags=tags(digest="one", tenant_id="globex"))
    elb.remove_tags(ResourceArns=[arn], TagKeys=["tenant_id"])
    elb.describe_tags("changed", ResourceArns=[arn])
