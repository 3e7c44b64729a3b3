//! The canonical form: a plan has exactly one byte encoding, and the decoder accepts only that one.
//!
//! A plan is one MessagePack map, `{format, id, header, nodes, outputs}`. Structs are maps with their
//! keys in declaration order; collections are ordered by key. The id is the digest of the file without
//! the 32 bytes of the id.
//!
//! The decoder does not check each way in which bytes can deviate from that form. It decodes, encodes
//! again and compares the bytes.

pub(crate) mod form;

use std::collections::BTreeMap;

use itertools::Itertools as _;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::digest::{Common, Digest, Domain};
use crate::plan::{FORMAT, Fault, Header, Node, OwnerTags, Plan};
use crate::reference::Template;
use crate::resource::Resource;
use form::{Difference, FormatError, Writer, difference};

/// The digests that encoding a plan computes.
#[derive(Debug)]
pub(crate) struct Seal {
    /// The plan's id.
    pub(crate) id: Digest,
    /// The digest of each node, in node order.
    pub(crate) nodes: Vec<Digest>,
}

/// The bytes are not a plan, or not one in canonical form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadablePlan {
    /// A later version of saas wrote it.
    #[error("the plan has format {found}, but this version of saas reads format {FORMAT}; use a newer saas")]
    NewerFormat {
        /// The format version in the file.
        found: u64,
    },
    /// An earlier version of saas wrote it.
    #[error(
        "the plan has format {found}, and this version of saas reads format {FORMAT}; plan it again with `saas plan`"
    )]
    OlderFormat {
        /// The format version in the file.
        found: u64,
    },
    /// It is not a MessagePack map with the keys of a plan.
    #[error("this is not a plan: {0}")]
    Malformed(String),
    /// Bytes follow the end of the plan.
    #[error("{0} bytes follow the end of the plan")]
    Trailing(usize),
    /// The bytes decode to a plan, but are not its canonical encoding.
    #[error(
        "the plan is not in canonical form: byte {offset} is {found}, expected {canonical}; a key is out of order, or an \
         integer is encoded with more bytes than necessary"
    )]
    NotCanonical {
        /// The offset of the first difference, counted from 0.
        offset: usize,
        /// The byte at that offset.
        found: String,
        /// The byte of the canonical form.
        canonical: String,
    },
    /// The content was changed after the id was computed.
    #[error("the plan states the id {stated}, but its content has the id {actual}: it was altered")]
    WrongId {
        /// The id in the file.
        stated: Digest,
        /// The id of the content.
        actual: Digest,
    },
    /// A node was changed after its digest was computed.
    #[error("the digest of `{0}` does not match its fields: it was altered")]
    WrongDigest(Address),
    /// The nodes do not form a valid plan.
    #[error("the nodes do not form a valid plan: {}", .0.iter().join("; "))]
    Faulty(Vec<Fault>),
}

impl From<FormatError> for UnreadablePlan {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::NewerFormat(found) => Self::NewerFormat { found },
            FormatError::OlderFormat(found) => Self::OlderFormat { found },
            FormatError::Malformed(reason) => Self::Malformed(reason),
            FormatError::Trailing(bytes) => Self::Trailing(bytes),
        }
    }
}

/// The bytes of a plan and the digests of its content. Digests that the plan states are ignored.
pub(crate) fn encode(plan: &Plan) -> (Vec<u8>, Seal) {
    // A node takes 600 to 800 bytes; starting with more than the final size avoids copying.
    let mut writer = Writer::with_capacity(1_024 + 1_024 * plan.nodes().len());
    writer.map(5);
    writer.entry("format", &FORMAT);
    writer.key("id");
    let id_at = writer.digest(Digest::from_bytes([0; Digest::LEN]));
    writer.entry("header", plan.header());
    writer.key("nodes");
    writer.array(plan.nodes().len());
    let common = common_to_nodes(plan.header());
    let nodes = plan.nodes().iter().map(|node| writer.node(node, &common)).collect();
    writer.entry("outputs", plan.outputs());

    let (bytes, id) = writer.sealed(id_at, Domain::Plan);
    (bytes, Seal { id, nodes })
}

