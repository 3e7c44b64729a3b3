//! Finds the fields that refer to other nodes.
//!
//! Every field type lists its references, even when it has none. The derives visit every field, so no
//! reference is missed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Kind, ResourceSpec};
use crate::address::Address;
use crate::fields::Path;
use crate::reference::{Attribute, Ref, Template};
use crate::set::Set;

/// A reference of a resource, without its static type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The address of the target.
    pub address: &'a Address,
    /// The requirement on the target.
    pub target: ReferenceTarget,
}

/// The requirement of a reference on its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceTarget {
    /// The target is of this kind.
    Kind(Kind),
    /// The target has this attribute.
    Attribute(Attribute),
}

/// A callback for each reference, with the path of its field.
pub(crate) type Visitor<'v, 'a> = dyn FnMut(Path<'_>, Reference<'a>) + 'v;

/// A value that may refer to other nodes.
pub trait HasReferences {
    /// Visits every reference in the value. `path` is the path of the value.
    #[doc(hidden)]
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>);

    /// Adds the kinds that values of this type may refer to.
    #[doc(hidden)]
    fn target_kinds(found: &mut BTreeSet<Kind>);
}

impl<T: ResourceSpec> HasReferences for Ref<T> {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        visit(path, Reference { address: self.address(), target: ReferenceTarget::Kind(T::KIND) });
    }

    fn target_kinds(found: &mut BTreeSet<Kind>) {
        found.insert(T::KIND);
    }
}

impl HasReferences for Template {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        for output in self.outputs() {
            let target = ReferenceTarget::Attribute(output.attribute);
            visit(path, Reference { address: &output.address, target });
        }
    }

    /// A template refers to attributes, which resources of several kinds have.
    fn target_kinds(_found: &mut BTreeSet<Kind>) {}
}

impl<T: HasReferences> HasReferences for Option<T> {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        self.iter().for_each(|inner| inner.references(path, visit));
    }

    fn target_kinds(found: &mut BTreeSet<Kind>) {
        T::target_kinds(found);
    }
}

/// Elements have no names, so the path is that of the set.
impl<T: HasReferences> HasReferences for Set<T> {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        self.iter().for_each(|inner| inner.references(path, visit));
    }

    fn target_kinds(found: &mut BTreeSet<Kind>) {
        T::target_kinds(found);
    }
}

/// Elements have no names, so the path is that of the list.
impl<T: HasReferences> HasReferences for Vec<T> {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        self.iter().for_each(|inner| inner.references(path, visit));
    }

    fn target_kinds(found: &mut BTreeSet<Kind>) {
        T::target_kinds(found);
    }
}

impl<T: HasReferences> HasReferences for BTreeMap<String, T> {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        self.iter().for_each(|(key, inner)| inner.references(path.then(key), visit));
    }

    fn target_kinds(found: &mut BTreeSet<Kind>) {
        T::target_kinds(found);
    }
}

/// Implements the trait for types without references.
macro_rules! without_references {
    ($($name:ty),* $(,)?) => {
        $(
            impl $crate::resource::HasReferences for $name {
                fn references<'a>(
                    &'a self,
                    _path: $crate::fields::Path<'_>,
                    _visit: &mut $crate::resource::Visitor<'_, 'a>,
                ) {
                }

                fn target_kinds(_found: &mut std::collections::BTreeSet<$crate::resource::Kind>) {}
            }
        )*
    };
}
pub(crate) use without_references;

without_references!(bool, u16, u32, String, crate::cidr::Cidr, crate::policy::Policy);
