//! Parts of a network that saas never creates, and that EC2 does not delete with the network.
//!
//! Source: Amazon VPC User Guide, "Delete your VPC", by the command line; Amazon VPC Peering Guide, "Delete
//! a VPC peering connection": only the console deletes those with their network.

use aws_sdk_ec2::types::{AttachmentStatus, VpcPeeringConnection, VpcPeeringConnectionStateReasonCode as Peering};

use crate::apply::blockers::if_answered;
use crate::context::Context;
use crate::error::Result;
use crate::providers::ec2::filter;

/// A part of a network: its id, its description, and the remedy.
pub(crate) struct Part {
    pub(crate) id: String,
    pub(crate) what: &'static str,
    pub(crate) remedy: &'static str,
}

impl Part {
    fn new(id: Option<&str>, what: &'static str, remedy: &'static str) -> Self {
        Self { id: id.unwrap_or_default().to_owned(), what, remedy }
    }
}

/// The parts of the network with this id.
pub(crate) async fn of_network(cx: &Context<'_>, id: &str) -> Result<Vec<Part>> {
    let mut parts = access_lists(cx, id).await?;
    parts.extend(connections(cx, id).await?);
    Ok(parts)
}

/// Those of them that connect the network with others.
pub(crate) async fn connections(cx: &Context<'_>, id: &str) -> Result<Vec<Part>> {
    let mut parts = vpn_gateways(cx, id).await?;
    parts.extend(egress_gateways(cx, id).await?);
    for side in ["requester-vpc-info.vpc-id", "accepter-vpc-info.vpc-id"] {
        parts.extend(peerings(cx, side, id).await?);
    }
    Ok(parts)
}

/// The network ACLs, except the default one, which EC2 deletes with its network.
async fn access_lists(cx: &Context<'_>, id: &str) -> Result<Vec<Part>> {
    let call = cx.aws.ec2.describe_network_acls().filters(filter("vpc-id", id));
    let listed = call.into_paginator().items().send().try_collect().await;
    let lists = if_answered(cx, "network ACLs", listed)?.unwrap_or_default();
    let custom = lists.iter().filter(|list| list.is_default() != Some(true));
    let part = |id| Part::new(id, "this network ACL is in the network", "delete the network ACL first");
    Ok(custom.map(|list| part(list.network_acl_id())).collect())
}

async fn vpn_gateways(cx: &Context<'_>, id: &str) -> Result<Vec<Part>> {
    let answer = cx.aws.ec2.describe_vpn_gateways().filters(filter("attachment.vpc-id", id)).send().await;
    let answer = if_answered(cx, "virtual private gateways", answer)?;
    let gateways = answer.and_then(|answer| answer.vpn_gateways).unwrap_or_default();
    let attached = gateways.iter().filter(|gateway| {
        gateway.vpc_attachments().iter().any(|attachment| {
            let state = attachment.state();
            attachment.vpc_id() == Some(id)
                && matches!(state, Some(AttachmentStatus::Attached | AttachmentStatus::Attaching))
        })
    });
    let what = "this virtual private gateway is attached to the network";
    Ok(attached.map(|gateway| Part::new(gateway.vpn_gateway_id(), what, "detach the gateway first")).collect())
}

/// They have no filter by network. Source: Amazon EC2 API, `DescribeEgressOnlyInternetGateways`.
async fn egress_gateways(cx: &Context<'_>, id: &str) -> Result<Vec<Part>> {
    let listed =
        cx.aws.ec2.describe_egress_only_internet_gateways().into_paginator().items().send().try_collect().await;
    let gateways = if_answered(cx, "egress-only Internet gateways", listed)?.unwrap_or_default();
    let is_here = gateways
        .iter()
        .filter(|gateway| gateway.attachments().iter().any(|attachment| attachment.vpc_id() == Some(id)));
    let what = "this egress-only Internet gateway is in the network";
    let part = |id| Part::new(id, what, "delete the gateway first");
    Ok(is_here.map(|gateway| part(gateway.egress_only_internet_gateway_id())).collect())
}

async fn peerings(cx: &Context<'_>, side: &str, id: &str) -> Result<Vec<Part>> {
    let call = cx.aws.ec2.describe_vpc_peering_connections().filters(filter(side, id));
    let listed = call.into_paginator().items().send().try_collect().await;
    let listed: Vec<VpcPeeringConnection> = if_answered(cx, "peering connections", listed)?.unwrap_or_default();
    let stays = |peering: &&VpcPeeringConnection| {
        let code = peering.status().and_then(|status| status.code());
        matches!(
            code,
            Some(Peering::Active | Peering::InitiatingRequest | Peering::PendingAcceptance | Peering::Provisioning)
        )
    };
    let what = "this peering connection connects the network with another";
    let part = |id| Part::new(id, what, "delete or reject the peering connection first");
    Ok(listed.iter().filter(stays).map(|peering| part(peering.vpc_peering_connection_id())).collect())
}
