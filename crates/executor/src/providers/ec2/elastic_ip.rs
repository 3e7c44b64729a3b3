//! Elastic IP addresses. Created by one call.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{DomainType, NatGatewayState, ResourceType};
use saas_model::Node;
use saas_model::resource::ElasticIp;

use crate::apply::blockers::removed_by_id;
use crate::apply::change_set::Change;
use crate::context::{Context, Transient};
use crate::error::{Required, Result};
use crate::preflight::names::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::providers::ec2::{at_creation, commit, listed, of_listing, of_node, of_platform, remove};
use crate::state::blocker::Blocker;
use crate::state::duplicates::networks_of_balancers;
use crate::state::observed::{Identity, ObservedResource};

/// The interface of a NAT gateway keeps its address for a while after the gateway is deleted. Meanwhile AWS
/// returns one of these; the second because the interface belongs to AWS.
const ADDRESS_IN_USE: &[Transient] = &[
    Transient { code: "InvalidIPAddress.InUse", message: "", why: "AWS is still disassociating the address" },
    Transient {
        code: "AuthFailure",
        message: "You do not have permission to access the specified resource",
        why: "AWS is still disassociating the address",
    },
];

const GONE: &[&str] = &["InvalidAllocationID.NotFound", "InvalidAddressID.NotFound", "InvalidAddress.NotFound"];

impl ResourceProvider for ElasticIp {
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
            list: &["ec2:DescribeAddresses"],
            describe: &["ec2:DescribeNatGateways", "elasticloadbalancing:DescribeLoadBalancers"],
            create: &["ec2:AllocateAddress"],
            update: &["ec2:CreateTags"],
            delete: &["ec2:ReleaseAddress"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        None
    }

    async fn taken_names(_cx: &Context<'_>) -> Result<Vec<TakenName>> {
        Ok(Vec::new())
    }

    /// AWS returns all addresses in one page.
    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let answer = cx.aws.ec2.describe_addresses().filters(of_listing(cx)).send().await?;
        let mut found = Vec::new();
        for address in answer.addresses.unwrap_or_default() {
            let id = address.allocation_id.required("ec2 DescribeAddresses", "allocationId")?;
            let of_others = address.instance_id.filter(|instance| !instance.is_empty());
            let found_one = listed(cx, id, address.tags, Self {});
            found.extend(found_one.map(|found| match of_others {
                Some(instance) => found.blocked(
                    instance,
                    "this instance uses the address",
                    "disassociate the address from the instance first",
                ),
                None => found,
            }));
        }
        Ok(found)
    }

    /// The address of a NAT gateway of the platform; of several, the one in the network of its load balancers.
    async fn used_among(cx: &Context<'_>, ids: &BTreeSet<&str>) -> Result<Option<String>> {
        let mut pages = cx.aws.ec2.describe_nat_gateways().filter(of_platform(cx)).into_paginator().send();
        let mut users: Vec<(String, String)> = Vec::new();
        while let Some(page) = pages.next().await {
            for gateway in page?.nat_gateways.unwrap_or_default() {
                if !matches!(gateway.state, Some(NatGatewayState::Pending | NatGatewayState::Available)) {
                    continue;
                }
                let network = gateway.vpc_id().unwrap_or_default();
                let addresses = gateway.nat_gateway_addresses().iter().filter_map(|address| address.allocation_id());
                users.extend(addresses.filter(|id| ids.contains(id)).map(|id| (network.to_owned(), id.to_owned())));
            }
        }
        if users.len() > 1 {
            let home = networks_of_balancers(cx).await?;
            users.retain(|(network, _)| home.contains(network));
        }
        Ok(users.pop().map(|(_, id)| id))
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let tags = cx.tags(node)?;
        let id = cx
            .create_idempotently(
                async || {
                    let answer = cx.aws.ec2.describe_addresses().set_filters(Some(of_node(cx, node))).send().await?;
                    Ok(answer.addresses.unwrap_or_default().pop().and_then(|address| address.allocation_id))
                },
                async || {
                    let answer = cx
                        .aws
                        .ec2_once
                        .allocate_address()
                        .domain(DomainType::Vpc)
                        .tag_specifications(at_creation(ResourceType::ElasticIp, &tags))
                        .send()
                        .await?;
                    answer.allocation_id.required("ec2 AllocateAddress", "allocationId")
                },
            )
            .await?;
        Ok(Identity::of_id(id))
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        _changes: &Changes<'_>,
    ) -> Result<Identity> {
        commit(cx, node, &found.identity.id).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        remove(cx, ADDRESS_IN_USE, GONE, async || {
            cx.aws.ec2.release_address().allocation_id(&found.identity.id).send().await?;
            Ok(())
        })
        .await
    }

    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        let deleting = removed_by_id(changes);
        if deleting.is_empty() {
            return Ok(Vec::new());
        }
        // AWS returns all addresses in one page, so an address that no longer exists is not an error.
        let answer = cx.aws.ec2.describe_addresses().filters(of_platform(cx)).send().await?;
        let in_use = answer.addresses.unwrap_or_default().into_iter().filter_map(|address| {
            let found = *deleting.get(address.allocation_id()?)?;
            let on_instance = address.instance_id().is_some_and(|instance| !instance.is_empty());
            (!on_instance).then_some((found, address.network_interface_id?))
        });
        let in_use: Vec<(&ObservedResource, String)> = in_use.filter(|(_, interface)| !interface.is_empty()).collect();
        if in_use.is_empty() {
            return Ok(Vec::new());
        }
        let ours = interfaces_of_gateways(cx).await?;
        let foreign = in_use.into_iter().filter(|(_, interface)| !ours.contains(interface));
        let blocker = |found: &ObservedResource, interface: String| {
            let what = "this network interface, which belongs to no NAT gateway of the platform, uses the address";
            let remedy = "disassociate the address from the interface first";
            Blocker::new(found.address.clone(), found.kind, interface, what, remedy)
        };
        Ok(foreign.map(|(found, interface)| blocker(found, interface)).collect())
    }
}

/// The interfaces of the platform's NAT gateways, including deleted gateways that AWS still lists: their
/// interfaces release the addresses by themselves.
async fn interfaces_of_gateways(cx: &Context<'_>) -> Result<BTreeSet<String>> {
    let mut interfaces = BTreeSet::new();
    let mut pages = cx.aws.ec2.describe_nat_gateways().filter(of_platform(cx)).into_paginator().send();
    while let Some(page) = pages.next().await {
        for gateway in page?.nat_gateways.unwrap_or_default() {
            let addresses = gateway.nat_gateway_addresses().iter();
            interfaces.extend(addresses.filter_map(|address| address.network_interface_id().map(str::to_owned)));
        }
    }
    Ok(interfaces)
}
