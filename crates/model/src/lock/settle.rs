//! Resolves conflicting claims: which tenant gets which slot.
//!
//! A tenant keeps the slot that it has in the existing plan, because it may be live there. The other
//! claims follow in the order of slots and ids. Tenants without a slot get the next free one. The same
//! file and plan always give the same lock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Demand, Lock, Slot, StoredLock};
use crate::identifier::TenantId;

/// A lock in which each tenant has one slot, and the decisions that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The lock, for the tenants that it was settled for.
    pub lock: Lock,
    /// Notes for the operator, in tenant order.
    pub notes: Vec<SlotNote>,
}

/// A note on the slot of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotNote {
    /// The tenant.
    pub tenant: TenantId,
    /// The slot that it has now.
    pub slot: Slot,
    /// The reason.
    pub change: SlotChange,
}

/// Why a tenant has its slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotChange {
    /// The lock has no slot for the tenant, and the existing plan does.
    Recovered,
    /// The lock has the tenant in a slot that another tenant keeps.
    Displaced {
        /// The contested slot.
        from: Slot,
        /// The tenant that keeps it.
        by: TenantId,
    },
    /// The lock has the tenant in two slots.
    Chosen {
        /// The slot that it loses.
        other: Slot,
    },
    /// The existing plan has the tenant in another slot.
    Moved {
        /// The slot in the existing plan.
        from: Slot,
    },
}

impl fmt::Display for SlotNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tenant, slot, change } = self;
        match change {
            SlotChange::Recovered => {
                write!(f, "the lock has no slot for `{tenant}`: it keeps {slot} of the existing plan")
            }
            SlotChange::Displaced { from, by } => {
                write!(f, "`{by}` and `{tenant}` were both in {from}; `{by}` keeps it, and `{tenant}` gets {slot}")
            }
            SlotChange::Chosen { other } => {
                write!(f, "`{tenant}` was in {slot} and in {other}; it keeps {slot}")
            }
            SlotChange::Moved { from } => write!(
                f,
                "`{tenant}` moves from {from}, where the existing plan has it, to {slot}, as in the lock; if that \
                 is not intended, restore the lock from version control"
            ),
        }
    }
}

impl StoredLock {
    /// The lock for these tenants, each with its demand. `existing` has the slots of the existing plan.
    #[must_use]
    pub fn settled<'a>(&self, existing: &Lock, tenants: impl IntoIterator<Item = (&'a TenantId, Demand)>) -> Settled {
        let tenants: BTreeMap<&TenantId, Demand> = tenants.into_iter().collect();
        let mut slots = Slots::default();
        let in_place = |tenant: &TenantId, slot: Slot| existing.slots.get(tenant) == Some(&slot);
        for (tenant, slot) in self.claims.iter().filter(|(tenant, slot)| in_place(tenant, *slot)) {
            slots.grant(tenant, *slot);
        }
        // A tenant that is missing from the lock, for example because one side of a merge was
        // discarded.
        let claimed: BTreeSet<&TenantId> = self.claims.iter().map(|(tenant, _)| tenant).collect();
        let lost =
            existing.slots.iter().filter(|(tenant, _)| tenants.contains_key(tenant) && !claimed.contains(tenant));
        for (tenant, slot) in lost {
            slots.grant(tenant, *slot);
        }
        let mut others: Vec<&(TenantId, Slot)> = self.claims.iter().collect();
        others.sort_by(|(a, a_slot), (b, b_slot)| (a_slot, a).cmp(&(b_slot, b)));
        for (tenant, slot) in others {
            slots.grant(tenant, *slot);
        }
        let Slots { granted, holders } = slots;
        let lock = Lock { platform: self.platform.clone(), slots: granted }.reconciled(tenants);
        let notes = lock.slots.iter().filter_map(|(tenant, slot)| {
            let change = self.change(existing, &holders, tenant, *slot)?;
            Some(SlotNote { tenant: tenant.clone(), slot: *slot, change })
        });
        Settled { notes: notes.collect(), lock }
    }

    fn change(
        &self,
        existing: &Lock,
        holders: &BTreeMap<Slot, TenantId>,
        tenant: &TenantId,
        slot: Slot,
    ) -> Option<SlotChange> {
        let claims: Vec<Slot> = self.claims.iter().filter(|(id, _)| id == tenant).map(|(_, slot)| *slot).collect();
        let other = claims.iter().copied().find(|claim| *claim != slot);
        let before = existing.slots.get(tenant).copied();
        match (other, before) {
            (Some(from), _) if !claims.contains(&slot) => {
                holders.get(&from).map(|by| SlotChange::Displaced { from, by: by.clone() })
            }
            (_, Some(from)) if from != slot => Some(SlotChange::Moved { from }),
            (Some(other), _) => Some(SlotChange::Chosen { other }),
            (None, Some(_)) if claims.is_empty() => Some(SlotChange::Recovered),
            _ => None,
        }
    }
}

