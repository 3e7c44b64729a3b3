//! The plan: the whole desired state, content-addressed.
//!
//! [`Plan::seal`] creates a plan and [`Plan::decode`] reads one. Both guarantee that nodes are in
//! address order, that every reference points to a node of the right kind, that there are no cycles,
//! and that the digests match the content. [`crate::codec`] defines the byte encoding.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Index;

use itertools::Itertools as _;
use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::arn::Place;
use crate::codec::{self, UnreadablePlan};
use crate::digest::{Digest, Domain};
use crate::identifier::{AccountId, CostCenter, Environment, PlatformName, Region, RoleArn, TagKey, TagValue};
use crate::reference::Template;
use crate::resource::{Bucket, Kind, Reference, ReferenceTarget, Resource, ResourceSpec};
use crate::set::Set;

/// The format version that this crate writes, and the only one that it reads.
pub const FORMAT: u32 = 2;

/// The address of the bucket for the lease and the receipts.
pub const CONTROL_BUCKET: &str = "control/bucket";
/// The last part of the address of a scalable target, which is beneath that of its service. The target's own
/// listing lacks tags, so its address is known from its service.
pub const SCALING: &str = "scaling";

/// The tag with the name of the platform that a resource belongs to.
pub const TAG_PLATFORM: &str = "saas:platform";
/// The tag with the address of the node that a resource was created for.
pub const TAG_ADDRESS: &str = "saas:address";
/// The tag with the digest of that node. The resource is complete when the tag is present and equal.
pub const TAG_DIGEST: &str = "saas:digest";
/// The tag with the tenant's id, or `shared`; policies compare it.
pub const TAG_TENANT: &str = "tenant_id";
/// The tag with the cost center.
pub const TAG_COST_CENTER: &str = "cost_center";
/// The tag with the environment.
pub const TAG_ENVIRONMENT: &str = "environment";
/// The tag that names the tool that manages the resource.
pub const TAG_MANAGED_BY: &str = "managed_by";

/// A complete plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    id: Digest,
    header: Header,
    nodes: Vec<Node>,
    outputs: BTreeMap<Address, Template>,
}

/// The platform of a plan, and the inputs it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The platform.
    pub platform: PlatformName,
    /// Its environment.
    pub environment: Environment,
    /// The only account that the plan may be applied to.
    pub account: AccountId,
    /// The only Region that the plan may be applied to.
    pub region: Region,
    /// The role that applies the plan; bucket policies exempt it.
    pub provisioner: RoleArn,
    /// The tags of all resources that the spec adds.
    pub platform_tags: BTreeMap<TagKey, TagValue>,
    /// The digest of the spec's meaning, independent of comments and order.
    pub spec: Digest,
    /// The digest of the lock's meaning.
    pub lock: Digest,
}

impl Header {
    /// The tags that every resource of the plan carries.
    #[must_use]
    pub fn tags(&self) -> BTreeMap<&str, String> {
        let own = [
            (TAG_PLATFORM, self.platform.to_string()),
            (TAG_ENVIRONMENT, self.environment.to_string()),
            (TAG_MANAGED_BY, "saas".to_owned()),
        ];
        let of_spec = self.platform_tags.iter().map(|(key, value)| (key.as_str(), value.to_string()));
        of_spec.chain(own).collect()
    }

    /// Account and Region, for ARNs.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { account: &self.account, region: &self.region }
    }
}

/// One resource of the desired state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its name in the plan.
    pub address: Address,
    /// Nodes that must be complete first although no field refers to them.
    pub after: Set<Address>,
    /// Values that are set at creation and never compared.
    pub initial: Option<Initial>,
    /// The owner.
    pub tags: OwnerTags,
    /// The desired state.
    pub resource: Resource,
    /// The digest of tags and resource, with references as addresses.
    pub digest: Digest,
}

/// A node without its digest.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// See [`Node::address`].
    pub address: Address,
    /// See [`Node::after`].
    pub after: Set<Address>,
    /// See [`Node::initial`].
    pub initial: Option<Initial>,
    /// See [`Node::tags`].
    pub tags: OwnerTags,
    /// See [`Node::resource`].
    pub resource: Resource,
}

