//! Recovers the lock from the listener rules of a plan.
//!
//! A plan contains everything that a lock states. A lock that is lost or damaged by a merge is
//! recovered from the existing plan, and no live tenant moves.

use saas_model::Lock;
use saas_model::identifier::TenantId;
use saas_model::lock::{LockedPlatform, Slot};
use saas_model::plan::Plan;
use saas_model::resource::Resource;

use crate::addresses::shard_of_listener;

/// The lock of a plan.
#[must_use]
pub fn recovered_lock(plan: &Plan) -> Lock {
    let header = plan.header();
    let platform = LockedPlatform {
        name: header.platform.clone(),
        account: header.account.clone(),
        region: header.region.clone(),
    };
    let slots = plan.nodes().iter().filter_map(|node| {
        let Resource::ListenerRule(rule) = &node.resource else { return None };
        let tenant = TenantId::new(node.address.tenant()?).ok()?;
        Some((tenant, Slot::of_rule(shard_of_listener(&rule.listener)?, rule.priority)?))
    });
    Lock::of(platform, slots)
}
