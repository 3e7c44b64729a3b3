//! Security groups, without their rules: even the outbound rule that AWS adds is revoked.
//!
//! A group is created with all its tags, and is complete when it has no rule without the platform's tags,
//! which the listing of rules shows. So the digest tag needs no call of its own.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{
    Filter, IpPermission, IpRange, ResourceType, SecurityGroup as LiveGroup, SecurityGroupRule as LiveRule,
};
use saas_model::Node;
use saas_model::resource::{Direction, Kind, ResourceSpec, SecurityGroup, Vpc};

use crate::apply::change_set::Change;
use crate::context::Context;
use crate::error::{Required, Result};
use crate::preflight::names::{TakenName, owner, wanted_inside};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::{LiveName, NamedResource};
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming, ResourceProvider,
    UniqueWithin,
};
use crate::providers::ec2::network_users;
use crate::providers::ec2::security_group_rule::{direction_of, revoke, traffic};
use crate::providers::ec2::{
    IN_USE, NO_GROUP, NOT_YET_VISIBLE, at_creation, commit, filter, listed, of_platform, remove,
};
use crate::providers::tags::from_sdk;
use crate::state::blocker::Blocker;
use crate::state::observed::{Identity, ObservedResource};

/// The maximum number of values of an EC2 filter.
const FILTER_VALUES: usize = 200;

impl ResourceProvider for SecurityGroup {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        // A deletion waits for minutes without a call, until AWS has deleted the interfaces that use the group.
        concurrency: Concurrency::Aws { creations: 64, deletions: 1_000 },
        identification: Identification::Name(Naming {
            live: LiveName::InFields,
            of_tenant: NamesOfTenant::One(|tenant| {
                tenant.with_names(|names| [names.security_group().to_string()].into())
            }),
            is_given,
        }),
        unique_within: UniqueWithin::Container,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["ec2:DescribeSecurityGroups", "ec2:DescribeSecurityGroupRules"],
            describe: &["ec2:DescribeNetworkInterfaces", "ec2:DescribeNatGateways"],
            create: &["ec2:CreateSecurityGroup", "ec2:RevokeSecurityGroupEgress"],
            update: &["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:CreateTags"],
            delete: &["ec2:DeleteSecurityGroup"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        None
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        names_in_networks(cx).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        if cx.live.is_bare() {
            return Ok(Vec::new());
        }
        let mut pages = cx.aws.ec2.describe_security_groups().filters(of_platform(cx)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for group in page?.security_groups.unwrap_or_default() {
                found.extend(shown(cx, group)?);
            }
        }
        closed(cx, found).await
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let names: Vec<String> =
            nodes.iter().filter_map(|node| Self::of(&node.resource)).map(|group| group.name.to_string()).collect();
        let mut found = Vec::new();
        for names in names.chunks(FILTER_VALUES) {
            let named = Filter::builder().name("group-name").set_values(Some(names.to_vec())).build();
            let mut pages = cx.aws.ec2.describe_security_groups().filters(named).into_paginator().send();
            while let Some(page) = pages.next().await {
                for group in page?.security_groups.unwrap_or_default() {
                    found.extend(shown(cx, group)?);
                }
            }
        }
        closed(cx, found).await
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let vpc = cx.id(&self.vpc)?;
        let tags = cx.tags(node)?;
        let make = async || {
            cx.retry(NOT_YET_VISIBLE, async || {
                let answer = cx
                    .aws
                    .ec2
                    .create_security_group()
                    .vpc_id(&vpc)
                    .group_name(self.name.as_str())
                    .description(&self.description)
                    .tag_specifications(at_creation(ResourceType::SecurityGroup, &tags))
                    .send()
                    .await?;
                answer.group_id.map(Identity::of_id).required("ec2 CreateSecurityGroup", "groupId")
            })
            .await
        };
        let look = async || {
            let filters = vec![filter("vpc-id", &vpc), filter("group-name", self.name.as_str())];
            let answer = cx.aws.ec2.describe_security_groups().set_filters(Some(filters)).send().await?;
            let group = answer.security_groups.unwrap_or_default().pop();
            let group = group.required("ec2 DescribeSecurityGroups", "securityGroupInfo")?;
            let id = group.group_id.required("ec2 DescribeSecurityGroups", "groupId")?;
            Ok((Identity::of_id(id), from_sdk(group.tags)))
        };
        let group = cx.create_or_adopt(node, &["InvalidGroup.Duplicate"], self.name.as_str(), make, look).await?;
        close(cx, &group.id).await?;
        Ok(group)
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        _changes: &Changes<'_>,
    ) -> Result<Identity> {
        let id = &found.identity.id;
        let foreign = foreign_rules(cx, std::slice::from_ref(id)).await?;
        for direction in [Direction::Ingress, Direction::Egress] {
            let rules = foreign.iter().filter(|rule| direction_of(rule) == direction);
            let ids: Vec<String> = rules.filter_map(|rule| rule.security_group_rule_id.clone()).collect();
            if !ids.is_empty() {
                revoke(cx, id, direction, ids).await?;
            }
        }
        commit(cx, node, id).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        remove(cx, IN_USE, NO_GROUP, async || {
            cx.aws.ec2.delete_security_group().group_id(&found.identity.id).send().await?;
            Ok(())
        })
        .await
    }

    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        network_users::of_groups(cx, changes).await
    }
}

