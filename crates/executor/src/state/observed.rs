//! The resources that exist in AWS and PostgreSQL, by address and by id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{PoisonError, RwLock};

use saas_model::fields::FieldChange;
use saas_model::plan::{CONTROL_BUCKET, TAG_DIGEST};
use saas_model::{Address, Attribute, Digest, Kind, Resource};
use serde_json::Value;

use crate::error::{Error, Result, chain};
use crate::state::blocker::Blocker;
use crate::state::exposure::Exposure;
use crate::state::external_values::{ExternalValue, ExternalVersion};
use crate::state::foreign::Foreign;
use crate::state::incomplete::Incomplete;

/// The tag that holds the digest of the resolved references of a resource.
///
/// A node's own digest has its references as addresses, so it stays the same when a target is replaced.
/// This tag changes then, and shows that a resource still refers to the old target.
pub const TAG_RESOLVED_INPUTS: &str = "saas:bound";

/// The prefix of the addresses of resources that have no node.
pub(crate) const UNMANAGED: &str = "unmanaged/";

/// The names of a live resource in AWS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// What API calls take: an id, a name or an ARN, depending on the service.
    pub id: String,
    /// Its ARN, where known.
    pub arn: Option<String>,
    /// The host name of a database cluster's writer.
    pub endpoint: Option<String>,
    /// The host name of a load balancer.
    pub dns_name: Option<String>,
    /// The version of a secret's value. It is part of the resolved inputs of the secret's dependents.
    pub version: Option<String>,
}

impl Identity {
    /// An identity that consists of an id.
    pub(crate) fn of_id(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// An identity whose id is an ARN.
    pub(crate) fn of_arn(arn: impl Into<String>) -> Self {
        let arn = arn.into();
        Self { id: arn.clone(), arn: Some(arn), ..Self::default() }
    }

    /// Sets the ARN.
    pub(crate) fn with_arn(mut self, arn: Option<impl Into<String>>) -> Self {
        self.arn = arn.map(Into::into);
        self
    }

    /// The value of an attribute, where known.
    #[must_use]
    pub fn attribute(&self, attribute: Attribute) -> Option<&str> {
        match attribute {
            Attribute::Id => Some(&self.id),
            Attribute::Arn => self.arn.as_deref(),
            Attribute::Endpoint => self.endpoint.as_deref(),
            Attribute::DnsName => self.dns_name.as_deref(),
        }
    }
}

/// The tags of a resource.
pub type Tags = BTreeMap<String, String>;

/// A live resource that belongs to the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedResource {
    /// Its kind.
    pub kind: Kind,
    /// The address that it was created for.
    pub address: Address,
    /// Its names in AWS.
    pub identity: Identity,
    /// The digest of the node that it was created for, when it is known to be complete.
    pub digest: Option<Digest>,
    /// The resolved-inputs digest.
    pub resolved_inputs: Option<Digest>,
    /// Its tags; `None` where it cannot be tagged, or its tags cannot be read.
    pub tags: Option<Tags>,
    /// All its fields, where the listing shows them.
    pub fields: Option<Resource>,
    /// Whether AWS is deleting it. It still occupies its name, for a short time.
    pub deleting: bool,
    /// Differences from the plan outside the fields of the model: before is live, after is planned.
    pub unmodelled: Vec<FieldChange>,
    /// What blocks its deletion, as far as the listing shows that.
    pub blockers: Vec<Blocker>,
    /// The desired count of a service, which autoscaling owns.
    pub desired: Option<u32>,
    /// The state of a stopped database, which accepts no connections.
    pub stopped: Option<String>,
    /// Why the model cannot represent it. If set, the resource is not the platform's.
    pub unreadable: Option<String>,
    /// Fields whose live value the model cannot represent, with the value as AWS returns it; `fields` has
    /// another value there, which is not planned.
    pub raw_values: Vec<(String, Value)>,
    /// Why it is not complete, where the listing shows that and no field does.
    pub incomplete: Option<Incomplete>,
    /// Whether the rest of the platform uses it. Set only where several resources have the tags of its
    /// address.
    pub used: bool,
    /// Whether it lacks the tags by which saas lists it, and its other tags and its name prove that it is
    /// the platform's.
    pub unlabelled: bool,
}

