//! Checks whether a change set may be applied: no unapproved data loss, and approval by the caller.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use saas_executor::ChangeSet;
use saas_executor::apply::change_set::AllowedDataLoss;
use saas_model::Digest;

use crate::complete::addresses;
use crate::failure::{Failure, Refusal};

/// How the caller agrees to what would be done.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Consent {
    /// Agree to whatever would be done
    #[arg(long)]
    yes: bool,
    /// Agree to this very change set, as `saas status` shows its digest
    #[arg(long, value_name = "DIGEST")]
    approve: Option<Digest>,
    /// Allow that the data of this node is lost, and of all beneath it; may be repeated
    #[arg(long, value_name = "ADDRESS[=ID]", add = ArgValueCompleter::new(addresses))]
    allow_data_loss: Vec<AllowedDataLoss>,
}

/// The approval that is still missing.
#[derive(Debug, PartialEq, Eq)]
enum Needed {
    Nothing,
    /// An answer at the terminal.
    Answer,
}

impl Consent {
    /// Returns when `changes` may be applied; asks at the terminal if there is one.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn to(&self, changes: &ChangeSet, question: &str) -> Result<(), Failure> {
        match self.decide(changes, io::stdin().is_terminal() && io::stderr().is_terminal())? {
            Needed::Nothing => Ok(()),
            Needed::Answer if ask(question)? => Ok(()),
            Needed::Answer => Err(Refusal::Declined.into()),
        }
    }

    /// A mismatched `--approve` digest takes precedence over every other approval.
    fn decide(&self, changes: &ChangeSet, terminal: bool) -> Result<Needed, Refusal> {
        let cannot = changes.cannot_change();
        if !cannot.is_empty() {
            return Err(Refusal::CannotChange(cannot));
        }
        if !changes.blockers.is_empty() {
            return Err(Refusal::Blocked(changes.blockers.clone()));
        }
        let at_stake = changes.at_stake(&self.allow_data_loss);
        if !at_stake.is_empty() {
            return Err(Refusal::DataAtStake(at_stake));
        }
        let actual = changes.digest();
        match self.approve {
            Some(approved) if approved != actual => Err(Refusal::OtherApproved { approved, actual }),
            Some(_) => Ok(Needed::Nothing),
            None if self.yes => Ok(Needed::Nothing),
            None if terminal => Ok(Needed::Answer),
            None => Err(Refusal::NobodyToAsk { actual }),
        }
    }
}

/// Asks at the terminal; only an explicit yes counts.
pub(crate) fn ask(question: &str) -> Result<bool, Failure> {
    let process = |source| Failure::Process { what: "the terminal cannot be asked", source };
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush()).map_err(process)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(process)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use saas_executor::apply::change_set::{Action, Blocker, Change, Reason};
    use saas_model::fields::FieldChange;
    use saas_model::{Address, Kind};

    use super::*;

    fn change_set(at_stake: Option<&str>) -> ChangeSet {
        let action = Action::Delete { reason: Reason::NotPlanned };
        let address = Address::literal("tenant/acme-corp/bucket");
        let change = Change::new(address, Kind::Bucket, action, at_stake.map(str::to_owned));
        ChangeSet { changes: vec![change], ..ChangeSet::empty(Digest::from_bytes([7; 32])) }
    }

    #[test]
    fn somebody_must_agree() {
        let changes = change_set(None);
        let actual = changes.digest();
        let unapproved = Consent::default();
        assert_eq!(unapproved.decide(&changes, true), Ok(Needed::Answer));
        assert_eq!(unapproved.decide(&changes, false), Err(Refusal::NobodyToAsk { actual }));
        let yes = Consent { yes: true, ..Consent::default() };
        assert_eq!(yes.decide(&changes, false), Ok(Needed::Nothing));
        let approved = Consent { approve: Some(actual), ..Consent::default() };
        assert_eq!(approved.decide(&changes, false), Ok(Needed::Nothing));
    }

    #[test]
    fn an_approval_of_something_else_beats_yes() {
        let approved = Digest::from_bytes([9; 32]);
        let consent = Consent { yes: true, approve: Some(approved), ..Consent::default() };
        let changes = change_set(None);
        let refusal = Refusal::OtherApproved { approved, actual: changes.digest() };
        assert_eq!(consent.decide(&changes, true), Err(refusal));
    }

    #[test]
    fn nothing_begins_that_is_known_to_be_blocked() {
        let mut changes = change_set(None);
        let blocker = Blocker {
            address: Address::literal("database/cluster"),
            kind: Kind::DbCluster,
            id: "saas-db".into(),
            what: "the deletion protection of the cluster is on".into(),
            remedy: "switch it off".into(),
        };
        changes.blockers.push(blocker.clone());
        let agreed = Consent { yes: true, approve: Some(changes.digest()), ..Consent::default() };
        assert_eq!(agreed.decide(&changes, true), Err(Refusal::Blocked(vec![blocker])));
    }

    /// Neither `--yes` nor an approval overrides a change that AWS cannot make.
    #[test]
    fn what_no_live_platform_can_change_is_refused() {
        let mut changes = change_set(None);
        let field = FieldChange { field: "cidr".into(), before: "10.0.11.0/24".into(), after: "10.0.21.0/24".into() };
        let action = Action::Replace { fields: vec![field], beside: false };
        let address = Address::literal("network/subnet/private/us-east-1a");
        changes.changes.push(Change::new(address.clone(), Kind::Subnet, action, None));
        let agreed = Consent { yes: true, approve: Some(changes.digest()), ..Consent::default() };
        let refused = agreed.decide(&changes, true).expect_err("AWS cannot change the block of a subnet");
        let Refusal::CannotChange(fields) = refused else { panic!("{refused}") };
        assert_eq!(fields.iter().map(|field| field.address.as_ref()).collect::<Vec<_>>(), [Some(&address)]);
    }

    #[test]
    fn yes_does_not_allow_to_lose_data() {
        let changes = change_set(Some("12 objects"));
        let consent = Consent { yes: true, ..Consent::default() };
        assert!(matches!(consent.decide(&changes, true), Err(Refusal::DataAtStake(lost)) if lost.len() == 1));
        let allowed = Consent { allow_data_loss: vec!["tenant/acme-corp".parse().expect("valid")], ..consent };
        assert_eq!(allowed.decide(&changes, true), Ok(Needed::Nothing));
    }
}
