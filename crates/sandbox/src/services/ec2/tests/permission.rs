//! Rules of security groups.

use super::{Ec2, from_group, tcp};
use crate::testing::{all, first};

fn ec2_with_group() -> (Ec2, String, String) {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let group = ec2.group(&vpc, "web");
    (ec2, vpc, group)
}

#[tokio::test(start_paused = true)]
async fn duplicate_rules_are_refused_even_with_another_description() {
    let (ec2, _, group) = ec2_with_group();
    let described = [tcp(&group, "80", "10.1.2.3/16").as_slice(), &[RANGE_DESCRIPTION]].concat();
    let answer = ec2.done("AuthorizeSecurityGroupIngress", &described);
    assert_eq!(first(&answer, "cidrIpv4").as_deref(), Some("10.1.0.0/16"));
    assert_eq!(first(&answer, "description").as_deref(), Some("from there"));
    let again = tcp(&group, "80", "10.1.0.0/16");
    assert_eq!(ec2.refused("AuthorizeSecurityGroupIngress", &again), "InvalidPermission.Duplicate");
    ec2.done("AuthorizeSecurityGroupEgress", &again);
    ec2.done("AuthorizeSecurityGroupIngress", &tcp(&group, "81", "10.1.0.0/16"));

    let twice = [again.as_slice(), &[("IpPermissions.1.IpRanges.2.CidrIp", "10.1.0.0/16")]].concat();
    assert_eq!(ec2.refused("AuthorizeSecurityGroupIngress", &twice), "InvalidParameterValue");
}

const RANGE_DESCRIPTION: (&str, &str) = ("IpPermissions.1.IpRanges.1.Description", "from there");

#[tokio::test(start_paused = true)]
async fn several_rules_are_added_atomically() {
    let (ec2, _, group) = ec2_with_group();
    ec2.rule(&group, "80", "10.2.0.0/16");
    let both =
        [tcp(&group, "80", "10.1.0.0/16").as_slice(), &[("IpPermissions.1.IpRanges.2.CidrIp", "10.2.0.0/16")]].concat();
    assert_eq!(ec2.refused("AuthorizeSecurityGroupIngress", &both), "InvalidPermission.Duplicate");
    assert_eq!(ec2.refused("RevokeSecurityGroupIngress", &both), "InvalidPermission.NotFound");
    let listed = ec2.done("DescribeSecurityGroups", &[("GroupId.1", &group)]);
    assert_eq!(all(&listed, "cidrIp"), ["10.2.0.0/16", "0.0.0.0/0"]);
}

#[tokio::test(start_paused = true)]
async fn a_rule_references_a_group_of_its_vpc() {
    let (ec2, vpc, group) = ec2_with_group();
    let authorize = |peer: &str| ec2.call("AuthorizeSecurityGroupIngress", &from_group(&group, "80", peer));
    let not_found = Err("InvalidGroup.NotFound".to_owned());
    assert_eq!(authorize("sg-0123456789abcdef0"), not_found);
    assert_eq!(authorize("web"), Err("InvalidGroupId.Malformed".to_owned()));
    let foreign = ec2.group(&ec2.vpc(), "web");
    assert_eq!(authorize(&foreign), not_found);
    let peer = ec2.group(&vpc, "peer");
    let answer = authorize(&peer).expect("a rule");
    let document = roxmltree::Document::parse(&answer).expect("a document");
    let referenced = document.descendants().find(|node| node.tag_name().name() == "referencedGroupInfo");
    let id = referenced.and_then(|node| node.descendants().find(|node| node.tag_name().name() == "groupId"));
    assert_eq!(id.and_then(|id| id.text()), Some(peer.as_str()));
    let input = tcp("sg-0123456789abcdef0", "80", "10.0.0.0/8");
    assert_eq!(ec2.refused("AuthorizeSecurityGroupIngress", &input), "InvalidGroup.NotFound");
}