/// The canonical bytes of a value that is hashed on its own, such as a spec.
///
/// # Panics
/// When `value` does not serialize; the types of this crate always do.
#[doc(hidden)]
pub fn canonical<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut writer = Writer::with_capacity(0);
    writer.value(value);
    writer.into_bytes()
}

/// The digest of a node with these tags and this resource in a plan with this header.
#[doc(hidden)]
#[must_use]
pub fn node_digest(header: &Header, tags: &OwnerTags, resource: &Resource) -> Digest {
    let mut writer = Writer::with_capacity(640);
    writer.entry("tags", tags);
    writer.entry("resource", resource);
    common_to_nodes(header).digest(writer.written())
}

/// The digest of every node covers the tags that the header adds to all nodes.
fn common_to_nodes(header: &Header) -> Common {
    let mut hasher = Domain::Node.hasher();
    hasher.update(&canonical(&header.tags()));
    hasher.into_common()
}

impl Writer {
    /// Writes a node. Tags and resource are adjacent, so that the digest after them covers one
    /// contiguous range of the buffer.
    fn node(&mut self, node: &Node, common: &Common) -> Digest {
        let Node { address, after, initial, tags, resource, digest: _ } = node;
        self.map(6);
        self.entry("address", address);
        self.entry("after", after);
        self.entry("initial", initial);
        let start = self.written().len();
        self.entry("tags", tags);
        self.entry("resource", resource);
        let digest = common.digest(&self.written()[start..]);
        self.key("digest");
        self.digest(digest);
        digest
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u64,
    id: Digest,
    header: Header,
    nodes: Vec<Node>,
    outputs: BTreeMap<Address, Template>,
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Plan, UnreadablePlan> {
    let file: File = form::read(bytes, "format", FORMAT, |file: &File| file.format)?;
    let plan = Plan::from_parts(file.id, file.header, file.nodes, file.outputs).map_err(UnreadablePlan::Faulty)?;
    compare(bytes, &plan)?;
    Ok(plan)
}

/// Compares the bytes read with the canonical encoding of the plan.
///
/// Digests are checked apart from form: if only digests differ, the content was altered.
fn compare(bytes: &[u8], plan: &Plan) -> Result<(), UnreadablePlan> {
    let (canonical, seal) = encode(plan);
    if bytes == canonical {
        return Ok(());
    }
    let altered = plan.nodes().iter().zip(&seal.nodes).find(|(node, digest)| node.digest != **digest);
    if let Some(Difference { offset, found, canonical }) = difference(bytes, &as_stated(canonical, plan, &seal)) {
        return Err(UnreadablePlan::NotCanonical { offset, found, canonical });
    }
    Err(match altered {
        Some((node, _)) => UnreadablePlan::WrongDigest(node.address.clone()),
        None => UnreadablePlan::WrongId { stated: plan.id(), actual: seal.id },
    })
}

/// The canonical bytes, with the computed digests replaced by the stated ones. The computed digests are
/// located by value, in the order in which they were written.
fn as_stated(mut canonical: Vec<u8>, plan: &Plan, seal: &Seal) -> Vec<u8> {
    let digests = std::iter::once((seal.id, plan.id()))
        .chain(seal.nodes.iter().copied().zip(plan.nodes().iter().map(|node| node.digest)));
    let mut from = 0;
    for (computed, stated) in digests {
        let found = canonical[from..].windows(Digest::LEN).position(|window| window == computed.as_bytes());
        if let Some(at) = found.map(|at| from + at) {
            canonical[at..at + Digest::LEN].copy_from_slice(stated.as_bytes());
            from = at + Digest::LEN;
        }
    }
    canonical
}
