//! The steps of a change set, and their dependencies.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::fields::FieldChange;
use saas_model::plan::CONTROL_BUCKET;
use saas_model::{Address, Kind, Node, Plan, receipt};
use strum::IntoEnumIterator;

use crate::apply::change_set::{Action, ChangeSet};
use crate::apply::cycle::DependencyCycle;
use crate::apply::last::LastDeletions;
use crate::apply::order::{ConcurrencyGroup, needs};
use crate::apply::scheduler::{Step, cycle};
use crate::event::Verb;
use crate::provider::{declaration, exclusive_property, finishes};
use crate::state::observed::ObservedResource;

/// One operation.
pub(crate) enum Op<'c> {
    Create(&'c Node),
    /// Completes a resource after its creation.
    Finish(&'c Node),
    Update(&'c Node, &'c ObservedResource, &'c [FieldChange]),
    /// `first` when the successor can only be created after the deletion.
    Delete {
        found: &'c ObservedResource,
        first: bool,
    },
    /// AWS deletes it together with the resource at this address, so it needs no call.
    Cascade(&'c ObservedResource, &'c Address),
}

impl Op<'_> {
    pub(crate) const fn address(&self) -> &Address {
        match self {
            Self::Create(node) | Self::Finish(node) | Self::Update(node, ..) => &node.address,
            Self::Delete { found, .. } | Self::Cascade(found, _) => &found.address,
        }
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Create(node) | Self::Finish(node) | Self::Update(node, ..) => node.kind(),
            Self::Delete { found, .. } | Self::Cascade(found, _) => found.kind,
        }
    }

    fn concurrency_group(&self) -> ConcurrencyGroup {
        match self {
            Self::Finish(_) => ConcurrencyGroup::Finishing,
            Self::Create(_) | Self::Update(..) => ConcurrencyGroup::of_creations(self.kind()),
            Self::Delete { .. } | Self::Cascade(..) => ConcurrencyGroup::of_deletions(self.kind()),
        }
    }

    const fn creates_or_updates(&self) -> bool {
        matches!(self, Self::Create(_) | Self::Update(..))
    }

    pub(crate) const fn verb(&self) -> Verb {
        match self {
            Self::Create(_) => Verb::Create,
            Self::Finish(_) | Self::Update(..) => Verb::Update,
            Self::Delete { .. } | Self::Cascade(..) => Verb::Delete,
        }
    }
}

/// The operations of a change set, in its order, without those that come last.
pub(crate) fn operations<'c>(plan: &'c Plan, changes: &'c ChangeSet) -> Vec<Op<'c>> {
    let mut ops = Vec::new();
    let cascades = cascades(changes);
    let last = LastDeletions::of(plan, changes);
    let moved = moved_properties(plan, changes);
    for change in &changes.changes {
        if change.found.as_ref().is_some_and(|found| last.contains(found)) {
            continue;
        }
        let node = plan.node(&change.address);
        match (&change.action, node, &change.found) {
            (Action::Create, Some(node), _) => ops.extend(created(node)),
            (Action::Update { fields }, Some(node), Some(found)) => ops.push(Op::Update(node, found, fields)),
            (Action::Replace { beside, .. }, Some(node), Some(found)) => {
                ops.extend(created(node));
                ops.push(Op::Delete { found, first: !beside });
            }
            (Action::Delete { .. }, _, Some(found)) => ops.push(match cascades.get(&change.address) {
                Some(parent) => Op::Cascade(found, parent),
                // A resource that only moves to another address keeps its users.
                None => Op::Delete { found, first: property(found).is_some_and(|key| moved.contains(&key)) },
            }),
            // A change set is made from the plan and the observed state, so no other case occurs.
            _ => {}
        }
    }
    ops
}

