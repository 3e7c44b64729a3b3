//! The use of target groups by load balancers: a load balancer uses the groups to which its rules
//! forward.

use std::collections::BTreeSet;

use super::action::{self, Action};
use super::checks::configuration;
use super::resource::named;
use super::{LoadBalancer, Rule, TargetGroup, quotas};
use crate::services::prelude::*;

/// The load balancer that uses a target group; there is at most one.
pub(super) fn balancer_of<'a>(cloud: &'a Cloud, group: &str) -> Option<&'a LoadBalancer> {
    let rule = cloud.elb.rules.values().find(|rule| action::groups(&rule.actions).any(|used| used == group))?;
    cloud.elb.load_balancers.get(balancer_of_rule(cloud, rule)?)
}

/// The target groups that a load balancer uses.
pub(super) fn groups<'a>(cloud: &'a Cloud, balancer: &str) -> BTreeSet<&'a str> {
    groups_except(cloud, balancer, None)
}

/// The target groups that a load balancer uses, except through one of its rules.
fn groups_except<'a>(cloud: &'a Cloud, balancer: &str, except: Option<&str>) -> BTreeSet<&'a str> {
    let rules = cloud.elb.rules.values().filter(|rule| Some(rule.arn.as_str()) != except);
    let rules = rules.filter(|rule| balancer_of_rule(cloud, rule) == Some(balancer));
    rules.flat_map(|rule| action::groups(&rule.actions)).collect()
}

fn balancer_of_rule<'a>(cloud: &'a Cloud, rule: &Rule) -> Option<&'a str> {
    cloud.elb.listeners.get(&rule.listener).map(|listener| listener.load_balancer.as_str())
}

/// Checks that a load balancer may use the target groups of actions, which may replace the actions of a
/// rule. Returns the groups that no load balancer uses yet.
pub(super) fn check(
    cloud: &Cloud,
    balancer: &str,
    protocol: &str,
    actions: &[Action],
    replaced: Option<&str>,
) -> Result<Vec<String>, Refusal> {
    let vpc = &named::<LoadBalancer>(cloud, balancer)?.vpc;
    let mut newly_used = Vec::new();
    for arn in action::groups(actions) {
        let group = named::<TargetGroup>(cloud, arn)?;
        if group.settings.vpc != *vpc {
            return Err(configuration(format!(
                "The following target groups are in a different VPC than load balancer '{balancer}': {arn}"
            )));
        }
        if protocol == "HTTP" && group.settings.protocol_version != "HTTP1" {
            let version = &group.settings.protocol_version;
            return Err(action::action_refused(format!(
                "Listener protocol 'HTTP' is not supported with a target group with the protocol-version '{version}'"
            )));
        }
        match balancer_of(cloud, arn) {
            None => newly_used.push(arn.to_owned()),
            Some(user) if user.arn == balancer => {}
            Some(_) => {
                let message =
                    format!("The following target groups cannot be associated with more than one load balancer: {arn}");
                return Err(Refusal::new("TargetGroupAssociationLimit", message));
            }
        }
    }
    let mut groups = groups_except(cloud, balancer, replaced);
    groups.extend(action::groups(actions));
    if groups.len() > quotas::GROUPS_OF_BALANCER {
        let message = format!(
            "You have reached the maximum number of unique target groups that you can associate with a load balancer \
             of type 'application': [{}]",
            quotas::GROUPS_OF_BALANCER
        );
        return Err(Refusal::new("TooManyUniqueTargetGroupsPerLoadBalancer", message));
    }
    let targets = |arn: &&str| cloud.elb.target_groups.get(*arn).map_or(0, |group| group.targets.len());
    ensure!(groups.iter().map(targets).sum::<usize>() <= quotas::TARGETS, too_many_targets(balancer));
    Ok(newly_used)
}

pub(super) fn too_many_targets(balancer: &str) -> Refusal {
    let message = format!(
        "The maximum number of targets per load balancer '{}' has been reached on load balancer '{balancer}'",
        quotas::TARGETS
    );
    Refusal::new("TooManyTargets", message)
}