/// Values that are set at creation and managed elsewhere afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Initial {
    /// The number of tasks that a service starts with; autoscaling decides afterwards.
    pub desired_count: u32,
}

/// The owner of a resource, as its tags state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnerTags {
    /// The tenant's id, or `shared`.
    pub tenant_id: Box<str>,
    /// The cost center.
    pub cost_center: CostCenter,
}

impl Node {
    /// The kind of its resource.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.resource.kind()
    }

    /// The addresses of all nodes that must be complete before this one: its references and its `after`
    /// addresses, in order and without duplicates.
    #[must_use]
    pub fn dependencies(&self) -> BTreeSet<&Address> {
        let mut found: BTreeSet<&Address> = self.after.iter().collect();
        self.resource.references(&mut |reference| {
            found.insert(reference.address);
        });
        found
    }
}

/// Why a set of nodes is not a valid plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Two nodes have the same address.
    #[error("two nodes have the address `{0}`")]
    DuplicateAddress(Address),
    /// The nodes are not in address order.
    #[error("`{0}` is out of order: nodes must be in address order")]
    Unordered(Address),
    /// A reference points to an address that is not in the plan.
    #[error("`{from}` refers to `{to}`, which is not in the plan")]
    Dangling {
        /// The node or the output that refers.
        from: Address,
        /// The missing address.
        to: Address,
    },
    /// A reference points to a node of another kind than it requires.
    #[error("`{from}` refers to `{to}` as {wanted}, but it is a {found}")]
    WrongKind {
        /// The node or the output that refers.
        from: Address,
        /// The address referred to.
        to: Address,
        /// The expected kind or attribute.
        wanted: String,
        /// The actual kind.
        found: Kind,
    },
    /// Nodes depend on each other.
    #[error("dependency cycle: {}", .0.iter().map(Address::as_str).join(", "))]
    Cycle(Vec<Address>),
}

impl Plan {
    /// Creates a plan from nodes and returns it with its bytes; one pass computes both.
    ///
    /// # Errors
    /// All faults of the nodes.
    #[doc(hidden)]
    pub fn seal(
        header: Header,
        mut drafts: Vec<Draft>,
        outputs: BTreeMap<Address, Template>,
    ) -> Result<(Self, Vec<u8>), Vec<Fault>> {
        // Drafts are mostly in order already, which makes the stable sort fast.
        drafts.sort_by(|a, b| a.address.cmp(&b.address));
        let nodes = drafts
            .into_iter()
            .map(|Draft { address, after, initial, tags, resource }| {
                let digest = Digest::from_bytes([0; Digest::LEN]);
                Node { address, after, initial, tags, resource, digest }
            })
            .collect();
        let mut plan = Self { id: Digest::from_bytes([0; Digest::LEN]), header, nodes, outputs };
        plan.check()?;
        let (bytes, seal) = codec::encode(&plan);
        plan.id = seal.id;
        for (node, digest) in plan.nodes.iter_mut().zip(seal.nodes) {
            node.digest = digest;
        }
        Ok((plan, bytes))
    }

