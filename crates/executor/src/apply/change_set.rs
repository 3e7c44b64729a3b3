//! The change set: what apply would do, node by node.

use std::collections::BTreeMap;
use std::str::FromStr;

use itertools::Itertools as _;
use saas_model::codec::canonical;
use saas_model::digest::Domain;
use saas_model::fields::FieldChange;
use saas_model::impact::{FieldImpact, Impact};
use saas_model::{Address, Digest, Kind, Plan};
use serde::Serialize;

use crate::apply::scope::Scope;
use crate::state::blocker::Blocker;
use crate::state::exposure::Exposure;
use crate::state::foreign::Foreign;
use crate::state::incomplete::Incomplete;
use crate::state::observed::ObservedResource;

/// The changes that an apply would make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeSet {
    /// The plan that it leads to.
    pub plan: Digest,
    /// The changes, in the order of the addresses, without the nodes that are kept.
    pub changes: Vec<Change>,
    /// How many nodes are live and need no change.
    pub kept: usize,
    /// Obstacles that would otherwise fail the apply half-way. The operator must remove them before an
    /// apply may begin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<Blocker>,
    /// Resources that carry the platform's tags and were not created by saas. saas leaves them alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<Foreign>,
    /// Ways into the platform that are not part of it, as the listings show them. saas leaves them open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exposures: Vec<Exposure>,
}

/// The change of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The node.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// The action.
    pub action: Action,
    /// A short description of the data that would be lost.
    pub at_stake: Option<String>,
    /// Why the node changes although no field differs. A rehearsal may have another reason, so the digest
    /// of the change set does not cover it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<Incomplete>,
    /// The live resource. It contains ids of AWS, which the digest of the change set does not cover.
    #[serde(skip)]
    pub(crate) found: Option<ObservedResource>,
}

/// The action on one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Creates the resource.
    Create,
    /// Updates fields in place; no fields when the resource is only incomplete.
    Update {
        /// The fields that change.
        fields: Vec<FieldChange>,
    },
    /// Replaces the resource, because AWS cannot update these fields.
    Replace {
        /// The fields that change.
        fields: Vec<FieldChange>,
        /// Whether the new resource is created before the old one is destroyed, which leaves no gap.
        beside: bool,
    },
    /// Deletes the resource.
    Delete {
        /// The reason for the deletion.
        reason: Reason,
    },
}

/// Why a resource is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The plan does not contain it.
    #[strum(serialize = "not in the plan")]
    NotPlanned,
    /// Another resource has taken its address: it is deposed.
    #[strum(serialize = "superseded")]
    Superseded,
    /// The whole platform is destroyed.
    #[strum(serialize = "destroyed")]
    Destroyed,
}

/// How many nodes each action is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Nodes to create.
    pub create: usize,
    /// Nodes to update in place.
    pub update: usize,
    /// Nodes to replace.
    pub replace: usize,
    /// Nodes to delete.
    pub delete: usize,
    /// Nodes that need no change.
    pub keep: usize,
}

/// A resource with data that would be deleted or replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataLoss {
    /// The node.
    pub address: Address,
    /// The id in AWS of a deposed resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The data that would be lost.
    pub what: String,
}

/// The data that an apply may lose: that of a node and of all addresses below it, written as its address.
/// A deposed resource shares the address of its successor, so it is written as `ADDRESS=ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedDataLoss {
    /// The node.
    pub address: Address,
    /// The id in AWS of the deposed resource.
    pub id: Option<String>,
}

impl FromStr for AllowedDataLoss {
    type Err = <Address as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, id) = text.split_once('=').map_or((text, None), |(address, id)| (address, Some(id)));
        Ok(Self { address: address.parse()?, id: id.map(str::to_owned) })
    }
}

impl AllowedDataLoss {
    fn covers(&self, change: &Change) -> bool {
        self.address.covers(&change.address) && self.id.as_deref() == change.superseded()
    }
}

