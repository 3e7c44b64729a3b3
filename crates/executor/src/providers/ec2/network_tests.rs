//! Blockers of a network, its subnets, groups and addresses, by the responses of EC2.

use saas_model::Kind;
use saas_model::resource::{EcsCluster, ElasticIp, NatGateway, SecurityGroup, Subnet, Vpc};
use saas_model::{Address, Ref, Resource};
use wiremock::matchers::{body_string_contains, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::provider;
use crate::state::blocker::Blocker;
use crate::state::observed::Identity;
use crate::testing::Bench;

const VPC: &str = "network/vpc";
const SUBNET: &str = "network/subnet";
const ELASTIC_IP: &str = "network/elastic-ip";
const NAT: &str = "network/nat-gateway";
const GROUP: &str = "tenant/acme/security-group";
const TASK: &str = "arn:aws:ecs:us-east-1:123456789012:attachment/1";

fn nodes() -> Vec<(&'static str, Resource)> {
    let vpc = || Ref::to(Address::literal(VPC));
    let subnet = Subnet {
        vpc: vpc(),
        cidr: "10.0.1.0/24".parse().expect("valid"),
        zone: "us-east-1a".parse().expect("valid"),
        public_ip_on_launch: false,
    };
    let group =
        SecurityGroup { vpc: vpc(), name: "saas-platform-acme".parse().expect("valid"), description: "tasks".into() };
    let gateway =
        NatGateway { subnet: Ref::to(Address::literal(SUBNET)), elastic_ip: Ref::to(Address::literal(ELASTIC_IP)) };
    let cluster = EcsCluster { name: "saas-platform".parse().expect("valid"), capacity_providers: [].into() };
    vec![
        (VPC, Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: true }.into()),
        (SUBNET, subnet.into()),
        (ELASTIC_IP, ElasticIp {}.into()),
        (NAT, gateway.into()),
        (GROUP, group.into()),
        ("service/cluster", cluster.into()),
    ]
}

/// An EC2 and an RDS with these responses, which reject all other calls as an emulator that lacks them does.
async fn stage(answers: &[(&str, &str, String)]) -> (MockServer, Bench) {
    let server = MockServer::start().await;
    for (action, with, inner) in answers {
        let body = format!("<{action}Response>{inner}</{action}Response>");
        Mock::given(method("POST"))
            .and(body_string_contains(format!("Action={action}&")))
            .and(body_string_contains(*with))
            .respond_with(ResponseTemplate::new(200).set_body_string(body))
            .mount(&server)
            .await;
    }
    let error = "<Error><Code>UnknownOperationException</Code><Message>an emulator</Message></Error>";
    let unknown = format!("<Response><Errors>{error}</Errors></Response>");
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(400).set_body_string(unknown))
        .with_priority(9)
        .mount(&server)
        .await;
    let bench = Bench::new(&server.uri(), nodes()).await;
    for (address, id) in
        [(VPC, "vpc-1"), (SUBNET, "subnet-1"), (ELASTIC_IP, "eipalloc-1"), (NAT, "nat-1"), (GROUP, "sg-1")]
    {
        bench.assume(address, Identity::of_id(id));
    }
    (server, bench)
}

async fn blockers(bench: &Bench, kind: Kind, address: &str) -> Vec<Blocker> {
    let change = bench.removal(address);
    provider::blockers(kind, &bench.cx(), &[&change]).await.expect("it is answered")
}

fn ids(blockers: &[Blocker]) -> Vec<&str> {
    blockers.iter().map(|blocker| blocker.id.as_str()).collect()
}

/// An interface in the subnet, with a security group unless that is empty.
fn interface(id: &str, description: &str, group: &str, more: &str) -> String {
    let groups = if group.is_empty() { String::new() } else { format!("<item><groupId>{group}</groupId></item>") };
    format!(
        "<item><networkInterfaceId>{id}</networkInterfaceId><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>\
         <description>{description}</description><interfaceType>interface</interfaceType><groupSet>{groups}</groupSet>\
         {more}</item>"
    )
}

fn cluster_tag(name: &str) -> String {
    format!("<tagSet><item><key>aws:ecs:clusterName</key><value>{name}</value></item></tagSet>")
}

fn interfaces(items: &[String]) -> (&'static str, &'static str, String) {
    ("DescribeNetworkInterfaces", "", format!("<networkInterfaceSet>{}</networkInterfaceSet>", items.concat()))
}

fn gateways(items: &[(&str, &str, &str)]) -> (&'static str, &'static str, String) {
    let item = |(id, state, interface): &(&str, &str, &str)| {
        format!(
            "<item><natGatewayId>{id}</natGatewayId><state>{state}</state><natGatewayAddressSet><item>\
             <allocationId>eipalloc-1</allocationId><networkInterfaceId>{interface}</networkInterfaceId></item>\
             </natGatewayAddressSet></item>"
        )
    };
    let items: String = items.iter().map(item).collect();
    ("DescribeNatGateways", "", format!("<natGatewaySet>{items}</natGatewaySet>"))
}

