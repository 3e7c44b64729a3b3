//! Foreign resources that use a network, its subnets and its security groups. EC2 keeps resources in use,
//! and reports that only after minutes of waiting, without the user.
//!
//! [`crate::providers::ec2::interfaces`] decides whose an interface is.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{Filter, SecurityGroup as LiveGroup, Subnet};
use saas_model::resource::Kind;

use crate::apply::blockers::removed_by_id;
use crate::apply::change_set::Change;
use crate::context::Context;
use crate::error::Result;
use crate::providers::ec2::{interfaces, nat_gateway, network_parts};
use crate::state::blocker::Blocker;
use crate::state::observed::ObservedResource;

/// The security group that EC2 creates and deletes with each network.
const DEFAULT_GROUP: &str = "default";

fn filter_by(name: &str, values: &[String]) -> Filter {
    Filter::builder().name(name).set_values(Some(values.to_vec())).build()
}

fn blocker(of: &ObservedResource, id: &str, what: String, remedy: &str) -> Blocker {
    Blocker::new(of.address.clone(), of.kind, id, what, remedy)
}

/// The users of security groups to be deleted: rules of other groups, and foreign interfaces.
pub(crate) async fn of_groups(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
    let deleting = removed_by_id(changes);
    if deleting.is_empty() {
        return Ok(Vec::new());
    }
    let mut blockers = Vec::new();
    for group in groups_of_others(cx).await? {
        let id = group.group_id().unwrap_or_default();
        let permissions = group.ip_permissions().iter().chain(group.ip_permissions_egress());
        let pairs = permissions.flat_map(|permission| permission.user_id_group_pairs());
        let named: BTreeSet<&str> = pairs.filter_map(|pair| pair.group_id()).collect();
        for found in named.iter().filter_map(|id| deleting.get(id)) {
            let name = group.group_name().unwrap_or_default();
            let what = format!("a rule of this security group, `{name}`, refers to {}", found.identity.id);
            blockers.push(blocker(found, id, what, "remove that rule first"));
        }
    }
    let ids: Vec<String> = deleting.keys().map(|&id| id.to_owned()).collect();
    for (interface, what) in interfaces::of_others(cx, "group-id", &ids).await? {
        let groups = interface.groups().iter().filter_map(|group| deleting.get(group.group_id()?));
        let id = interface.network_interface_id().unwrap_or_default();
        blockers
            .extend(groups.map(|found| blocker(found, id, what.clone(), "remove the security group from it first")));
    }
    Ok(blockers)
}

/// The foreign interfaces and subnet groups in subnets to be deleted.
pub(crate) async fn of_subnets(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
    let deleting = removed_by_id(changes);
    let ids: Vec<String> = deleting.keys().map(|&id| id.to_owned()).collect();
    let mut blockers = Vec::new();
    for (interface, what) in interfaces::of_others(cx, "subnet-id", &ids).await? {
        let Some(found) = interface.subnet_id().and_then(|id| deleting.get(id)) else { continue };
        let id = interface.network_interface_id().unwrap_or_default();
        blockers.push(blocker(found, id, what, "delete the interface, or the resource that it belongs to, first"));
    }
    if !deleting.is_empty() {
        blockers.extend(subnet_groups_of_others(cx, &deleting).await?);
    }
    Ok(blockers)
}

