//! Settings of which a table can have some, and inherit the others.

use std::collections::BTreeMap;

use toml_span::Span;

use crate::toml::{At, Field};

/// Something that is inherited where it is absent.
pub(super) trait Inherit {
    /// This, with what is absent taken from `default`. Tables merge key by key.
    #[must_use]
    fn over(self, default: &Self) -> Self;
}

/// A setting, and whether it comes from the table that is being checked. A table without its own value
/// inherits another's, whose problems are reported there.
#[derive(Clone, Debug)]
pub(super) struct Setting<T> {
    pub(super) field: Field<T>,
    is_own: bool,
}

/// Where the value of a setting is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nowhere.
    Absent,
    /// In the table that is being checked.
    Own,
    /// In another.
    Inherited,
}

impl<T> Default for Setting<T> {
    fn default() -> Self {
        Self { field: Field::default(), is_own: false }
    }
}

impl<T> From<Field<T>> for Setting<T> {
    fn from(field: Field<T>) -> Self {
        Self { field, is_own: true }
    }
}

impl<T: Clone> Inherit for Setting<T> {
    fn over(self, default: &Self) -> Self {
        if self.field.is_absent() { Self { field: default.field.clone(), is_own: false } } else { self }
    }
}

impl<T> Setting<T> {
    /// A setting of its own at this location; `None` when it cannot be read.
    pub(super) fn read(span: Span, value: Option<T>) -> Self {
        value.map_or(Field::Invalid, |value| Field::Valid(At { value, span })).into()
    }

    pub(super) const fn valid(&self) -> Option<&At<T>> {
        self.field.valid()
    }

    /// Its value, if it comes from the table itself.
    pub(super) fn own(&self) -> Option<&At<T>> {
        self.valid().filter(|_| self.is_own)
    }

    /// Where it is said.
    pub(super) const fn origin(&self) -> Origin {
        match (self.field.is_absent(), self.is_own) {
            (true, _) => Origin::Absent,
            (false, true) => Origin::Own,
            (false, false) => Origin::Inherited,
        }
    }

    /// Its location, if it comes from the table itself.
    pub(super) fn own_span(&self) -> Option<Span> {
        self.own().map(|at| at.span)
    }
}

/// Settings with names that the user chose.
pub(super) type Named<N, T> = BTreeMap<N, T>;

impl<N: Ord + Clone, T: Inherit + Clone + Default> Inherit for Named<N, T> {
    fn over(mut self, default: &Self) -> Self {
        for (name, inherited) in default {
            let own = self.remove(name).unwrap_or_default();
            self.insert(name.clone(), own.over(inherited));
        }
        self
    }
}

/// Defines a table of settings that merges key by key.
macro_rules! settings {
    ($($(#[$meta:meta])* $name:ident { $($field:ident: $kind:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default)]
        pub(super) struct $name {
            $(pub(super) $field: $kind,)*
        }

        impl Inherit for $name {
            fn over(self, default: &Self) -> Self {
                Self { $($field: self.$field.over(&default.$field),)* }
            }
        }
    )*};
}
pub(super) use settings;
