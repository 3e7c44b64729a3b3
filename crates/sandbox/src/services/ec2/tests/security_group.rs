//! Security groups.

use super::{Ec2, from_group};
use crate::testing::all;

#[tokio::test(start_paused = true)]
async fn a_new_group_allows_all_egress() {
    let ec2 = Ec2::new();
    let group = ec2.group(&ec2.vpc(), "web");
    let rules = ec2.done("DescribeSecurityGroupRules", &[("Filter.1.Name", "group-id"), ("Filter.1.Value.1", &group)]);
    assert_eq!(all(&rules, "isEgress"), ["true"]);
    assert_eq!((all(&rules, "ipProtocol"), all(&rules, "cidrIpv4")), (vec!["-1".into()], vec!["0.0.0.0/0".into()]));
    let everything = [
        ("GroupId", group.as_str()),
        ("IpPermissions.1.IpProtocol", "-1"),
        ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
    ];
    ec2.done("RevokeSecurityGroupEgress", &everything);
    assert_eq!(ec2.refused("RevokeSecurityGroupEgress", &everything), "InvalidPermission.NotFound");
}

#[tokio::test(start_paused = true)]
async fn a_group_name_is_unique_in_its_vpc() {
    let ec2 = Ec2::new();
    let (vpc, other) = (ec2.vpc(), ec2.vpc());
    ec2.group(&vpc, "web");
    let input = [("VpcId", vpc.as_str()), ("GroupName", "web"), ("GroupDescription", "again")];
    assert_eq!(ec2.refused("CreateSecurityGroup", &input), "InvalidGroup.Duplicate");
    ec2.group(&other, "web");
}

#[tokio::test(start_paused = true)]
async fn invalid_names_and_descriptions_are_refused() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let long = "x".repeat(256);
    let create = |name: &str, description: &str| {
        let input = [("VpcId", vpc.as_str()), ("GroupName", name), ("GroupDescription", description)];
        ec2.refused("CreateSecurityGroup", &input)
    };
    for name in ["sg-web", "default", "", "\u{fc}ber", long.as_str()] {
        assert_eq!(create(name, "for a test"), "InvalidParameterValue", "the name {name}");
    }
    for description in ["it's", long.as_str()] {
        assert_eq!(create("web", description), "InvalidParameterValue", "the description {description}");
    }
    let input = [("VpcId", vpc.as_str()), ("GroupName", "web")];
    assert_eq!(ec2.refused("CreateSecurityGroup", &input), "MissingParameter");
    let input = [("GroupName", "web"), ("GroupDescription", "for a test")];
    assert_eq!(ec2.refused("CreateSecurityGroup", &input), "VPCIdNotSpecified");
}

#[tokio::test(start_paused = true)]
async fn a_group_referenced_by_another_group_is_not_deleted() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let (web, database) = (ec2.group(&vpc, "web"), ec2.group(&vpc, "database"));
    ec2.done("AuthorizeSecurityGroupIngress", &from_group(&database, "5432", &web));
    ec2.done("AuthorizeSecurityGroupIngress", &from_group(&web, "80", &web));
    assert_eq!(ec2.refused("DeleteSecurityGroup", &[("GroupId", &web)]), "DependencyViolation");
    ec2.done("DeleteSecurityGroup", &[("GroupId", &database)]);
    // A rule that refers to its own group does not prevent the deletion.
    ec2.done("DeleteSecurityGroup", &[("GroupId", &web)]);
    assert_eq!(ec2.list("DescribeSecurityGroupRules", &[], "securityGroupRuleId").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_group_of_a_network_interface_is_not_deleted() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let (subnet, group) = (ec2.subnet(&vpc, "10.0.1.0/24"), ec2.group(&vpc, "web"));
    let after = std::time::Duration::from_secs(60);
    ec2.0.cloud(|cloud| {
        let interface = super::super::attach(cloud, &subnet, std::slice::from_ref(&group), "a task");
        super::super::release(cloud, &interface, after);
    });
    assert_eq!(ec2.refused("DeleteSecurityGroup", &[("GroupId", &group)]), "DependencyViolation");
    assert_eq!(ec2.get("DescribeNetworkInterfaces", &[], "status"), "detaching");
    crate::testing::pass(after).await;
    ec2.done("DeleteSecurityGroup", &[("GroupId", &group)]);
}

#[tokio::test(start_paused = true)]
async fn the_default_group_is_not_deleted() {
    let ec2 = Ec2::new();
    ec2.vpc();
    let group = ec2.get("DescribeSecurityGroups", &[], "groupId");
    assert_eq!(ec2.refused("DeleteSecurityGroup", &[("GroupId", &group)]), "CannotDelete");
}

#[tokio::test(start_paused = true)]
async fn creating_a_group_without_a_vpc_fails() {
    let ec2 = Ec2::new();
    for action in ["DescribeSecurityGroups", "DeleteSecurityGroup", "AuthorizeSecurityGroupIngress"] {
        let key = if action == "DescribeSecurityGroups" { "GroupName.1" } else { "GroupName" };
        assert_eq!(ec2.refused(action, &[(key, "web")]), "VPCIdNotSpecified", "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_has_2500_groups() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    // The default group of the VPC counts, too.
    ec2.0.cloud(|cloud| {
        for number in 1..2_500 {
            let id = cloud.ids.ec2("sg");
            let name = format!("group {number}");
            let group = super::super::SecurityGroup { id: id.clone(), name, ..Default::default() };
            cloud.ec2.groups.insert(id, group);
        }
    });
    let input = [("VpcId", vpc.as_str()), ("GroupName", "web"), ("GroupDescription", "one too many")];
    assert_eq!(ec2.refused("CreateSecurityGroup", &input), "SecurityGroupLimitExceeded");
}
