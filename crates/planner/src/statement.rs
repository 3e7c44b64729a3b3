//! Building blocks of policy statements.

use saas_model::Set;
use saas_model::identifier::RoleArn;
use saas_model::policy::{Actions, Condition, Effect, Operator, Principal, Statement};

pub(crate) fn strings(strings: &[&str]) -> Set<String> {
    strings.iter().map(|&text| text.to_owned()).collect()
}

pub(crate) fn allow(sid: &'static str, actions: &Set<String>, resources: impl Into<Set<String>>) -> Statement {
    Statement {
        sid: sid.into(),
        effect: Effect::Allow,
        principal: None,
        actions: actions.clone().into(),
        resources: resources.into(),
        conditions: Set::new(),
    }
}

pub(crate) fn deny(
    sid: &'static str,
    actions: &Actions,
    resources: &Set<String>,
    conditions: Set<Condition>,
) -> Statement {
    Statement {
        sid: sid.into(),
        effect: Effect::Deny,
        principal: Some(Principal::Anyone),
        actions: actions.clone(),
        resources: resources.clone(),
        conditions,
    }
}

pub(crate) fn condition(operator: Operator, key: &'static str, values: impl Into<Set<String>>) -> Condition {
    Condition { operator, key: key.into(), values: values.into() }
}

/// Holds for every principal except these roles; `None` when there are none.
pub(crate) fn none_of_roles(roles: &[Option<&RoleArn>]) -> Option<Condition> {
    let roles: Set<String> = roles.iter().flatten().map(ToString::to_string).collect();
    (!roles.is_empty()).then(|| condition(Operator::ArnNotLike, "aws:PrincipalArn", roles))
}
