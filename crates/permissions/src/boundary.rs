//! The permissions boundary of the roles of a plan: what they may do at most, with any tenant.
//!
//! It allows what the policies of the plan's roles allow, with `*` in the place of the tenant. The data of
//! other tenants is protected by the policies of roles and buckets, not by the boundary. The boundary keeps the provisioner
//! from creating a role that may do more than tenants need.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::identifier::{PlatformName, PolicyArn};
use saas_model::policy::{Actions, Condition, Effect, Operator, Policy, Statement};
use saas_model::resource::{ResourceSpec, Role};
use saas_model::{Plan, Set};

use crate::any_tenant::for_any_tenant;
use crate::split::{LONGEST_POLICY, counted};
use crate::{Boundary, Named};

/// The boundary of a plan's roles, with the ARN that the plan gives it, or that it may give it.
pub(crate) fn boundary(plan: &Plan, planned: Option<&PolicyArn>) -> Boundary {
    let header = plan.header();
    let own = || header.place().global_arn("iam", format_args!("policy/{}-boundary", header.platform));
    let arn = planned.map_or_else(own, ToString::to_string);
    let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
    Boundary { policy: Named { name, document: document(plan) }, is_planned: planned.is_some(), arn }
}

/// What all roles of the plan may do together. Conditions are left out where the policy would otherwise be too long.
fn document(plan: &Plan) -> Policy {
    let exact = merged(plan, true);
    if counted(&exact) <= LONGEST_POLICY { exact } else { merged(plan, false) }
}

fn merged(plan: &Plan, with_conditions: bool) -> Policy {
    let mut resources: BTreeMap<(Actions, Set<Condition>), BTreeSet<String>> = BTreeMap::new();
    let platform = &plan.header().platform;
    for node in plan.nodes() {
        let Some(role) = Role::of(&node.resource) else { continue };
        let tenant = &node.tags.tenant_id;
        for statement in role.policies.values().flat_map(|policy| &policy.statements) {
            let conditions = if with_conditions { statement.conditions.clone() } else { Set::new() };
            let conditions = conditions.iter().map(|condition| of_any_tenant(condition, platform, tenant)).collect();
            let of = statement.resources.iter().map(|arn| for_any_tenant(arn, platform, tenant));
            resources.entry((statement.actions.clone(), conditions)).or_default().extend(of);
        }
    }
    let statement = |(((actions, conditions), resources), number): ((_, BTreeSet<String>), usize)| Statement {
        sid: format!("Roles{number}").into(),
        effect: Effect::Allow,
        principal: None,
        actions,
        resources: resources.into_iter().collect(),
        conditions,
    };
    Policy { statements: resources.into_iter().zip(1..).map(statement).collect() }
}

/// The condition with `*` in the place of the tenant.
fn of_any_tenant(condition: &Condition, platform: &PlatformName, tenant: &str) -> Condition {
    let values: Set<String> = condition.values.iter().map(|value| for_any_tenant(value, platform, tenant)).collect();
    let operator = match condition.operator {
        Operator::StringEquals if values != condition.values => Operator::StringLike,
        same => same,
    };
    Condition { operator, key: condition.key.clone(), values }
}
