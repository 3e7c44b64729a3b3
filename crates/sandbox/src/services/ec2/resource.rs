//! The parts that all resources of EC2 share: typed ids, tags, and a listing with filters.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::State;
use crate::services::prelude::*;

/// The names that EC2 uses for a kind of resource.
#[derive(Debug, Deserialize)]
pub(super) struct Kind {
    /// The prefix of ids.
    pub(super) prefix: &'static str,
    /// The resource type in tag specifications and ARNs.
    #[serde(rename = "type")]
    pub(super) name: &'static str,
    /// The name in messages.
    noun: &'static str,
    /// The code for an id that does not exist.
    not_found: &'static str,
    /// The code for a malformed id.
    malformed: &'static str,
    /// The parameter of the listing that contains ids.
    pub(super) ids: &'static str,
    /// The element of the listing that contains the members.
    pub(super) set: &'static str,
    /// Whether the listing returns everything when a call names no page size.
    #[serde(default)]
    pub(super) lists_all: bool,
    /// The valid filters of the listing, each with the path of its element where that has another name:
    /// see [`super::filter::Filters`].
    #[serde(borrow)]
    pub(super) filters: Vec<&'static str>,
}

/// All kinds of resources; the file names its sources.
static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "'de: 'static"))]
    struct File {
        kinds: Vec<Kind>,
    }
    let file: File =
        serde_json::from_str(include_str!("../../../models/tables/ec2-resources.json")).expect("tests read it");
    file.kinds
});

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
    /// The prefix of ids.
    const PREFIX: &'static str;

    fn all(state: &State) -> &BTreeMap<String, Self>;
    fn all_mut(state: &mut State) -> &mut Eventual<Self>;

    fn tags(&self) -> &Tags;
    fn tags_mut(&mut self) -> &mut Tags;

    /// EC2's names for it.
    fn kind() -> &'static Kind {
        KINDS.iter().find(|kind| kind.prefix == Self::PREFIX).expect("every prefix is that of a kind")
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
    R::kind().check(id)?;
    R::all(&cloud.ec2).get(id).filter(|found| !found.is_forgotten()).ok_or_else(|| R::kind().unknown(id))
}

/// The resource whose id is in a required parameter.
pub(super) fn named<'a, R: Resource>(cloud: &'a Cloud, input: &Input, key: &str) -> Result<&'a R, Refusal> {
    find(cloud, input.required(key)?)
}

/// Stores a new resource and returns the answer of the call that created it.
pub(super) fn store<R: Resource>(cloud: &mut Cloud, input: &Input, element: &str, id: &str, new: R) -> Vec<Element> {
    let answer = created(cloud, input, element, &new);
    R::all_mut(&mut cloud.ec2).insert(id.to_owned(), new);
    answer
}

/// The answer of a call that creates a resource, or has created it before. It repeats the client token.
pub(super) fn created<R: Resource>(cloud: &Cloud, input: &Input, element: &str, new: &R) -> Vec<Element> {
    vec![xml::element(element, new.describe(cloud)), xml::optional("clientToken", input.text("ClientToken"))]
}

/// Changes a resource; does nothing when it does not exist.
pub(super) fn change<R: Resource>(cloud: &mut Cloud, id: &str, change: impl FnOnce(&mut R)) {
    if let Some(resource) = R::all_mut(&mut cloud.ec2).get_mut(id) {
        change(resource);
    }
}
