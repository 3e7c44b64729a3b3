//! The dispatch from a kind, or a node, to the provider of the kind.

use std::collections::BTreeSet;

use futures::future::LocalBoxFuture;
use saas_model::fields::FieldChange;
use saas_model::resource::{self as model, Kind, Resource, ResourceSpec};
use saas_model::{Address, Node, for_each_kind};

use super::{Changes, Declaration, ResourceDescription, ResourceProvider};
use crate::apply::change_set::Change;
use crate::context::Context;
use crate::error::{Result, unless_gone};
use crate::preflight::TakenName;
use crate::state::blocker::Blocker;
use crate::state::observed::{Identity, ObservedResource};

/// Runs an expression with `$K` as the struct of a kind.
macro_rules! of_kind {
    ($kind:expr, $K:ident => $body:expr) => {
        for_each_kind!(match_kind { $kind, $K => $body })
    };
}

macro_rules! match_kind {
    ($kind:expr, $K:ident => $body:expr; $($(#[$meta:meta])* $name:ident => $text:literal,)*) => {
        match $kind {
            $(Kind::$name => { type $K = model::$name; $body })*
        }
    };
}

/// What a kind declares.
pub(crate) fn declaration(kind: Kind) -> &'static Declaration {
    of_kind!(kind, K => const { &K::DECLARATION })
}

/// The property of a resource that no other of its kind can have at the same time.
pub(crate) fn exclusive_property(resource: &Resource) -> Option<String> {
    of_kind!(resource.kind(), K => K::of(resource).and_then(ResourceProvider::exclusive_property))
}

pub(crate) fn taken_names<'a>(kind: Kind, cx: &'a Context<'a>) -> LocalBoxFuture<'a, Result<Vec<TakenName>>> {
    of_kind!(kind, K => Box::pin(K::taken_names(cx)))
}

pub(crate) fn used_among<'a>(
    kind: Kind,
    cx: &'a Context<'a>,
    ids: &'a BTreeSet<&'a str>,
) -> LocalBoxFuture<'a, Result<Option<String>>> {
    of_kind!(kind, K => Box::pin(K::used_among(cx, ids)))
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

/// Whether the access to a live resource is as its node plans it, as far as no listing shows it.
pub(crate) fn has_planned_access<'a>(
    cx: &'a Context<'a>,
    node: &'a Node,
    found: &'a ObservedResource,
) -> LocalBoxFuture<'a, Result<bool>> {
    of_kind!(node.kind(), K => {
        Box::pin(async move { K::of(&node.resource).expect(TYPED).has_planned_access(cx, found).await })
    })
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

pub(crate) fn delete_revisions<'a>(
    kind: Kind,
    cx: &'a Context<'a>,
    revisions: &'a [ObservedResource],
) -> LocalBoxFuture<'a, Vec<Result<()>>> {
    of_kind!(kind, K => Box::pin(K::delete_revisions(cx, revisions)))
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
) -> LocalBoxFuture<'a, Vec<(Address, Result<()>)>> {
    of_kind!(kind, K => Box::pin(K::wait_until_stable(cx, nodes)))
}
