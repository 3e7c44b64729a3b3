//! What the kinds of EC2 share: tags at creation, tags later, and filters.

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use saas_model::Node;
use saas_model::plan::{TAG_ADDRESS, TAG_PLATFORM};

use crate::context::{Cx, Transient};
use crate::error::Result;
use crate::live::Tags;

/// What one part of EC2 has created, another may not see yet.
pub(crate) const NOT_YET_VISIBLE: &[Transient] = &[
    Transient { code: "InvalidVpcID.NotFound", message: "", why: "the new VPC is not visible everywhere yet" },
    Transient { code: "InvalidSubnetID.NotFound", message: "", why: "the new subnet is not visible everywhere yet" },
    Transient { code: "InvalidSubnetId.NotFound", message: "", why: "the new subnet is not visible everywhere yet" },
    Transient {
        code: "InvalidGroup.NotFound",
        message: "",
        why: "the new security group is not visible everywhere yet",
    },
    Transient {
        code: "InvalidGroupId.NotFound",
        message: "",
        why: "the new security group is not visible everywhere yet",
    },
    Transient {
        code: "InvalidInternetGatewayID.NotFound",
        message: "",
        why: "the new Internet gateway is not visible everywhere yet",
    },
    Transient {
        code: "InvalidAllocationID.NotFound",
        message: "",
        why: "the new address is not visible everywhere yet",
    },
    Transient {
        code: "InvalidRouteTableID.NotFound",
        message: "",
        why: "the new route table is not visible everywhere yet",
    },
    Transient {
        code: "InvalidRouteTableId.NotFound",
        message: "",
        why: "the new route table is not visible everywhere yet",
    },
    Transient {
        code: "InvalidNatGatewayID.NotFound",
        message: "",
        why: "the new NAT gateway is not visible everywhere yet",
    },
    Transient {
        code: "InvalidSecurityGroupRuleId.NotFound",
        message: "",
        why: "the new rule is not visible everywhere yet",
    },
];

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
pub(crate) fn of_platform(cx: &Cx<'_>) -> Filter {
    filter(&format!("tag:{TAG_PLATFORM}"), cx.plan.header().platform.as_str())
}

/// The filters for what was made for one node.
pub(crate) fn of_node(cx: &Cx<'_>, node: &Node) -> Vec<Filter> {
    vec![of_platform(cx), filter(&format!("tag:{TAG_ADDRESS}"), node.address.as_str())]
}

/// Writes all tags of a node, the digest with them: what comes last.
pub(crate) async fn commit(cx: &Cx<'_>, node: &Node, id: &str) -> Result<()> {
    let tags = to_ec2(&cx.tags(node)?);
    cx.patiently(NOT_YET_VISIBLE, async || {
        cx.aws.ec2.create_tags().resources(id).set_tags(Some(tags.clone())).send().await?;
        Ok(())
    })
    .await
}
