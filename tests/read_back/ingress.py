"""How requests reach the tenants: point 6."""

from reader import Reader, field


def point_6_load_balancer(reader: Reader) -> None:
    """One load balancer with one HTTP listener, and a rule and a target group for each tenant."""
    balancer = _load_balancer(reader)
    listener = _listener(reader, balancer)
    targets = _rules(reader, listener)
    _target_groups(reader, targets, balancer)


def _tags(reader: Reader, what: str, arn: str, address: str, tenant: str = "shared") -> None:
    [described] = reader.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    reader.tags(what, described["Tags"], address, tenant)


def _load_balancer(reader: Reader) -> str:
    balancers = reader.all(reader.elb, "describe_load_balancers", "LoadBalancers")
    balancers = [one for one in balancers if one["VpcId"] == reader.vpc_id]
    names = [one["LoadBalancerName"] for one in balancers]
    reader.equal("load balancers", names, [f"{reader.platform}-0"])
    balancer = balancers[0]
    arn = balancer["LoadBalancerArn"]
    wanted = {"Scheme": "internet-facing", "Type": "application", "State.Code": "active", "IpAddressType": "ipv4"}
    reader.fields("load balancer", balancer, wanted)
    subnets = sorted(zone["SubnetId"] for zone in balancer["AvailabilityZones"])
    reader.equal("load balancer, subnets", subnets, reader.subnet_ids("public"))
    groups = [reader.group_ids()[f"{reader.platform}-alb-0"]]
    reader.equal("load balancer, security groups", balancer["SecurityGroups"], groups)
    attributes = _attributes(reader.elb.describe_load_balancer_attributes(LoadBalancerArn=arn))
    dropped = attributes.get("routing.http.drop_invalid_header_fields.enabled")
    reader.equal("load balancer, drops invalid header fields", dropped, "true")
    reader.equal("load balancer, deletion protection", attributes.get("deletion_protection.enabled"), "false")
    _tags(reader, "load balancer", arn, "ingress/0/load-balancer")
    return arn


def _listener(reader: Reader, balancer: str) -> str:
    listeners = reader.all(reader.elb, "describe_listeners", "Listeners", LoadBalancerArn=balancer)
    found = [(one["Port"], one["Protocol"]) for one in listeners]
    reader.equal("listeners", found, [(80, "HTTP")])
    listener = listeners[0]
    reader.equal("listener, number of default actions", len(listener["DefaultActions"]), 1)
    wanted = {"Type": "fixed-response", "FixedResponseConfig.StatusCode": "404"}
    reader.fields("listener, default action", listener["DefaultActions"][0], wanted)
    _tags(reader, "listener", listener["ListenerArn"], "ingress/0/listener/http")
    return listener["ListenerArn"]


def _rules(reader: Reader, listener: str) -> dict[str, str]:
    """Returns the target group of each tenant."""
    rules = reader.all(reader.elb, "describe_rules", "Rules", ListenerArn=listener)
    rules = [rule for rule in rules if not rule["IsDefault"]]
    priorities = [rule["Priority"] for rule in rules]
    reader.equal("listener rules, number of distinct priorities", len(set(priorities)), len(rules))
    in_range = all(1 <= int(priority) <= 50_000 for priority in priorities)
    reader.expect(in_range, f"listener rules: not all priorities are from 1 to 50000: {priorities}")
    wanted = {(f"*.{one}.{reader.domain}", f"{one}.{reader.domain}"): one for one in reader.tenants}
    found = [_hosts(rule) for rule in rules]
    reader.equal("listener rules, hosts", sorted(found), sorted(wanted))
    targets = {}
    for hosts, rule in zip(found, rules, strict=True):
        tenant = wanted.get(hosts, "shared")
        what = f"listener rule of {tenant}"
        reader.equal(f"{what}, conditions", [one["Field"] for one in rule["Conditions"]], ["host-header"])
        reader.equal(f"{what}, actions", [action["Type"] for action in rule["Actions"]], ["forward"])
        targets[tenant] = rule["Actions"][0]["TargetGroupArn"]
        _tags(reader, what, rule["RuleArn"], f"tenant/{tenant}/listener-rule", tenant)
    return targets


def _hosts(rule: dict) -> tuple[str, ...]:
    # An emulator may fill the newer of the two fields only.
    hosts = [field(one, "HostHeaderConfig.Values") or one.get("Values", []) for one in rule["Conditions"]]
    return tuple(sorted(host for values in hosts for host in values))


def _target_groups(reader: Reader, targets: dict[str, str], balancer: str) -> None:
    groups = reader.all(reader.elb, "describe_target_groups", "TargetGroups")
    groups = {one["TargetGroupArn"]: one for one in groups if one.get("VpcId") == reader.vpc_id}
    reader.equal("target groups, those of the rules", sorted(groups), sorted(targets.values()))
    for tenant, arn in targets.items():
        what, group = f"target group of {tenant}", groups[arn]
        # The name ends in a digest of what AWS cannot change in place.
        name = group["TargetGroupName"]
        reader.expect(name.startswith(f"{tenant}-"), f"{what}: its name is {name!r}")
        wanted = {
            "TargetType": "ip",
            "Protocol": "HTTP",
            "Port": 80,
            "LoadBalancerArns": [balancer],
            "HealthCheckProtocol": "HTTP",
            "HealthCheckPath": "/",
            "HealthCheckIntervalSeconds": 15,
            "HealthCheckTimeoutSeconds": 5,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 3,
            "Matcher.HttpCode": "200-399",
        }
        reader.fields(what, group, wanted)
        attributes = _attributes(reader.elb.describe_target_group_attributes(TargetGroupArn=arn))
        delay = attributes.get("deregistration_delay.timeout_seconds")
        reader.equal(f"{what}, deregistration delay", delay, "30")
        _tags(reader, what, arn, f"tenant/{tenant}/target-group", tenant)


def _attributes(answer: dict) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}
