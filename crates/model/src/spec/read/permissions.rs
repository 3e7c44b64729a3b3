//! The `[[service.<name>.allow]]` and `[[service.<name>.egress]]` tables.

use toml_span::Span;

use super::super::keys::{allow, egress, service as key};
use super::super::permissions::{Action, Refused, on_everything, on_resources, resource};
use super::super::{EgressRule, Permission, Text};
use super::Reader;
use super::setting::Setting;
use crate::cidr::Cidr;
use crate::policy::{Condition, Operator};
use crate::toml::{At, Field, Section};

/// A permission as written.
#[derive(Clone, Debug)]
pub(super) struct Allowed {
    actions: Vec<At<String>>,
    resources: Vec<At<Text>>,
    conditions: Vec<(At<String>, At<String>, Vec<String>)>,
}

pub(super) fn read_allow(section: &mut Section<'_>) -> Setting<Vec<At<Allowed>>> {
    let read = |mut section: Section<'_>| {
        let (actions, resources) = (section.texts(allow::ACTIONS), section.texts(allow::RESOURCES));
        let conditions = section.nested_texts(allow::CONDITIONS);
        Some(Allowed { actions: actions.required()?, resources: resources.required()?, conditions })
    };
    section.sections_if_any(key::ALLOW, &allow::TABLE, read).into()
}

pub(super) fn read_egress(section: &mut Section<'_>) -> Setting<Vec<At<EgressRule>>> {
    let read = |mut section: Section<'_>| {
        let (port, cidr) = (section.number(egress::PORT, 1..=65_535), section.text(egress::CIDR));
        Some(EgressRule { port: u16::try_from(port.required()?).ok()?, cidr: cidr.required()? })
    };
    section.sections_if_any(key::EGRESS, &egress::TABLE, read).into()
}

pub(super) fn build_allow(field: Field<Vec<At<Allowed>>>) -> Option<Vec<Permission>> {
    let allowed = field.optional()?.unwrap_or_default().into_iter();
    let mut permissions: Vec<Permission> = allowed.map(|allowed| allowed.value.build()).collect::<Option<_>>()?;
    // Their order has no meaning.
    permissions.sort();
    Some(permissions)
}

pub(super) fn build_egress(field: Field<Vec<At<EgressRule>>>) -> Option<Vec<EgressRule>> {
    let mut rules: Vec<EgressRule> = field.optional()?.unwrap_or_default().into_iter().map(|rule| rule.value).collect();
    rules.sort();
    rules.dedup();
    Some(rules)
}

impl Allowed {
    fn build(self) -> Option<Permission> {
        let Self { actions, resources, conditions } = self;
        let mut actions: Vec<String> = actions.into_iter().map(|action| action.value).collect();
        let mut resources: Vec<Text> = resources.into_iter().map(|resource| resource.value).collect();
        let condition = |(operator, key, values): (At<String>, At<String>, Vec<String>)| {
            let operator = operator.value.parse().ok()?;
            Some(Condition { operator, key: key.value.into(), values: values.into() })
        };
        let mut conditions: Vec<Condition> = conditions.into_iter().map(condition).collect::<Option<_>>()?;
        // Their order has no meaning.
        actions.sort();
        resources.sort();
        conditions.sort();
        Some(Permission { actions, resources, conditions })
    }
}

impl Reader<'_> {
    pub(super) fn check_allow(&self, allow: &Setting<Vec<At<Allowed>>>) {
        for Allowed { actions, resources, conditions } in
            allow.own().iter().flat_map(|all| &all.value).map(|at| &at.value)
        {
            for (list, what) in [(actions.is_empty(), "actions"), (resources.is_empty(), "resources")] {
                if let (true, Some(all)) = (list, allow.own()) {
                    self.document.problem(all.span, format!("a permission needs {what}"), "these permissions", None);
                }
            }
            let is_everything = resources.iter().any(|resource| resource.value.to_string() == "*");
            if is_everything && resources.len() > 1 {
                let message = "`*` includes all other resources";
                self.document.problem(resources[0].span, message, "these resources", Some("remove the others"));
            }
            for action in actions {
                let check = if is_everything { on_everything } else { on_resources };
                self.refuse(Action::of(&action.value).and_then(check), action.span, "this action");
            }
            for resource in resources.iter().filter(|_| !is_everything) {
                self.check_resource(resource);
            }
            for (operator, _, _) in conditions {
                if operator.value.parse::<Operator>().is_err() {
                    let message = format!("`{}` is not an operator that saas supports", operator.value);
                    let help = "use StringEquals, StringNotEquals, StringLike, StringNotLike, ArnLike, ArnNotLike, Bool or \
                                BoolIfExists";
                    self.document.problem(operator.span, message, "this operator", Some(help));
                }
            }
        }
    }

    fn check_resource(&self, text: &At<Text>) {
        let checked = match text.value.longest() {
            Ok(longest) => resource(&longest),
            Err(placeholder) => Err((format!("`{{{placeholder}}}` cannot be part of an ARN here"), None)),
        };
        self.refuse(checked, text.span, "this resource");
    }

    fn refuse(&self, checked: Result<(), Refused>, span: Span, label: &str) {
        if let Err((message, help)) = checked {
            self.document.problem(span, message, label, help.as_deref());
        }
    }

    /// Checks that no destination is in the network of the platform: rules between its parts are the
    /// planner's.
    pub(super) fn check_egress(&self, egress: &Setting<Vec<At<EgressRule>>>, network: Option<&Cidr>) {
        for rule in egress.own().iter().flat_map(|all| &all.value) {
            if let Some(network) = network.filter(|network| network.contains(&rule.cidr)) {
                let message = format!("`{}` is within the platform's own network, {network}", rule.cidr);
                let help = "the database and HTTPS are open already; tenants do not reach each other";
                self.document.problem(rule.span, message, "this destination", Some(help));
            }
        }
    }
}
