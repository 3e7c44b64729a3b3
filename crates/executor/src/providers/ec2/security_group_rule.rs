//! Rules of security groups. Created by one call, with all tags.
//!
//! A group cannot have the same rule twice, so an existing rule is identified by the traffic that it allows.

use aws_sdk_ec2::types::{
    IpPermission, IpRange, ResourceType, SecurityGroupRule as LiveRule, TagSpecification, UserIdGroupPair,
};
use saas_model::Node;
use saas_model::plan::{TAG_ADDRESS, TAG_PLATFORM};
use saas_model::resource::{Direction, Peer, ResourceSpec, SecurityGroup, SecurityGroupRule, SecurityGroupRuleField};

use crate::context::Context;
use crate::error::{Error, Required, Result};
use crate::preflight::names::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, Part, PartListing, ResourceProvider,
    UniqueWithin,
};
use crate::providers::ec2::{NOT_YET_VISIBLE, at_creation, commit, filter, listed, of_listing};
use crate::providers::tags::from_sdk;
use crate::state::observed::{Identity, ObservedResource};

/// The codes for a rule that no longer exists, or whose group no longer exists.
const GONE: &[&str] = &[
    "InvalidSecurityGroupRuleId.NotFound",
    "InvalidPermission.NotFound",
    "InvalidGroup.NotFound",
    "InvalidGroupId.NotFound",
    "InvalidSecurityGroupID.NotFound",
];

impl ResourceProvider for SecurityGroupRule {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Part(Part {
            container: |rule| Some(Self::of(rule)?.group.address()),
            listing: PartListing::ByTags,
            deleted_with: None,
        }),
        unique_within: UniqueWithin::Nothing,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["ec2:DescribeSecurityGroupRules"],
            describe: &[],
            create: &[
                "ec2:AuthorizeSecurityGroupIngress",
                "ec2:AuthorizeSecurityGroupEgress",
                "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
                "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
                "ec2:CreateTags",
            ],
            update: &[
                "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
                "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
                "ec2:CreateTags",
            ],
            delete: &["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        let Self { group, direction, port, peer, description: _ } = self;
        Some(format!("{} {direction:?} {port} {peer:?}", group.address()))
    }

