//! Computes a plan from a spec and a lock.

use std::collections::BTreeMap;

use itertools::Itertools as _;
use saas_model::identifier::{PlatformName, ServiceName, TenantId};
use saas_model::lock::{Demand, LockedPlatform};
use saas_model::names::Names;
use saas_model::plan::{Draft, Fault};
use saas_model::resource::{CapacityProvider, EcsCluster};
use saas_model::{Address, Attribute, Header, Lock, Plan, Spec, Template};

use crate::addresses;
use crate::collision::{Collision, collisions};
use crate::owner::Owner;
use crate::shards::{Shard, shards};
use crate::{control, database, ingress, network, reach, tenant};

/// A plan, its bytes, and its lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The bytes of `plan.msgpack`.
    pub bytes: Vec<u8>,
    /// The lock for the tenants of the spec, to be written next to the plan.
    pub lock: Lock,
}

/// The spec is valid, but cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the spec cannot be planned: {}", .0.iter().join("; "))]
pub struct PlanningError(
    /// All problems.
    pub Vec<PlanningProblem>,
);

/// Why a spec cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanningProblem {
    /// Two resources have the same name.
    #[error(transparent)]
    Collision(#[from] Collision),
    /// The lock belongs to another platform.
    #[error("the lock belongs to platform `{lock}`, but the spec describes platform `{spec}`")]
    ForeignLock {
        /// The platform of the lock.
        lock: PlatformName,
        /// The platform of the spec.
        spec: PlatformName,
    },
    /// A permission of a service or job reaches a resource of the plan that is not its tenant's.
    #[error(
        "`{resource}`, which `{task}` of `{tenant}` may use, reaches `{address}`: name resources that are not part of \
         the platform, with `{{tenant.id}}` in those of one tenant"
    )]
    ForeignResource {
        /// The tenant.
        tenant: TenantId,
        /// The service or job.
        task: ServiceName,
        /// The resource of the permission.
        resource: String,
        /// The node that it reaches.
        address: Address,
    },
    /// A service or job takes a secret of the plan by its name.
    #[error("`{secret}`, which `{task}` of `{tenant}` takes by its name, is the secret `{address}` of the plan")]
    OwnSecret {
        /// The tenant.
        tenant: TenantId,
        /// The service or job.
        task: ServiceName,
        /// The name of the secret.
        secret: String,
        /// The node of the secret.
        address: Address,
    },
    /// The nodes do not form a valid plan, which is a bug in the planner.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Computes the plan of `spec`. Tenants without a slot in `lock` get the next free slots.
///
/// The same spec and lock always give the same bytes.
///
/// # Errors
/// When two resources have the same name (all such pairs are reported), or when `lock` belongs to
/// another platform.
pub fn plan(spec: &Spec, lock: &Lock) -> Result<Planned, PlanningError> {
    if let Some(LockedPlatform { name, .. }) = lock.platform().filter(|owner| owner.name != spec.platform.name) {
        let foreign_lock = PlanningProblem::ForeignLock { lock: name.clone(), spec: spec.platform.name.clone() };
        return Err(PlanningError(vec![foreign_lock]));
    }
    let lock = lock.reconciled(demands(spec)).owned_by((&spec.platform).into());
    let (drafts, outputs) = contents(spec, &lock);
    let collisions = collisions(&drafts).into_iter().map(PlanningProblem::from);
    let problems: Vec<PlanningProblem> = collisions.chain(reach::problems(spec, &drafts)).collect();
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
        platform_tags: platform.tags.clone(),
        spec: spec.digest(),
        lock: lock.digest(),
    }
}

/// The tenants of a spec, each with what it needs of its load balancer.
pub fn demands(spec: &Spec) -> impl Iterator<Item = (&TenantId, Demand)> {
    spec.tenants.iter().map(|tenant| (&tenant.id, Demand::of(tenant)))
}

/// The nodes of the plan and its outputs.
fn contents(spec: &Spec, lock: &Lock) -> (Vec<Draft>, BTreeMap<Address, Template>) {
    let names = Names::new(spec.platform.name.clone()).in_scope(spec.names.scope);
    let shards = shards(spec, lock);
    let shared_owner = Owner::shared(&spec.platform);

    let mut drafts = Vec::with_capacity(100 + tenant::nodes(spec));
    drafts.push(control::bucket(spec, &names, &shared_owner));
    drafts.extend(database::nodes(spec, &names, &shared_owner));
    drafts.extend(ingress::nodes(spec, &names, &shards, &shared_owner));
    drafts.extend(network::nodes(spec, &shared_owner));
    drafts.push(ecs_cluster(spec, &names, &shared_owner));
    let mut outputs = shared_outputs(&names, &shards);

    // In tenant id order, which is nearly address order.
    let shared: BTreeMap<u32, tenant::Shared<'_>> =
        shards.iter().map(|shard| (shard.number, tenant::Shared::new(spec, &names, shard))).collect();
    for tenant in &spec.tenants {
        let slot = lock.slots()[&tenant.id];
        outputs.extend(tenant::tenant(tenant, slot, &shared[&slot.shard()], &mut drafts));
    }
    (drafts, outputs)
}

/// The cluster depends on the private route tables, through which tasks pull their images, so that
/// services need not depend on them.
fn ecs_cluster(spec: &Spec, names: &Names, owner: &Owner) -> Draft {
    let routes = spec.network.zones.iter().map(|zone| addresses::private_route_table(&zone.name).address().clone());
    let cluster = EcsCluster {
        name: names.ecs_cluster(),
        capacity_providers: [CapacityProvider::Fargate, CapacityProvider::FargateSpot].into(),
    };
    let cluster = owner.draft(&addresses::ecs_cluster(), cluster);
    Draft { after: routes.collect(), ..cluster }
}

/// The outputs of shared resources.
fn shared_outputs(names: &Names, shards: &[Shard<'_>]) -> BTreeMap<Address, Template> {
    let endpoint = Template::output(addresses::db_cluster().address().clone(), Attribute::Endpoint);
    let mut outputs = BTreeMap::from([(Address::literal("database/endpoint"), endpoint)]);
    for &Shard { number, .. } in shards {
        let name = Template::literal(names.load_balancer(number));
        let dns_name = Template::output(addresses::load_balancer(number).address().clone(), Attribute::DnsName);
        outputs.insert(Address::literal(format!("ingress/{number}/load-balancer-name")), name);
        outputs.insert(Address::literal(format!("ingress/{number}/dns-name")), dns_name);
    }
    outputs
}
