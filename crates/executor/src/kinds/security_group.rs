//! Security groups, without their rules: even the outbound rule that AWS adds is taken away.
//!
//! The group is made with all its tags, and is complete when no rule without our tags is in it,
//! which the listing of rules shows. So no further call is needed to say so.

use aws_sdk_ec2::types::{ResourceType, SecurityGroupRule as LiveRule};
use saas_model::Node;
use saas_model::plan::TAG_ADDRESS;
use saas_model::resource::{Kind, SecurityGroup, Vpc};

use super::ec2::{NOT_YET_VISIBLE, at_creation, commit, filter, from_ec2, of_node, of_platform};
use crate::context::{Cx, Transient};
use crate::error::{Always, Error, Result};
use crate::live::{Found, Identity};
use crate::manage::{Changes, Manage, Reading};

/// Interfaces of deleted tasks, load balancers and databases leave a group after some minutes.
const IN_USE: &[Transient] = &[Transient {
    code: "DependencyViolation",
    message: "",
    why: "something that AWS is removing is still in the group",
}];

impl Manage for SecurityGroup {
    const IN_PLACE: &'static [&'static str] = &[];

    async fn observe(cx: &Cx<'_>) -> Result<Vec<Found>> {
        if cx.live.of_kind(Kind::Vpc).is_empty() {
            return Ok(Vec::new());
        }
        let foreign = foreign_rules(cx, None).await?;
        let mut pages = cx.aws.ec2.describe_security_groups().filters(of_platform(cx)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for group in page?.security_groups.unwrap_or_default() {
                let id = group.group_id.always("ec2 DescribeSecurityGroups", "groupId")?;
                let name = group.group_name.always("ec2 DescribeSecurityGroups", "groupName")?;
                let resource = Self {
                    vpc: cx.reference::<Vpc>(&group.vpc_id.unwrap_or_default()),
                    name: name.parse().map_err(|error| unreadable(&id, &error))?,
                    description: group.description.unwrap_or_default(),
                };
                let complete = !foreign.iter().any(|rule| rule.group_id.as_ref() == Some(&id));
                let group = Found::by_tags(cx.plan, Kind::SecurityGroup, Identity::of_id(id), from_ec2(group.tags));
                let group = group.map(|group| group.seen(resource));
                found.extend(group.map(|group| if complete { group } else { group.incomplete() }));
            }
        }
        Ok(found)
    }

    async fn read(_cx: &Cx<'_>, found: &Found) -> Result<Reading> {
        Reading::seen(found).always("ec2 DescribeSecurityGroups", "securityGroupInfo")
    }

    async fn create(&self, cx: &Cx<'_>, node: &Node) -> Result<Identity> {
        let vpc = cx.id(&self.vpc)?;
        let tags = cx.tags(node)?;
        let id = cx
            .once(
                async || {
                    let filters = of_node(cx, node);
                    let answer = cx.aws.ec2.describe_security_groups().set_filters(Some(filters)).send().await?;
                    Ok(answer.security_groups.unwrap_or_default().pop().and_then(|group| group.group_id))
                },
                async || {
                    cx.patiently(NOT_YET_VISIBLE, async || {
                        let answer = cx
                            .aws
                            .ec2_once
                            .create_security_group()
                            .vpc_id(&vpc)
                            .group_name(self.name.as_str())
                            .description(&self.description)
                            .tag_specifications(at_creation(ResourceType::SecurityGroup, &tags))
                            .send()
                            .await?;
                        answer.group_id.always("ec2 CreateSecurityGroup", "groupId")
                    })
                    .await
                },
            )
            .await?;
        cx.patiently(NOT_YET_VISIBLE, async || {
            let everything = aws_sdk_ec2::types::IpPermission::builder()
                .ip_protocol("-1")
                .ip_ranges(aws_sdk_ec2::types::IpRange::builder().cidr_ip("0.0.0.0/0").build())
                .build();
            cx.aws.ec2.revoke_security_group_egress().group_id(&id).ip_permissions(everything).send().await?;
            Ok(())
        })
        .await?;
        Ok(Identity::of_id(id))
    }

    async fn update(&self, cx: &Cx<'_>, node: &Node, found: &Found, _changes: &Changes<'_>) -> Result<Identity> {
        let id = &found.identity.id;
        revoke(cx, id, foreign_rules(cx, Some(id)).await?).await?;
        commit(cx, node, id).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Cx<'_>, found: &Found) -> Result<()> {
        let patience = std::time::Duration::from_secs(15 * 60).min(cx.pace.patience);
        let gone = cx.patiently_for(patience, IN_USE, async || {
            cx.aws.ec2.delete_security_group().group_id(&found.identity.id).send().await?;
            Ok(())
        });
        match gone.await {
            Err(error) if error.is(&["InvalidGroup.NotFound", "InvalidGroupId.NotFound"]) => Ok(()),
            other => other,
        }
    }
}

/// The rules in the platform's groups, or in one group, that no node stands for.
async fn foreign_rules(cx: &Cx<'_>, group: Option<&str>) -> Result<Vec<LiveRule>> {
    let mut pages = cx
        .aws
        .ec2
        .describe_security_group_rules()
        .set_filters(group.map(|group| vec![filter("group-id", group)]))
        .into_paginator()
        .send();
    let mut foreign = Vec::new();
    while let Some(page) = pages.next().await {
        let rules = page?.security_group_rules.unwrap_or_default();
        foreign.extend(rules.into_iter().filter(|rule| !from_ec2(rule.tags.clone()).contains_key(TAG_ADDRESS)));
    }
    Ok(foreign)
}

async fn revoke(cx: &Cx<'_>, group: &str, rules: Vec<LiveRule>) -> Result<()> {
    let (outbound, inbound): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| rule.is_egress == Some(true));
    let ids =
        |rules: Vec<LiveRule>| rules.into_iter().filter_map(|rule| rule.security_group_rule_id).collect::<Vec<_>>();
    let (outbound, inbound) = (ids(outbound), ids(inbound));
    if !outbound.is_empty() {
        let revoke = cx.aws.ec2.revoke_security_group_egress().group_id(group);
        revoke.set_security_group_rule_ids(Some(outbound)).send().await?;
    }
    if !inbound.is_empty() {
        let revoke = cx.aws.ec2.revoke_security_group_ingress().group_id(group);
        revoke.set_security_group_rule_ids(Some(inbound)).send().await?;
    }
    Ok(())
}

fn unreadable(id: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Unexpected { what: format!("the security group {id}"), reason: error.to_string() }
}
