//! What the kinds of EC2 share: listings, tags, tokens, filters, and the errors that pass.

pub(crate) mod elastic_ip;
pub(crate) mod interfaces;
pub(crate) mod internet_gateway;
pub(crate) mod nat_gateway;
pub(crate) mod network_parts;
#[cfg(test)]
mod network_tests;
pub(crate) mod network_users;
pub(crate) mod route_table;
pub(crate) mod security_group;
pub(crate) mod security_group_rule;
pub(crate) mod subnet;
#[cfg(test)]
mod tests;
pub(crate) mod vpc;
pub(crate) mod vpc_endpoint;

use std::time::Duration;

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use saas_model::digest::Domain;
use saas_model::plan::{TAG_ADDRESS, TAG_PLATFORM};
use saas_model::resource::ResourceSpec;
use saas_model::{Node, Resource};

use crate::context::{Context, Transient};
use crate::error::Result;
use crate::state::observed::{Identity, ObservedResource, Tags};

const fn unseen(code: &'static str, why: &'static str) -> Transient {
    Transient { code, message: "", why }
}

/// What one part of EC2 has created, another may not see yet. The codes are those of AWS, which
/// spells some of them in several ways. Source: Amazon EC2 API reference, "Error codes", and what
/// terraform-provider-aws had to add (`internal/service/ec2/errors.go`).
pub(crate) const NOT_YET_VISIBLE: &[Transient] = &[
    unseen("InvalidVpcID.NotFound", "the new VPC is not visible everywhere yet"),
    unseen("InvalidSubnetID.NotFound", "the new subnet is not visible everywhere yet"),
    unseen("InvalidSubnetId.NotFound", "the new subnet is not visible everywhere yet"),
    unseen("InvalidGroup.NotFound", "the new security group is not visible everywhere yet"),
    unseen("InvalidGroupId.NotFound", "the new security group is not visible everywhere yet"),
    unseen("InvalidSecurityGroupID.NotFound", "the new security group is not visible everywhere yet"),
    unseen("InvalidInternetGatewayID.NotFound", "the new Internet gateway is not visible everywhere yet"),
    unseen("InvalidInternetGatewayId.NotFound", "the new Internet gateway is not visible everywhere yet"),
    unseen("InvalidGatewayID.NotFound", "the new Internet gateway is not visible everywhere yet"),
    unseen("InvalidElasticIpID.NotFound", "the new address is not visible everywhere yet"),
    unseen("InvalidAllocationID.NotFound", "the new address is not visible everywhere yet"),
    unseen("InvalidAddressID.NotFound", "the new address is not visible everywhere yet"),
    unseen("InvalidRouteTableID.NotFound", "the new route table is not visible everywhere yet"),
    unseen("InvalidRouteTableId.NotFound", "the new route table is not visible everywhere yet"),
    unseen("InvalidNatGatewayID.NotFound", "the new NAT gateway is not visible everywhere yet"),
    unseen("NatGatewayNotFound", "the new NAT gateway is not visible everywhere yet"),
    unseen("InvalidVpcEndpointId.NotFound", "the new endpoint is not visible everywhere yet"),
    unseen("InvalidVpcEndpoint.NotFound", "the new endpoint is not visible everywhere yet"),
    unseen("InvalidSecurityGroupRuleId.NotFound", "the new rule is not visible everywhere yet"),
    Transient {
        code: "InvalidParameterValue",
        message: "belong to different networks",
        why: "the attachment of the new Internet gateway is not visible everywhere yet",
    },
];

/// What AWS made for others in a network (the interfaces of load balancers, tasks and databases)
/// goes some minutes after what it was made for.
pub(crate) const IN_USE: &[Transient] = &[
    Transient { code: "DependencyViolation", message: "", why: "AWS is still removing what uses it" },
    // The same of a security group, in its older spelling.
    Transient { code: "InvalidGroup.InUse", message: "", why: "AWS is still removing what uses it" },
];

/// How EC2 says that a security group is not there.
pub(crate) const NO_GROUP: &[&str] =
    &["InvalidGroup.NotFound", "InvalidGroupId.NotFound", "InvalidSecurityGroupID.NotFound"];

