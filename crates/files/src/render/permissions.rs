//! The permissions that the code in tasks gains and loses. Tenants with equal changes share an entry.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools as _;
use saas_model::policy::{Actions, Condition, Statement};
use saas_planner::PlanDiff;

use super::outline::{Entry, Sign};
use super::tenant_list;

pub(super) fn permissions(diff: &PlanDiff) -> Vec<Entry> {
    let mut groups: BTreeMap<(&str, Vec<String>), Vec<&str>> = BTreeMap::new();
    for (role, change) in &diff.permissions {
        let Some((tenant, rest)) = role.within_tenant() else { continue };
        let line = |sign: char, statement: &Statement| format!("{sign} {}", line(diff, statement, tenant));
        let added = change.added.iter().map(|statement| line('+', statement));
        let removed = change.removed.iter().map(|statement| line('-', statement));
        groups.entry((rest, removed.chain(added).collect())).or_default().push(tenant);
    }
    let entry = |((rest, details), tenants): ((&str, Vec<String>), Vec<&str>)| {
        let title = match tenants.as_slice() {
            [tenant] => format!("tenant/{tenant}/{rest}"),
            tenants => format!("tenant/*/{rest}, {}", tenant_list(tenants)),
        };
        Entry { sign: Sign::Changed, title, details }
    };
    groups.into_iter().map(entry).collect()
}

/// A statement in a line, with `{tenant.id}` in place of the tenant's id.
fn line(diff: &PlanDiff, statement: &Statement, tenant: &str) -> String {
    let resource = |resource: &str| resource.replace(tenant, "{tenant.id}");
    statement_line(statement, resource, &diff.shared_resources, ", shared by tenants")
}

/// A statement in a line: its actions, its resources as `resource` writes them, and its conditions. If one of the
/// resources is `shared`, the line ends with `note`.
pub fn statement_line(
    statement: &Statement,
    resource: impl Fn(&str) -> String,
    shared: &BTreeSet<String>,
    note: &str,
) -> String {
    let Statement { sid: _, effect: _, principal: _, actions, resources, conditions } = statement;
    let condition =
        |Condition { operator, key, values }: &Condition| format!("{operator} {key} = {}", values.iter().join(" or "));
    let conditions = match conditions.is_empty() {
        true => String::new(),
        false => format!(" if {}", conditions.iter().map(condition).join(" and ")),
    };
    let note = if resources.iter().any(|resource| shared.contains(resource)) { note } else { "" };
    let resources = resources.iter().map(|name| resource(name)).join(", ");
    let actions = match actions {
        Actions::Of(actions) => actions.iter().join(", "),
        Actions::AllBut(actions) => format!("everything but {}", actions.iter().join(", ")),
    };
    format!("{actions} on {resources}{conditions}{note}")
}
