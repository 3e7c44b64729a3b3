//! Rules of listeners, which route the requests for some hosts to one target group. Created by one call.
//!
//! A priority belongs to only one rule of a listener. So the priorities of a listener's rules change
//! together, in one atomic call ([`arrange`]).

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, HostHeaderConditionConfig, PathPatternConditionConfig, Rule, RuleCondition,
    RulePriorityPair,
};
use saas_model::identifier::{HostPattern, PathPattern};
use saas_model::resource::{Kind, Listener, ListenerRule, ListenerRuleField, ResourceSpec, TargetGroup};
use saas_model::{Address, Node, Set};

use crate::context::{Context, Transient};
use crate::error::{Error, Required, Result, unless_gone};
use crate::preflight::names::{TakenName, owner, wanted_inside};
use crate::provider::calls::ApiCalls;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, Part, PartListing, ResourceProvider,
    UniqueWithin,
};
use crate::providers::elb::{GONE, NOT_YET_VISIBLE, commit, in_words, tags, tags_of};
use crate::providers::number::to_i32;
use crate::providers::tags::to_sdk;
use crate::state::exposure::Exposure;
use crate::state::observed::{Identity, ObservedResource};

const HOST_HEADER: &str = "host-header";
const PATH_PATTERN: &str = "path-pattern";
const IN_USE: &str = "PriorityInUse";

/// The unmodelled field for rewrites of hosts and paths, which saas never sets.
const TRANSFORMS: &str = "transforms";

impl ResourceProvider for ListenerRule {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        // AWS accepts three calls a second for everything created, changed and deleted on a load balancer. A
        // listener is on the longest chain, so it must not queue behind a hundred of these.
        concurrency: Concurrency::Aws { creations: 8, deletions: 8 },
        identification: Identification::Part(Part {
            container: |rule| Some(Self::of(rule)?.listener.address()),
            listing: PartListing::OfContainer,
            // With its listener. Source: Elastic Load Balancing API, `DeleteListener`.
            deleted_with: Some(Kind::LoadBalancer),
        }),
        unique_within: UniqueWithin::Container,
        listing: Listing::Prompt,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags"],
            describe: &[],
            create: &["elasticloadbalancing:CreateRule", "elasticloadbalancing:SetRulePriorities"],
            update: &[
                "elasticloadbalancing:ModifyRule",
                "elasticloadbalancing:SetRulePriorities",
                "elasticloadbalancing:AddTags",
            ],
            delete: &["elasticloadbalancing:DeleteRule"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        // One call changes the priorities of several rules together.
        None
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        priorities_of_listeners(cx).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let mut rules = Vec::new();
        let planned = cx.plan.nodes().iter().filter_map(|node| Self::of(&node.resource));
        // In a narrow scope, the rules of other nodes are not described, and their priorities show them.
        let priorities: BTreeSet<u32> = planned.filter(|_| cx.scope.is_narrow()).map(|rule| rule.priority).collect();
        for listener in cx.live.every(Kind::Listener) {
            let arn = listener.identity.id.clone();
            let listed = unless_gone(of_listener(cx, &arn).await, GONE)?.unwrap_or_default();
            let others = listed.iter().filter(|rule| !priorities.contains(&priority(rule)));
            others.for_each(|rule| cx.live.found_inside(Kind::ListenerRule, exposure(&listener, rule)));
            rules.extend(listed.into_iter().map(|rule| (arn.clone(), rule)));
        }
        // Rules outside of the scope are dropped before their tags are read.
        if cx.scope.is_narrow() {
            let matters = |node: &&Node| cx.scope.looks_at(&node.address);
            let planned = cx.plan.nodes().iter().filter(matters).filter_map(|node| Self::of(&node.resource));
            let priorities: BTreeSet<String> = planned.map(|rule| rule.priority.to_string()).collect();
            rules.retain(|(_, rule)| rule.priority.as_ref().is_some_and(|priority| priorities.contains(priority)));
        }
        let arns: Vec<String> = rules.iter().filter_map(|(_, rule)| rule.rule_arn.clone()).collect();
        let mut tags = tags(cx, &arns).await?;
        let found = rules.into_iter().filter_map(|(listener, rule)| {
            let arn = rule.rule_arn.clone()?;
            let tags = tags.remove(&arn)?;
            let found = ObservedResource::by_tags(cx.plan, Kind::ListenerRule, Identity::of_arn(arn), tags)?;
            Some(with_unsupported_values(found.with_fields(resource(cx, &listener, &rule)), &rule))
        });
        Ok(found.collect())
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let listener = cx.id(&self.listener)?;
        let target_group = cx.arn(&self.target_group)?;
        let tags = cx.tags(node)?;
        // A priority belongs to only one rule, so a repeated call cannot create a second rule: it fails
        // with the code for a priority in use, and the rule with that priority shows its owner.
        cx.create_or_adopt(
            node,
            &[IN_USE],
            &format!("{} of {listener}", self.priority),
            async || {
                let make = async || {
                    cx.retry(NOT_YET_VISIBLE, async || {
                        let create = cx.aws.elb.create_rule().listener_arn(&listener);
                        let answer = create
                            .priority(to_i32(self.priority))
                            .set_conditions(Some(conditions(self)))
                            .actions(forward(&target_group))
                            .set_tags(Some(to_sdk(&tags)))
                            .send()
                            .await?;
                        let arn = answer.rules.unwrap_or_default().pop().and_then(|rule| rule.rule_arn);
                        Ok(Identity::of_arn(arn.required("elasticloadbalancingv2 CreateRule", "RuleArn")?))
                    })
                    .await
                };
                match make().await {
                    // Another rule of the platform may still have the priority, and is to be moved or
                    // deleted.
                    Err(error) if error.is(&[IN_USE]) => {
                        let arranged = arrange(cx, &listener).await?;
                        if arranged.values().any(|priority| *priority == self.priority) {
                            return Err(error);
                        }
                        make().await
                    }
                    made => made,
                }
            },
            async || {
                let mut rules = of_listener(cx, &listener).await?.into_iter();
                let arn = rules
                    .find(|rule| priority(rule) == self.priority)
                    .and_then(|rule| rule.rule_arn)
                    .required("elasticloadbalancingv2 DescribeRules", "RuleArn")?;
                let tags = tags_of(cx, &arn).await?;
                Ok((Identity::of_arn(arn), tags))
            },
        )
        .await
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        let arn = &found.identity.id;
        let has_transforms = changes.touch_unmodelled(TRANSFORMS);
        if has_transforms
            || changes.touch(&[ListenerRuleField::Hosts, ListenerRuleField::Paths, ListenerRuleField::TargetGroup])
        {
            let target_group = cx.arn(&self.target_group)?;
            cx.retry(NOT_YET_VISIBLE, async || {
                let modify = cx.aws.elb.modify_rule().rule_arn(arn);
                let modify = modify.set_reset_transforms(has_transforms.then_some(true));
                modify.set_conditions(Some(conditions(self))).actions(forward(&target_group)).send().await?;
                Ok(())
            })
            .await?;
        }
        if changes.touch(&[ListenerRuleField::Priority]) {
            let listener = cx.id(&self.listener)?;
            let arranged = arrange(cx, &listener).await?;
            let holder = arranged.iter().find(|(holder, priority)| **priority == self.priority && *holder != arn);
            if let Some((holder, _)) = holder {
                let name = format!("priority {} of {listener}, which {holder} has", self.priority);
                return Err(Error::Taken { kind: node.kind().into(), name });
            }
        }
        commit(cx, node, arn).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        match cx.aws.elb.delete_rule().rule_arn(&found.identity.id).send().await.map_err(Error::from) {
            Err(error) if error.is(&["RuleNotFound"]) => Ok(()),
            deleted => deleted.map(drop),
        }
    }
}

