//! Scalable targets with their policies: the bounds of a service's desired count, and how it scales. Created
//! by one call for the target and one for each policy.
//!
//! Targets are tagged, but reading their tags would take a call for each. So the digest tag is not used;
//! both listings show every field, and these are compared.
//!
//! Application Auto Scaling creates its service-linked role for ECS with the first target of an account, if
//! the caller has `iam:CreateServiceLinkedRole`. Source: Application Auto Scaling User Guide,
//! "Service-linked roles".

use std::collections::{BTreeMap, HashMap};

use aws_sdk_applicationautoscaling::types::{
    PolicyType, ScalableDimension, ScalableTarget as LiveTarget, ScalingPolicy as LivePolicy, ServiceNamespace,
    SuspendedState,
};
use saas_model::plan::SCALING;
use saas_model::resource::{Kind, ResourceSpec, ScalableTarget, Service};
use saas_model::{Address, Node, Ref};

use crate::context::{Context, Transient};
use crate::error::Result;
use crate::preflight::names::TakenName;
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, ResourceProvider, UniqueWithin,
};
use crate::providers::ecs::{ServiceArn, describe_services};
use crate::providers::number::{from_i32, to_i32};
use crate::providers::scaling::policy::{configuration, in_words, live_policy};
use crate::state::observed::{Identity, ObservedResource};

/// Transient errors of creations and updates.
const NOT_YET: &[Transient] = &[
    Transient {
        code: "ValidationException",
        message: "Unable to assume IAM role",
        why: "the new service-linked role of Application Auto Scaling is not usable yet",
    },
    Transient {
        code: "ValidationException",
        message: "ECS service doesn't exist",
        why: "the new service is not visible everywhere yet",
    },
    Transient {
        code: "FailedResourceAccessException",
        message: "",
        why: "the service-linked role of Application Auto Scaling cannot reach the service yet",
    },
    Transient {
        code: "ObjectNotFoundException",
        message: "",
        why: "the new scalable target is not visible everywhere yet",
    },
    Transient { code: "ConcurrentUpdateException", message: "", why: "the scalable target is still being changed" },
];

/// Transient errors of deletions.
const BUSY: &[Transient] = &[
    Transient { code: "ConcurrentUpdateException", message: "", why: "the scalable target is still being changed" },
    Transient {
        code: "FailedResourceAccessException",
        message: "",
        why: "the service-linked role of Application Auto Scaling cannot reach the service yet",
    },
];

