//! The lock: what must never move by itself.
//!
//! Each tenant has a slot, which decides its load balancer and the priority of its rule. Slots are
//! only ever appended: adding, removing or reordering tenants leaves every other tenant where it
//! is. A removed tenant's slot stays as a tombstone, and a tenant that comes back gets a new one.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::codec::canonical;
use crate::digest::{Digest, Domain};
use crate::identifier::TenantId;
use crate::problem::Problems;
use crate::toml::{Document, Key, Keys};

/// How many tenants share a load balancer.
///
/// An ALB holds 1,000 targets at most. A tenant's 8 tasks are 16 during a deployment, and 50 times
/// 16 leaves room; the 100 target groups that an ALB holds are half used.
pub const SHARD_SIZE: u32 = 50;

const VERSION: u32 = 1;

/// The slots, each at its number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lock {
    slots: Vec<Slot>,
}

/// A tenant's slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Slot {
    /// Whose it is, or was.
    pub tenant: TenantId,
    /// Whether the tenant is gone; the slot is never used again.
    pub removed: bool,
}

/// The number of a slot, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotNumber(u32);

impl SlotNumber {
    /// The shard: which load balancer and which database security group serve the tenant.
    #[must_use]
    pub const fn shard(self) -> u32 {
        self.0 / SHARD_SIZE
    }

    /// The priority of the tenant's rule on its load balancer, from 1.
    #[must_use]
    pub const fn priority(self) -> u32 {
        self.0 % SHARD_SIZE + 1
    }
}

impl Lock {
    /// Reads a lock. `file` is its name, for messages.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once, each with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Box<Problems>> {
        let document = Document::new(text, TABLES);
        let lock = read(&document);
        document.finish(file, lock)
    }

    /// The slots in order.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The lock for these tenants: those that are gone are tombstoned, new ones are appended in
    /// the order of their ids.
    #[must_use]
    pub fn reconciled<'a>(&self, tenants: impl IntoIterator<Item = &'a TenantId>) -> Self {
        let mut wanted: BTreeMap<&TenantId, ()> = tenants.into_iter().map(|tenant| (tenant, ())).collect();
        let mut slots = self.slots.clone();
        for slot in &mut slots {
            slot.removed = slot.removed || wanted.remove(&slot.tenant).is_none();
        }
        slots.extend(wanted.into_keys().map(|tenant| Slot { tenant: tenant.clone(), removed: false }));
        Self { slots }
    }

    /// The slot of each present tenant.
    #[must_use]
    pub fn numbers(&self) -> BTreeMap<&TenantId, SlotNumber> {
        (0..)
            .zip(&self.slots)
            .filter(|(_, slot)| !slot.removed)
            .map(|(n, slot)| (&slot.tenant, SlotNumber(n)))
            .collect()
    }

    /// The digest of what it means.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Domain::Lock.digest(&canonical(self))
    }

    /// The text of `saas.lock`.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = format!(
            "# Written by `saas plan`; check it in and leave it as it is.\n\
             # A tenant's slot decides its load balancer and the priority of its rule. Slots are only\n\
             # appended; the slot of a removed tenant stays, and is never used again.\n\
             version = {VERSION}\n"
        );
        for (number, Slot { tenant, removed }) in self.slots.iter().enumerate() {
            let removed = if *removed { "removed = true\n" } else { "" };
            write!(text, "\n[[slot]]\nnumber = {number}\ntenant = \"{tenant}\"\n{removed}")
                .expect("writing to memory cannot fail");
        }
        text
    }
}

