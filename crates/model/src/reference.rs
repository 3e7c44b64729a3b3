//! References between nodes, and the values that only AWS knows.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::Address;
use crate::resource::{Kind, ResourceSpec};

/// A reference to the node at an address, typed by what it must be.
///
/// In a plan it is the address and nothing else. What it stands for (an id, an ARN) is known once
/// the node is live; a plan is refused when the address is missing or names another kind.
pub struct Ref<T> {
    address: Address,
    kind: PhantomData<fn() -> T>,
}

impl<T: ResourceSpec> Ref<T> {
    /// A reference to the node at `address`.
    #[must_use]
    pub const fn to(address: Address) -> Self {
        Self { address, kind: PhantomData }
    }

    /// The address that is referred to.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// The kind that the node there must be.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        T::KIND
    }
}

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), kind: PhantomData }
    }
}

impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.address)
    }
}

impl<T> PartialEq for Ref<T> {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

impl<T> Eq for Ref<T> {}

impl<T> PartialOrd for Ref<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Ref<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.address.cmp(&other.address)
    }
}

impl<T> Hash for Ref<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address.hash(state);
    }
}

impl<T> Serialize for Ref<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.address.as_str())
    }
}

impl<'de, T> Deserialize<'de> for Ref<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Address::deserialize(deserializer).map(|address| Self { address, kind: PhantomData })
    }
}

/// What can be asked of a live resource that a plan cannot know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Attribute {
    /// The id that AWS gave it (`vpc-…`, `subnet-…`, `sg-…`).
    Id,
    /// The full ARN, with the random part where AWS adds one.
    Arn,
    /// The host name under which a database cluster accepts writes.
    Endpoint,
    /// The host name of a load balancer.
    DnsName,
}

/// A value that only AWS knows: an attribute of the node at an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputRef {
    /// Whose attribute it is.
    pub address: Address,
    /// Which one.
    pub attribute: Attribute,
}

/// A text with values in it that only AWS knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(Vec<Part>);

/// A piece of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Stands as it is.
    Literal(String),
    /// Is filled in when the node is live.
    Output(OutputRef),
}

impl Text {
    /// A text without any value of AWS.
    pub fn literal(text: impl Into<String>) -> Self {
        Self(vec![Part::Literal(text.into())])
    }

    /// A text that is one value of AWS.
    #[must_use]
    pub fn output(address: Address, attribute: Attribute) -> Self {
        Self(vec![Part::Output(OutputRef { address, attribute })])
    }

    /// This text, with `text` behind it.
    #[must_use]
    pub fn then(mut self, text: impl Into<String>) -> Self {
        self.0.push(Part::Literal(text.into()));
        self
    }

    /// This text, with a value of AWS behind it.
    #[must_use]
    pub fn then_output(mut self, address: Address, attribute: Attribute) -> Self {
        self.0.push(Part::Output(OutputRef { address, attribute }));
        self
    }

    /// The pieces in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The values of AWS in it, in order.
    pub fn outputs(&self) -> impl Iterator<Item = &OutputRef> {
        self.0.iter().filter_map(|part| match part {
            Part::Output(output) => Some(output),
            Part::Literal(_) => None,
        })
    }

    /// The text with every value of AWS filled in.
    ///
    /// # Errors
    /// The error of `lookup`, for the first value that it does not know.
    pub fn resolve<E>(&self, mut lookup: impl FnMut(&OutputRef) -> Result<String, E>) -> Result<String, E> {
        self.0
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Ok(text.clone()),
                Part::Output(output) => lookup(output),
            })
            .collect()
    }
}

/// Values of AWS are shown as `${address.attribute}`.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Output(OutputRef { address, attribute }) => write!(f, "${{{address}.{attribute}}}"),
        })
    }
}
