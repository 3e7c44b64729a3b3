//! EC2 in cases that only prepared responses provoke: pages, lost responses, transient errors, refusals.

use std::collections::VecDeque;
use std::sync::Mutex;

use saas_model::impact::Impact;
use saas_model::resource::{
    DefaultRoute, Direction, ElasticIp, InternetGateway, NatGateway, Peer, RouteTable, SecurityGroup,
    SecurityGroupRule, Subnet, Vpc, VpcEndpoint,
};
use saas_model::{Address, Kind, Ref, Resource};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::provider;
use crate::state::observed::Identity;
use crate::testing::Bench;

const VPC: &str = "network/vpc";
const SUBNET: &str = "network/subnet";
const GATEWAY: &str = "network/internet-gateway";
const ELASTIC_IP: &str = "network/elastic-ip";
const NAT: &str = "network/nat-gateway";
const TABLE: &str = "network/route-table";
const GROUP: &str = "network/group";
const RULE: &str = "network/rule";
const ENDPOINT: &str = "network/endpoint";

fn nodes() -> Vec<(&'static str, Resource)> {
    let vpc = || Ref::to(Address::literal(VPC));
    let subnet = || Ref::to(Address::literal(SUBNET));
    let cidr = |text: &str| text.parse().expect("a valid range");
    vec![
        (VPC, Vpc { cidr: cidr("10.0.0.0/16"), dns_support: true, dns_hostnames: true }.into()),
        (
            SUBNET,
            Subnet {
                vpc: vpc(),
                cidr: cidr("10.0.1.0/24"),
                zone: "us-east-1a".parse().expect("a valid zone"),
                public_ip_on_launch: false,
            }
            .into(),
        ),
        (GATEWAY, InternetGateway { vpc: vpc() }.into()),
        (ELASTIC_IP, ElasticIp {}.into()),
        (NAT, NatGateway { subnet: subnet(), elastic_ip: Ref::to(Address::literal(ELASTIC_IP)) }.into()),
        (
            TABLE,
            RouteTable {
                vpc: vpc(),
                default_route: Some(DefaultRoute::InternetGateway(Ref::to(Address::literal(GATEWAY)))),
                subnets: [subnet()].into(),
            }
            .into(),
        ),
        (
            GROUP,
            SecurityGroup {
                vpc: vpc(),
                name: "saas-platform-group".parse().expect("a valid name"),
                description: "a group".into(),
            }
            .into(),
        ),
        (
            RULE,
            SecurityGroupRule {
                group: Ref::to(Address::literal(GROUP)),
                direction: Direction::Ingress,
                port: 80,
                peer: Peer::Cidr(cidr("10.0.0.0/16")),
                description: "from within".into(),
            }
            .into(),
        ),
        (
            ENDPOINT,
            VpcEndpoint {
                vpc: vpc(),
                service: "com.amazonaws.us-east-1.s3".into(),
                route_tables: [Ref::to(Address::literal(TABLE))].into(),
            }
            .into(),
        ),
    ]
}

