//! Whether planned names are taken. Before the first creation, every provider looks up the names, or other
//! unique properties, that its planned resources need ([`ResourceProvider::taken_names`]).
//!
//! It looks up only resources that are not live yet: by name or, where one page of a listing covers many,
//! in that listing.
//!
//! [`ResourceProvider::taken_names`]: crate::provider::ResourceProvider::taken_names

use std::collections::BTreeMap;

use futures::future::join_all;
use futures::stream::{self, StreamExt, TryStreamExt};
use saas_model::plan::TAG_PLATFORM;
use saas_model::resource::ResourceSpec;
use saas_model::{Address, Kind, Node};
use strum::IntoEnumIterator;

pub(crate) use super::taken_name::{Owner, TakenName};
use super::{Check, Failure};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::provider::{self, UniqueWithin, declaration};
use crate::state::observed::{ObservedResource, Tags};
use crate::state::provenance::has_planned_name;
use crate::state::unlabelled;

/// How many names are looked up concurrently.
const WIDTH: usize = 8;

/// The failures, if planned names are taken or that cannot be determined.
pub(super) async fn taken(cx: &Context<'_>) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut all = Vec::new();
    let looked = join_all(Kind::iter().map(async |kind| (kind, provider::taken_names(kind, cx).await))).await;
    for (kind, looked) in looked {
        match looked {
            Ok(taken) => all.extend(taken),
            Err(error) => {
                let what = match declaration(kind).unique_within {
                    UniqueWithin::Container => "the availability of names inside the platform",
                    UniqueWithin::Partition | UniqueWithin::Account | UniqueWithin::Region | UniqueWithin::Nothing => {
                        "the availability of the plan's names"
                    }
                };
                failures.push(Failure::Unanswered { what, check: Some(Check::Names), error });
            }
        }
    }
    all.sort_by(|a, b| (&a.address, a.part, &a.name).cmp(&(&b.address, b.part, &b.name)));
    if !all.is_empty() {
        failures.push(Failure::NamesTaken(all));
    }
    failures
}

/// The planned names of a kind that others have. `holders` returns those of some names that exist, with their
/// owners; it is called only for names without a live resource.
pub(crate) async fn taken_among<K: ResourceSpec>(
    cx: &Context<'_>,
    holders: impl AsyncFn(&[&str]) -> Result<Holders>,
) -> Result<Vec<TakenName>> {
    let is_live = |node: &Node| {
        cx.live.get(&node.address).is_some_and(|found| found.kind == K::KIND && has_planned_name(&found, node))
    };
    let planned = cx.plan.nodes().iter().filter_map(|node| Some((K::of(&node.resource)?.name()?, node)));
    let wanted: Vec<(&str, &Node)> = planned.filter(|(_, node)| !is_live(node)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
    let holders = holders(&names).await?;
    let taken = wanted.into_iter().filter_map(|(name, node)| {
        let owner = holders.get(name)?.clone()?;
        Some(TakenName::new(node, name, owner))
    });
    Ok(taken.collect())
}

/// The nodes of a kind without a live resource that `has` the planned properties, by their live container:
/// others may have a part there with the planned name. A new platform contains nothing, so its first apply
/// makes no calls for them.
pub(crate) fn wanted_inside<'p, K: ResourceSpec>(
    cx: &Context<'p>,
    container: impl Fn(&'p K) -> &'p Address,
    has: impl Fn(&ObservedResource, &K) -> bool,
) -> BTreeMap<String, Vec<(&'p Node, &'p K)>> {
    let mut wanted: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (node, planned) in cx.plan.nodes().iter().filter_map(|node| Some((node, K::of(&node.resource)?))) {
        let is_there = cx.live.get(&node.address).is_some_and(|found| has(&found, planned));
        if let Ok(inside) = cx.identity_at(container(planned))
            && !is_there
        {
            wanted.entry(inside.id).or_default().push((node, planned));
        }
    }
    wanted
}

/// The owner of a resource with this name and these tags; `None` when it is this platform.
pub(crate) fn owner(cx: &Context<'_>, kind: Kind, name: &str, tags: &Tags) -> Option<Owner> {
    match tags.get(TAG_PLATFORM) {
        Some(platform) if platform == cx.plan.header().platform.as_str() => None,
        Some(platform) => Some(Owner::Platform(platform.clone())),
        // The listing assigns it to its node, or will once it is visible there.
        None if unlabelled::node(cx.plan, kind, Some(name), tags).is_some() => None,
        None => Some(Owner::Untagged),
    }
}

/// Those of the names that exist, with their owners; `None` as owner when it is this platform.
pub(crate) type Holders = BTreeMap<String, Option<Owner>>;

/// Looks up each name separately. `look` returns `None` when no resource has the name.
pub(crate) async fn each(names: &[&str], look: impl AsyncFn(&str) -> Result<Option<Option<Owner>>>) -> Result<Holders> {
    let looks = stream::iter(names).map(async |name| Ok::<_, Error>(((*name).to_owned(), look(name).await?)));
    let found: Vec<_> = looks.buffered(WIDTH).try_collect().await?;
    Ok(found.into_iter().filter_map(|(name, holder)| Some((name, holder?))).collect())
}

/// The common prefix of all names; of a single name, the whole.
pub(crate) fn common_prefix<'n>(names: &[&'n str]) -> &'n str {
    let Some((first, others)) = names.split_first() else { return "" };
    others.iter().fold(*first, |prefix, name| {
        let shared = prefix.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        prefix.get(..shared).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_by_their_common_prefix() {
        assert_eq!(common_prefix(&["/ecs/tenant/acme-corp"]), "/ecs/tenant/acme-corp");
        assert_eq!(common_prefix(&["/ecs/tenant/acme-corp", "/ecs/tenant/acorn"]), "/ecs/tenant/ac");
        assert_eq!(common_prefix(&["a", "b"]), "");
    }
}
