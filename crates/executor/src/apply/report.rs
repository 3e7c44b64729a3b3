//! What an apply or a destroy did.

use std::collections::BTreeMap;

use saas_model::Address;
use saas_model::receipt::{Command, Receipt, Step, StoppedStep, Verb};
use serde::{Serialize, Serializer};

use crate::aws::calls::Tally;
use crate::error::{Error, chain};
use crate::session_error::SessionError;
use crate::verify::Verification;

/// The steps of an apply or a destroy, by their outcome.
#[derive(Debug, Default, Serialize)]
#[must_use = "a step may have failed"]
pub struct Execution {
    /// The steps that succeeded, in the order of the change set.
    pub done: Vec<Step>,
    /// The steps that failed.
    pub failed: Vec<FailedStep>,
    /// The steps that were skipped because another step failed.
    pub not_reached: Vec<StoppedStep>,
    /// The steps that did not start because of a cancellation or a lost lease.
    pub not_begun: Vec<Step>,
    /// The greatest number of concurrent steps.
    pub widest: usize,
    /// The duration, in milliseconds.
    pub millis: u64,
}

/// A step that failed.
#[derive(Debug, Serialize)]
pub struct FailedStep {
    /// The node.
    pub address: Address,
    /// The action.
    pub verb: Verb,
    /// The error; a text with its causes where it is serialized.
    #[serde(serialize_with = "with_causes")]
    pub error: Error,
}

/// Everything that an apply or a destroy did. The steps are done whatever became of the parts that follow,
/// so each of these is a result of its own.
#[derive(Debug)]
#[must_use = "a step may have failed, or the result may differ from the plan"]
pub struct ApplyReport {
    /// The steps.
    pub execution: Execution,
    /// The verification of what the steps touched; `None` when a step failed, the run was cancelled, or
    /// everything was destroyed.
    pub verification: Result<Option<Verification>, SessionError>,
    /// The outputs of the plan; empty when everything was destroyed.
    pub outputs: Result<BTreeMap<Address, String>, SessionError>,
    /// The receipt.
    pub receipt: Receipt,
    /// The key of the receipt in the control bucket; `None` when the bucket was deleted with the platform.
    pub stored: Result<Option<String>, SessionError>,
    /// The calls to AWS.
    pub calls: PhaseCalls,
}

/// The calls to AWS of a session that applied a change set, phase by phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhaseCalls {
    /// From the opening of the session to the end of the steps.
    pub steps: Tally,
    /// For the verification.
    pub verification: Tally,
    /// After that: for the receipt, and to release the lease.
    pub receipt_and_lease: Tally,
}

/// A result that is known before the apply ends.
#[derive(Clone, Copy, Debug)]
pub enum Milestone<'r> {
    /// All steps ended. The verification follows.
    Executed(&'r Execution),
    /// The receipt is complete. It is stored in the control bucket next.
    Receipt(&'r Receipt),
}

impl Execution {
    /// Whether every step succeeded.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        let Self { done: _, failed, not_reached, not_begun, widest: _, millis: _ } = self;
        failed.is_empty() && not_reached.is_empty() && not_begun.is_empty()
    }
}

impl FailedStep {
    pub(crate) fn new(Step { address, verb }: Step, error: Error) -> Self {
        Self { address, verb, error }
    }

    /// The error with its causes, on one line.
    #[must_use]
    pub fn reason(&self) -> String {
        chain(&self.error)
    }
}

impl ApplyReport {
    /// Whether every step succeeded, and what is live equals the plan where that was verified. A run that was
    /// cancelled before its verification is not complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let is_verified = match &self.verification {
            Ok(Some(verification)) => verification.is_clean(),
            Ok(None) => self.receipt.body().command == Command::Destroy,
            Err(_) => false,
        };
        self.execution.is_complete() && is_verified
    }
}

/// An error as text, with its causes.
fn with_causes<S: Serializer>(error: &Error, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&chain(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs read this from the event `summary`.
    #[test]
    fn steps_are_serialized_in_the_receipt_format() {
        let address = Address::literal("network/vpc");
        let error = Error::Failed { what: "the VPC".to_owned(), reason: "quota".to_owned() };
        let step = Step { address: address.clone(), verb: Verb::Create };
        let failed = FailedStep { address, verb: Verb::Create, error };
        let execution = Execution { done: vec![step], failed: vec![failed], ..Execution::default() };
        let json = serde_json::to_value(&execution).expect("it has texts as the keys of its maps");
        assert_eq!(json["done"][0], serde_json::json!({"address": "network/vpc", "verb": "create"}));
        let failed = serde_json::json!({"address": "network/vpc", "verb": "create", "error": "the VPC failed: quota"});
        assert_eq!(json["failed"][0], failed);
    }
}
