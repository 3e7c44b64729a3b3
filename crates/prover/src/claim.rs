//! The claims: how each one is proven, how its proof is checked, and how it is refuted.

use std::fmt;

use crate::certificate::{Channel, Layer};
use crate::channels::s3::Kind;
use crate::counterexample::Counterexample;
use crate::view::{Tenant, View};
use crate::witness::Witness;

/// A claim.
pub(crate) struct Claim {
    pub(crate) id: &'static str,
    pub(crate) channel: Channel,
    pub(crate) layer: Layer,
    pub(crate) text: &'static str,
    pub(crate) proof: Proof,
}

/// The method by which a claim is proven.
pub(crate) enum Proof {
    /// By facts about the resources that tenants share.
    Platform(fn(&View<'_>, &mut Facts)),
    /// By facts about a tenant.
    Tenant(for<'a> fn(&View<'a>, &Tenant<'a>, &mut Facts)),
    /// By a witness that requires a search.
    Derived(Derivation),
    /// By the statements of a tenant's bucket policies that deny all requests of a kind. Tenants whose
    /// policies have one form share the proof.
    Denied(&'static Kind),
}

/// A claim about a tenant. One function searches for the witness, another one validates it.
pub(crate) struct Derivation {
    pub(crate) prove: for<'a> fn(&View<'a>, &Tenant<'a>) -> Result<Derived, Refusal>,
    pub(crate) check: for<'a> fn(&View<'a>, &Tenant<'a>, &Witness, Option<&str>) -> bool,
    pub(crate) explain: for<'a> fn(&View<'a>, &Tenant<'a>) -> Counterexample,
}

/// The result of a proof for a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Derived {
    pub(crate) witness: Witness,
    pub(crate) risk: Option<&'static str>,
}

/// The location and the reason of a failed proof.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Refusal {
    pub(crate) at: String,
    pub(crate) reason: String,
}

/// A failed proof with a counterexample.
pub(crate) struct Failure {
    pub(crate) refusal: Refusal,
    pub(crate) counterexample: Box<Counterexample>,
}

/// Accumulates facts that are read from the plan one by one.
#[derive(Default)]
pub(crate) struct Facts {
    count: u32,
    risk: Option<&'static str>,
    failure: Option<Failure>,
}

impl Facts {
    /// Checks a fact. If it does not hold, `failure` returns the node of the tenant, the reason and
    /// a counterexample. Only the first failure is kept.
    pub(crate) fn require(&mut self, holds: bool, failure: impl FnOnce() -> (String, String, Counterexample)) {
        self.count += 1;
        if !holds && self.failure.is_none() {
            let (at, reason, counterexample) = failure();
            self.failure = Some(Failure { refusal: Refusal { at, reason }, counterexample: Box::new(counterexample) });
        }
    }

    /// Checks a fact about a field.
    pub(crate) fn field(
        &mut self,
        holds: bool,
        (tenant, node): (Option<&Tenant<'_>>, &saas_model::Node),
        field: &str,
        found: impl fmt::Display,
        expected: impl fmt::Display,
    ) {
        self.require(holds, || {
            let at = tenant.map_or(node.address.as_str(), |tenant| tenant.within(node));
            let reason = format!("{field} does not have the claimed value");
            (at.to_owned(), reason, Counterexample::field(&node.address, field, found, expected))
        });
    }

    /// Counts a fact that holds by what it is.
    pub(crate) const fn holds(&mut self) {
        self.count += 1;
    }

    /// Records a known risk: a part of the claim that does not hold for a known reason.
    pub(crate) fn open(&mut self, risk: &'static str) {
        self.count += 1;
        self.risk = Some(risk);
    }

    pub(crate) fn result(self) -> Result<Derived, Failure> {
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(Derived { witness: Witness::Facts(self.count), risk: self.risk }),
        }
    }
}
