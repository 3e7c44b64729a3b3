//! Application Load Balancers. Created by two calls: the load balancer with all its tags, then its
//! attributes. A load balancer with other attributes than planned is not complete.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{
    LoadBalancer as LiveBalancer, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum,
    LoadBalancerTypeEnum, TargetTypeEnum,
};
use saas_model::Node;
use saas_model::resource::{Kind, LoadBalancer, LoadBalancerField, ResourceSpec, SecurityGroup, Subnet};

use crate::apply::blockers::removed_by_id;
use crate::apply::change_set::Change;
use crate::context::{Context, Readiness, Transient};
use crate::error::{Error, Required, Result, unless_gone};
use crate::preflight::names::{Holders, TakenName, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::LiveName;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, DeletionProtection, Identification, Listing, NamesOfTenant,
    Naming, ResourceProvider, UniqueWithin,
};
use crate::providers::elb::{GONE, NOT_YET_VISIBLE, commit, is_in, networks, owners, tags, tags_of};
use crate::providers::parse::parse;
use crate::providers::tags::to_sdk;
use crate::state::blocker::Blocker;
use crate::state::observed::{Identity, ObservedResource};

/// A resource that sends requests to a load balancer keeps it, and may be in deletion.
const IN_USE: &[Transient] =
    &[Transient { code: "ResourceInUse", message: "", why: "another resource still uses the load balancer" }];

const DROP_INVALID_HEADER_FIELDS: &str = "routing.http.drop_invalid_header_fields.enabled";
pub(crate) const DELETION_PROTECTION: &str = "deletion_protection.enabled";

const PROTECTED: &str = "deletion protection of the load balancer is enabled";

