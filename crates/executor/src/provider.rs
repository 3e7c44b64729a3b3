//! What the executor must know about a kind, and how a node finds the kind that it is of.
//!
//! Each kind is one file in [`crate::providers`] with one `impl ResourceProvider`. Nothing else in this crate
//! knows what a VPC is.

use futures::future::LocalBoxFuture;
use saas_model::Node;
use saas_model::fields::{FieldChange, differences, fields};
use saas_model::resource::{self as model, Field, Kind, Resource, ResourceSpec};
use serde_json::Value;

use crate::apply::change_set::{Blocker, Change};
use crate::context::Context;
use crate::error::{Result, unless_gone};
use crate::state::observed::{Identity, ObservedResource, Tags};

/// How one kind of resource is found, read, made, changed and removed.
pub(crate) trait ResourceProvider: ResourceSpec + Into<Resource> + Clone + 'static {
    /// Finds all resources of this kind that belong to the platform, in as few calls as there are
    /// pages. Kinds that this one refers to have been found before.
    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>>;

    /// Asks for planned resources by their names, for a listing may be late. What is not there is
    /// left out. A kind without names has only its listing.
    async fn describe_by_name(_cx: &Context<'_>, _nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        Ok(Vec::new())
    }

    /// Asks for one by its name, planned or not; `None` when there is none of the platform's. A kind
    /// without names, or whose listings are never late, has only its listing.
    async fn named(_cx: &Context<'_>, _name: &str) -> Result<Option<ObservedResource>> {
        Ok(None)
    }

    /// The codes with which reading says that a resource is gone, which a listing showed.
    const GONE: &'static [&'static str] = &[];

    /// Reads one resource field by field, with its tags. Where finding it showed everything, this
    /// makes no call.
    async fn describe(cx: &Context<'_>, found: &ObservedResource) -> Result<ResourceDescription>;

    /// Makes a resource, and waits until others can use it. The digest tag is written last; where
    /// the listing shows all that later calls set, it may come with the first, for
    /// [`Self::observe`] then tells a resource that is not complete. Begun and killed, it is found
    /// again and completed by [`Self::update`].
    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity>;

    /// Whether [`Self::create`] leaves something for [`Self::finish`].
    const FINISHES: bool = false;

    /// Does what is left to do for a new resource and what nothing that needs it waits for, so that
    /// these calls give way to others of the same rate. Where there is this, the digest tag is
    /// written here.
    async fn finish(&self, _cx: &Context<'_>, _node: &Node) -> Result<()> {
        Ok(())
    }

    /// Brings a live resource to what is wanted, and writes the tags last. `changes` names the
    /// fields that differ; it is empty where only tags do, or where an earlier apply was killed
    /// before it wrote the digest.
    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity>;

    /// Removes a resource and waits until its name and its place are free. What is gone already
    /// is no error.
    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()>;

    /// What is not as planned and only trying shows: before is live, after is planned. It is tried
    /// where every field is read.
    async fn probe(&self, _cx: &Context<'_>, _node: &Node) -> Result<Vec<FieldChange>> {
        Ok(Vec::new())
    }

    /// What would be lost with it, in a few words; `None` when there is nothing to lose.
    async fn data_loss(_cx: &Context<'_>, _found: &ObservedResource) -> Result<Option<String>> {
        Ok(None)
    }

    /// What is known to hold these changes back, beside what finding the resources has shown; none of
    /// them is a creation. It is asked before the first write.
    async fn blockers(_cx: &Context<'_>, _changes: &[&Change]) -> Result<Vec<Blocker>> {
        Ok(Vec::new())
    }

    /// Waits until it runs as it should, where that takes long and nothing else waits for it.
    /// Resources are given together, so that one call can look at several.
    async fn wait_until_stable(_cx: &Context<'_>, _nodes: &[&Node]) -> Vec<(saas_model::Address, Result<()>)> {
        Vec::new()
    }
}

/// The fields that differ.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Changes<'a>(pub(crate) &'a [FieldChange]);

impl Changes<'_> {
    /// Whether one of these fields differs, or a part of it.
    pub(crate) fn touch<F: Field>(&self, fields: &[F]) -> bool {
        self.0.iter().any(|change| fields.iter().any(|field| field.as_str() == change.top()))
    }

    /// Whether one of the fields differs that AWS changes in place.
    pub(crate) fn touch_updatable<K: ResourceProvider>(&self) -> bool {
        self.0.iter().any(|change| K::KIND.updates_in_place(change.top()))
    }

    /// Whether something differs that is in no field of the model.
    pub(crate) fn touch_unmodelled(&self, what: &str) -> bool {
        self.0.iter().any(|change| change.top() == what)
    }
}

/// A resource as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResourceDescription {
    /// Its fields, references as addresses.
    pub(crate) resource: Resource,
    /// Its tags, read now; `None` where it cannot be tagged, or the tags cannot be read.
    pub(crate) tags: Option<Tags>,
    /// What is not as planned and is in no field of the model: before is live, after is planned.
    pub(crate) unmodelled: Vec<FieldChange>,
    /// Fields for which the model has no word, with what AWS says of them.
    pub(crate) raw_values: Vec<(String, Value)>,
}

impl ResourceDescription {
    pub(crate) const fn new(resource: Resource, tags: Option<Tags>) -> Self {
        Self { resource, tags, unmodelled: Vec::new(), raw_values: Vec::new() }
    }

    /// The fields that differ from a planned resource: before is live, after is planned. A value that
    /// the model has no word for is told as AWS says it.
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

    /// What finding it has shown already.
    pub(crate) fn of_listing(found: &ObservedResource) -> Option<Self> {
        let ObservedResource { tags, unmodelled, raw_values, .. } = found.clone();
        found.fields.clone().map(|resource| Self { resource, tags, unmodelled, raw_values })
    }
}

/// Runs an expression with `$K` standing for the struct of a kind.
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

/// Reads a resource that was found; `None` when it is gone by now.
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

/// Whether something is left to do when a resource of this kind is made.
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
