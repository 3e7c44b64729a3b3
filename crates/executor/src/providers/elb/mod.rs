//! What the providers of Elastic Load Balancing share: tags, which listings lack, and eventual consistency.
//!
//! The service creates its service-linked role with the first load balancer of an account, if the caller
//! has `iam:CreateServiceLinkedRole`. Source: Elastic Load Balancing User Guide, "Service-linked roles".

pub(crate) mod listener;
pub(crate) mod listener_rule;
pub(crate) mod load_balancer;
pub(crate) mod registered_targets;
pub(crate) mod target_group;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types::Action;
use futures::{StreamExt, TryStreamExt, stream};
use itertools::Itertools as _;
use saas_model::{Kind, Node};

use crate::context::{Context, Transient};
use crate::error::{Error, Result, unless_gone};
use crate::preflight::names::{Holders, owner};
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::observed::Tags;

/// A new resource may not be visible everywhere yet.
pub(crate) const NOT_YET_VISIBLE: &[Transient] = &[
    Transient { code: "SubnetNotFound", message: "", why: "the new subnet is not visible everywhere yet" },
    Transient {
        code: "InvalidSubnet",
        message: "has no internet gateway",
        why: "the new Internet gateway is not visible everywhere yet",
    },
    Transient {
        code: "InvalidSecurityGroup",
        message: "",
        why: "the new security group is not visible everywhere yet",
    },
    Transient { code: "LoadBalancerNotFound", message: "", why: "the new load balancer is not visible everywhere yet" },
    Transient { code: "ListenerNotFound", message: "", why: "the new listener is not visible everywhere yet" },
    Transient { code: "TargetGroupNotFound", message: "", why: "the new target group is not visible everywhere yet" },
    Transient { code: "RuleNotFound", message: "", why: "the new rule is not visible everywhere yet" },
];

/// The codes for a resource that no longer exists, which a listing may still show.
pub(crate) const GONE: &[&str] = &["LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound", "RuleNotFound"];

/// Actions in words, such as `forward, authenticate-oidc`.
pub(crate) fn in_words(actions: &[Action]) -> String {
    let word = |action: &Action| {
        let kind = action.r#type().map_or("an action", |kind| kind.as_str());
        match action.fixed_response_config().and_then(|response| response.status_code()) {
            Some(status) => format!("{kind} {status}"),
            None => kind.to_owned(),
        }
    };
    actions.iter().map(word).join(", ")
}

/// The tags of resources, by ARN. One call describes 20 at most.
/// Source: Elastic Load Balancing API, `DescribeTags`.
pub(crate) async fn tags(cx: &Context<'_>, arns: &[String]) -> Result<BTreeMap<String, Tags>> {
    const BATCH_SIZE: usize = 20;
    const CONCURRENCY: usize = 8;
    let calls = arns.chunks(BATCH_SIZE).map(async |arns| {
        let asked = async |arns: &[String]| {
            let answer = cx.aws.elb.describe_tags().set_resource_arns(Some(arns.to_vec())).send().await;
            let answer = unless_gone(answer.map_err(Error::from), GONE)?;
            Ok::<_, Error>(answer.map(|answer| answer.tag_descriptions.unwrap_or_default()))
        };
        if let Some(described) = asked(arns).await? {
            return Ok(described);
        }
        // One resource that no longer exists fails the whole call.
        let mut described = Vec::new();
        for arn in arns {
            described.extend(asked(std::slice::from_ref(arn)).await?.unwrap_or_default());
        }
        Ok::<_, Error>(described)
    });
    let descriptions: Vec<_> = stream::iter(calls).buffered(CONCURRENCY).try_collect().await?;
    let tags = descriptions
        .into_iter()
        .flatten()
        .filter_map(|described| Some((described.resource_arn?, from_sdk(described.tags))));
    Ok(tags.collect())
}

/// The tags of one resource.
pub(crate) async fn tags_of(cx: &Context<'_>, arn: &str) -> Result<Tags> {
    Ok(tags(cx, &[arn.to_owned()]).await?.remove(arn).unwrap_or_default())
}

/// Writes all tags of a node, including the digest. The last call of a creation or an update.
pub(crate) async fn commit(cx: &Context<'_>, node: &Node, arn: &str) -> Result<()> {
    let tags = to_sdk(&cx.tags(node)?);
    cx.retry(NOT_YET_VISIBLE, async || {
        cx.aws.elb.add_tags().resource_arns(arn).set_tags(Some(tags.clone())).send().await?;
        Ok(())
    })
    .await
}

/// Whether a resource in this network may be the platform's. Where a late listing shows no network of the
/// platform, its tags must decide.
pub(crate) fn is_in(networks: &BTreeSet<String>, network: Option<&String>) -> bool {
    networks.is_empty() || network.is_some_and(|id| networks.contains(id))
}

/// The ids of the platform's networks. A resource outside of them is not the platform's, so its tags need
/// not be read.
pub(crate) fn networks(cx: &Context<'_>) -> BTreeSet<String> {
    cx.live.every(Kind::Vpc).into_iter().map(|vpc| vpc.identity.id).collect()
}

/// The owners of the planned names among the listed names and ARNs.
pub(crate) async fn owners(
    cx: &Context<'_>,
    kind: Kind,
    names: &[&str],
    found: Vec<(String, String)>,
) -> Result<Holders> {
    let taken: Vec<_> = found.into_iter().filter(|(name, _)| names.contains(&name.as_str())).collect();
    let arns: Vec<String> = taken.iter().map(|(_, arn)| arn.clone()).collect();
    let mut tags = self::tags(cx, &arns).await?;
    let owned = taken.into_iter().map(|(name, arn)| {
        let owner = owner(cx, kind, &name, &tags.remove(&arn).unwrap_or_default());
        (name, owner)
    });
    Ok(owned.collect())
}
