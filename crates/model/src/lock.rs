//! The lock: allocations that must not move by themselves.
//!
//! Each tenant has a slot: a shard, which is its load balancer, and a position in that shard, which is
//! a block of priorities for its listener rules. Adding, removing or reordering tenants moves no other
//! tenant. The slot of a removed tenant is free for a later plan. The plan that removes the tenant does not
//! reuse it, so that no apply has two rules with one priority.
//!
//! A tenant gets a slot in the first shard whose load balancer can serve it too (`capacity`). It stays
//! there, even when it grows.
//!
//! A lock belongs to one platform and names it. `read` parses the file, `write` writes it, `merge` merges the files of
//! two branches, and `settle` resolves what the merge left open.

mod capacity;
mod merge;
mod read;
mod settle;
mod sides;
mod write;

pub use capacity::Demand;
pub use merge::DifferentPlatforms;
pub use settle::{Settled, SlotChange, SlotNote};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

use serde::Serialize;

use self::capacity::Shards;
use crate::codec::canonical;
use crate::digest::{Digest, Domain};
use crate::identifier::{AccountId, PlatformName, Region, TenantId};
use crate::problem::Problems;
use crate::spec::Platform;

/// The greatest number of tenants that share a load balancer. They are fewer when it cannot serve more of
/// them; see [`Demand`].
pub const SHARD_SIZE: u32 = 50;

/// The number of priorities of a tenant's block: as many as a load balancer has rules.
pub const PRIORITIES_OF_A_SLOT: u32 = 100;

const VERSION: u32 = 2;

/// The slot of each tenant; all slots are distinct.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lock {
    platform: Option<LockedPlatform>,
    slots: BTreeMap<TenantId, Slot>,
}

/// The platform that a lock belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LockedPlatform {
    /// Its name.
    pub name: PlatformName,
    /// Its account.
    pub account: AccountId,
    /// Its Region.
    pub region: Region,
}

impl From<&Platform> for LockedPlatform {
    fn from(Platform { name, account, region, .. }: &Platform) -> Self {
        Self { name: name.clone(), account: account.clone(), region: region.clone() }
    }
}

/// The position of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Slot {
    shard: u32,
    slot: u32,
}

impl Slot {
    /// The slot whose block has this priority on the load balancer of this shard; `None` when a shard
    /// has no such slot.
    #[must_use]
    pub fn of_rule(shard: u32, priority: u32) -> Option<Self> {
        let slot = priority.checked_sub(1)? / PRIORITIES_OF_A_SLOT;
        (slot < SHARD_SIZE).then_some(Self { shard, slot })
    }

    /// The shard: the load balancer that serves the tenant.
    #[must_use]
    pub const fn shard(self) -> u32 {
        self.shard
    }

    /// The priorities of the tenant's rules on its load balancer, the first from 1.
    #[must_use]
    pub const fn priorities(self) -> RangeInclusive<u32> {
        let before = self.slot * PRIORITIES_OF_A_SLOT;
        before + 1..=before + PRIORITIES_OF_A_SLOT
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {} of shard {}", self.slot, self.shard)
    }
}

impl Lock {
    /// Parses a lock. `file` is the file's name in messages. Conflicting claims of two branches are
    /// kept until they are [settled](StoredLock::settled).
    ///
    /// # Errors
    /// All problems, each with its location.
    pub fn parse(file: &str, text: &str) -> Result<StoredLock, Box<Problems>> {
        sides::parse(file, text)
    }

    /// The lock of a platform with these slots. When two tenants have the same slot, the first keeps
    /// it.
    #[must_use]
    pub fn of(platform: LockedPlatform, slots: impl IntoIterator<Item = (TenantId, Slot)>) -> Self {
        let mut taken = BTreeSet::new();
        let slots = slots.into_iter().filter(|(_, slot)| taken.insert(*slot)).collect();
        Self { platform: Some(platform), slots }
    }

    /// The platform that it belongs to; `None` for a new lock and for one of version 1.
    #[must_use]
    pub const fn platform(&self) -> Option<&LockedPlatform> {
        self.platform.as_ref()
    }

    /// The same slots, owned by this platform.
    #[must_use]
    pub fn owned_by(self, platform: LockedPlatform) -> Self {
        Self { platform: Some(platform), ..self }
    }

    /// The slot of each tenant.
    #[must_use]
    pub const fn slots(&self) -> &BTreeMap<TenantId, Slot> {
        &self.slots
    }

    /// The lock for these tenants, each with its demand. Known tenants keep their slots. New tenants get,
    /// in id order, the first slots that are free both in this lock and in the result, in the first shards
    /// that have room for them.
    #[must_use]
    pub fn reconciled<'a>(&self, tenants: impl IntoIterator<Item = (&'a TenantId, Demand)>) -> Self {
        let demands: BTreeMap<&TenantId, Demand> = tenants.into_iter().collect();
        // A removed tenant's resources stay until the apply has created those of the new tenants. What it
        // needs is not known any more, so it counts as much as the largest tenant.
        let largest = demands.values().copied().fold(Demand::default(), Demand::max);
        let mut shards = Shards::default();
        for (tenant, slot) in &self.slots {
            shards.take(*slot, demands.get(tenant).copied().unwrap_or(largest));
        }
        let slot = |(tenant, demand): (&&TenantId, &Demand)| {
            let slot = self.slots.get(*tenant).copied().unwrap_or_else(|| shards.give(*demand));
            ((*tenant).clone(), slot)
        };
        let slots = demands.iter().map(slot).collect();
        Self { platform: self.platform.clone(), slots }
    }

    /// The digest of its meaning.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Domain::Lock.digest(&canonical(self))
    }

    /// The text of `saas.lock`, one tenant per line, so that branches that add tenants seldom conflict,
    /// and a conflict never splits an entry.
    #[must_use]
    pub fn to_toml(&self) -> String {
        write::text(self.platform.as_ref(), self.slots.iter().map(|(tenant, slot)| (tenant, *slot)))
    }
}

