//! Names that the plan needs and that are taken.

use std::fmt;

use saas_model::{Address, Kind, Node};

use crate::provider::{UniqueWithin, declaration};

/// The owner of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Another platform, according to the tag.
    Platform(String),
    /// No platform: the resource has no tag of saas.
    Untagged,
    /// Another account, or a resource that the caller may not read.
    OtherAccount,
    /// The resource is in another Region, of this or of another account. The Region, where AWS returned
    /// it.
    OtherRegion(Option<String>),
    /// A database role outside of the plan.
    DatabaseRole(String),
    /// Unknown: its comment in the database names no owner.
    Unrecorded,
}

/// A name that the plan needs and that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenName {
    /// The node that needs it.
    pub address: Address,
    /// The kind of resource.
    pub kind: Kind,
    /// The part of the node that needs the name, where it has several or needs something other than a
    /// name.
    pub part: Option<&'static str>,
    /// The name.
    pub name: String,
    /// The id in AWS of the resource with the name, where that is not the name.
    pub holder: Option<String>,
    /// The owner of that resource.
    pub owner: Owner,
}

impl TakenName {
    /// The only name that a node needs.
    pub(crate) fn new(node: &Node, name: impl Into<String>, owner: Owner) -> Self {
        let (address, kind) = (node.address.clone(), node.kind());
        Self { address, kind, part: None, name: name.into(), holder: None, owner }
    }

    /// This name, for that part of the node.
    pub(crate) fn part(self, part: &'static str) -> Self {
        Self { part: Some(part), ..self }
    }

    /// This name, with the id of the resource that has it.
    pub(crate) fn held_by(self, holder: impl Into<String>) -> Self {
        Self { holder: Some(holder.into()), ..self }
    }

    /// Whether the name is scoped to the platform's own network, cluster, load balancer or database.
    fn is_inside(&self) -> bool {
        declaration(self.kind).unique_within == UniqueWithin::Container
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform(platform) => write!(f, "belongs to platform `{platform}`"),
            Self::Untagged => f.write_str("has no saas tags"),
            Self::OtherAccount => f.write_str("belongs to another account, or the caller has no access to it"),
            Self::OtherRegion(None) => f.write_str("is in another Region"),
            Self::OtherRegion(Some(region)) => write!(f, "is in Region {region}"),
            Self::DatabaseRole(role) => write!(f, "belongs to the database role `{role}`"),
            Self::Unrecorded => f.write_str("has no saas record in its comment"),
        }
    }
}

impl fmt::Display for TakenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, kind, part, name, holder, owner } = self;
        let part = part.map(|part| format!(" {part}")).unwrap_or_default();
        let holder = holder.as_ref().map(|holder| format!("is used by `{holder}`, which ")).unwrap_or_default();
        write!(f, "{kind}{part} `{name}` (`{address}`) {holder}{owner}")
    }
}

/// What the operator can do about taken names.
pub(super) fn hint(taken: &[TakenName]) -> &'static str {
    if taken.iter().all(TakenName::is_inside) {
        "the plan determines all names inside this platform's own resources: give the other resources different names, \
         priorities or ports; if they belong to this platform and have lost their tags, add `saas:platform` and \
         `saas:address` again"
    } else if taken.iter().all(|name| name.kind == Kind::Bucket && name.owner == Owner::Untagged) {
        "a bucket without tags may be anyone's, with its objects and settings, so it is not adopted: if it belongs to \
         this platform, import it by adding the tags `saas:platform` and `saas:address`; if not, rename the planned \
         one with `bucket_suffix` of the tenant, or with `storage.bucket_suffix` if the platform is not live yet, and \
         plan again"
    } else if taken.iter().all(|name| declaration(name.kind).unique_within == UniqueWithin::Partition) {
        "all AWS customers share bucket names: set `bucket_suffix` of the tenant, or `storage.bucket_suffix` if the \
         platform is not live yet, and plan again"
    } else if taken.iter().any(|name| matches!(name.owner, Owner::Platform(_))) {
        "do not change resources of another platform: set `[names] scope = \"platform\"` in the spec, which adds the \
         platform's name to every name, and plan again"
    } else {
        "find their owner: `[names] scope = \"platform\"` or another `platform.name` in the spec gives other names; if they \
         belong to this platform and have lost their tags, add `saas:platform` and `saas:address` again"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(kind: Kind, owner: Owner) -> TakenName {
        let address = Address::literal("tenant/acme-corp/secret");
        TakenName { address, kind, part: None, name: "a".into(), holder: None, owner }
    }

    #[test]
    fn hint_for_a_taken_name_never_suggests_removal() {
        for owner in [Owner::Platform("other".into()), Owner::Untagged, Owner::OtherAccount, Owner::OtherRegion(None)] {
            for kind in [Kind::Secret, Kind::Bucket, Kind::Role, Kind::Service] {
                let hint = hint(&[name(kind, owner.clone())]);
                assert!(!hint.contains("remove") && !hint.contains("delete"), "{hint}");
            }
        }
        let hint = hint(&[name(Kind::Secret, Owner::Platform("other".into()))]);
        assert!(hint.contains("[names] scope = \"platform\""), "{hint}");
    }
}
