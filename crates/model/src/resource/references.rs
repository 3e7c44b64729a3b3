//! Which fields refer to other nodes.
//!
//! Every type that a field can have says which references are in it, also where there are none. So
//! the derives visit every field, and no reference is forgotten.

use std::collections::BTreeMap;

use super::{Kind, ResourceSpec};
use crate::address::Address;
use crate::fields::Path;
use crate::reference::{Attribute, Ref, Text};
use crate::set::Set;

/// A reference that a resource makes, without its static type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The node that is referred to.
    pub address: &'a Address,
    /// What that node must offer.
    pub target: ReferenceTarget,
}

/// What a reference asks of its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceTarget {
    /// To be of a kind.
    Kind(Kind),
    /// To have an attribute.
    Attribute(Attribute),
}

/// What is told of each reference: the path of the field that it is in, and itself.
pub(crate) type Visitor<'v, 'a> = dyn FnMut(Path<'_>, Reference<'a>) + 'v;

/// A value that may refer to other nodes.
pub trait HasReferences {
    /// Visits every reference in it. `path` is its own.
    #[doc(hidden)]
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>);
}

impl<T: ResourceSpec> HasReferences for Ref<T> {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        visit(path, Reference { address: self.address(), target: ReferenceTarget::Kind(T::KIND) });
    }
}

impl HasReferences for Text {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        for output in self.outputs() {
            let target = ReferenceTarget::Attribute(output.attribute);
            visit(path, Reference { address: &output.address, target });
        }
    }
}

impl<T: HasReferences> HasReferences for Option<T> {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        self.iter().for_each(|inner| inner.references(path, visit));
    }
}

/// Elements have no names, so the path is that of the set.
impl<T: HasReferences> HasReferences for Set<T> {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        self.iter().for_each(|inner| inner.references(path, visit));
    }
}

impl<T: HasReferences> HasReferences for BTreeMap<String, T> {
    fn references<'a>(&'a self, path: Path<'_>, visit: &mut Visitor<'_, 'a>) {
        self.iter().for_each(|(key, inner)| inner.references(path.then(key), visit));
    }
}

/// Types of fields without references.
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
            }
        )*
    };
}
pub(crate) use without_references;

without_references!(bool, u16, u32, String, crate::cidr::Cidr, crate::policy::Policy);