const VERSION_KEY: Key = Key { name: "version", meaning: "the version of the lock's format", example: "1" };
const SLOT: Key = Key { name: "slot", meaning: "the slots in their order", example: "`number = 0`" };
const NUMBER: Key = Key { name: "number", meaning: "the number of the slot, from 0", example: "0" };
const TENANT: Key = Key { name: "tenant", meaning: "whose slot it is", example: "\"acme-corp\"" };
const REMOVED: Key = Key { name: "removed", meaning: "whether the tenant is gone", example: "true" };
const ROOT: Keys = Keys { table: "", keys: &[VERSION_KEY, SLOT] };
const SLOTS: Keys = Keys { table: "slot", keys: &[NUMBER, TENANT, REMOVED] };
const TABLES: &[Keys] = &[ROOT, SLOTS];

fn read(document: &Document<'_>) -> Option<Lock> {
    let mut root = document.root(&ROOT)?;
    let version = root.number(VERSION_KEY, 1..=u32::MAX);
    if let Some(version) = version.valid().filter(|version| version.value != VERSION) {
        let message = format!("the lock has version {}, and this version of saas reads version {VERSION}", **version);
        document.problem(version.span, message, "this version", Some("use a newer saas"));
        root.ignore();
        return None;
    }
    let mut slots: Vec<Slot> = Vec::new();
    for (index, mut section) in root.sections(SLOT, &SLOTS).into_iter().enumerate() {
        let span = section.span;
        let number = section.number(NUMBER, 0..=u32::MAX);
        let tenant = section.text::<TenantId>(TENANT);
        let removed = section.flag_if_any(REMOVED).or(false);
        if number.valid().is_some_and(|number| number.value as usize != index) {
            let help = Some("restore the file from version control; slots are numbered from 0 without a gap");
            document.problem(span, format!("slot {index} is expected here"), "this slot", help);
        }
        if let (Some(tenant), Some(removed)) = (tenant.valid(), removed) {
            if !removed && slots.iter().any(|slot| slot.tenant == tenant.value && !slot.removed) {
                let message = format!("the tenant `{}` has two slots", **tenant);
                document.problem(tenant.span, message, "again here", Some("restore the file from version control"));
            }
            slots.push(Slot { tenant: tenant.value.clone(), removed });
        }
    }
    version.required().map(|_| Lock { slots })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(names: &[&str]) -> Vec<TenantId> {
        names.iter().map(|name| name.parse().expect("the test's ids are valid")).collect()
    }

    #[test]
    fn slots_are_appended_and_never_reused() {
        let first = Lock::default().reconciled(&ids(&["globex", "acme"]));
        let second = first.reconciled(&ids(&["globex", "initech"]));
        let third = second.reconciled(&ids(&["acme", "globex", "initech"]));
        let found: Vec<_> = third.slots().iter().map(|slot| (slot.tenant.as_str(), slot.removed)).collect();
        assert_eq!(found, [("acme", true), ("globex", false), ("initech", false), ("acme", false)]);
        assert_eq!(third.numbers()[&ids(&["acme"])[0]], SlotNumber(3));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let lock = Lock::default().reconciled(&ids(&["acme", "globex"])).reconciled(&ids(&["globex"]));
        let again = Lock::parse("saas.lock", &lock.to_toml()).expect("it was just written");
        assert_eq!(again, lock);
        assert_eq!(again.digest(), lock.digest());
    }

    #[test]
    fn a_gap_is_refused() {
        let text = "version = 1\n[[slot]]\nnumber = 1\ntenant = \"acme\"\n";
        let problems = Lock::parse("saas.lock", text).expect_err("slot 0 is missing");
        assert!(problems.problems[0].message.contains("slot 0"));
    }

    #[test]
    fn a_newer_version_is_its_own_error() {
        let problems = Lock::parse("saas.lock", "version = 2\n").expect_err("it is newer");
        assert!(problems.problems[0].message.contains("version 2"), "{problems:?}");
    }

    #[test]
    fn shards_and_priorities() {
        assert_eq!((SlotNumber(49).shard(), SlotNumber(49).priority()), (0, 50));
        assert_eq!((SlotNumber(50).shard(), SlotNumber(50).priority()), (1, 1));
    }
}