/// What a rule of a listener opens if it is none of the platform's.
fn exposure(listener: &ObservedResource, rule: &Rule) -> Exposure {
    let arn = rule.rule_arn().unwrap_or_default();
    let hosts = live_conditions(rule).map(|(hosts, _)| hosts).filter(|hosts| !hosts.is_empty());
    let hosts = hosts.map_or_else(|| "some hosts".to_owned(), |hosts| hosts.join(", "));
    let groups = rule.actions().iter().filter_map(|action| action.target_group_arn()).collect::<Vec<_>>();
    let actions =
        if groups.is_empty() { in_words(rule.actions()) } else { format!("forward to {}", groups.join(", ")) };
    let what = format!("this rule with priority {} takes the requests for {hosts} ({actions})", priority(rule));
    let remedy = format!("delete it: aws elbv2 delete-rule --rule-arn {arn}");
    Exposure::new((&listener.address, listener.kind), arn, what, remedy)
}

/// The planned priorities that others have. A listener has one rule for a priority.
async fn priorities_of_listeners(cx: &Context<'_>) -> Result<Vec<TakenName>> {
    let ours: BTreeSet<String> = cx.live.every(Kind::ListenerRule).into_iter().map(|found| found.identity.id).collect();
    let mut taken = Vec::new();
    let has_priority = |found: &ObservedResource, planned: &ListenerRule| {
        let seen = found.fields.as_ref().and_then(ListenerRule::of);
        seen.is_some_and(|seen| seen.priority == planned.priority)
    };
    for (listener, nodes) in wanted_inside(cx, |rule: &ListenerRule| rule.listener.address(), has_priority) {
        let wanted: BTreeMap<String, &Node> =
            nodes.into_iter().map(|(node, planned)| (planned.priority.to_string(), node)).collect();
        for rule in unless_gone(of_listener(cx, &listener).await, GONE)?.unwrap_or_default() {
            let (Some(arn), Some(priority)) = (rule.rule_arn, rule.priority) else { continue };
            let Some(&node) = wanted.get(&priority).filter(|_| !ours.contains(&arn)) else { continue };
            let tags = tags_of(cx, &arn).await?;
            if let Some(owner) = owner(cx, Kind::ListenerRule, &arn, &tags) {
                taken.push(TakenName::new(node, priority, owner).part("priority").held_by(arn));
            }
        }
    }
    Ok(taken)
}

