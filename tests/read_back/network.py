"""The network and who may reach whom in it: points 1 and 11."""

from application import exposed
from reader import Reader, tag_map

ANYWHERE = "0.0.0.0/0"


def point_1_network(reader: Reader) -> None:
    """A VPC over several zones, each with a public and a private subnet and a way out of its own."""
    zones = reader.zones
    _vpc(reader)
    _subnets(reader, zones)
    gateway = _internet_gateway(reader)
    nats = _nat_gateways(reader, zones)
    tables = _route_tables(reader, zones, gateway, nats)
    _s3_endpoint(reader, tables)


def _vpc(reader: Reader) -> None:
    vpcs = reader.platform_tagged(reader.all(reader.ec2, "describe_vpcs", "Vpcs"))
    reader.equal("number of VPCs", len(vpcs), 1)
    for vpc in vpcs:
        reader.fields("VPC", vpc, {"CidrBlock": reader.vpc_cidr, "State": "available"})
        reader.equal("VPC, number of CIDR blocks", len(vpc["CidrBlockAssociationSet"]), 1)
        reader.tags("VPC", vpc["Tags"], "network/vpc")
        for attribute, name in [("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")]:
            answer = reader.ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
            reader.equal(f"VPC, {attribute}", answer[name]["Value"], True)


def _subnets(reader: Reader, zones: list[str]) -> None:
    blocks = [reader.application.subnets[letter] for letter in reader.application.zones]
    wanted = {f"public/{zone}": (zone, public) for zone, (public, _) in zip(zones, blocks, strict=True)}
    wanted |= {f"private/{zone}": (zone, private) for zone, (_, private) in zip(zones, blocks, strict=True)}
    subnets = reader.in_vpc("describe_subnets", "Subnets")
    found = [(one["AvailabilityZone"], one["CidrBlock"]) for one in subnets]
    reader.equal("subnets, zones and addresses", sorted(found), sorted(wanted.values()))
    for name, (_, cidr) in wanted.items():
        for subnet in (one for one in subnets if one["CidrBlock"] == cidr):
            what = f"subnet {name}"
            reader.fields(what, subnet, {"State": "available", "MapPublicIpOnLaunch": False})
            reader.tags(what, subnet["Tags"], f"network/subnet/{name}")


def _internet_gateway(reader: Reader) -> str:
    gateways = reader.platform_tagged(reader.all(reader.ec2, "describe_internet_gateways", "InternetGateways"))
    reader.equal("number of Internet gateways", len(gateways), 1)
    gateway = gateways[0]
    attachments = [(one["VpcId"], one["State"]) for one in gateway["Attachments"]]
    reader.equal("Internet gateway, attachments", attachments, [(reader.vpc_id, "available")])
    reader.tags("Internet gateway", gateway["Tags"], "network/internet-gateway")
    return gateway["InternetGatewayId"]


def _nat_gateways(reader: Reader, zones: list[str]) -> dict[str, str]:
    """Returns the NAT gateway of each zone."""
    # The ones that were deleted stay listed for about an hour.
    gateways = [one for one in reader.in_vpc("describe_nat_gateways", "NatGateways") if one["State"] != "deleted"]
    addresses = reader.platform_tagged(reader.all(reader.ec2, "describe_addresses", "Addresses"))
    subnets = {one["SubnetId"]: one for one in reader.in_vpc("describe_subnets", "Subnets")}
    reader.equal("NAT gateways, states", [one["State"] for one in gateways], ["available"] * len(zones))
    reader.equal("number of elastic IPs", len(addresses), len(zones))
    by_address = {tag_map(one).get("saas:address"): one for one in [*gateways, *addresses]}
    nats = {}
    for zone in zones:
        nat, elastic_ip = by_address[f"network/nat-gateway/{zone}"], by_address[f"network/elastic-ip/{zone}"]
        nats[zone] = nat["NatGatewayId"]
        subnet = tag_map(subnets[nat["SubnetId"]])["saas:address"]
        reader.equal(f"NAT gateway of {zone}, subnet", subnet, f"network/subnet/public/{zone}")
        allocations = [one["AllocationId"] for one in nat["NatGatewayAddresses"]]
        reader.equal(f"NAT gateway of {zone}, addresses", allocations, [elastic_ip["AllocationId"]])
        reader.expect("AssociationId" in elastic_ip, f"elastic IP of {zone}: it is associated with nothing")
        reader.tags(f"NAT gateway of {zone}", nat["Tags"], f"network/nat-gateway/{zone}")
        reader.tags(f"elastic IP of {zone}", elastic_ip["Tags"], f"network/elastic-ip/{zone}")
    return nats


