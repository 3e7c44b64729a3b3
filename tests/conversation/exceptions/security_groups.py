"""Exceptions of security groups and their rules."""

from exceptions.exception import differs, lacks, says_otherwise

API = "Amazon EC2 API reference, "

EXCEPTIONS = [
    *lacks(
        "ec2.create_security_group",
        ["Tags"],
        f"{API}CreateSecurityGroup, tagSet",
        "moto keeps the tags, but does not give them back",
    ),
    *says_otherwise(
        {"ec2.create_security_group, a name of AWS's": ("InvalidGroup.Duplicate 400", "InvalidParameterValue 400")},
        "what EC2 has answered to others: `Cannot use reserved security group name: default`",
        "moto sees a group of the name; AWS does not take the name at all",
    ),
    *lacks(
        "ec2.describe_security_groups, in the network",
        ["SecurityGroups.*.IpPermissions"],
        "Amazon VPC User Guide, Default security groups for your VPCs",
        "in moto the default group does not let its own members in",
    ),
    *lacks(
        "ec2.*_security_group_*",
        ["SecurityGroupRules.*.GroupOwnerId", "SecurityGroupRules.*.SecurityGroupRuleArn"],
        f"{API}SecurityGroupRule",
        "moto does not know the fields",
    ),
    *lacks(
        "ec2.*_security_group_*",
        ["SecurityGroupRules.*.Description"],
        f"{API}UserIdGroupPair, description",
        "moto keeps descriptions of address ranges only",
    ),
    *lacks(
        "ec2.revoke_security_group_*",
        ["RevokedSecurityGroupRules"],
        f"{API}RevokeSecurityGroupIngress, revokedSecurityGroupRuleSet",
        "moto does not know the field",
    ),
    *lacks(
        "ec2.update_security_group_rule_descriptions_*",
        ["Return"],
        f"{API}UpdateSecurityGroupRuleDescriptionsIngress, return",
        "moto leaves the answer empty",
    ),
    *lacks(
        "ec2.delete_security_group",
        ["GroupId", "Return"],
        f"{API}DeleteSecurityGroup, groupId and return",
        "moto leaves the answer empty, as AWS did before 2024",
    ),
    *says_otherwise(
        {
            "ec2.revoke_security_group_ingress, by id again": (
                "InvalidPermission.NotFound 400",
                "InvalidSecurityGroupRuleId.NotFound 400",
            )
        },
        f"{API}Error codes, InvalidSecurityGroupRuleId.NotFound",
        "moto turns ids into permissions before it looks for them",
    ),
    *lacks(
        "ec2.authorize_security_group_ingress, all protocols",
        ["SecurityGroupRules.0.FromPort", "SecurityGroupRules.0.ToPort"],
        "AWS CLI reference, ec2 describe-security-group-rules, example",
        "ports of a rule for all protocols are -1, and moto leaves them out here",
    ),
    *differs(
        "ec2.authorize_security_group_ingress, several",
        {"SecurityGroupRules.0.FromPort": ("2", "1"), "SecurityGroupRules.0.ToPort": ("2", "1")},
        f"{API}AuthorizeSecurityGroupIngress, securityGroupRuleSet: the rules that were added",
        "moto gives the last one only",
    ),
    *lacks(
        "ec2.authorize_security_group_ingress, several",
        ["SecurityGroupRules.1"],
        f"{API}AuthorizeSecurityGroupIngress, securityGroupRuleSet: the rules that were added",
        "moto gives the last one only",
    ),
]