/// The rules of a listener, without its default action, which AWS lists as a rule.
pub(crate) async fn of_listener(cx: &Context<'_>, listener: &str) -> Result<Vec<Rule>> {
    let mut rules = Vec::new();
    let mut pages = cx.aws.elb.describe_rules().listener_arn(listener).into_paginator().send();
    while let Some(page) = pages.next().await {
        rules.extend(page?.rules.unwrap_or_default().into_iter().filter(|rule| rule.is_default != Some(true)));
    }
    Ok(rules)
}

/// Gives the rules of a listener their planned priorities, in one call for all that differ, and returns the
/// resulting priorities. A rule to be deleted yields its priority to the rule that needs it: it gets the
/// highest free one.
async fn arrange(cx: &Context<'_>, listener: &str) -> Result<BTreeMap<String, u32>> {
    cx.retry(PRIORITY_TAKEN, async || arrange_once(cx, listener).await).await
}

/// A rule that is created concurrently may take a priority that was free in the listing.
const PRIORITY_TAKEN: &[Transient] = &[
    Transient { code: IN_USE, message: "", why: "another rule uses one of the priorities" },
    Transient { code: "RuleNotFound", message: "", why: "a listed rule was deleted, or is not visible everywhere yet" },
];

async fn arrange_once(cx: &Context<'_>, listener: &str) -> Result<BTreeMap<String, u32>> {
    let rules = of_listener(cx, listener).await?;
    let moves = moves(cx, listener, &rules);
    if !moves.is_empty() {
        let pairs = moves.iter().map(|(arn, priority)| {
            RulePriorityPair::builder().rule_arn(arn.as_str()).priority(to_i32(*priority)).build()
        });
        cx.aws.elb.set_rule_priorities().set_rule_priorities(Some(pairs.collect())).send().await?;
    }
    let mut arranged: BTreeMap<String, u32> =
        rules.iter().filter_map(|rule| Some((rule.rule_arn.clone()?, priority(rule)))).collect();
    arranged.extend(moves);
    Ok(arranged)
}

/// The rules whose priority changes, with the new one.
fn moves(cx: &Context<'_>, listener: &str, rules: &[Rule]) -> BTreeMap<String, u32> {
    // Source: Elastic Load Balancing API, `SetRulePriorities`.
    const MAX_PRIORITY: u32 = 50_000;
    let planned: BTreeMap<&Address, u32> = cx
        .plan
        .nodes()
        .iter()
        .filter_map(|node| Some((&node.address, ListenerRule::of(&node.resource)?)))
        .filter(|(_, rule)| cx.id(&rule.listener).is_ok_and(|id| id == listener))
        .map(|(address, rule)| (address, rule.priority))
        .collect();
    let wanted: BTreeSet<u32> = planned.values().copied().collect();
    let ours: BTreeSet<String> = cx.live.every(Kind::ListenerRule).into_iter().map(|found| found.identity.id).collect();
    let mut taken: BTreeSet<u32> = rules.iter().map(priority).chain(wanted.iter().copied()).collect();
    let mut moves = BTreeMap::new();
    for rule in rules {
        let Some(arn) = rule.rule_arn.as_ref().filter(|arn| ours.contains(*arn)) else { continue };
        let current = cx.live.get(&cx.live.address_of(Kind::ListenerRule, arn));
        let stays = current.filter(|found| found.identity.id == *arn);
        let to = match stays.and_then(|found| planned.get(&found.address).copied()) {
            Some(priority) => Some(priority),
            None if wanted.contains(&priority(rule)) => (1..=MAX_PRIORITY).rev().find(|free| taken.insert(*free)),
            None => None,
        };
        moves.extend(to.filter(|to| *to != priority(rule)).map(|to| (arn.clone(), to)));
    }
    // A rule keeps its priority where a foreign rule has the planned one, and so does each rule that would
    // need the priority of a rule that stays.
    loop {
        let stay: BTreeSet<u32> = rules
            .iter()
            .filter(|rule| rule.rule_arn.as_ref().is_none_or(|arn| !moves.contains_key(arn)))
            .map(priority)
            .collect();
        let before = moves.len();
        moves.retain(|_, to| !stay.contains(to));
        if moves.len() == before {
            return moves;
        }
    }
}

