//! The change set: what apply would do, node by node.

use std::collections::BTreeMap;
use std::str::FromStr;

use saas_model::codec::canonical;
use saas_model::digest::Domain;
use saas_model::fields::FieldChange;
use saas_model::impact::{FieldImpact, Impact};
use saas_model::{Address, Digest, Kind};
use serde::Serialize;

use crate::state::incomplete::Incomplete;
use crate::state::observed::ObservedResource;

/// What apply would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangeSet {
    /// The plan it was made for.
    pub plan: Digest,
    /// The changes, in the order of the addresses; what is kept is not among them.
    pub changes: Vec<Change>,
    /// How many nodes are live and as they should be.
    pub kept: usize,
    /// What would hold the changes back, and would be learned too late: nothing may begin before it
    /// is out of the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<Blocker>,
    /// What carries the platform's tags and is not what saas made: it is left alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<Foreign>,
}

/// Something known that would make AWS or PostgreSQL refuse a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Blocker {
    /// The node whose change it holds back.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// What holds it back, as AWS names it.
    pub id: String,
    /// How it does.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Blocker {
    pub(crate) fn new(
        address: Address,
        kind: Kind,
        id: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { address, kind, id: id.into(), what: what.into(), remedy: remedy.into() }
    }
}

/// A resource that carries the platform's tags and is not what saas made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Foreign {
    /// The node that its tags name.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// What AWS calls it.
    pub id: String,
    /// By what it is told from what saas made.
    pub why: String,
}

/// What would be done to one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The node.
    pub address: Address,
    /// Its kind.
    pub kind: Kind,
    /// What would be done.
    pub action: Action,
    /// What would be lost with it, in a few words.
    pub at_stake: Option<String>,
    /// Why it is changed though no field differs; a rehearsal may have another reason, so it is no part
    /// of what is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<Incomplete>,
    /// What is live now. It holds ids of AWS, which are no part of what is approved.
    #[serde(skip)]
    pub(crate) found: Option<ObservedResource>,
}

/// What would be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is made.
    Create,
    /// Fields are changed in place; none where it is only not complete.
    Update {
        /// The fields.
        fields: Vec<FieldChange>,
    },
    /// AWS cannot change these fields, so another is made.
    Replace {
        /// The fields.
        fields: Vec<FieldChange>,
        /// Whether the new one is made beside the old, which then leaves no gap.
        beside: bool,
    },
    /// It is removed.
    Delete {
        /// Why.
        reason: Reason,
    },
}

/// Why something is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The plan does not want it.
    #[strum(serialize = "not in the plan")]
    NotPlanned,
    /// Another stands in its place.
    #[strum(serialize = "superseded")]
    SupersededPlan,
    /// Everything is to go.
    #[strum(serialize = "destroyed")]
    Destroyed,
}

/// How many nodes each action is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Are made.
    pub create: usize,
    /// Are changed in place.
    pub update: usize,
    /// Are replaced.
    pub replace: usize,
    /// Are removed.
    pub delete: usize,
    /// Are kept as they are.
    pub keep: usize,
}

/// Something that holds data and would be removed or replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataLoss {
    /// The node.
    pub address: Address,
    /// What AWS calls it, where another stands for the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What would be lost.
    pub what: String,
}

/// What may be lost: the data of a node and of all beneath it, written as its address. What another has
/// taken the place of is named itself, as `ADDRESS=ID`: its address is that of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedDataLoss {
    /// The node.
    pub address: Address,
    /// What AWS calls the one that is meant.
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

impl Change {
    /// A change to something of which nothing live is known, for those who show change sets and
    /// for their tests.
    #[must_use]
    pub const fn new(address: Address, kind: Kind, action: Action, at_stake: Option<String>) -> Self {
        Self { address, kind, action, at_stake, incomplete: None, found: None }
    }

    /// What AWS calls what goes, where another stands for its node.
    #[must_use]
    pub fn superseded(&self) -> Option<&str> {
        let superseded = self.action == Action::Delete { reason: Reason::SupersededPlan };
        self.found.as_ref().filter(|_| superseded).map(|found| found.identity.id.as_str())
    }
}

impl ChangeSet {
    /// No change at all.
    #[must_use]
    pub const fn empty(plan: Digest) -> Self {
        Self { plan, changes: Vec::new(), kept: 0, blockers: Vec::new(), foreign: Vec::new() }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The digest of what would be done: what was approved is what runs. It is made of decisions and
    /// of no measurement. Ids that AWS gives, and how much would be lost, are no part of it, so a
    /// rehearsal has the same, and a tenant that goes on writing does not take an approval back.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let decisions: Vec<_> = self
            .changes
            .iter()
            .map(|Change { address, kind, action, at_stake: _, incomplete: _, found: _ }| (address, kind, action))
            .collect();
        Domain::ChangeSet.digest(&canonical(&(&self.plan, decisions)))
    }

    /// How many nodes each action is for.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary { keep: self.kept, ..Summary::default() };
        for change in &self.changes {
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

    /// What holds data and would be lost, and is covered by nothing that the caller allows.
    #[must_use]
    pub fn at_stake(&self, allowed: &[AllowedDataLoss]) -> Vec<DataLoss> {
        let unallowed = |change: &&Change| !allowed.iter().any(|allowed| allowed.covers(change));
        let stake = |change: &Change| {
            let id = change.superseded().map(str::to_owned);
            Some(DataLoss { address: change.address.clone(), id, what: change.at_stake.clone()? })
        };
        self.changes.iter().filter(unallowed).filter_map(stake).collect()
    }

    /// What the changes do to those who use the platform, field by field.
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

    /// What of it no live platform can become. Nothing is begun then.
    #[must_use]
    pub fn cannot_change(&self) -> Vec<FieldImpact> {
        let mut impact = self.impact();
        impact.retain(|field| matches!(field.impact, Impact::CannotChangeLive { .. }));
        impact
    }

    /// The changes of each tenant, and under `None` those of what tenants share.
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

    /// Two with the same address are at stake, and allowing one does not give the other away.
    #[test]
    fn what_another_stands_for_is_allowed_to_be_lost_by_its_id_alone() {
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
        let changes = vec![removed("data", Reason::NotPlanned), removed("data-eu", Reason::SupersededPlan)];
        let changes = ChangeSet { changes, ..ChangeSet::empty(Digest::from_bytes([7; 32])) };
        let left = |allowed: &[&str]| -> Vec<Option<String>> {
            let allowed: Vec<AllowedDataLoss> = allowed.iter().map(|text| text.parse().expect("valid")).collect();
            changes.at_stake(&allowed).into_iter().map(|stake| stake.id).collect()
        };
        let other = || Some("data-eu".to_owned());
        assert_eq!(left(&[]), [None, other()]);
        assert_eq!(left(&["tenant/acme-corp"]), [other()]);
        assert_eq!(left(&["tenant/acme-corp/bucket=data-eu"]), [None]);
        assert_eq!(left(&["tenant/acme-corp/bucket=data"]), [None, other()]);
        assert_eq!(left(&["tenant/acme-corp", "tenant/acme-corp/bucket=data-eu"]), []);
    }
}
