//! Elastic Load Balancing: load balancers, listeners, rules and target groups.
//!
//! Of the three types of load balancers, the sandbox models only application load balancers. A request
//! that is valid on AWS for another type fails with HTTP 501, so that it is not mistaken for an error
//! of AWS.

mod action;
mod attributes;
mod certificate;
mod checks;
mod condition;
mod health_check;
mod listener;
mod load_balancer;
mod placement;
mod quotas;
mod redirect;
mod resource;
mod rule;
mod ssl_policy;
mod tags;
mod target_group;
mod targets;
#[cfg(test)]
mod tests;
mod timing;
mod usage;

use crate::services::prelude::*;
use listener::Listener;
use load_balancer::LoadBalancer;
use resource::Resource;
use rule::Rule;
use target_group::TargetGroup;
use targets::Registration;

pub(crate) use targets::{deregister, register};

pub(crate) const DESCRIPTOR: Descriptor = Descriptor {
    name: "Elastic Load Balancing",
    signing_name: "elasticloadbalancing",
    protocol: Protocol::AwsQuery {
        namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        operations: OPERATIONS,
    },
    model: include_str!("../../../models/elbv2.json"),
    errors: Errors {
        // Source: the page on request throttling of Elastic Load Balancing.
        throttled: ("ThrottlingException", 400, "Rate exceeded"),
        ..Errors::QUERY
    },
    // AWS documents nothing; the sandbox assumes that all kinds of resources are eventually consistent.
    consistency: |operation| operation.starts_with("Describe").then_some(Consistency::Eventual),
    latency: Latency { slow: &[("CreateLoadBalancer", 1_000)], ..Latency::USUAL },
    collections: |cloud| {
        vec![
            &mut cloud.elb.load_balancers,
            &mut cloud.elb.listeners,
            &mut cloud.elb.rules,
            &mut cloud.elb.target_groups,
        ]
    },
    inventory,
    tagged: tags::tagged,
};

const OPERATIONS: &[(&str, XmlOperation)] = &[
    ("AddListenerCertificates", certificate::add),
    ("AddTags", tags::add),
    ("CreateListener", listener::create),
    ("CreateLoadBalancer", load_balancer::create),
    ("CreateRule", rule::create),
    ("CreateTargetGroup", target_group::create),
    ("DeleteListener", listener::delete),
    ("DeleteLoadBalancer", load_balancer::delete),
    ("DeleteRule", rule::delete),
    ("DeleteTargetGroup", target_group::delete),
    ("DeregisterTargets", targets::deregister_all),
    ("DescribeListenerCertificates", certificate::describe_all),
    ("DescribeListeners", listener::describe),
    ("DescribeLoadBalancerAttributes", attributes::describe_load_balancer),
    ("DescribeLoadBalancers", load_balancer::describe),
    ("DescribeRules", rule::describe),
    ("DescribeTags", tags::describe),
    ("DescribeTargetGroupAttributes", attributes::describe_target_group),
    ("DescribeTargetGroups", target_group::describe),
    ("DescribeTargetHealth", targets::describe_health),
    ("ModifyListener", listener::modify),
    ("ModifyLoadBalancerAttributes", attributes::modify_load_balancer),
    ("ModifyRule", rule::modify),
    ("ModifyTargetGroup", target_group::modify),
    ("ModifyTargetGroupAttributes", attributes::modify_target_group),
    ("RegisterTargets", targets::register_all),
    ("RemoveListenerCertificates", certificate::remove),
    ("RemoveTags", tags::remove),
    ("SetIpAddressType", load_balancer::set_ip_address_type),
    ("SetRulePriorities", rule::set_priorities),
    ("SetSecurityGroups", load_balancer::set_security_groups),
    ("SetSubnets", load_balancer::set_subnets),
];

/// The state, by ARN.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct State {
    load_balancers: Eventual<LoadBalancer>,
    listeners: Eventual<Listener>,
    rules: Eventual<Rule>,
    target_groups: Eventual<TargetGroup>,
    /// The number of registrations and deregistrations of targets so far.
    registrations: u64,
}

/// The scheduled events of Elastic Load Balancing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    /// A load balancer becomes active.
    LoadBalancerStarts(String),
    /// A target passes its health checks.
    TargetIsHealthy(Registration),
    /// A deregistered target has drained.
    TargetIsGone(Registration),
}

pub(crate) fn handle(cloud: &mut Cloud, event: Event) {
    match event {
        Event::LoadBalancerStarts(arn) => load_balancer::starts(cloud, &arn),
        Event::TargetIsHealthy(registration) => targets::is_healthy(cloud, &registration),
        Event::TargetIsGone(registration) => targets::is_gone(cloud, &registration),
    }
}

/// Lists load balancers and target groups by name, listeners and rules by ARN. Default rules belong to
/// their listeners and are omitted.
fn inventory(cloud: &Cloud, items: &mut Vec<Item>) {
    let state = &cloud.elb;
    for balancer in state.load_balancers.values() {
        items.push(Item::new("elb:load-balancer", &balancer.name, balancer.tags()));
    }
    for listener in state.listeners.values() {
        items.push(Item::new("elb:listener", &listener.arn, listener.tags()));
        for certificate in listener.tls.iter().flat_map(|tls| &tls.more) {
            items.push(Item::part("elb:listener-certificate", format!("{} {certificate}", listener.arn)));
        }
    }
    for rule in state.rules.values().filter(|rule| rule.priority.is_some()) {
        items.push(Item::new("elb:rule", &rule.arn, rule.tags()));
    }
    for group in state.target_groups.values() {
        items.push(Item::new("elb:target-group", &group.name, group.tags()));
    }
}

/// Whether a listener forwards to a target group; `None` when no target group has this ARN.
pub(crate) fn is_behind_listener(cloud: &Cloud, target_group: &str) -> Option<bool> {
    cloud.elb.target_groups.get(target_group)?;
    Some(usage::balancer_of(cloud, target_group).is_some())
}

/// The ARN of a target group to which a load balancer routes; both are given by the last parts of their ARNs.
pub(crate) fn routes(cloud: &Cloud, balancer: &str, target_group: &str) -> Option<String> {
    let ends_with = |arn: &str, part: &str| arn.rsplit(':').next() == Some(part);
    let arn = cloud.elb.target_groups.keys().find(|arn| ends_with(arn, target_group))?;
    let of_it = usage::balancer_of(cloud, arn)?;
    ends_with(&of_it.arn, &format!("loadbalancer/{balancer}")).then(|| arn.clone())
}

/// The target type of a target group: `ip` or `instance`.
pub(crate) fn target_type(cloud: &Cloud, target_group: &str) -> Option<String> {
    cloud.elb.target_groups.get(target_group).map(|group| group.settings.target_type.clone())
}

/// The load balancers with a listener that uses this certificate, as its default certificate or for
/// SNI.
pub(crate) fn users_of_certificate(cloud: &Cloud, arn: &str) -> Vec<String> {
    let uses = |listener: &&Listener| {
        listener.tls.as_ref().is_some_and(|tls| tls.certificate == arn || tls.more.contains(arn))
    };
    let users = cloud.elb.listeners.values().filter(uses).map(|listener| listener.load_balancer.clone());
    users.collect::<std::collections::BTreeSet<String>>().into_iter().collect()
}