/// A lock as stored in a file. After a merge, two tenants can claim one slot, and one tenant two slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredLock {
    platform: Option<LockedPlatform>,
    claims: Vec<(TenantId, Slot)>,
    merged: bool,
}

impl StoredLock {
    /// The platform that it belongs to; `None` for a lock of version 1.
    #[must_use]
    pub const fn platform(&self) -> Option<&LockedPlatform> {
        self.platform.as_ref()
    }

    /// The tenants that claim a slot.
    pub fn tenants(&self) -> impl Iterator<Item = &TenantId> {
        self.claims.iter().map(|(tenant, _)| tenant)
    }

    /// The text of a file with these claims.
    #[must_use]
    pub fn to_toml(&self) -> String {
        write::text(self.platform.as_ref(), self.claims.iter().map(|(tenant, slot)| (tenant, *slot)))
    }

    /// Whether it has conflict markers; both sides are read.
    #[must_use]
    pub const fn has_conflict_markers(&self) -> bool {
        self.merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> TenantId {
        name.parse().expect("the test's ids are valid")
    }

    fn ids(names: &[&str]) -> Vec<TenantId> {
        names.iter().map(|name| id(name)).collect()
    }

    fn slot(lock: &Lock, tenant: &str) -> (u32, u32) {
        let slot = lock.slots()[&id(tenant)];
        (slot.shard(), slot.slot)
    }

    /// The lock for tenants whose demand does not fill a shard.
    fn reconciled(lock: &Lock, tenants: &[TenantId]) -> Lock {
        lock.reconciled(tenants.iter().map(|id| (id, Demand::default())))
    }

    #[test]
    fn freed_slot_is_reused_only_by_a_later_plan() {
        let first = reconciled(&Lock::default(), &ids(&["globex", "acme"]));
        assert_eq!((slot(&first, "acme"), slot(&first, "globex")), ((0, 0), (0, 1)));
        let second = reconciled(&first, &ids(&["globex", "initech"]));
        assert_eq!((slot(&second, "globex"), slot(&second, "initech")), ((0, 1), (0, 2)));
        let third = reconciled(&second, &ids(&["acme", "globex", "initech"]));
        assert_eq!(slot(&third, "acme"), (0, 0));
        assert_eq!((slot(&third, "globex"), slot(&third, "initech")), ((0, 1), (0, 2)));
    }

    #[test]
    fn reconciling_again_changes_nothing() {
        let first = reconciled(&Lock::default(), &ids(&["acme", "globex"]));
        let tenants = ids(&["globex", "initech"]);
        let second = reconciled(&first, &tenants);
        assert_eq!(reconciled(&second, &tenants), second);
    }

    #[test]
    fn freed_slots_are_reused_without_new_shards() {
        let all: Vec<TenantId> = (0..300).map(|n| id(&format!("tenant-{n:03}"))).collect();
        let full = reconciled(&Lock::default(), &all);
        let remaining: Vec<TenantId> = all.iter().step_by(50).cloned().collect();
        let few = reconciled(&full, &remaining);
        assert_eq!(few.slots().len(), 6);
        assert!(few.slots().iter().all(|(tenant, slot)| full.slots()[tenant] == *slot), "a remaining tenant moved");
        let again = reconciled(&few, &all);
        assert_eq!(again.slots().values().map(|slot| slot.shard()).max(), Some(5), "no shard more than before");
    }

    #[test]
    fn written_lock_reads_back() {
        let platform = LockedPlatform {
            name: "saas-platform".parse().expect("a valid name"),
            account: "123456789012".parse().expect("a valid account"),
            region: "us-east-1".parse().expect("a valid Region"),
        };
        let tenants = ids(&["globex"]);
        let lock = reconciled(&reconciled(&Lock::default(), &ids(&["acme", "globex"])), &tenants).owned_by(platform);
        let stored = Lock::parse("saas.lock", &lock.to_toml()).expect("it was just written");
        let Settled { lock: again, notes } =
            stored.settled(&Lock::default(), tenants.iter().map(|id| (id, Demand::default())));
        assert_eq!(again, lock);
        assert_eq!(again.digest(), lock.digest());
        assert_eq!(notes, []);
    }

    #[test]
    fn shard_has_fifty_slots() {
        let last = Slot { shard: 3, slot: 49 };
        assert_eq!(last.priorities(), 4_901..=5_000);
        assert!(last.priorities().all(|priority| Slot::of_rule(3, priority) == Some(last)));
        assert_eq!((Slot::of_rule(3, 5_001), Slot::of_rule(3, 0)), (None, None));
        let many: Vec<TenantId> = (0..51).map(|n| id(&format!("tenant-{n:03}"))).collect();
        let lock = reconciled(&Lock::default(), &many);
        assert_eq!((slot(&lock, "tenant-049"), slot(&lock, "tenant-050")), ((0, 49), (1, 0)));
    }
}