    /// Decodes a plan.
    ///
    /// # Errors
    /// When `bytes` are not the canonical form of a valid plan; the error gives the reason.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnreadablePlan> {
        codec::decode(bytes)
    }

    /// The canonical bytes of this plan.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self).0
    }

    pub(crate) fn from_parts(
        id: Digest,
        header: Header,
        nodes: Vec<Node>,
        outputs: BTreeMap<Address, Template>,
    ) -> Result<Self, Vec<Fault>> {
        let plan = Self { id, header, nodes, outputs };
        plan.check()?;
        Ok(plan)
    }

    /// The digest of everything else in the plan.
    #[must_use]
    pub const fn id(&self) -> Digest {
        self.id
    }

    /// The platform and the inputs.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The nodes, in address order.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The outputs: values for people and programs, known once the plan is applied.
    #[must_use]
    pub const fn outputs(&self) -> &BTreeMap<Address, Template> {
        &self.outputs
    }

    /// The node at an address.
    #[must_use]
    pub fn node(&self, address: &Address) -> Option<&Node> {
        self.nodes.binary_search_by(|node| node.address.cmp(address)).ok().map(|index| &self.nodes[index])
    }

    /// The node of the bucket for the lease and the receipts, and that bucket.
    #[must_use]
    pub fn control_bucket(&self) -> Option<(&Node, &Bucket)> {
        let node = self.node(&Address::literal(CONTROL_BUCKET))?;
        Some((node, Bucket::of(&node.resource)?))
    }

    /// All tags of a node's resource except the resolved-inputs digest, which is known only when the
    /// resource is live.
    #[must_use]
    pub fn tags(&self, node: &Node) -> BTreeMap<String, String> {
        let own = [
            ("Name", format!("{}/{}", self.header.platform, node.address)),
            (TAG_ADDRESS, node.address.to_string()),
            (TAG_DIGEST, node.digest.to_string()),
            (TAG_TENANT, node.tags.tenant_id.to_string()),
            (TAG_COST_CENTER, node.tags.cost_center.to_string()),
        ];
        self.header.tags().into_iter().chain(own).map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// The nodes in topological generations: each node comes after all its dependencies. The nodes of a
    /// generation are in address order.
    ///
    /// # Panics
    /// Never: a plan has no cycle.
    #[must_use]
    pub fn generations(&self) -> Vec<Vec<&Node>> {
        let dependencies = self.resolve(&mut Vec::new());
        let mut depth = vec![0; self.nodes.len()];
        for index in order(&dependencies).expect("a plan is checked to have no cycle when it is made") {
            depth[index] = dependencies[index].iter().map(|&earlier| depth[earlier] + 1).max().unwrap_or(0);
        }
        let mut generations = vec![Vec::new(); depth.iter().max().map_or(0, |deepest| deepest + 1)];
        for (node, depth) in self.nodes.iter().zip(depth) {
            generations[depth].push(node);
        }
        generations
    }

    /// The closure digest of each node, in node order: its own digest and the closure digests of its
    /// dependencies.
    #[must_use]
    pub fn closures(&self) -> Vec<Digest> {
        let dependencies = self.resolve(&mut Vec::new());
        let order = order(&dependencies).expect("a plan is checked to have no cycle when it is made");
        let mut closures = vec![Digest::from_bytes([0; Digest::LEN]); self.nodes.len()];
        for index in order {
            let mut hasher = Domain::Closure.hasher();
            hasher.update(self.nodes[index].digest.as_bytes());
            // Dependencies are in address order; the digest depends on that order.
            for &dependency in &dependencies[index] {
                hasher.update(closures[dependency].as_bytes());
            }
            closures[index] = hasher.finish();
        }
        closures
    }

    fn check(&self) -> Result<(), Vec<Fault>> {
        let mut faults: Vec<Fault> = self
            .nodes
            .windows(2)
            .filter_map(|pair| match pair[0].address.cmp(&pair[1].address) {
                std::cmp::Ordering::Less => None,
                std::cmp::Ordering::Equal => Some(Fault::DuplicateAddress(pair[1].address.clone())),
                std::cmp::Ordering::Greater => Some(Fault::Unordered(pair[1].address.clone())),
            })
            .collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        let dependencies = self.resolve(&mut faults);
        if faults.is_empty()
            && let Err(cycle) = order(&dependencies)
        {
            faults.push(Fault::Cycle(cycle.into_iter().map(|index| self.nodes[index].address.clone()).collect()));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// For each node, the indexes of its dependencies, in order and without duplicates. A reference
    /// that cannot be resolved is omitted and reported as a fault.
    fn resolve(&self, faults: &mut Vec<Fault>) -> Dependencies {
        // Every reference is looked up here, and binary search in a large plan costs much more than
        // hashing. The table is only used for lookups, so its order does not matter.
        let index: HashMap<&Address, usize> =
            self.nodes.iter().enumerate().map(|(i, node)| (&node.address, i)).collect();
        let mut recent = Recent::new();
        let mut resolve = |from: &Address, to: &Address, expects: Option<ReferenceTarget>| {
            let found = recent.get_or(to, || index.get(to).copied());
            let fault = match found {
                Some(index) => expects.and_then(|expects| unexpected(from, &self.nodes[index], expects)),
                None => Some(Fault::Dangling { from: from.clone(), to: to.clone() }),
            };
            faults.extend(fault);
            found
        };
        for (name, text) in &self.outputs {
            for output in text.outputs() {
                resolve(name, &output.address, Some(ReferenceTarget::Attribute(output.attribute)));
            }
        }
        let mut dependencies = Dependencies { all: Vec::with_capacity(4 * self.nodes.len()), ends: Vec::new() };
        let mut found = Vec::new();
        for node in &self.nodes {
            node.resource.references(&mut |Reference { address, target }| {
                found.extend(resolve(&node.address, address, Some(target)));
            });
            for address in &node.after {
                found.extend(resolve(&node.address, address, None));
            }
            found.sort_unstable();
            found.dedup();
            dependencies.push(&mut found);
        }
        dependencies
    }
}

/// What was found for the addresses of one plan that were looked up last.
///
/// The copies of an address share its text, so the place of the text identifies them without reading it.
struct Recent(Vec<Option<(*const str, Option<usize>)>>);

impl Recent {
    /// Enough for the nodes of one tenant and the shared ones.
    const LEN: usize = 1_024;

    fn new() -> Self {
        Self(vec![None; Self::LEN])
    }

    fn get_or(&mut self, address: &Address, find: impl FnOnce() -> Option<usize>) -> Option<usize> {
        let text: *const str = address.as_str();
        // The low bits are those of the alignment.
        let entry = &mut self.0[(text.addr() >> 3) % Self::LEN];
        match *entry {
            Some((known, found)) if std::ptr::eq(known, text) => found,
            _ => entry.insert((text, find())).1,
        }
    }
}

/// For each node, the indexes of its dependencies, concatenated in one list.
struct Dependencies {
    all: Vec<usize>,
    /// For each node, the end of its dependencies in the list; the next node's start there.
    ends: Vec<usize>,
}

impl Dependencies {
    /// Moves the next node's dependencies out of `found`.
    fn push(&mut self, found: &mut Vec<usize>) {
        self.all.append(found);
        self.ends.push(self.all.len());
    }

    fn len(&self) -> usize {
        self.ends.len()
    }
}

impl Index<usize> for Dependencies {
    type Output = [usize];

    fn index(&self, index: usize) -> &[usize] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.all[start..self.ends[index]]
    }
}

/// The fault of a reference to `target` that is not what is expected.
fn unexpected(from: &Address, target: &Node, expects: ReferenceTarget) -> Option<Fault> {
    let found = target.kind();
    let wanted = match expects {
        ReferenceTarget::Kind(kind) if kind == found => return None,
        ReferenceTarget::Attribute(attribute) if found.attributes().contains(&attribute) => return None,
        ReferenceTarget::Kind(kind) => format!("a {kind}"),
        ReferenceTarget::Attribute(attribute) => format!("a resource with the attribute `{attribute}`"),
    };
    Some(Fault::WrongKind { from: from.clone(), to: target.address.clone(), wanted, found })
}

/// A topological order of the indexes, or a cycle: indexes that each depend on the next.
fn order(dependencies: &Dependencies) -> Result<Vec<usize>, Vec<usize>> {
    #[derive(Clone, Copy)]
    enum State {
        New,
        Open,
        Done,
    }

    let mut order = Vec::with_capacity(dependencies.len());
    let mut states = vec![State::New; dependencies.len()];
    // The path from a start node to the current one, with the number of dependencies already visited at
    // each index. It is on the heap, because a plan from an untrusted source can be one long chain.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for start in 0..dependencies.len() {
        if let State::New = states[start] {
            states[start] = State::Open;
            path.push((start, 0));
        }
        while let Some((index, visited)) = path.last_mut() {
            let index = *index;
            let Some(&dependency) = dependencies[index].get(*visited) else {
                states[index] = State::Done;
                order.push(index);
                path.pop();
                continue;
            };
            *visited += 1;
            match states[dependency] {
                State::New => {
                    states[dependency] = State::Open;
                    path.push((dependency, 0));
                }
                State::Open => {
                    let cycle = path.iter().map(|(index, _)| *index).skip_while(|index| *index != dependency);
                    return Err(cycle.collect());
                }
                State::Done => {}
            }
        }
    }
    Ok(order)
}
