//! Target groups. Created by three calls: the group, its attributes, and the digest tag.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TargetGroup as LiveGroup, TargetGroupAttribute, TargetTypeEnum,
};
use saas_model::Node;
use saas_model::resource::{HealthCheck, Kind, ResourceSpec, TargetGroup, TargetGroupField, Vpc};

use crate::apply::blockers::removed_by_id;
use crate::apply::change_set::{Action, Change, Reason};
use crate::context::{Context, Transient};
use crate::error::{Error, Required, Result};
use crate::preflight::names::{Holders, TakenName, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::LiveName;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming,
    ResourceDescription, ResourceProvider, UniqueWithin,
};
use crate::providers::elb::listener_rule::of_listener;
use crate::providers::elb::{GONE, NOT_YET_VISIBLE, commit, is_in, networks, owners, tags, tags_of};
use crate::providers::number::{from_i32, to_i32};
use crate::providers::parse::parse;
use crate::providers::tags::to_sdk;
use crate::state::blocker::Blocker;
use crate::state::observed::{Identity, ObservedResource};

const DEREGISTRATION_DELAY: &str = "deregistration_delay.timeout_seconds";
const DESCRIBE: &str = "elasticloadbalancingv2 DescribeTargetGroups";

/// A rule that was just deleted may still appear to use the group.
const IN_USE: &[Transient] = &[Transient {
    code: "ResourceInUse",
    message: "",
    why: "a rule that is being removed still uses the target group",
}];

impl ResourceProvider for TargetGroup {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        // AWS accepts three calls a second for everything created, changed and deleted on a load balancer. A
        // listener is on the longest chain, so it must not queue behind a hundred of these.
        concurrency: Concurrency::Aws { creations: 8, deletions: 8 },
        identification: Identification::Name(Naming {
            live: LiveName::BEFORE_LAST_ID,
            of_tenant: NamesOfTenant::Undetermined,
            is_given: |group| match group.tenant() {
                // The name ends with a digest of the fields that require replacement.
                Some(tenant) => tenant.parse().is_ok_and(|id| group.names().tenant(&id).is_target_group(group.name)),
                None => group.never_changes(),
            },
        }),
        unique_within: UniqueWithin::Region,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTags"],
            describe: &[
                "elasticloadbalancing:DescribeTargetGroupAttributes",
                "elasticloadbalancing:DescribeTargetHealth",
                "elasticloadbalancing:DescribeRules",
            ],
            create: &[
                "elasticloadbalancing:CreateTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                "elasticloadbalancing:AddTags",
            ],
            update: &[
                "elasticloadbalancing:ModifyTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                "elasticloadbalancing:AddTags",
            ],
            delete: &["elasticloadbalancing:DeleteTargetGroup"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        taken_among::<Self>(cx, async |names| holders(cx, names).await).await
    }