impl From<&DataLoss> for AllowedDataLoss {
    fn from(DataLoss { address, id, what: _ }: &DataLoss) -> Self {
        Self { address: address.clone(), id: id.clone() }
    }
}

impl Change {
    /// A change without a live resource, for code that renders change sets and for its tests.
    #[must_use]
    pub const fn new(address: Address, kind: Kind, action: Action, at_stake: Option<String>) -> Self {
        Self { address, kind, action, at_stake, incomplete: None, found: None }
    }

    /// Whether it deletes a revision of a task definition that no service uses any more.
    const fn is_of_past_revision(&self) -> bool {
        matches!((self.kind, &self.action), (Kind::TaskDefinition, Action::Delete { reason: Reason::Superseded }))
    }

    /// The id in AWS of the deposed resource that this change deletes.
    #[must_use]
    pub fn superseded(&self) -> Option<&str> {
        let superseded = self.action == Action::Delete { reason: Reason::Superseded };
        self.found.as_ref().filter(|_| superseded).map(|found| found.identity.id.as_str())
    }
}

impl ChangeSet {
    /// A change set without changes.
    #[must_use]
    pub const fn empty(plan: Digest) -> Self {
        Self { plan, changes: Vec::new(), kept: 0, blockers: Vec::new(), foreign: Vec::new(), exposures: Vec::new() }
    }

