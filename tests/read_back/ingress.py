"""How requests reach the tenants: point 6."""

from application import Exposure, exposed
from reader import Reader, field


def point_6_load_balancer(reader: Reader) -> None:
    """One load balancer, and a rule and a target group for each service of each tenant that has a port."""
    balancer = _load_balancer(reader)
    listener = _listeners(reader, balancer)
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
    protected = "true" if reader.application.deletion_protection else "false"
    reader.equal("load balancer, deletion protection", attributes.get("deletion_protection.enabled"), protected)
    _tags(reader, "load balancer", arn, "ingress/0/load-balancer")
    return arn


def _listeners(reader: Reader, balancer: str) -> str:
    """Returns the listener with the rules: that of HTTPS, if there is a certificate."""
    listeners = reader.all(reader.elb, "describe_listeners", "Listeners", LoadBalancerArn=balancer)
    found = sorted((one["Port"], one["Protocol"]) for one in listeners)
    with_rules = {"Type": "fixed-response", "FixedResponseConfig.StatusCode": "404"}
    redirects = {"Type": "redirect", "RedirectConfig.Protocol": "HTTPS", "RedirectConfig.StatusCode": "HTTP_301"}
    wanted = {"HTTP": redirects, "HTTPS": with_rules} if reader.application.has_certificate else {"HTTP": with_rules}
    reader.equal("listeners", found, [(80, "HTTP"), (443, "HTTPS")][: len(wanted)])
    arns = {}
    for listener in listeners:
        protocol = listener["Protocol"]
        what, arns[protocol] = f"listener of {protocol}", listener["ListenerArn"]
        reader.equal(f"{what}, number of default actions", len(listener["DefaultActions"]), 1)
        reader.fields(f"{what}, default action", listener["DefaultActions"][0], wanted[protocol])
        _tags(reader, what, listener["ListenerArn"], f"ingress/0/listener/{protocol.lower()}")
    if "HTTPS" not in arns:
        return arns["HTTP"]
    [https] = [one for one in listeners if one["Protocol"] == "HTTPS"]
    reader.equal("listener of HTTPS, number of certificates", len(https["Certificates"]), 1)
    reader.equal("listener of HTTPS, policy", https["SslPolicy"], "ELBSecurityPolicy-TLS13-1-2-2021-06")
    others = reader.all(reader.elb, "describe_rules", "Rules", ListenerArn=arns["HTTP"])
    reader.equal("listener of HTTP, rules", [rule["IsDefault"] for rule in others], [True])
    return arns["HTTPS"]


def _rules(reader: Reader, listener: str) -> dict[tuple[str, str], str]:
    """Returns the target group of each tenant's services."""
    rules = reader.all(reader.elb, "describe_rules", "Rules", ListenerArn=listener)
    rules = [rule for rule in rules if not rule["IsDefault"]]
    priorities = [rule["Priority"] for rule in rules]
    reader.equal("listener rules, number of distinct priorities", len(set(priorities)), len(rules))
    in_range = all(1 <= int(priority) <= 50_000 for priority in priorities)
    reader.expect(in_range, f"listener rules: not all priorities are from 1 to 50000: {priorities}")
    wanted = {
        (tuple(sorted(one.hosts)), tuple(sorted(one.paths))): (tenant, service)
        for tenant in reader.tenants
        for service, one in exposed(reader.application.services(tenant, reader.domain)).items()
    }
    found = [(_values(rule, "host-header"), _values(rule, "path-pattern")) for rule in rules]
    reader.equal("listener rules, hosts and paths", sorted(found), sorted(wanted))
    targets, order = {}, {}
    for conditions, rule in zip(found, rules, strict=True):
        tenant, service = wanted.get(conditions, ("shared", ""))
        what = f"listener rule of {service} of {tenant}"
        fields = ["host-header", "path-pattern"] if conditions[1] else ["host-header"]
        reader.equal(f"{what}, conditions", sorted(one["Field"] for one in rule["Conditions"]), fields)
        reader.equal(f"{what}, actions", [action["Type"] for action in rule["Actions"]], ["forward"])
        targets[tenant, service] = rule["Actions"][0]["TargetGroupArn"]
        order[tenant, service] = int(rule["Priority"])
        _tags(reader, what, rule["RuleArn"], f"tenant/{tenant}/service/{service}/listener-rule", tenant)
    _first_match(reader, order)
    return targets


def _first_match(reader: Reader, order: dict[tuple[str, str], int]) -> None:
    """Of rules for the same request, the most exact one is the first: an exact host, then a path."""
    for tenant in reader.tenants:
        services = exposed(reader.application.services(tenant, reader.domain))
        by_rule = sorted(services, key=lambda service: order.get((tenant, service), 0))
        reader.equal(f"listener rules of {tenant}, order", by_rule, sorted(services, key=lambda of: _rank(services[of])))


def _rank(exposure: Exposure) -> tuple[bool, bool]:
    return any("*" in host for host in exposure.hosts), not exposure.paths


def _values(rule: dict, name: str) -> tuple[str, ...]:
    """The values of a condition."""
    config = {"host-header": "HostHeaderConfig.Values", "path-pattern": "PathPatternConfig.Values"}[name]
    # An emulator may fill the newer of the two fields only.
    ours = [one for one in rule["Conditions"] if one["Field"] == name]
    return tuple(sorted(value for one in ours for value in field(one, config) or one.get("Values", [])))


def _target_groups(reader: Reader, targets: dict[tuple[str, str], str], balancer: str) -> None:
    groups = reader.all(reader.elb, "describe_target_groups", "TargetGroups")
    groups = {one["TargetGroupArn"]: one for one in groups if one.get("VpcId") == reader.vpc_id}
    reader.equal("target groups, those of the rules", sorted(groups), sorted(targets.values()))
    for (tenant, service), arn in targets.items():
        what, group = f"target group of {service} of {tenant}", groups[arn]
        exposure = exposed(reader.application.services(tenant, reader.domain))[service]
        # The name ends in a digest of what AWS cannot change in place.
        name = group["TargetGroupName"]
        reader.expect(name.startswith(f"{tenant}-"), f"{what}: its name is {name!r}")
        health = exposure.health
        wanted = {
            "TargetType": "ip",
            "Protocol": "HTTP",
            "Port": exposure.port,
            "LoadBalancerArns": [balancer],
            "HealthCheckProtocol": "HTTP",
            "HealthCheckPath": health["path"],
            "HealthCheckIntervalSeconds": health["interval"],
            "HealthCheckTimeoutSeconds": health["timeout"],
            "HealthyThresholdCount": health["healthy"],
            "UnhealthyThresholdCount": health["unhealthy"],
            "Matcher.HttpCode": health["codes"],
        }
        reader.fields(what, group, wanted)
        attributes = _attributes(reader.elb.describe_target_group_attributes(TargetGroupArn=arn))
        delay = attributes.get("deregistration_delay.timeout_seconds")
        reader.equal(f"{what}, deregistration delay", delay, "30")
        _tags(reader, what, arn, f"tenant/{tenant}/service/{service}/target-group", tenant)


def _attributes(answer: dict) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}
