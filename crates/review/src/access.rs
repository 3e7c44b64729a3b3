//! Who may newly reach what: what the proofs leave open, the permissions of the code in tasks, and the
//! destinations of tasks.

use std::collections::{BTreeMap, BTreeSet};

use saas_files::proof::{self, Access, ProofSummary};
use saas_files::render::permissions::statement_line;
use saas_model::policy::Effect;
use saas_model::resource::{Direction, Peer, Resource, ResourceSpec, Role, SecurityGroupRule, Service, TaskDefinition};
use saas_model::{Address, Node, Plan};
use saas_planner::PlanDiff;
use saas_prover::Certificate;
use serde::Serialize;

use crate::words::folded;

/// Who may reach what, and what of it is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Isolation {
    /// What is proven of the new plan.
    pub proof: ProofSummary,
    /// What the new proof leaves open and the old one does not. Without an old plan: what is refuted.
    pub opened: Vec<Access>,
    /// What only the old proof leaves open.
    pub closed: Vec<Access>,
    /// What people and the code in tasks may newly do.
    pub gained: Vec<Reach>,
    /// What they may no longer do.
    pub lost: Vec<Reach>,
}

/// What a principal may do, alike for several tenants but for their ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reach {
    /// What: permissions, a destination, or commands in containers.
    pub what: String,
    /// The tenants; empty for the platform.
    pub tenants: Vec<String>,
}

impl Isolation {
    /// Compares two plans with their certificates. Without an old certificate, everything is new.
    #[must_use]
    pub fn of(
        (before, live): (&Plan, Option<&Certificate>),
        (after, certificate): (&Plan, &Certificate),
        diff: &PlanDiff,
    ) -> Self {
        let changes = live.map(|live| proof::compare(live, certificate));
        let (opened, closed) = match changes {
            Some(changes) => (changes.opened, changes.closed),
            None => (proof::refuted(certificate), Vec::new()),
        };
        let [old, new] = [before, after].map(|plan| Reaches::of(plan, &diff.shared_resources));
        Self {
            proof: ProofSummary::of(certificate),
            opened,
            closed,
            gained: new.beyond(&old, true),
            lost: old.beyond(&new, false),
        }
    }

    /// Whether every obligation holds, except for known risks.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.proof.refuted == 0
    }

    /// Whether nothing is newly reachable.
    #[must_use]
    pub fn opens_nothing(&self) -> bool {
        self.opened.is_empty() && self.gained.is_empty()
    }
}

/// What each tenant may reach: with `{tenant}` in the place of its id, and as it is. That of the platform is under
/// `None`.
struct Reaches<'p>(BTreeMap<Option<&'p str>, BTreeMap<String, String>>);

impl<'p> Reaches<'p> {
    /// `shared` are the resources that more than one tenant may use.
    fn of(plan: &'p Plan, shared: &BTreeSet<String>) -> Self {
        let definitions = plan.nodes().iter().filter_map(|node| TaskDefinition::of(&node.resource));
        let task_roles: BTreeSet<&Address> = definitions.map(|definition| definition.task_role.address()).collect();
        let mut reaches: BTreeMap<Option<&str>, BTreeMap<String, String>> = BTreeMap::new();
        for node in plan.nodes() {
            let entry = |what: String| match node.address.tenant() {
                Some(tenant) => (folded(&what, tenant), what),
                None => (what.clone(), what),
            };
            let reach = reach(plan, node, shared, &task_roles).into_iter().map(entry);
            reaches.entry(node.address.tenant()).or_default().extend(reach);
        }
        Self(reaches)
    }

    /// What is only in `self`. A tenant that `other` does not have is compared with all that others have there:
    /// if `joining`, its like is not new; otherwise it left, and what it had is not worth a line.
    fn beyond(&self, other: &Self, joining: bool) -> Vec<Reach> {
        let tenants = other.0.iter().filter(|(tenant, _)| tenant.is_some());
        let any: BTreeMap<String, String> = tenants.flat_map(|(_, reaches)| reaches.clone()).collect();
        let none = BTreeMap::new();
        let mut found: BTreeMap<&str, (&str, Vec<String>)> = BTreeMap::new();
        for (tenant, reaches) in &self.0 {
            let known = match other.0.get(tenant) {
                Some(known) => known,
                None if tenant.is_none() => &none,
                None if joining => &any,
                None => continue,
            };
            for (alike, what) in reaches.iter().filter(|(alike, _)| !known.contains_key(*alike)) {
                found.entry(alike).or_insert((what, Vec::new())).1.extend(tenant.map(str::to_owned));
            }
        }
        let reach = |(alike, (first, tenants)): (&str, (&str, Vec<String>))| {
            let what = if tenants.len() == 1 { first } else { alike }.to_owned();
            Reach { what, tenants }
        };
        found.into_iter().map(reach).collect()
    }
}

