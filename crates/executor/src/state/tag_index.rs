//! The tags of many resources from one paged listing, for services whose own listings lack tags.
//!
//! The Resource Groups Tagging API is eventually consistent: it may return old tags, and omit existing
//! resources. So it only provides the tags of resources that a service's own listing returns, and a
//! provider reads the tags of one resource itself where they matter.

use std::collections::BTreeMap;

use aws_sdk_resourcegroupstagging::types::TagFilter;
use saas_model::plan::TAG_PLATFORM;
use saas_model::{Kind, Node};
use strum::IntoEnumIterator;

use crate::context::Context;
use crate::error::Result;
use crate::provider::declaration;
use crate::providers::tags::from_sdk;
use crate::state::observed::Tags;
use crate::state::tags_by_arn::TagIndex;

impl TagIndex {
    /// The tags of the resource with this ARN, if it has the platform's tag.
    pub(crate) async fn tags(&self, cx: &Context<'_>, arn: &str) -> Result<Option<Tags>> {
        // In a narrow scope, reading the tags of each resource takes fewer calls.
        Ok(if cx.scope.is_narrow() { None } else { self.index(cx).await?.get(arn).cloned() })
    }

    /// The same in every scope, for resources whose own tags cannot be read.
    pub(crate) async fn tags_of(&self, cx: &Context<'_>, arn: &str) -> Result<Option<Tags>> {
        Ok(self.index(cx).await?.get(arn).cloned())
    }

    async fn index(&self, cx: &Context<'_>) -> Result<&BTreeMap<String, Tags>> {
        self.0.get_or_try_init(|| list(cx)).await
    }
}

/// Whether tags record that a resource was completed for this node. Where the tags of the index do not, the
/// index may be late, and the provider reads the tags of the resource itself.
pub(crate) fn is_current(cx: &Context<'_>, node: &Node, tags: &Tags) -> bool {
    cx.tags(node).is_ok_and(|wanted| wanted.iter().all(|(key, value)| tags.get(key) == Some(value)))
}

async fn list(cx: &Context<'_>) -> Result<BTreeMap<String, Tags>> {
    let platform = cx.plan.header().platform.as_str();
    let types: Vec<String> =
        Kind::iter().filter_map(|kind| declaration(kind).tagging_type).map(str::to_owned).collect();
    let mut pages = cx
        .aws
        .tagging
        .get_resources()
        .tag_filters(TagFilter::builder().key(TAG_PLATFORM).values(platform).build())
        .set_resource_type_filters(Some(types))
        .into_paginator()
        .send();
    let mut index = BTreeMap::new();
    while let Some(page) = pages.next().await {
        for resource in page?.resource_tag_mapping_list.unwrap_or_default() {
            let tags = from_sdk(resource.tags);
            index.extend(resource.resource_arn.map(|arn| (arn, tags)));
        }
    }
    Ok(index)
}
