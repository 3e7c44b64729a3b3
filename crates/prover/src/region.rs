//! Sets of requests: actions, resources, and values of condition keys.

use std::collections::BTreeMap;

use saas_model::policy::{Condition, Effect, Principal};

use crate::catalogue::{ActionSet, CATALOGUE, Unlisted};
use crate::glob::{self, Glob, TooManyCases};
use crate::policy::{Names, Rule, Undecided, holds_when_absent, is_boolean, is_negated, resolved, test};
use crate::request::{Identity, PRINCIPAL_ACCOUNT, PRINCIPAL_ARN, Request, SERVICE_NAME, identity};

/// A set of requests.
#[derive(Clone, Debug)]
pub struct Region {
    /// The actions.
    pub actions: ActionSet,
    /// The resources.
    pub resource: Texts,
    /// The restricted keys, by their names in lower case.
    keys: BTreeMap<String, Key>,
}

/// A set of strings that match all of some patterns and none of others.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Each string matches all of these.
    pub include: Vec<Glob>,
    /// Each string matches none of these.
    pub exclude: Vec<Glob>,
}

/// The permitted values of a key.
#[derive(Clone, Debug)]
struct Key {
    name: String,
    may_be_absent: bool,
    may_be_present: bool,
    boolean: bool,
    texts: Texts,
    /// The only permitted value, if there is only one.
    exact: Option<String>,
}

impl Region {
    /// All requests for these actions.
    #[must_use]
    pub const fn new(actions: ActionSet, resource: Texts) -> Self {
        Self { actions, resource, keys: BTreeMap::new() }
    }

    /// Restricts a key to this value.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let key = self.key(name);
        key.may_be_absent = false;
        key.texts.include.push(Glob::exactly(value));
        key.exact = Some(value.to_owned());
        self
    }

    /// Restricts a key to be present and to match a pattern.
    #[must_use]
    pub fn with_like(mut self, name: &str, pattern: Glob) -> Self {
        let key = self.key(name);
        key.may_be_absent = false;
        key.texts.include.push(pattern);
        self
    }

    /// Restricts a key to be absent.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.key(name).may_be_present = false;
        self
    }

    /// Restricts a key to be absent or to have none of these values.
    #[must_use]
    pub fn with_none_of<'v>(mut self, name: &str, values: impl IntoIterator<Item = &'v str>) -> Self {
        self.key(name).texts.exclude.extend(values.into_iter().map(Glob::exactly));
        self
    }

    /// The requests to which a statement applies, as a union of regions.
    ///
    /// # Errors
    /// When this cannot be decided.
    pub fn within(&self, rule: &Rule<'_>) -> Result<Vec<Self>, Undecided> {
        let mut start = self.clone();
        start.actions = start.actions.and(&actions(rule));
        let mut regions = vec![start];
        if let Some(resources) = rule.resources {
            regions = each(&regions, |region| region.on(resources, true))?;
        }
        if let Some(principal) = rule.principal {
            regions = each(&regions, |region| region.asked_by(principal, true))?;
        }
        for condition in rule.conditions {
            regions = each(&regions, |region| region.holding(condition, true))?;
        }
        Ok(regions)
    }

    /// The requests to which a statement does not apply, as a union of regions.
    ///
    /// # Errors
    /// When this cannot be decided.
    pub fn outside(&self, rule: &Rule<'_>) -> Result<Vec<Self>, Undecided> {
        let mut other = self.clone();
        other.actions = other.actions.minus(&actions(rule));
        let mut regions = vec![other];
        if let Some(resources) = rule.resources {
            regions.extend(self.on(resources, false)?);
        }
        if let Some(principal) = rule.principal {
            regions.extend(self.asked_by(principal, false)?);
        }
        for condition in rule.conditions {
            regions.extend(self.holding(condition, false)?);
        }
        Ok(regions)
    }

    fn on(&self, names: Names<'_>, listed: bool) -> Result<Vec<Self>, Undecided> {
        let (patterns, of) = match names {
            Names::Of(patterns) => (patterns, true),
            Names::AllBut(patterns) => (patterns, false),
        };
        let globs: Vec<Glob> =
            patterns.iter().map(|pattern| resolved(pattern, |key| self.known(key))).collect::<Result<_, _>>()?;
        let mut regions = Vec::new();
        if of == listed {
            for glob in globs {
                let mut region = self.clone();
                region.resource.include.push(glob);
                regions.push(region);
            }
        } else {
            let mut region = self.clone();
            region.resource.exclude.extend(globs);
            regions.push(region);
        }
        Ok(regions)
    }

    fn asked_by(&self, principal: &Principal, holds: bool) -> Result<Vec<Self>, Undecided> {
        let tests: Vec<(&str, &str)> = match principal {
            Principal::Anyone => return Ok(if holds { vec![self.clone()] } else { Vec::new() }),
            Principal::Service(service) => vec![(SERVICE_NAME, service.as_ref())],
            Principal::Aws(arns) => {
                let key = |arn: &'_ str| match identity(arn) {
                    Ok(Identity::Account(_)) => Ok(PRINCIPAL_ACCOUNT),
                    Ok(Identity::Arn(_)) => Ok(PRINCIPAL_ARN),
                    Err(error) => Err(error),
                };
                let value = |arn| match identity(arn) {
                    Ok(Identity::Account(account)) => account,
                    _ => arn,
                };
                arns.iter().map(|arn| Ok((key(arn)?, value(arn.as_str())))).collect::<Result<_, Undecided>>()?
            }
        };
        if holds {
            return Ok(tests.into_iter().map(|(key, value)| self.clone().with(key, value)).collect());
        }
        Ok(vec![tests.into_iter().fold(self.clone(), |region, (key, value)| region.with_none_of(key, [value]))])
    }

    fn holding(&self, condition: &Condition, holds: bool) -> Result<Vec<Self>, Undecided> {
        let Condition { operator, key, values } = condition;
        let tests: Vec<Glob> =
            values.iter().map(|value| test(*operator, value, |key| self.known(key))).collect::<Result<_, _>>()?;
        let mut regions = Vec::new();
        if holds_when_absent(*operator) == holds {
            regions.push(self.clone().without(key));
        }
        let mut present = self.clone();
        let cell = present.key(key);
        cell.may_be_absent = false;
        cell.boolean |= is_boolean(*operator);
        if is_negated(*operator) == holds {
            present.key(key).texts.exclude.extend(tests);
            regions.push(present);
        } else {
            for test in tests {
                let mut region = present.clone();
                region.key(key).texts.include.push(test);
                regions.push(region);
            }
        }
        Ok(regions)
    }

    /// A request of the region; `None` if the region is empty.
    ///
    /// # Errors
    /// When this cannot be decided.
    pub fn request(&self) -> Result<Option<Request>, Undecided> {
        let Some(action) = CATALOGUE.example(&self.actions) else { return Ok(None) };
        let mut context = BTreeMap::new();
        for key in self.keys.values() {
            match key.value()? {
                Value::Any => {}
                Value::Absent => {}
                Value::Text(text) => drop(context.insert(key.name.clone(), text)),
                Value::None => return Ok(None),
            }
        }
        let Some(resource) = self.resource.one()? else { return Ok(None) };
        let known = |key: &str| context.get(key).cloned();
        let principal = known(PRINCIPAL_ARN)
            .or_else(|| known(SERVICE_NAME))
            .or_else(|| known(PRINCIPAL_ACCOUNT).map(|account| format!("arn:aws:iam::{account}:root")))
            .unwrap_or_else(|| "*".to_owned());
        Ok(Some(Request { principal, action: action.name.clone(), resource, context }))
    }

    /// The value of a key that has only one permitted value.
    fn known(&self, name: &str) -> Option<&str> {
        self.keys.get(&name.to_ascii_lowercase())?.exact.as_deref()
    }

    fn key(&mut self, name: &str) -> &mut Key {
        self.keys.entry(name.to_ascii_lowercase()).or_insert_with(|| Key {
            name: name.to_owned(),
            may_be_absent: true,
            may_be_present: true,
            boolean: false,
            texts: Texts::default(),
            exact: None,
        })
    }
}

