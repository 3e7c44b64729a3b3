//! Decides which of several unnamed resources with the tags of one address is the platform's own.
//!
//! Their fields are no evidence: an Elastic IP address has none, and a copied network has those of the
//! original. So this lists what uses them, and only where there are several.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::NatGatewayState;
use saas_model::resource::{LoadBalancer, ResourceSpec};
use saas_model::{Address, Kind};

use crate::context::Context;
use crate::error::Result;
use crate::providers::ec2::of_platform;
use crate::state::observed::ObservedResource;

/// Marks the resource that the platform uses, among several with the tags of one address.
pub(crate) async fn tell_apart(cx: &Context<'_>, kind: Kind, found: &mut [ObservedResource]) -> Result<()> {
    if !matches!(kind, Kind::ElasticIp | Kind::Vpc) {
        return Ok(());
    }
    let mut by_address: BTreeMap<&Address, BTreeSet<&str>> = BTreeMap::new();
    for found in found.iter() {
        by_address.entry(&found.address).or_default().insert(&found.identity.id);
    }
    let mut used = BTreeSet::new();
    for ids in by_address.into_values().filter(|ids| ids.len() > 1) {
        used.extend(match kind {
            Kind::ElasticIp => used_address(cx, &ids).await?,
            _ => used_network(cx, &ids).await?,
        });
    }
    for found in found.iter_mut() {
        found.used = used.contains(&found.identity.id);
    }
    Ok(())
}

/// The address of a NAT gateway of the platform; of several, the one in the network of its load balancers.
async fn used_address(cx: &Context<'_>, ids: &BTreeSet<&str>) -> Result<Option<String>> {
    let mut pages = cx.aws.ec2.describe_nat_gateways().filter(of_platform(cx)).into_paginator().send();
    let mut users: Vec<(String, String)> = Vec::new();
    while let Some(page) = pages.next().await {
        for gateway in page?.nat_gateways.unwrap_or_default() {
            if !matches!(gateway.state, Some(NatGatewayState::Pending | NatGatewayState::Available)) {
                continue;
            }
            let network = gateway.vpc_id().unwrap_or_default();
            let addresses = gateway.nat_gateway_addresses().iter().filter_map(|address| address.allocation_id());
            users.extend(addresses.filter(|id| ids.contains(id)).map(|id| (network.to_owned(), id.to_owned())));
        }
    }
    if users.len() > 1 {
        let home = networks_of_balancers(cx).await?;
        users.retain(|(network, _)| home.contains(network));
    }
    Ok(users.pop().map(|(_, id)| id))
}

/// The network with subnets of the platform; of several, the one of its load balancers.
async fn used_network(cx: &Context<'_>, ids: &BTreeSet<&str>) -> Result<Option<String>> {
    let mut pages = cx.aws.ec2.describe_subnets().filters(of_platform(cx)).into_paginator().send();
    let mut users: BTreeSet<String> = BTreeSet::new();
    while let Some(page) = pages.next().await {
        let subnets = page?.subnets.unwrap_or_default();
        users.extend(subnets.into_iter().filter_map(|subnet| subnet.vpc_id).filter(|id| ids.contains(id.as_str())));
    }
    if users.len() > 1 {
        let home = networks_of_balancers(cx).await?;
        users.retain(|network| home.contains(network));
    }
    Ok(users.pop_first())
}

/// The networks of the load balancers with planned names, which are unique in an account and Region.
async fn networks_of_balancers(cx: &Context<'_>) -> Result<BTreeSet<String>> {
    let planned = cx.plan.nodes().iter().filter_map(|node| LoadBalancer::of(&node.resource));
    let names: BTreeSet<&str> = planned.map(|balancer| balancer.name.as_str()).collect();
    let mut networks = BTreeSet::new();
    let mut pages = cx.aws.elb.describe_load_balancers().into_paginator().send();
    while let Some(page) = pages.next().await {
        let live = page?.load_balancers.unwrap_or_default().into_iter();
        let ours = live.filter(|live| live.load_balancer_name().is_some_and(|name| names.contains(name)));
        networks.extend(ours.filter_map(|live| live.vpc_id));
    }
    Ok(networks)
}
