//! The change set: what apply would do, node by node.

use std::collections::BTreeMap;

use saas_model::codec::canonical;
use saas_model::digest::Domain;
use saas_model::fields::FieldChange;
use saas_model::impact::FieldImpact;
use saas_model::{Address, Digest, Kind};
use serde::Serialize;

use crate::incomplete::Incomplete;
use crate::live::Found;

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
    pub(crate) found: Option<Found>,
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
    Superseded,
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
pub struct AtStake {
    /// The node.
    pub address: Address,
    /// What would be lost.
    pub what: String,
}

impl Change {
    /// A change to something of which nothing live is known, for those who show change sets and
    /// for their tests.
    #[must_use]
    pub const fn new(address: Address, kind: Kind, action: Action, at_stake: Option<String>) -> Self {
        Self { address, kind, action, at_stake, incomplete: None, found: None }
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

    /// What holds data and would be lost, and is not covered by any of the addresses for which the
    /// caller allows that.
    #[must_use]
    pub fn at_stake(&self, allowed: &[Address]) -> Vec<AtStake> {
        let unallowed = |change: &&Change| !allowed.iter().any(|allowed| allowed.covers(&change.address));
        self.changes
            .iter()
            .filter(unallowed)
            .filter_map(|change| Some(AtStake { address: change.address.clone(), what: change.at_stake.clone()? }))
            .collect()
    }

    /// What the changes do to those who use the platform, field by field.
    #[must_use]
    pub fn impact(&self) -> Vec<FieldImpact> {
        let of_change = |change: &Change| {
            let fields = match &change.action {
                Action::Update { fields } | Action::Replace { fields, .. } => fields.as_slice(),
                Action::Create | Action::Delete { .. } => &[],
            };
            FieldImpact::of_fields(&change.address, change.kind, fields).collect::<Vec<_>>()
        };
        self.changes.iter().flat_map(of_change).collect()
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
