//! Gets the approval of a change set: from the flags, or by asking at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use saas_executor::apply::change_set::AllowedDataLoss;
use saas_executor::{Approval, ApprovedChangeSet, ApprovedChanges, ChangeSet, Proposal};
use saas_model::Digest;

use crate::complete::addresses;
use crate::failure::{Failure, Refusal};

/// How the caller agrees to what would be done.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Consent {
    /// Approve the change set without asking
    #[arg(long)]
    yes: bool,
    /// Approve only the change set with this digest, which `saas status`, `saas rehearse` and `saas review` print
    #[arg(long, value_name = "DIGEST")]
    approve: Option<Digest>,
    /// Allow the loss of the data of this node and of all nodes under it; may be repeated
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
    /// Approves a proposal that the operator has seen; asks at the terminal if there is one.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn approve(&self, proposal: Proposal, question: &str) -> Result<ApprovedChangeSet, Failure> {
        let terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
        let (approval, needed) = self.decide(proposal.changes(), terminal)?;
        match needed {
            Needed::Answer if !ask(question)? => Err(Refusal::Declined.into()),
            Needed::Answer | Needed::Nothing => Ok(proposal.approve(&approval)?),
        }
    }

    /// A mismatched `--approve` digest takes precedence over every other approval.
    fn decide(&self, changes: &ChangeSet, terminal: bool) -> Result<(Approval, Needed), Failure> {
        let actual = changes.digest();
        let approved = match self.approve {
            Some(approved) => ApprovedChanges::Digest(approved),
            None if self.yes => ApprovedChanges::All,
            // An answer is for the change set that was shown.
            None => ApprovedChanges::Digest(actual),
        };
        let approval = Approval { changes: approved, data_loss: self.allow_data_loss.clone() };
        // Nothing is asked that would be refused.
        changes.check(&approval)?;
        if self.yes || self.approve.is_some() {
            Ok((approval, Needed::Nothing))
        } else if terminal {
            Ok((approval, Needed::Answer))
        } else {
            Err(Refusal::Unapproved { actual }.into())
        }
    }
}

/// Asks at the terminal; only an explicit yes counts.
pub(crate) fn ask(question: &str) -> Result<bool, Failure> {
    let process = |source| Failure::Process { what: "cannot ask for approval on the terminal", source };
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush()).map_err(process)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(process)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use saas_executor::SessionError;
    use saas_executor::apply::change_set::{Action, Change, Reason};
    use saas_model::{Address, Kind};

    use super::*;

    fn change_set(at_stake: Option<&str>) -> ChangeSet {
        let action = Action::Delete { reason: Reason::NotPlanned };
        let address = Address::literal("tenant/acme-corp/bucket");
        let change = Change::new(address, Kind::Bucket, action, at_stake.map(str::to_owned));
        ChangeSet { changes: vec![change], ..ChangeSet::empty(Digest::from_bytes([7; 32])) }
    }

    #[test]
    fn approval_is_required() {
        let changes = change_set(None);
        let actual = changes.digest();
        let unapproved = Consent::default();
        assert_eq!(unapproved.decide(&changes, true).expect("it can be asked"), (Approval::of(actual), Needed::Answer));
        let refused = unapproved.decide(&changes, false).expect_err("there is no terminal");
        assert!(matches!(refused, Failure::Refused(Refusal::Unapproved { actual: shown }) if shown == actual));
        let yes = Consent { yes: true, ..Consent::default() };
        assert_eq!(yes.decide(&changes, false).expect("it is approved"), (Approval::all(), Needed::Nothing));
        let approved = Consent { approve: Some(actual), ..Consent::default() };
        assert_eq!(approved.decide(&changes, false).expect("it is approved"), (Approval::of(actual), Needed::Nothing));
    }

    #[test]
    fn mismatched_digest_is_refused_even_with_yes() {
        let approved = Digest::from_bytes([9; 32]);
        let consent = Consent { yes: true, approve: Some(approved), ..Consent::default() };
        let refused = consent.decide(&change_set(None), true).expect_err("it is for another change set");
        let Failure::Session(SessionError::Refused(refusal)) = refused else { panic!("{refused}") };
        assert!(matches!(refusal, saas_executor::Refusal::OtherApproved { .. }), "{refusal}");
    }

    #[test]
    fn refused_change_set_asks_nothing() {
        let consent = Consent::default();
        let refused = consent.decide(&change_set(Some("12 objects")), true).expect_err("data would be lost");
        let Failure::Session(SessionError::Refused(refusal)) = refused else { panic!("{refused}") };
        assert!(matches!(refusal, saas_executor::Refusal::DataLoss(_)), "{refusal}");
        let allowed = Consent { allow_data_loss: vec!["tenant/acme-corp".parse().expect("valid")], ..consent };
        assert!(allowed.decide(&change_set(Some("12 objects")), true).is_ok());
    }
}
