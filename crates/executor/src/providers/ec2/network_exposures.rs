//! Foreign resources that have a way into the platform's networks: interfaces in its security groups, and
//! connections to other networks.

use aws_sdk_ec2::types::GroupIdentifier;
use saas_model::resource::Kind;

use crate::context::Context;
use crate::error::Result;
use crate::providers::ec2::{filter, interfaces, network_parts};
use crate::state::exposure::Exposure;

/// The foreign interfaces in the platform's security groups, whose rules let them reach what the groups reach. In
/// a narrow scope, not all groups are known that show whose an interface is.
pub(crate) async fn of_groups(cx: &Context<'_>) -> Result<Vec<Exposure>> {
    let groups = cx.live.of_kind(Kind::SecurityGroup);
    if cx.scope.is_narrow() || groups.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = groups.iter().map(|group| group.identity.id.clone()).collect();
    let mut found = Vec::new();
    for (interface, owner) in interfaces::of_others(cx, "group-id", &ids).await? {
        let id = interface.network_interface_id().unwrap_or_default();
        let named = |group: &&GroupIdentifier| group.group_id().is_some_and(|id| ids.iter().any(|own| own == id));
        for group in interface.groups().iter().filter(named).filter_map(GroupIdentifier::group_id) {
            let address = cx.live.address_of(Kind::SecurityGroup, group);
            let what = format!("{owner}, and has the security group {group}: it reaches what the group reaches");
            let remedy = format!(
                "remove the group from it: aws ec2 modify-network-interface-attribute --network-interface-id {id} \
                 --groups <other groups>"
            );
            found.push(Exposure::new((&address, Kind::SecurityGroup), id, what, remedy));
        }
    }
    Ok(found)
}

/// The connections of the platform's networks with others, and foreign endpoints in them.
pub(crate) async fn of_networks(cx: &Context<'_>) -> Result<Vec<Exposure>> {
    let mut found = Vec::new();
    if cx.scope.is_narrow() {
        return Ok(found);
    }
    for network in cx.live.of_kind(Kind::Vpc) {
        let of = (&network.address, network.kind);
        for part in network_parts::connections(cx, &network.identity.id).await? {
            let remedy = part.remedy.trim_end_matches(" first");
            found.push(Exposure::new(of, part.id, part.what, remedy));
        }
        let in_network = filter("vpc-id", &network.identity.id);
        let mut pages = cx.aws.ec2.describe_vpc_endpoints().filters(in_network).into_paginator().send();
        while let Some(page) = pages.next().await {
            for endpoint in page?.vpc_endpoints.unwrap_or_default() {
                let state = endpoint.state().map(|state| state.as_str().to_ascii_lowercase()).unwrap_or_default();
                let id = endpoint.vpc_endpoint_id().unwrap_or_default();
                if state.starts_with("delet") || cx.live.knows(Kind::VpcEndpoint, id) {
                    continue;
                }
                let service = endpoint.service_name().unwrap_or_default();
                let what = format!("this endpoint leads the network's requests for `{service}` by a way of its own");
                let remedy = format!("delete it: aws ec2 delete-vpc-endpoints --vpc-endpoint-ids {id}");
                found.push(Exposure::new(of, id, what, remedy));
            }
        }
    }
    Ok(found)
}