    const GONE: &'static [&'static str] = GONE;

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        if cx.live.is_bare() {
            return Ok(Vec::new());
        }
        let networks = networks(cx);
        // Groups outside of the scope are dropped before their tags are read.
        let narrow = cx.scope.is_narrow();
        let matters = |node: &&Node| cx.scope.looks_at(&node.address);
        let planned = cx.plan.nodes().iter().filter(matters).filter_map(|node| Self::of(&node.resource));
        let names: BTreeSet<&str> = planned.map(|group| group.name.as_str()).collect();
        let mut arns = Vec::new();
        let mut pages = cx.aws.elb.describe_target_groups().into_paginator().send();
        while let Some(page) = pages.next().await {
            let groups = page?.target_groups.unwrap_or_default().into_iter();
            let ours = groups.filter(|group| is_in(&networks, group.vpc_id.as_ref()));
            let ours = ours.filter(|group| !narrow || names.contains(group.target_group_name().unwrap_or_default()));
            arns.extend(ours.filter_map(|group| group.target_group_arn));
        }
        let mut tags = tags(cx, &arns).await?;
        let found = arns.into_iter().filter_map(|arn| {
            let tags = tags.remove(&arn)?;
            ObservedResource::by_tags(cx.plan, Kind::TargetGroup, Identity::of_arn(arn), tags)
        });
        Ok(found.collect())
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let mut found = Vec::new();
        for group in nodes.iter().filter_map(|node| Self::of(&node.resource)) {
            // One name that does not exist fails the whole call.
            let answer = cx.aws.elb.describe_target_groups().names(group.name.as_str()).send().await;
            let groups = match answer.map_err(Error::from) {
                Ok(answer) => answer.target_groups.unwrap_or_default(),
                Err(error) if error.is(&["TargetGroupNotFound"]) => continue,
                Err(error) => return Err(error),
            };
            for arn in groups.into_iter().filter_map(|group| group.target_group_arn) {
                let tags = tags_of(cx, &arn).await?;
                found.extend(ObservedResource::by_tags(cx.plan, Kind::TargetGroup, Identity::of_arn(arn), tags));
            }
        }
        Ok(found)
    }

    async fn describe(cx: &Context<'_>, found: &ObservedResource) -> Result<ResourceDescription> {
        let arn = &found.identity.id;
        let answer = cx.aws.elb.describe_target_groups().target_group_arns(arn).send().await?;
        let live = answer.target_groups.unwrap_or_default().pop().required(DESCRIBE, "TargetGroups")?;
        let answer = cx.aws.elb.describe_target_group_attributes().target_group_arn(arn).send().await?;
        let attributes = answer.attributes.unwrap_or_default();
        let delay = attributes.iter().find(|attribute| attribute.key() == Some(DEREGISTRATION_DELAY));
        let delay = delay.and_then(|attribute| attribute.value()?.parse().ok());
        let name = live.target_group_name().required(DESCRIBE, "TargetGroupName")?;
        let resource = Self {
            name: parse(name, format_args!("the target group {arn}"))?,
            vpc: cx.reference::<Vpc>(live.vpc_id().unwrap_or_default()),
            port: from_i32(live.port).required(DESCRIBE, "Port")?,
            health_check: health_check(live)?,
            deregistration_delay_seconds: delay
                .required("elasticloadbalancingv2 DescribeTargetGroupAttributes", DEREGISTRATION_DELAY)?,
        };
        Ok(ResourceDescription::new(resource.into(), Some(tags_of(cx, arn).await?)))
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let vpc = cx.id(&self.vpc)?;
        let tags = cx.tags_without_digest(node);
        cx.create_or_adopt(
            node,
            &["DuplicateTargetGroupName"],
            self.name.as_str(),
            // AWS returns the existing group to a repeated call with the same parameters.
            // Source: Elastic Load Balancing API, `CreateTargetGroup`.
            async || {
                cx.retry(NOT_YET_VISIBLE, async || {
                    let check = &self.health_check;
                    let create = cx.aws.elb.create_target_group().name(self.name.as_str());
                    let answer = create
                        .vpc_id(&vpc)
                        .target_type(TargetTypeEnum::Ip)
                        .protocol(ProtocolEnum::Http)
                        .port(self.port.into())
                        .health_check_protocol(ProtocolEnum::Http)
                        .health_check_path(&check.path)
                        .health_check_interval_seconds(to_i32(check.interval_seconds))
                        .health_check_timeout_seconds(to_i32(check.timeout_seconds))
                        .healthy_threshold_count(to_i32(check.healthy_threshold))
                        .unhealthy_threshold_count(to_i32(check.unhealthy_threshold))
                        .matcher(Matcher::builder().http_code(&check.matcher).build())
                        .set_tags(Some(to_sdk(&tags)))
                        .send()
                        .await?;
                    let group = answer.target_groups.unwrap_or_default().pop();
                    identity(group, "elasticloadbalancingv2 CreateTargetGroup")
                })
                .await
            },
            async || {
                let answer = cx.aws.elb.describe_target_groups().names(self.name.as_str()).send().await?;
                let identity = identity(answer.target_groups.unwrap_or_default().pop(), DESCRIBE)?;
                let tags = tags_of(cx, &identity.id).await?;
                Ok((identity, tags))
            },
        )
        .await
    }

    // Rules and services need only the group. All calls that change a load balancer, its rules or its
    // groups share one rate limit, the lowest of all that a tenant needs.
    const FINISHES: bool = true;

    async fn finish(&self, cx: &Context<'_>, node: &Node) -> Result<()> {
        let arn = cx.identity_at(&node.address)?.id;
        set_deregistration_delay(self, cx, &arn).await?;
        commit(cx, node, &arn).await
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        let arn = &found.identity.id;
        if changes.touch(&[TargetGroupField::HealthCheck]) {
            let check = &self.health_check;
            cx.retry(NOT_YET_VISIBLE, async || {
                let modify = cx.aws.elb.modify_target_group().target_group_arn(arn);
                modify
                    .health_check_path(&check.path)
                    .health_check_interval_seconds(to_i32(check.interval_seconds))
                    .health_check_timeout_seconds(to_i32(check.timeout_seconds))
                    .healthy_threshold_count(to_i32(check.healthy_threshold))
                    .unhealthy_threshold_count(to_i32(check.unhealthy_threshold))
                    .matcher(Matcher::builder().http_code(&check.matcher).build())
                    .send()
                    .await?;
                Ok(())
            })
            .await?;
        }
        if changes.touch(&[TargetGroupField::DeregistrationDelaySeconds]) {
            set_deregistration_delay(self, cx, arn).await?;
        }
        commit(cx, node, arn).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let gone = cx.retry(IN_USE, async || {
            cx.aws.elb.delete_target_group().target_group_arn(&found.identity.id).send().await?;
            Ok(())
        });
        match gone.await {
            Err(error) if error.is(&["TargetGroupNotFound"]) => Ok(()),
            other => other,
        }
    }

    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        users(cx, changes).await
    }
}

