//! The interface that the executor has to each kind of resource.
//!
//! Each kind is one file in [`crate::providers`] with one `impl ResourceProvider`. The AWS calls for a
//! kind, and every decision about it, belong in its file. [`dispatch`] leads from a node to its kind.

pub(crate) mod calls;
pub(crate) mod declaration;
mod dispatch;
pub(crate) mod naming;

use std::collections::BTreeSet;

use saas_model::Node;
use saas_model::fields::{FieldChange, differences, fields};
use saas_model::resource::{Field, Resource, ResourceSpec};
use serde_json::Value;

use crate::apply::change_set::Change;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::preflight::TakenName;
use crate::state::blocker::Blocker;
use crate::state::observed::{Identity, ObservedResource, Tags};
pub(crate) use declaration::{
    CommitRecord, Concurrency, Declaration, DeletionProtection, Identification, Listing, Part, PartListing,
    UniqueWithin,
};
pub(crate) use dispatch::{
    blockers, create, data_loss, declaration, delete, delete_revisions, describe, describe_by_name, exclusive_property,
    finish, finishes, has_planned_access, list, named, probe, taken_names, update, used_among, wait_until_stable,
};
pub(crate) use naming::{NamesOfTenant, Naming};

/// Lists, describes, creates, updates and deletes the resources of one kind.
pub(crate) trait ResourceProvider: ResourceSpec + Into<Resource> + Clone + 'static {
    /// What code for all kinds needs to know about this one.
    const DECLARATION: Declaration;

    /// A property that only one resource of the kind can have at a time, among its siblings or in the account.
    /// The creation of a resource waits until another one with this property is deleted.
    fn exclusive_property(&self) -> Option<String>;

    /// The names, or other properties unique within [`Declaration::unique_within`], that planned resources
    /// need and that belong to others. Runs before the first write.
    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>>;

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

    /// Describes every field of one resource, with its tags. By default, the listing has returned all of them.
    async fn describe(_cx: &Context<'_>, found: &ObservedResource) -> Result<ResourceDescription> {
        ResourceDescription::of_listing(found)
    }

    /// Whether the settings that decide who has access are as planned, of those that no listing shows. A digest tag
    /// does not vouch for them: they are read in every comparison.
    async fn has_planned_access(&self, _cx: &Context<'_>, _found: &ObservedResource) -> Result<bool> {
        Ok(true)
    }

    /// Returns the id of the one that the rest of the platform uses, of several resources with the tags of one
    /// address. By default, their names and fields decide.
    async fn used_among(_cx: &Context<'_>, _ids: &BTreeSet<&str>) -> Result<Option<String>> {
        Ok(None)
    }

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

    /// Deletes revisions that are of no use any more, and returns one result for each.
    async fn delete_revisions(cx: &Context<'_>, revisions: &[ObservedResource]) -> Vec<Result<()>> {
        let mut results = Vec::new();
        for found in revisions {
            results.push(Self::delete(&cx.at(&found.address), found).await);
        }
        results
    }

    /// Returns the differences that only an attempt shows: before is live, after is planned. Runs in every
    /// comparison, also of a resource that is not described because its digest tag is right.
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
        for (field, live) in &self.raw_values {
            let within = format!("{field}.");
            found.retain(|change| change.field != *field && !change.field.starts_with(&within));
            let path = format!("/{}", field.replace('.', "/"));
            let after = fields(planned).pointer(&path).cloned().unwrap_or_default();
            found.push(FieldChange { field: field.clone(), before: live.clone(), after });
        }
        found.sort_by(|a, b| a.field.cmp(&b.field));
        found
    }

    /// The description that the listing already contains.
    ///
    /// # Errors
    /// When the model cannot represent the resource.
    pub(crate) fn of_listing(found: &ObservedResource) -> Result<Self> {
        let ObservedResource { kind, identity, tags, fields, unmodelled, raw_values, unreadable, .. } = found.clone();
        match fields {
            Some(resource) => Ok(Self { resource, tags, unmodelled, raw_values }),
            None => Err(Error::Unexpected {
                what: format!("the {kind} {}", identity.id),
                reason: unreadable.unwrap_or_else(|| "its listing lacks fields".to_owned()),
            }),
        }
    }
}