def _route_tables(reader: Reader, zones: list[str], gateway: str, nats: dict[str, str]) -> list[str]:
    """Returns the ids of the route tables."""
    # Every VPC has a main table, which AWS makes; nothing follows it here.
    tables = [
        table
        for table in reader.in_vpc("describe_route_tables", "RouteTables")
        if not any(one["Main"] for one in table["Associations"])
    ]
    names = {one["SubnetId"]: tag_map(one)["saas:address"] for one in reader.in_vpc("describe_subnets", "Subnets")}
    wanted = {"public": (gateway, [f"network/subnet/public/{zone}" for zone in zones])}
    wanted |= {f"private/{zone}": (nats[zone], [f"network/subnet/private/{zone}"]) for zone in zones}
    by_address = {tag_map(table).get("saas:address"): table for table in tables}
    reader.equal("number of route tables", len(tables), len(zones) + 1)
    for name, (target, subnets) in wanted.items():
        what, table = f"route table {name}", by_address[f"network/route-table/{name}"]
        routes = [
            (route.get("DestinationCidrBlock"), route.get("NatGatewayId") or route.get("GatewayId"), route["State"])
            for route in table["Routes"]
            # What a gateway endpoint adds is seen at the endpoint.
            if "DestinationPrefixListId" not in route
        ]
        local = (reader.vpc_cidr, "local", "active")
        reader.equal(f"{what}, routes", sorted(routes), sorted([local, (ANYWHERE, target, "active")]))
        associated = [names.get(one.get("SubnetId")) for one in table["Associations"]]
        reader.equal(f"{what}, subnets", sorted(associated, key=str), subnets)
        reader.tags(what, table["Tags"], f"network/route-table/{name}")
    return sorted(table["RouteTableId"] for table in tables)


def _s3_endpoint(reader: Reader, tables: list[str]) -> None:
    endpoints = [one for one in reader.in_vpc("describe_vpc_endpoints", "VpcEndpoints") if one["State"] != "deleted"]
    reader.equal("number of endpoints", len(endpoints), 1)
    for endpoint in endpoints:
        service = f"com.amazonaws.{reader.region}.s3"
        wanted = {"VpcEndpointType": "Gateway", "ServiceName": service, "State": "available"}
        reader.fields("S3 endpoint", endpoint, wanted)
        reader.equal("S3 endpoint, route tables", sorted(endpoint["RouteTableIds"]), tables)
        reader.tags("S3 endpoint", endpoint["Tags"], "network/endpoint/s3")


def point_11_security_groups(reader: Reader) -> None:
    """Groups for the load balancer, the database, its clients and each tenant, with these rules and no other."""
    balancer, database, client = (f"{reader.platform}-{part}" for part in ("alb-0", "db", "db-client"))
    groups = {
        balancer: ("ingress/0/security-group", "shared"),
        database: ("database/security-group", "shared"),
        client: ("database/client-security-group", "shared"),
    }
    # Group, direction, port, peer: the address of the rule, and whose it is.
    rules = {
        (balancer, "in", 80, ANYWHERE): ("ingress/0/rule/http", "shared"),
        (database, "in", 5432, client): ("database/rule/from-clients", "shared"),
    }
    if reader.application.has_certificate:
        rules[balancer, "in", 443, ANYWHERE] = ("ingress/0/rule/https", "shared")
    for tenant in reader.tenants:
        at, own = f"tenant/{tenant}", f"{reader.platform}-{tenant}"
        groups[own] = (f"{at}/security-group", tenant)
        rules |= {
            (own, "out", 443, ANYWHERE): (f"{at}/rule/https-out", tenant),
            (own, "out", 5432, database): (f"{at}/rule/to-database", tenant),
        }
        for one in exposed(reader.application.services(tenant, reader.domain)).values():
            rules |= {
                (balancer, "out", one.port, own): (f"{at}/rule/load-balancer-out/{one.port}", tenant),
                (own, "in", one.port, balancer): (f"{at}/rule/from-load-balancer/{one.port}", tenant),
            }
        for port, cidr in reader.application.egress:
            rules[own, "out", port, cidr] = (f"{at}/rule/egress/{port}/{cidr.replace('/', '-')}", tenant)

    # Every VPC has a group `default`, which AWS makes; nothing is in it here.
    live = [one for one in reader.in_vpc("describe_security_groups", "SecurityGroups") if one["GroupName"] != "default"]
    reader.equal("security groups", sorted(one["GroupName"] for one in live), sorted(groups))
    for group in live:
        what = f"security group {group['GroupName']}"
        reader.tags(what, group["Tags"], *groups.get(group["GroupName"], ("nothing", "shared")))

    names = {one["GroupId"]: one["GroupName"] for one in live}
    every_rule = reader.all(reader.ec2, "describe_security_group_rules", "SecurityGroupRules")
    # That of the group `default`, and other networks', are not ours.
    found = [(_rule(one, names), one) for one in every_rule if one["GroupId"] in names]
    reader.equal("security group rules", sorted((rule for rule, _ in found), key=str), sorted(rules, key=str))
    for rule, one in found:
        reader.equal(f"security group rule {rule}, protocol", one["IpProtocol"], "tcp")
        reader.tags(f"security group rule {rule}", one["Tags"], *rules.get(rule, ("nothing", "shared")))


def _rule(rule: dict, names: dict[str, str]) -> tuple[str, str, object, str]:
    peer = rule.get("ReferencedGroupInfo", {}).get("GroupId")
    peers = [names.get(peer, peer), *(rule.get(key) for key in ("CidrIpv4", "CidrIpv6", "PrefixListId"))]
    first, last = rule.get("FromPort"), rule.get("ToPort")
    port = first if first == last else (first, last)
    return names[rule["GroupId"]], "out" if rule["IsEgress"] else "in", port, next(one for one in peers if one)
