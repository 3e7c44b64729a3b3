//! The proof that a plan isolates its tenants, and how it differs from that of another plan.

use std::collections::BTreeSet;

use itertools::Itertools as _;
use saas_model::{Digest, Plan};
use saas_prover::certificate::{About, Finding, Remark};
use saas_prover::{Certificate, Counterexample, InvalidCertificate, Verdict, check};
use serde::Serialize;

/// Why the isolation of a plan's tenants is not proven.
#[derive(Debug, thiserror::Error)]
pub enum Unproven {
    /// Claims do not hold, or cannot be decided. The certificate has a counterexample for each.
    #[error("{}", refuted_claims(.0))]
    Refuted(Box<Certificate>),
    /// The checker does not accept the prover's certificate.
    #[error("the checker refuses the certificate")]
    Refused(#[from] InvalidCertificate),
}

/// Proves a plan, and has the certificate checked.
///
/// # Errors
/// If a claim is refuted, or the checker refuses the certificate.
pub fn prove(plan: &Plan) -> Result<Certificate, Unproven> {
    let certificate = saas_prover::prove(plan);
    let checked = check(plan, &certificate)?;
    if checked.is_proven() { Ok(certificate) } else { Err(Unproven::Refuted(Box::new(certificate))) }
}

fn refuted_claims(certificate: &Certificate) -> String {
    let body = certificate.body();
    let claims: BTreeSet<&str> = body.refuted().map(|(obligation, _)| obligation.id.as_str()).collect();
    format!("{} of {} obligations are refuted: {}", claims.len(), body.obligations.len(), claims.iter().join(", "))
}

/// How many obligations of a certificate are proven, and for how many tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ProofSummary {
    /// The id of the certificate.
    pub certificate: Digest,
    /// The number of tenants.
    pub tenants: usize,
    /// The number of obligations.
    pub obligations: usize,
    /// The number of obligations that hold except for a known risk.
    pub residual: usize,
    /// The number of obligations that are refuted for at least one tenant.
    pub refuted: usize,
}

impl ProofSummary {
    /// Counts the obligations of a certificate.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        let obligations = &certificate.body().obligations;
        let any = |matches: fn(&Verdict) -> bool| {
            let verdicts =
                obligations.iter().map(|obligation| obligation.findings.iter().map(|finding| &finding.verdict));
            verdicts.map(|mut verdicts| verdicts.any(matches)).filter(|any| *any).count()
        };
        Self {
            certificate: certificate.id(),
            tenants: certificate.body().tenants.len(),
            obligations: obligations.len(),
            residual: any(|verdict| matches!(verdict, Verdict::Residual { .. })),
            refuted: any(Verdict::is_refuted),
        }
    }
}

/// The difference of two plans' proofs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProofDiff {
    /// The proof of the plan before.
    pub before: ProofSummary,
    /// The proof of the plan after.
    pub after: ProofSummary,
    /// What is newly reachable.
    pub opened: Vec<Access>,
    /// What is no longer reachable.
    pub closed: Vec<Access>,
}

/// A way to reach something that the proof does not exclude.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// A claim is refuted.
    Refuted {
        /// The obligation.
        obligation: String,
        /// The tenants for which it is refuted; empty if it is about the platform.
        tenants: Vec<String>,
        /// The location in the plan, relative to the tenant.
        at: String,
        /// The reason.
        reason: String,
        /// The attack, for one of the tenants.
        counterexample: Box<Counterexample>,
    },
    /// A known risk is open.
    Risk(Remark),
    /// Bucket policies exempt a role.
    Trusted(String),
}

/// Compares the proofs of two plans.
#[must_use]
pub fn compare(before: &Certificate, after: &Certificate) -> ProofDiff {
    ProofDiff {
        before: ProofSummary::of(before),
        after: ProofSummary::of(after),
        opened: more(before, after),
        closed: more(after, before),
    }
}

/// The access that the refuted obligations of a certificate leave open.
#[must_use]
pub fn refuted(certificate: &Certificate) -> Vec<Access> {
    refuted_beyond(certificate, &BTreeSet::new())
}

/// The refuted obligations, for those tenants for which they are not `known`.
fn refuted_beyond(certificate: &Certificate, known: &BTreeSet<(&str, Option<&str>)>) -> Vec<Access> {
    let mut all = Vec::new();
    for (obligation, finding) in certificate.body().refuted() {
        let Verdict::Refuted { at, reason, counterexample } = &finding.verdict else { continue };
        let is_new = |subject: &Option<&str>| !known.contains(&(obligation.id.as_str(), *subject));
        let subjects: Vec<Option<&str>> = subjects(certificate, finding).filter(is_new).collect();
        if !subjects.is_empty() {
            all.push(Access::Refuted {
                obligation: obligation.id.clone(),
                tenants: subjects.into_iter().flatten().map(str::to_owned).collect(),
                at: at.clone(),
                reason: reason.clone(),
                counterexample: counterexample.clone(),
            });
        }
    }
    all
}

/// The access that `other` has and `one` does not.
fn more(one: &Certificate, other: &Certificate) -> Vec<Access> {
    let known: BTreeSet<(&str, Option<&str>)> = one
        .body()
        .refuted()
        .flat_map(|(obligation, finding)| subjects(one, finding).map(|subject| (obligation.id.as_str(), subject)))
        .collect();
    let mut all = refuted_beyond(other, &known);
    let trusted = other.body().trusted.iter().filter(|role| !one.body().trusted.contains(role));
    all.extend(trusted.cloned().map(Access::Trusted));
    let is_new = |risk: &&Remark| !one.body().risks.iter().any(|known| known.id == risk.id);
    all.extend(other.body().risks.iter().filter(is_new).cloned().map(Access::Risk));
    all
}

/// The tenants of a finding; `None` is the platform.
fn subjects<'c>(certificate: &'c Certificate, finding: &'c Finding) -> impl Iterator<Item = Option<&'c str>> {
    let platform = (finding.about == About::Platform).then_some(None);
    platform.into_iter().chain(certificate.body().names(&finding.about).map(Some))
}