impl Texts {
    /// The strings that match a pattern.
    #[must_use]
    pub fn like(pattern: Glob) -> Self {
        Self { include: vec![pattern], exclude: Vec::new() }
    }

    fn one(&self) -> Result<Option<String>, TooManyCases> {
        match self.include.as_slice() {
            // Any resource is permitted, but a request must name one.
            [] => glob::find(&[Glob::like("?*")], &self.exclude),
            include => glob::find(include, &self.exclude),
        }
    }
}

enum Value {
    Any,
    Absent,
    Text(String),
    None,
}

impl Key {
    fn value(&self) -> Result<Value, TooManyCases> {
        if self.may_be_absent {
            let free = self.may_be_present && self.texts.include.is_empty() && self.texts.exclude.is_empty();
            return Ok(if free { Value::Any } else { Value::Absent });
        }
        if !self.may_be_present {
            return Ok(Value::None);
        }
        if self.boolean {
            let fits = |value: &&str| {
                self.texts.include.iter().all(|glob| glob.matches(value))
                    && !self.texts.exclude.iter().any(|glob| glob.matches(value))
            };
            let found = ["true", "false"].iter().find(|value| fits(value));
            return Ok(found.map_or(Value::None, |value| Value::Text((*value).to_owned())));
        }
        Ok(self.texts.one()?.map_or(Value::None, Value::Text))
    }
}

fn each(
    regions: &[Region],
    narrow: impl Fn(&Region) -> Result<Vec<Region>, Undecided>,
) -> Result<Vec<Region>, Undecided> {
    let mut all = Vec::new();
    for region in regions {
        all.extend(narrow(region)?);
        if all.len() > 10_000 {
            return Err(Undecided::TooManyCases);
        }
    }
    Ok(all)
}

/// The actions that a statement names. Unlisted actions count as allowed if they may match, and as
/// denied only if they must match.
pub(crate) fn actions(rule: &Rule<'_>) -> ActionSet {
    let unlisted = match rule.effect {
        Effect::Allow => Unlisted::IfAny,
        Effect::Deny => Unlisted::IfAll,
    };
    CATALOGUE.named(rule.actions, unlisted)
}