impl ObservedResource {
    /// A resource whose address is known from its name, with its tags.
    pub(crate) fn at(kind: Kind, address: Address, identity: Identity, tags: Tags) -> Self {
        let digest = |key: &str| tags.get(key).and_then(|text| text.parse().ok());
        Self {
            digest: digest(TAG_DIGEST),
            resolved_inputs: digest(TAG_RESOLVED_INPUTS),
            tags: Some(tags),
            ..Self::bare(kind, address, identity)
        }
    }

    /// A resource of which only the identity is known.
    pub(crate) const fn bare(kind: Kind, address: Address, identity: Identity) -> Self {
        Self {
            kind,
            address,
            identity,
            digest: None,
            resolved_inputs: None,
            tags: None,
            fields: None,
            deleting: false,
            unmodelled: Vec::new(),
            blockers: Vec::new(),
            desired: None,
            unreadable: None,
            stopped: None,
            raw_values: Vec::new(),
            incomplete: None,
            used: false,
            unlabelled: false,
        }
    }

    /// Sets all fields.
    pub(crate) fn with_fields(mut self, resource: impl Into<Resource>) -> Self {
        self.fields = Some(resource.into());
        self
    }

    /// Sets all fields, or the reason why the model cannot represent them.
    ///
    /// A resource that the model cannot represent is not one that saas creates. Where it has the planned
    /// name it still occupies its address, and describing it reports the reason; a copy is left alone.
    pub(crate) fn with_fields_or_unreadable(self, resource: Result<impl Into<Resource>>) -> Self {
        match resource {
            Ok(resource) => self.with_fields(resource),
            Err(error) => Self { unreadable: Some(chain(&error)), ..self }.incomplete(),
        }
    }

    /// Adds a difference from the plan outside the fields of the model.
    pub(crate) fn differs(mut self, field: &str, live: impl Into<Value>, planned: impl Into<Value>) -> Self {
        self.unmodelled.push(FieldChange { field: field.to_owned(), before: live.into(), after: planned.into() });
        self
    }

    /// Adds values outside the fields of the model that a plan never has, if there are any.
    pub(crate) fn unplanned(self, field: &str, live: Vec<impl Into<Value>>) -> Self {
        if live.is_empty() { self } else { self.differs(field, live, Vec::<Value>::new()) }
    }

    /// Adds a blocker of its deletion.
    pub(crate) fn blocked(mut self, id: impl Into<String>, what: impl Into<String>, remedy: &str) -> Self {
        let blocker = Blocker::new(self.address.clone(), self.kind, id, what, remedy);
        self.blockers.push(blocker);
        self
    }

    /// Adds a value that the model cannot represent, as AWS returns it.
    pub(crate) fn raw_values(mut self, field: &str, said: impl Into<Value>) -> Self {
        self.raw_values.push((field.to_owned(), said.into()));
        self
    }

    /// Marks it as being deleted by AWS.
    pub(crate) fn deleting(mut self) -> Self {
        self.deleting = true;
        self.because(Incomplete::Deleting)
    }

    /// Marks it as incomplete whatever its tags say. Its fields show why, or the record is missing.
    pub(crate) fn incomplete(mut self) -> Self {
        self.digest = None;
        self
    }

    /// Marks it as incomplete for a reason that no field shows.
    pub(crate) fn because(mut self, why: Incomplete) -> Self {
        self.incomplete = Some(why);
        self.incomplete()
    }
}

/// Whether an id is a name, or an ARN that contains the name.
pub(crate) fn is_named(id: &str, name: &str) -> bool {
    id.split([':', '/']).any(|part| part == name)
}

/// All live resources of the platform. An apply adds to them as it runs.
#[derive(Debug, Default)]
pub struct ObservedState(RwLock<State>);