impl ResourceProvider for ScalableTarget {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Property,
        unique_within: UniqueWithin::Nothing,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Fields,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &[
                "application-autoscaling:DescribeScalableTargets",
                "application-autoscaling:DescribeScalingPolicies",
            ],
            describe: &["ecs:DescribeServices"],
            create: &[
                "application-autoscaling:RegisterScalableTarget",
                "application-autoscaling:PutScalingPolicy",
                "application-autoscaling:TagResource",
            ],
            update: &["application-autoscaling:DeleteScalingPolicy", "ecs:UpdateService"],
            delete: &[
                "application-autoscaling:DeleteScalingPolicy",
                "application-autoscaling:DeregisterScalableTarget",
            ],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.resource_id.clone())
    }

    async fn taken_names(_cx: &Context<'_>) -> Result<Vec<TakenName>> {
        Ok(Vec::new())
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let addresses = addresses(cx);
        if addresses.is_empty() {
            return Ok(Vec::new());
        }
        let targets = targets(cx, addresses.keys().cloned().collect()).await?;
        if targets.is_empty() {
            return Ok(Vec::new());
        }
        // In a narrow scope, the policy of each target is described; otherwise the listing takes fewer calls.
        let mut policies = if cx.scope.is_narrow() && targets.len() <= DESCRIBE_SINGLY_UP_TO {
            let mut of_each = BTreeMap::new();
            for target in &targets {
                of_each.insert(target.resource_id.clone(), policies_of(cx, &target.resource_id).await?);
            }
            of_each
        } else {
            policies(cx).await?
        };
        let found = targets.into_iter().filter_map(|target| {
            let (address, service) = addresses.get(&target.resource_id)?;
            let policies = policies.remove(&target.resource_id).unwrap_or_default();
            let identity = Identity::of_id(&target.resource_id).with_arn(target.scalable_target_arn.as_deref());
            let found = ObservedResource::bare(Kind::ScalableTarget, address.clone(), identity);
            let live = resource(cx, service.clone(), &target, &policies);
            let desired = out_of_bounds(cx, &live);
            let suspended = suspended(&target);
            let found = with_unsupported_values(cx, found.with_fields(live), &policies);
            let found = found.unplanned(SUSPENDED, suspended);
            Some(match desired {
                Some((live, planned)) => found.differs(DESIRED_COUNT, live, planned),
                None => found,
            })
        });
        Ok(found.collect())
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let tags: HashMap<String, String> = cx.tags(node)?.into_iter().collect();
        // Both calls are idempotent, because names identify what they set. But AWS accepts tags only with a
        // new target.
        let arn = match register(cx, self, Some(tags.clone())).await {
            Err(error) if error.is(&["ValidationException"]) && error.to_string().contains(TAGGED_ALREADY) => {
                let arn = register(cx, self, None).await?;
                if let Some(arn) = &arn {
                    cx.aws.scaling.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await?;
                }
                arn
            }
            registered => registered?,
        };
        put_policies(self, cx).await?;
        Ok(Identity::of_id(&self.resource_id).with_arn(arn))
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        delete_other_policies(self, cx, &found.identity.id).await?;
        let updated = self.create(cx, node).await?;
        if changes.touch_unmodelled(DESIRED_COUNT) {
            bring_within_bounds(self, cx).await?;
        }
        Ok(updated)
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let id = &found.identity.id;
        // AWS deletes the policies with their target. They are deleted explicitly all the same, because a
        // policy that remained would be in effect again as soon as a target of the same name is created.
        for name in policy_names(cx, id).await? {
            delete_policy(cx, id, &name).await?;
        }
        let gone = cx.retry(BUSY, async || {
            let deregister = cx.aws.scaling.deregister_scalable_target().resource_id(id);
            deregister
                .service_namespace(ServiceNamespace::Ecs)
                .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
                .send()
                .await?;
            Ok(())
        });
        unless_gone(gone.await)
    }
}

/// The unmodelled field for the desired count of a service, which autoscaling owns, within the bounds of
/// its target.
const DESIRED_COUNT: &str = "desired_count";

/// The desired count of a service, and the nearest count within the bounds of its target, where these
/// differ: it was set by hand, because autoscaling keeps to the bounds. `None` where the bounds are about
/// to change, which brings the count within them.
fn out_of_bounds(cx: &Context<'_>, live: &ScalableTarget) -> Option<(u32, u32)> {
    let planned = cx.plan.nodes().iter().filter_map(|node| ScalableTarget::of(&node.resource));
    planned
        .into_iter()
        .find(|planned| (&planned.resource_id, planned.min, planned.max) == (&live.resource_id, live.min, live.max))?;
    let desired = cx.live.get(live.service.address())?.desired?;
    let allowed = desired.clamp(live.min, live.max.max(live.min));
    (desired != allowed).then_some((desired, allowed))
}

/// The unmodelled field for the suspended kinds of scaling.
const SUSPENDED: &str = "suspended";

/// The kinds of scaling that were suspended by hand: the bounds and the policy have no effect on them.
fn suspended(target: &LiveTarget) -> Vec<&'static str> {
    let state = target.suspended_state.as_ref();
    let parts = [
        ("scaling in", state.and_then(|state| state.dynamic_scaling_in_suspended)),
        ("scaling out", state.and_then(|state| state.dynamic_scaling_out_suspended)),
        ("scheduled scaling", state.and_then(|state| state.scheduled_scaling_suspended)),
    ];
    parts.into_iter().filter(|(_, on)| *on == Some(true)).map(|(part, _)| part).collect()
}

/// Part of AWS's message for tags in a call with an existing target.
const TAGGED_ALREADY: &str = "already exists";

