//! Values with their locations, and values that cannot be read.

use std::fmt::Display;
use std::ops::Deref;

use toml_span::Span;

use crate::cidr::InvalidCidr;
use crate::identifier::InvalidIdentifier;

/// A value and its location.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> Deref for At<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// The content of a key.
#[derive(Clone, Debug, Default)]
pub(crate) enum Field<T> {
    /// An optional key is absent.
    #[default]
    Absent,
    /// The value cannot be read, or a required key is absent. The problem is reported.
    Invalid,
    /// A value.
    Valid(At<T>),
}

impl<T> Field<T> {
    /// The value with its location, if it is valid.
    pub(crate) const fn valid(&self) -> Option<&At<T>> {
        match self {
            Self::Valid(at) => Some(at),
            Self::Absent | Self::Invalid => None,
        }
    }

    /// The value of a required key.
    pub(crate) fn required(self) -> Option<T> {
        self.optional().flatten()
    }

    /// The value of an optional key; `None` only when it cannot be read.
    pub(crate) fn optional(self) -> Option<Option<T>> {
        match self {
            Self::Absent => Some(None),
            Self::Invalid => None,
            Self::Valid(at) => Some(Some(at.value)),
        }
    }

    /// The value, or `default` when the key is absent.
    pub(crate) fn or(self, default: T) -> Option<T> {
        self.optional().map(|value| value.unwrap_or(default))
    }

    /// The same field with another value.
    pub(crate) fn map<U>(self, to: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Invalid => Field::Invalid,
            Self::Valid(At { value, span }) => Field::Valid(At { value: to(value), span }),
        }
    }

    pub(crate) const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    pub(super) fn read(span: Span, value: Option<T>) -> Self {
        value.map_or(Self::Invalid, |value| Self::Valid(At { value, span }))
    }
}

/// Explains to the user why a text is not a valid value.
pub(crate) trait Explained: Display {
    /// What to write instead, when that can be determined.
    fn cure(&self) -> Option<String> {
        None
    }
}

impl Explained for InvalidIdentifier {
    fn cure(&self) -> Option<String> {
        self.suggestion.as_ref().map(|suggestion| format!("did you mean `{suggestion}`?"))
    }
}

impl Explained for InvalidCidr {}
impl Explained for std::convert::Infallible {}

pub(super) fn this_value<T>(value: Option<T>, span: Span) -> Option<At<T>> {
    value.map(|value| At { value, span })
}
