//! Rules of listeners: conditions, and the actions for a request that meets all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::action::{Action, actions};
use super::checks::{invalid, quota};
use super::condition::{Condition, conditions};
use super::listener::{self, Listener};
use super::resource::{self, Kind, Resource, change, named};
use super::{quotas, tags, targets, usage};
use crate::services::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rule {
    pub(super) arn: String,
    pub(super) listener: String,
    /// `None` for the default rule, which comes last.
    pub(super) priority: Option<u16>,
    conditions: Vec<Condition>,
    pub(super) actions: Vec<Action>,
    /// The transforms of requests, stored as in the call; the sandbox does not validate them.
    transforms: Value,
    tags: Tags,
}

impl Resource for Rule {
    const KIND: Kind = Kind { noun: "listener rule", segment: "listener-rule/", not_found: "RuleNotFound" };

    kept_in!(rules);

    fn describe(&self, _cloud: &Cloud) -> Vec<Element> {
        let mut answer = vec![
            xml::text("RuleArn", &self.arn),
            xml::text("Priority", self.priority.map_or_else(|| "default".to_owned(), |priority| priority.to_string())),
            xml::list("Conditions", "member", self.conditions.iter().map(Condition::describe)),
            xml::list("Actions", "member", self.actions.iter().map(Action::describe)),
            xml::text("IsDefault", self.priority.is_none()),
        ];
        if self.transforms.is_object() {
            answer.push(elements_of("Transforms", &self.transforms));
        }
        answer
    }
}

impl Rule {
    /// The default rule of a listener.
    pub(super) fn default_of(cloud: &mut Cloud, listener: &str, actions: Vec<Action>) -> Self {
        Self {
            arn: new_arn(cloud, listener),
            listener: listener.to_owned(),
            priority: None,
            conditions: Vec::new(),
            actions,
            transforms: Value::Null,
            tags: Tags::new(),
        }
    }

    /// The sort key among the rules of a listener.
    fn key(&self) -> String {
        self.priority.map_or_else(|| "default".to_owned(), |priority| format!("{priority:05}"))
    }
}

/// `CreateRule`. It is not idempotent: a repeated call fails because the priority is in use.
pub(super) fn create(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let listener = named::<Listener>(cloud, input.required("ListenerArn")?)?.clone();
    let priority = input.int("Priority").ok_or_else(|| Refusal::missing("Priority"))?;
    let conditions = conditions(input)?;
    let protocol = listener::protocol(listener.tls.as_ref());
    let actions = actions(input, "Actions", protocol, listener.port)?;
    let transforms = transforms(input)?;
    let tags = tags::of(input)?;
    ensure!(!of_listener(cloud, &listener.arn).any(|rule| rule.priority == Some(priority)), in_use(priority));
    let newly_used = usage::check(cloud, &listener.load_balancer, protocol, &actions, None)?;
    let what = format!("rules on load balancer '{}'", listener.load_balancer);
    quota(count(cloud, &listener.load_balancer), quotas::RULES, "TooManyRules", what)?;

    let arn = new_arn(cloud, &listener.arn);
    let rule = Rule {
        arn: arn.clone(),
        listener: listener.arn,
        priority: Some(priority),
        conditions,
        actions,
        transforms,
        tags,
    };
    let answer = answer(cloud, [&rule]);
    cloud.elb.rules.insert(arn, rule);
    targets::check_health(cloud, &newly_used);
    Ok(answer)
}

/// `DescribeRules`: the rules of a listener by priority, the default rule last.
pub(super) fn describe(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arns = input.texts("RuleArns");
    let rules = match (input.text("ListenerArn"), arns.as_slice()) {
        (Some(listener), []) => {
            named::<Listener>(cloud, listener)?;
            let all = Rule::all(&cloud.elb).values();
            let of_listener = all.filter(|rule| rule.listener == listener);
            of_listener.map(|rule| (rule.key(), rule)).collect::<BTreeMap<_, _>>().into_iter().collect()
        }
        (None, [_, ..]) => resource::every::<Rule>(cloud, &arns)?,
        (Some(_), _) => {
            return Err(invalid("Listener rule ARNs and a listener ARN cannot be specified at the same time"));
        }
        (None, []) => return Err(invalid("You must specify either listener rule ARNs or a listener ARN")),
    };
    resource::page(cloud, input, "Rules", rules)
}

