//! Gateway endpoints.

use super::super::timing;
use super::Ec2;
use crate::testing::{all, first, pass};

const S3: (&str, &str) = ("ServiceName", "com.amazonaws.us-east-1.s3");

#[tokio::test(start_paused = true)]
async fn an_endpoint_has_a_route_in_each_of_its_tables() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let (one, two) = (ec2.table(&vpc), ec2.table(&vpc));
    let list = ec2.get(
        "DescribePrefixLists",
        &[("Filter.1.Name", "prefix-list-name"), ("Filter.1.Value.1", S3.1)],
        "prefixListId",
    );
    let input = [("VpcId", vpc.as_str()), S3, ("VpcEndpointType", "Gateway"), ("RouteTableId.1", &one)];
    let answer = ec2.done("CreateVpcEndpoint", &input);
    let endpoint = first(&answer, "vpcEndpointId").expect("an id");
    assert_eq!(first(&answer, "state").as_deref(), Some("available"));
    assert!(first(&answer, "policyDocument").is_some_and(|policy| policy.contains("Allow")));

    let lists = |table: &str| ec2.list("DescribeRouteTables", &[("RouteTableId.1", table)], "destinationPrefixListId");
    assert_eq!((lists(&one), lists(&two)), (vec![list.clone()], vec![]));
    let modify = [("VpcEndpointId", endpoint.as_str()), ("AddRouteTableId.1", &two), ("RemoveRouteTableId.1", &one)];
    ec2.done("ModifyVpcEndpoint", &modify);
    assert_eq!((lists(&one), lists(&two)), (vec![], vec![list.clone()]));
    assert_eq!(ec2.refused("ModifyVpcEndpoint", &modify), "RouteAlreadyExists");
    let modify = [modify[0], ("RemoveRouteTableId.1", one.as_str())];
    assert_eq!(ec2.refused("ModifyVpcEndpoint", &modify), "InvalidRouteTableId.NotFound");

    let input = [("RouteTableId", two.as_str()), ("DestinationPrefixListId", &list)];
    assert_eq!(ec2.refused("DeleteRoute", &input), "InvalidParameterValue");
    ec2.done("DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    assert_eq!(ec2.get("DescribeVpcEndpoints", &[], "state"), "deleting");
    assert_eq!(lists(&two), [list]);
    pass(timing::ENDPOINT_STOPS).await;
    assert!(lists(&two).is_empty());
    let refused = ec2.refused("DescribeVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    assert_eq!(refused, "InvalidVpcEndpointId.NotFound");
}

#[tokio::test(start_paused = true)]
async fn a_table_has_one_route_to_a_service() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let table = ec2.table(&vpc);
    let input = [("VpcId", vpc.as_str()), S3, ("RouteTableId.1", &table)];
    ec2.done("CreateVpcEndpoint", &input);
    assert_eq!(ec2.refused("CreateVpcEndpoint", &input), "RouteAlreadyExists");
    let dynamodb = ("ServiceName", "com.amazonaws.us-east-1.dynamodb");
    ec2.done("CreateVpcEndpoint", &[input[0], dynamodb, input[2]]);
}

#[tokio::test(start_paused = true)]
async fn invalid_endpoints_are_refused() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let of_vpc = ("VpcId", vpc.as_str());
    let refused = |input: &[(&str, &str)]| ec2.refused("CreateVpcEndpoint", input);
    assert_eq!(refused(&[of_vpc, ("ServiceName", "com.amazonaws.eu-west-1.s3")]), "InvalidServiceName");
    assert_eq!(refused(&[of_vpc]), "MissingParameter");
    let unknown = ("RouteTableId.1", "rtb-0123456789abcdef0");
    assert_eq!(refused(&[of_vpc, S3, unknown]), "InvalidRouteTableId.NotFound");
    let foreign = ec2.table(&ec2.vpc());
    assert_eq!(refused(&[of_vpc, S3, ("RouteTableId.1", &foreign)]), "InvalidParameter");
    assert_eq!(refused(&[of_vpc, S3, ("PolicyDocument", "allow")]), "InvalidPolicyDocument");
    assert_eq!(refused(&[of_vpc, S3, ("VpcEndpointType", "Interface")]), "UnsupportedOperation");
    assert_eq!(refused(&[of_vpc, S3, ("VpcEndpointType", "Tube")]), "InvalidParameterValue");
}

#[tokio::test(start_paused = true)]
async fn the_same_token_is_the_same_endpoint() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let table = ec2.table(&vpc);
    let input = [("VpcId", vpc.as_str()), S3, ("RouteTableId.1", &table), ("ClientToken", "once")];
    let create = || ec2.done("CreateVpcEndpoint", &input);
    let endpoint = first(&create(), "vpcEndpointId").expect("an id");
    assert_eq!(all(&create(), "vpcEndpointId"), [endpoint.as_str()]);
    assert_eq!(
        ec2.refused("CreateVpcEndpoint", &[input[0], input[1], input[3]]),
        "IdempotentParameterMismatch",
        "it was for a table"
    );
    ec2.done("DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    assert_eq!(all(&create(), "state"), ["deleting"]);
    pass(timing::ENDPOINT_STOPS).await;
    assert_eq!(all(&create(), "state"), ["deleted"]);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_reports_the_endpoints_that_it_could_not_delete() {
    let ec2 = Ec2::new();
    let endpoint = ec2.get("CreateVpcEndpoint", &[("VpcId", &ec2.vpc()), S3], "vpcEndpointId");
    let unknown = "vpce-0123456789abcdef0";
    let answer = ec2.done("DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint), ("VpcEndpointId.2", unknown)]);
    assert_eq!(all(&answer, "resourceId"), [unknown]);
    assert_eq!(all(&answer, "code"), ["InvalidVpcEndpoint.NotFound"]);
    assert_eq!(
        ec2.refused("DescribeVpcEndpoints", &[("VpcEndpointId.1", unknown)]),
        "InvalidVpcEndpointId.NotFound",
        "a description spells it in another way"
    );
    assert_eq!(ec2.refused("DeleteVpcEndpoints", &[]), "MissingParameter");
}

#[tokio::test(start_paused = true)]
async fn prefix_lists_are_listed() {
    let ec2 = Ec2::new();
    let names = ec2.list("DescribePrefixLists", &[], "prefixListName");
    assert_eq!(names, ["com.amazonaws.us-east-1.dynamodb", S3.1]);
    assert_eq!(ec2.refused("DescribePrefixLists", &[("PrefixListId.1", "pl-1")]), "InvalidPrefixListId.NotFound");
}

#[tokio::test(start_paused = true)]
async fn a_region_has_20_gateway_endpoints() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let input = [("VpcId", vpc.as_str()), S3];
    (0..20).for_each(|_| drop(ec2.done("CreateVpcEndpoint", &input)));
    assert_eq!(ec2.refused("CreateVpcEndpoint", &input), "VpcEndpointLimitExceeded");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_being_deleted_cannot_be_modified() {
    let ec2 = Ec2::new();
    let vpc = ec2.vpc();
    let (endpoint, table) = (ec2.get("CreateVpcEndpoint", &[("VpcId", &vpc), S3], "vpcEndpointId"), ec2.table(&vpc));
    let modify = |id: &str| ec2.refused("ModifyVpcEndpoint", &[("VpcEndpointId", id), ("AddRouteTableId.1", &table)]);
    ec2.done("DeleteVpcEndpoints", &[("VpcEndpointId.1", &endpoint)]);
    assert_eq!(modify(&endpoint), "IncorrectState");
    assert_eq!(modify("endpoint"), "InvalidVpcEndpointId.Malformed");
}
