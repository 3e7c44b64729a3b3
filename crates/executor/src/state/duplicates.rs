//! Decides which of several unnamed resources with the tags of one address is the platform's own.
//!
//! Their fields are no evidence: an Elastic IP address has none, and a copied network has those of the
//! original. So this lists what uses them, and only where there are several.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::resource::{LoadBalancer, ResourceSpec};
use saas_model::{Address, Kind};

use crate::context::Context;
use crate::error::Result;
use crate::provider;
use crate::state::observed::ObservedResource;

/// Marks the resource that the platform uses, among several with the tags of one address.
pub(crate) async fn mark_used(cx: &Context<'_>, kind: Kind, found: &mut [ObservedResource]) -> Result<()> {
    let mut by_address: BTreeMap<&Address, BTreeSet<&str>> = BTreeMap::new();
    for found in found.iter() {
        by_address.entry(&found.address).or_default().insert(&found.identity.id);
    }
    let mut used = BTreeSet::new();
    for ids in by_address.into_values().filter(|ids| ids.len() > 1) {
        used.extend(provider::used_among(kind, cx, &ids).await?);
    }
    for found in found.iter_mut() {
        found.used = used.contains(&found.identity.id);
    }
    Ok(())
}

/// The networks of the load balancers with planned names, which are unique in an account and Region.
pub(crate) async fn networks_of_balancers(cx: &Context<'_>) -> Result<BTreeSet<String>> {
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