/// `ModifyRule`: settings that a call omits stay.
pub(super) fn modify(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("RuleArn")?;
    let old = named::<Rule>(cloud, arn)?.clone();
    check_not_default(&old, "modified")?;
    let Some(listener) = cloud.elb.listeners.get(&old.listener) else { return Err(resource::not_found::<Listener>()) };
    let (has_conditions, has_actions) = (!input.list("Conditions").is_empty(), !input.list("Actions").is_empty());
    let resets = input.flag("ResetTransforms").unwrap_or(false);
    if !has_conditions && !has_actions && !resets && !input.has("Transforms") {
        return Err(invalid("Either conditions or actions must be specified"));
    }
    ensure!(!resets || !input.has("Transforms"), invalid("Transforms cannot be specified and reset at the same time"));
    let conditions = if has_conditions { conditions(input)? } else { old.conditions.clone() };
    let protocol = listener::protocol(listener.tls.as_ref());
    let actions = if has_actions { actions(input, "Actions", protocol, listener.port)? } else { old.actions.clone() };
    let transforms = match transforms(input)? {
        Value::Null if !resets => old.transforms.clone(),
        transforms => transforms,
    };
    let newly_used = usage::check(cloud, &listener.load_balancer, protocol, &actions, Some(arn))?;

    let rule = Rule { conditions, actions, transforms, ..old };
    let answer = answer(cloud, [&rule]);
    cloud.elb.rules.insert(arn.to_owned(), rule);
    targets::check_health(cloud, &newly_used);
    Ok(answer)
}

/// `SetRulePriorities`: changes all priorities atomically, so rules can swap them.
pub(super) fn set_priorities(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let mut wanted: BTreeMap<String, u16> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for pair in &input.list("RulePriorities") {
        let rule = named::<Rule>(cloud, pair.required("RuleArn")?)?;
        let priority = pair.int("Priority").ok_or_else(|| Refusal::missing("Priority"))?;
        check_not_default(rule, "given a priority")?;
        if wanted.insert(rule.arn.clone(), priority).is_some() {
            return Err(invalid(format!("Rule '{}' was provided multiple times", rule.arn)));
        }
        if !taken.insert((rule.listener.clone(), priority)) {
            return Err(invalid(format!("Priority '{priority}' was provided multiple times")));
        }
    }
    for (listener, priority) in &taken {
        let mut others = of_listener(cloud, listener).filter(|rule| !wanted.contains_key(&rule.arn));
        ensure!(!others.any(|rule| rule.priority == Some(*priority)), in_use(*priority));
    }
    for (arn, priority) in &wanted {
        change::<Rule>(cloud, arn, |rule| rule.priority = Some(*priority));
    }
    let changed = wanted.keys().filter_map(|arn| cloud.elb.rules.get(arn));
    Ok(answer(cloud, changed))
}

/// `DeleteRule`.
pub(super) fn delete(cloud: &mut Cloud, input: &Input) -> Result<Vec<Element>, Refusal> {
    let arn = input.required("RuleArn")?;
    check_not_default(named::<Rule>(cloud, arn)?, "deleted")?;
    cloud.elb.rules.remove(arn);
    Ok(Vec::new())
}

fn of_listener<'a>(cloud: &'a Cloud, listener: &'a str) -> impl Iterator<Item = &'a Rule> {
    cloud.elb.rules.values().filter(move |rule| rule.listener == listener)
}

/// The number of rules of a load balancer, without default rules.
fn count(cloud: &Cloud, balancer: &str) -> usize {
    let of_balancer = |rule: &&Rule| {
        let listener = cloud.elb.listeners.get(&rule.listener);
        rule.priority.is_some() && listener.is_some_and(|listener| listener.load_balancer == balancer)
    };
    cloud.elb.rules.values().filter(of_balancer).count()
}

fn check_not_default(rule: &Rule, what: &str) -> Result<(), Refusal> {
    if rule.priority.is_some() {
        return Ok(());
    }
    Err(Refusal::new("OperationNotPermitted", format!("Default rule '{}' cannot be {what}", rule.arn)))
}

fn in_use(priority: u16) -> Refusal {
    Refusal::new("PriorityInUse", format!("Priority '{priority}' is currently in use"))
}

fn new_arn(cloud: &mut Cloud, listener: &str) -> String {
    format!("{}/{}", listener.replace(":listener/", ":listener-rule/"), cloud.ids.hex16())
}

/// The transforms of a call: at most one of each type.
fn transforms(input: &Input) -> Result<Value, Refusal> {
    let given = input.list("Transforms");
    let mut types = BTreeSet::new();
    for transform in &given {
        let kind = transform.required("Type")?;
        ensure!(types.insert(kind), invalid(format!("A rule can only have one transform of the type '{kind}'")));
    }
    Ok(input.kept("Transforms").filter(|_| !given.is_empty()).unwrap_or_default())
}

/// Converts stored parameters to elements.
fn elements_of(name: &str, value: &Value) -> Element {
    match value {
        Value::Object(map) => {
            let inner = map.iter().flat_map(|(key, value)| match value {
                Value::Array(members) => members.iter().map(|member| elements_of(key, member)).collect(),
                value => vec![elements_of(key, value)],
            });
            xml::element(name, inner)
        }
        value => xml::text(name, value.as_str().unwrap_or_default()),
    }
}

fn answer<'a>(cloud: &Cloud, rules: impl IntoIterator<Item = &'a Rule>) -> Vec<Element> {
    vec![xml::list("Rules", "member", rules.into_iter().map(|rule| rule.describe(cloud)))]
}