/// The planned names that others have in the networks. The name of a security group is unique in its network.
/// Source: Amazon EC2 API, `CreateSecurityGroup`.
async fn names_in_networks(cx: &Context<'_>) -> Result<Vec<TakenName>> {
    let has_name = |found: &ObservedResource, planned: &SecurityGroup| {
        let seen = found.fields.as_ref().and_then(SecurityGroup::of);
        seen.is_some_and(|seen| seen.name == planned.name)
    };
    let mut taken = Vec::new();
    for (vpc, nodes) in wanted_inside(cx, |group: &SecurityGroup| group.vpc.address(), has_name) {
        for nodes in nodes.chunks(FILTER_VALUES) {
            let by_name: BTreeMap<&str, &Node> =
                nodes.iter().map(|(node, group)| (group.name.as_str(), *node)).collect();
            let names = by_name.keys().map(|name| (*name).to_owned()).collect();
            let named = Filter::builder().name("group-name").set_values(Some(names)).build();
            let call = cx.aws.ec2.describe_security_groups().filters(filter("vpc-id", &vpc)).filters(named);
            for group in call.send().await?.security_groups.unwrap_or_default() {
                let name = group.group_name.unwrap_or_default();
                let Some(&node) = by_name.get(name.as_str()) else { continue };
                if let Some(owner) = owner(cx, Kind::SecurityGroup, &name, &from_sdk(group.tags)) {
                    taken.push(TakenName::new(node, name, owner).held_by(group.group_id.unwrap_or_default()));
                }
            }
        }
    }
    Ok(taken)
}

/// Whether this is the name of a tenant's group, or of the group of a load balancer that is no longer planned.
fn is_given(group: &NamedResource<'_>) -> bool {
    match group.tenant() {
        Some(_) => group.is_of_tenant(),
        None => !group.is_planned && group.names().is_load_balancer_group(group.name),
    }
}

/// A listed group; `None` when its tags name another platform.
fn shown(cx: &Context<'_>, group: LiveGroup) -> Result<Option<ObservedResource>> {
    let id = group.group_id.required("ec2 DescribeSecurityGroups", "groupId")?;
    let name = group.group_name.required("ec2 DescribeSecurityGroups", "groupName")?;
    let vpc = cx.reference::<Vpc>(&group.vpc_id.unwrap_or_default());
    let description = group.description.unwrap_or_default();
    // saas never creates a group whose name the model rejects.
    let Ok(name) = name.parse() else { return Ok(None) };
    Ok(listed(cx, id, group.tags, SecurityGroup { vpc, name, description }))
}

/// Adds to each group its rules that have no node.
async fn closed(cx: &Context<'_>, found: Vec<ObservedResource>) -> Result<Vec<ObservedResource>> {
    let ids: Vec<String> = found.iter().map(|group| group.identity.id.clone()).collect();
    let mut open: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for rule in foreign_rules(cx, &ids).await? {
        open.entry(rule.group_id.clone().unwrap_or_default()).or_default().push(in_words(&rule));
    }
    let closed = found.into_iter().map(|group| match open.remove(&group.identity.id) {
        Some(mut rules) => {
            rules.sort();
            group.unplanned(RULES, rules)
        }
        None => group,
    });
    Ok(closed.collect())
}

/// The unmodelled field for the rules without a node.
const RULES: &str = "other_rules";

/// A rule in words, such as `sgr-1: ingress tcp 22 from 0.0.0.0/0`.
fn in_words(rule: &LiveRule) -> String {
    let id = rule.security_group_rule_id().unwrap_or("a rule");
    let traffic = traffic(rule);
    let group = rule.referenced_group_info().and_then(|group| group.group_id());
    let peer = rule.cidr_ipv4().or(rule.cidr_ipv6()).or(rule.prefix_list_id()).or(group).unwrap_or("anywhere");
    match direction_of(rule) {
        Direction::Ingress => format!("{id}: ingress {traffic} from {peer}"),
        Direction::Egress => format!("{id}: egress {traffic} to {peer}"),
    }
}

/// Revokes the rule that AWS adds to a new group, which allows all outbound traffic.
async fn close(cx: &Context<'_>, group: &str) -> Result<()> {
    let everywhere = IpRange::builder().cidr_ip("0.0.0.0/0").build();
    let everything = IpPermission::builder().ip_protocol("-1").ip_ranges(everywhere).build();
    let closed = cx.retry(NOT_YET_VISIBLE, async || {
        let call = cx.aws.ec2.revoke_security_group_egress().group_id(group);
        call.ip_permissions(everything.clone()).send().await?;
        Ok(())
    });
    match closed.await {
        // An attempt whose response was lost has revoked it.
        Err(error) if error.is(&["InvalidPermission.NotFound"]) => Ok(()),
        other => other,
    }
}

/// The rules in these groups that have no node.
async fn foreign_rules(cx: &Context<'_>, groups: &[String]) -> Result<Vec<LiveRule>> {
    let is_foreign = |rule: &LiveRule| {
        ObservedResource::by_tags(cx.plan, Kind::SecurityGroupRule, Identity::default(), from_sdk(rule.tags.clone()))
            .is_none()
    };
    let mut foreign = Vec::new();
    for groups in groups.chunks(FILTER_VALUES) {
        let of_groups = Filter::builder().name("group-id").set_values(Some(groups.to_vec())).build();
        let mut pages = cx.aws.ec2.describe_security_group_rules().filters(of_groups).into_paginator().send();
        while let Some(page) = pages.next().await {
            foreign.extend(page?.security_group_rules.unwrap_or_default().into_iter().filter(is_foreign));
        }
    }
    Ok(foreign)
}