/// A resource of which a listing shows every field.
///
/// It is complete only while it is what its node wants. So what a killed apply left half-made, and
/// what somebody has changed since, is told at no cost.
pub(crate) fn listed(
    cx: &Context<'_>,
    id: String,
    tags: Option<Vec<Tag>>,
    resource: impl Into<Resource>,
) -> Option<ObservedResource> {
    let resource = resource.into();
    let found = ObservedResource::by_tags(cx.plan, resource.kind(), Identity::of_id(id), from_ec2(tags))?;
    let as_wanted = cx.plan.node(&found.address).is_some_and(|node| node.resource == resource);
    let found = found.with_fields(resource);
    Some(if as_wanted { found } else { found.incomplete() })
}

/// The same where the model may have no word for it: a network with addresses of IPv6 only, or a subnet
/// in a Local Zone, which is none that saas made.
pub(crate) fn listed_or_unreadable<R: ResourceSpec + Into<Resource>>(
    cx: &Context<'_>,
    id: String,
    tags: Option<Vec<Tag>>,
    resource: Result<R>,
) -> Option<ObservedResource> {
    match resource {
        Ok(resource) => listed(cx, id, tags, resource),
        odd => Some(
            ObservedResource::by_tags(cx.plan, R::KIND, Identity::of_id(id), from_ec2(tags))?
                .with_fields_or_unreadable(odd),
        ),
    }
}

/// Tags as EC2 takes them when it creates something.
pub(crate) fn at_creation(kind: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(kind).set_tags(Some(to_ec2(tags))).build()
}

fn to_ec2(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Tags as EC2 gives them.
pub(crate) fn from_ec2(tags: Option<Vec<Tag>>) -> Tags {
    tags.unwrap_or_default().into_iter().filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default()))).collect()
}

/// A filter by one value.
pub(crate) fn filter(name: &str, value: impl Into<String>) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// The filter for everything of the platform.
pub(crate) fn of_platform(cx: &Context<'_>) -> Filter {
    filter(&format!("tag:{TAG_PLATFORM}"), cx.plan.header().platform.as_str())
}

/// The filter by which EC2 is asked for what the platform has: by the platform's tag, unless what may
/// have lost that is looked for by another.
pub(crate) fn of_listing(cx: &Context<'_>) -> Filter {
    cx.by_tag.map_or_else(
        || of_platform(cx),
        |(key, values)| Filter::builder().name(format!("tag:{key}")).set_values(Some(values.to_vec())).build(),
    )
}

/// The filters for what was made for one node.
pub(crate) fn of_node(cx: &Context<'_>, node: &Node) -> Vec<Filter> {
    vec![of_platform(cx), filter(&format!("tag:{TAG_ADDRESS}"), node.address.as_str())]
}

/// The token that follows `token` when what that made is gone. EC2 remembers a token for a day,
/// longer than what was made with it may live.
pub(crate) fn token_after(token: &str, gone: &str) -> String {
    let mut hasher = Domain::Token.hasher();
    hasher.field(token.as_bytes()).field(gone.as_bytes());
    hasher.finish().to_string()
}

/// Writes all tags of a node, the digest with them: what comes last.
pub(crate) async fn commit(cx: &Context<'_>, node: &Node, id: &str) -> Result<()> {
    let tags = to_ec2(&cx.tags(node)?);
    cx.retry(NOT_YET_VISIBLE, async || {
        cx.aws.ec2.create_tags().resources(id).set_tags(Some(tags.clone())).send().await?;
        Ok(())
    })
    .await
}

/// Repeats a call that removes something while AWS says that it is in use, for a quarter of an
/// hour at most. `gone` are the codes that say that it is not there any more, which is no error.
pub(crate) async fn remove(
    cx: &Context<'_>,
    in_use: &[Transient],
    gone: &[&str],
    call: impl AsyncFn() -> Result<()>,
) -> Result<()> {
    let patience = Duration::from_secs(15 * 60).min(cx.pace.patience);
    match cx.retry_for(patience, in_use, call).await {
        Err(error) if error.is(gone) => Ok(()),
        other => other,
    }
}
