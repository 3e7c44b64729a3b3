//! What the providers of EC2 share: listings, tags, tokens, filters, and transient errors.

pub(crate) mod elastic_ip;
pub(crate) mod interfaces;
pub(crate) mod internet_gateway;
pub(crate) mod nat_gateway;
pub(crate) mod network_exposures;
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
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::observed::{Identity, ObservedResource, Tags};

const fn unseen(code: &'static str, why: &'static str) -> Transient {
    Transient { code, message: "", why }
}

/// One part of EC2 may not see yet what another has created. The codes are those of AWS, which spells some
/// of them in several ways. Source: Amazon EC2 API reference, "Error codes", and the codes that
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

/// AWS deletes the interfaces of load balancers, tasks and databases some minutes after their owners.
pub(crate) const IN_USE: &[Transient] = &[
    Transient { code: "DependencyViolation", message: "", why: "AWS is still removing its dependents" },
    // The older spelling of the same code, for security groups.
    Transient { code: "InvalidGroup.InUse", message: "", why: "AWS is still removing its dependents" },
];

/// The codes for a security group that does not exist.
pub(crate) const NO_GROUP: &[&str] =
    &["InvalidGroup.NotFound", "InvalidGroupId.NotFound", "InvalidSecurityGroupID.NotFound"];

/// A resource whose listing shows every field.
///
/// It is complete only while its fields equal those of its node. So the listing shows at no cost what a
/// killed apply left incomplete, and what was changed since.
pub(crate) fn listed(
    cx: &Context<'_>,
    id: String,
    tags: Option<Vec<Tag>>,
    resource: impl Into<Resource>,
) -> Option<ObservedResource> {
    let resource = resource.into();
    let found = ObservedResource::by_tags(cx.plan, resource.kind(), Identity::of_id(id), from_sdk(tags))?;
    let as_wanted = cx.plan.node(&found.address).is_some_and(|node| node.resource == resource);
    let found = found.with_fields(resource);
    Some(if as_wanted { found } else { found.incomplete() })
}

/// The same for fields that the model may not be able to represent, such as a network with IPv6 addresses
/// only or a subnet in a Local Zone. saas creates neither.
pub(crate) fn listed_or_unreadable<R: ResourceSpec + Into<Resource>>(
    cx: &Context<'_>,
    id: String,
    tags: Option<Vec<Tag>>,
    resource: Result<R>,
) -> Option<ObservedResource> {
    match resource {
        Ok(resource) => listed(cx, id, tags, resource),
        fields => Some(
            ObservedResource::by_tags(cx.plan, R::KIND, Identity::of_id(id), from_sdk(tags))?
                .with_fields_or_unreadable(fields),
        ),
    }
}

/// Converts tags for a creating call of EC2.
pub(crate) fn at_creation(kind: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(kind).set_tags(Some(to_sdk(tags))).build()
}

/// A filter by one value.
pub(crate) fn filter(name: &str, value: impl Into<String>) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// The filter for all resources of the platform.
pub(crate) fn of_platform(cx: &Context<'_>) -> Filter {
    filter(&format!("tag:{TAG_PLATFORM}"), cx.plan.header().platform.as_str())
}

/// The filter of a listing: the platform's tag, or another tag for resources that may have lost it.
pub(crate) fn of_listing(cx: &Context<'_>) -> Filter {
    cx.by_tag.map_or_else(
        || of_platform(cx),
        |(key, values)| Filter::builder().name(format!("tag:{key}")).set_values(Some(values.to_vec())).build(),
    )
}

/// The filters for the resources of one node.
pub(crate) fn of_node(cx: &Context<'_>, node: &Node) -> Vec<Filter> {
    vec![of_platform(cx), filter(&format!("tag:{TAG_ADDRESS}"), node.address.as_str())]
}

/// The client token that follows `token` once the resource `gone` that it created no longer exists. EC2
/// remembers a token for a day, which may be longer than the resource lives.
pub(crate) fn token_after(token: &str, gone: &str) -> String {
    let mut hasher = Domain::Token.hasher();
    hasher.field(token.as_bytes()).field(gone.as_bytes());
    hasher.finish().to_string()
}

/// Writes all tags of a node, including the digest. The last call of a creation or an update.
pub(crate) async fn commit(cx: &Context<'_>, node: &Node, id: &str) -> Result<()> {
    let tags = to_sdk(&cx.tags(node)?);
    cx.retry(NOT_YET_VISIBLE, async || {
        cx.aws.ec2.create_tags().resources(id).set_tags(Some(tags.clone())).send().await?;
        Ok(())
    })
    .await
}

/// Retries a deletion while AWS reports that the resource is in use, for 15 minutes at most. `gone` are the
/// codes for a resource that no longer exists, which is not an error.
pub(crate) async fn remove(
    cx: &Context<'_>,
    in_use: &[Transient],
    gone: &[&str],
    call: impl AsyncFn() -> Result<()>,
) -> Result<()> {
    let retry_timeout = Duration::from_secs(15 * 60).min(cx.retry_policy.timeout);
    match cx.retry_for(retry_timeout, in_use, call).await {
        Err(error) if error.is(gone) => Ok(()),
        other => other,
    }
}
