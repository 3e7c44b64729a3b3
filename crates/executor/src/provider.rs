//! The interface that the executor has to each kind of resource, and the dispatch from a node to its kind.
//!
//! Each kind is one file in [`crate::providers`] with one `impl ResourceProvider`. The AWS calls for a
//! kind belong in its file.

use futures::future::LocalBoxFuture;
use saas_model::Node;
use saas_model::fields::{FieldChange, differences, fields};
use saas_model::resource::{self as model, Field, Kind, Resource, ResourceSpec};
use serde_json::Value;

use crate::apply::change_set::Change;
use crate::context::Context;
use crate::error::{Result, unless_gone};
use crate::state::blocker::Blocker;
use crate::state::observed::{Identity, ObservedResource, Tags};

/// Lists, describes, creates, updates and deletes the resources of one kind.
pub(crate) trait ResourceProvider: ResourceSpec + Into<Resource> + Clone + 'static {
    /// Lists all resources of this kind that belong to the platform, with one call per page. The kinds that
    /// this one refers to have been listed before.
    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>>;

    /// Describes planned resources by name, because a listing may be late. Resources that do not exist are
    /// omitted. A kind without names relies on its listing.
    async fn describe_by_name(_cx: &Context<'_>, _nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        Ok(Vec::new())
    }

    /// Describes one resource by name, planned or not; `None` when the platform has no resource of that
    /// name. A kind without names, or whose listings are never late, relies on its listing.
    async fn named(_cx: &Context<'_>, _name: &str) -> Result<Option<ObservedResource>> {
        Ok(None)
    }

    /// Error codes of [`Self::describe`] for a resource that a listing returned and that no longer exists.
    const GONE: &'static [&'static str] = &[];

    /// Describes every field of one resource, with its tags. Makes no call where the listing returned all
    /// fields.
    async fn describe(cx: &Context<'_>, found: &ObservedResource) -> Result<ResourceDescription>;

    /// Creates a resource, and waits until others can use it. The digest tag is written last. Where the
    /// listing shows everything that later calls set, the tag may be part of the first call, because
    /// [`Self::list`] then recognises an incomplete resource. If the process is killed in between, the next
    /// apply lists the resource and [`Self::update`] completes it.
    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity>;

    /// Whether [`Self::create`] leaves work to [`Self::finish`].
    const FINISHES: bool = false;

    /// Completes a new resource with the calls that no dependent waits for, so that they yield to other
    /// calls under the same rate limit. Where [`Self::FINISHES`] is true, this writes the digest tag.
    async fn finish(&self, _cx: &Context<'_>, _node: &Node) -> Result<()> {
        Ok(())
    }

    /// Updates a live resource to its planned fields, and writes the tags last. `changes` are the fields
    /// that differ. It is empty where only tags differ, or where an earlier apply was killed before it
    /// wrote the digest.
    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity>;

    /// Deletes a resource and waits until its name and its place are free. A resource that no longer exists
    /// is not an error.
    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()>;

    /// Returns the differences that only an attempt shows: before is live, after is planned. Runs only when
    /// every field is described.
    async fn probe(&self, _cx: &Context<'_>, _node: &Node) -> Result<Vec<FieldChange>> {
        Ok(Vec::new())
    }

    /// Describes in a few words the data that its deletion loses; `None` when it holds no data.
    async fn data_loss(_cx: &Context<'_>, _found: &ObservedResource) -> Result<Option<String>> {
        Ok(None)
    }

    /// Returns what is known to block these changes, in addition to what the listings show. None of the
    /// changes is a creation. Runs before the first write.
    async fn blockers(_cx: &Context<'_>, _changes: &[&Change]) -> Result<Vec<Blocker>> {
        Ok(Vec::new())
    }

    /// Waits until the resources are stable, where that takes long and no other resource depends on it. One
    /// call can describe several of them.
    async fn wait_until_stable(_cx: &Context<'_>, _nodes: &[&Node]) -> Vec<(saas_model::Address, Result<()>)> {
        Vec::new()
    }
}

/// The fields that differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Changes<'a>(pub(crate) &'a [FieldChange]);

impl Changes<'_> {
    /// Whether one of these fields, or a part of it, differs.
    pub(crate) fn touch<F: Field>(&self, fields: &[F]) -> bool {
        self.0.iter().any(|change| fields.iter().any(|field| field.as_str() == change.top()))
    }

    /// Whether an updatable field differs.
    pub(crate) fn touch_updatable<K: ResourceProvider>(&self) -> bool {
        self.0.iter().any(|change| K::KIND.updates_in_place(change.top()))
    }

    /// Whether something differs that is not a field of the model.
    pub(crate) fn touch_unmodelled(&self, what: &str) -> bool {
        self.0.iter().any(|change| change.top() == what)
    }
}

/// The live state of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResourceDescription {
    /// Its fields, with references as addresses.
    pub(crate) resource: Resource,
    /// Its current tags; `None` where it cannot be tagged, or its tags cannot be read.
    pub(crate) tags: Option<Tags>,
    /// Differences from the plan outside the fields of the model: before is live, after is planned.
    pub(crate) unmodelled: Vec<FieldChange>,
    /// Fields whose live value the model cannot represent, with the value as AWS returns it.
    pub(crate) raw_values: Vec<(String, Value)>,
}

impl ResourceDescription {
    pub(crate) const fn new(resource: Resource, tags: Option<Tags>) -> Self {
        Self { resource, tags, unmodelled: Vec::new(), raw_values: Vec::new() }
    }