#[tokio::test]
async fn network_interface_is_attributed_to_the_platform_only_with_proof() {
    let (_server, bench) = stage(&[
        interfaces(&[
            interface("eni-task", TASK, "sg-1", ""),
            interface("eni-tagged", TASK, "sg-other", &cluster_tag("saas-platform")),
            interface("eni-database", "RDSNetworkInterface", "sg-1", ""),
            interface("eni-nat", "Interface for NAT Gateway nat-1", "", ""),
            interface("eni-gone", "Interface for NAT Gateway nat-deleted", "", ""),
            interface("eni-silent-nat", "", "", ""),
            interface("eni-by-hand", "", "sg-1", ""),
            interface("eni-other-task", TASK, "sg-other", ""),
            interface("eni-other-cluster", TASK, "sg-1", &cluster_tag("batch")),
            interface("eni-other-database", "RDSNetworkInterface", "sg-other", ""),
            interface("eni-proxy", "Network interface for DBProxy reports", "sg-1", ""),
            interface("eni-other-nat", "Interface for NAT Gateway nat-other", "", ""),
            interface("eni-accelerator", "", "sg-1", "")
                .replace("<interfaceType>interface<", "<interfaceType>global_accelerator_managed<"),
        ]),
        gateways(&[("nat-1", "available", "eni-silent-nat"), ("nat-other", "available", "eni-other-nat")]),
        (
            "DescribeDBSubnetGroups",
            "",
            "<DescribeDBSubnetGroupsResult><DBSubnetGroups/></DescribeDBSubnetGroupsResult>".into(),
        ),
    ])
    .await;
    let blockers = blockers(&bench, Kind::Subnet, SUBNET).await;
    let mut named = ids(&blockers);
    named.sort_unstable();
    let foreign = ["accelerator", "by-hand", "other-cluster", "other-database", "other-nat", "other-task", "proxy"];
    assert_eq!(named, foreign.map(|name| format!("eni-{name}")));
    let what = |id: &str| blockers.iter().find(|blocker| blocker.id == id).map(|blocker| blocker.what.as_str());
    assert!(what("eni-other-nat").is_some_and(|what| what.contains("nat-other")), "{blockers:#?}");
    assert!(what("eni-accelerator").is_some_and(|what| what.contains("Global Accelerator")), "{blockers:#?}");
    assert!(what("eni-other-cluster").is_some_and(|what| what.contains("`batch`")), "{blockers:#?}");
}

#[tokio::test]
async fn default_group_rule_that_references_a_deleted_group_is_a_blocker() {
    let rule = "<ipPermissions><item><ipProtocol>tcp</ipProtocol><groups><item><groupId>sg-1</groupId></item></groups>\
                </item></ipPermissions>";
    let default =
        format!("<item><groupId>sg-default</groupId><groupName>default</groupName><vpcId>vpc-1</vpcId>{rule}</item>");
    let (_server, bench) = stage(&[
        ("DescribeSecurityGroups", "", format!("<securityGroupInfo>{default}</securityGroupInfo>")),
        interfaces(&[]),
    ])
    .await;
    assert_eq!(ids(&blockers(&bench, Kind::SecurityGroup, GROUP).await), ["sg-default"]);
}

/// EC2 deletes the default group and network ACL with the network; everything else in it remains, and
/// blocks it.
#[tokio::test]
async fn all_foreign_resources_in_a_vpc_are_blockers() {
    let vpc = "<vpcId>vpc-1</vpcId>";
    let (_server, bench) = stage(&[
        ("DescribeSubnets", "", "<subnetSet/>".into()),
        (
            "DescribeSecurityGroups",
            "",
            format!(
                "<securityGroupInfo><item><groupId>sg-default</groupId><groupName>default</groupName>{vpc}</item>\
                     </securityGroupInfo>"
            ),
        ),
        ("DescribeRouteTables", "", "<routeTableSet/>".into()),
        ("DescribeVpcEndpoints", "", "<vpcEndpointSet/>".into()),
        gateways(&[("nat-1", "available", "eni-1"), ("nat-other", "available", "eni-2"), ("nat-gone", "deleted", "")]),
        (
            "DescribeNetworkAcls",
            "vpc-1",
            "<networkAclSet><item><networkAclId>acl-default</networkAclId><default>true</default></item>\
             <item><networkAclId>acl-1</networkAclId><default>false</default></item></networkAclSet>"
                .into(),
        ),
        (
            "DescribeVpnGateways",
            "vpc-1",
            format!(
                "<vpnGatewaySet><item><vpnGatewayId>vgw-1</vpnGatewayId><attachments><item>{vpc}\
                     <state>attached</state></item></attachments></item></vpnGatewaySet>"
            ),
        ),
        (
            "DescribeEgressOnlyInternetGateways",
            "",
            format!(
                "<egressOnlyInternetGatewaySet><item><egressOnlyInternetGatewayId>eigw-1\
                     </egressOnlyInternetGatewayId><attachmentSet><item>{vpc}<state>attached</state></item>\
                     </attachmentSet></item></egressOnlyInternetGatewaySet>"
            ),
        ),
        (
            "DescribeVpcPeeringConnections",
            "accepter-vpc-info",
            "<vpcPeeringConnectionSet><item><vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>\
             <status><code>active</code></status></item><item><vpcPeeringConnectionId>pcx-2</vpcPeeringConnectionId>\
             <status><code>deleted</code></status></item></vpcPeeringConnectionSet>"
                .into(),
        ),
    ])
    .await;
    let blockers = blockers(&bench, Kind::Vpc, VPC).await;
    let mut named = ids(&blockers);
    named.sort_unstable();
    assert_eq!(named, ["acl-1", "eigw-1", "nat-other", "pcx-1", "vgw-1"]);
}

#[tokio::test]
async fn elastic_ip_on_a_foreign_network_interface_is_a_blocker() {
    for (interface, named) in [("eni-nat", Vec::new()), ("eni-theirs", vec!["eni-theirs"])] {
        let address = format!(
            "<addressesSet><item><allocationId>eipalloc-1</allocationId><networkInterfaceId>{interface}\
             </networkInterfaceId></item></addressesSet>"
        );
        let (_server, bench) =
            stage(&[("DescribeAddresses", "", address), gateways(&[("nat-1", "deleted", "eni-nat")])]).await;
        assert_eq!(ids(&blockers(&bench, Kind::ElasticIp, ELASTIC_IP).await), named, "{interface}");
    }
}