/// Prepared responses, each for one call: a call takes the next response of its action.
struct Script(Mutex<VecDeque<(&'static str, ResponseTemplate)>>);

impl Respond for Script {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let action = parameter(request, "Action").expect("a call names its action");
        let mut script = self.0.lock().expect("no test panics while it holds this");
        match script.iter().position(|(wanted, _)| *wanted == action) {
            Some(next) => script.remove(next).expect("it was found there").1,
            None => refusal(400, "NotInTheScript", &action),
        }
    }
}

/// A server that responds from a script, and a bench that calls it.
async fn stage(script: Vec<(&'static str, ResponseTemplate)>) -> (MockServer, Bench) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(Script(Mutex::new(script.into()))).mount(&server).await;
    let bench = Bench::new(&server.uri(), nodes()).await;
    (server, bench)
}

fn answer(action: &str, inner: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_string(format!("<{action}Response>{inner}</{action}Response>"))
}

fn refusal(status: u16, code: &str, message: &str) -> ResponseTemplate {
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    ResponseTemplate::new(status).set_body_string(format!("<Response><Errors>{error}</Errors></Response>"))
}

fn parameter(request: &Request, name: &str) -> Option<String> {
    let body = std::str::from_utf8(&request.body).expect("calls of EC2 are text");
    body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
}

/// The values of a parameter in all calls of an action, in order.
async fn sent(server: &MockServer, action: &str, name: &str) -> Vec<Option<String>> {
    let requests = server.received_requests().await.expect("requests are recorded");
    let of_action = requests.iter().filter(|request| parameter(request, "Action").as_deref() == Some(action));
    of_action.map(|request| parameter(request, name)).collect()
}

fn tags(bench: &Bench, address: &str) -> String {
    let items: String = bench
        .plan
        .tags(bench.node(address))
        .iter()
        .map(|(key, value)| format!("<item><key>{key}</key><value>{value}</value></item>"))
        .collect();
    format!("<tagSet>{items}</tagSet>")
}

#[tokio::test]
async fn listing_reads_all_pages() {
    let (_, bench) = stage(Vec::new()).await;
    let page = |id: &str, next: &str| {
        let subnet = format!(
            "<subnetId>{id}</subnetId><vpcId>vpc-1</vpcId><cidrBlock>10.0.1.0/24</cidrBlock>\
             <availabilityZone>us-east-1a</availabilityZone>{}",
            tags(&bench, SUBNET)
        );
        answer("DescribeSubnets", &format!("<subnetSet><item>{subnet}</item></subnetSet>{next}"))
    };
    let pages = [page("subnet-1", "<nextToken>more</nextToken>"), page("subnet-2", "")];
    let (server, bench) = stage(pages.map(|page| ("DescribeSubnets", page)).into()).await;
    bench.assume(VPC, Identity::of_id("vpc-1"));

    let found = provider::list(Kind::Subnet, &bench.cx()).await.expect("both pages are answered");

    let ids: Vec<&str> = found.iter().map(|found| found.identity.id.as_str()).collect();
    assert_eq!(ids, ["subnet-1", "subnet-2"]);
    assert_eq!(found[0].digest, Some(bench.node(SUBNET).digest), "the listing shows it as it is wanted");
    assert_eq!(sent(&server, "DescribeSubnets", "NextToken").await, [None, Some("more".to_owned())]);
}

#[tokio::test]
async fn resource_created_by_a_call_without_response_is_found_and_not_created_twice() {
    let (server, bench) = stage(vec![
        ("CreateVpc", refusal(500, "InternalError", "an internal error has occurred")),
        ("DescribeVpcs", answer("DescribeVpcs", "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>")),
        ("ModifyVpcAttribute", answer("ModifyVpcAttribute", "<return>true</return>")),
        ("CreateTags", answer("CreateTags", "<return>true</return>")),
    ])
    .await;

    let identity = provider::create(&bench.cx(), bench.node(VPC)).await.expect("the VPC is there");

    assert_eq!(identity.id, "vpc-1");
    assert_eq!(sent(&server, "CreateVpc", "Action").await.len(), 1);
    assert_eq!(sent(&server, "DescribeVpcs", "Filter.2.Value.1").await, [Some("network%2Fvpc".to_owned())]);
}

fn nat_gateway(state: &str) -> String {
    format!("<natGateway><natGatewayId>nat-{state}</natGatewayId><state>{state}</state></natGateway>")
}

#[tokio::test]
async fn retry_reuses_the_token_until_the_created_resource_is_deleted() {
    let (server, bench) = stage(vec![
        ("CreateNatGateway", refusal(503, "Unavailable", "the service is unavailable")),
        ("CreateNatGateway", answer("CreateNatGateway", &nat_gateway("deleted"))),
        ("CreateNatGateway", answer("CreateNatGateway", &nat_gateway("available"))),
    ])
    .await;
    bench.assume(SUBNET, Identity::of_id("subnet-1"));
    bench.assume(ELASTIC_IP, Identity::of_id("eipalloc-1"));

    let identity = provider::create(&bench.cx(), bench.node(NAT)).await.expect("the third attempt is answered");

    assert_eq!(identity.id, "nat-available");
    let tokens = sent(&server, "CreateNatGateway", "ClientToken").await;
    assert!(tokens[0].as_ref().is_some_and(|token| token.len() == 64));
    assert_eq!(tokens[0], tokens[1], "the answer to the first may have got lost");
    assert_ne!(tokens[1], tokens[2], "the first token is that of a gateway which is gone");
}

#[tokio::test]
async fn failed_nat_gateway_is_reported_with_the_reason_from_aws() {
    let failed = "<item><natGatewayId>nat-1</natGatewayId><state>failed</state>\
                  <failureCode>InternalError</failureCode><failureMessage>no luck</failureMessage></item>";
    let (_server, bench) = stage(vec![
        ("CreateNatGateway", answer("CreateNatGateway", &nat_gateway("pending"))),
        ("DescribeNatGateways", answer("DescribeNatGateways", &format!("<natGatewaySet>{failed}</natGatewaySet>"))),
    ])
    .await;
    bench.assume(SUBNET, Identity::of_id("subnet-1"));
    bench.assume(ELASTIC_IP, Identity::of_id("eipalloc-1"));

    let error = provider::create(&bench.cx(), bench.node(NAT)).await.expect_err("the gateway has failed");

    assert_eq!(error.to_string(), "the NAT gateway nat-pending failed: no luck (InternalError)");
}

#[tokio::test]
async fn internet_gateway_is_complete_once_its_attachment_is_visible() {
    let gateway = |attachment: &str| {
        let gateway =
            format!("<internetGatewayId>igw-1</internetGatewayId><attachmentSet>{attachment}</attachmentSet>");
        answer("DescribeInternetGateways", &format!("<internetGatewaySet><item>{gateway}</item></internetGatewaySet>"))
    };
    let attached = |state: &str| gateway(&format!("<item><vpcId>vpc-1</vpcId><state>{state}</state></item>"));
    let made = "<internetGateway><internetGatewayId>igw-1</internetGatewayId></internetGateway>";
    let (server, bench) = stage(vec![
        ("CreateInternetGateway", answer("CreateInternetGateway", made)),
        ("AttachInternetGateway", refusal(400, "InvalidInternetGatewayId.NotFound", "no such gateway")),
        ("AttachInternetGateway", answer("AttachInternetGateway", "<return>true</return>")),
        ("DescribeInternetGateways", refusal(400, "InvalidInternetGatewayID.NotFound", "no such gateway")),
        ("DescribeInternetGateways", gateway("")),
        ("DescribeInternetGateways", attached("attaching")),
        ("DescribeInternetGateways", attached("available")),
    ])
    .await;
    bench.assume(VPC, Identity::of_id("vpc-1"));

    let identity = provider::create(&bench.cx(), bench.node(GATEWAY)).await.expect("it is attached in the end");

    assert_eq!(identity.id, "igw-1");
    assert_eq!(sent(&server, "DescribeInternetGateways", "Action").await.len(), 4);
}

/// An apply that ends between the creation of a gateway and its attachment must not stop the next one.
#[tokio::test]
async fn detached_internet_gateway_is_attached() {
    let gateway = |bench: &Bench, attachments: &str| {
        let gateway = format!(
            "<internetGatewayId>igw-1</internetGatewayId><attachmentSet>{attachments}</attachmentSet>{}",
            tags(bench, GATEWAY)
        );
        answer("DescribeInternetGateways", &format!("<internetGatewaySet><item>{gateway}</item></internetGatewaySet>"))
    };
    let (_, bench) = stage(Vec::new()).await;
    let attached = "<item><vpcId>vpc-1</vpcId><state>available</state></item>";
    let (server, bench) = stage(vec![
        ("DescribeInternetGateways", gateway(&bench, "")),
        ("AttachInternetGateway", answer("AttachInternetGateway", "<return>true</return>")),
        ("DescribeInternetGateways", gateway(&bench, attached)),
        ("CreateTags", answer("CreateTags", "<return>true</return>")),
    ])
    .await;
    bench.assume(VPC, Identity::of_id("vpc-1"));
    let found = provider::list(Kind::InternetGateway, &bench.cx()).await.expect("it is listed").remove(0);
    assert_eq!(found.digest, None, "it is not complete");

    let node = bench.node(GATEWAY);
    let description = provider::describe(&bench.cx(), &found).await.expect("it is described").expect("it exists");
    let changes = description.differences_to(&node.resource);
    let impacts: Vec<Impact> = changes.iter().map(|change| node.kind().impact(change)).collect();
    assert_eq!(impacts, [Impact::None], "{changes:?}");
    assert!(node.kind().updates_in_place(changes[0].top()));
    provider::update(&bench.cx(), node, &found, provider::Changes(&changes)).await.expect("it is attached");

    assert_eq!(sent(&server, "AttachInternetGateway", "VpcId").await, [Some("vpc-1".to_owned())]);
}

#[tokio::test]
async fn nat_gateway_is_created_again_if_the_internet_gateway_attachment_was_not_visible() {
    let list = |inner: &str| {
        let item = format!("<item><natGatewayId>nat-pending</natGatewayId>{inner}</item>");
        answer("DescribeNatGateways", &format!("<natGatewaySet>{item}</natGatewaySet>"))
    };
    let (server, bench) = stage(vec![
        ("CreateNatGateway", refusal(400, "Gateway.NotAttached", "no gateway is attached")),
        ("CreateNatGateway", answer("CreateNatGateway", &nat_gateway("pending"))),
        ("DescribeNatGateways", list("<state>failed</state><failureCode>Gateway.NotAttached</failureCode>")),
        ("DeleteNatGateway", answer("DeleteNatGateway", "")),
        ("DescribeNatGateways", list("<state>deleted</state>")),
        ("CreateNatGateway", answer("CreateNatGateway", &nat_gateway("available"))),
    ])
    .await;
    bench.assume(SUBNET, Identity::of_id("subnet-1"));
    bench.assume(ELASTIC_IP, Identity::of_id("eipalloc-1"));

    let identity = provider::create(&bench.cx(), bench.node(NAT)).await.expect("the second gateway works");

    assert_eq!(identity.id, "nat-available");
    assert_eq!(sent(&server, "DeleteNatGateway", "NatGatewayId").await, [Some("nat-pending".to_owned())]);
    let tokens = sent(&server, "CreateNatGateway", "ClientToken").await;
    assert_ne!(tokens[1], tokens[2], "the first token is that of a gateway which has failed");
}

#[tokio::test]
async fn all_not_found_and_in_use_codes_are_recognized() {
    let unsuccessful = "<unsuccessful><item><resourceId>vpce-1</resourceId><error>\
                        <code>InvalidVpcEndpoint.NotFound</code><message>no such endpoint</message></error></item></unsuccessful>";
    let (server, bench) = stage(vec![
        ("AuthorizeSecurityGroupIngress", refusal(400, "InvalidSecurityGroupID.NotFound", "no such group")),
        (
            "AuthorizeSecurityGroupIngress",
            answer(
                "AuthorizeSecurityGroupIngress",
                "<securityGroupRuleSet><item><securityGroupRuleId>sgr-1</securityGroupRuleId></item></securityGroupRuleSet>",
            ),
        ),
        ("DeleteSecurityGroup", refusal(400, "InvalidGroup.InUse", "there are instances using it")),
        ("DeleteSecurityGroup", refusal(400, "DependencyViolation", "it has a dependent object")),
        ("DeleteSecurityGroup", refusal(400, "InvalidSecurityGroupID.NotFound", "no such group")),
        ("DeleteVpcEndpoints", answer("DeleteVpcEndpoints", unsuccessful)),
        ("DescribeVpcEndpoints", refusal(400, "InvalidVpcEndpointId.NotFound", "no such endpoint")),
    ])
    .await;
    bench.assume(GROUP, Identity::of_id("sg-1"));
    bench.assume(ENDPOINT, Identity::of_id("vpce-1"));
    let live = |address| bench.live.get(&Address::literal(address)).expect("it was assumed");

    provider::create(&bench.cx(), bench.node(RULE)).await.expect("the group is seen in the end");
    provider::delete(&bench.cx(), &live(GROUP)).await.expect("it is gone");
    provider::delete(&bench.cx(), &live(ENDPOINT)).await.expect("it is gone");

    assert_eq!(sent(&server, "DeleteSecurityGroup", "Action").await.len(), 3);
}

#[tokio::test]
async fn elastic_ip_release_is_retried_while_in_use() {
    let mapped = "You do not have permission to access the specified resource.";
    let (server, bench) = stage(vec![
        ("ReleaseAddress", refusal(400, "AuthFailure", mapped)),
        ("ReleaseAddress", refusal(400, "InvalidIPAddress.InUse", "the address is in use")),
        ("ReleaseAddress", answer("ReleaseAddress", "<return>true</return>")),
    ])
    .await;
    bench.assume(ELASTIC_IP, Identity::of_id("eipalloc-1"));
    let address = bench.live.get(&Address::literal(ELASTIC_IP)).expect("it was assumed");

    provider::delete(&bench.cx(), &address).await.expect("the third attempt is answered");

    assert_eq!(sent(&server, "ReleaseAddress", "Action").await.len(), 3);
}

#[tokio::test]
async fn denied_ec2_call_error_has_a_hint() {
    let (server, bench) = stage(vec![("CreateVpc", refusal(403, "UnauthorizedOperation", "you may not"))]).await;

    let error = provider::create(&bench.cx(), bench.node(VPC)).await.expect_err("the call is denied");

    assert_eq!(error.to_string(), "ec2 CreateVpc: you may not (UnauthorizedOperation)");
    assert!(error.hint().is_some_and(|hint| hint.contains("permission")));
    assert_eq!(sent(&server, "CreateVpc", "Action").await.len(), 1);
}

fn rule(tags: &str) -> ResponseTemplate {
    let rule = format!(
        "<securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId><isEgress>false</isEgress>\
         <ipProtocol>tcp</ipProtocol><fromPort>80</fromPort><toPort>80</toPort><cidrIpv4>10.0.0.0/16</cidrIpv4>{tags}"
    );
    let set = format!("<securityGroupRuleSet><item>{rule}</item></securityGroupRuleSet>");
    answer("DescribeSecurityGroupRules", &set)
}

#[tokio::test]
async fn existing_security_group_rule_is_adopted_unless_another_node_owns_it() {
    const DUPLICATE: &str = "InvalidPermission.Duplicate";
    let (_, bench) = stage(Vec::new()).await;
    let (server, bench) = stage(vec![
        ("AuthorizeSecurityGroupIngress", refusal(500, "InternalError", "an internal error has occurred")),
        ("AuthorizeSecurityGroupIngress", refusal(400, DUPLICATE, "it exists")),
        ("DescribeSecurityGroupRules", rule(&tags(&bench, RULE))),
        ("UpdateSecurityGroupRuleDescriptionsIngress", answer("UpdateSecurityGroupRuleDescriptionsIngress", "")),
        ("CreateTags", answer("CreateTags", "<return>true</return>")),
        ("AuthorizeSecurityGroupIngress", refusal(400, DUPLICATE, "it exists")),
        ("DescribeSecurityGroupRules", rule(&tags(&bench, GROUP))),
    ])
    .await;
    bench.assume(GROUP, Identity::of_id("sg-1"));

    let identity = provider::create(&bench.cx(), bench.node(RULE)).await.expect("it is adopted");
    let error = provider::create(&bench.cx(), bench.node(RULE)).await.expect_err("it is another node's");

    assert_eq!(identity.id, "sgr-1");
    assert_eq!(sent(&server, "CreateTags", "ResourceId.1").await, [Some("sgr-1".to_owned())]);
    assert!(error.to_string().contains("`network/group` of platform saas-platform has the same rule, sgr-1"));
}

#[tokio::test]
async fn subnet_association_is_moved_from_its_current_route_table() {
    let table = |id: &str, inner: &str| format!("<item><routeTableId>{id}</routeTableId>{inner}</item>");
    let route = "<routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId>\
                 <state>active</state></item></routeSet>";
    let association = "<associationSet><item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId>\
                       <subnetId>subnet-1</subnetId></item></associationSet>";
    let tables = format!("<routeTableSet>{}{}</routeTableSet>", table("rtb-1", route), table("rtb-2", association));
    let (server, bench) = stage(vec![
        ("CreateRouteTable", answer("CreateRouteTable", "<routeTable><routeTableId>rtb-1</routeTableId></routeTable>")),
        ("CreateRoute", answer("CreateRoute", "<return>true</return>")),
        ("AssociateRouteTable", refusal(400, "Resource.AlreadyAssociated", "it conflicts")),
        ("DescribeRouteTables", answer("DescribeRouteTables", &tables)),
        ("ReplaceRouteTableAssociation", refusal(400, "InvalidRouteTableID.NotFound", "no such table")),
        ("ReplaceRouteTableAssociation", answer("ReplaceRouteTableAssociation", "")),
    ])
    .await;
    bench.assume(VPC, Identity::of_id("vpc-1"));
    bench.assume(GATEWAY, Identity::of_id("igw-1"));
    bench.assume(SUBNET, Identity::of_id("subnet-1"));

    let identity = provider::create(&bench.cx(), bench.node(TABLE)).await.expect("the subnet is moved");

    assert_eq!(identity.id, "rtb-1");
    assert_eq!(sent(&server, "CreateRoute", "Action").await.len(), 1, "the route is there when looked again");
    let moved = Some("rtbassoc-1".to_owned());
    assert_eq!(sent(&server, "ReplaceRouteTableAssociation", "AssociationId").await, [moved.clone(), moved]);
}

/// A subnet in a Local Zone and a network without IPv4 have copies of the platform's tags.
#[tokio::test]
async fn listing_tolerates_resources_that_the_model_cannot_represent() {
    let (_, bench) = stage(Vec::new()).await;
    let local_zone = format!(
        "<item><subnetId>subnet-9</subnetId><vpcId>vpc-1</vpcId><cidrBlock>10.0.1.0/24</cidrBlock>\
         <availabilityZone>us-east-1-bos-1a</availabilityZone>{}</item>",
        tags(&bench, SUBNET)
    );
    let no_ipv4 = format!(
        "<item><subnetId>subnet-8</subnetId><vpcId>vpc-1</vpcId><availabilityZone>us-east-1a</availabilityZone>{}</item>",
        tags(&bench, SUBNET)
    );
    let (_server, bench) = stage(vec![(
        "DescribeSubnets",
        answer("DescribeSubnets", &format!("<subnetSet>{local_zone}{no_ipv4}</subnetSet>")),
    )])
    .await;
    bench.assume(VPC, Identity::of_id("vpc-1"));
    let found = provider::list(Kind::Subnet, &bench.cx()).await.expect("the listing can be read");
    bench.live.observed(&bench.plan, found);
    assert_eq!(bench.live.get(&Address::literal(SUBNET)), None, "neither stands for the planned one");
    let foreign: Vec<String> = bench.live.foreign().into_iter().map(|foreign| foreign.id).collect();
    assert_eq!(foreign, ["subnet-8", "subnet-9"]);
}

#[tokio::test]
async fn failed_vpc_endpoint_is_created_again() {
    let endpoint = |id: &str, state: &str| format!("<vpcEndpointId>{id}</vpcEndpointId><state>{state}</state>");
    let listed = |id: &str, state: &str| {
        answer(
            "DescribeVpcEndpoints",
            &format!("<vpcEndpointSet><item>{}</item></vpcEndpointSet>", endpoint(id, state)),
        )
    };
    let made = answer("CreateVpcEndpoint", &format!("<vpcEndpoint>{}</vpcEndpoint>", endpoint("vpce-2", "available")));
    let (server, bench) = stage(vec![
        ("DescribeVpcEndpoints", listed("vpce-1", "failed")),
        ("DeleteVpcEndpoints", answer("DeleteVpcEndpoints", "<unsuccessful/>")),
        ("DescribeVpcEndpoints", listed("vpce-1", "deleted")),
        ("CreateVpcEndpoint", made),
    ])
    .await;
    bench.assume(VPC, Identity::of_id("vpc-1"));
    bench.assume(TABLE, Identity::of_id("rtb-1"));
    bench.assume(ENDPOINT, Identity::of_id("vpce-1"));
    let found = bench.live.get(&Address::literal(ENDPOINT)).expect("it was assumed");
    let node = bench.node(ENDPOINT);
    let identity = provider::update(&bench.cx(), node, &found, provider::Changes(&[])).await.expect("another is made");
    assert_eq!(identity.id, "vpce-2");
    assert_eq!(sent(&server, "DeleteVpcEndpoints", "VpcEndpointId.1").await, [Some("vpce-1".to_owned())]);
}

/// A route to another network is a difference, and an update deletes it. Routes of the network itself, of gateway
/// endpoints and of a propagating gateway are not.
#[tokio::test]
async fn unplanned_route_is_a_difference_that_an_update_deletes() {
    let route = |destination: &str, target: &str| format!("<item>{destination}{target}<state>active</state></item>");
    let range = |range: &str| format!("<destinationCidrBlock>{range}</destinationCidrBlock>");
    let gateway = |id: &str| format!("<gatewayId>{id}</gatewayId>");
    let routes = [
        route(&range("10.0.0.0/16"), &gateway("local")),
        route(&range("0.0.0.0/0"), &gateway("igw-1")),
        route("<destinationPrefixListId>pl-1</destinationPrefixListId>", &gateway("vpce-1")),
        route(&range("172.16.0.0/12"), &(gateway("vgw-1") + "<origin>EnableVgwRoutePropagation</origin>")),
        route(&range("10.9.0.0/16"), "<vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>"),
    ];
    let (_, bench) = stage(Vec::new()).await;
    let tables = format!(
        "<routeTableSet><item><routeTableId>rtb-1</routeTableId><vpcId>vpc-1</vpcId><routeSet>{}</routeSet>\
         <associationSet><item><routeTableAssociationId>rtbassoc-1</routeTableAssociationId>\
         <subnetId>subnet-1</subnetId></item></associationSet>{}</item></routeTableSet>",
        routes.concat(),
        tags(&bench, TABLE)
    );
    let (server, bench) = stage(vec![
        ("DescribeRouteTables", answer("DescribeRouteTables", &tables)),
        ("DescribeRouteTables", answer("DescribeRouteTables", &tables)),
        ("DeleteRoute", answer("DeleteRoute", "<return>true</return>")),
        ("CreateTags", answer("CreateTags", "<return>true</return>")),
    ])
    .await;
    for (address, id) in [(VPC, "vpc-1"), (GATEWAY, "igw-1"), (SUBNET, "subnet-1")] {
        bench.assume(address, Identity::of_id(id));
    }
    let found = provider::list(Kind::RouteTable, &bench.cx()).await.expect("it is listed");
    let [change] = found[0].unmodelled.as_slice() else { panic!("{found:#?}") };
    assert_eq!((change.field.as_str(), &change.before), ("other_routes", &serde_json::json!(["10.9.0.0/16 by pcx-1"])));
    let changes = [change.clone()];
    let (cx, changes) = (bench.cx(), provider::Changes(&changes));
    provider::update(&cx, bench.node(TABLE), &found[0], changes).await.expect("the route is deleted");
    assert_eq!(sent(&server, "DeleteRoute", "DestinationCidrBlock").await, [Some("10.9.0.0%2F16".to_owned())]);
}