/// What a node allows to reach.
fn reach(plan: &Plan, node: &Node, shared: &BTreeSet<String>, task_roles: &BTreeSet<&Address>) -> Vec<String> {
    let address = &node.address;
    match &node.resource {
        // What a service may do is said of the service, whichever of the roles it has.
        Resource::TaskDefinition(definition) => {
            let program = address.as_str().strip_suffix("/task-definition").unwrap_or(address.as_str());
            let role = plan.node(definition.task_role.address()).and_then(|node| Role::of(&node.resource));
            let who = format!("code of `{program}`");
            role.map(|role| permissions(&who, role, shared)).unwrap_or_default()
        }
        Resource::Role(_) if task_roles.contains(address) => Vec::new(),
        Resource::Role(role) => permissions(&format!("`{address}`"), role, shared),
        Resource::SecurityGroupRule(SecurityGroupRule { group, direction, port, peer, .. }) => {
            let group = group.address();
            let may = match (direction, peer) {
                (Direction::Egress, Peer::Cidr(cidr)) => {
                    format!("members of `{group}` may connect to TCP {port} of {cidr}")
                }
                (Direction::Egress, Peer::Group(peer)) => {
                    format!("members of `{group}` may connect to TCP {port} of members of `{}`", peer.address())
                }
                (Direction::Ingress, Peer::Cidr(cidr)) => {
                    format!("{cidr} may connect to TCP {port} of members of `{group}`")
                }
                // Said of the other side.
                (Direction::Ingress, Peer::Group(_)) => return Vec::new(),
            };
            vec![may]
        }
        Resource::Service(Service { exec, public_ip, .. }) => {
            let commands = exec.then(|| format!("people may run commands in the containers of `{address}` (ECS Exec)"));
            let public = public_ip.then(|| format!("tasks of `{address}` have a public address"));
            commands.into_iter().chain(public).collect()
        }
        Resource::Bucket(bucket) => {
            let is_control = plan.control_bucket().is_some_and(|(control, _)| control.address == node.address);
            let roles = bucket.policy.administrators();
            let roles = roles.into_iter().filter(|_| is_control);
            roles.map(|role| format!("{role} may access and change all buckets")).collect()
        }
        Resource::DatabaseAccess(access) => {
            let extensions = access.extensions.iter();
            extensions.map(|name| format!("tenants may use the extension `{name}` of PostgreSQL")).collect()
        }
        // By themselves, they let no one reach anything.
        Resource::Vpc(_)
        | Resource::Subnet(_)
        | Resource::InternetGateway(_)
        | Resource::ElasticIp(_)
        | Resource::NatGateway(_)
        | Resource::RouteTable(_)
        | Resource::VpcEndpoint(_)
        | Resource::SecurityGroup(_)
        | Resource::DbSubnetGroup(_)
        | Resource::DbClusterParameterGroup(_)
        | Resource::DbCluster(_)
        | Resource::DbInstance(_)
        | Resource::TenantSchema(_)
        | Resource::Secret(_)
        | Resource::LogGroup(_)
        | Resource::LoadBalancer(_)
        | Resource::Listener(_)
        | Resource::TargetGroup(_)
        | Resource::ListenerRule(_)
        | Resource::EcsCluster(_)
        | Resource::ScalableTarget(_)
        | Resource::ScheduleGroup(_)
        | Resource::Schedule(_)
        | Resource::Migration(_) => Vec::new(),
    }
}

/// What the policies of a role allow.
fn permissions(who: &str, role: &Role, shared: &BTreeSet<String>) -> Vec<String> {
    let statements = role.policies.values().flat_map(|policy| policy.statements.iter());
    let allowed = statements.filter(|statement| statement.effect == Effect::Allow);
    let line = |statement| statement_line(statement, str::to_owned, shared, ", which tenants share");
    allowed.map(|statement| format!("{who} may {}", line(statement))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_in_containers_do_not_hide_a_public_address() {
        let plan = include_bytes!("../../../fixtures/saas-platform/plan.msgpack");
        let plan = Plan::decode(plan).expect("the fixture is a plan");
        let mut nodes = plan.nodes().iter().filter(|node| Service::of(&node.resource).is_some()).cloned();
        let mut node = nodes.next().expect("it has services");
        if let Resource::Service(service) = &mut node.resource {
            (service.exec, service.public_ip) = (true, true);
        }
        let reached = reach(&plan, &node, &BTreeSet::new(), &BTreeSet::new());
        let told = ["people may run commands", "have a public address"];
        assert_eq!(reached.len(), told.len(), "{reached:?}");
        assert!(reached.iter().zip(told).all(|(what, part)| what.contains(part)), "{reached:?}");
    }
}