impl ResourceProvider for LoadBalancer {
    const DECLARATION: Declaration = Declaration {
        // Its public addresses are mapped by the Internet gateway, which AWS does not detach before.
        needs: &[Kind::InternetGateway],
        concurrency: Concurrency::WIDE,
        identification: Identification::Name(Naming {
            live: LiveName::BEFORE_LAST_ID,
            of_tenant: NamesOfTenant::Undetermined,
            is_given: |balancer| {
                balancer.tenant().is_some() || !balancer.is_planned && balancer.names().is_load_balancer(balancer.name)
            },
        }),
        unique_within: UniqueWithin::Region,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: Some(DeletionProtection {
            blocker: PROTECTED,
            is_on: |balancer| Self::of(balancer).is_some_and(|balancer| balancer.deletion_protection),
            switch_off: |cx, found| Box::pin(switch_protection_off(cx, found)),
        }),
        has_snapshots: false,
        calls: ApiCalls {
            list: &[
                "elasticloadbalancing:DescribeLoadBalancers",
                "elasticloadbalancing:DescribeLoadBalancerAttributes",
                "elasticloadbalancing:DescribeTags",
            ],
            describe: &["elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"],
            create: &["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:ModifyLoadBalancerAttributes"],
            update: &[
                "elasticloadbalancing:ModifyLoadBalancerAttributes",
                "elasticloadbalancing:SetSubnets",
                "elasticloadbalancing:SetSecurityGroups",
                "elasticloadbalancing:AddTags",
            ],
            delete: &["elasticloadbalancing:ModifyLoadBalancerAttributes", "elasticloadbalancing:DeleteLoadBalancer"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        taken_among::<Self>(cx, async |names| holders(cx, names).await).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        if cx.live.is_bare() {
            return Ok(Vec::new());
        }
        let networks = networks(cx);
        let mut balancers = Vec::new();
        let mut pages = cx.aws.elb.describe_load_balancers().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page?.load_balancers.unwrap_or_default();
            balancers.extend(page.into_iter().filter(|live| is_in(&networks, live.vpc_id.as_ref())));
        }
        shown(cx, balancers).await
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let mut balancers = Vec::new();
        for balancer in nodes.iter().filter_map(|node| Self::of(&node.resource)) {
            // One name that does not exist fails the whole call.
            let answer = cx.aws.elb.describe_load_balancers().names(balancer.name.as_str()).send().await;
            match answer.map_err(Error::from) {
                Ok(answer) => balancers.extend(answer.load_balancers.unwrap_or_default()),
                Err(error) if error.is(&["LoadBalancerNotFound"]) => {}
                Err(error) => return Err(error),
            }
        }
        shown(cx, balancers).await
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let subnets = cx.ids(&self.subnets)?;
        let groups = cx.ids(&self.security_groups)?;
        let tags = cx.tags(node)?;
        let look_by_name = async || {
            let answer = cx.aws.elb.describe_load_balancers().names(self.name.as_str()).send().await;
            match answer.map_err(Error::from) {
                Ok(answer) => answer.load_balancers.unwrap_or_default().first().map(identity).transpose(),
                Err(error) if error.is(&["LoadBalancerNotFound"]) => Ok(None),
                Err(error) => Err(error),
            }
        };
        let identity = cx
            .create_or_adopt(
                node,
                &["DuplicateLoadBalancerName"],
                self.name.as_str(),
                async || {
                    let make = async || {
                        let create = cx.aws.elb_once.create_load_balancer().name(self.name.as_str());
                        let answer = create
                            .r#type(LoadBalancerTypeEnum::Application)
                            .scheme(LoadBalancerSchemeEnum::InternetFacing)
                            .set_subnets(Some(subnets.clone()))
                            .set_security_groups(Some(groups.clone()))
                            .set_tags(Some(to_sdk(&tags)))
                            .send()
                            .await?;
                        let balancer = answer.load_balancers.unwrap_or_default().pop();
                        identity(&balancer.required("elasticloadbalancingv2 CreateLoadBalancer", "LoadBalancers")?)
                    };
                    cx.create_idempotently(look_by_name, async || cx.retry(NOT_YET_VISIBLE, make).await).await
                },
                async || {
                    let found = look_by_name().await?;
                    let identity = found.required("elasticloadbalancingv2 DescribeLoadBalancers", "LoadBalancers")?;
                    let tags = tags_of(cx, &identity.id).await?;
                    Ok((identity, tags))
                },
            )
            .await?;
        set_attributes(self, cx, &identity.id).await?;
        active(cx, &identity.id).await?;
        Ok(identity)
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        let arn = &found.identity.id;
        if changes.touch(&[LoadBalancerField::Subnets]) {
            let subnets = cx.ids(&self.subnets)?;
            cx.retry(NOT_YET_VISIBLE, async || {
                cx.aws.elb.set_subnets().load_balancer_arn(arn).set_subnets(Some(subnets.clone())).send().await?;
                Ok(())
            })
            .await?;
        }
        if changes.touch(&[LoadBalancerField::SecurityGroups]) {
            let groups = cx.ids(&self.security_groups)?;
            cx.retry(NOT_YET_VISIBLE, async || {
                let set = cx.aws.elb.set_security_groups().load_balancer_arn(arn);
                set.set_security_groups(Some(groups.clone())).send().await?;
                Ok(())
            })
            .await?;
        }
        set_attributes(self, cx, arn).await?;
        active(cx, arn).await?;
        commit(cx, node, arn).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let arn = &found.identity.id;
        let deleted =
            cx.retry(IN_USE, async || Ok(cx.aws.elb.delete_load_balancer().load_balancer_arn(arn).send().await?));
        match deleted.await {
            Err(error) if error.is(&["LoadBalancerNotFound"]) => return Ok(()),
            Err(error) if error.is(&["OperationNotPermitted"]) => {
                return Err(Error::Failed {
                    what: format!("deleting the load balancer of `{}`", found.address),
                    reason: format!(
                        "{error}; if deletion protection is enabled, `saas destroy --disable-deletion-protection` disables it"
                    ),
                });
            }
            deleted => deleted?,
        };
        cx.wait("the load balancer to be deleted", async || {
            match cx.aws.elb.describe_load_balancers().load_balancer_arns(arn).send().await.map_err(Error::from) {
                Err(error) if error.is(&["LoadBalancerNotFound"]) => Ok(Readiness::Ready(())),
                Err(error) => Err(error),
                Ok(answer) if answer.load_balancers().is_empty() => Ok(Readiness::Ready(())),
                Ok(_) => Ok(Readiness::NotYet("still listed".into())),
            }
        })
        .await
    }

    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        let deleting = removed_by_id(changes);
        if deleting.is_empty() { Ok(Vec::new()) } else { balancers_before(cx, &deleting).await }
    }
}

