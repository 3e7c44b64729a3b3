//! Approval: no change set is applied that was not approved, and none is approved that a safeguard prevents.
//!
//! A session [proposes](crate::Session::propose) changes. [`Proposal::approve`] checks them against an
//! [`Approval`], and is the only way to an [`ApprovedChangeSet`], which is all that a session applies. It keeps
//! the observation that it was computed from, so it cannot be applied to another state of the platform.

use std::collections::BTreeSet;

use saas_model::receipt::{Command, Isolation};
use saas_model::{Address, Digest, Plan};
use saas_prover::Certificate;

use crate::apply::change_set::{AllowedDataLoss, ChangeSet};
use crate::apply::intent::Intent;
use crate::apply::isolation::prove_isolation;
use crate::apply::protection::protected_nodes;
use crate::baseline::Baseline;
use crate::observation::Observation;
use crate::refusal::Refusal;

/// The safeguards that a caller overrides. By default, all of them hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Allows a plan that another plan was applied after, which takes back what that brought.
    pub rollback: bool,
    /// Lets a destroy switch off deletion protection, wherever it is on.
    pub deletion_protection: bool,
    /// Allows a plan although these obligations of its isolation are refuted; their ids, as the certificate
    /// states them.
    pub accepted_risks: BTreeSet<String>,
}

/// What a caller agrees to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The changes.
    pub changes: ApprovedChanges,
    /// The data that may be lost.
    pub data_loss: Vec<AllowedDataLoss>,
}

/// The changes that a caller agrees to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovedChanges {
    /// Whatever is proposed.
    All,
    /// The change set with this digest, which the caller has read.
    Digest(Digest),
}

/// Changes that a session proposes, with the observation that they were computed from.
pub struct Proposal {
    pub(crate) baseline: Baseline,
    pub(crate) changes: ChangeSet,
    pub(crate) protected: Vec<Address>,
    /// The proof that the plan isolates its tenants; `None` for a destroy.
    pub(crate) isolation: Option<Isolation>,
}

/// Changes that a caller approved. Only [`Proposal::approve`] creates it.
#[must_use = "an approval changes nothing until it is applied"]
pub struct ApprovedChangeSet(Proposal);

impl Overrides {
    /// Checks what the plan alone shows, before anything is listed. Proves that a plan to be applied isolates
    /// its tenants, or only checks `certificate` if there is one. A destroy needs no proof.
    ///
    /// # Errors
    /// When the plan is not proven, or the certificate is not one of the plan. When everything is to be
    /// destroyed, and nodes of the plan have deletion protection.
    pub fn check(
        &self,
        plan: &Plan,
        intent: Intent,
        certificate: Option<&Certificate>,
    ) -> Result<Option<Isolation>, Refusal> {
        match intent {
            Intent::Plan { .. } => prove_isolation(plan, certificate, &self.accepted_risks).map(Some),
            Intent::Nothing => self.check_protection(&protected_nodes(plan)).map(|()| None),
        }
    }

    pub(crate) fn check_protection(&self, protected: &[Address]) -> Result<(), Refusal> {
        if protected.is_empty() || self.deletion_protection {
            return Ok(());
        }
        Err(Refusal::Protected(protected.to_vec()))
    }
}

impl Approval {
    /// Agrees to the change set with this digest, and to no loss of data.
    #[must_use]
    pub const fn of(digest: Digest) -> Self {
        Self { changes: ApprovedChanges::Digest(digest), data_loss: Vec::new() }
    }

    /// Agrees to all changes, and to no loss of data.
    #[must_use]
    pub const fn all() -> Self {
        Self { changes: ApprovedChanges::All, data_loss: Vec::new() }
    }

    /// Agrees to lose this data as well.
    #[must_use]
    pub fn with_data_loss(self, allowed: impl IntoIterator<Item = AllowedDataLoss>) -> Self {
        let Self { changes, mut data_loss } = self;
        data_loss.extend(allowed);
        Self { changes, data_loss }
    }
}

