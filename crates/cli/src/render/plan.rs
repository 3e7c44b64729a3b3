//! A plan, as text and as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use itertools::Itertools as _;
use saas_files::proof::ProofSummary;
use saas_model::fields::fields;
use saas_model::plan::{FORMAT, Initial};
use saas_model::resource::ReferenceTarget;
use saas_model::{Address, Digest, Header, Kind, Node, Plan, Set};
use serde::Serialize;
use serde_json::Value;

use super::proof;
use super::style::{self, styled};

/// Header, nodes by owner, outputs, and values that only AWS knows.
pub(crate) fn text(plan: &Plan) -> String {
    let mut text = header(plan);
    for (tenant, nodes) in by_tenant(plan) {
        let whose = match tenant {
            None => "shared".to_owned(),
            Some(tenant) => format!("tenant {tenant}"),
        };
        let _ = writeln!(text, "\n{}: {} nodes", styled(style::BOLD, whose), nodes.len());
        for node in &nodes {
            text.push_str(&line(node, &nodes));
        }
    }
    let _ = writeln!(text, "\n{}", styled(style::BOLD, "outputs"));
    for (name, value) in plan.outputs() {
        let _ = writeln!(text, "  {name} = {value}");
    }
    let _ = writeln!(text, "\n{}", styled(style::BOLD, "known after apply"));
    for (Unknown { address, attribute }, uses) in unknowns(plan) {
        let _ = writeln!(text, "  {address}.{attribute}, used by {uses}");
    }
    text
}

fn header(plan: &Plan) -> String {
    let Header { platform, environment, account, region, provisioner, platform_tags, spec, lock } = plan.header();
    let isolation = proof::summary(&saas_prover::prove(plan));
    let tags = match platform_tags.iter().map(|(key, value)| format!("{key} = {value}")).join(", ") {
        tags if tags.is_empty() => tags,
        tags => format!("  tags        {tags}\n"),
    };
    format!(
        "plan {}\n  format      {FORMAT}\n  platform    {platform}, {environment}\n  account     {account}, {region}\n  \
         provisioner {provisioner}\n{tags}  spec        {spec}\n  lock        {lock}\n  isolation   {isolation}\n",
        styled(style::BOLD, plan.id())
    )
}

fn by_tenant(plan: &Plan) -> BTreeMap<Option<&str>, Vec<&Node>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for node in plan.nodes() {
        groups.entry(node.address.tenant()).or_default().push(node);
    }
    groups
}

/// A node's line, with its columns aligned with those of the nodes in `beside`.
fn line(node: &Node, beside: &[&Node]) -> String {
    let width = |cell: fn(&Node) -> usize| beside.iter().map(|node| cell(node)).max().unwrap_or(0);
    let address = width(|node| node.address.as_str().len());
    let kind = width(|node| <&str>::from(node.kind()).len());
    let digest = styled(style::DIM, node.digest.short());
    let line = format!("  {:address$}  {:kind$}  {digest}  ", node.address, <&str>::from(node.kind()));
    format!("{}\n", format!("{line}{}", node.resource).trim_end())
}

/// A value that only AWS knows: an attribute, or the identity of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Unknown<'a> {
    address: &'a Address,
    /// The attribute; `identity` is the id or name that other resources refer to.
    attribute: String,
}

/// The nodes and outputs that need a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Uses<'a> {
    nodes: BTreeSet<&'a Address>,
    outputs: BTreeSet<&'a Address>,
}

impl std::fmt::Display for Uses<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |number: usize, what: &str| match number {
            0 => None,
            1 => Some(format!("1 {what}")),
            number => Some(format!("{number} {what}s")),
        };
        let counts = [count(self.nodes.len(), "node"), count(self.outputs.len(), "output")];
        f.write_str(&counts.into_iter().flatten().join(" and "))
    }
}

fn unknowns(plan: &Plan) -> BTreeMap<Unknown<'_>, Uses<'_>> {
    let mut found: BTreeMap<Unknown<'_>, Uses<'_>> = BTreeMap::new();
    for node in plan.nodes() {
        node.resource.references(&mut |reference| {
            let attribute = match reference.target {
                ReferenceTarget::Attribute(attribute) => attribute.to_string(),
                ReferenceTarget::Kind(_) => "identity".to_owned(),
            };
            let unknown = Unknown { address: reference.address, attribute };
            found.entry(unknown).or_default().nodes.insert(&node.address);
        });
    }
    for (name, text) in plan.outputs() {
        for output in text.outputs() {
            let unknown = Unknown { address: &output.address, attribute: output.attribute.to_string() };
            found.entry(unknown).or_default().outputs.insert(name);
        }
    }
    found
}

