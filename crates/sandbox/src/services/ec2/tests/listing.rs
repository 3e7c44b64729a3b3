//! Tests of listings: filters, pagination, and stale reads.

use std::time::Duration;

use super::{Ec2, from_group, tcp};
use crate::testing::{first, pass};

const LISTINGS: [(&str, &str); 10] = [
    ("DescribeAddresses", "AllocationId.1"),
    ("DescribeInternetGateways", "InternetGatewayId.1"),
    ("DescribeNatGateways", "NatGatewayId.1"),
    ("DescribeNetworkInterfaces", "NetworkInterfaceId.1"),
    ("DescribeRouteTables", "RouteTableId.1"),
    ("DescribeSecurityGroupRules", "SecurityGroupRuleId.1"),
    ("DescribeSecurityGroups", "GroupId.1"),
    ("DescribeSubnets", "SubnetId.1"),
    ("DescribeVpcEndpoints", "VpcEndpointId.1"),
    ("DescribeVpcs", "VpcId.1"),
];

#[tokio::test(start_paused = true)]
async fn unknown_filters_are_refused() {
    let ec2 = Ec2::new();
    for (listing, _) in LISTINGS {
        for name in ["colour", "tag:", "Tag:owner", "VPC-id"] {
            let input = [("Filter.1.Name", name), ("Filter.1.Value.1", "x")];
            assert_eq!(ec2.refused(listing, &input), "InvalidParameterValue", "{listing} by {name}");
        }
        let tagged = [("Filter.1.Name", "tag:owner"), ("Filter.1.Value.1", "x")];
        assert!(ec2.list(listing, &tagged, "item").is_empty(), "{listing}");
        assert_eq!(ec2.refused(listing, &[("Filter.1.Name", "tag:owner")]), "MissingParameter", "{listing}");
    }
    let by_key = [("Filter.1.Name", "tag-key"), ("Filter.1.Value.1", "x")];
    assert_eq!(ec2.refused("DescribeSecurityGroupRules", &by_key), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn malformed_and_unknown_ids_are_refused() {
    let ec2 = Ec2::new();
    for (listing, key) in LISTINGS {
        let code = ec2.refused(listing, &[(key, "x-1")]);
        assert!(code.contains("Malformed") || listing == "DescribeAddresses", "{listing}: {code}");
    }
    let vpc = ec2.vpc();
    let input = [("VpcId.1", vpc.as_str()), ("VpcId.2", "vpc-0123456789abcdef0")];
    assert_eq!(ec2.refused("DescribeVpcs", &input), "InvalidVpcID.NotFound");
}

#[tokio::test(start_paused = true)]
async fn a_page_has_from_5_to_1000_items() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    (0..12).for_each(|number| drop(ec2.subnet(&vpc, &format!("10.0.{number}.0/24"))));
    for size in ["4", "0", "-1", "1001", "many"] {
        assert_eq!(ec2.refused("DescribeSubnets", &[("MaxResults", size)]), "InvalidParameterValue");
    }
    assert_eq!(ec2.refused("DescribeRouteTables", &[("MaxResults", "101")]), "InvalidParameterValue");
    assert_eq!(ec2.refused("DescribeSubnets", &[("NextToken", "x")]), "InvalidParameterValue");
    let subnet = ec2.get("DescribeSubnets", &[], "subnetId");
    let interface = ec2.0.cloud(|cloud| super::super::attach(cloud, &subnet, &[], "a task"));
    let both = [("MaxResults", "5"), ("NetworkInterfaceId.1", interface.as_str())];
    assert_eq!(ec2.refused("DescribeNetworkInterfaces", &both), "InvalidParameterCombination");
    ec2.done("DescribeVpcEndpoints", &[("MaxResults", "100000")]);

    let mut found = Vec::new();
    let mut token = None;
    let mut pages = 0;
    loop {
        let mut input = vec![("MaxResults", "5")];
        input.extend(token.as_deref().map(|token| ("NextToken", token)));
        let page = ec2.done("DescribeSubnets", &input);
        found.extend(crate::testing::all(&page, "subnetId"));
        pages += 1;
        token = first(&page, "nextToken");
        if token.is_none() {
            break;
        }
    }
    found.dedup();
    assert_eq!((found.len(), pages), (12, 3));
}

#[tokio::test(start_paused = true)]
async fn subnets_are_filtered_by_their_properties() {
    let ec2 = Ec2::new();
    let (vpc, other) = (ec2.vpc(), ec2.vpc());
    let subnet = ec2.subnet(&vpc, "10.0.1.0/24");
    ec2.subnet(&other, "10.0.2.0/24");
    let found =
        |name, value| ec2.list("DescribeSubnets", &[("Filter.1.Name", name), ("Filter.1.Value.1", value)], "subnetId");
    for (name, value) in
        [("vpc-id", vpc.as_str()), ("cidr-block", "10.0.1.0/24"), ("subnet-id", &subnet), ("cidr-block", "10.0.1.*")]
    {
        assert_eq!(found(name, value), [subnet.as_str()], "{name}");
    }
    assert_eq!(found("state", "available").len(), 2);
    assert_eq!(found("availability-zone", "us-east-1a").len(), 2);
    assert_eq!(found("outpost-arn", "*").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_changes_nothing() {
    let ec2 = Ec2::new();
    let dry = ("DryRun", "true");
    let input = [("CidrBlock", "10.0.0.0/16"), dry];
    assert_eq!(ec2.refused("CreateVpc", &input), "DryRunOperation");
    assert_eq!(ec2.refused("CreateVpc", &[("CidrBlock", "10.0.0.0/8"), dry]), "InvalidVpc.Range");
    let vpc = ec2.vpc();
    assert_eq!(ec2.refused("DeleteVpc", &[("VpcId", &vpc), dry]), "DryRunOperation");
    for (listing, _) in LISTINGS {
        assert_eq!(ec2.refused(listing, &[dry]), "DryRunOperation", "{listing}");
    }
    assert_eq!(ec2.refused("DescribeVpcs", &[("DryRun", "maybe")]), "InvalidParameterValue");
    assert_eq!(ec2.list("DescribeVpcs", &[], "dhcpOptionsId").len(), 1);

    let body = b"Action=CreateVpc&CidrBlock=10.0.0.0/16&DryRun=true".to_vec();
    let response = ec2.0.send(crate::services::Service::Ec2, "POST", "/", &[], body);
    assert_eq!(response.status(), 412);
}

#[tokio::test(start_paused = true)]
async fn a_new_resource_is_not_listed_but_can_be_changed() {
    let ec2 = Ec2::stale_reads();
    let vpc = ec2.vpc();
    assert!(ec2.list("DescribeVpcs", &[], "vpcId").is_empty());
    assert_eq!(ec2.refused("DescribeVpcs", &[("VpcId.1", &vpc)]), "InvalidVpcID.NotFound");
    let attribute = [("VpcId", vpc.as_str()), ("Attribute", "enableDnsSupport")];
    assert_eq!(ec2.refused("DescribeVpcAttribute", &attribute), "InvalidVpcID.NotFound");
    ec2.subnet(&vpc, "10.0.1.0/24");
    assert_eq!(ec2.refused("DeleteVpc", &[("VpcId", &vpc)]), "DependencyViolation");
    pass(Duration::from_secs(60)).await;
    assert_eq!(ec2.list("DescribeVpcs", &[("VpcId.1", &vpc)], "dhcpOptionsId").len(), 1);
    assert_eq!(ec2.list("DescribeSubnets", &[], "subnetId").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_group_cannot_be_referenced_during_the_lag() {
    let ec2 = Ec2::stale_reads();
    let vpc = ec2.vpc();
    let old = ec2.group(&vpc, "old");
    pass(Duration::from_secs(60)).await;
    let new = ec2.group(&vpc, "new");
    for (action, input) in [
        ("AuthorizeSecurityGroupIngress", from_group(&old, "80", &new)),
        ("AuthorizeSecurityGroupIngress", tcp(&new, "80", "10.0.0.0/8")),
        ("RevokeSecurityGroupEgress", tcp(&new, "80", "10.0.0.0/8")),
    ] {
        assert_eq!(ec2.refused(action, &input), "InvalidGroup.NotFound", "{action}");
    }
    let input = [("VpcId", vpc.as_str()), ("GroupName", "new"), ("GroupDescription", "again")];
    assert_eq!(ec2.refused("CreateSecurityGroup", &input), "InvalidGroup.Duplicate");
    pass(Duration::from_secs(60)).await;
    ec2.done("AuthorizeSecurityGroupIngress", &from_group(&old, "80", &new));
}