impl ChangeSet {
    /// Checks whether these changes could be applied with this approval.
    ///
    /// # Errors
    /// When they include a change that no live platform can make, something blocks them, data would be lost
    /// without permission, or the approval is for other changes.
    pub fn check(&self, approval: &Approval) -> Result<(), Refusal> {
        let Approval { changes, data_loss } = approval;
        let cannot = self.cannot_change();
        if !cannot.is_empty() {
            return Err(Refusal::CannotChange(cannot));
        }
        if !self.blockers.is_empty() {
            return Err(Refusal::Blocked(self.blockers.clone()));
        }
        let lost = self.at_stake(data_loss);
        if !lost.is_empty() {
            return Err(Refusal::DataLoss(lost));
        }
        match *changes {
            ApprovedChanges::Digest(approved) if approved != self.digest() => {
                Err(Refusal::OtherApproved { approved, actual: self.digest() })
            }
            ApprovedChanges::Digest(_) | ApprovedChanges::All => Ok(()),
        }
    }
}

impl Proposal {
    /// The changes.
    #[must_use]
    pub const fn changes(&self) -> &ChangeSet {
        &self.changes
    }

    /// The observed state that they were computed from.
    #[must_use]
    pub const fn observation(&self) -> &Observation {
        self.baseline.observation()
    }

    /// The resources whose deletion protection is switched off first.
    #[must_use]
    pub fn protected(&self) -> &[Address] {
        &self.protected
    }

    /// What applying it is recorded as.
    #[must_use]
    pub const fn command(&self) -> Command {
        match self.baseline.intent {
            Intent::Plan { .. } => Command::Apply,
            Intent::Nothing => Command::Destroy,
        }
    }

    /// Approves the changes.
    ///
    /// # Errors
    /// When a safeguard prevents them, or the approval is for other changes; see [`ChangeSet::check`].
    pub fn approve(self, approval: &Approval) -> Result<ApprovedChangeSet, Refusal> {
        self.changes.check(approval)?;
        Ok(ApprovedChangeSet(self))
    }
}

impl ApprovedChangeSet {
    /// The changes.
    #[must_use]
    pub const fn changes(&self) -> &ChangeSet {
        self.0.changes()
    }

    pub(crate) const fn command(&self) -> Command {
        self.0.command()
    }

