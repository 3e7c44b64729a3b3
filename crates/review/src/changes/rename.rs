//! Services and jobs that have another name. For AWS, and so for an apply, these are one that goes and one that
//! comes.

use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools as _;
use saas_model::resource::{ResourceSpec, TaskDefinition};
use saas_model::{Address, Plan};
use saas_planner::PlanDiff;
use saas_planner::diff::NodeChange;
use serde::Serialize;

/// A service or a job with another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Renamed {
    /// The old address, relative to the tenant, such as `service/web`.
    pub before: String,
    /// The new one.
    pub after: String,
    /// The tenants.
    pub tenants: Vec<String>,
    /// The number of resources that are created under the new name.
    pub resources: usize,
}

impl Renamed {
    /// Whether a resource belongs to the old or to the new one.
    pub(super) fn covers(&self, address: &Address) -> bool {
        let Some((tenant, rest)) = address.within_tenant() else { return false };
        let is_beneath = |name: &str| rest == name || rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
        self.tenants.iter().any(|known| known == tenant) && (is_beneath(&self.before) || is_beneath(&self.after))
    }
}

/// The services and jobs of tenants that stay, of which one goes and one comes that runs the same.
pub(super) fn renamed(before: &Plan, after: &Plan, diff: &PlanDiff) -> Vec<Renamed> {
    let (gone, came) = (programs(before, diff, false), programs(after, diff, true));
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for (tenant, gone) in &gone {
        let came = came.get(tenant).map(Vec::as_slice).unwrap_or_default();
        for (old, runs) in gone {
            let same = |runs_too: &&(String, Runs)| runs_too.1 == *runs && folder(&runs_too.0) == folder(old);
            // With several of a kind, none is known to be the other's successor.
            if let (Ok((new, _)), true) = (
                came.iter().filter(same).exactly_one(),
                gone.iter().filter(|other| other.1 == *runs && folder(&other.0) == folder(old)).count() == 1,
            ) {
                found.entry((old.clone(), new.clone())).or_default().push((*tenant).to_owned());
            }
        }
    }
    let renamed = |((before, after), tenants): ((String, String), Vec<String>)| {
        let mut renamed = Renamed { before, after, tenants, resources: 0 };
        let added = diff.nodes.iter().filter(|(_, change)| matches!(change, NodeChange::Added(_)));
        renamed.resources = added.filter(|(address, _)| renamed.covers(address)).count();
        renamed
    };
    found.into_iter().map(renamed).collect()
}

/// What a service or a job runs: the size, and the image and the command of each container.
#[derive(PartialEq, Eq)]
struct Runs {
    size: (u32, u32),
    containers: BTreeSet<(String, Vec<String>)>,
}

/// The services and jobs that only one plan has, by tenant.
fn programs<'p>(plan: &'p Plan, diff: &PlanDiff, added: bool) -> BTreeMap<&'p str, Vec<(String, Runs)>> {
    let mut found: BTreeMap<&str, Vec<(String, Runs)>> = BTreeMap::new();
    for node in plan.nodes() {
        let is_one_sided = match diff.nodes.get(&node.address) {
            Some(NodeChange::Added(_)) => added,
            Some(NodeChange::Removed(_)) => !added,
            _ => false,
        };
        let stays = |tenant: &str| !diff.tenants_added.contains(tenant) && !diff.tenants_removed.contains(tenant);
        let Some((tenant, rest)) = node.address.within_tenant().filter(|(tenant, _)| is_one_sided && stays(tenant))
        else {
            continue;
        };
        if let (Some(definition), Some(program)) =
            (TaskDefinition::of(&node.resource), rest.strip_suffix("/task-definition"))
        {
            let containers = definition.containers.values();
            let containers = containers.map(|container| (container.image.to_string(), container.command.clone()));
            let runs = Runs { size: (definition.cpu, definition.memory), containers: containers.collect() };
            found.entry(tenant).or_default().push((program.to_owned(), runs));
        }
    }
    found
}

/// `service` or `job`.
fn folder(program: &str) -> &str {
    program.split('/').next().unwrap_or_default()
}
