//! What is declared of a kind of resource and of its fields, by `#[derive(ResourceSpec)]`.

use std::fmt;

use super::{Kind, Resource};
use crate::impact::{HasImpact, Impact};
use crate::reference::Attribute;
use crate::resource::HasReferences;

/// The desired state of a resource of one kind: its struct.
///
/// It is derived, and cannot be implemented outside of this crate.
#[expect(private_bounds, reason = "what a change does is asked of the kind")]
pub trait ResourceSpec: Sized + HasReferences + HasImpact {
    /// The kind.
    const KIND: Kind;
    /// Whether a resource holds what cannot be made again: a tenant's data, its logs, or a secret. The
    /// data of a database are its cluster's: an instance holds none of its own.
    const HOLDS_DATA: bool;
    /// What only AWS knows of it and a plan may refer to.
    const ATTRIBUTES: &'static [Attribute];
    /// What it does that one goes while the platform stays.
    const REMOVAL: Impact;
    /// Its fields.
    type Field: Field;

    /// The name that the plan gives to it, by which AWS knows it; `None` where AWS makes up an id.
    fn name(&self) -> Option<&str>;

    /// The struct in a resource, when it is of this kind.
    fn of(resource: &Resource) -> Option<&Self>;
}

/// A field of a kind of resource.
pub trait Field: Copy + fmt::Debug + 'static {
    /// All fields of the kind, in the order of the struct.
    const ALL: &'static [Self];

    /// Its name, as in the plan.
    fn as_str(&self) -> &'static str;

    /// What a change of it takes.
    fn change(&self) -> FieldUpdate;
}

/// What a change of a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldUpdate {
    /// AWS changes it on the live resource.
    InPlace,
    /// AWS cannot change it: another resource takes the place of the one that is live.
    Replacement,
}