    pub(crate) fn into_proposal(self) -> Proposal {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use saas_model::Kind;
    use saas_model::fields::FieldChange;

    use super::*;
    use crate::apply::change_set::{Action, Change, DataLoss, Reason};
    use crate::state::blocker::Blocker;
    use crate::testing::{Bench, database};

    fn change_set(at_stake: Option<&str>) -> ChangeSet {
        let action = Action::Delete { reason: Reason::NotPlanned };
        let address = Address::literal("tenant/acme-corp/bucket");
        let change = Change::new(address, Kind::Bucket, action, at_stake.map(str::to_owned));
        ChangeSet { changes: vec![change], ..ChangeSet::empty(Digest::from_bytes([7; 32])) }
    }

    #[test]
    fn approval_of_another_change_set_is_rejected() {
        let changes = change_set(None);
        let (approved, actual) = (Digest::from_bytes([9; 32]), changes.digest());
        assert_eq!(changes.check(&Approval::of(actual)), Ok(()));
        assert_eq!(changes.check(&Approval::all()), Ok(()));
        assert_eq!(changes.check(&Approval::of(approved)), Err(Refusal::OtherApproved { approved, actual }));
    }

    #[test]
    fn approval_of_all_changes_does_not_allow_data_loss() {
        let changes = change_set(Some("12 objects"));
        let address = Address::literal("tenant/acme-corp/bucket");
        let lost = DataLoss { address, id: None, what: "12 objects".into() };
        let allowed = AllowedDataLoss::from(&lost);
        assert_eq!(changes.check(&Approval::all()), Err(Refusal::DataLoss(vec![lost])));
        assert_eq!(changes.check(&Approval::all().with_data_loss([allowed])), Ok(()));
        let tenant: AllowedDataLoss = "tenant/acme-corp".parse().expect("valid");
        assert_eq!(changes.check(&Approval::of(changes.digest()).with_data_loss([tenant])), Ok(()));
    }

    #[test]
    fn approval_does_not_override_a_blocker() {
        let mut changes = change_set(None);
        let cluster = Address::literal("database/cluster");
        let blocker = Blocker::new(cluster, Kind::DbCluster, "saas-db", "an instance is in the way", "delete it");
        changes.blockers.push(blocker.clone());
        assert_eq!(changes.check(&Approval::of(changes.digest())), Err(Refusal::Blocked(vec![blocker])));
    }

    #[test]
    fn approval_does_not_override_a_change_impossible_on_a_live_platform() {
        let mut changes = change_set(None);
        let field = FieldChange { field: "cidr".into(), before: "10.0.11.0/24".into(), after: "10.0.21.0/24".into() };
        let action = Action::Replace { fields: vec![field], beside: false };
        let address = Address::literal("network/subnet/private/us-east-1a");
        changes.changes.push(Change::new(address.clone(), Kind::Subnet, action, None));
        let refused =
            changes.check(&Approval::of(changes.digest())).expect_err("AWS cannot change the block of a subnet");
        let Refusal::CannotChange(fields) = refused else { panic!("{refused}") };
        assert_eq!(fields.iter().map(|field| field.address.as_ref()).collect::<Vec<_>>(), [Some(&address)]);
    }

    #[tokio::test]
    async fn a_plan_that_is_not_proven_is_applied_only_with_every_refuted_obligation_accepted() {
        let plan = Bench::new("http://127.0.0.1:9", database::nodes()).await.plan;
        let apply = Intent::Plan { deep: false };
        let check = |accepted: &[&str], certificate: Option<&Certificate>| {
            let accepted_risks = accepted.iter().map(|id| (*id).to_owned()).collect();
            Overrides { accepted_risks, ..Overrides::default() }.check(&plan, apply, certificate)
        };
        let open = |refused| match refused {
            Err(Refusal::Unproven { obligations, .. }) => obligations,
            other => panic!("{other:?}"),
        };
        // A database alone, without a bucket for the lease and without groups.
        let all = ["s3/shared-buckets", "secrets/shared", "network/groups", "settings/database-tls"];
        assert_eq!(open(check(&[], None)), all);
        assert_eq!(open(check(&["network/groups", "no/such-claim"], None)), [all[0], all[1], all[3]]);
        let certificate = saas_prover::prove(&plan);
        let accepted = Isolation { certificate: certificate.id(), accepted_risks: all.map(str::to_owned).into() };
        assert_eq!(check(&all, None), Ok(Some(accepted.clone())));
        assert_eq!(check(&all, Some(&certificate)), Ok(Some(accepted)));
        let other = Bench::new("http://127.0.0.1:9", Vec::new()).await.plan;
        let refused = check(&all, Some(&saas_prover::prove(&other))).expect_err("it is about another plan");
        assert!(matches!(refused, Refusal::Certificate(_)), "{refused}");
        let needs_none = Overrides::default().check(&plan, Intent::Nothing, None);
        assert_eq!(needs_none, Ok(None), "a destroy needs no proof");
    }

    #[tokio::test]
    async fn destroy_of_a_protected_plan_requires_an_override() {
        let mut cluster = database::cluster();
        cluster.deletion_protection = true;
        let nodes = database::nodes().into_iter().map(|(address, resource)| match address {
            database::CLUSTER => (address, cluster.clone().into()),
            _ => (address, resource),
        });
        let bench = Bench::new("http://127.0.0.1:9", nodes.collect()).await;
        let check = |overrides: Overrides, intent| overrides.check(&bench.plan, intent, None).map(drop);
        let protected = Refusal::Protected(vec![Address::literal(database::CLUSTER)]);
        assert_eq!(check(Overrides::default(), Intent::Nothing), Err(protected));
        let overrides = Overrides { deletion_protection: true, ..Overrides::default() };
        assert_eq!(check(overrides, Intent::Nothing), Ok(()));
    }
}
