//! References between nodes, and values that only AWS knows.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::Address;
use crate::resource::{Kind, ResourceSpec};

/// A reference to the node at an address, typed by the kind of its target.
///
/// In a plan it is only the address. Its value (an id, an ARN) is known once the target is live. A plan
/// is rejected when the address is missing or is a node of another kind.
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

    /// The address of the target.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// The kind of the target.
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

/// An attribute of a live resource that a plan cannot know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Attribute {
    /// The id that AWS assigns (`vpc-…`, `subnet-…`, `sg-…`).
    Id,
    /// The full ARN, with the random suffix where AWS adds one.
    Arn,
    /// The writer endpoint of a database cluster.
    Endpoint,
    /// The DNS name of a load balancer.
    DnsName,
}

/// A value that only AWS knows: an attribute of the node at an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputRef {
    /// The address of the node.
    pub address: Address,
    /// The attribute.
    pub attribute: Attribute,
}

/// A string with interpolations: values that only AWS knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Template(Vec<Segment>);

/// A segment of a [`Template`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Segment {
    /// A literal string.
    Literal(String),
    /// A value that is filled in when the node is live.
    Output(OutputRef),
}

impl Template {
    /// A string without interpolations.
    pub fn literal(text: impl Into<String>) -> Self {
        Self(vec![Segment::Literal(text.into())])
    }

    /// A string of these segments.
    #[must_use]
    pub const fn of(segments: Vec<Segment>) -> Self {
        Self(segments)
    }

    /// A string that is one interpolated value.
    #[must_use]
    pub fn output(address: Address, attribute: Attribute) -> Self {
        Self(vec![Segment::Output(OutputRef { address, attribute })])
    }

    /// Appends a literal string.
    #[must_use]
    pub fn then(mut self, text: impl Into<String>) -> Self {
        self.0.push(Segment::Literal(text.into()));
        self
    }

    /// Appends an interpolated value.
    #[must_use]
    pub fn then_output(mut self, address: Address, attribute: Attribute) -> Self {
        self.0.push(Segment::Output(OutputRef { address, attribute }));
        self
    }

    /// The segments, in order.
    #[must_use]
    pub fn parts(&self) -> &[Segment] {
        &self.0
    }

    /// The interpolated values, in order.
    pub fn outputs(&self) -> impl Iterator<Item = &OutputRef> {
        self.0.iter().filter_map(|part| match part {
            Segment::Output(output) => Some(output),
            Segment::Literal(_) => None,
        })
    }

    /// The string with every value filled in.
    ///
    /// # Errors
    /// The error of `lookup` for the first value that it cannot resolve.
    pub fn resolve<E>(&self, mut lookup: impl FnMut(&OutputRef) -> Result<String, E>) -> Result<String, E> {
        self.0
            .iter()
            .map(|part| match part {
                Segment::Literal(text) => Ok(text.clone()),
                Segment::Output(output) => lookup(output),
            })
            .collect()
    }
}

/// Interpolated values are shown as `${address.attribute}`.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Segment::Literal(text) => f.write_str(text),
            Segment::Output(OutputRef { address, attribute }) => write!(f, "${{{address}.{attribute}}}"),
        })
    }
}
