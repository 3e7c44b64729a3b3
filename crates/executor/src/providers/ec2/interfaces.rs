//! The owners of network interfaces. Nearly everything in a network has an interface, and for most of them
//! only the description names the owner.
//!
//! AWS deletes the interfaces of the platform's tasks, database, load balancers and NAT gateways with their
//! owners. An interface is the platform's only if its owner or its security groups prove it; every other
//! one is foreign.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{Filter, NatGateway as LiveGateway, NetworkInterface, NetworkInterfaceType};
use saas_model::resource::{Kind, LoadBalancer, ResourceSpec};

use crate::context::Context;
use crate::error::Result;
use crate::providers::ec2::nat_gateway;

/// The maximum number of values of an EC2 filter.
const FILTER_VALUES: usize = 200;

/// The tag that ECS gives to the interface of a task.
/// Source: Amazon ECS Developer Guide, "Tagging Amazon ECS resources".
const TAG_ECS_CLUSTER: &str = "aws:ecs:clusterName";

/// The owner of an interface.
enum Owner {
    Ours,
    Another(String),
    /// A NAT gateway, with its id where the description has it, or an unknown owner.
    Unproved(Option<String>),
}

/// The foreign interfaces that a filter matches, each with its owner in words.
pub(crate) async fn of_others(
    cx: &Context<'_>,
    filter: &str,
    values: &[String],
) -> Result<Vec<(NetworkInterface, String)>> {
    let mut others = Vec::new();
    let mut unproved = Vec::new();
    for interface in listed(cx, filter, values).await? {
        match owner(cx, &interface) {
            Owner::Ours => {}
            Owner::Another(what) => others.push((interface, what)),
            Owner::Unproved(gateway) => unproved.push((interface, gateway)),
        }
    }
    if unproved.is_empty() {
        return Ok(others);
    }
    let mut networks: Vec<String> =
        unproved.iter().filter_map(|(interface, _)| interface.vpc_id().map(str::to_owned)).collect();
    networks.sort();
    networks.dedup();
    let gateways = nat_gateway::in_networks(cx, &networks).await?;
    for (interface, named) in unproved {
        if let Some(what) = unless_of_our_gateway(cx, &interface, named.as_deref(), &gateways) {
            others.push((interface, what));
        }
    }
    Ok(others)
}

async fn listed(cx: &Context<'_>, filter: &str, values: &[String]) -> Result<Vec<NetworkInterface>> {
    let mut found = Vec::new();
    for values in values.chunks(FILTER_VALUES) {
        let by = Filter::builder().name(filter).set_values(Some(values.to_vec())).build();
        let mut pages = cx.aws.ec2.describe_network_interfaces().filters(by).into_paginator().send();
        while let Some(page) = pages.next().await {
            found.extend(page?.network_interfaces.unwrap_or_default());
        }
    }
    Ok(found)
}

/// The owner of an interface, by the descriptions that AWS writes. Source: knowledge-center article "How do
/// I find the resources that are associated with a network interface", and Elastic Load Balancing User
/// Guide, "Network interfaces".
fn owner(cx: &Context<'_>, interface: &NetworkInterface) -> Owner {
    let description = interface.description().unwrap_or_default();
    if let Some(instance) = interface.attachment().and_then(|attachment| attachment.instance_id()) {
        return Owner::Another(format!("this network interface is attached to the instance {instance}"));
    }
    // `ELB app/<name>/<id>`
    if let Some(path) = description.strip_prefix("ELB ") {
        let name = path.split('/').nth(1).unwrap_or_default();
        let what = || format!("this network interface belongs to the load balancer `{name}`");
        return if is_our_balancer(cx, path, name) { Owner::Ours } else { Owner::Another(what()) };
    }
    if let Some(gateway) = description.strip_prefix("Interface for NAT Gateway ") {
        let known = cx.live.knows(Kind::NatGateway, gateway);
        return if known { Owner::Ours } else { Owner::Unproved(Some(gateway.to_owned())) };
    }
    if description.starts_with("arn:") && description.contains(":ecs:") && description.contains(":attachment/") {
        return of_task(cx, interface);
    }
    if description == "RDSNetworkInterface" {
        let what = || "this network interface belongs to an RDS database".to_owned();
        return if has_our_groups(cx, interface) { Owner::Ours } else { Owner::Another(what()) };
    }
    // The API model has `natGateway`, and the documentation of the filter `nat_gateway`.
    match interface.interface_type().map_or("interface", NetworkInterfaceType::as_str) {
        "interface" | "natGateway" | "nat_gateway" => Owner::Unproved(None),
        // Source: Amazon EC2 API, `NetworkInterface`; AWS Global Accelerator Developer Guide, "Requirements
        // for endpoints": it keeps one in each subnet of a load balancer that is an endpoint.
        "global_accelerator_managed" => Owner::Another(
            "this network interface belongs to an accelerator of Global Accelerator, which has a load balancer of this \
             network as an endpoint"
                .to_owned(),
        ),
        other => Owner::Another(format!("this network interface has the type {other}: {description}")),
    }
}