#[tokio::test(start_paused = true)]
async fn invalid_permissions_are_refused() {
    let (ec2, _, group) = ec2_with_group();
    let refused = |input: &[(&str, &str)]| ec2.refused("AuthorizeSecurityGroupIngress", input);
    let [of_group, protocol, from, to, range] = tcp(&group, "80", "10.0.0.0/8");
    assert_eq!(refused(&[of_group]), "MissingParameter");
    assert_eq!(refused(&[of_group, protocol, from, to]), "MissingParameter");
    assert_eq!(refused(&[of_group, protocol, from, range]), "InvalidParameterValue");
    assert_eq!(refused(&[of_group, protocol, from, (to.0, "79"), range]), "InvalidParameterValue");
    assert_eq!(refused(&[of_group, protocol, from, (to.0, "65536"), range]), "InvalidParameterValue");
    assert_eq!(refused(&[of_group, protocol, from, (to.0, "http"), range]), "InvalidParameterValue");
    assert_eq!(refused(&[of_group, (protocol.0, "ftp"), from, to, range]), "InvalidParameterValue");
    assert_eq!(refused(&[of_group, protocol, from, to, (range.0, "10.0.0.0")]), "InvalidParameterValue");
    let description = (RANGE_DESCRIPTION.0, "it's");
    assert_eq!(refused(&[of_group, protocol, from, to, range, description]), "InvalidParameterValue");
    let list = ("IpPermissions.1.PrefixListIds.1.PrefixListId", "pl-00000000");
    assert_eq!(refused(&[of_group, protocol, from, to, list]), "InvalidPrefixListId.NotFound");
}

#[tokio::test(start_paused = true)]
async fn protocols_are_normalized() {
    let (ec2, _, group) = ec2_with_group();
    let [of_group, _, from, to, range] = tcp(&group, "80", "10.0.0.0/8");
    let input = [of_group, ("IpPermissions.1.IpProtocol", "6"), from, to, range];
    assert_eq!(ec2.get("AuthorizeSecurityGroupIngress", &input, "ipProtocol"), "tcp");
    let refused = ec2.refused("AuthorizeSecurityGroupIngress", &tcp(&group, "80", "10.0.0.0/8"));
    assert_eq!(refused, "InvalidPermission.Duplicate");
    let short = [of_group, ("IpProtocol", "TCP"), ("FromPort", "443"), ("ToPort", "443"), ("CidrIp", "192.0.2.0/24")];
    assert_eq!(ec2.get("AuthorizeSecurityGroupIngress", &short, "cidrIpv4"), "192.0.2.0/24");
}

#[tokio::test(start_paused = true)]
async fn a_security_group_has_60_rules_in_each_direction() {
    let (ec2, _, group) = ec2_with_group();
    for port in 1..=60 {
        ec2.rule(&group, &port.to_string(), "10.0.0.0/8");
    }
    let one_more = tcp(&group, "61", "10.0.0.0/8");
    assert_eq!(ec2.refused("AuthorizeSecurityGroupIngress", &one_more), "RulesPerSecurityGroupLimitExceeded");
    ec2.done("AuthorizeSecurityGroupEgress", &one_more);
    let ipv6 = [&one_more[..4], &[("IpPermissions.1.Ipv6Ranges.1.CidrIpv6", "2001:db8::/32")]].concat();
    ec2.done("AuthorizeSecurityGroupIngress", &ipv6);
}