#[derive(Debug, Default)]
struct State {
    /// The resource at each address.
    current: BTreeMap<Address, ObservedResource>,
    /// Deposed resources: others of the same address that an interrupted replacement left.
    superseded: Vec<ObservedResource>,
    /// Resources with the platform's tags that are not the platform's: copies, restored databases.
    foreign: Vec<Foreign>,
    /// What is inside of the platform's resources, each with its kind and with what it opens if it is none of the
    /// platform's.
    inside: Vec<(Kind, Exposure)>,
    /// What exposes the platform's resources by itself.
    exposed: Vec<Exposure>,
    /// The newest revisions before the current ones, the oldest first: a service rolls back to one of them
    /// when the current one does not start.
    kept: Vec<ObservedResource>,
    /// The address of each id and ARN.
    addresses: BTreeMap<(Kind, String), Address>,
    /// The addresses whose resources this run deletes without replacement.
    leaving: BTreeSet<Address>,
    /// The addresses that an earlier run may have been creating when it ended: their resources may exist
    /// twice.
    in_flight: BTreeSet<Address>,
    /// The secrets and parameters outside of the plan that exist.
    external: BTreeMap<ExternalValue, ExternalVersion>,
}

impl ObservedState {
    /// An empty state after a run that may have been creating these when it ended.
    pub(crate) fn after(in_flight: BTreeSet<Address>) -> Self {
        Self(RwLock::new(State { in_flight, ..State::default() }))
    }

    /// Whether an earlier run may have been creating the resource at an address when it ended.
    pub(crate) fn was_in_flight(&self, address: &Address) -> bool {
        self.read(|state| state.in_flight.contains(address))
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Records that a resource with the platform's tags is not the platform's.
    pub(super) fn leave_alone(&self, found: &ObservedResource, why: String) {
        let ObservedResource { kind, address, identity, .. } = found;
        let foreign = Foreign { address: address.clone(), kind: *kind, id: identity.id.clone(), why };
        self.write(|state| {
            if !state.foreign.contains(&foreign) {
                state.foreign.push(foreign);
            }
        });
    }

    /// Records a resource of a kind inside of one of the platform's, created by saas or not.
    pub(crate) fn found_inside(&self, kind: Kind, exposure: Exposure) {
        self.write(|state| state.inside.push((kind, exposure)));
    }

    /// Records what exposes one of the platform's resources.
    pub(crate) fn found_exposed(&self, exposure: Exposure) {
        self.write(|state| state.exposed.push(exposure));
    }

    /// What exposes the platform's resources by itself.
    pub(super) fn exposed(&self) -> Vec<Exposure> {
        self.read(|state| state.exposed.clone())
    }

    /// What is inside of the platform's resources, created by saas or not.
    pub(super) fn inside(&self) -> Vec<(Kind, Exposure)> {
        self.read(|state| state.inside.clone())
    }

    /// Adds revisions that are kept, the oldest first.
    pub(super) fn keep(&self, revisions: Vec<ObservedResource>) {
        self.write(|state| state.kept.extend(revisions));
    }

    /// Adds a resource that another one has replaced at its address.
    pub(super) fn depose(&self, other: ObservedResource) {
        self.write(|state| state.superseded.push(other));
    }

    /// Adds one resource and makes it the current one of its address.
    pub(crate) fn insert(&self, found: ObservedResource) {
        self.write(|state| {
            let names = [Some(found.identity.id.clone()), found.identity.arn.clone()];
            for name in names.into_iter().flatten() {
                state.addresses.insert((found.kind, name), found.address.clone());
            }
            state.current.insert(found.address.clone(), found);
        });
    }

    /// Removes a resource that no longer exists, unless another has become the current one of its address.
    pub(crate) fn remove(&self, gone: &ObservedResource) {
        self.write(|state| {
            if state.current.get(&gone.address).is_some_and(|found| found.identity.id == gone.identity.id) {
                state.current.remove(&gone.address);
            }
        });
    }

    /// Adds secrets and parameters outside of the plan that exist.
    pub(crate) fn know_external(&self, found: BTreeMap<ExternalValue, ExternalVersion>) {
        self.write(|state| state.external.extend(found));
    }

    /// The present version of a secret or parameter outside of the plan.
    ///
    /// # Errors
    /// When it does not exist.
    pub(crate) fn external(&self, value: &ExternalValue) -> Result<ExternalVersion> {
        self.read(|state| state.external.get(value).cloned()).ok_or_else(|| Error::NotThere(value.clone()))
    }

    /// Records the addresses whose resources this run deletes without replacement.
    pub(crate) fn remove_later(&self, addresses: impl IntoIterator<Item = Address>) {
        self.write(|state| state.leaving.extend(addresses));
    }

    /// Whether this run deletes the resource at an address without replacement.
    pub(crate) fn leaves(&self, address: &Address) -> bool {
        self.read(|state| state.leaving.contains(address))
    }

    /// Removes a listed resource that does not exist when described by name.
    pub(crate) fn forget(&self, address: &Address) {
        self.write(|state| {
            state.current.remove(address);
        });
    }

    /// Whether the platform has nothing but its control bucket: before a first apply, or after a destroy.
    pub(crate) fn is_bare(&self) -> bool {
        self.read(|state| state.current.keys().all(|address| address.as_str() == CONTROL_BUCKET))
    }

    /// The tenants that have a resource of another kind, and `None` where a resource that tenants share
    /// exists.
    pub(crate) fn tenants_with_other_kinds(&self, kind: Kind) -> BTreeSet<Option<String>> {
        let counts = |found: &&ObservedResource| found.kind != kind && found.address.as_str() != CONTROL_BUCKET;
        self.read(|state| {
            let tenants = state.current.values().filter(counts).map(|found| found.address.tenant());
            tenants.map(|tenant| tenant.map(str::to_owned)).collect()
        })
    }

    /// The resources with the platform's tags that are left alone, in the order of their addresses.
    #[must_use]
    pub fn foreign(&self) -> Vec<Foreign> {
        let mut foreign = self.read(|state| state.foreign.clone());
        foreign.sort();
        foreign
    }

    /// Whether a resource with this id is known, current or deposed.
    pub(crate) fn knows(&self, kind: Kind, id: &str) -> bool {
        self.read(|state| {
            state.addresses.contains_key(&(kind, id.to_owned()))
                || state.superseded.iter().any(|found| found.kind == kind && found.identity.id == id)
        })
    }

    /// The current resource of an address.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<ObservedResource> {
        self.read(|state| state.current.get(address).cloned())
    }

