"""EC2: the permissions of security groups in all their forms."""

from talk import Talk

from scripts.stage import Network, by

V4, V6 = {"CidrIp": "192.0.2.0/24"}, {"CidrIpv6": "2001:db8::/32"}


def permissions(talk: Talk) -> None:
    """Each form is allowed, listed, and revoked."""
    ec2 = talk.ec2
    network = Network(talk, "10.12", zones="")
    group = network.group("forms")
    forms = {
        "all protocols": {"IpProtocol": "-1", "IpRanges": [V4]},
        "a range of ports": {"IpProtocol": "tcp", "FromPort": 1024, "ToPort": 2048, "IpRanges": [V4]},
        "another protocol": {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [V4]},
        "by number": {"IpProtocol": "6", "FromPort": 8443, "ToPort": 8443, "IpRanges": [V4]},
        "of ICMP": {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [V4]},
        "of IPv6": {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Ipv6Ranges": [V6]},
        "itself": {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": group}]},
    }
    for remark, form in forms.items():
        ec2.authorize_security_group_ingress(remark, GroupId=group, IpPermissions=[form])
    ec2.describe_security_group_rules("of all forms", Filters=[by("group-id", group)])
    ec2.describe_security_groups("of all forms", GroupIds=[group])
    ec2.authorize_security_group_ingress(
        "no address", GroupId=group, IpPermissions=[tcp(1, 1) | {"IpRanges": [{"CidrIp": "x"}]}]
    )
    several = [tcp(1, 1), tcp(2, 2)]
    ec2.authorize_security_group_ingress("several", GroupId=group, IpPermissions=several)
    ec2.authorize_security_group_ingress("one of which is there", GroupId=group, IpPermissions=[tcp(2, 2), tcp(3, 3)])
    ec2.describe_security_groups("after that", GroupIds=[group])
    ec2.revoke_security_group_ingress("several", GroupId=group, IpPermissions=several)
    ec2.revoke_security_group_ingress("that is not there", GroupId=group, IpPermissions=[tcp(9, 9)])
    for remark, form in forms.items():
        ec2.revoke_security_group_ingress(remark, GroupId=group, IpPermissions=[form])
    ec2.describe_security_groups("with nothing left", GroupIds=[group])
    ec2.delete_security_group(GroupId=group)
    network.close()


def tcp(first: int, last: int) -> dict:
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "IpRanges": [V4]}