    async fn taken_names(_cx: &Context<'_>) -> Result<Vec<TakenName>> {
        Ok(Vec::new())
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        if cx.live.is_bare() {
            return Ok(Vec::new());
        }
        let mut pages = cx.aws.ec2.describe_security_group_rules().filters(of_listing(cx)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for rule in page?.security_group_rules.unwrap_or_default() {
                let resource = shown(cx, &rule);
                let id = rule.security_group_rule_id.clone();
                let id = id.required("ec2 DescribeSecurityGroupRules", "securityGroupRuleId")?;
                found.extend(
                    listed(cx, id, rule.tags.clone(), resource).map(|found| with_unsupported_values(found, &rule)),
                );
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let group = cx.id(&self.group)?;
        let permission = permission(cx, self)?;
        let tags = at_creation(ResourceType::SecurityGroupRule, &cx.tags(node)?);
        let made = cx.retry(NOT_YET_VISIBLE, async || {
            authorize(cx, &group, self.direction, permission.clone(), tags.clone()).await
        });
        match made.await {
            Err(error) if error.is(&["InvalidPermission.Duplicate"]) => adopt(cx, self, node, &group).await,
            other => other.map(Identity::of_id),
        }
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        if changes.touch(&[SecurityGroupRuleField::Description]) {
            describe(cx, self).await?;
        }
        commit(cx, node, &found.identity.id).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let id = &found.identity.id;
        if let Some(rule) = found.fields.as_ref().and_then(Self::of)
            && let Ok(group) = cx.id(&rule.group)
        {
            match revoke(cx, &group, rule.direction, vec![id.clone()]).await {
                // The group of the rule may no longer be the current one of its address.
                Err(error) if error.is(GONE) => {}
                other => return other,
            }
        }
        let Some(rule) = look(cx, id).await? else { return Ok(()) };
        let group = rule.group_id().required("ec2 DescribeSecurityGroupRules", "groupId")?;
        match revoke(cx, group, direction_of(&rule), vec![id.clone()]).await {
            Err(error) if error.is(GONE) => Ok(()),
            other => other,
        }
    }
}

/// Describes the rule with this id.
async fn look(cx: &Context<'_>, id: &str) -> Result<Option<LiveRule>> {
    match cx.aws.ec2.describe_security_group_rules().security_group_rule_ids(id).send().await {
        Ok(answer) => Ok(answer.security_group_rules.unwrap_or_default().pop()),
        Err(error) => match Error::from(error) {
            error if error.is(GONE) => Ok(None),
            error => Err(error),
        },
    }
}

/// The direction of a live rule.
pub(crate) fn direction_of(rule: &LiveRule) -> Direction {
    if rule.is_egress() == Some(true) { Direction::Egress } else { Direction::Ingress }
}

/// Revokes rules of a group.
pub(crate) async fn revoke(cx: &Context<'_>, group: &str, direction: Direction, rules: Vec<String>) -> Result<()> {
    match direction {
        Direction::Ingress => {
            let call = cx.aws.ec2.revoke_security_group_ingress().group_id(group);
            call.set_security_group_rule_ids(Some(rules)).send().await?;
        }
        Direction::Egress => {
            let call = cx.aws.ec2.revoke_security_group_egress().group_id(group);
            call.set_security_group_rule_ids(Some(rules)).send().await?;
        }
    }
    Ok(())
}

/// Adds a rule to a group, and returns its id.
async fn authorize(
    cx: &Context<'_>,
    group: &str,
    direction: Direction,
    permission: IpPermission,
    tags: TagSpecification,
) -> Result<String> {
    let rules = match direction {
        Direction::Ingress => {
            let call = cx.aws.ec2.authorize_security_group_ingress().group_id(group);
            call.ip_permissions(permission).tag_specifications(tags).send().await?.security_group_rules
        }
        Direction::Egress => {
            let call = cx.aws.ec2.authorize_security_group_egress().group_id(group);
            call.ip_permissions(permission).tag_specifications(tags).send().await?.security_group_rules
        }
    };
    let rule = rules.unwrap_or_default().pop().and_then(|rule| rule.security_group_rule_id);
    rule.required("ec2 AuthorizeSecurityGroup", "securityGroupRuleId")
}

/// Adopts an existing rule that allows the same traffic: an attempt whose response was lost created it, or
/// an operator did.
async fn adopt(cx: &Context<'_>, wanted: &SecurityGroupRule, node: &Node, group: &str) -> Result<Identity> {
    let existing = cx.until_visible(async || {
        let in_group = cx.aws.ec2.describe_security_group_rules().filters(filter("group-id", group));
        let mut pages = in_group.into_paginator().send();
        let mut existing = None;
        while let Some(page) = pages.next().await {
            let mut rules = page?.security_group_rules.unwrap_or_default().into_iter();
            existing = existing.or(rules.find(|rule| lets_through_the_same(&shown(cx, rule), wanted)));
        }
        Ok(existing)
    });
    let existing = existing.await?.required("ec2 DescribeSecurityGroupRules", "securityGroupRuleSet")?;
    let id = existing.security_group_rule_id.required("ec2 DescribeSecurityGroupRules", "securityGroupRuleId")?;

    let tags = from_sdk(existing.tags);
    if let Some(owner) = tags.get(TAG_ADDRESS).filter(|owner| owner.as_str() != node.address.as_str()) {
        let platform = tags.get(TAG_PLATFORM).map_or("none", String::as_str);
        let reason = format!(
            "`{owner}` of platform {platform} has the same rule, {id}, and a security group cannot have it twice: apply again after its deletion"
        );
        return Err(Error::Failed { what: format!("the rule of `{}`", node.address), reason });
    }
    describe(cx, wanted).await?;
    commit(cx, node, &id).await?;
    Ok(Identity::of_id(id))
}

/// Whether two rules differ in nothing but their description.
fn lets_through_the_same(rule: &SecurityGroupRule, wanted: &SecurityGroupRule) -> bool {
    let SecurityGroupRule { group, direction, port, peer, description: _ } = rule;
    (group, direction, port, peer) == (&wanted.group, &wanted.direction, &wanted.port, &wanted.peer)
}

/// Writes the description of an existing rule.
async fn describe(cx: &Context<'_>, wanted: &SecurityGroupRule) -> Result<()> {
    let group = cx.id(&wanted.group)?;
    let permission = permission(cx, wanted)?;
    match wanted.direction {
        Direction::Ingress => {
            let call = cx.aws.ec2.update_security_group_rule_descriptions_ingress().group_id(group);
            call.ip_permissions(permission).send().await?;
        }
        Direction::Egress => {
            let call = cx.aws.ec2.update_security_group_rule_descriptions_egress().group_id(group);
            call.ip_permissions(permission).send().await?;
        }
    }
    Ok(())
}

/// The traffic of a rule, as a parameter for EC2.
fn permission(cx: &Context<'_>, wanted: &SecurityGroupRule) -> Result<IpPermission> {
    let port = i32::from(wanted.port);
    let permission = IpPermission::builder().ip_protocol("tcp").from_port(port).to_port(port);
    Ok(match &wanted.peer {
        Peer::Cidr(cidr) => {
            let range = IpRange::builder().cidr_ip(cidr.to_string()).description(&wanted.description).build();
            permission.ip_ranges(range).build()
        }
        Peer::Group(group) => {
            let pair = UserIdGroupPair::builder().group_id(cx.id(group)?).description(&wanted.description).build();
            permission.user_id_group_pairs(pair).build()
        }
    })
}

/// A live rule as the model represents it. One that the model cannot represent has port 0 or a peer without
/// a node, so that it differs from every planned rule.
fn shown(cx: &Context<'_>, rule: &LiveRule) -> SecurityGroupRule {
    let cidr = rule.cidr_ipv4().and_then(|cidr| cidr.parse().ok());
    let peer_group = rule.referenced_group_info().and_then(|group| group.group_id()).unwrap_or_default();
    SecurityGroupRule {
        group: cx.reference::<SecurityGroup>(rule.group_id().unwrap_or_default()),
        direction: direction_of(rule),
        port: one_port(rule).unwrap_or(0),
        peer: cidr.map_or_else(|| Peer::Group(cx.reference::<SecurityGroup>(peer_group)), Peer::Cidr),
        description: rule.description().map_or_else(|| planned_description(cx, rule), str::to_owned),
    }
}

/// Adds the ports and the peer that the model cannot represent, as EC2 returns them.
fn with_unsupported_values(found: ObservedResource, rule: &LiveRule) -> ObservedResource {
    let found = if one_port(rule).is_some() { found } else { found.raw_values("port", traffic(rule)) };
    let peer = rule.cidr_ipv6().or(rule.prefix_list_id());
    match peer {
        Some(peer) => found.raw_values("peer", peer),
        None => found,
    }
}

/// The port of a rule that allows TCP on a single port.
fn one_port(rule: &LiveRule) -> Option<u16> {
    let is_one = rule.ip_protocol() == Some("tcp") && rule.from_port() == rule.to_port();
    rule.from_port().filter(|_| is_one).and_then(|port| u16::try_from(port).ok())
}

/// The traffic of a rule in words, such as `tcp 22-23`.
pub(crate) fn traffic(rule: &LiveRule) -> String {
    let protocol = match rule.ip_protocol() {
        None | Some("-1") => "all traffic",
        Some(protocol) => protocol,
    };
    let ports = match (rule.from_port(), rule.to_port()) {
        (None | Some(-1), _) | (_, None) => String::new(),
        (Some(from), Some(to)) if from == to => format!(" {from}"),
        (Some(from), Some(to)) => format!(" {from}-{to}"),
    };
    format!("{protocol}{ports}")
}

/// The planned description, which replaces a missing one. It is only a note, and not every implementation
/// of the API returns it for rules whose peer is a group.
fn planned_description(cx: &Context<'_>, rule: &LiveRule) -> String {
    let address = rule.tags().iter().find(|tag| tag.key() == Some(TAG_ADDRESS)).and_then(|tag| tag.value());
    let node = address.and_then(|address| address.parse().ok()).and_then(|address| cx.plan.node(&address));
    node.and_then(|node| SecurityGroupRule::of(&node.resource)).map(|rule| rule.description.clone()).unwrap_or_default()
}