/// Registers a target, or updates the one of its name. Returns its ARN.
async fn register(
    cx: &Context<'_>,
    target: &ScalableTarget,
    tags: Option<HashMap<String, String>>,
) -> Result<Option<String>> {
    // Omitted settings are unchanged, including a suspension that was set by hand.
    let going_on = SuspendedState::builder()
        .dynamic_scaling_in_suspended(false)
        .dynamic_scaling_out_suspended(false)
        .scheduled_scaling_suspended(false)
        .build();
    cx.retry(NOT_YET, async || {
        let register = cx.aws.scaling.register_scalable_target().resource_id(&target.resource_id);
        let answer = register
            .service_namespace(ServiceNamespace::Ecs)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .min_capacity(to_i32(target.min))
            .max_capacity(to_i32(target.max))
            .suspended_state(going_on.clone())
            .set_tags(tags.clone())
            .send()
            .await?;
        Ok(answer.scalable_target_arn)
    })
    .await
}

/// Autoscaling applies the bounds only when an alarm triggers it.
async fn bring_within_bounds(wanted: &ScalableTarget, cx: &Context<'_>) -> Result<()> {
    let arn = cx.id(&wanted.service)?;
    let cluster = ServiceArn(&arn).cluster();
    let services = describe_services(cx, cluster, std::slice::from_ref(&arn)).await?;
    let Some(live) = services.first() else { return Ok(()) };
    let desired: u32 = from_i32(Some(live.desired_count)).unwrap_or(0);
    let allowed = desired.clamp(wanted.min, wanted.max.max(wanted.min));
    if allowed != desired {
        let update = cx.aws.ecs.update_service().cluster(cluster).service(&arn);
        update.desired_count(to_i32(allowed)).send().await?;
    }
    Ok(())
}

