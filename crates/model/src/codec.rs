//! The canonical form: one plan has one byte string, and only that string is read.
//!
//! A plan is one MessagePack map, `{format, id, header, nodes, outputs}`, its structs as maps with
//! their keys in the order of declaration, its collections in the order of their keys. The id is
//! the digest of the file with the 32 bytes of the id left out.
//!
//! Reading does not try to recognise each way in which bytes can stray from that form. It decodes,
//! encodes again and compares: whatever survives is canonical.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::digest::{Common, Digest, Domain};
use crate::plan::{FORMAT, Fault, Header, Node, Plan};
use crate::reference::Text;

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

/// The bytes of a plan, with the digests of its content, whatever digests it says that it has.
pub(crate) fn encode(plan: &Plan) -> (Vec<u8>, Seal) {
    // Nodes take some 600 bytes each; starting near the final size saves copying.
    let mut writer = Writer { buffer: Vec::with_capacity(1_024 + 640 * plan.nodes().len()) };
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

    let mut bytes = writer.buffer;
    let id = Domain::Plan.hasher().update(&bytes[..id_at]).update(&bytes[id_at + Digest::LEN..]).finish();
    bytes[id_at..id_at + Digest::LEN].copy_from_slice(id.as_bytes());
    (bytes, Seal { id, nodes })
}

/// The canonical bytes of a value that is hashed by itself, such as a spec.
///
/// # Panics
/// When `value` does not serialize, which the types of this crate always do.
pub fn canonical<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut writer = Writer { buffer: Vec::new() };
    writer.value(value);
    writer.buffer
}

/// Every node's digest counts the tags that the header gives to all of them.
fn common_to_nodes(header: &Header) -> Common {
    let mut hasher = Domain::Node.hasher();
    hasher.update(&canonical(&header.tags()));
    hasher.into_common()
}

struct Writer {
    buffer: Vec<u8>,
}

const IN_MEMORY: &str = "writing to memory cannot fail";

impl Writer {
    fn map(&mut self, len: u32) {
        rmp::encode::write_map_len(&mut self.buffer, len).expect(IN_MEMORY);
    }

    fn array(&mut self, len: usize) {
        let len = u32::try_from(len).expect("a plan has fewer than 2^32 nodes");
        rmp::encode::write_array_len(&mut self.buffer, len).expect(IN_MEMORY);
    }

    fn key(&mut self, key: &str) {
        rmp::encode::write_str(&mut self.buffer, key).expect(IN_MEMORY);
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) {
        let mut serializer = rmp_serde::Serializer::new(&mut self.buffer).with_struct_map();
        value.serialize(&mut serializer).expect("the types of a plan serialize into memory");
    }

    fn entry<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) {
        self.key(key);
        self.value(value);
    }

    /// Writes a digest and gives the place of its first byte.
    fn digest(&mut self, digest: Digest) -> usize {
        rmp::encode::write_bin(&mut self.buffer, digest.as_bytes()).expect(IN_MEMORY);
        self.buffer.len() - Digest::LEN
    }

    /// Writes a node. Tags and resource stand side by side, so that one stretch of the buffer is
    /// what the digest behind them covers.
    fn node(&mut self, node: &Node, common: &Common) -> Digest {
        let Node { address, after, initial, tags, resource, digest: _ } = node;
        self.map(6);
        self.entry("address", address);
        self.entry("after", after);
        self.entry("initial", initial);
        let start = self.buffer.len();
        self.entry("tags", tags);
        self.entry("resource", resource);
        let digest = common.digest(&self.buffer[start..]);
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
    // The format comes first: what a later version writes behind it may not decode at all.
    if let Some(found) = leading_format(bytes).filter(|&format| format > u64::from(FORMAT)) {
        return Err(UnreadablePlan::NewerFormat { found });
    }
    let mut rest = bytes;
    let file = File::deserialize(&mut rmp_serde::Deserializer::new(&mut rest))
        .map_err(|error| UnreadablePlan::Malformed(error.to_string()))?;
    if file.format != u64::from(FORMAT) {
        return Err(UnreadablePlan::Malformed(format!("format {} never existed", file.format)));
    }
    if !rest.is_empty() {
        return Err(UnreadablePlan::Trailing(rest.len()));
    }
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
    let stated_form = as_stated(canonical, plan, &seal);
    if let Some(offset) = first_difference(bytes, &stated_form) {
        let show = |bytes: &[u8]| bytes.get(offset).map_or("the end".to_owned(), |byte| format!("{byte:#04x}"));
        return Err(UnreadablePlan::NotCanonical { offset, found: show(bytes), canonical: show(&stated_form) });
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

fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    let common = a.iter().zip(b).position(|(a, b)| a != b);
    common.or_else(|| (a.len() != b.len()).then(|| a.len().min(b.len())))
}

/// The value of the key `format` where it is the first of a map.
fn leading_format(mut bytes: &[u8]) -> Option<u64> {
    rmp::decode::read_map_len(&mut bytes).ok()?;
    let len = rmp::decode::read_str_len(&mut bytes).ok()? as usize;
    let rest = bytes.strip_prefix(b"format".as_slice()).filter(|_| len == b"format".len())?;
    rmp::decode::read_int(&mut { rest }).ok()
}
