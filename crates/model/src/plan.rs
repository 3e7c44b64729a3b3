//! The plan: the whole intent, content-addressed.
//!
//! A plan is made by [`Plan::seal`] and read by [`Plan::decode`]; both give the same guarantees:
//! nodes are in the order of their addresses, every reference leads to a node of the right kind,
//! nothing refers to itself through others, and the digests are those of the content. How it is
//! written as bytes is in [`crate::codec`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Index;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::arn::Place;
use crate::codec::{self, UnreadablePlan};
use crate::digest::{Digest, Domain};
use crate::identifier::{AccountId, CostCenter, Environment, PlatformName, Region, RoleArn};
use crate::reference::Text;
use crate::resource::{Bucket, Kind, Reference, ReferenceTarget, Resource, ResourceSpec};
use crate::set::Set;

/// The version of the format that this crate writes, and the only one that it reads.
pub const FORMAT: u32 = 1;

/// The address of the bucket in which lease and receipts are kept.
pub const CONTROL_BUCKET: &str = "control/bucket";

/// The tag that holds the name of the platform that a resource belongs to.
pub const TAG_PLATFORM: &str = "saas:platform";
/// The tag that holds the address of the node that a resource was made for.
pub const TAG_ADDRESS: &str = "saas:address";
/// The tag that holds the digest of that node: the resource is complete when it is there and equal.
pub const TAG_DIGEST: &str = "saas:digest";
/// The tag that holds the tenant's id, or `shared`; policies compare it.
pub const TAG_TENANT: &str = "tenant_id";
/// The tag that says whom to charge.
pub const TAG_COST_CENTER: &str = "cost_center";
/// The tag that names the stage.
pub const TAG_ENVIRONMENT: &str = "environment";
/// The tag that says who looks after the resource.
pub const TAG_MANAGED_BY: &str = "managed_by";

/// A whole plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    id: Digest,
    header: Header,
    nodes: Vec<Node>,
    outputs: BTreeMap<Address, Text>,
}

/// Where a plan is for, and what it was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The platform.
    pub platform: PlatformName,
    /// Its stage.
    pub environment: Environment,
    /// The only account that it may be applied to.
    pub account: AccountId,
    /// The only region.
    pub region: Region,
    /// The role that applies it; bucket policies do not lock it out.
    pub provisioner: RoleArn,
    /// The digest of what the spec means, whatever its comments and its order.
    pub spec: Digest,
    /// The digest of what the lock means.
    pub lock: Digest,
}

impl Header {
    /// The tags that every resource of the plan carries.
    #[must_use]
    pub fn tags(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            (TAG_PLATFORM, self.platform.to_string()),
            (TAG_ENVIRONMENT, self.environment.to_string()),
            (TAG_MANAGED_BY, "saas".to_owned()),
        ])
    }

    /// Account and region, for ARNs.
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { account: &self.account, region: &self.region }
    }
}

/// One resource wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its name in the plan.
    pub address: Address,
    /// Nodes that must be complete first although no field refers to them.
    pub after: Set<Address>,
    /// What is given once, at creation, and never compared.
    pub initial: Option<Initial>,
    /// Whose it is.
    pub tags: OwnerTags,
    /// What is wanted.
    pub resource: Resource,
    /// The digest of tags and resource, references as addresses.
    pub digest: Digest,
}

/// A node whose digest is not known yet.
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

/// What is given once, at creation, and belongs to others afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Initial {
    /// How many tasks a service starts with; autoscaling decides afterwards.
    pub desired_count: u32,
}

/// Whose a resource is, as its tags say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnerTags {
    /// The tenant's id, or `shared`.
    pub tenant_id: Box<str>,
    /// Whom to charge.
    pub cost_center: CostCenter,
}

impl Node {
    /// The kind of its resource.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.resource.kind()
    }

    /// The addresses of all nodes that must be complete before this one: those that it refers to
    /// and those that it names in `after`, each once, in order.
    #[must_use]
    pub fn dependencies(&self) -> BTreeSet<&Address> {
        let mut found: BTreeSet<&Address> = self.after.iter().collect();
        self.resource.references(&mut |reference| {
            found.insert(reference.address);
        });
        found
    }
}

/// What is wrong with a set of nodes that would be a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Two nodes have one address.
    #[error("two nodes have the address `{0}`")]
    DuplicateAddress(Address),
    /// The nodes are not in the order of their addresses.
    #[error("`{0}` is not in its place: nodes are in the order of their addresses")]
    Unordered(Address),
    /// A reference leads nowhere.
    #[error("`{from}` refers to `{to}`, which is not in the plan")]
    Dangling {
        /// Who refers; an output when its name begins so.
        from: Address,
        /// To what.
        to: Address,
    },
    /// A reference leads to something else than it must.
    #[error("`{from}` refers to `{to}` as {wanted}, and it is a {found}")]
    WrongKind {
        /// Who refers.
        from: Address,
        /// To what.
        to: Address,
        /// What it should be.
        wanted: String,
        /// What it is.
        found: Kind,
    },
    /// Nodes wait for each other.
    #[error("these nodes wait for each other: {}", .0.iter().map(Address::as_str).collect::<Vec<_>>().join(", "))]
    Cycle(Vec<Address>),
}

