//! What the providers of ECS share: tags, and the service-linked role.
//!
//! ECS creates its service-linked role with the first cluster of an account, if the caller has
//! `iam:CreateServiceLinkedRole`. Source: Amazon ECS Developer Guide, "Using service-linked roles for
//! Amazon ECS".

pub(crate) mod container;
pub(crate) mod deployment;
pub(crate) mod described_task;
pub(crate) mod ecs_cluster;
pub(crate) mod family_tasks;
pub(crate) mod foreign_tasks;
pub(crate) mod migration;
pub(crate) mod running_tasks;
pub(crate) mod service;
pub(crate) mod service_fields;
#[cfg(test)]
mod service_tests;
pub(crate) mod task_definition;
#[cfg(test)]
mod task_definition_tests;
#[cfg(test)]
mod tests;
pub(crate) mod unplanned_settings;

use aws_sdk_ecs::types::{Service, ServiceField};
use futures::{StreamExt, TryStreamExt, stream};
use saas_model::Node;

use crate::context::{Context, Transient};
use crate::error::{Error, Result};
use crate::providers::tags::to_sdk;

/// ECS creates its service-linked role with the first cluster of an account, and cannot assume it at once.
pub(crate) const LINKED_ROLE: Transient = Transient {
    code: "InvalidParameterException",
    message: "Unable to assume the service linked role",
    why: "the new service-linked role of ECS is not usable yet",
};

/// Writes all tags of a node, including the digest. The last call of a creation or an update.
pub(crate) async fn commit(cx: &Context<'_>, node: &Node, arn: &str) -> Result<()> {
    let tags = to_sdk(&cx.tags(node)?);
    cx.aws.ecs.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await?;
    Ok(())
}

/// The ARN of a service: `arn:aws:ecs:<region>:<account>:service/<cluster>/<service>`.
/// Source: Amazon ECS Developer Guide, "Amazon Resource Names (ARNs) and IDs".
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceArn<'a>(pub(crate) &'a str);

impl<'a> ServiceArn<'a> {
    /// The name of the cluster.
    pub(crate) fn cluster(self) -> &'a str {
        self.0.split('/').nth(1).unwrap_or_default()
    }

    /// The service's id in Application Auto Scaling: `service/<cluster>/<service>`.
    pub(crate) fn resource_id(self) -> &'a str {
        self.0.rsplit(':').next().unwrap_or_default()
    }
}

/// Describes services of a cluster by name or ARN, with their tags. Services that do not exist are omitted.
/// One call describes 10 at most. Source: Amazon ECS API, `DescribeServices`.
pub(crate) async fn describe_services(cx: &Context<'_>, cluster: &str, services: &[String]) -> Result<Vec<Service>> {
    const BATCH_SIZE: usize = 10;
    const CONCURRENCY: usize = 8;
    let calls = services.chunks(BATCH_SIZE).map(async |services| {
        let describe = cx.aws.ecs.describe_services().cluster(cluster).include(ServiceField::Tags);
        let answer = describe.set_services(Some(services.to_vec())).send().await?;
        Ok::<_, Error>(answer.services.unwrap_or_default())
    });
    let described: Vec<_> = stream::iter(calls).buffered(CONCURRENCY).try_collect().await?;
    Ok(described.into_iter().flatten().collect())
}