#[tokio::test(start_paused = true)]
async fn a_rule_is_revoked_by_its_id() {
    let (ec2, vpc, group) = ec2_with_group();
    let rule = ec2.rule(&group, "80", "10.0.0.0/8");
    let revoke = |action: &str, group: &str| ec2.call(action, &[("GroupId", group), ("SecurityGroupRuleId.1", &rule)]);
    let not_found = Err("InvalidSecurityGroupRuleId.NotFound".to_owned());
    assert_eq!(revoke("RevokeSecurityGroupEgress", &group), not_found);
    assert_eq!(revoke("RevokeSecurityGroupIngress", &ec2.group(&vpc, "other")), not_found);
    let both = [tcp(&group, "80", "10.0.0.0/8").as_slice(), &[("SecurityGroupRuleId.1", &rule)]].concat();
    assert_eq!(ec2.refused("RevokeSecurityGroupIngress", &both), "InvalidParameterCombination");
    let answer = revoke("RevokeSecurityGroupIngress", &group).expect("it is there");
    assert_eq!(all(&answer, "securityGroupRuleId"), [rule.as_str()]);
    assert_eq!(revoke("RevokeSecurityGroupIngress", &group), not_found);
    assert_eq!(ec2.refused("RevokeSecurityGroupIngress", &[("GroupId", &group)]), "MissingParameter");
    let malformed = [("SecurityGroupRuleId.1", "rule")];
    assert_eq!(ec2.refused("DescribeSecurityGroupRules", &malformed), "InvalidSecurityGroupRuleId.Malformed");
}

#[tokio::test(start_paused = true)]
async fn descriptions_are_changed_by_permission_or_by_rule_id() {
    let (ec2, _, group) = ec2_with_group();
    let rule = ec2.rule(&group, "80", "10.0.0.0/8");
    let descriptions = || ec2.list("DescribeSecurityGroupRules", &[("SecurityGroupRuleId.1", &rule)], "description");
    let described = [tcp(&group, "80", "10.0.0.0/8").as_slice(), &[RANGE_DESCRIPTION]].concat();
    ec2.done("UpdateSecurityGroupRuleDescriptionsIngress", &described);
    assert_eq!(descriptions(), ["from there"]);
    let by_id = [
        ("GroupId", group.as_str()),
        ("SecurityGroupRuleDescription.1.SecurityGroupRuleId", &rule),
        ("SecurityGroupRuleDescription.1.Description", "from here"),
    ];
    ec2.done("UpdateSecurityGroupRuleDescriptionsIngress", &by_id);
    assert_eq!(descriptions(), ["from here"]);
    assert_eq!(
        ec2.refused("UpdateSecurityGroupRuleDescriptionsEgress", &described),
        "InvalidPermission.NotFound",
        "there is none in the other direction"
    );
    ec2.done("UpdateSecurityGroupRuleDescriptionsIngress", &tcp(&group, "80", "10.0.0.0/8"));
    assert!(descriptions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn tags_apply_to_each_rule_of_a_call() {
    let (ec2, _, group) = ec2_with_group();
    let tagged = [
        tcp(&group, "80", "10.0.0.0/8").as_slice(),
        &[
            ("IpPermissions.1.IpRanges.2.CidrIp", "192.0.2.0/24"),
            ("TagSpecification.1.ResourceType", "security-group-rule"),
            ("TagSpecification.1.Tag.1.Key", "owner"),
            ("TagSpecification.1.Tag.1.Value", "me"),
        ],
    ]
    .concat();
    ec2.done("AuthorizeSecurityGroupIngress", &tagged);
    let mine = [("Filter.1.Name", "tag:owner"), ("Filter.1.Value.1", "me")];
    assert_eq!(ec2.list("DescribeSecurityGroupRules", &mine, "securityGroupRuleId").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_permission_may_be_given_as_parameters_of_the_call() {
    let (ec2, _, group) = ec2_with_group();
    let short = [
        ("GroupId", group.as_str()),
        ("IpProtocol", "tcp"),
        ("FromPort", "443"),
        ("ToPort", "443"),
        ("CidrIp", "10.9.0.0/16"),
    ];
    for direction in ["Ingress", "Egress"] {
        ec2.done(&format!("AuthorizeSecurityGroup{direction}"), &short);
        ec2.done(&format!("RevokeSecurityGroup{direction}"), &short);
    }
    let listed = ec2.done("DescribeSecurityGroups", &[("GroupId.1", &group)]);
    assert_eq!(all(&listed, "cidrIp"), ["0.0.0.0/0"]);
}