impl Plan {
    /// Makes a plan of nodes, and gives its bytes as well, for both come from one pass.
    ///
    /// # Errors
    /// Everything that is wrong with the nodes, at once.
    pub fn seal(
        header: Header,
        mut drafts: Vec<Draft>,
        outputs: BTreeMap<Address, Text>,
    ) -> Result<(Self, Vec<u8>), Vec<Fault>> {
        // Drafts mostly come in order already, which a stable sort makes use of.
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

    /// Reads a plan.
    ///
    /// # Errors
    /// When `bytes` are anything but the one canonical form of a sound plan; the error says what
    /// is wrong with them.
    pub fn decode(bytes: &[u8]) -> Result<Self, UnreadablePlan> {
        codec::decode(bytes)
    }

    /// The one byte string of this plan.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self).0
    }

    pub(crate) fn from_parts(
        id: Digest,
        header: Header,
        nodes: Vec<Node>,
        outputs: BTreeMap<Address, Text>,
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

    /// Where it is for.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The nodes, in the order of their addresses.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What a person or a program wants to know once the plan is applied.
    #[must_use]
    pub const fn outputs(&self) -> &BTreeMap<Address, Text> {
        &self.outputs
    }

    /// The node at an address.
    #[must_use]
    pub fn node(&self, address: &Address) -> Option<&Node> {
        self.nodes.binary_search_by(|node| node.address.cmp(address)).ok().map(|index| &self.nodes[index])
    }

    /// The node of the bucket in which lease and receipts are kept, with that bucket.
    #[must_use]
    pub fn control_bucket(&self) -> Option<(&Node, &Bucket)> {
        let node = self.node(&Address::literal(CONTROL_BUCKET))?;
        Some((node, Bucket::of(&node.resource)?))
    }

    /// All tags of a node's resource but the one that says what its references were bound to,
    /// which is known only when it is live.
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

    /// The nodes in generations: each stands behind all that it depends on, and those of one
    /// generation are in the order of their addresses.
    ///
    /// # Panics
    /// Never: a plan is checked to have no cycle when it is made.
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

    /// The closure digest of each node, in the order of the nodes: its own digest together with
    /// the closure digests of everything that it refers to.
    #[must_use]
    pub fn closures(&self) -> Vec<Digest> {
        let dependencies = self.resolve(&mut Vec::new());
        let order = order(&dependencies).expect("a plan is checked to have no cycle when it is made");
        let mut closures = vec![Digest::from_bytes([0; Digest::LEN]); self.nodes.len()];
        for index in order {
            let mut hasher = Domain::Closure.hasher();
            hasher.update(self.nodes[index].digest.as_bytes());
            // The order of dependencies is that of their addresses, which feeds the digest.
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
            && let Err(stuck) = order(&dependencies)
        {
            faults.push(Fault::Cycle(stuck.into_iter().map(|index| self.nodes[index].address.clone()).collect()));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// For each node, the indexes of the nodes that must be complete before it, each once, in
    /// order. What leads nowhere, or to something else than it must, is left out and a fault.
    fn resolve(&self, faults: &mut Vec<Fault>) -> Dependencies {
        // Every reference is looked up here, and a search through a big plan costs far more than
        // a hash. Only lookups are made, so the order of the table does not matter.
        let index: HashMap<&Address, usize> =
            self.nodes.iter().enumerate().map(|(i, node)| (&node.address, i)).collect();
        let mut resolve = |from: &Address, to: &Address, expects: Option<ReferenceTarget>| {
            let found = index.get(to).copied();
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

/// For each node, the indexes of the nodes that must be complete before it, all in one list.
struct Dependencies {
    all: Vec<usize>,
    /// Where in the list those of each node end, and those of the next begin.
    ends: Vec<usize>,
}

impl Dependencies {
    /// Takes the dependencies of the next node out of `found`.
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

/// What is wrong about a reference to `target`.
fn unexpected(from: &Address, target: &Node, expects: ReferenceTarget) -> Option<Fault> {
    let found = target.kind();
    let wanted = match expects {
        ReferenceTarget::Kind(kind) if kind == found => return None,
        ReferenceTarget::Attribute(attribute) if found.attributes().contains(&attribute) => return None,
        ReferenceTarget::Kind(kind) => format!("a {kind}"),
        ReferenceTarget::Attribute(attribute) => format!("something with the attribute `{attribute}`"),
    };
    Some(Fault::WrongKind { from: from.clone(), to: target.address.clone(), wanted, found })
}

/// An order in which each index stands behind its dependencies; otherwise a circle of indexes, each
/// of which waits for the next.
fn order(dependencies: &Dependencies) -> Result<Vec<usize>, Vec<usize>> {
    #[derive(Clone, Copy)]
    enum State {
        New,
        Open,
        Done,
    }

    let mut order = Vec::with_capacity(dependencies.len());
    let mut states = vec![State::New; dependencies.len()];
    // The way from a start down to where the search is, with how many dependencies of each index
    // were looked at. It is on the heap, for a plan from elsewhere may be one long chain.
    let mut way: Vec<(usize, usize)> = Vec::new();
    for start in 0..dependencies.len() {
        if let State::New = states[start] {
            states[start] = State::Open;
            way.push((start, 0));
        }
        while let Some((index, looked_at)) = way.last_mut() {
            let index = *index;
            let Some(&dependency) = dependencies[index].get(*looked_at) else {
                states[index] = State::Done;
                order.push(index);
                way.pop();
                continue;
            };
            *looked_at += 1;
            match states[dependency] {
                State::New => {
                    states[dependency] = State::Open;
                    way.push((dependency, 0));
                }
                State::Open => {
                    let circle = way.iter().map(|(index, _)| *index).skip_while(|index| *index != dependency);
                    return Err(circle.collect());
                }
                State::Done => {}
            }
        }
    }
    Ok(order)
}
