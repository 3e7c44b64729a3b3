//! Names within the platform's own resources: in its network and its cluster, on its load balancers and
//! listeners, and in its database. Resources of other owners there may have the name of a planned
//! resource that does not exist yet.
//!
//! A new platform contains nothing, so its first apply makes no calls here.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::Filter;
use futures::future::join_all;
use futures::{FutureExt, future::LocalBoxFuture};
use saas_model::resource::{Listener, ListenerRule, ResourceSpec, SecurityGroup, Service, TenantSchema};
use saas_model::{Address, Kind, Node};

use super::names::owner;
use super::taken_name::TakenName;
use crate::context::Context;
use crate::error::{Result, unless_gone};
use crate::postgres::{Database, taken_names};
use crate::providers::ec2::{filter, from_ec2};
use crate::providers::ecs::{describe_services, from_ecs};
use crate::providers::elb::{self, listener, listener_rule};
use crate::state::observed::{ObservedResource, is_named};

/// The names that are taken, kind by kind.
pub(super) async fn taken(cx: &Context<'_>) -> Vec<Result<Vec<TakenName>>> {
    let looks: [LocalBoxFuture<'_, _>; 5] = [
        security_groups(cx).boxed_local(),
        services(cx).boxed_local(),
        ports(cx).boxed_local(),
        priorities(cx).boxed_local(),
        schemas(cx).boxed_local(),
    ];
    join_all(looks).await
}

/// The nodes of a kind without a live resource that `has` the planned properties, by their live
/// container.
fn wanted<'p, K: ResourceSpec>(
    cx: &Context<'p>,
    container: impl Fn(&'p K) -> &'p Address,
    has: impl Fn(&ObservedResource, &K) -> bool,
) -> BTreeMap<String, Vec<(&'p Node, &'p K)>> {
    let mut wanted: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (node, planned) in cx.plan.nodes().iter().filter_map(|node| Some((node, K::of(&node.resource)?))) {
        let is_there = cx.live.get(&node.address).is_some_and(|found| has(&found, planned));
        if let Ok(inside) = cx.identity_at(container(planned))
            && !is_there
        {
            wanted.entry(inside.id).or_default().push((node, planned));
        }
    }
    wanted
}

/// The name of a security group is unique in its network. Source: Amazon EC2 API, `CreateSecurityGroup`.
async fn security_groups(cx: &Context<'_>) -> Result<Vec<TakenName>> {
    // Source: Amazon EC2 API, "Filter".
    const VALUES: usize = 200;
    let has_name = |found: &ObservedResource, planned: &SecurityGroup| {
        let seen = found.fields.as_ref().and_then(SecurityGroup::of);
        seen.is_some_and(|seen| seen.name == planned.name)
    };
    let mut taken = Vec::new();
    for (vpc, nodes) in wanted(cx, |group: &SecurityGroup| group.vpc.address(), has_name) {
        for nodes in nodes.chunks(VALUES) {
            let by_name: BTreeMap<&str, &Node> =
                nodes.iter().map(|(node, group)| (group.name.as_str(), *node)).collect();
            let names = by_name.keys().map(|name| (*name).to_owned()).collect();
            let named = Filter::builder().name("group-name").set_values(Some(names)).build();
            let call = cx.aws.ec2.describe_security_groups().filters(filter("vpc-id", &vpc)).filters(named);
            for group in call.send().await?.security_groups.unwrap_or_default() {
                let name = group.group_name.unwrap_or_default();
                let Some(&node) = by_name.get(name.as_str()) else { continue };
                if let Some(owner) = owner(cx, Kind::SecurityGroup, &name, &from_ec2(group.tags)) {
                    taken.push(TakenName::new(node, name, owner).held_by(group.group_id.unwrap_or_default()));
                }
            }
        }
    }
    Ok(taken)
}

