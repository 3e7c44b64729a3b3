//! Route tables and their associations with subnets.

use super::Ec2;
use crate::testing::all;

/// The associations, as pairs of a subnet and a table.
fn followed(ec2: &Ec2) -> Vec<(String, String)> {
    let tables = ec2.done("DescribeRouteTables", &[]);
    let document = roxmltree::Document::parse(&tables).expect("a document");
    let text = |node: &roxmltree::Node<'_, '_>, name: &str| {
        let child =
            node.children().find(|child| child.has_tag_name(("http://ec2.amazonaws.com/doc/2016-11-15/", name)));
        child.and_then(|child| child.text()).map(str::to_owned)
    };
    document.descendants().filter_map(|node| Some((text(&node, "subnetId")?, text(&node, "routeTableId")?))).collect()
}

#[tokio::test(start_paused = true)]
async fn a_subnet_is_associated_with_one_table() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let (subnet, table, other) = (ec2.subnet(&vpc, "10.0.1.0/24"), ec2.table(&vpc), ec2.table(&vpc));
    let associate = |table: &str| ec2.call("AssociateRouteTable", &[("RouteTableId", table), ("SubnetId", &subnet)]);
    let answer = associate(&table).expect("an association");
    let id = &all(&answer, "associationId")[0];
    assert_eq!(associate(&table), Err("Resource.AlreadyAssociated".to_owned()));
    assert_eq!(associate(&other), Err("Resource.AlreadyAssociated".to_owned()));
    assert_eq!(followed(&ec2), [(subnet.clone(), table.clone())]);

    assert_eq!(ec2.refused("DeleteRouteTable", &[("RouteTableId", &table)]), "DependencyViolation");
    ec2.done("DisassociateRouteTable", &[("AssociationId", id)]);
    let refused = ec2.refused("DisassociateRouteTable", &[("AssociationId", id)]);
    assert_eq!(refused, "InvalidAssociationID.NotFound");
    ec2.done("DeleteRouteTable", &[("RouteTableId", &table)]);
    assert_eq!(ec2.refused("DeleteRouteTable", &[("RouteTableId", &table)]), "InvalidRouteTableID.NotFound");
}

#[tokio::test(start_paused = true)]
async fn a_subnet_moves_to_another_table() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let (subnet, from, to) = (ec2.subnet(&vpc, "10.0.1.0/24"), ec2.table(&vpc), ec2.table(&vpc));
    let input = [("RouteTableId", from.as_str()), ("SubnetId", &subnet)];
    let old = ec2.get("AssociateRouteTable", &input, "associationId");
    let input = [("AssociationId", old.as_str()), ("RouteTableId", &to)];
    let new = ec2.get("ReplaceRouteTableAssociation", &input, "newAssociationId");
    assert_ne!(old, new);
    assert_eq!(ec2.refused("ReplaceRouteTableAssociation", &input), "InvalidAssociationID.NotFound");
    assert_eq!(followed(&ec2), [(subnet, to)]);
}

#[tokio::test(start_paused = true)]
async fn an_association_requires_a_subnet_of_the_same_vpc() {
    let ec2 = Ec2::new();
    let (vpc, other) = (ec2.vpc(), ec2.vpc());
    let (subnet, table, foreign) = (ec2.subnet(&vpc, "10.0.1.0/24"), ec2.table(&vpc), ec2.table(&other));
    let input = [("RouteTableId", foreign.as_str()), ("SubnetId", &subnet)];
    assert_eq!(ec2.refused("AssociateRouteTable", &input), "InvalidParameterValue");
    let input = [("RouteTableId", table.as_str()), ("SubnetId", &subnet)];
    let association = ec2.get("AssociateRouteTable", &input, "associationId");
    let input = [("RouteTableId", foreign.as_str()), ("AssociationId", &association)];
    assert_eq!(ec2.refused("ReplaceRouteTableAssociation", &input), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn the_main_table_can_be_replaced_but_not_deleted() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let is_main = [("Filter.1.Name", "association.main"), ("Filter.1.Value.1", "true")];
    let listed = ec2.done("DescribeRouteTables", &is_main);
    let (main, association) = (&all(&listed, "routeTableId")[0], &all(&listed, "routeTableAssociationId")[0]);
    assert_eq!(ec2.refused("DeleteRouteTable", &[("RouteTableId", main)]), "DependencyViolation");
    assert_eq!(ec2.refused("DisassociateRouteTable", &[("AssociationId", association)]), "InvalidParameterValue");

    let table = ec2.table(&vpc);
    ec2.done("ReplaceRouteTableAssociation", &[("AssociationId", association), ("RouteTableId", &table)]);
    assert_eq!(ec2.get("DescribeRouteTables", &is_main, "routeTableId"), table);
    ec2.done("DeleteRouteTable", &[("RouteTableId", main)]);
    ec2.done("DeleteVpc", &[("VpcId", &vpc)]);
}

#[tokio::test(start_paused = true)]
async fn the_same_token_is_the_same_table() {
    let ec2 = Ec2::new();
    let (vpc, other) = (ec2.vpc(), ec2.vpc());
    let create = |vpc: &str| ec2.call("CreateRouteTable", &[("VpcId", vpc), ("ClientToken", "once")]);
    let table = create(&vpc).map(|answer| all(&answer, "routeTableId"));
    assert_eq!(create(&vpc).map(|answer| all(&answer, "routeTableId")), table);
    assert_eq!(create(&other), Err("IdempotentParameterMismatch".to_owned()));
    assert_eq!(ec2.list("DescribeRouteTables", &[], "propagatingVgwSet").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_vpc_has_200_tables() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    (1..200).for_each(|_| drop(ec2.table(&vpc)));
    assert_eq!(ec2.refused("CreateRouteTable", &[("VpcId", &vpc)]), "RouteTableLimitExceeded");
}
