//! DB subnet groups.

use super::*;
use crate::services::ec2::{Subnet, Vpc};
use crate::testing::{VPC, all, item};

/// Another VPC with a subnet in another zone.
fn elsewhere(bench: &Bench) -> &'static str {
    let (vpc, subnet) = ("vpc-00000000000000002", "subnet-0000000000000000f");
    bench.cloud(|cloud| {
        cloud.ec2.vpcs.insert(vpc.to_owned(), Vpc { id: vpc.to_owned(), ..Vpc::default() });
        let one =
            Subnet { id: subnet.to_owned(), vpc: vpc.to_owned(), zone: "us-east-1d".to_owned(), ..Subnet::default() };
        cloud.ec2.subnets.insert(subnet.to_owned(), one);
    });
    subnet
}

fn modify(bench: &Bench, subnets: &[&str]) -> Answer {
    let keys: Vec<String> = (1..=subnets.len()).map(|at| format!("SubnetIds.SubnetIdentifier.{at}")).collect();
    let mut input = vec![("DBSubnetGroupName", "db")];
    input.extend(keys.iter().map(String::as_str).zip(subnets.iter().copied()));
    call(bench, "ModifyDBSubnetGroup", &input)
}

#[tokio::test(start_paused = true)]
async fn a_group_is_created_described_and_deleted() {
    let bench = Bench::with_network();
    let tags = [("DBSubnetGroupName", "Db"), ("Tags.Tag.1.Key", "k"), ("Tags.Tag.1.Value", "v")];
    let made = subnet_group(&bench, &tags).expect("a subnet group");
    assert_eq!(first(&made, "DBSubnetGroupName").as_deref(), Some("db"));
    let arn = "arn:aws:rds:us-east-1:123456789012:subgrp:db";
    assert_eq!(first(&made, "DBSubnetGroupArn").as_deref(), Some(arn));
    let listed = call(&bench, "DescribeDBSubnetGroups", &[("DBSubnetGroupName", "DB")]).expect("it is there");
    assert_eq!(all(&listed, "SubnetIdentifier"), SUBNETS[..2]);
    assert_eq!(all(&listed, "Name"), ["us-east-1a", "us-east-1b"]);
    assert_eq!(first(&listed, "VpcId").as_deref(), Some(VPC));
    let inventory = bench.inventory();
    assert_eq!(
        item(&inventory, "rds:db-subnet-group", "db").and_then(|tags| tags.get("k")).map(String::as_str),
        Some("v")
    );
    call(&bench, "DeleteDBSubnetGroup", &[("DBSubnetGroupName", "db")]).expect("nothing uses it");
    assert!(bench.inventory().iter().all(|item| !item.kind.starts_with("rds:")));
}

