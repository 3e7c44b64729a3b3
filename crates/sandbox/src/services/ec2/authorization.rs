//! Operations on the rules of security groups.

use super::checks::done;
use super::permission::{self, Described};
use super::quotas;
use super::resource::{Resource, change, find};
use super::rule::{Peer, Rule};
use super::security_group::{self, SecurityGroup};
use super::tags::at_creation;
use crate::services::prelude::*;

/// The security group of a call. A new group is not visible for some time.
fn group<'a>(cloud: &'a Cloud, input: &Input) -> Result<&'a SecurityGroup, Refusal> {
    if !input.has("GroupId") {
        security_group::refuse_name(input)?;
    }
    security_group::referred(cloud, input.required("GroupId")?)
}

/// `AuthorizeSecurityGroupIngress` and `...Egress`: adds all rules of a call, or none.
pub(super) fn authorize(cloud: &mut Cloud, input: &Input, is_egress: bool) -> Result<Vec<Element>, Refusal> {
    let group = group(cloud, input)?;
    let wanted = rules(cloud, input, group, is_egress)?;
    for rule in &wanted {
        if let Peer::Group(peer) = &rule.peer
            && find::<SecurityGroup>(cloud, peer)?.vpc != group.vpc
        {
            let message = "You have specified two resources that belong to different networks.";
            return Err(Refusal::new("InvalidGroup.NotFound", message));
        }
        if group.rules(cloud).any(|existing| existing.is_same(rule)) {
            let message = format!("the specified rule \"{}\" already exists", rule_text(rule));
            return Err(Refusal::new("InvalidPermission.Duplicate", message));
        }
    }
    check_count(cloud, group, is_egress, &wanted)?;
    let tags = at_creation::<Rule>(input)?;

    let mut answer = Vec::new();
    for mut rule in wanted {
        rule.id = cloud.ids.ec2("sgr");
        rule.tags = tags.clone();
        answer.push(rule.describe(cloud));
        cloud.ec2.rules.insert(rule.id.clone(), rule);
    }
    Ok(vec![xml::text("return", true), xml::list("securityGroupRuleSet", "item", answer)])
}

/// The rules of a call, still without ids and tags.
fn rules(cloud: &Cloud, input: &Input, group: &SecurityGroup, is_egress: bool) -> Result<Vec<Rule>, Refusal> {
    let rule = |(traffic, peer, description): Described| Rule {
        description,
        ..Rule::new(&group.id, is_egress, traffic, peer)
    };
    Ok(permission::given(cloud, input)?.into_iter().map(rule).collect())
}

/// Refuses more rules in one direction than the quota of a group. A range counts for its IP version, a
/// group or a prefix list for ids_and_permissions. Source: Amazon VPC User Guide, "Amazon VPC quotas".
fn check_count(cloud: &Cloud, group: &SecurityGroup, is_egress: bool, wanted: &[Rule]) -> Result<(), Refusal> {
    let existing = group.rules(cloud).filter(|rule| rule.is_egress == is_egress);
    let (mut ipv4, mut ipv6) = (0, 0);
    for rule in existing.chain(wanted) {
        ipv4 += usize::from(!matches!(rule.peer, Peer::Ipv6(_)));
        ipv6 += usize::from(!matches!(rule.peer, Peer::Ipv4(_)));
    }
    if ipv4.max(ipv6) > quotas::RULES {
        let message = "The maximum number of rules per security group has been reached.";
        return Err(Refusal::new("RulesPerSecurityGroupLimitExceeded", message));
    }
    Ok(())
}

fn rule_text(rule: &Rule) -> String {
    let peer = match &rule.peer {
        Peer::Ipv4(text) | Peer::Ipv6(text) | Peer::PrefixList(text) | Peer::Group(text) => text,
    };
    let protocol = if rule.protocol == "-1" { "ALL".to_owned() } else { rule.protocol.to_ascii_uppercase() };
    let ports = rule.ports.map(|(from, to)| format!(", from port: {from}, to port: {to}")).unwrap_or_default();
    format!("peer: {peer}, {protocol}{ports}, ALLOW")
}

/// `RevokeSecurityGroupIngress` and `...Egress`: removes all rules of a call, or none. The call names
/// them by their ids or by their permissions.
pub(super) fn revoke(cloud: &mut Cloud, input: &Input, is_egress: bool) -> Result<Vec<Element>, Refusal> {
    let group = group(cloud, input)?;
    let ids = input.texts("SecurityGroupRuleId");
    let has_permissions = input.has("IpPermissions") || input.has("IpProtocol");
    let found = match (ids.is_empty(), has_permissions) {
        (false, true) => return Err(ids_and_permissions()),
        (false, false) => by_ids(cloud, group, is_egress, &ids)?,
        (true, _) => {
            let wanted = rules(cloud, input, group, is_egress)?;
            wanted.iter().map(|rule| existing(cloud, group, rule)).collect::<Result<_, _>>()?
        }
    };

    let revoked = found.iter().filter_map(|id| cloud.ec2.rules.remove(id)).map(|rule| rule.describe_revoked());
    let revoked = xml::list("revokedSecurityGroupRuleSet", "item", revoked);
    Ok(vec![xml::text("return", true), revoked])
}

fn ids_and_permissions() -> Refusal {
    let message = "The request must contain either ids of rules or permissions, and not ids_and_permissions";
    Refusal::new("InvalidParameterCombination", message)
}

/// Returns the ids, if all are ids of rules of the group in this direction.
fn by_ids(cloud: &Cloud, group: &SecurityGroup, is_egress: bool, ids: &[String]) -> Result<Vec<String>, Refusal> {
    for id in ids {
        let rule = find::<Rule>(cloud, id)?;
        ensure!(rule.group == group.id && rule.is_egress == is_egress, Rule::kind().unknown(id));
    }
    Ok(ids.to_vec())
}

/// The id of the rule with the same permission.
fn existing(cloud: &Cloud, group: &SecurityGroup, wanted: &Rule) -> Result<String, Refusal> {
    let found = group.rules(cloud).find(|rule| rule.is_same(wanted)).map(|rule| rule.id.clone());
    found.ok_or_else(|| {
        let message = "The specified rule does not exist in this security group.";
        Refusal::new("InvalidPermission.NotFound", message)
    })
}

/// `UpdateSecurityGroupRuleDescriptionsIngress` and `...Egress`: sets the descriptions of existing
/// rules. A missing description removes the old one.
pub(super) fn describe(cloud: &mut Cloud, input: &Input, is_egress: bool) -> Result<Vec<Element>, Refusal> {
    let group = group(cloud, input)?;
    let by_id = input.list("SecurityGroupRuleDescription");
    ensure!(by_id.is_empty() || !input.has("IpPermissions"), ids_and_permissions());
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    for entry in &by_id {
        let id = entry.required("SecurityGroupRuleId")?.to_owned();
        let description = permission::description(entry)?;
        by_ids(cloud, group, is_egress, std::slice::from_ref(&id))?;
        found.push((id, description));
    }
    if by_id.is_empty() {
        for rule in rules(cloud, input, group, is_egress)? {
            found.push((existing(cloud, group, &rule)?, rule.description));
        }
    }

    for (id, description) in found {
        change(cloud, &id, |rule: &mut Rule| rule.description = description);
    }
    Ok(done())
}
