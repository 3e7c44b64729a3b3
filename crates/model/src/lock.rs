//! The lock: allocations that must not move by themselves.
//!
//! Each tenant has a slot: a shard, which is its load balancer, and a position in that shard, which is
//! the priority of its listener rule. Adding, removing or reordering tenants moves no other tenant. The
//! slot of a removed tenant is free for a later plan. The plan that removes the tenant does not reuse
//! it, so that no apply has two rules with one priority.
//!
//! A lock belongs to one platform and names it. `read` parses the file; `settle` resolves a file in
//! which two branches were merged.

mod read;
mod settle;
mod sides;

pub use settle::{Settled, SlotChange, SlotNote};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use serde::Serialize;

use crate::codec::canonical;
use crate::digest::{Digest, Domain};
use crate::identifier::{AccountId, PlatformName, Region, TenantId};
use crate::problem::Problems;
use crate::spec::Platform;

/// The number of tenants that share a load balancer.
///
/// An ALB has at most 1,000 targets. A tenant's 8 tasks are 16 during a deployment, and 50 times 16
/// leaves headroom; the limit of 100 target groups per ALB is half used. The size applies to new
/// tenants only: the lock states where a tenant is, and that is never derived again.
pub const SHARD_SIZE: u32 = 50;

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
    /// The slot whose rule has this priority on the load balancer of this shard; `None` when a shard
    /// has no such slot.
    #[must_use]
    pub fn of_rule(shard: u32, priority: u32) -> Option<Self> {
        let slot = priority.checked_sub(1).filter(|slot| *slot < SHARD_SIZE)?;
        Some(Self { shard, slot })
    }

    /// The shard: the load balancer that serves the tenant.
    #[must_use]
    pub const fn shard(self) -> u32 {
        self.shard
    }

    /// The priority of the tenant's rule on its load balancer, from 1.
    #[must_use]
    pub const fn priority(self) -> u32 {
        self.slot + 1
    }

    /// All slots, shard by shard.
    fn all() -> impl Iterator<Item = Self> {
        (0..=u32::MAX).flat_map(|shard| (0..SHARD_SIZE).map(move |slot| Self { shard, slot }))
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

    /// The lock for these tenants. Known tenants keep their slots. New tenants get, in id order, the
    /// first slots that are free both in this lock and in the result.
    #[must_use]
    pub fn reconciled<'a>(&self, tenants: impl IntoIterator<Item = &'a TenantId>) -> Self {
        let (mut slots, mut new) = (BTreeMap::new(), BTreeSet::new());
        for tenant in tenants {
            match self.slots.get(tenant) {
                Some(slot) => {
                    slots.insert(tenant.clone(), *slot);
                }
                None => {
                    new.insert(tenant);
                }
            }
        }
        // This includes the slots of removed tenants.
        let taken: BTreeSet<Slot> = self.slots.values().copied().collect();
        let free = Slot::all().filter(|slot| !taken.contains(slot));
        slots.extend(new.into_iter().cloned().zip(free));
        Self { platform: self.platform.clone(), slots }
    }

    /// The digest of its meaning.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Domain::Lock.digest(&canonical(self))
    }

    /// The text of `saas.lock`, one tenant per line, so that branches that add tenants seldom conflict,
    /// and a conflict never splits an entry.
    ///
    /// # Panics
    /// Never: writing to memory cannot fail.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = format!(
            "# Written by `saas plan`; commit it and do not edit it. After a merge, with or without\n\
             # conflict markers in here, run `saas plan` again.\n\
             # A tenant's shard is its load balancer, and its slot is the priority of its rule there. Neither\n\
             # changes by itself; the slot of a removed tenant is free for a later plan.\n\
             version = {VERSION}\n"
        );
        if let Some(LockedPlatform { name, account, region }) = &self.platform {
            writeln!(text, "platform = {{ name = \"{name}\", account = \"{account}\", region = \"{region}\" }}")
                .expect("writing to memory cannot fail");
        }
        text.push_str("tenants = [\n");
        for (tenant, Slot { shard, slot }) in &self.slots {
            writeln!(text, "  {{ id = \"{tenant}\", shard = {shard}, slot = {slot} }},")
                .expect("writing to memory cannot fail");
        }
        text.push_str("]\n");
        text
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
        (slot.shard(), slot.priority())
    }

    #[test]
    fn freed_slot_is_reused_only_by_a_later_plan() {
        let first = Lock::default().reconciled(&ids(&["globex", "acme"]));
        assert_eq!((slot(&first, "acme"), slot(&first, "globex")), ((0, 1), (0, 2)));
        let second = first.reconciled(&ids(&["globex", "initech"]));
        assert_eq!((slot(&second, "globex"), slot(&second, "initech")), ((0, 2), (0, 3)));
        let third = second.reconciled(&ids(&["acme", "globex", "initech"]));
        assert_eq!(slot(&third, "acme"), (0, 1));
        assert_eq!((slot(&third, "globex"), slot(&third, "initech")), ((0, 2), (0, 3)));
    }

    #[test]
    fn reconciling_again_changes_nothing() {
        let first = Lock::default().reconciled(&ids(&["acme", "globex"]));
        let tenants = ids(&["globex", "initech"]);
        let second = first.reconciled(&tenants);
        assert_eq!(second.reconciled(&tenants), second);
    }

    #[test]
    fn freed_slots_are_reused_without_new_shards() {
        let all: Vec<TenantId> = (0..300).map(|n| id(&format!("tenant-{n:03}"))).collect();
        let full = Lock::default().reconciled(&all);
        let remaining: Vec<TenantId> = all.iter().step_by(50).cloned().collect();
        let few = full.reconciled(&remaining);
        assert_eq!(few.slots().len(), 6);
        assert!(few.slots().iter().all(|(tenant, slot)| full.slots()[tenant] == *slot), "a remaining tenant moved");
        let again = few.reconciled(&all);
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
        let lock = Lock::default().reconciled(&ids(&["acme", "globex"])).reconciled(&tenants).owned_by(platform);
        let stored = Lock::parse("saas.lock", &lock.to_toml()).expect("it was just written");
        let Settled { lock: again, notes } = stored.settled(&Lock::default(), &tenants);
        assert_eq!(again, lock);
        assert_eq!(again.digest(), lock.digest());
        assert_eq!(notes, []);
    }

    #[test]
    fn shard_has_fifty_slots() {
        assert_eq!(Slot::of_rule(3, 50), Some(Slot { shard: 3, slot: 49 }));
        assert_eq!((Slot::of_rule(3, 51), Slot::of_rule(3, 0)), (None, None));
        let many: Vec<TenantId> = (0..51).map(|n| id(&format!("tenant-{n:03}"))).collect();
        let lock = Lock::default().reconciled(&many);
        assert_eq!((slot(&lock, "tenant-049"), slot(&lock, "tenant-050")), ((0, 50), (1, 1)));
    }
}