    /// The fields that differ from a planned resource: before is live, after is planned. A value that the
    /// model cannot represent appears as AWS returns it.
    pub(crate) fn differences_to(&self, planned: &Resource) -> Vec<FieldChange> {
        let mut found = differences(&self.resource, planned);
        for (field, said) in &self.raw_values {
            let within = format!("{field}.");
            found.retain(|change| change.field != *field && !change.field.starts_with(&within));
            let path = format!("/{}", field.replace('.', "/"));
            let after = fields(planned).pointer(&path).cloned().unwrap_or_default();
            found.push(FieldChange { field: field.clone(), before: said.clone(), after });
        }
        found.sort_by(|a, b| a.field.cmp(&b.field));
        found
    }

    /// The description that the listing already contains; `None` when it lacks fields.
    pub(crate) fn of_listing(found: &ObservedResource) -> Option<Self> {
        let ObservedResource { tags, unmodelled, raw_values, .. } = found.clone();
        found.fields.clone().map(|resource| Self { resource, tags, unmodelled, raw_values })
    }
}

/// Runs an expression with `$K` as the struct of a kind.
macro_rules! of_kind {
    ($kind:expr, $K:ident => $body:expr) => {
        of_kind!(@ $kind, $K => $body; Vpc Subnet InternetGateway ElasticIp NatGateway RouteTable VpcEndpoint
            SecurityGroup SecurityGroupRule DbSubnetGroup DbClusterParameterGroup DbCluster DbInstance DatabaseAccess
            TenantSchema Bucket Secret LogGroup Role LoadBalancer Listener TargetGroup ListenerRule EcsCluster
            TaskDefinition Service ScalableTarget)
    };
    (@ $kind:expr, $K:ident => $body:expr; $($name:ident)*) => {
        match $kind {
            $(Kind::$name => { type $K = model::$name; $body })*
        }
    };
}

const TYPED: &str = "a step runs with the kind of its own node";

pub(crate) fn list<'a>(kind: Kind, cx: &'a Context<'a>) -> LocalBoxFuture<'a, Result<Vec<ObservedResource>>> {
    of_kind!(kind, K => Box::pin(K::list(cx)))
}

pub(crate) fn describe_by_name<'a>(
    kind: Kind,
    cx: &'a Context<'a>,
    nodes: &'a [&'a Node],
) -> LocalBoxFuture<'a, Result<Vec<ObservedResource>>> {
    of_kind!(kind, K => Box::pin(K::describe_by_name(cx, nodes)))
}

pub(crate) fn named<'a>(
    kind: Kind,
    cx: &'a Context<'a>,
    name: &'a str,
) -> LocalBoxFuture<'a, Result<Option<ObservedResource>>> {
    of_kind!(kind, K => Box::pin(K::named(cx, name)))
}

pub(crate) fn blockers<'a>(
    kind: Kind,
    cx: &'a Context<'a>,
    changes: &'a [&'a Change],
) -> LocalBoxFuture<'a, Result<Vec<Blocker>>> {
    of_kind!(kind, K => Box::pin(K::blockers(cx, changes)))
}

/// Describes a listed resource; `None` when it no longer exists.
pub(crate) fn describe<'a>(
    cx: &'a Context<'a>,
    found: &'a ObservedResource,
) -> LocalBoxFuture<'a, Result<Option<ResourceDescription>>> {
    of_kind!(found.kind, K => Box::pin(async move { unless_gone(K::describe(cx, found).await, K::GONE) }))
}

pub(crate) fn probe<'a>(cx: &'a Context<'a>, node: &'a Node) -> LocalBoxFuture<'a, Result<Vec<FieldChange>>> {
    of_kind!(node.kind(), K => Box::pin(async move { K::of(&node.resource).expect(TYPED).probe(cx, node).await }))
}

pub(crate) fn create<'a>(cx: &'a Context<'a>, node: &'a Node) -> LocalBoxFuture<'a, Result<Identity>> {
    of_kind!(node.kind(), K => Box::pin(K::of(&node.resource).expect(TYPED).create(cx, node)))
}

/// Whether creating a resource of this kind leaves work to [`finish`].
pub(crate) fn finishes(kind: Kind) -> bool {
    of_kind!(kind, K => K::FINISHES)
}

pub(crate) fn finish<'a>(cx: &'a Context<'a>, node: &'a Node) -> LocalBoxFuture<'a, Result<()>> {
    of_kind!(node.kind(), K => Box::pin(K::of(&node.resource).expect(TYPED).finish(cx, node)))
}

pub(crate) fn update<'a>(
    cx: &'a Context<'a>,
    node: &'a Node,
    found: &'a ObservedResource,
    changes: Changes<'a>,
) -> LocalBoxFuture<'a, Result<Identity>> {
    of_kind!(node.kind(), K => {
        Box::pin(async move { K::of(&node.resource).expect(TYPED).update(cx, node, found, &changes).await })
    })
}

pub(crate) fn delete<'a>(cx: &'a Context<'a>, found: &'a ObservedResource) -> LocalBoxFuture<'a, Result<()>> {
    of_kind!(found.kind, K => Box::pin(K::delete(cx, found)))
}

pub(crate) fn data_loss<'a>(
    cx: &'a Context<'a>,
    found: &'a ObservedResource,
) -> LocalBoxFuture<'a, Result<Option<String>>> {
    of_kind!(found.kind, K => Box::pin(K::data_loss(cx, found)))
}

pub(crate) fn wait_until_stable<'a>(
    kind: Kind,
    cx: &'a Context<'a>,
    nodes: &'a [&'a Node],
) -> LocalBoxFuture<'a, Vec<(saas_model::Address, Result<()>)>> {
    of_kind!(kind, K => Box::pin(K::wait_until_stable(cx, nodes)))
}
