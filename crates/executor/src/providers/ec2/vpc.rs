//! VPCs. Created by two calls: the VPC, then its DNS host names. Each listing describes both, so the digest
//! tag needs no call of its own.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, VpcAttributeName};
use saas_model::Node;
use saas_model::resource::Vpc;
use saas_model::resource::VpcField;

use crate::apply::change_set::Change;
use crate::context::Context;
use crate::error::{Required, Result, unless_gone};
use crate::preflight::names::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::providers::ec2::network_users;
use crate::providers::ec2::{
    IN_USE, NOT_YET_VISIBLE, at_creation, commit, listed_or_unreadable, of_listing, of_node, of_platform, remove,
};
use crate::providers::parse::parse;
use crate::state::blocker::Blocker;
use crate::state::duplicates::networks_of_balancers;
use crate::state::observed::{Identity, ObservedResource};

const GONE: &[&str] = &["InvalidVpcID.NotFound"];

impl ResourceProvider for Vpc {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Tags,
        unique_within: UniqueWithin::Nothing,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute"],
            describe: &[
                "ec2:DescribeSubnets",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeRouteTables",
                "ec2:DescribeVpcEndpoints",
                "ec2:DescribeNatGateways",
                "ec2:DescribeNetworkAcls",
                "ec2:DescribeVpnGateways",
                "ec2:DescribeEgressOnlyInternetGateways",
                "ec2:DescribeVpcPeeringConnections",
                "elasticloadbalancing:DescribeLoadBalancers",
            ],
            create: &["ec2:CreateVpc", "ec2:ModifyVpcAttribute"],
            update: &["ec2:ModifyVpcAttribute", "ec2:CreateTags"],
            delete: &["ec2:DeleteVpc"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        None
    }

    async fn taken_names(_cx: &Context<'_>) -> Result<Vec<TakenName>> {
        Ok(Vec::new())
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let mut pages = cx.aws.ec2.describe_vpcs().filters(of_listing(cx)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for vpc in page?.vpcs.unwrap_or_default() {
                let id = vpc.vpc_id.required("ec2 DescribeVpcs", "vpcId")?;
                let cidr = parse(&vpc.cidr_block.unwrap_or_default(), format_args!("the VPC {id}"));
                let attributes = async || {
                    let dns_support = attribute(cx, &id, VpcAttributeName::EnableDnsSupport).await?;
                    Ok((dns_support, attribute(cx, &id, VpcAttributeName::EnableDnsHostnames).await?))
                };
                let Some((dns_support, dns_hostnames)) = unless_gone(attributes().await, GONE)? else { continue };
                let resource = cidr.map(|cidr| Self { cidr, dns_support, dns_hostnames });
                found.extend(listed_or_unreadable(cx, id, vpc.tags, resource));
            }
        }
        Ok(found)
    }

    /// The network with subnets of the platform; of several, the one of its load balancers.
    async fn used_among(cx: &Context<'_>, ids: &BTreeSet<&str>) -> Result<Option<String>> {
        let mut pages = cx.aws.ec2.describe_subnets().filters(of_platform(cx)).into_paginator().send();
        let mut users: BTreeSet<String> = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let subnets = page?.subnets.unwrap_or_default();
            users.extend(subnets.into_iter().filter_map(|subnet| subnet.vpc_id).filter(|id| ids.contains(id.as_str())));
        }
        if users.len() > 1 {
            let home = networks_of_balancers(cx).await?;
            users.retain(|network| home.contains(network));
        }
        Ok(users.pop_first())
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let tags = cx.tags(node)?;
        let id = cx
            .create_idempotently(
                async || {
                    let answer = cx.aws.ec2.describe_vpcs().set_filters(Some(of_node(cx, node))).send().await?;
                    Ok(answer.vpcs.unwrap_or_default().pop().and_then(|vpc| vpc.vpc_id))
                },
                async || {
                    let answer = cx
                        .aws
                        .ec2_once
                        .create_vpc()
                        .cidr_block(self.cidr.to_string())
                        .tag_specifications(at_creation(ResourceType::Vpc, &tags))
                        .send()
                        .await?;
                    answer.vpc.and_then(|vpc| vpc.vpc_id).required("ec2 CreateVpc", "vpcId")
                },
            )
            .await?;
        // By default DNS support is on, and DNS host names are off.
        if !self.dns_support {
            set_dns_support(cx, &id, false).await?;
        }
        if self.dns_hostnames {
            set_dns_hostnames(cx, &id, true).await?;
        }
        Ok(Identity::of_id(id))
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        let id = &found.identity.id;
        if changes.touch(&[VpcField::DnsSupport]) {
            set_dns_support(cx, id, self.dns_support).await?;
        }
        if changes.touch(&[VpcField::DnsHostnames]) {
            set_dns_hostnames(cx, id, self.dns_hostnames).await?;
        }
        commit(cx, node, id).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        remove(cx, IN_USE, GONE, async || {
            cx.aws.ec2.delete_vpc().vpc_id(&found.identity.id).send().await?;
            Ok(())
        })
        .await
    }

    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        network_users::of_networks(cx, changes).await
    }
}

/// Turns the DNS resolver of AWS on or off. A call sets one attribute only.
async fn set_dns_support(cx: &Context<'_>, id: &str, value: bool) -> Result<()> {
    let value = AttributeBooleanValue::builder().value(value).build();
    cx.retry(NOT_YET_VISIBLE, async || {
        cx.aws.ec2.modify_vpc_attribute().vpc_id(id).enable_dns_support(value.clone()).send().await?;
        Ok(())
    })
    .await
}

/// Turns DNS host names of instances on or off.
async fn set_dns_hostnames(cx: &Context<'_>, id: &str, value: bool) -> Result<()> {
    let value = AttributeBooleanValue::builder().value(value).build();
    cx.retry(NOT_YET_VISIBLE, async || {
        cx.aws.ec2.modify_vpc_attribute().vpc_id(id).enable_dns_hostnames(value.clone()).send().await?;
        Ok(())
    })
    .await
}

async fn attribute(cx: &Context<'_>, id: &str, name: VpcAttributeName) -> Result<bool> {
    let answer = cx.aws.ec2.describe_vpc_attribute().vpc_id(id).attribute(name).send().await?;
    answer
        .enable_dns_support
        .or(answer.enable_dns_hostnames)
        .and_then(|attribute| attribute.value)
        .required("ec2 DescribeVpcAttribute", "value")
}
