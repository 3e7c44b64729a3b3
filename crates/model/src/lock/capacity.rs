//! What a load balancer can serve, and what tenants need of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{SHARD_SIZE, Slot};
use crate::spec::Tenant;

/// The limits of an application load balancer: rules (without default actions), target groups, targets,
/// and the outbound rules of its security group, one for each tenant and port.
///
/// Source: Application Load Balancers guide, "Quotas for your Application Load Balancers"; Amazon VPC User
/// Guide, "Amazon VPC quotas".
const LIMIT: Demand = Demand { rules: 100, target_groups: 100, targets: 1_000, ports: 60 };

/// What a tenant needs of its load balancer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Rules.
    pub rules: u32,
    /// Target groups.
    pub target_groups: u32,
    /// Targets, with every service at `max_count` during a deployment.
    pub targets: u32,
    /// Different ports, each of which needs an outbound rule of the load balancer's security group.
    pub ports: u32,
}

impl Demand {
    /// The demand of a tenant.
    #[must_use]
    pub fn of(tenant: &Tenant) -> Self {
        /// Old and new tasks run at the same time.
        const DURING_A_DEPLOYMENT: u32 = 2;
        let mut ports = BTreeSet::new();
        let mut demand = Self::default();
        for service in tenant.services.values() {
            let Some(ingress) = &service.ingress else { continue };
            ports.insert(ingress.port);
            demand.rules += 1;
            demand.target_groups += 1;
            demand.targets += DURING_A_DEPLOYMENT * service.scaling.max_count;
        }
        demand.ports = u32::try_from(ports.len()).expect("a port has 16 bits");
        demand
    }

    /// The larger of each.
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            rules: self.rules.max(other.rules),
            target_groups: self.target_groups.max(other.target_groups),
            targets: self.targets.max(other.targets),
            ports: self.ports.max(other.ports),
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            rules: self.rules.saturating_add(other.rules),
            target_groups: self.target_groups.saturating_add(other.target_groups),
            targets: self.targets.saturating_add(other.targets),
            ports: self.ports.saturating_add(other.ports),
        }
    }

    const fn is_within(self, limit: Self) -> bool {
        let Self { rules, target_groups, targets, ports } = self;
        rules <= limit.rules && target_groups <= limit.target_groups && targets <= limit.targets && ports <= limit.ports
    }
}

/// The slots that are taken, and the demand of their tenants.
#[derive(Default)]
pub(super) struct Shards {
    shards: BTreeMap<u32, Shard>,
}

#[derive(Default)]
struct Shard {
    taken: BTreeSet<u32>,
    demand: Demand,
}

impl Shards {
    pub(super) fn take(&mut self, Slot { shard, slot }: Slot, demand: Demand) {
        let shard = self.shards.entry(shard).or_default();
        shard.taken.insert(slot);
        shard.demand = shard.demand.plus(demand);
    }

    /// Takes the first free slot of the first shard with room. A tenant that needs more than a whole load
    /// balancer gets one of its own.
    pub(super) fn give(&mut self, demand: Demand) -> Slot {
        let free = |number: u32| {
            let Some(shard) = self.shards.get(&number) else { return Some(0) };
            let has_room = shard.demand.plus(demand).is_within(LIMIT);
            (0..SHARD_SIZE).find(|slot| !shard.taken.contains(slot)).filter(|_| has_room)
        };
        let slot = (0..=u32::MAX).find_map(|shard| Some(Slot { shard, slot: free(shard)? }));
        let slot = slot.expect("there are more shards than tenant ids");
        self.take(slot, demand);
        slot
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Lock;
    use super::*;
    use crate::identifier::TenantId;

    fn ids(number: usize) -> Vec<TenantId> {
        (0..number).map(|n| format!("tenant-{n:03}").parse().expect("a valid id")).collect()
    }

    fn shards(lock: &Lock) -> Vec<u32> {
        lock.slots().values().map(|slot| slot.shard()).collect()
    }

    #[test]
    fn each_limit_opens_another_shard() {
        let ids = ids(3);
        for demand in [
            Demand { rules: 40, ..Demand::default() },
            Demand { target_groups: 50, ..Demand::default() },
            Demand { targets: 334, ..Demand::default() },
            Demand { ports: 30, ..Demand::default() },
        ] {
            let lock = Lock::default().reconciled(ids.iter().map(|id| (id, demand)));
            assert_eq!(shards(&lock), [0, 0, 1], "{demand:?}");
        }
    }

    #[test]
    fn tenant_that_grows_stays() {
        let ids = ids(3);
        let with = |targets| ids.iter().map(move |id| (id, Demand { targets, ..Demand::default() }));
        let lock = Lock::default().reconciled(with(300));
        assert_eq!(shards(&lock), [0, 0, 0]);
        assert_eq!(lock.reconciled(with(900)), lock);
    }

    #[test]
    fn tenant_that_needs_more_than_a_load_balancer_has_one_alone() {
        let ids = ids(3);
        let lock = Lock::default().reconciled(
            ids.iter().zip([10, 2_000, 10]).map(|(id, targets)| (id, Demand { targets, ..Demand::default() })),
        );
        assert_eq!(shards(&lock), [0, 1, 0]);
    }

    proptest! {
        #[test]
        fn no_new_tenant_exceeds_a_limit(needs in prop::collection::vec((0..40_u32, 0..400_u32, 0..4_u32), 1..80)) {
            let ids = ids(needs.len());
            let demand = |(rules, targets, ports): (u32, u32, u32)| Demand { rules, target_groups: rules, targets, ports };
            let demands: Vec<Demand> = needs.into_iter().map(demand).collect();
            let lock = Lock::default().reconciled(ids.iter().zip(demands.iter().copied()));
            let mut used: BTreeMap<u32, Demand> = BTreeMap::new();
            for (id, demand) in ids.iter().zip(&demands) {
                let used = used.entry(lock.slots()[id].shard()).or_default();
                *used = used.plus(*demand);
            }
            prop_assert!(used.values().all(|demand| demand.is_within(LIMIT)), "{used:?}");
        }
    }
}