    /// The current resources, in the order of their addresses.
    #[must_use]
    pub fn all(&self) -> Vec<ObservedResource> {
        self.read(|state| state.current.values().cloned().collect())
    }

    /// The deposed resources, which interrupted replacements left.
    #[must_use]
    pub fn superseded(&self) -> Vec<ObservedResource> {
        self.read(|state| state.superseded.clone())
    }

    /// The newest revisions before the current ones, which are kept.
    #[must_use]
    pub fn kept(&self) -> Vec<ObservedResource> {
        self.read(|state| state.kept.clone())
    }

    /// The current resources of a kind.
    #[must_use]
    pub fn of_kind(&self, kind: Kind) -> Vec<ObservedResource> {
        self.read(|state| state.current.values().filter(|found| found.kind == kind).cloned().collect())
    }

    /// All resources of a kind, including those that are no longer current.
    #[must_use]
    pub fn every(&self, kind: Kind) -> Vec<ObservedResource> {
        let superseded = self.superseded().into_iter().filter(|found| found.kind == kind);
        self.of_kind(kind).into_iter().chain(superseded).collect()
    }

    /// The address of a resource by id. A resource without a node gets an address of its own,
    /// `unmanaged/…`, so that it differs from every planned one and can still be shown.
    #[must_use]
    pub fn address_of(&self, kind: Kind, id: &str) -> Address {
        self.read(|state| state.addresses.get(&(kind, id.to_owned())).cloned()).unwrap_or_else(|| {
            let letter =
                |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '.' { c.to_ascii_lowercase() } else { '-' };
            let id: String = id.chars().take(150).map(letter).collect();
            Address::literal(format!("{UNMANAGED}{kind}/{}", if id.is_empty() { "none" } else { &id }))
        })
    }
}