/// Whether a load balancer is planned or live. The interfaces of a deleted one remain for some minutes.
fn is_our_balancer(cx: &Context<'_>, path: &str, name: &str) -> bool {
    let live = cx.live.every(Kind::LoadBalancer);
    let mut planned = cx.plan.nodes().iter().filter_map(|node| LoadBalancer::of(&node.resource));
    live.iter().any(|found| found.identity.id.contains(&format!("/{path}")))
        || planned.any(|balancer| balancer.name.as_str() == name)
}

/// A task's interface names its cluster in a tag where tasks are tagged; otherwise its security groups
/// decide.
fn of_task(cx: &Context<'_>, interface: &NetworkInterface) -> Owner {
    let tag = interface.tag_set().iter().find(|tag| tag.key() == Some(TAG_ECS_CLUSTER));
    match tag.and_then(|tag| tag.value()) {
        Some(cluster) if is_our_cluster(cx, cluster) => Owner::Ours,
        Some(cluster) => {
            Owner::Another(format!("this network interface belongs to a task of the ECS cluster `{cluster}`"))
        }
        None if has_our_groups(cx, interface) => Owner::Ours,
        None => Owner::Another("this network interface belongs to an ECS task with other security groups".to_owned()),
    }
}

fn is_our_cluster(cx: &Context<'_>, name: &str) -> bool {
    let live = cx.live.every(Kind::EcsCluster);
    let planned = cx.plan.nodes().iter().filter(|node| node.kind() == Kind::EcsCluster);
    live.iter().any(|found| found.identity.id.rsplit('/').next() == Some(name))
        || planned.filter_map(|node| node.resource.name()).any(|planned| planned == name)
}

/// Whether it has security groups, and saas created all of them.
fn has_our_groups(cx: &Context<'_>, interface: &NetworkInterface) -> bool {
    let mut groups = interface.groups().iter().map(|group| group.group_id().unwrap_or_default());
    !interface.groups().is_empty() && groups.all(|id| cx.live.knows(Kind::SecurityGroup, id))
}

/// The owner of an interface that only the NAT gateways of its network explain; `None` where it belongs to
/// one that is the platform's or is being deleted.
fn unless_of_our_gateway(
    cx: &Context<'_>,
    interface: &NetworkInterface,
    named: Option<&str>,
    gateways: &[LiveGateway],
) -> Option<String> {
    let id = interface.network_interface_id().unwrap_or_default();
    let by_interface: BTreeMap<&str, &LiveGateway> = gateways
        .iter()
        .flat_map(|gateway| gateway.nat_gateway_addresses().iter().map(move |address| (address, gateway)))
        .filter_map(|(address, gateway)| Some((address.network_interface_id()?, gateway)))
        .collect();
    let is_named = |gateway: &&LiveGateway| named.is_some() && gateway.nat_gateway_id() == named;
    let gateway = by_interface.get(id).copied().or_else(|| gateways.iter().find(is_named));
    match (gateway, named) {
        (Some(gateway), _) => {
            let id = gateway.nat_gateway_id().unwrap_or_default();
            let foreign = nat_gateway::stays(gateway) && !cx.live.knows(Kind::NatGateway, id);
            foreign.then(|| format!("this network interface belongs to the NAT gateway {id}"))
        }
        // AWS lists a gateway for an hour after its deletion.
        (None, Some(_)) => None,
        (None, None) => {
            let description = interface.description().filter(|text| !text.is_empty());
            let described = description.map(|text| format!(" (`{text}`)")).unwrap_or_default();
            Some(format!("this network interface{described} does not belong to the platform"))
        }
    }
}