/// The parts that AWS deletes together with another deleted resource, with the address of that one.
///
/// Otherwise, at three calls a second, every `DeleteRule` would have to finish before the load balancer of a
/// hundred tenants could be deleted.
fn cascades(changes: &ChangeSet) -> BTreeMap<&Address, &Address> {
    let mut deleted: BTreeMap<&Address, Vec<&ObservedResource>> = BTreeMap::new();
    for change in &changes.changes {
        if let (Action::Delete { .. }, Some(found)) = (&change.action, &change.found) {
            deleted.entry(&change.address).or_default().push(found);
        }
    }
    // When several resources share an address, a reference to it is ambiguous.
    deleted.retain(|_, found| found.len() == 1);
    // A part may be in another part: a rule in a listener, which is on a load balancer.
    let parent = |part: &ObservedResource| {
        let with = declaration(part.kind).part()?.deleted_with?;
        let mut inner = part;
        loop {
            let (_, outer) = deleted.get_key_value(container(inner)?)?;
            if outer[0].kind == with {
                return Some(&outer[0].address);
            }
            inner = outer[0];
        }
    };
    deleted.iter().filter_map(|(&address, found)| Some((address, parent(found[0])?))).collect()
}

/// The address of the resource that a live one is a part of.
fn container(found: &ObservedResource) -> Option<&Address> {
    (declaration(found.kind).part()?.container)(found.fields.as_ref()?)
}

/// Whether AWS deletes the parts of a resource of this kind together with it.
fn deletes_parts(kind: Kind) -> bool {
    Kind::iter().any(|part| declaration(part).part().is_some_and(|part| part.deleted_with == Some(kind)))
}

fn created(node: &Node) -> impl Iterator<Item = Op<'_>> {
    std::iter::once(Op::Create(node)).chain(finishes(node.kind()).then_some(Op::Finish(node)))
}

/// The exclusive property of a live resource, with its kind.
fn property(found: &ObservedResource) -> Option<(Kind, String)> {
    Some((found.kind, exclusive_property(found.fields.as_ref()?)?))
}

/// The exclusive properties of the resources to be created.
fn moved_properties(plan: &Plan, changes: &ChangeSet) -> BTreeSet<(Kind, String)> {
    let created = changes.changes.iter().filter(|change| matches!(change.action, Action::Create));
    let nodes = created.filter_map(|change| plan.node(&change.address));
    nodes.filter_map(|node| Some((node.kind(), exclusive_property(&node.resource)?))).collect()
}

/// The steps with their dependencies.
///
/// # Errors
/// When steps depend on each other in a cycle.
pub(crate) fn steps(ops: &[Op<'_>]) -> Result<Vec<Step<ConcurrencyGroup>>, DependencyCycle> {
    let index = Index::of(ops);
    let after = ops.iter().enumerate().map(|(step, op)| match op {
        Op::Create(node) => index.created_after(node),
        Op::Update(node, ..) => index.updated_after(node),
        Op::Finish(node) => index.created_by.get(&node.address).copied().into_iter().collect(),
        // The control bucket holds the lease, so it is deleted last.
        Op::Delete { found, .. } if found.address.as_str() == CONTROL_BUCKET => {
            (0..ops.len()).filter(|&other| other != step).collect()
        }
        Op::Delete { found, first } => index.deleted_after(ops, found, *first),
        Op::Cascade(_, parent) => index.parents.get(*parent).copied().into_iter().collect(),
    });
    let mut steps: Vec<_> =
        after.zip(ops).map(|(after, op): (BTreeSet<usize>, _)| Step { group: op.concurrency_group(), after }).collect();
    while let Some(cycle) = cycle(&steps) {
        let waits = cycle.iter().zip(cycle.iter().cycle().skip(1));
        let removable = waits.map(|(&step, &awaited)| (step, awaited)).find(|&(step, awaited)| {
            // A resource that is deleted first makes room for its successor. It cannot also wait for a
            // resource that is deleted only after its users moved to a successor: AWS allows both to
            // exist.
            matches!(ops[step], Op::Delete { first: true, .. })
                && matches!(ops[awaited], Op::Delete { first: false, .. })
        });
        let Some((step, awaited)) = removable else {
            let step = |step: usize| receipt::Step { address: ops[step].address().clone(), verb: ops[step].verb() };
            return Err(DependencyCycle(cycle.into_iter().map(step).collect()));
        };
        steps[step].after.remove(&awaited);
    }
    Ok(steps)
}

/// Indexes of the steps, by the keys of the lookups.
struct Index<'c> {
    created_by: BTreeMap<&'c Address, usize>,
    /// Deletions that make room for a successor at the same address.
    deleted_first: BTreeMap<&'c Address, usize>,
    /// Deletions that release a property which only one resource can have.
    releases: BTreeMap<(Kind, String), Vec<usize>>,
    /// The deletions of resources that AWS deletes together with their parts.
    parents: BTreeMap<&'c Address, usize>,
    /// The steps of each tenant; those of shared resources under `None`.
    of_tenant: BTreeMap<Option<&'c str>, Vec<usize>>,
}