/// A draining service releases its name by itself, and the apply waits for it.
async fn services(cx: &Context<'_>) -> Result<Vec<TakenName>> {
    let mut taken = Vec::new();
    for (cluster, nodes) in wanted(
        cx,
        |service: &Service| service.cluster.address(),
        |found, planned| is_named(&found.identity.id, planned.name.as_str()),
    ) {
        let by_name: BTreeMap<String, &Node> =
            nodes.into_iter().map(|(node, service)| (service.name.to_string(), node)).collect();
        let names: Vec<String> = by_name.keys().cloned().collect();
        for live in describe_services(cx, &cluster, &names).await? {
            let name = live.service_name.clone().unwrap_or_default();
            let Some(&node) = by_name.get(&name).filter(|_| live.status() == Some("ACTIVE")) else { continue };
            let arn = live.service_arn.unwrap_or_default();
            if let Some(owner) = owner(cx, Kind::Service, &name, &from_ecs(live.tags)) {
                taken.push(TakenName::new(node, name, owner).held_by(arn));
            }
        }
    }
    Ok(taken)
}

/// A load balancer has one listener for a port.
async fn ports(cx: &Context<'_>) -> Result<Vec<TakenName>> {
    let mut taken = Vec::new();
    for (balancer, nodes) in wanted(cx, |listener: &Listener| listener.load_balancer.address(), |_, _| true) {
        for live in unless_gone(listener::of_balancer(cx, &balancer).await, elb::GONE)?.unwrap_or_default() {
            let has = |(_, listener): &&(&Node, &Listener)| live.port == Some(listener.port.into());
            let (Some((node, planned)), Some(arn)) = (nodes.iter().find(has), live.listener_arn.clone()) else {
                continue;
            };
            let tags = elb::tags_of(cx, &arn).await?;
            if let Some(owner) = owner(cx, Kind::Listener, &arn, &tags) {
                taken.push(TakenName::new(node, planned.port.to_string(), owner).part("port").held_by(arn));
            }
        }
    }
    Ok(taken)
}

/// A listener has one rule for a priority.
async fn priorities(cx: &Context<'_>) -> Result<Vec<TakenName>> {
    let ours: BTreeSet<String> = cx.live.every(Kind::ListenerRule).into_iter().map(|found| found.identity.id).collect();
    let mut taken = Vec::new();
    let has_priority = |found: &ObservedResource, planned: &ListenerRule| {
        let seen = found.fields.as_ref().and_then(ListenerRule::of);
        seen.is_some_and(|seen| seen.priority == planned.priority)
    };
    for (listener, nodes) in wanted(cx, |rule: &ListenerRule| rule.listener.address(), has_priority) {
        let wanted: BTreeMap<String, &Node> =
            nodes.into_iter().map(|(node, planned)| (planned.priority.to_string(), node)).collect();
        for rule in unless_gone(listener_rule::of_listener(cx, &listener).await, elb::GONE)?.unwrap_or_default() {
            let (Some(arn), Some(priority)) = (rule.rule_arn, rule.priority) else { continue };
            let Some(&node) = wanted.get(&priority).filter(|_| !ours.contains(&arn)) else { continue };
            let tags = elb::tags_of(cx, &arn).await?;
            if let Some(owner) = owner(cx, Kind::ListenerRule, &arn, &tags) {
                taken.push(TakenName::new(node, priority, owner).part("priority").held_by(arn));
            }
        }
    }
    Ok(taken)
}

/// The name of a schema is unique in its database, and the name of a role in its server.
async fn schemas(cx: &Context<'_>) -> Result<Vec<TakenName>> {
    let is_missing = |node: &&Node| TenantSchema::of(&node.resource).is_some() && cx.live.get(&node.address).is_none();
    let missing: Vec<&Node> = cx.plan.nodes().iter().filter(is_missing).collect();
    // The listing has reached the database, or there is no database yet.
    if missing.is_empty() || Database::live(cx).is_none() || !cx.postgres.was_reached() {
        return Ok(Vec::new());
    }
    cx.postgres.administer(cx, async |transaction| taken_names(cx, transaction, &missing).await).await
}