    /// Whether there are no changes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The digest of the changes, which ensures that only an approved change set is applied. It covers
    /// decisions, and neither ids of AWS nor amounts of data, nor past revisions of task definitions, of which a
    /// live platform has as many as it had rollouts. So a rehearsal has the same digest, and a tenant that keeps
    /// writing does not invalidate an approval.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let decisions: Vec<_> = self
            .changes
            .iter()
            .filter(|change| !change.is_of_past_revision())
            .map(|Change { address, kind, action, at_stake: _, incomplete: _, found: _ }| (address, kind, action))
            // The revisions of a task definition go together.
            .dedup()
            .collect();
        Domain::ChangeSet.digest(&canonical(&(&self.plan, decisions)))
    }

    /// How many nodes each action is for.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary { keep: self.kept, ..Summary::default() };
        for change in self.changes.iter().filter(|change| !change.is_of_past_revision()) {
            let count = match change.action {
                Action::Create => &mut summary.create,
                Action::Update { .. } => &mut summary.update,
                Action::Replace { .. } => &mut summary.replace,
                Action::Delete { .. } => &mut summary.delete,
            };
            *count += 1;
        }
        summary
    }

    /// The data that would be lost and that `allowed` does not cover.
    #[must_use]
    pub fn at_stake(&self, allowed: &[AllowedDataLoss]) -> Vec<DataLoss> {
        let unallowed = |change: &&Change| !allowed.iter().any(|allowed| allowed.covers(change));
        let data_loss = |change: &Change| {
            let id = change.superseded().map(str::to_owned);
            Some(DataLoss { address: change.address.clone(), id, what: change.at_stake.clone()? })
        };
        self.changes.iter().filter(unallowed).filter_map(data_loss).collect()
    }

    /// The resources that an apply of these changes touches, and their dependants.
    #[must_use]
    pub fn scope(&self, plan: &Plan) -> Scope {
        Scope::touched(plan, &self.changes.iter().map(|change| &change.address).collect())
    }

    /// The effect of the changes on users of the platform, field by field.
    #[must_use]
    pub fn impact(&self) -> Vec<FieldImpact> {
        let of_change = |change: &Change| {
            let fields = match &change.action {
                Action::Update { fields } | Action::Replace { fields, .. } => fields.as_slice(),
                Action::Create | Action::Delete { .. } => &[],
            };
            let goes = matches!(change.action, Action::Delete { reason: Reason::NotPlanned });
            let removal = goes.then(|| FieldImpact::of_removal(&change.address, change.kind)).flatten();
            FieldImpact::of_fields(&change.address, change.kind, fields).chain(removal).collect::<Vec<_>>()
        };
        self.changes.iter().flat_map(of_change).collect()
    }

    /// The changes that are impossible on a live platform. An apply with such a change does not begin.
    #[must_use]
    pub fn cannot_change(&self) -> Vec<FieldImpact> {
        let mut impact = self.impact();
        impact.retain(|field| matches!(field.impact, Impact::CannotChangeLive { .. }));
        impact
    }

    /// The changes of each tenant; those of shared resources under `None`.
    #[must_use]
    pub fn by_tenant(&self) -> BTreeMap<Option<&str>, Vec<&Change>> {
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for change in &self.changes {
            groups.entry(change.address.tenant()).or_default().push(change);
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::observed::Identity;

    /// The digest that an operator approves covers these names, so they stay.
    #[test]
    fn serialized_reasons_have_stable_names() {
        let names = [Reason::NotPlanned, Reason::Superseded, Reason::Destroyed]
            .map(|reason| serde_json::to_value(reason).expect("a reason is a string"));
        assert_eq!(names, ["not-planned", "superseded", "destroyed"]);
    }

    /// A rehearsal cannot know how many rollouts the live platform had.
    #[test]
    fn past_revisions_change_neither_digest_nor_summary() {
        let deleted =
            |kind, reason| Change::new(Address::literal("tenant/acme/it"), kind, Action::Delete { reason }, None);
        let set = |changes: &[Change]| ChangeSet {
            changes: changes.to_vec(),
            ..ChangeSet::empty(Digest::from_bytes([7; 32]))
        };
        let current = deleted(Kind::TaskDefinition, Reason::NotPlanned);
        let past = deleted(Kind::TaskDefinition, Reason::Superseded);
        let rehearsed = set(&[current.clone()]);
        let live = set(&[current.clone(), past.clone(), past]);
        assert_eq!((live.digest(), live.summary()), (rehearsed.digest(), rehearsed.summary()));
        assert_ne!(live.digest(), set(&[]).digest());
        // Other deposed resources are decided about.
        let deposed = deleted(Kind::TargetGroup, Reason::Superseded);
        assert_ne!(set(&[current.clone(), deposed]).digest(), rehearsed.digest());
        // A destroy deletes all revisions.
        let destroyed = deleted(Kind::TaskDefinition, Reason::Destroyed);
        assert_eq!(set(&[destroyed.clone(), destroyed.clone()]).digest(), set(&[destroyed]).digest());
    }

    /// Two resources share an address; allowing the loss of one does not allow the loss of the other.
    #[test]
    fn data_loss_of_a_second_resource_at_an_address_is_allowed_only_by_id() {
        let removed = |id: &str, reason| {
            let address = Address::literal("tenant/acme-corp/bucket");
            let found = ObservedResource::bare(Kind::Bucket, address.clone(), Identity::of_id(id));
            let at_stake = Some("its objects".to_owned());
            Change {
                at_stake,
                found: Some(found),
                ..Change::new(address, Kind::Bucket, Action::Delete { reason }, None)
            }
        };
        let changes = vec![removed("data", Reason::NotPlanned), removed("data-eu", Reason::Superseded)];
        let changes = ChangeSet { changes, ..ChangeSet::empty(Digest::from_bytes([7; 32])) };
        let left = |allowed: &[&str]| -> Vec<Option<String>> {
            let allowed: Vec<AllowedDataLoss> = allowed.iter().map(|text| text.parse().expect("valid")).collect();
            changes.at_stake(&allowed).into_iter().map(|data_loss| data_loss.id).collect()
        };
        let other = || Some("data-eu".to_owned());
        assert_eq!(left(&[]), [None, other()]);
        assert_eq!(left(&["tenant/acme-corp"]), [other()]);
        assert_eq!(left(&["tenant/acme-corp/bucket=data-eu"]), [None]);
        assert_eq!(left(&["tenant/acme-corp/bucket=data"]), [None, other()]);
        assert_eq!(left(&["tenant/acme-corp", "tenant/acme-corp/bucket=data-eu"]), []);
    }
}
