//! Merges the locks of two branches.
//!
//! A claim stays if both sides have it or one side added it, so no tenant's slot changes by the merge. Two tenants that
//! the branches put in one slot both keep their claim in the file: which of them keeps the slot depends on the plan,
//! which a merge driver does not see; `saas plan` decides it ([`StoredLock::settled`]).

use std::collections::BTreeSet;

use super::{LockedPlatform, Slot, StoredLock};
use crate::identifier::TenantId;

/// The two sides belong to different platforms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the two sides are locks of different platforms: {} (ours), {} (theirs)", shown(.ours), shown(.theirs))]
pub struct DifferentPlatforms {
    /// Our platform; `None` for a lock of version 1.
    pub ours: Option<LockedPlatform>,
    /// Their platform.
    pub theirs: Option<LockedPlatform>,
}

fn shown(platform: &Option<LockedPlatform>) -> String {
    let named = |LockedPlatform { name, account, region }: &LockedPlatform| format!("`{name}` in {account}, {region}");
    platform.as_ref().map_or_else(|| "a platform that it does not name".to_owned(), named)
}

impl StoredLock {
    /// Merges two locks, whose common ancestor is `base`; the default if both sides added the file. The claims are in
    /// the order of tenants and slots.
    ///
    /// # Errors
    /// If both sides changed the platform, differently, or no side names it.
    pub fn merged(base: &Self, ours: &Self, theirs: &Self) -> Result<Self, DifferentPlatforms> {
        let platform = match (&ours.platform, &theirs.platform) {
            (our, their) if our == their || *their == base.platform => our,
            (our, their) if *our == base.platform => their,
            (Some(_), None) => &ours.platform,
            (None, Some(_)) => &theirs.platform,
            _ => return Err(DifferentPlatforms { ours: ours.platform.clone(), theirs: theirs.platform.clone() }),
        };
        if platform.is_none() {
            return Err(DifferentPlatforms { ours: None, theirs: None });
        }
        let set = |lock: &Self| lock.claims.iter().cloned().collect::<BTreeSet<(TenantId, Slot)>>();
        let (base, ours, theirs) = (set(base), set(ours), set(theirs));
        let claims: BTreeSet<_> = ours
            .union(&theirs)
            .filter(|claim| !base.contains(claim) || ours.contains(claim) && theirs.contains(claim))
            .collect();
        let claims = claims.into_iter().cloned().collect();
        Ok(Self { platform: platform.clone(), claims, merged: false })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Lock;
    use super::*;

    fn lock(region: &str, claims: &[(&str, u32)]) -> StoredLock {
        let platform = LockedPlatform {
            name: "saas-platform".parse().expect("a valid name"),
            account: "123456789012".parse().expect("a valid account"),
            region: region.parse().expect("a valid Region"),
        };
        let claim =
            |(tenant, slot): &(&str, u32)| (tenant.parse().expect("a valid id"), Slot { shard: 0, slot: *slot });
        StoredLock { platform: Some(platform), claims: claims.iter().map(claim).collect(), merged: false }
    }

    fn merged(base: &[(&str, u32)], ours: &[(&str, u32)], theirs: &[(&str, u32)]) -> Vec<(String, u32)> {
        let [base, ours, theirs] = [base, ours, theirs].map(|claims| lock("us-east-1", claims));
        let merged = StoredLock::merged(&base, &ours, &theirs).expect("one platform");
        let again = Lock::parse("saas.lock", &merged.to_toml()).expect("it was just written");
        assert_eq!(again, merged);
        merged.claims.iter().map(|(tenant, slot)| (tenant.to_string(), slot.slot)).collect()
    }

    fn slots(expected: &[(&str, u32)]) -> Vec<(String, u32)> {
        expected.iter().map(|(tenant, slot)| ((*tenant).to_owned(), *slot)).collect()
    }

    #[test]
    fn tenants_of_both_sides_keep_their_slots() {
        let base = [("acme", 0), ("globex", 1), ("initech", 2)];
        let ours = [("acme", 0), ("beta", 3), ("initech", 2)];
        let theirs = [("acme", 0), ("gamma", 4), ("globex", 1)];
        assert_eq!(merged(&base, &ours, &theirs), slots(&[("acme", 0), ("beta", 3), ("gamma", 4)]));
    }

    /// `saas plan` decides who keeps it.
    #[test]
    fn two_tenants_in_one_slot_both_claim_it() {
        let found = merged(&[("acme", 0)], &[("acme", 0), ("beta", 1)], &[("acme", 0), ("gamma", 1)]);
        assert_eq!(found, slots(&[("acme", 0), ("beta", 1), ("gamma", 1)]));
    }

    #[test]
    fn moved_tenant_has_its_new_slot() {
        assert_eq!(merged(&[("acme", 0)], &[("acme", 3)], &[("acme", 0)]), slots(&[("acme", 3)]));
        assert_eq!(merged(&[("acme", 0)], &[("acme", 3)], &[("acme", 4)]), slots(&[("acme", 3), ("acme", 4)]));
        assert_eq!(merged(&[("acme", 0)], &[], &[("acme", 4)]), slots(&[("acme", 4)]));
    }

    #[test]
    fn changed_platform_is_taken_from_the_side_that_changed_it() {
        let [here, there, elsewhere] = ["us-east-1", "us-west-2", "eu-west-1"].map(|region| lock(region, &[]));
        for (ours, theirs) in [(&here, &there), (&there, &here), (&there, &there)] {
            let merged = StoredLock::merged(&here, ours, theirs).expect("one side changed it");
            assert_eq!(merged.platform, there.platform);
        }
        let refused = StoredLock::merged(&here, &there, &elsewhere).expect_err("both changed it");
        assert_eq!(
            refused.to_string(),
            "the two sides are locks of different platforms: `saas-platform` in 123456789012, us-west-2 (ours), \
             `saas-platform` in 123456789012, eu-west-1 (theirs)"
        );
    }

    #[test]
    fn side_of_version_1_takes_the_platform_of_the_other() {
        let old = StoredLock { platform: None, ..lock("us-east-1", &[("acme", 0)]) };
        let new = lock("us-east-1", &[("acme", 0), ("beta", 1)]);
        assert_eq!(StoredLock::merged(&old, &old, &new).expect("their side names it"), new);
        assert_eq!(StoredLock::merged(&StoredLock::default(), &new, &old).expect("our side names it"), new);
        assert!(StoredLock::merged(&old, &old, &old).is_err());
    }
}