/// A node with all that the plan says of it.
#[derive(Serialize)]
struct ShownNode<'a> {
    address: &'a Address,
    kind: Kind,
    digest: Digest,
    closure: Digest,
    after: &'a Set<Address>,
    initial: Option<Initial>,
    tags: BTreeMap<String, String>,
    fields: Value,
}

fn shown_nodes(plan: &Plan) -> impl Iterator<Item = ShownNode<'_>> {
    plan.nodes().iter().zip(plan.closures()).map(|(node, closure)| {
        // Destructured without `..`, so that a new field cannot be forgotten here.
        let Node { address, after, initial, tags: _, resource, digest } = node;
        ShownNode {
            address,
            kind: node.kind(),
            digest: *digest,
            closure,
            after,
            initial: *initial,
            tags: plan.tags(node),
            fields: fields(resource),
        }
    })
}

/// A node of a plan and those under it, with all their fields.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Nodes<'a>(Vec<ShownNode<'a>>);

impl<'a> Nodes<'a> {
    /// The nodes at an address and under it; `None` if there are none.
    pub(crate) fn under(plan: &'a Plan, address: &Address) -> Option<Self> {
        let nodes: Vec<_> = shown_nodes(plan).filter(|node| address.covers(node.address)).collect();
        (!nodes.is_empty()).then_some(Self(nodes))
    }

    /// One field a line.
    pub(crate) fn text(&self) -> String {
        let node = |ShownNode { address, kind, digest, closure: _, after, initial, tags, fields }: &ShownNode<'_>| {
            let mut text = format!("{} ({kind})  {}\n", styled(style::BOLD, address), styled(style::DIM, digest));
            let fields = fields.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value.clone()));
            let initial = initial
                .iter()
                .filter_map(|initial| serde_json::to_value(initial).ok())
                .map(|value| ("at creation", value));
            let after = after.iter().map(|address| ("after", Value::String(address.to_string())));
            let tags = tags.iter().map(|(key, value)| ("tag", Value::String(format!("{key} = {value}"))));
            for (name, value) in fields.chain(initial).chain(after).chain(tags) {
                let value = match value {
                    Value::String(text) => text,
                    value => serde_json::to_string_pretty(&value).unwrap_or_default().replace('\n', "\n  "),
                };
                let _ = writeln!(text, "  {name}: {value}");
            }
            text
        };
        self.0.iter().map(node).join("\n")
    }

    /// A list, as under `nodes` in the JSON of a plan.
    pub(crate) fn json(&self) -> String {
        super::json(self)
    }
}

/// The whole plan, with derived values. The keys:
///
/// - `format`, `id`, `header`: as in the file;
/// - `proof`: the id of the certificate, and the numbers of tenants and of obligations by verdict;
/// - `nodes`: in the order of their addresses, each with `address`, `kind`, `digest`, `closure`
///   (the digest of the node and all that it refers to), `after`, `initial`, `tags` (all of them)
///   and `fields`;
/// - `outputs`: name to string, where `${address.attribute}` represents a value of AWS;
/// - `unknown`: the values that only AWS knows, each with `address`, `attribute` and the `nodes`
///   and `outputs` that wait for it.
pub(crate) fn json(plan: &Plan) -> String {
    #[derive(Serialize)]
    struct Shown<'a> {
        format: u32,
        id: Digest,
        header: &'a Header,
        proof: ProofSummary,
        nodes: Vec<ShownNode<'a>>,
        outputs: BTreeMap<&'a Address, String>,
        unknown: Vec<ShownUnknown<'a>>,
    }
    #[derive(Serialize)]
    struct ShownUnknown<'a> {
        #[serde(flatten)]
        unknown: Unknown<'a>,
        #[serde(flatten)]
        uses: Uses<'a>,
    }
    super::json(&Shown {
        format: FORMAT,
        id: plan.id(),
        header: plan.header(),
        proof: ProofSummary::of(&saas_prover::prove(plan)),
        nodes: shown_nodes(plan).collect(),
        outputs: plan.outputs().iter().map(|(name, text)| (name, text.to_string())).collect(),
        unknown: unknowns(plan).into_iter().map(|(unknown, uses)| ShownUnknown { unknown, uses }).collect(),
    })
}
