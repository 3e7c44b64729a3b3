//! Validates a certificate without any search.
//!
//! Every claim must be present, for every tenant, with a witness. The checker reads each fact from
//! its place in the plan; it checks each step of a proof against the one node, statement or
//! condition that the step names.

use std::collections::HashMap;

use saas_model::{Digest, Plan};

use crate::catalogue::CATALOGUE;
use crate::certificate::{About, Certificate, Finding, Obligation, Verdict};
use crate::channels::claims;
use crate::channels::s3::denial;
use crate::claim::{Claim, Derived, Facts, Proof};
use crate::prove::{VERSION, body};
use crate::view::{Tenant, View};
use crate::witness::Witness;

/// The result of validating a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The claims that do not hold or were not decided.
    pub refuted: Vec<String>,
    /// The known risks.
    pub risks: Vec<String>,
}

impl Checked {
    /// Whether every claim holds, except for known risks.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.refuted.is_empty()
    }
}

/// The certificate does not prove its claims.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCertificate {
    /// It applies to another plan.
    #[error("the certificate is for plan {stated}, but this plan is {actual}")]
    OtherPlan {
        /// The plan that the certificate states.
        stated: Digest,
        /// The plan that was given.
        actual: Digest,
    },
    /// Another version of the prover created it, whose claims may have another meaning.
    #[error("`{0}` made the certificate, but this is {VERSION}; prove the plan again")]
    OtherProver(String),
    /// It uses another catalogue of actions.
    #[error("the certificate is for another catalogue of actions; prove the plan again")]
    OtherCatalogue,
    /// The rest of its content does not follow from the plan.
    #[error("the tenants, roles or risks in the certificate are not those of the plan")]
    WrongBody,
    /// A claim is missing or altered.
    #[error("the claim `{0}` is missing or altered")]
    MissingClaim(String),
    /// A claim does not cover every tenant exactly once.
    #[error("the claim `{0}` does not cover every tenant exactly once")]
    Incomplete(String),
    /// A witness does not hold.
    #[error("the witness of `{claim}` does not hold for {about}")]
    WrongWitness {
        /// The claim.
        claim: String,
        /// The tenant or the platform.
        about: String,
    },
}

/// Validates a certificate of a plan.
///
/// # Errors
/// When the certificate applies to another plan, is incomplete, or has a witness that does not
/// hold. A refuted claim is not an error: see [`Checked::is_proven`].
pub fn check(plan: &Plan, certificate: &Certificate) -> Result<Checked, InvalidCertificate> {
    let stated = certificate.body();
    if stated.plan != plan.id() {
        return Err(InvalidCertificate::OtherPlan { stated: stated.plan, actual: plan.id() });
    }
    if stated.prover != VERSION {
        return Err(InvalidCertificate::OtherProver(stated.prover.clone()));
    }
    if stated.catalogue != CATALOGUE.digest() {
        return Err(InvalidCertificate::OtherCatalogue);
    }
    let view = View::of(plan);
    if *stated != body(&view, stated.obligations.clone()) {
        return Err(InvalidCertificate::WrongBody);
    }
    let mut obligations = stated.obligations.iter();
    for claim in claims() {
        let missing = || InvalidCertificate::MissingClaim(claim.id.to_owned());
        let obligation = obligations.next().ok_or_else(missing)?;
        if !states(obligation, claim) {
            return Err(missing());
        }
        validate(&view, claim, obligation)?;
    }
    if let Some(more) = obligations.next() {
        return Err(InvalidCertificate::MissingClaim(more.id.clone()));
    }
    let mut refuted: Vec<String> = stated.refuted().map(|(obligation, _)| obligation.id.clone()).collect();
    refuted.dedup();
    Ok(Checked { refuted, risks: stated.risks.iter().map(|risk| risk.id.clone()).collect() })
}

fn states(obligation: &Obligation, claim: &Claim) -> bool {
    let Obligation { id, channel, layer, claim: text, findings: _ } = obligation;
    id == claim.id && *channel == claim.channel && *layer == claim.layer && text == claim.text
}

fn validate(view: &View<'_>, claim: &Claim, obligation: &Obligation) -> Result<(), InvalidCertificate> {
    let incomplete = || InvalidCertificate::Incomplete(claim.id.to_owned());
    let wrong = |about: &str| InvalidCertificate::WrongWitness { claim: claim.id.to_owned(), about: about.to_owned() };
    if let Proof::Platform(facts) = &claim.proof {
        let [Finding { about: About::Platform, verdict }] = obligation.findings.as_slice() else {
            return Err(incomplete());
        };
        let shown = |witness: &Witness, risk: Option<&str>| {
            let mut read = Facts::default();
            facts(view, &mut read);
            is_result(read, witness, risk)
        };
        return if holds(verdict, shown) { Ok(()) } else { Err(wrong("the platform")) };
    }
    let mut seen = vec![false; view.tenants.len()];
    for Finding { about, verdict } in &obligation.findings {
        let About::Tenants(ranges) = about else { return Err(incomplete()) };
        // Whether the witness holds for each form of bucket policies.
        let mut forms: HashMap<usize, bool> = HashMap::new();
        for &(first, count) in ranges {
            let end = first.checked_add(count).ok_or_else(incomplete)? as usize;
            let tenants = view.tenants.get(first as usize..end).ok_or_else(incomplete)?;
            for tenant in tenants {
                if std::mem::replace(&mut seen[tenant.place as usize], true) {
                    return Err(incomplete());
                }
                if !holds(verdict, |witness, risk| is_shown(view, claim, tenant, witness, risk, &mut forms)) {
                    return Err(wrong(tenant.id));
                }
            }
        }
    }
    if seen.into_iter().all(|seen| seen) { Ok(()) } else { Err(incomplete()) }
}

/// Whether the witness of a verdict holds. A refutation has no witness to check.
fn holds(verdict: &Verdict, shown: impl FnOnce(&Witness, Option<&str>) -> bool) -> bool {
    match verdict {
        Verdict::Proven(witness) => shown(witness, None),
        Verdict::Residual { risk, witness } => shown(witness, Some(risk)),
        Verdict::Refuted { .. } => true,
    }
}

fn is_shown<'a>(
    view: &View<'a>,
    claim: &Claim,
    tenant: &Tenant<'a>,
    witness: &Witness,
    risk: Option<&str>,
    forms: &mut HashMap<usize, bool>,
) -> bool {
    match &claim.proof {
        Proof::Platform(_) => false,
        Proof::Tenant(facts) => {
            let mut read = Facts::default();
            facts(view, tenant, &mut read);
            is_result(read, witness, risk)
        }
        Proof::Derived(derivation) => (derivation.check)(view, tenant, witness, risk),
        Proof::Denied(kind) => {
            let policies = view.bucket_policies();
            let form = policies.number(tenant);
            let check = || denial::check(policies, policies.form(form), kind, witness, risk);
            *forms.entry(form).or_insert_with(check)
        }
    }
}

fn is_result(read: Facts, stated: &Witness, risk: Option<&str>) -> bool {
    let same = |derived: Derived| derived.witness == *stated && derived.risk == risk;
    read.result().is_ok_and(same)
}