async fn put_policies(wanted: &ScalableTarget, cx: &Context<'_>) -> Result<()> {
    for (name, policy) in &wanted.policies {
        let tracking = configuration(cx, &wanted.resource_id, policy)?;
        cx.retry(NOT_YET, async || {
            let put = cx.aws.scaling.put_scaling_policy().policy_name(name).resource_id(&wanted.resource_id);
            put.service_namespace(ServiceNamespace::Ecs)
                .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
                .policy_type(PolicyType::TargetTrackingScaling)
                .target_tracking_scaling_policy_configuration(tracking.clone())
                .send()
                .await?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// Deletes the policies that are not planned, and those that follow another metric than planned: AWS refuses two
/// policies on one metric, and a policy of another name would stay in effect beside the planned ones.
async fn delete_other_policies(wanted: &ScalableTarget, cx: &Context<'_>, id: &str) -> Result<()> {
    for live in policies_of(cx, id).await? {
        let planned = wanted.policies.get(&live.policy_name);
        let is_planned =
            planned.is_some_and(|planned| live_policy(cx, &live).is_some_and(|live| live.metric == planned.metric));
        if !is_planned {
            delete_policy(cx, id, &live.policy_name).await?;
        }
    }
    Ok(())
}

/// The possible addresses of the platform's targets, by the id of the scaled resource: the planned ones,
/// and one beneath each live service.
fn addresses(cx: &Context<'_>) -> BTreeMap<String, (Address, Ref<Service>)> {
    let mut addresses = BTreeMap::new();
    if cx.live.of_kind(Kind::EcsCluster).is_empty() {
        return addresses;
    }
    for service in cx.live.of_kind(Kind::Service) {
        if let Ok(address) = Address::new(format!("{}/{SCALING}", service.address)) {
            let id = ServiceArn(&service.identity.id).resource_id().to_owned();
            addresses.insert(id, (address, Ref::to(service.address)));
        }
    }
    for node in cx.plan.nodes() {
        if let Some(target) = ScalableTarget::of(&node.resource) {
            addresses.insert(target.resource_id.clone(), (node.address.clone(), target.service.clone()));
        }
    }
    addresses.retain(|_, (address, _)| cx.scope.looks_at(address));
    addresses
}

/// The targets of these resources. One call describes 50 at most.
/// Source: Application Auto Scaling API, `DescribeScalableTargets`.
async fn targets(cx: &Context<'_>, resources: Vec<String>) -> Result<Vec<LiveTarget>> {
    const BATCH_SIZE: usize = 50;
    let mut targets = Vec::new();
    for resources in resources.chunks(BATCH_SIZE) {
        let describe = cx.aws.scaling.describe_scalable_targets().service_namespace(ServiceNamespace::Ecs);
        let mut pages = describe
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .set_resource_ids(Some(resources.to_vec()))
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            targets.extend(page?.scalable_targets.unwrap_or_default());
        }
    }
    Ok(targets)
}

/// The policies of all ECS services, by the id of the scaled resource.
async fn policies(cx: &Context<'_>) -> Result<BTreeMap<String, Vec<LivePolicy>>> {
    let mut found: BTreeMap<String, Vec<LivePolicy>> = BTreeMap::new();
    let describe = cx.aws.scaling.describe_scaling_policies().service_namespace(ServiceNamespace::Ecs);
    let mut pages = describe.into_paginator().send();
    while let Some(page) = pages.next().await {
        for policy in page?.scaling_policies.unwrap_or_default() {
            found.entry(policy.resource_id.clone()).or_default().push(policy);
        }
    }
    Ok(found)
}

/// Up to how many targets have their policies described one by one.
const DESCRIBE_SINGLY_UP_TO: usize = 3;

async fn policy_names(cx: &Context<'_>, id: &str) -> Result<Vec<String>> {
    Ok(policies_of(cx, id).await?.into_iter().map(|policy| policy.policy_name).collect())
}

async fn policies_of(cx: &Context<'_>, id: &str) -> Result<Vec<LivePolicy>> {
    let mut found = Vec::new();
    let describe = cx.aws.scaling.describe_scaling_policies().service_namespace(ServiceNamespace::Ecs);
    let mut pages = describe.resource_id(id).into_paginator().send();
    while let Some(page) = pages.next().await {
        // An emulator matches the id as a prefix.
        found.extend(page?.scaling_policies.unwrap_or_default().into_iter().filter(|policy| policy.resource_id == id));
    }
    Ok(found)
}

async fn delete_policy(cx: &Context<'_>, id: &str, name: &str) -> Result<()> {
    let gone = cx.retry(BUSY, async || {
        let delete = cx.aws.scaling.delete_scaling_policy().resource_id(id).policy_name(name);
        delete
            .service_namespace(ServiceNamespace::Ecs)
            .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
            .send()
            .await?;
        Ok(())
    });
    unless_gone(gone.await)
}

/// A resource that no longer exists is not an error.
fn unless_gone(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.is(&["ObjectNotFoundException"]) => Ok(()),
        // An emulator's response for the same case.
        Err(error) if error.is(&["ValidationException"]) && error.to_string().contains("No scal") => Ok(()),
        other => other,
    }
}

/// Adds the policies that the model cannot represent, as AWS returns them.
fn with_unsupported_values(cx: &Context<'_>, found: ObservedResource, policies: &[LivePolicy]) -> ObservedResource {
    policies.iter().fold(found, |found, policy| {
        let field = format!("policies.{}", policy.policy_name);
        if live_policy(cx, policy).is_none() {
            return found.raw_values(&field, in_words(policy));
        }
        let tracking = policy.target_tracking_scaling_policy_configuration.as_ref();
        // saas never writes a fractional target.
        match tracking.map(|tracking| tracking.target_value) {
            Some(target) if target.fract() != 0.0 => found.raw_values(&format!("{field}.target"), target),
            _ => found,
        }
    })
}

/// A target with its policies as the model represents them, without those that it cannot represent.
fn resource(cx: &Context<'_>, service: Ref<Service>, target: &LiveTarget, policies: &[LivePolicy]) -> ScalableTarget {
    let policies = policies.iter().filter_map(|live| Some((live.policy_name.clone(), live_policy(cx, live)?)));
    ScalableTarget {
        service,
        resource_id: target.resource_id.clone(),
        min: from_i32(Some(target.min_capacity)).unwrap_or(0),
        max: from_i32(Some(target.max_capacity)).unwrap_or(0),
        policies: policies.collect(),
    }
}
