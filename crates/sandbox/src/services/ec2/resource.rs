//! The parts that all resources of EC2 share: typed ids, tags, and a listing with filters.

use std::collections::BTreeMap;

use super::State;
use super::filter::Filters;
use crate::services::prelude::*;

/// The names that EC2 uses for a kind of resource. It spells the error codes of each kind differently.
/// Source: Amazon EC2 API reference, "Error codes".
pub(super) struct Kind {
    /// The prefix of ids.
    pub(super) prefix: &'static str,
    /// The resource type in tag specifications and ARNs.
    pub(super) name: &'static str,
    /// The name in messages.
    pub(super) noun: &'static str,
    /// The code for an id that does not exist.
    pub(super) not_found: &'static str,
    /// The code for a malformed id.
    pub(super) malformed: &'static str,
    /// The parameter of the listing that contains ids.
    pub(super) ids: &'static str,
    /// The element of the listing that contains the members.
    pub(super) set: &'static str,
    /// The default page size of the listing.
    pub(super) page: usize,
}

impl Kind {
    /// Refuses a malformed id: an id is the prefix and 8 or 17 hexadecimal digits.
    pub(super) fn check(&self, id: &str) -> Result<(), Refusal> {
        let digits = id.strip_prefix(self.prefix).and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
        let is_hexadecimal = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_hexadecimal && matches!(digits.len(), 8 | 17) {
            return Ok(());
        }
        let message = format!("Invalid id: \"{id}\" (expecting \"{}-...\")", self.prefix);
        Err(Refusal::new(self.malformed, message))
    }

    /// The error for an id that does not exist.
    pub(super) fn unknown(&self, id: &str) -> Refusal {
        // Security groups have another message: recorded by moto, `test_modify_security_group_rules`.
        let what = if self.prefix == "sg" { "security group".to_owned() } else { format!("{} ID", self.noun) };
        Refusal::new(self.not_found, format!("The {what} '{id}' does not exist"))
    }
}

/// A kind of resource.
pub(super) trait Resource: Clone + 'static {
    /// EC2's names for it.
    const KIND: Kind;
    /// The valid filters of the listing, each with the path of its element where that has another name:
    /// see [`Filters`].
    const FILTERS: &'static str;

    fn all(state: &State) -> &BTreeMap<String, Self>;
    fn all_mut(state: &mut State) -> &mut Eventual<Self>;

    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;

    /// Refuses invalid values of filters.
    fn check_filters(_filters: &Filters) -> Result<(), Refusal> {
        Ok(())
    }

    /// Whether the resource is deleted and no longer listed. It stays stored only for its client token.
    fn is_forgotten(&self) -> bool {
        false
    }

    /// Whether the resource is deleted, although it may still be listed.
    fn is_deleted(&self) -> bool {
        self.is_forgotten()
    }

    /// The values for a filter that are not in the listing.
    fn property(&self, _cloud: &Cloud, _filter: &str) -> Vec<String> {
        Vec::new()
    }

    /// The elements of the resource in a listing.
    fn describe(&self, cloud: &Cloud) -> Vec<Element>;
}

/// The resource with an id.
pub(super) fn find<'a, R: Resource>(cloud: &'a Cloud, id: &str) -> Result<&'a R, Refusal> {
    R::KIND.check(id)?;
    R::all(&cloud.ec2).get(id).filter(|found| !found.is_forgotten()).ok_or_else(|| R::KIND.unknown(id))
}

/// The resource whose id is in a required parameter.
pub(super) fn named<'a, R: Resource>(cloud: &'a Cloud, input: &Input, key: &str) -> Result<&'a R, Refusal> {
    find(cloud, input.required(key)?)
}

/// Changes a resource; does nothing when it does not exist.
pub(super) fn change<R: Resource>(cloud: &mut Cloud, id: &str, change: impl FnOnce(&mut R)) {
    if let Some(resource) = R::all_mut(&mut cloud.ec2).get_mut(id) {
        change(resource);
    }
}
