//! From spec and lock to the plan.

use std::collections::BTreeMap;

use saas_model::identifier::PlatformName;
use saas_model::lock::LockedPlatform;
use saas_model::names::Names;
use saas_model::plan::{Draft, Fault};
use saas_model::resource::EcsCluster;
use saas_model::{Address, Attribute, Header, Lock, Plan, Spec, Text};

use crate::addresses as at;
use crate::collision::{Collision, collisions};
use crate::owner::Owner;
use crate::shards::{Shard, shards};
use crate::{control, database, ingress, network, tenant};

/// A plan, its bytes, and the lock that it was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The plan as it is written to `plan.msgpack`.
    pub bytes: Vec<u8>,
    /// The lock for the tenants of the spec; it is written beside the plan.
    pub lock: Lock,
}

/// The spec is valid, and no plan can be made of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the spec cannot be planned: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct PlanningError(
    /// All that is wrong.
    pub Vec<PlanningProblem>,
);

/// Why no plan can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanningProblem {
    /// Two resources would have one name.
    #[error(transparent)]
    Collision(#[from] Collision),
    /// The lock is that of another platform.
    #[error("the lock belongs to the platform `{lock}`, and the spec is of `{spec}`")]
    ForeignLock {
        /// Whose the lock is.
        lock: PlatformName,
        /// Whose the spec is.
        spec: PlatformName,
    },
    /// The nodes do not make a plan, which is a fault of the planner and not of the spec.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Plans what `spec` asks for. Tenants that `lock` does not know are given the next slots.
///
/// The same spec and lock give the same bytes, always and everywhere.
///
/// # Errors
/// When two resources would have one name, and all such are told at once; when `lock` is that of
/// another platform.
pub fn plan(spec: &Spec, lock: &Lock) -> Result<Planned, PlanningError> {
    if let Some(LockedPlatform { name, .. }) = lock.platform().filter(|owner| owner.name != spec.platform.name) {
        let foreign = PlanningProblem::ForeignLock { lock: name.clone(), spec: spec.platform.name.clone() };
        return Err(PlanningError(vec![foreign]));
    }
    let lock = lock.reconciled(spec.tenants.iter().map(|tenant| &tenant.id)).owned_by((&spec.platform).into());
    let (drafts, outputs) = contents(spec, &lock);
    let problems: Vec<PlanningProblem> = collisions(&drafts).into_iter().map(PlanningProblem::from).collect();
    if !problems.is_empty() {
        return Err(PlanningError(problems));
    }
    let (plan, bytes) = Plan::seal(header(spec, &lock), drafts, outputs)
        .map_err(|faults| PlanningError(faults.into_iter().map(PlanningProblem::from).collect()))?;
    Ok(Planned { plan, bytes, lock })
}

fn header(spec: &Spec, lock: &Lock) -> Header {
    let platform = &spec.platform;
    Header {
        platform: platform.name.clone(),
        environment: platform.environment.clone(),
        account: platform.account.clone(),
        region: platform.region.clone(),
        provisioner: platform.provisioner.clone(),
        spec: spec.digest(),
        lock: lock.digest(),
    }
}

/// The nodes of the plan and its outputs.
fn contents(spec: &Spec, lock: &Lock) -> (Vec<Draft>, BTreeMap<Address, Text>) {
    let names = Names::new(spec.platform.name.clone()).in_scope(spec.names.scope);
    let shards = shards(spec, lock);
    let everybody = Owner::everybody(&spec.platform);

    let mut drafts = Vec::with_capacity(100 + tenant::NODES * spec.tenants.len());
    drafts.push(control::bucket(spec, &names, &everybody));
    drafts.extend(database::nodes(spec, &names, &everybody));
    drafts.extend(ingress::nodes(spec, &names, &shards, &everybody));
    drafts.extend(network::nodes(spec, &everybody));
    drafts.push(ecs_cluster(spec, &names, &everybody));
    let mut outputs = shared_outputs(&names, &shards);

    // Tenant by tenant in the order of their ids, which is nearly that of their addresses.
    let shared: BTreeMap<u32, tenant::Shared<'_>> =
        shards.iter().map(|shard| (shard.number, tenant::Shared::new(spec, &names, shard))).collect();
    for tenant in &spec.tenants {
        let slot = lock.slots()[&tenant.id];
        outputs.extend(tenant::tenant(tenant, slot.priority(), &shared[&slot.shard()], &mut drafts));
    }
    (drafts, outputs)
}

/// The cluster waits for the ways out, through which tasks pull their images, so that no service
/// needs to.
fn ecs_cluster(spec: &Spec, names: &Names, owner: &Owner) -> Draft {
    let routes = spec.network.zones.iter().map(|zone| at::private_route_table(&zone.name).address().clone());
    let cluster = owner.draft(&at::ecs_cluster(), EcsCluster { name: names.ecs_cluster() });
    Draft { after: routes.collect(), ..cluster }
}

/// What people and programs want to know of what tenants share.
fn shared_outputs(names: &Names, shards: &[Shard<'_>]) -> BTreeMap<Address, Text> {
    let endpoint = Text::output(at::db_cluster().address().clone(), Attribute::Endpoint);
    let mut outputs = BTreeMap::from([(Address::literal("database/endpoint"), endpoint)]);
    for &Shard { number, .. } in shards {
        let name = Text::literal(names.load_balancer(number));
        let dns_name = Text::output(at::load_balancer(number).address().clone(), Attribute::DnsName);
        outputs.insert(Address::literal(format!("ingress/{number}/load-balancer-name")), name);
        outputs.insert(Address::literal(format!("ingress/{number}/dns-name")), dns_name);
    }
    outputs
}
