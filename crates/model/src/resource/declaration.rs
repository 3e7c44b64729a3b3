//! The declarations of a resource kind and of its fields, derived by `#[derive(ResourceSpec)]`.

use std::fmt;

use super::{Kind, Resource};
use crate::impact::{HasImpact, Impact};
use crate::reference::Attribute;
use crate::resource::HasReferences;

/// The desired state of a resource of one kind: its struct.
///
/// It is derived, and cannot be implemented outside this crate. Its text is one line with the key fields, which
/// identify it and show its size.
#[expect(private_bounds, reason = "the kind answers what the impact of a change is")]
pub trait ResourceSpec: Sized + HasReferences + HasImpact + fmt::Display {
    /// The kind.
    const KIND: Kind;
    /// Whether a resource holds data that cannot be recreated: a tenant's data, its logs, or a secret.
    /// Database data belongs to the cluster; an instance holds none.
    const HOLDS_DATA: bool;
    /// Whether an update makes a further revision, which has an identity of its own, and leaves the one
    /// before it.
    const HAS_REVISIONS: bool;
    /// The attributes that only AWS knows and that a plan may refer to.
    const ATTRIBUTES: &'static [Attribute];
    /// The impact of deleting one while the platform stays.
    const REMOVAL: Impact;
    /// Its fields.
    type Field: Field;

    /// The name in AWS, which the plan chooses; `None` when it has only the id that AWS assigns.
    fn name(&self) -> Option<&str>;

    /// The struct in `resource`, if it is of this kind.
    fn of(resource: &Resource) -> Option<&Self>;
}

/// A field of a kind of resource.
pub trait Field: Copy + fmt::Debug + 'static {
    /// All fields of the kind, in the order of the struct.
    const ALL: &'static [Self];

    /// Its name, as in the plan.
    fn as_str(&self) -> &'static str;

    /// Whether a change of it requires replacement.
    fn change(&self) -> FieldUpdate;

    /// Whether it decides who has access to what, so that a difference from the plan is a risk to tenants.
    fn is_security_relevant(&self) -> bool;
}

/// How AWS applies a change of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldUpdate {
    /// AWS updates the live resource in place.
    InPlace,
    /// AWS cannot change it: the change requires replacement.
    Replacement,
}
