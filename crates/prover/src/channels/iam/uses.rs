//! What a tenant's roles are for: which of them code in tasks has, and which of their policies the spec wrote.

use std::collections::BTreeSet;

use saas_model::policy::{Actions, Effect, Policy, Statement};
use saas_model::resource::{Role, Service, TaskDefinition};
use saas_model::{Address, Node};

use super::trust::is_for_scheduler;
use crate::view::{Tenant, View};

/// The policy with what the spec allows the code in a task beside its tenant's own bucket.
const OF_THE_SPEC: &str = "allow";

/// The uses of a tenant's roles.
pub(super) struct Uses<'a> {
    /// The roles of the code in tasks.
    code: BTreeSet<&'a Address>,
    /// The roles that start tasks.
    start: BTreeSet<&'a Address>,
    /// The roles of the code in tasks of services with ECS Exec.
    exec: BTreeSet<&'a Address>,
}

impl<'a> Uses<'a> {
    pub(super) fn of(view: &View<'a>, tenant: &Tenant<'a>) -> Self {
        let definitions = || tenant.all::<TaskDefinition>().map(|(_, definition)| definition);
        let with_exec = tenant.all::<Service>().filter(|(_, service)| service.exec);
        Self {
            code: definitions().map(|definition| definition.task_role.address()).collect(),
            start: definitions().map(|definition| definition.execution_role.address()).collect(),
            exec: with_exec
                .filter_map(|(_, service)| Some(view.get(&service.task_definition)?.task_role.address()))
                .collect(),
        }
    }

    /// Whether code in a service with ECS Exec has this role.
    pub(super) fn is_with_exec(&self, role: &Address) -> bool {
        self.exec.contains(role)
    }

    /// Whether a policy says what the spec allows: it is the one with that name, of a role that only code in tasks
    /// has.
    pub(super) fn is_of_the_spec(&self, node: &Node, role: &Role, policy: &str) -> bool {
        policy == OF_THE_SPEC
            && self.code.contains(&node.address)
            && !self.start.contains(&node.address)
            && !is_for_scheduler(role)
    }
}

/// A resource pattern of a statement, with where it is.
#[derive(Clone, Copy)]
pub(super) struct Pattern<'a> {
    pub(super) node: &'a Node,
    pub(super) role: &'a Role,
    /// The name of the policy.
    pub(super) policy: &'a str,
    pub(super) statement: &'a Statement,
    /// The patterns of its actions.
    pub(super) actions: &'a [String],
    /// `None` for a statement without resources, and for one about all actions but some: no short argument covers
    /// these.
    pub(super) text: Option<&'a str>,
}

/// The resource patterns of the allow statements of a tenant's roles, in order: of the policies that the spec wrote,
/// or of the others.
pub(super) fn patterns<'a>(
    view: &View<'a>,
    tenant: &Tenant<'a>,
    of_the_spec: bool,
) -> impl Iterator<Item = Pattern<'a>> + use<'a> {
    let uses = Uses::of(view, tenant);
    let policies = tenant.policies();
    let chosen = policies.filter(move |(node, role, name, _)| uses.is_of_the_spec(node, role, name) == of_the_spec);
    chosen.flat_map(|(node, role, policy, Policy { statements })| {
        statements.iter().filter(|statement| statement.effect == Effect::Allow).flat_map(move |statement| {
            let (actions, resources): (&[String], &[String]) = match &statement.actions {
                Actions::Of(actions) => (actions, &statement.resources),
                Actions::AllBut(_) => (&[], &[]),
            };
            let none = resources.is_empty().then_some(None);
            let some = resources.iter().map(|pattern| Some(pattern.as_str()));
            none.into_iter().chain(some).map(move |text| Pattern { node, role, policy, statement, actions, text })
        })
    })
}
