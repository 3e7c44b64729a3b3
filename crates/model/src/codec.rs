//! The canonical form: one plan has one byte string, and only that string is read.
//!
//! A plan is one MessagePack map, `{format, id, header, nodes, outputs}`, its structs as maps with
//! their keys in the order of declaration, its collections in the order of their keys. The id is
//! the digest of the file with the 32 bytes of the id left out.
//!
//! Reading does not try to recognise each way in which bytes can stray from that form. It decodes,
//! encodes again and compares: whatever survives is canonical.

pub(crate) mod form;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::digest::{Common, Digest, Domain};
use crate::plan::{FORMAT, Fault, Header, Node, OwnerTags, Plan};
use crate::reference::Text;
use crate::resource::Resource;
use form::{Difference, Stray, Writer, difference};

/// The digests that encoding a plan brings about.
#[derive(Debug)]
pub(crate) struct Seal {
    /// The plan's id.
    pub(crate) id: Digest,
    /// The digest of each node, in order.
    pub(crate) nodes: Vec<Digest>,
}

/// Bytes that are no plan, or not as a plan is written.
#[derive(Debug, thiserror::Error)]
pub enum UnreadablePlan {
    /// A later version of saas wrote it.
    #[error("the plan has format {found}, and this version of saas reads format {FORMAT}; use a newer saas")]
    NewerFormat {
        /// The format that it says.
        found: u64,
    },
    /// It is not a MessagePack map with the keys of a plan.
    #[error("this is not a plan: {0}")]
    Malformed(String),
    /// Something stands behind the plan.
    #[error("{0} bytes stand behind the end of the plan")]
    Trailing(usize),
    /// The content is a plan's, and written in another way than the canonical one.
    #[error(
        "the plan is not in canonical form: byte {offset} is {found} where the only form of this content has \
         {canonical}; a key out of its order or an integer longer than need be looks like this"
    )]
    NotCanonical {
        /// Where the first difference is, counted from 0.
        offset: usize,
        /// What is there.
        found: String,
        /// What should be there.
        canonical: String,
    },
    /// The content was changed after the id was computed.
    #[error("the plan says that its id is {stated}, and its content has the id {actual}: it was altered")]
    WrongId {
        /// The id in the file.
        stated: Digest,
        /// The id of the content.
        actual: Digest,
    },
    /// A node was changed after its digest was computed.
    #[error("the digest of `{0}` is not that of its fields: it was altered")]
    WrongDigest(Address),
    /// The nodes do not make a plan.
    #[error("the nodes do not make a plan: {}", .0.iter().map(Fault::to_string).collect::<Vec<_>>().join("; "))]
    Faulty(Vec<Fault>),
}

impl From<Stray> for UnreadablePlan {
    fn from(stray: Stray) -> Self {
        match stray {
            Stray::NewerFormat(found) => Self::NewerFormat { found },
            Stray::Malformed(reason) => Self::Malformed(reason),
            Stray::Trailing(bytes) => Self::Trailing(bytes),
        }
    }
}

/// The bytes of a plan, with the digests of its content, whatever digests it says that it has.
pub(crate) fn encode(plan: &Plan) -> (Vec<u8>, Seal) {
    // Nodes take some 600 bytes each; starting near the final size saves copying.
    let mut writer = Writer::with_capacity(1_024 + 640 * plan.nodes().len());
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

/// The canonical bytes of a value that is hashed by itself, such as a spec.
///
/// # Panics
/// When `value` does not serialize, which the types of this crate always do.
pub fn canonical<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut writer = Writer::with_capacity(0);
    writer.value(value);
    writer.into_bytes()
}

/// The digest that a node with these tags and this resource has, in a plan with this header.
#[must_use]
pub fn node_digest(header: &Header, tags: &OwnerTags, resource: &Resource) -> Digest {
    let mut writer = Writer::with_capacity(640);
    writer.entry("tags", tags);
    writer.entry("resource", resource);
    common_to_nodes(header).digest(writer.written())
}

/// Every node's digest counts the tags that the header gives to all of them.
fn common_to_nodes(header: &Header) -> Common {
    let mut hasher = Domain::Node.hasher();
    hasher.update(&canonical(&header.tags()));
    hasher.into_common()
}

impl Writer {
    /// Writes a node. Tags and resource stand side by side, so that one stretch of the buffer is
    /// what the digest behind them covers.
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
    outputs: BTreeMap<Address, Text>,
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Plan, UnreadablePlan> {
    let file: File = form::read(bytes, "format", FORMAT, |file: &File| file.format)?;
    let plan = Plan::from_parts(file.id, file.header, file.nodes, file.outputs).map_err(UnreadablePlan::Faulty)?;
    compare(bytes, &plan)?;
    Ok(plan)
}

/// Compares what was read with what the plan would be written as.
///
/// Digests are told apart from form: where only digests differ, somebody altered the content.
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

/// The canonical bytes with the digests that the plan states in place of the true ones. The true
/// ones are found by their 32 bytes, in the order in which they were written.
fn as_stated(mut canonical: Vec<u8>, plan: &Plan, seal: &Seal) -> Vec<u8> {
    let digests = std::iter::once((seal.id, plan.id()))
        .chain(seal.nodes.iter().copied().zip(plan.nodes().iter().map(|node| node.digest)));
    let mut from = 0;
    for (truth, stated) in digests {
        let found = canonical[from..].windows(Digest::LEN).position(|window| window == truth.as_bytes());
        if let Some(at) = found.map(|at| from + at) {
            canonical[at..at + Digest::LEN].copy_from_slice(stated.as_bytes());
            from = at + Digest::LEN;
        }
    }
    canonical
}