impl<'c> Index<'c> {
    fn of(ops: &'c [Op<'c>]) -> Self {
        let (mut created_by, mut deleted_first, mut parents) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (mut releases, mut of_tenant) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for (step, op) in ops.iter().enumerate() {
            of_tenant.entry(op.address().tenant()).or_default().push(step);
            match op {
                Op::Create(_) | Op::Update(..) => {
                    created_by.insert(op.address(), step);
                }
                Op::Finish(_) => {}
                Op::Delete { found, .. } | Op::Cascade(found, _) => {
                    if matches!(op, Op::Delete { first: true, .. }) {
                        deleted_first.insert(op.address(), step);
                    }
                    if deletes_parts(found.kind) {
                        parents.insert(op.address(), step);
                    }
                    if let Some(property) = property(found) {
                        releases.entry(property).or_default().push(step);
                    }
                }
            }
        }
        Self { created_by, deleted_first, releases, parents, of_tenant }
    }

    /// The steps before a node is created or updated: its dependencies, and the deletion that makes room
    /// for it.
    fn updated_after(&self, node: &Node) -> BTreeSet<usize> {
        let needed = node.dependencies().into_iter().filter_map(|address| self.created_by.get(address));
        needed.chain(self.deleted_first.get(&node.address)).copied().collect()
    }

    /// The steps before a node is created: also those that release its exclusive property.
    fn created_after(&self, node: &Node) -> BTreeSet<usize> {
        let property = exclusive_property(&node.resource);
        let releases = property.and_then(|property| self.releases.get(&(node.kind(), property)));
        let mut after = self.updated_after(node);
        after.extend(releases.into_iter().flatten());
        after
    }

    /// The steps before a resource is deleted with everything that AWS deletes along with it.
    fn deleted_after(&self, ops: &[Op<'_>], found: &ObservedResource, first: bool) -> BTreeSet<usize> {
        let mut after = self.unused_after(ops, found, first);
        if deletes_parts(found.kind) {
            let part = ops.iter().filter_map(|op| match op {
                Op::Cascade(part, parent) if **parent == found.address => Some(*part),
                _ => None,
            });
            after.extend(part.flat_map(|part| self.unused_after(ops, part, first)));
            after.retain(|&step| !matches!(ops[step], Op::Cascade(..)));
        }
        after
    }

    /// The steps after which no resource uses this one: its users are deleted, or moved to its successor.
    /// A deletion that makes room for the successor cannot wait for such a move.
    fn unused_after(&self, ops: &[Op<'_>], found: &ObservedResource, first: bool) -> BTreeSet<usize> {
        let user = |step: &usize| {
            let op = &ops[*step];
            let uses = if first { !op.creates_or_updates() } else { true };
            uses && !matches!(op, Op::Finish(_)) && needs(op.kind()).contains(&found.kind)
        };
        // Resources of other tenants never use a tenant's resource.
        match found.address.tenant() {
            None => (0..ops.len()).filter(user).collect(),
            tenant => {
                let related = [tenant, None].into_iter().filter_map(|tenant| self.of_tenant.get(&tenant));
                related.flatten().copied().filter(user).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::LocalBoxFuture;
    use saas_model::Ref;
    use saas_model::Resource;
    use saas_model::resource::ResourceSpec;

    use super::*;
    use crate::apply::change_set::{Change, Reason};
    use crate::apply::scheduler::{self, Outcome};
    use crate::state::observed::{Identity, Tags};

    fn plan() -> Plan {
        let bytes = include_bytes!("../../../../fixtures/saas-platform/plan.msgpack");
        Plan::decode(bytes).expect("the fixture's plan is valid")
    }

    /// A live resource at the address of a node, with the planned fields.
    fn found(node: &Node) -> ObservedResource {
        let found = ObservedResource::at(node.kind(), node.address.clone(), Identity::of_id("id"), Tags::new());
        ObservedResource { fields: Some(node.resource.clone()), ..found }
    }

    fn change(node: &Node, action: Action) -> Change {
        let change = Change::new(node.address.clone(), node.kind(), action, None);
        Change { found: Some(found(node)), ..change }
    }

    fn changes(plan: &Plan, changes: Vec<Change>) -> ChangeSet {
        ChangeSet { changes, ..ChangeSet::empty(plan.id()) }
    }

    const IN_PLACE: Action = Action::Update { fields: Vec::new() };

    const fn replaced(beside: bool) -> Action {
        Action::Replace { fields: Vec::new(), beside }
    }

    /// The position of each step in a valid order.
    fn order(steps: &[Step<ConcurrencyGroup>]) -> Vec<usize> {
        let mut position = vec![None; steps.len()];
        for next in 0..steps.len() {
            let ready = (0..steps.len()).find(|&step| {
                position[step].is_none() && steps[step].after.iter().all(|&earlier| position[earlier].is_some())
            });
            position[ready.expect("no step waits for itself")] = Some(next);
        }
        position.into_iter().flatten().collect()
    }

    /// A change of the environment changes the path of every role, and every tag.
    #[test]
    fn roles_replaced_under_the_same_name_are_deleted_before_creation_without_a_cycle() {
        let plan = plan();
        let action = |node: &Node| if node.kind() == Kind::Role { replaced(false) } else { IN_PLACE };
        let changes = changes(&plan, plan.nodes().iter().map(|node| change(node, action(node))).collect());
        let ops = operations(&plan, &changes);
        let steps = steps(&ops).expect("the steps can be ordered");
        let order = order(&steps);
        for (step, op) in ops.iter().enumerate().filter(|(_, op)| op.kind() == Kind::Role && !op.creates_or_updates()) {
            let creates_or_updates = |other: &&Op<'_>| other.creates_or_updates() && other.address() == op.address();
            let successor = ops.iter().position(|other| creates_or_updates(&other)).expect("it is replaced");
            assert!(order[step] < order[successor], "{}", op.address());
        }
    }

    /// The old target groups are deleted after all rules have moved to the new ones. The new ones belong
    /// to the new network, and the old network has to be deleted before that is created.
    #[test]
    fn replaced_network_and_create_before_destroy_target_groups_have_no_cycle() {
        let plan = plan();
        let action = |node: &Node| match node.kind() {
            Kind::Vpc => replaced(false),
            Kind::TargetGroup => replaced(true),
            _ => IN_PLACE,
        };
        let unseen = |change: Change| Change {
            found: change.found.map(|found| ObservedResource { fields: None, ..found }),
            ..change
        };
        let all = plan.nodes().iter().map(|node| unseen(change(node, action(node))));
        let changes = changes(&plan, all.collect());
        let ops = operations(&plan, &changes);
        order(&steps(&ops).expect("the steps can be ordered"));
    }

    #[test]
    fn buckets_that_swap_names_are_both_deleted_before_either_is_created() {
        let plan = plan();
        let is_bucket = |node: &&Node| node.kind() == Kind::Bucket && node.address.tenant().is_some();
        let buckets: Vec<&Node> = plan.nodes().iter().filter(is_bucket).collect();
        let swapped = |node: &Node, with: &Node| Change {
            found: Some(ObservedResource { fields: Some(with.resource.clone()), ..found(node) }),
            ..change(node, replaced(false))
        };
        let [one, other] = [buckets[0], buckets[1]];
        let changes = changes(&plan, vec![swapped(one, other), swapped(other, one)]);
        let ops = operations(&plan, &changes);
        let order = order(&steps(&ops).expect("the steps can be ordered"));
        let last_deletion = (0..4).filter(|&step| !ops[step].creates_or_updates()).map(|step| order[step]).max();
        let first_creation = (0..4).filter(|&step| ops[step].creates_or_updates()).map(|step| order[step]).min();
        assert!(last_deletion < first_creation);
    }

    /// The name of a cluster is unique, so a replacement cannot exist beside the one that services still
    /// use.
    #[test]
    fn dependency_cycle_error_names_the_addresses() {
        let plan = plan();
        let used = |node: &&Node| matches!(node.kind(), Kind::EcsCluster | Kind::Service);
        let changes =
            changes(&plan, plan.nodes().iter().filter(used).map(|node| change(node, replaced(true))).collect());
        let error = steps(&operations(&plan, &changes)).expect_err("none of them can be the first").to_string();
        let cluster = plan.nodes().iter().find(|node| node.kind() == Kind::EcsCluster).expect("there is one");
        for text in [format!("delete `{}` depends on ", cluster.address), format!("create `{}`", cluster.address)] {
            assert!(error.contains(&text), "{text}: {error}");
        }
    }

    #[test]
    fn load_balancer_deletion_removes_listeners_and_rules_after_all_services() {
        let plan = plan();
        let destroyed = |node: &Node| change(node, Action::Delete { reason: Reason::Destroyed });
        let changes = changes(&plan, plan.nodes().iter().map(destroyed).collect());
        let ops = operations(&plan, &changes);
        let order = order(&steps(&ops).expect("the steps can be ordered"));
        let of = |kind: Kind| -> Vec<usize> { (0..ops.len()).filter(|&step| ops[step].kind() == kind).collect() };
        let [balancer] = of(Kind::LoadBalancer)[..] else { panic!("the fixture has one load balancer") };
        for step in of(Kind::Listener).into_iter().chain(of(Kind::ListenerRule)) {
            assert!(matches!(ops[step], Op::Cascade(_, with) if with == ops[balancer].address()));
            assert!(order[balancer] < order[step], "{}", ops[step].address());
        }
        assert!(of(Kind::Service).into_iter().all(|step| order[step] < order[balancer]));
        assert!(of(Kind::TargetGroup).into_iter().all(|step| order[balancer] < order[step]));
    }

    /// Removing a hundred tenants of 250 deletes two load balancers.
    #[test]
    fn load_balancer_deletions_do_not_wait_for_listeners_of_other_load_balancers() {
        let plan = plan();
        let node = |kind| plan.nodes().iter().find(|node| node.kind() == kind).expect("the fixture has one");
        let (balancer, listener) = (node(Kind::LoadBalancer), node(Kind::Listener));
        let destroyed = |node: &Node| change(node, Action::Delete { reason: Reason::NotPlanned });
        let second = |text: &str| Address::literal(format!("{text}/second"));
        let mut other_balancer = destroyed(balancer);
        other_balancer.address = second(balancer.address.as_str());
        let mut other_listener = destroyed(listener);
        other_listener.address = second(listener.address.as_str());
        for other in [&mut other_balancer, &mut other_listener] {
            let found = other.found.as_mut().expect("it is live");
            found.address = other.address.clone();
            if let Some(Resource::Listener(listener)) = &mut found.fields {
                listener.load_balancer = Ref::to(second(balancer.address.as_str()));
            }
        }
        let changes = changes(&plan, vec![destroyed(balancer), destroyed(listener), other_balancer, other_listener]);
        let ops = operations(&plan, &changes);
        assert_eq!(ops.iter().filter(|op| matches!(op, Op::Cascade(..))).count(), 2);
        order(&steps(&ops).expect("the steps can be ordered"));
    }

    /// The rule of a deleted tenant, on a load balancer that stays.
    #[test]
    fn rule_of_a_kept_load_balancer_is_deleted_by_its_own_call() {
        let plan = plan();
        let leaves = |node: &&Node| node.address.tenant() == Some("acme-corp");
        let deleted = |node: &Node| change(node, Action::Delete { reason: Reason::NotPlanned });
        let changes = changes(&plan, plan.nodes().iter().filter(leaves).map(deleted).collect());
        let ops = operations(&plan, &changes);
        assert!(ops.iter().all(|op| matches!(op, Op::Delete { .. })));
    }

    #[test]
    fn creation_waits_for_deletion_of_a_resource_with_the_same_claim() {
        let plan = plan();
        let rules: Vec<&Node> = plan.nodes().iter().filter(|node| node.kind() == Kind::SecurityGroupRule).collect();
        let [one, other] = [rules[0], rules[1]];
        // The rule whose claim `one` needs is live at another address, and is deleted.
        let mut deleted = change(other, Action::Delete { reason: Reason::NotPlanned });
        deleted.found = Some(ObservedResource { fields: Some(one.resource.clone()), ..found(other) });
        let creates = Change::new(one.address.clone(), one.kind(), Action::Create, None);
        let changes = changes(&plan, vec![creates, deleted]);
        let steps = steps(&operations(&plan, &changes)).expect("the steps can be ordered");
        assert_eq!(steps[0].after, BTreeSet::from([1]));
    }

    #[test]
    fn superseded_revision_has_no_step_but_a_destroyed_revision_has_one() {
        let plan = plan();
        let is_definition = |node: &&Node| saas_model::resource::TaskDefinition::of(&node.resource).is_some();
        let node = plan.nodes().iter().find(is_definition).expect("the fixture has services");
        let outdated_one = change(node, Action::Delete { reason: Reason::Superseded });
        let destroyed = change(node, Action::Delete { reason: Reason::Destroyed });
        let changes = changes(&plan, vec![outdated_one, destroyed]);
        assert_eq!(operations(&plan, &changes).len(), 1);
        assert_eq!(LastDeletions::of(&plan, &changes).revisions.len(), 1);
    }

    fn application() -> Plan {
        let bytes = include_bytes!("../../../../fixtures/real-application/plan.msgpack");
        Plan::decode(bytes).expect("the fixture's plan is valid")
    }

    /// The services of its tenant stay as they are, and every other tenant's change.
    #[tokio::test]
    async fn failed_migration_skips_only_the_services_and_schedules_of_its_tenant() {
        let plan = application();
        let changes = changes(&plan, plan.nodes().iter().map(|node| change(node, IN_PLACE)).collect());
        let ops = operations(&plan, &changes);
        let steps = steps(&ops).expect("the steps can be ordered");
        let fails = |op: &Op<'_>| op.kind() == Kind::Migration && op.address().tenant() == Some("acme");
        let perform = |step: usize| -> LocalBoxFuture<'_, Result<(), ()>> {
            let result = if fails(&ops[step]) { Err(()) } else { Ok(()) };
            Box::pin(async move { result })
        };
        let ran = scheduler::run(&steps, ConcurrencyGroup::width, || true, perform).await;
        let skipped: BTreeSet<&Address> = ops
            .iter()
            .zip(&ran.outcomes)
            .filter(|(_, outcome)| matches!(outcome, Outcome::NotReached(_)))
            .map(|(op, _)| op.address())
            .collect();
        let depends = |node: &&Node| {
            let kinds = [Kind::Service, Kind::ScalableTarget, Kind::Schedule];
            node.address.tenant() == Some("acme") && kinds.contains(&node.kind())
        };
        let expected: BTreeSet<&Address> = plan.nodes().iter().filter(depends).map(|node| &node.address).collect();
        assert!(expected.len() > 3, "{expected:?}");
        assert_eq!(skipped, expected);
    }

    /// Every address of a tenant was another in plans of format 1, and the names are the same.
    #[test]
    fn resources_that_move_to_other_addresses_make_room_for_themselves() {
        let plan = plan();
        let moves = |node: &&Node| {
            let kinds = [Kind::SecurityGroupRule, Kind::TargetGroup, Kind::ListenerRule, Kind::Service];
            node.address.tenant() == Some("acme-corp") && kinds.contains(&node.kind())
        };
        let before = |node: &Node| {
            let address =
                Address::literal(format!("tenant/acme-corp/before/{}", node.address.as_str().replace('/', "-")));
            let mut goes = change(node, Action::Delete { reason: Reason::NotPlanned });
            goes.address = address.clone();
            if let Some(found) = &mut goes.found {
                found.address = address;
            }
            goes
        };
        let moving: Vec<&Node> = plan.nodes().iter().filter(moves).collect();
        let created = |node: &&Node| Change::new(node.address.clone(), node.kind(), Action::Create, None);
        let all = moving.iter().map(created).chain(moving.iter().map(|node| before(node)));
        let changes = changes(&plan, all.collect());
        let ops = operations(&plan, &changes);
        order(&steps(&ops).expect("the steps can be ordered"));
    }
}
