"""EC2: security groups and their rules."""

from typing import Any

from talk import Talk

from scripts.stage import EVERYWHERE, Network, by, spec, tags


def security_groups(talk: Talk) -> None:
    """Groups whose rules name addresses and each other."""
    ec2 = talk.ec2
    network = Network(talk, "10.2", zones="")
    made = ec2.create_security_group(
        GroupName="balancer", Description="In front", VpcId=network.vpc, TagSpecifications=spec("security-group")
    )
    front, back = made["GroupId"], network.group("database")
    ec2.create_security_group("a name that is taken", GroupName="database", Description="x", VpcId=network.vpc)
    ec2.create_security_group("a name of AWS's", GroupName="default", Description="x", VpcId=network.vpc)
    ec2.describe_security_groups(GroupIds=[front])
    ec2.describe_security_groups("in the network", Filters=[by("vpc-id", network.vpc)])
    ec2.describe_security_groups("by name", Filters=[by("group-name", "balancer"), by("vpc-id", network.vpc)])
    ec2.describe_security_groups("by tag", Filters=[by("tag:tenant_id", "acme")])
    ec2.describe_security_groups("unknown", GroupIds=["sg-00000000000000000"])
    ec2.describe_security_group_rules("of a new one", Filters=[by("group-id", front)])
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": EVERYWHERE}]}
    ec2.revoke_security_group_egress(GroupId=front, IpPermissions=[everything])
    ec2.revoke_security_group_egress("again", GroupId=front, IpPermissions=[everything])
    rules(talk, front, back)
    ec2.revoke_security_group_ingress(
        "by group", GroupId=back, IpPermissions=[tcp(5432, UserIdGroupPairs=[{"GroupId": front}])]
    )
    ec2.describe_security_groups("at the end", GroupIds=[front, back])
    ec2.delete_security_group(GroupId=front)
    ec2.delete_security_group("again", GroupId=front)
    ec2.delete_security_group(GroupId=back)
    network.close()


def rules(talk: Talk, front: str, back: str) -> None:
    ec2 = talk.ec2
    web = tcp(80, IpRanges=[{"CidrIp": EVERYWHERE, "Description": "the world"}])
    made = ec2.authorize_security_group_ingress(
        GroupId=front, IpPermissions=[web], TagSpecifications=spec("security-group-rule")
    )
    rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    ec2.authorize_security_group_ingress("again", GroupId=front, IpPermissions=[web])
    made = ec2.authorize_security_group_egress(
        GroupId=front, IpPermissions=[tcp(80, UserIdGroupPairs=[{"GroupId": back, "Description": "to the back"}])]
    )
    to_back = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    ec2.authorize_security_group_ingress(
        "from a group", GroupId=back, IpPermissions=[tcp(5432, UserIdGroupPairs=[{"GroupId": front}])]
    )
    ec2.authorize_security_group_ingress(
        "from no such group",
        GroupId=back,
        IpPermissions=[tcp(1, UserIdGroupPairs=[{"GroupId": "sg-00000000000000000"}])],
    )
    ec2.authorize_security_group_ingress("of no such group", GroupId="sg-00000000000000000", IpPermissions=[web])
    ec2.describe_security_group_rules("of both", Filters=[by("group-id", front, back)])
    ec2.describe_security_group_rules("by tag", Filters=[by("tag:tenant_id", "acme")])
    ec2.describe_security_group_rules("one", SecurityGroupRuleIds=[rule])
    ec2.describe_security_group_rules("unknown", SecurityGroupRuleIds=["sgr-00000000000000000"])
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=front, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": rule, "Description": "everybody"}]
    )
    ec2.update_security_group_rule_descriptions_ingress(
        "by permission", GroupId=front, IpPermissions=[tcp(80, IpRanges=[{"CidrIp": EVERYWHERE, "Description": "all"}])]
    )
    ec2.update_security_group_rule_descriptions_egress(
        GroupId=front, IpPermissions=[tcp(80, UserIdGroupPairs=[{"GroupId": back, "Description": "behind"}])]
    )
    ec2.create_tags("of a rule", Resources=[rule], Tags=tags(digest="one"))
    ec2.describe_security_group_rules("described and tagged", Filters=[by("group-id", front)])
    ec2.revoke_security_group_ingress("by id", GroupId=front, SecurityGroupRuleIds=[rule])
    ec2.revoke_security_group_ingress("by id again", GroupId=front, SecurityGroupRuleIds=[rule])
    ec2.revoke_security_group_egress("by id", GroupId=front, SecurityGroupRuleIds=[to_back])


def tcp(port: int, **peer: Any) -> dict[str, Any]:
    """A permission."""
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}
