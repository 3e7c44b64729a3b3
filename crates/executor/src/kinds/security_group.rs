//! Security groups, without their rules: even the outbound rule that AWS adds is taken away.
//!
//! The group is made with all its tags, and is complete when no rule without our tags is in it,
//! which the listing of rules shows. So no further call is needed to say so.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{Filter, IpPermission, IpRange, ResourceType, SecurityGroupRule as LiveRule};
use saas_model::Node;
use saas_model::resource::{Direction, Kind, SecurityGroup, Vpc};

use super::ec2::{IN_USE, NOT_YET_VISIBLE, at_creation, commit, filter, from_ec2, listed, of_platform, remove};
use super::security_group_rule::{direction_of, revoke};
use crate::context::Cx;
use crate::error::{Always, Result, unexpected};
use crate::live::{Found, Identity};
use crate::manage::{Changes, Manage, Reading};

/// The most values that a filter of EC2 takes.
const FILTER_VALUES: usize = 200;

impl Manage for SecurityGroup {
    const IN_PLACE: &'static [&'static str] = &[];

    async fn observe(cx: &Cx<'_>) -> Result<Vec<Found>> {
        if cx.live.of_kind(Kind::Vpc).is_empty() {
            return Ok(Vec::new());
        }
        let mut pages = cx.aws.ec2.describe_security_groups().filters(of_platform(cx)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for group in page?.security_groups.unwrap_or_default() {
                let id = group.group_id.always("ec2 DescribeSecurityGroups", "groupId")?;
                let name = group.group_name.always("ec2 DescribeSecurityGroups", "groupName")?;
                let resource = Self {
                    vpc: cx.reference::<Vpc>(&group.vpc_id.unwrap_or_default()),
                    name: name.parse().map_err(|error| unexpected(format!("the security group {id}"))(&error))?,
                    description: group.description.unwrap_or_default(),
                };
                found.extend(listed(cx, id, group.tags, resource));
            }
        }
        let ids: Vec<String> = found.iter().map(|group| group.identity.id.clone()).collect();
        let foreign = foreign_rules(cx, &ids).await?;
        let open: BTreeSet<&str> = foreign.iter().filter_map(LiveRule::group_id).collect();
        let whole = |group: Found| if open.contains(group.identity.id.as_str()) { group.incomplete() } else { group };
        Ok(found.into_iter().map(whole).collect())
    }

    async fn read(_cx: &Cx<'_>, found: &Found) -> Result<Reading> {
        Reading::seen(found).always("ec2 DescribeSecurityGroups", "securityGroupInfo")
    }

    async fn create(&self, cx: &Cx<'_>, node: &Node) -> Result<Identity> {
        let vpc = cx.id(&self.vpc)?;
        let tags = cx.tags(node)?;
        let make = async || {
            cx.patiently(NOT_YET_VISIBLE, async || {
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
                answer.group_id.map(Identity::of_id).always("ec2 CreateSecurityGroup", "groupId")
            })
            .await
        };
        let look = async || {
            let filters = vec![filter("vpc-id", &vpc), filter("group-name", self.name.as_str())];
            let answer = cx.aws.ec2.describe_security_groups().set_filters(Some(filters)).send().await?;
            let group = answer.security_groups.unwrap_or_default().pop();
            let group = group.always("ec2 DescribeSecurityGroups", "securityGroupInfo")?;
            let id = group.group_id.always("ec2 DescribeSecurityGroups", "groupId")?;
            Ok((Identity::of_id(id), from_ec2(group.tags)))
        };
        let group = cx.unless_exists(node, &["InvalidGroup.Duplicate"], self.name.as_str(), make, look).await?;
        close(cx, &group.id).await?;
        Ok(group)
    }

    async fn update(&self, cx: &Cx<'_>, node: &Node, found: &Found, _changes: &Changes<'_>) -> Result<Identity> {
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

    async fn delete(cx: &Cx<'_>, found: &Found) -> Result<()> {
        remove(cx, IN_USE, &["InvalidGroup.NotFound", "InvalidGroupId.NotFound"], async || {
            cx.aws.ec2.delete_security_group().group_id(&found.identity.id).send().await?;
            Ok(())
        })
        .await
    }
}

/// Takes away the rule that AWS puts into a new group: everything may go anywhere.
async fn close(cx: &Cx<'_>, group: &str) -> Result<()> {
    let everywhere = IpRange::builder().cidr_ip("0.0.0.0/0").build();
    let everything = IpPermission::builder().ip_protocol("-1").ip_ranges(everywhere).build();
    let closed = cx.patiently(NOT_YET_VISIBLE, async || {
        let call = cx.aws.ec2.revoke_security_group_egress().group_id(group);
        call.ip_permissions(everything.clone()).send().await?;
        Ok(())
    });
    match closed.await {
        // An attempt whose answer got lost has done it.
        Err(error) if error.is(&["InvalidPermission.NotFound"]) => Ok(()),
        other => other,
    }
}

/// The rules in these groups that no node stands for.
async fn foreign_rules(cx: &Cx<'_>, groups: &[String]) -> Result<Vec<LiveRule>> {
    let is_foreign = |rule: &LiveRule| {
        Found::by_tags(cx.plan, Kind::SecurityGroupRule, Identity::default(), from_ec2(rule.tags.clone())).is_none()
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