#[tokio::test(start_paused = true)]
async fn a_group_requires_existing_subnets() {
    let bench = Bench::with_network();
    let unknown = subnet_group(&bench, &[("SubnetIds.SubnetIdentifier.2", "subnet-0123456789abcdef0")]);
    assert_eq!(unknown, code("InvalidParameterValue"));
    let none = [("SubnetIds.SubnetIdentifier.1", UNSET), ("SubnetIds.SubnetIdentifier.2", UNSET)];
    assert_eq!(subnet_group(&bench, &none), code("InvalidParameterValue"));
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_ec2_does_not_list_yet_is_refused() {
    let bench = Bench::with_network();
    bench.cloud(|cloud| {
        cloud.dials.staleness = Staleness::everywhere(Lag::of(MINUTE));
        let subnets = cloud.ec2.subnets.clone();
        subnets.keys().for_each(|id| drop(cloud.ec2.subnets.remove(id)));
        cloud.forget();
        cloud.ec2.subnets.extend(subnets.iter().map(|(id, subnet)| (id.clone(), subnet.clone())));
    });
    assert_eq!(subnet_group(&bench, &[]), code("InvalidParameterValue"));
    pass(MINUTE).await;
    assert!(subnet_group(&bench, &[]).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_group_must_be_in_one_vpc() {
    let bench = Bench::with_network();
    let other = elsewhere(&bench);
    assert_eq!(subnet_group(&bench, &[("SubnetIds.SubnetIdentifier.2", other)]), code("InvalidSubnet"));
}

#[tokio::test(start_paused = true)]
async fn a_group_must_span_two_zones() {
    let bench = Bench::with_network();
    let one = subnet_group(&bench, &[("SubnetIds.SubnetIdentifier.2", SUBNETS[0])]);
    assert_eq!(one, code("DBSubnetGroupDoesNotCoverEnoughAZs"));
    bench.cloud(|cloud| {
        let zone = cloud.ec2.subnets[SUBNETS[0]].zone.clone();
        cloud.ec2.subnets.get_mut(SUBNETS[1]).expect("the second subnet").zone = zone;
    });
    assert_eq!(subnet_group(&bench, &[]), code("DBSubnetGroupDoesNotCoverEnoughAZs"));
}

#[tokio::test(start_paused = true)]
async fn group_names_are_unique_regardless_of_case() {
    let bench = groups();
    assert_eq!(subnet_group(&bench, &[("DBSubnetGroupName", "DB")]), code("DBSubnetGroupAlreadyExists"));
}

#[tokio::test(start_paused = true)]
async fn group_names_are_validated() {
    let bench = Bench::with_network();
    for name in ["default", "Default", "1db", "", "a/b", "db;"] {
        assert_eq!(subnet_group(&bench, &[("DBSubnetGroupName", name)]), code("InvalidParameterValue"), "{name}");
    }
    assert_eq!(subnet_group(&bench, &[("DBSubnetGroupDescription", " ")]), code("InvalidParameterValue"));
    assert_eq!(subnet_group(&bench, &[("DBSubnetGroupDescription", "a\nb")]), code("InvalidParameterValue"));
    assert!(subnet_group(&bench, &[("DBSubnetGroupName", "a_b.c d-e")]).is_ok());
}

#[tokio::test(start_paused = true)]
async fn unknown_resources_are_not_found() {
    let bench = Bench::with_network();
    for action in ["DescribeDBSubnetGroups", "DeleteDBSubnetGroup"] {
        let input = [("DBSubnetGroupName", "nothing")];
        assert_eq!(call(&bench, action, &input), code("DBSubnetGroupNotFoundFault"), "{action}");
        assert_eq!(status(&bench, action, &input), 404, "{action}");
    }
    assert_eq!(modify(&bench, &SUBNETS), code("DBSubnetGroupNotFoundFault"));
}

#[tokio::test(start_paused = true)]
async fn a_group_in_use_is_not_deleted() {
    let bench = with_cluster().await;
    let delete = || call(&bench, "DeleteDBSubnetGroup", &[("DBSubnetGroupName", "db")]);
    assert_eq!(delete(), code("InvalidDBSubnetGroupStateFault"));
    call(&bench, "DeleteDBCluster", &[("DBClusterIdentifier", "main"), ("SkipFinalSnapshot", "true")])
        .expect("deleted");
    assert_eq!(delete(), code("InvalidDBSubnetGroupStateFault"));
    pass(2 * MINUTE).await;
    assert!(delete().is_ok());
}

#[tokio::test(start_paused = true)]
async fn subnets_with_an_instance_are_not_removed_from_a_group() {
    let bench = with_writer().await;
    let used = bench.cloud(|cloud| cloud.rds.instances["writer"].subnet.clone());
    assert_eq!(used, SUBNETS[0]);
    assert_eq!(modify(&bench, &SUBNETS[1..]), code("InvalidParameterValue"));
    modify(&bench, &SUBNETS).expect("one more");
    modify(&bench, &[SUBNETS[0], SUBNETS[2]]).expect("one that is not used goes");
    let listed = call(&bench, "DescribeDBSubnetGroups", &[]).expect("a listing");
    assert_eq!(all(&listed, "SubnetIdentifier"), [SUBNETS[0], SUBNETS[2]]);
}

#[tokio::test(start_paused = true)]
async fn a_group_cannot_move_to_another_vpc() {
    let bench = groups();
    let other = elsewhere(&bench);
    let second = "subnet-0000000000000000e";
    bench.cloud(|cloud| {
        let one = Subnet { zone: "us-east-1e".to_owned(), id: second.to_owned(), ..cloud.ec2.subnets[other].clone() };
        cloud.ec2.subnets.insert(second.to_owned(), one);
    });
    assert_eq!(modify(&bench, &[other, second]), code("InvalidParameterValue"));
    assert_eq!(modify(&bench, &[SUBNETS[0]]), code("DBSubnetGroupDoesNotCoverEnoughAZs"));
}

#[tokio::test(start_paused = true)]
async fn groups_come_in_pages() {
    let bench = Bench::with_network();
    for number in 10..35 {
        subnet_group(&bench, &[("DBSubnetGroupName", &format!("db{number}"))]).expect("a group");
    }
    let page = |more: &[(&str, &str)]| call(&bench, "DescribeDBSubnetGroups", more);
    let one = page(&[("MaxRecords", "20")]).expect("a page");
    let marker = first(&one, "Marker").expect("there is more");
    let two = page(&[("MaxRecords", "20"), ("Marker", &marker)]).expect("the rest");
    let names: Vec<String> = all(&one, "DBSubnetGroupName").into_iter().chain(all(&two, "DBSubnetGroupName")).collect();
    assert_eq!((names.len(), first(&two, "Marker")), (25, None));
    for wrong in [("MaxRecords", "19"), ("MaxRecords", "101"), ("MaxRecords", "x"), ("Marker", "x")] {
        assert_eq!(page(&[wrong]), code("InvalidParameterValue"), "{wrong:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn quotas_of_groups_and_their_subnets_are_enforced() {
    let bench = Bench::with_network();
    for number in 0..50 {
        subnet_group(&bench, &[("DBSubnetGroupName", &format!("db{number}"))]).expect("a group");
    }
    assert_eq!(subnet_group(&bench, &[]), code("DBSubnetGroupQuotaExceeded"));
    let many: Vec<String> = (0..21).map(|number| format!("subnet-{number:017x}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    bench.cloud(|cloud| {
        let group = cloud.rds.subnet_groups.remove("db0").expect("a group");
        cloud.rds.subnet_groups.insert("db".to_owned(), group);
    });
    assert_eq!(modify(&bench, &many), code("DBSubnetQuotaExceededFault"));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_subnet_is_not_described_in_its_group() {
    let bench = groups();
    bench.cloud(|cloud| cloud.ec2.subnets.remove(SUBNETS[1]));
    let listed = call(&bench, "DescribeDBSubnetGroups", &[]).expect("a listing");
    assert_eq!(all(&listed, "SubnetIdentifier"), [SUBNETS[0]]);
}
