//! The deletions that come last, when the services are stable: no step depends on them.
//!
//! A service rolls back to an earlier revision when the new one does not start. And the tasks of a deployment
//! before still use the rules that are not planned any more, until the tasks of the new one have replaced them:
//! a changed port, for example, adds a rule and removes the one of the old port.

use std::collections::BTreeSet;

use saas_model::{Kind, Plan};

use crate::apply::change_set::{Action, Change, ChangeSet, Reason};
use crate::provider::exclusive_property;
use crate::state::observed::ObservedResource;

/// The deletions of a change set that come last.
#[derive(Default)]
pub(crate) struct LastDeletions<'c> {
    /// Outdated revisions of resources that stay.
    pub(crate) revisions: Vec<&'c ObservedResource>,
    /// Rules of the security groups of tenants that have services.
    pub(crate) rules: Vec<&'c ObservedResource>,
}

impl<'c> LastDeletions<'c> {
    pub(crate) fn of(plan: &Plan, changes: &'c ChangeSet) -> Self {
        let mut last = Self::default();
        let rules = RemovedRules::of(plan, changes);
        for change in &changes.changes {
            let Some(found) = &change.found else { continue };
            if is_outdated(plan, change) {
                last.revisions.push(found);
            } else if rules.wait(change) {
                last.rules.push(found);
            }
        }
        last
    }

    /// Whether this resource is deleted last.
    pub(crate) fn contains(&self, found: &ObservedResource) -> bool {
        self.revisions.iter().chain(&self.rules).any(|last| std::ptr::eq(*last, found))
    }

    /// The tenants whose services must be stable before their rules are deleted.
    pub(crate) fn waiting_tenants(&self) -> BTreeSet<&'c str> {
        self.rules.iter().filter_map(|rule| rule.address.tenant()).collect()
    }
}

/// Whether a change deletes an old revision of a resource that stays.
fn is_outdated(plan: &Plan, change: &Change) -> bool {
    change.kind.has_revisions()
        && matches!(change.action, Action::Delete { reason: Reason::Superseded })
        && plan.node(&change.address).is_some()
}

/// Decides which removed rules of security groups wait for the services.
struct RemovedRules<'c> {
    /// The tenants that have a service in the plan.
    served: BTreeSet<&'c str>,
    /// The properties of rules to be created: AWS refuses an equal rule beside the one that is removed.
    wanted: BTreeSet<String>,
    /// The owners of security groups to be deleted, which cannot be before the rules that refer to them.
    without_group: BTreeSet<Option<&'c str>>,
}

impl<'c> RemovedRules<'c> {
    fn of(plan: &'c Plan, changes: &'c ChangeSet) -> Self {
        let services = plan.nodes().iter().filter(|node| node.kind() == Kind::Service);
        let of_kind = |kind: Kind| changes.changes.iter().filter(move |change| change.kind == kind);
        let created = of_kind(Kind::SecurityGroupRule).filter(|change| creates(&change.action));
        let planned = created.filter_map(|change| plan.node(&change.address));
        let gone = of_kind(Kind::SecurityGroup).filter(|change| change.removed().is_some());
        Self {
            served: services.filter_map(|node| node.address.tenant()).collect(),
            wanted: planned.filter_map(|node| exclusive_property(&node.resource)).collect(),
            without_group: gone.map(|change| change.address.tenant()).collect(),
        }
    }

    fn wait(&self, change: &Change) -> bool {
        let is_removed = change.kind == Kind::SecurityGroupRule
            && matches!(change.action, Action::Delete { reason: Reason::NotPlanned });
        let tenant = change.address.tenant();
        let property = change.found.as_ref().and_then(|found| found.fields.as_ref()).and_then(exclusive_property);
        is_removed
            && tenant.is_some_and(|tenant| self.served.contains(tenant))
            && property.is_none_or(|property| !self.wanted.contains(&property))
            && ![tenant, None].iter().any(|owner| self.without_group.contains(owner))
    }
}

const fn creates(action: &Action) -> bool {
    matches!(action, Action::Create | Action::Replace { .. })
}

#[cfg(test)]
mod tests {
    use saas_model::{Address, Node};

    use super::*;
    use crate::state::observed::{Identity, Tags};

    const TENANT: &str = "acme-corp";

    fn plan() -> Plan {
        let bytes = include_bytes!("../../../../fixtures/saas-platform/plan.msgpack");
        Plan::decode(bytes).expect("the fixture's plan is valid")
    }

    fn of_tenant(plan: &Plan, kind: Kind) -> &Node {
        let mut nodes = plan.nodes().iter().filter(|node| node.address.tenant() == Some(TENANT));
        nodes.find(|node| node.kind() == kind).expect("every tenant has one")
    }

    /// The deletion of a rule at this address, which has the fields of one that is planned, or no known ones.
    fn removed_rule(address: &str, fields: Option<&Node>, reason: Reason) -> Change {
        let address = Address::literal(address);
        let found =
            ObservedResource::at(Kind::SecurityGroupRule, address.clone(), Identity::of_id("sgr-1"), Tags::new());
        let found = ObservedResource { fields: fields.map(|node| node.resource.clone()), ..found };
        let change = Change::new(address, Kind::SecurityGroupRule, Action::Delete { reason }, None);
        Change { found: Some(found), ..change }
    }

    fn waits(plan: &Plan, changes: Vec<Change>) -> bool {
        let changes = ChangeSet { changes, ..ChangeSet::empty(plan.id()) };
        !LastDeletions::of(plan, &changes).rules.is_empty()
    }

    #[test]
    fn removed_rule_of_a_tenant_with_services_waits_for_them() {
        let plan = plan();
        let rule = |tenant: &str, reason| removed_rule(&format!("tenant/{tenant}/rule/egress/587/1"), None, reason);
        assert!(waits(&plan, vec![rule(TENANT, Reason::NotPlanned)]));
        assert!(!waits(&plan, vec![rule("gone", Reason::NotPlanned)]), "its services are deleted");
        assert!(!waits(&plan, vec![rule(TENANT, Reason::Destroyed)]), "everything is deleted");
        let shared = removed_rule("ingress/0/rule/old", None, Reason::NotPlanned);
        assert!(!waits(&plan, vec![shared]));
    }

    #[test]
    fn removed_rule_does_not_wait_where_another_step_needs_its_deletion() {
        let plan = plan();
        let planned = of_tenant(&plan, Kind::SecurityGroupRule);
        let moved = || removed_rule("tenant/acme-corp/rule/as-in-format-1", Some(planned), Reason::NotPlanned);
        assert!(waits(&plan, vec![moved()]));
        let created = Change::new(planned.address.clone(), planned.kind(), Action::Create, None);
        assert!(!waits(&plan, vec![moved(), created]), "AWS refuses two equal rules");
        let group = of_tenant(&plan, Kind::SecurityGroup);
        let found = ObservedResource::at(group.kind(), group.address.clone(), Identity::of_id("sg-1"), Tags::new());
        let replaced = Action::Replace { fields: Vec::new(), beside: false };
        let replaced =
            Change { found: Some(found), ..Change::new(group.address.clone(), group.kind(), replaced, None) };
        assert!(!waits(&plan, vec![moved(), replaced]), "its group cannot be deleted before it");
    }
}
