//! What all resources of EC2 share: ids that say what they are, tags, and a listing with filters.

use std::collections::BTreeMap;

use super::State;
use super::filter::Filters;
use crate::services::prelude::*;

/// What EC2 calls the resources of a kind. It spells the codes of each kind in a way of their own.
/// Source: Amazon EC2 API reference, "Error codes".
pub(super) struct Kind {
    /// What their ids begin with.
    pub(super) prefix: &'static str,
    /// What tag specifications and ARNs call them.
    pub(super) name: &'static str,
    /// What texts for people call them.
    pub(super) noun: &'static str,
    /// The code for an id of none that is there.
    pub(super) not_found: &'static str,
    /// The code for what is no id of this kind.
    pub(super) malformed: &'static str,
    /// The parameter with ids of their listing.
    pub(super) ids: &'static str,
    /// The element around the members of their listing.
    pub(super) set: &'static str,
    /// How long the pages of their listing are when no number is asked for.
    pub(super) page: usize,
}

impl Kind {
    /// Refuses what cannot be an id of this kind: the prefix, and 8 or 17 hexadecimal digits.
    pub(super) fn check(&self, id: &str) -> Result<(), Refusal> {
        let digits = id.strip_prefix(self.prefix).and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
        let is_hexadecimal = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_hexadecimal && matches!(digits.len(), 8 | 17) {
            return Ok(());
        }
        let message = format!("Invalid id: \"{id}\" (expecting \"{}-...\")", self.prefix);
        Err(Refusal::new(self.malformed, message))
    }

    /// Refuses an id of none that is there.
    pub(super) fn unknown(&self, id: &str) -> Refusal {
        // Of security groups it says so in another way: recorded by moto,
        // `test_modify_security_group_rules`.
        let what = if self.prefix == "sg" { "security group".to_owned() } else { format!("{} ID", self.noun) };
        Refusal::new(self.not_found, format!("The {what} '{id}' does not exist"))
    }
}

/// A kind of resource.
pub(super) trait Resource: Clone + 'static {
    /// What EC2 calls it.
    const KIND: Kind;
    /// The filters that its listing knows, each with the path of what it is held against where that has
    /// another name: see [`Filters`].
    const FILTERS: &'static str;

    fn all(state: &State) -> &BTreeMap<String, Self>;
    fn all_mut(state: &mut State) -> &mut Eventual<Self>;

    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;

    /// Refuses values of filters that cannot be.
    fn check_filters(_filters: &Filters) -> Result<(), Refusal> {
        Ok(())
    }

    /// Whether it is gone altogether, and only remembered for the token that it was made with.
    fn is_forgotten(&self) -> bool {
        false
    }

    /// Whether it is gone, and at most still listed.
    fn is_deleted(&self) -> bool {
        self.is_forgotten()
    }

    /// What it has for a filter that its listing does not show.
    fn property(&self, _cloud: &Cloud, _filter: &str) -> Vec<String> {
        Vec::new()
    }

    /// What is written of it.
    fn describe(&self, cloud: &Cloud) -> Vec<Element>;
}

/// The resource of an id.
pub(super) fn find<'a, R: Resource>(cloud: &'a Cloud, id: &str) -> Result<&'a R, Refusal> {
    R::KIND.check(id)?;
    R::all(&cloud.ec2).get(id).filter(|found| !found.is_forgotten()).ok_or_else(|| R::KIND.unknown(id))
}

/// The resource whose id is in a parameter that must be there.
pub(super) fn named<'a, R: Resource>(cloud: &'a Cloud, input: &Input, key: &str) -> Result<&'a R, Refusal> {
    find(cloud, input.required(key)?)
}

/// Changes a resource that is known to be there.
pub(super) fn change<R: Resource>(cloud: &mut Cloud, id: &str, change: impl FnOnce(&mut R)) {
    if let Some(resource) = R::all_mut(&mut cloud.ec2).get_mut(id) {
        change(resource);
    }
}