/// Switches deletion protection off.
async fn switch_protection_off(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
    let off = LoadBalancerAttribute::builder().key(DELETION_PROTECTION).value("false").build();
    let call = cx.aws.elb.modify_load_balancer_attributes().load_balancer_arn(&found.identity.id);
    call.attributes(off).send().await?;
    Ok(())
}

/// Those of the names that exist, with their owners.
async fn holders(cx: &Context<'_>, names: &[&str]) -> Result<Holders> {
    let mut pages = cx.aws.elb.describe_load_balancers().into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let balancers = page?.load_balancers.unwrap_or_default().into_iter();
        found.extend(balancers.filter_map(|live| Some((live.load_balancer_name?, live.load_balancer_arn?))));
    }
    owners(cx, Kind::LoadBalancer, names, found).await
}

/// Blockers: target groups of Network Load Balancers that contain a load balancer to be deleted. AWS keeps
/// it until they no longer do.
/// Source: User Guide for Network Load Balancers, "Use Application Load Balancers as targets".
async fn balancers_before(cx: &Context<'_>, deleting: &BTreeMap<&str, &ObservedResource>) -> Result<Vec<Blocker>> {
    let mut blockers = Vec::new();
    let mut pages = cx.aws.elb.describe_target_groups().into_paginator().send();
    while let Some(page) = pages.next().await {
        let groups = page?.target_groups.unwrap_or_default().into_iter();
        for group in groups.filter(|group| group.target_type == Some(TargetTypeEnum::Alb)) {
            let arn = group.target_group_arn.unwrap_or_default();
            let health = match cx.aws.elb.describe_target_health().target_group_arn(&arn).send().await {
                Ok(answer) => answer.target_health_descriptions.unwrap_or_default(),
                Err(error) => match Error::from(error) {
                    error if error.is(&["TargetGroupNotFound"]) => continue,
                    error => return Err(error),
                },
            };
            let targets = health.iter().filter_map(|target| target.target()?.id());
            blockers.extend(targets.filter_map(|target| deleting.get(target)).map(|found| {
                let what = "this target group of a network load balancer has the load balancer as a target";
                let remedy = "deregister the load balancer from the target group first";
                Blocker::new(found.address.clone(), found.kind, &arn, what, remedy)
            }));
        }
    }
    Ok(blockers)
}

/// The described load balancers, without foreign ones.
async fn shown(cx: &Context<'_>, balancers: Vec<LiveBalancer>) -> Result<Vec<ObservedResource>> {
    let arns: Vec<String> = balancers.iter().filter_map(|live| live.load_balancer_arn.clone()).collect();
    let mut tags = tags(cx, &arns).await?;
    let mut found = Vec::new();
    for live in balancers {
        let identity = identity(&live)?;
        let tags = tags.remove(&identity.id).unwrap_or_default();
        let Some(balancer) = ObservedResource::by_tags(cx.plan, Kind::LoadBalancer, identity, tags) else { continue };
        let Some(resource) = resource(cx, live).await? else { continue };
        let wanted = cx.plan.node(&balancer.address).and_then(|node| LoadBalancer::of(&node.resource));
        let shown = resource.as_ref().ok();
        let complete = wanted.zip(shown).is_none_or(|(wanted, shown)| attributes(wanted) == attributes(shown));
        let balancer = if complete { balancer } else { balancer.incomplete() };
        let balancer = if shown.is_some_and(|shown| shown.deletion_protection) {
            let id = balancer.identity.id.clone();
            let remedy = "apply a plan with `deletion_protection = false` first; to destroy the whole platform, add \
                      `--disable-deletion-protection`";
            balancer.blocked(id, PROTECTED, remedy)
        } else {
            balancer
        };
        found.push(balancer.with_fields_or_unreadable(resource));
    }
    Ok(found)
}

