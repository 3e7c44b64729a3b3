//! The text of a lock.

use std::fmt::Write;

use super::{LockedPlatform, Slot, VERSION};
use crate::identifier::TenantId;

/// The text of a lock with these slots.
pub(super) fn text<'a>(platform: Option<&LockedPlatform>, slots: impl Iterator<Item = (&'a TenantId, Slot)>) -> String {
    let mut text = format!(
        "# Written by `saas plan`; commit it and do not edit it. After a merge, with or without\n\
         # conflict markers in here, run `saas plan` again.\n\
         # A tenant's shard is its load balancer, and its slot is the place of its rules there. Neither\n\
         # changes by itself; the slot of a removed tenant is free for a later plan.\n\
         version = {VERSION}\n"
    );
    if let Some(LockedPlatform { name, account, region }) = platform {
        writeln!(text, "platform = {{ name = \"{name}\", account = \"{account}\", region = \"{region}\" }}")
            .expect("writing to memory cannot fail");
    }
    text.push_str("tenants = [\n");
    for (tenant, Slot { shard, slot }) in slots {
        writeln!(text, "  {{ id = \"{tenant}\", shard = {shard}, slot = {slot} }},")
            .expect("writing to memory cannot fail");
    }
    text.push_str("]\n");
    text
}