/// Adds the conditions and actions that the model cannot represent, as AWS returns them.
fn with_unsupported_values(found: ObservedResource, rule: &Rule) -> ObservedResource {
    let found = match live_conditions(rule) {
        Some((hosts, paths)) => {
            let found = if is_set_of::<HostPattern>(&hosts) { found } else { found.raw_values("hosts", hosts) };
            if is_set_of::<PathPattern>(&paths) { found } else { found.raw_values("paths", paths) }
        }
        None => {
            let fields: Vec<&str> = rule.conditions().iter().filter_map(|condition| condition.field()).collect();
            found.raw_values("hosts", format!("conditions on {}", fields.join(", ")))
        }
    };
    let transforms: Vec<&str> =
        rule.transforms().iter().map(|transform| transform.r#type().map_or("unknown", |kind| kind.as_str())).collect();
    // The targets of a tenant would receive requests for the hosts of another one.
    let found = found.unplanned(TRANSFORMS, transforms);
    match rule.actions() {
        [only] if only.target_group_arn().is_some() => found,
        others => found.raw_values("target_group", in_words(others)),
    }
}

/// The hosts and the paths of a rule with at most one condition on each, and no others.
fn live_conditions(rule: &Rule) -> Option<(Vec<String>, Vec<String>)> {
    let (mut hosts, mut paths) = (None, None);
    for condition in rule.conditions() {
        let (found, values, expressions) = match condition.field()? {
            HOST_HEADER => {
                let config = condition.host_header_config();
                let expressions = config.map(|config| config.regex_values()).unwrap_or_default();
                (&mut hosts, config.map(|config| config.values()), expressions)
            }
            PATH_PATTERN => {
                let config = condition.path_pattern_config();
                let expressions = config.map(|config| config.regex_values()).unwrap_or_default();
                (&mut paths, config.map(|config| config.values()), expressions)
            }
            _ => return None,
        };
        // Each has values of its own, which replace those of the condition.
        let values = values.filter(|values| !values.is_empty()).unwrap_or_else(|| condition.values());
        if found.replace(values.to_vec()).is_some() || !expressions.is_empty() {
            return None;
        }
    }
    Some((hosts.unwrap_or_default(), paths.unwrap_or_default()))
}

/// Whether the model can represent all of these values.
fn is_set_of<T: FromStr>(values: &[String]) -> bool {
    values.iter().all(|value| value.parse::<T>().is_ok())
}

/// Those of the values that the model can represent.
fn set_of<T: FromStr + Ord>(values: &[String]) -> Set<T> {
    values.iter().filter_map(|value| value.parse().ok()).collect()
}

/// The priority of a rule; 0 when it has none, which is no valid priority.
fn priority(rule: &Rule) -> u32 {
    rule.priority().and_then(|priority| priority.parse().ok()).unwrap_or(0)
}

/// The conditions of a rule: on the host, and on the path unless it matches all paths.
fn conditions(rule: &ListenerRule) -> Vec<RuleCondition> {
    let hosts = rule.hosts.iter().map(ToString::to_string).collect();
    let hosts = HostHeaderConditionConfig::builder().set_values(Some(hosts)).build();
    let mut conditions = vec![RuleCondition::builder().field(HOST_HEADER).host_header_config(hosts).build()];
    if !rule.paths.is_empty() {
        let paths = rule.paths.iter().map(ToString::to_string).collect();
        let paths = PathPatternConditionConfig::builder().set_values(Some(paths)).build();
        conditions.push(RuleCondition::builder().field(PATH_PATTERN).path_pattern_config(paths).build());
    }
    conditions
}

fn forward(target_group: &str) -> Action {
    Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(target_group).build()
}

/// A rule as the model represents it. A field for conditions or actions that it cannot represent is empty,
/// which differs from every planned one, so that an update corrects it.
fn resource(cx: &Context<'_>, listener: &str, rule: &Rule) -> ListenerRule {
    let (hosts, paths) = live_conditions(rule).unwrap_or_default();
    let target_group = match rule.actions() {
        [only] => only.target_group_arn().unwrap_or_default(),
        _ => "",
    };
    ListenerRule {
        listener: cx.reference::<Listener>(listener),
        priority: priority(rule),
        hosts: set_of(&hosts),
        paths: set_of(&paths),
        target_group: cx.reference::<TargetGroup>(target_group),
    }
}
