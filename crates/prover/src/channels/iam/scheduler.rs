//! The role with which EventBridge Scheduler starts a tenant's jobs.

use std::sync::LazyLock;

use saas_model::Node;
use saas_model::policy::{Condition, Effect, Operator, Statement};
use saas_model::resource::{EcsCluster, Role};

use super::trust::{TASKS, is_for_scheduler};
use super::{found, own_requests};
use crate::catalogue::{ActionSet, CATALOGUE, Unlisted};
use crate::claim::Facts;
use crate::policy::Rule;
use crate::region::Texts;
use crate::solve::allowed;
use crate::view::{Tenant, View};

static RUN: LazyLock<ActionSet> = LazyLock::new(|| CATALOGUE.like(&["ecs:RunTask"], Unlisted::IfAll));
static PASS: LazyLock<ActionSet> = LazyLock::new(|| CATALOGUE.like(&["iam:PassRole"], Unlisted::IfAll));

/// Which resources these permissions name is the matter of `iam/identity`.
pub(super) fn starts<'a>(view: &View<'a>, tenant: &Tenant<'a>, facts: &mut Facts) {
    let clusters: Vec<String> = view
        .shared::<EcsCluster>()
        .map(|(_, cluster)| view.at().arn("ecs", format_args!("cluster/{}", cluster.name)))
        .collect();
    let to_tasks = [TASKS.to_owned()];
    for (node, role, name, policy) in tenant.policies().filter(|(_, role, ..)| is_for_scheduler(role)) {
        for (place, statement) in policy.statements.iter().enumerate() {
            let at = format!("{}.policies.{name}.{place}", tenant.within(node));
            let actions = view.allowed_actions(statement);
            for (set, key, values) in
                [(&*RUN, "ecs:cluster", &clusters[..]), (&*PASS, "iam:PassedToService", &to_tasks)]
            {
                let about = actions.and(set);
                if statement.effect == Effect::Deny || about.is_empty() {
                    continue;
                }
                facts.require(statement.conditions.iter().any(|condition| is_limited(condition, key, values)), || {
                    let reason = format!("the condition on {key} is missing or admits more than is planned");
                    (at.clone(), reason, attack(view, tenant, (node, role), statement, about, (key, values)))
                });
            }
        }
    }
}

/// Whether a condition admits only these values of a key.
fn is_limited(Condition { operator, key, values: admitted }: &Condition, name: &str, values: &[String]) -> bool {
    let equal = matches!(operator, Operator::StringEquals | Operator::ArnLike);
    let planned = |value: &String| values.contains(value) && !value.contains(['*', '?', '$']);
    equal && key.eq_ignore_ascii_case(name) && !admitted.is_empty() && admitted.iter().all(planned)
}

/// A request with another value of the key.
fn attack(
    view: &View<'_>,
    tenant: &Tenant<'_>,
    (_, role): (&Node, &Role),
    statement: &Statement,
    actions: ActionSet,
    (key, values): (&str, &[String]),
) -> crate::counterexample::Counterexample {
    let region = own_requests(view, tenant, role, actions, Texts::default());
    let region = region.with_none_of(key, values.iter().map(String::as_str));
    found(allowed(&[Rule::from(statement)], &region))
}