async fn set_attributes(wanted: &LoadBalancer, cx: &Context<'_>, arn: &str) -> Result<()> {
    let attributes: Vec<_> = attributes(wanted)
        .into_iter()
        .map(|(key, on)| LoadBalancerAttribute::builder().key(key).value(on.to_string()).build())
        .collect();
    cx.retry(NOT_YET_VISIBLE, async || {
        let modify = cx.aws.elb.modify_load_balancer_attributes().load_balancer_arn(arn);
        modify.set_attributes(Some(attributes.clone())).send().await?;
        Ok(())
    })
    .await
}

/// The attributes, which the second call sets.
const fn attributes(balancer: &LoadBalancer) -> [(&'static str, bool); 2] {
    [
        (DROP_INVALID_HEADER_FIELDS, balancer.drop_invalid_header_fields),
        (DELETION_PROTECTION, balancer.deletion_protection),
    ]
}

/// Waits until a load balancer accepts requests, some minutes after its creation.
async fn active(cx: &Context<'_>, arn: &str) -> Result<()> {
    cx.wait("the load balancer to become active", async || {
        let answer = match cx.aws.elb.describe_load_balancers().load_balancer_arns(arn).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let error = Error::from(error);
                // A new load balancer may not be visible everywhere yet.
                let unseen = error.is(&["LoadBalancerNotFound"]);
                return if unseen { Ok(Readiness::NotYet("not visible yet".to_owned())) } else { Err(error) };
            }
        };
        let state = answer.load_balancers.unwrap_or_default().pop().and_then(|balancer| balancer.state);
        let state = state.required("elasticloadbalancingv2 DescribeLoadBalancers", "State")?;
        let reason = state.reason.unwrap_or_default();
        match state.code {
            // An impaired load balancer is short of capacity, which AWS corrects, and accepts requests.
            Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired) => Ok(Readiness::Ready(())),
            Some(LoadBalancerStateEnum::Failed) => {
                Err(Error::Failed { what: format!("the load balancer {arn}"), reason })
            }
            Some(code) => Ok(Readiness::NotYet(format!("{code} {reason}"))),
            None => Ok(Readiness::NotYet(reason)),
        }
    })
    .await
}

fn identity(live: &LiveBalancer) -> Result<Identity> {
    let arn =
        live.load_balancer_arn.clone().required("elasticloadbalancingv2 DescribeLoadBalancers", "LoadBalancerArn")?;
    Ok(Identity { dns_name: live.dns_name.clone(), ..Identity::of_arn(arn) })
}

/// A load balancer, as far as the model can represent it; `None` when it no longer exists.
async fn resource(cx: &Context<'_>, live: LiveBalancer) -> Result<Option<Result<LoadBalancer>>> {
    let arn = live.load_balancer_arn.unwrap_or_default();
    let name = live.load_balancer_name.required("elasticloadbalancingv2 DescribeLoadBalancers", "LoadBalancerName")?;
    let answer = cx.aws.elb.describe_load_balancer_attributes().load_balancer_arn(&arn).send().await;
    let Some(answer) = unless_gone(answer.map_err(Error::from), GONE)? else { return Ok(None) };
    let attributes = answer.attributes.unwrap_or_default();
    // A missing attribute is off, which is the default of both.
    let on = |key: &str| {
        attributes.iter().any(|attribute| attribute.key() == Some(key) && attribute.value() == Some("true"))
    };
    let subnets = live.availability_zones.unwrap_or_default().into_iter().filter_map(|zone| zone.subnet_id);
    let groups = live.security_groups.unwrap_or_default();
    let name = parse(&name, format_args!("the load balancer {arn}"));
    Ok(Some(name.map(|name| LoadBalancer {
        name,
        subnets: subnets.map(|id| cx.reference::<Subnet>(&id)).collect(),
        security_groups: groups.iter().map(|id| cx.reference::<SecurityGroup>(id)).collect(),
        drop_invalid_header_fields: on(DROP_INVALID_HEADER_FIELDS),
        deletion_protection: on(DELETION_PROTECTION),
    })))
}