/// Those of the names that exist, with their owners.
async fn holders(cx: &Context<'_>, names: &[&str]) -> Result<Holders> {
    let mut pages = cx.aws.elb.describe_target_groups().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let groups = page?.target_groups.unwrap_or_default().into_iter();
        found.extend(groups.filter_map(|live| Some((live.target_group_name?, live.target_group_arn?))));
    }
    owners(cx, Kind::TargetGroup, names, found).await
}

/// The foreign users of target groups to be deleted: AWS keeps a target group in use.
async fn users(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
    // Source: Elastic Load Balancing API, `DescribeTargetGroups`, `TargetGroupArns`.
    const BATCH_SIZE: usize = 20;
    let deleting = removed_by_id(changes);
    // In a destroy, foreign rules of the platform's load balancers are deleted with them.
    let all_goes = changes.iter().any(|change| change.action == Action::Delete { reason: Reason::Destroyed });
    let mut blockers = Vec::new();
    if deleting.is_empty() {
        return Ok(blockers);
    }
    let blocker = |found: &ObservedResource, id: &str, what: &str, remedy: &str| {
        Blocker::new(found.address.clone(), found.kind, id, what, remedy)
    };
    let arns: Vec<&str> = deleting.keys().copied().collect();
    for arns in arns.chunks(BATCH_SIZE) {
        let arns = arns.iter().map(|&arn| arn.to_owned()).collect();
        let answer = cx.aws.elb.describe_target_groups().set_target_group_arns(Some(arns)).send().await;
        let groups = match answer.map_err(Error::from) {
            Ok(answer) => answer.target_groups.unwrap_or_default(),
            // One of them no longer exists, which blocks nothing.
            Err(error) if error.is(&["TargetGroupNotFound"]) => continue,
            Err(error) => return Err(error),
        };
        for group in groups {
            let Some(found) = group.target_group_arn().and_then(|arn| deleting.get(arn)) else { continue };
            let others = group.load_balancer_arns().iter().filter(|arn| !cx.live.knows(Kind::LoadBalancer, arn));
            let what = "this load balancer, which saas did not create, sends requests to the target group";
            blockers
                .extend(others.map(|arn| blocker(found, arn, what, "remove the target group from its rules first")));
        }
    }
    if all_goes {
        return Ok(blockers);
    }
    for listener in cx.live.every(Kind::Listener) {
        for rule in of_listener(cx, &listener.identity.id).await? {
            let id = rule.rule_arn().unwrap_or_default();
            if cx.live.knows(Kind::ListenerRule, id) {
                continue;
            }
            let targets = rule.actions().iter().flat_map(|action| {
                let forward = action.forward_config().map(|config| config.target_groups()).unwrap_or_default();
                let forward = forward.iter().filter_map(|target| target.target_group_arn());
                forward.chain(action.target_group_arn()).collect::<BTreeSet<_>>()
            });
            let what = "this rule, which saas did not create, sends requests to the target group";
            let used = targets.filter_map(|arn| deleting.get(arn));
            blockers.extend(used.map(|found| blocker(found, id, what, "delete the rule first")));
        }
    }
    Ok(blockers)
}

async fn set_deregistration_delay(wanted: &TargetGroup, cx: &Context<'_>, arn: &str) -> Result<()> {
    let seconds = wanted.deregistration_delay_seconds.to_string();
    let delay = TargetGroupAttribute::builder().key(DEREGISTRATION_DELAY).value(seconds).build();
    cx.retry(NOT_YET_VISIBLE, async || {
        let modify = cx.aws.elb.modify_target_group_attributes().target_group_arn(arn);
        modify.attributes(delay.clone()).send().await?;
        Ok(())
    })
    .await
}

fn identity(group: Option<LiveGroup>, operation: &'static str) -> Result<Identity> {
    let arn = group.and_then(|group| group.target_group_arn).required(operation, "TargetGroupArn")?;
    Ok(Identity::of_arn(arn))
}

fn health_check(live: LiveGroup) -> Result<HealthCheck> {
    let number = |value, field| from_i32(value).required(DESCRIBE, field);
    Ok(HealthCheck {
        path: live.health_check_path.unwrap_or_default(),
        matcher: live.matcher.and_then(|matcher| matcher.http_code).unwrap_or_default(),
        interval_seconds: number(live.health_check_interval_seconds, "HealthCheckIntervalSeconds")?,
        timeout_seconds: number(live.health_check_timeout_seconds, "HealthCheckTimeoutSeconds")?,
        healthy_threshold: number(live.healthy_threshold_count, "HealthyThresholdCount")?,
        unhealthy_threshold: number(live.unhealthy_threshold_count, "UnhealthyThresholdCount")?,
    })
}
