//! Parses the TOML of a lock, of the current and of the previous version.

use super::{LockedPlatform, SHARD_SIZE, Slot, StoredLock, VERSION};
use crate::identifier::{AccountId, PlatformName, Region, TenantId};
use crate::toml::{Document, Key, Keys, Presence, Section};

/// A key of a lock, whose version decides whether it must be given.
const fn key(name: &'static str, meaning: &'static str, example: &'static str) -> Key {
    Key { name, presence: Presence::Optional, meaning, example, default: None }
}

const VERSION_KEY: Key = key("version", "the version of the lock's format", "2");
const PLATFORM: Key = key("platform", "the platform that the lock belongs to", "`name = \"acme\"`");
const TENANTS: Key = key("tenants", "the slot of each tenant", "`id = \"acme-corp\"`");
const NAME: Key = key("name", "the platform's name", "\"acme\"");
const ACCOUNT: Key = key("account", "the platform's account", "\"123456789012\"");
const REGION: Key = key("region", "the platform's Region", "\"us-east-1\"");
const ID: Key = key("id", "the tenant's id", "\"acme-corp\"");
const SHARD: Key = key("shard", "the tenant's load balancer, from 0", "0");
const PLACE: Key = key("slot", "the position of the tenant's rules there, from 0", "0");

/// The keys of version 1.
const SLOT: Key = key("slot", "the slots in order", "`number = 0`");
const NUMBER: Key = key("number", "the number of the slot, from 0", "0");
const TENANT: Key = key("tenant", "the tenant that has the slot", "\"acme-corp\"");
const REMOVED: Key = key("removed", "whether the tenant was removed", "true");

const ROOT: Keys = Keys { table: "", is_list: false, keys: &[VERSION_KEY, PLATFORM, TENANTS, SLOT] };
const PLATFORM_KEYS: Keys = Keys { table: "platform", is_list: false, keys: &[NAME, ACCOUNT, REGION] };
const TENANT_KEYS: Keys = Keys { table: "tenants", is_list: true, keys: &[ID, SHARD, PLACE] };
const SLOT_KEYS: Keys = Keys { table: "slot", is_list: true, keys: &[NUMBER, TENANT, REMOVED] };
pub(super) const TABLES: &[Keys] = &[ROOT, PLATFORM_KEYS, TENANT_KEYS, SLOT_KEYS];

pub(super) fn read(document: &Document<'_>) -> Option<StoredLock> {
    let mut root = document.root(&ROOT)?;
    let version = root.number(VERSION_KEY, 1..=u32::MAX);
    let lock = match version.valid().map(|version| version.value) {
        Some(1) => Some(version_1(&mut root)),
        Some(VERSION) => version_2(&mut root),
        _ => None,
    };
    if let Some(newer) = version.valid().filter(|version| version.value > VERSION) {
        let message =
            format!("the lock has version {}, but this version of saas reads versions 1 and {VERSION}", **newer);
        document.problem(newer.span, message, "this version", Some("use a newer saas"));
    }
    // Keys of another version are ignored here.
    root.ignore();
    lock
}

fn version_2(root: &mut Section<'_>) -> Option<StoredLock> {
    let platform = root.section(PLATFORM, &PLATFORM_KEYS).and_then(|mut section| {
        let name = section.text::<PlatformName>(NAME);
        let (account, region) = (section.text::<AccountId>(ACCOUNT), section.text::<Region>(REGION));
        Some(LockedPlatform { name: name.required()?, account: account.required()?, region: region.required()? })
    });
    let claims = root.sections(TENANTS, &TENANT_KEYS).into_iter().filter_map(|mut section| {
        let id = section.text::<TenantId>(ID);
        let shard = section.number(SHARD, 0..=u32::MAX);
        // The capacity of a shard is checked here; a tenant's position never derives from it.
        let slot = section.number(PLACE, 0..=SHARD_SIZE - 1);
        Some((id.required()?, Slot { shard: shard.required()?, slot: slot.required()? }))
    });
    let claims = claims.collect();
    Some(StoredLock { platform: Some(platform?), claims, merged: false })
}

/// Version 1 has one list of slots, 50 per shard, and keeps the slots of removed tenants. Each slot
/// keeps its position; the slots of removed tenants are free.
fn version_1(root: &mut Section<'_>) -> StoredLock {
    let mut claims = Vec::new();
    for mut section in root.sections(SLOT, &SLOT_KEYS) {
        let number = section.number(NUMBER, 0..=u32::MAX);
        let tenant = section.text::<TenantId>(TENANT);
        let removed = section.flag_if_any(REMOVED).or(false);
        if let (Some(number), Some(tenant), Some(false)) = (number.required(), tenant.required(), removed) {
            claims.push((tenant, Slot { shard: number / SHARD_SIZE, slot: number % SHARD_SIZE }));
        }
    }
    StoredLock { platform: None, claims, merged: false }
}

#[cfg(test)]
mod tests {
    use super::super::{Demand, Lock, Settled};
    use super::*;

    const VERSION_1: &str = "version = 1\n\
        [[slot]]\nnumber = 0\ntenant = \"acme\"\n\
        [[slot]]\nnumber = 1\ntenant = \"old-corp\"\nremoved = true\n\
        [[slot]]\nnumber = 2\ntenant = \"globex\"\n\
        [[slot]]\nnumber = 149\ntenant = \"initech\"\n";

    fn ids(names: &[&str]) -> Vec<TenantId> {
        names.iter().map(|name| name.parse().expect("the test's ids are valid")).collect()
    }

    #[test]
    fn version_1_lock_keeps_all_slots() {
        let stored = Lock::parse("saas.lock", VERSION_1).expect("it is a lock of version 1");
        assert_eq!(stored.platform(), None);
        let ids = ids(&["acme", "globex", "initech", "new"]);
        let Settled { lock, notes } = stored.settled(&Lock::default(), ids.iter().map(|id| (id, Demand::default())));
        let slots: Vec<_> = lock.slots().iter().map(|(id, slot)| (id.as_str(), slot.shard(), slot.slot)).collect();
        assert_eq!(slots, [("acme", 0, 0), ("globex", 0, 2), ("initech", 2, 49), ("new", 0, 1)]);
        assert_eq!(notes, []);
    }

    #[test]
    fn newer_version_is_rejected() {
        let problems = Lock::parse("saas.lock", "version = 3\n").expect_err("it is newer");
        assert!(problems.problems[0].message.contains("version 3"), "{problems:?}");
    }

    #[test]
    fn slot_beyond_shard_capacity_is_rejected() {
        let text = "version = 2\nplatform = { name = \"saas-platform\", account = \"123456789012\", region = \
                    \"us-east-1\" }\ntenants = [{ id = \"acme\", shard = 0, slot = 50 }]\n";
        let problems = Lock::parse("saas.lock", text).expect_err("a shard has 50 slots");
        assert!(problems.problems[0].message.contains("0 to 49"), "{problems:?}");
    }
}
