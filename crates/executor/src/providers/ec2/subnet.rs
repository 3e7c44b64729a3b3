//! Subnets. Created by one call, or by two for a subnet that assigns public addresses at launch.

use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType};
use saas_model::Node;
use saas_model::resource::{Subnet, SubnetField, Vpc};

use crate::apply::change_set::Change;
use crate::context::Context;
use crate::error::{Required, Result};
use crate::preflight::names::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::providers::ec2::network_users;
use crate::providers::ec2::{
    IN_USE, NOT_YET_VISIBLE, at_creation, commit, listed_or_unreadable, of_listing, of_node, remove,
};
use crate::providers::parse::parse;
use crate::state::blocker::Blocker;
use crate::state::observed::{Identity, ObservedResource};

impl ResourceProvider for Subnet {
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
            list: &["ec2:DescribeSubnets"],
            describe: &["ec2:DescribeNetworkInterfaces", "ec2:DescribeNatGateways", "rds:DescribeDBSubnetGroups"],
            create: &["ec2:CreateSubnet", "ec2:ModifySubnetAttribute"],
            update: &["ec2:ModifySubnetAttribute", "ec2:CreateTags"],
            delete: &["ec2:DeleteSubnet"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(format!("{} {}", self.vpc.address(), self.cidr))
    }

    async fn taken_names(_cx: &Context<'_>) -> Result<Vec<TakenName>> {
        Ok(Vec::new())
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        if cx.live.is_bare() {
            return Ok(Vec::new());
        }
        let mut pages = cx.aws.ec2.describe_subnets().filters(of_listing(cx)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for subnet in page?.subnets.unwrap_or_default() {
                let id = subnet.subnet_id.required("ec2 DescribeSubnets", "subnetId")?;
                let vpc = cx.reference::<Vpc>(&subnet.vpc_id.unwrap_or_default());
                let public_ip_on_launch = subnet.map_public_ip_on_launch.unwrap_or(false);
                let cidr = parse(&subnet.cidr_block.unwrap_or_default(), format_args!("the subnet {id}"));
                let zone = parse(&subnet.availability_zone.unwrap_or_default(), format_args!("the subnet {id}"));
                let resource = cidr.and_then(|cidr| zone.map(|zone| Self { vpc, cidr, zone, public_ip_on_launch }));
                found.extend(listed_or_unreadable(cx, id, subnet.tags, resource));
            }
        }
        Ok(found)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let vpc = cx.id(&self.vpc)?;
        let tags = cx.tags(node)?;
        let id = cx
            .create_idempotently(
                async || {
                    let answer = cx.aws.ec2.describe_subnets().set_filters(Some(of_node(cx, node))).send().await?;
                    Ok(answer.subnets.unwrap_or_default().pop().and_then(|subnet| subnet.subnet_id))
                },
                async || {
                    cx.retry(NOT_YET_VISIBLE, async || {
                        let answer = cx
                            .aws
                            .ec2_once
                            .create_subnet()
                            .vpc_id(&vpc)
                            .cidr_block(self.cidr.to_string())
                            .availability_zone(self.zone.as_str())
                            .tag_specifications(at_creation(ResourceType::Subnet, &tags))
                            .send()
                            .await?;
                        answer.subnet.and_then(|subnet| subnet.subnet_id).required("ec2 CreateSubnet", "subnetId")
                    })
                    .await
                },
            )
            .await?;
        // A new subnet assigns no public addresses.
        if self.public_ip_on_launch {
            set_public_ip_on_launch(cx, &id, true).await?;
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
        if changes.touch(&[SubnetField::PublicIpOnLaunch]) {
            set_public_ip_on_launch(cx, id, self.public_ip_on_launch).await?;
        }
        commit(cx, node, id).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        remove(cx, IN_USE, &["InvalidSubnetID.NotFound", "InvalidSubnetId.NotFound"], async || {
            cx.aws.ec2.delete_subnet().subnet_id(&found.identity.id).send().await?;
            Ok(())
        })
        .await
    }

    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        network_users::of_subnets(cx, changes).await
    }
}

async fn set_public_ip_on_launch(cx: &Context<'_>, id: &str, value: bool) -> Result<()> {
    let value = AttributeBooleanValue::builder().value(value).build();
    cx.retry(NOT_YET_VISIBLE, async || {
        cx.aws.ec2.modify_subnet_attribute().subnet_id(id).map_public_ip_on_launch(value.clone()).send().await?;
        Ok(())
    })
    .await
}