/// The foreign resources in networks to be deleted.
pub(crate) async fn of_networks(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
    let mut blockers = Vec::new();
    for (id, found) in removed_by_id(changes) {
        let in_vpc = || filter_by("vpc-id", &[id.to_owned()]);
        let what = |what: &str| format!("this {what} is in the network, but saas did not create it");
        let mut pages = cx.aws.ec2.describe_subnets().filters(in_vpc()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let subnets = page?.subnets.unwrap_or_default();
            let foreign = subnets.iter().filter_map(Subnet::subnet_id).filter(|id| !cx.live.knows(Kind::Subnet, id));
            blockers.extend(foreign.map(|id| blocker(found, id, what("subnet"), "delete the subnet first")));
        }
        let is_in = |group: &&LiveGroup| group.vpc_id() == Some(id) && group.group_name() != Some(DEFAULT_GROUP);
        for group in groups_of_others(cx).await?.iter().filter(is_in) {
            let id = group.group_id().unwrap_or_default();
            blockers.push(blocker(found, id, what("security group"), "delete the security group first"));
        }
        let mut pages = cx.aws.ec2.describe_route_tables().filters(in_vpc()).into_paginator().send();
        while let Some(page) = pages.next().await {
            for table in page?.route_tables.unwrap_or_default() {
                // EC2 deletes the main table with its network.
                let is_main = table.associations().iter().any(|association| association.main() == Some(true));
                let id = table.route_table_id().unwrap_or_default();
                if !is_main && !cx.live.knows(Kind::RouteTable, id) {
                    blockers.push(blocker(found, id, what("route table"), "delete the route table first"));
                }
            }
        }
        let mut pages = cx.aws.ec2.describe_vpc_endpoints().filters(in_vpc()).into_paginator().send();
        while let Some(page) = pages.next().await {
            for endpoint in page?.vpc_endpoints.unwrap_or_default() {
                let state = endpoint.state().map(|state| state.as_str().to_ascii_lowercase()).unwrap_or_default();
                let id = endpoint.vpc_endpoint_id().unwrap_or_default();
                if !state.starts_with("delet") && !cx.live.knows(Kind::VpcEndpoint, id) {
                    blockers.push(blocker(found, id, what("endpoint"), "delete the endpoint first"));
                }
            }
        }
        for part in network_parts::of_network(cx, id).await? {
            blockers.push(blocker(found, &part.id, part.what.to_owned(), part.remedy));
        }
        for gateway in nat_gateway::in_networks(cx, &[id.to_owned()]).await? {
            let id = gateway.nat_gateway_id().unwrap_or_default();
            if nat_gateway::stays(&gateway) && !cx.live.knows(Kind::NatGateway, id) {
                blockers.push(blocker(found, id, what("NAT gateway"), "delete the NAT gateway first"));
            }
        }
    }
    Ok(blockers)
}

/// The security groups in the platform's networks that saas did not create, including the default group of
/// each: their rules may refer to other groups.
async fn groups_of_others(cx: &Context<'_>) -> Result<Vec<LiveGroup>> {
    let networks: Vec<String> = cx.live.every(Kind::Vpc).into_iter().map(|vpc| vpc.identity.id).collect();
    let mut others = Vec::new();
    if networks.is_empty() {
        return Ok(others);
    }
    let in_networks = filter_by("vpc-id", &networks);
    let mut pages = cx.aws.ec2.describe_security_groups().filters(in_networks).into_paginator().send();
    while let Some(page) = pages.next().await {
        let groups = page?.security_groups.unwrap_or_default().into_iter();
        others.extend(groups.filter(|group| !cx.live.knows(Kind::SecurityGroup, group.group_id().unwrap_or_default())));
    }
    Ok(others)
}

/// The subnet groups of other databases that use subnets to be deleted.
async fn subnet_groups_of_others(
    cx: &Context<'_>,
    deleting: &BTreeMap<&str, &ObservedResource>,
) -> Result<Vec<Blocker>> {
    let mut blockers = Vec::new();
    let mut pages = cx.aws.rds.describe_db_subnet_groups().into_paginator().send();
    while let Some(page) = pages.next().await {
        for group in page?.db_subnet_groups.unwrap_or_default() {
            let name = group.db_subnet_group_name().unwrap_or_default();
            if cx.live.knows(Kind::DbSubnetGroup, name) {
                continue;
            }
            let used = group.subnets().iter().filter_map(|subnet| deleting.get(subnet.subnet_identifier()?));
            let what =
                |found: &ObservedResource| format!("this DB subnet group contains the subnet {}", found.identity.id);
            blockers
                .extend(used.map(|found| blocker(found, name, what(found), "remove the subnet from the group first")));
        }
    }
    Ok(blockers)
}