/// Slots during allocation: a tenant has one slot, and a slot one tenant.
#[derive(Default)]
struct Slots {
    granted: BTreeMap<TenantId, Slot>,
    holders: BTreeMap<Slot, TenantId>,
}

impl Slots {
    fn grant(&mut self, tenant: &TenantId, slot: Slot) {
        if !self.granted.contains_key(tenant) && !self.holders.contains_key(&slot) {
            self.granted.insert(tenant.clone(), slot);
            self.holders.insert(slot, tenant.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> TenantId {
        name.parse().expect("the test's ids are valid")
    }

    fn slot(number: u32) -> Slot {
        Slot { shard: 0, slot: number }
    }

    fn stored(claims: &[(&str, u32)]) -> StoredLock {
        let claims = claims.iter().map(|(tenant, number)| (id(tenant), slot(*number))).collect();
        StoredLock { platform: None, claims, merged: false }
    }

    fn existing(slots: &[(&str, u32)]) -> Lock {
        Lock { platform: None, slots: slots.iter().map(|(tenant, number)| (id(tenant), slot(*number))).collect() }
    }

    fn settle(claims: &[(&str, u32)], plan: &[(&str, u32)], tenants: &[&str]) -> (Vec<(String, u32)>, Vec<String>) {
        let tenants: Vec<TenantId> = tenants.iter().map(|tenant| id(tenant)).collect();
        let Settled { lock, notes } =
            stored(claims).settled(&existing(plan), tenants.iter().map(|id| (id, Demand::default())));
        let slots = lock.slots().iter().map(|(tenant, slot)| (tenant.to_string(), slot.slot)).collect();
        (slots, notes.iter().map(SlotNote::to_string).collect())
    }

    fn slots(expected: &[(&str, u32)]) -> Vec<(String, u32)> {
        expected.iter().map(|(tenant, number)| ((*tenant).to_owned(), *number)).collect()
    }

    #[test]
    fn duplicate_slot_goes_to_the_tenant_in_the_existing_plan() {
        let claims = [("acme", 0), ("beta", 1), ("gamma", 1)];
        let (found, notes) = settle(&claims, &[("acme", 0), ("gamma", 1)], &["acme", "beta", "gamma"]);
        assert_eq!(found, slots(&[("acme", 0), ("beta", 2), ("gamma", 1)]));
        assert_eq!(
            notes,
            ["`gamma` and `beta` were both in slot 1 of shard 0; `gamma` keeps it, and `beta` gets slot 2 of shard 0"]
        );
        // The order of the sides does not matter.
        let swapped = [("gamma", 1), ("beta", 1), ("acme", 0)];
        assert_eq!(settle(&swapped, &[("acme", 0), ("gamma", 1)], &["acme", "beta", "gamma"]).0, found);
    }

    #[test]
    fn duplicate_slot_without_a_plan_goes_to_the_first_id() {
        let (found, notes) = settle(&[("gamma", 1), ("beta", 1)], &[], &["beta", "gamma"]);
        assert_eq!(found, slots(&[("beta", 1), ("gamma", 0)]));
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn tenant_with_two_slots_keeps_the_one_in_the_existing_plan() {
        let (found, notes) = settle(&[("acme", 0), ("acme", 4)], &[("acme", 4)], &["acme"]);
        assert_eq!(found, slots(&[("acme", 4)]));
        assert_eq!(notes, ["`acme` was in slot 4 of shard 0 and in slot 0 of shard 0; it keeps slot 4 of shard 0"]);
    }

    #[test]
    fn tenant_missing_from_the_lock_keeps_its_slot_in_the_existing_plan() {
        // One side of a merge was discarded, and with it a tenant that the plan still has.
        let (found, notes) =
            settle(&[("acme", 0), ("beta", 1)], &[("acme", 0), ("gamma", 1)], &["acme", "beta", "gamma"]);
        assert_eq!(found, slots(&[("acme", 0), ("beta", 2), ("gamma", 1)]));
        assert_eq!(notes.len(), 2, "{notes:?}");
    }

    #[test]
    fn slot_of_a_removed_tenant_is_not_reused_in_the_same_plan() {
        let (found, notes) = settle(&[("acme", 0), ("old-corp", 1)], &[], &["acme", "beta"]);
        assert_eq!((found, notes.len()), (slots(&[("acme", 0), ("beta", 2)]), 0));
    }

    #[test]
    fn moved_tenant_is_reported() {
        let (found, notes) = settle(&[("acme", 3)], &[("acme", 0)], &["acme"]);
        assert_eq!(found, slots(&[("acme", 3)]));
        assert!(notes[0].starts_with("`acme` moves from slot 0 of shard 0"), "{notes:?}");
    }
}
