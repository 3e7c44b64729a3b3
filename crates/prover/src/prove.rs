//! Creates the certificate of a plan.
//!
//! Each claim is proven for each tenant. The time depends on the tenant's own resources, not on the
//! number of tenants. Tenants for which a claim holds for the same reason share one finding.

use std::collections::HashMap;

use saas_model::Plan;

use crate::catalogue::CATALOGUE;
use crate::certificate::{About, Body, Certificate, Finding, Obligation, Verdict};
use crate::channels::claims;
use crate::claim::{Claim, Derived, Facts, Failure, Proof, Refusal};
use crate::counterexample::Counterexample;
use crate::remarks;
use crate::view::{Tenant, View};

/// The prover's name and version, as certificates state it.
pub(crate) const VERSION: &str = concat!("saas-prover ", env!("CARGO_PKG_VERSION"));

/// Proves the claims about a plan. A claim that cannot be decided is refuted.
#[must_use]
pub fn prove(plan: &Plan) -> Certificate {
    let view = View::of(plan);
    let obligations: Vec<Obligation> = claims().map(|claim| obligation(&view, claim)).collect();
    Certificate::new(body(&view, obligations))
}

/// The body of a certificate. Everything except the obligations follows from the plan and the
/// obligations.
pub(crate) fn body(view: &View<'_>, obligations: Vec<Obligation>) -> Body {
    let header = view.plan.header();
    let verdicts = obligations.iter().flat_map(|obligation| &obligation.findings).map(|finding| &finding.verdict);
    let found: Vec<&str> = verdicts
        .filter_map(|verdict| match verdict {
            Verdict::Residual { risk, .. } => Some(risk.as_str()),
            _ => None,
        })
        .collect();
    let risks = remarks::risks(&found);
    Body {
        prover: VERSION.to_owned(),
        plan: view.plan.id(),
        platform: header.platform.clone(),
        environment: header.environment.clone(),
        account: header.account.clone(),
        region: header.region.clone(),
        catalogue: CATALOGUE.digest(),
        assumptions: remarks::assumptions(),
        trusted: view.administrators.iter().map(|&role| role.to_owned()).collect(),
        risks,
        tenants: view.tenants.iter().map(|tenant| tenant.id.to_owned()).collect(),
        obligations,
    }
}

fn obligation(view: &View<'_>, claim: &'static Claim) -> Obligation {
    let findings = match &claim.proof {
        Proof::Platform(prove) => {
            let mut facts = Facts::default();
            prove(view, &mut facts);
            vec![Finding { about: About::Platform, verdict: verdict(facts.result()) }]
        }
        Proof::Tenant(prove) => grouped(
            view,
            |tenant| {
                let mut facts = Facts::default();
                prove(view, tenant, &mut facts);
                facts
                    .result()
                    .map_err(|Failure { refusal, counterexample }| Doubt { refusal, known: Some(counterexample) })
            },
            |_| Counterexample::Undecided(String::new()),
        ),
        Proof::Derived(derivation) => grouped(
            view,
            |tenant| (derivation.prove)(view, tenant).map_err(|refusal| Doubt { refusal, known: None }),
            |tenant| (derivation.explain)(view, tenant),
        ),
    };
    Obligation {
        id: claim.id.to_owned(),
        channel: claim.channel,
        layer: claim.layer,
        claim: claim.text.to_owned(),
        findings,
    }
}

/// A failed proof, with a counterexample if one is already known.
struct Doubt {
    refusal: Refusal,
    known: Option<Box<Counterexample>>,
}

/// Tenants with the same verdict.
struct Group {
    verdict: Verdict,
    places: Vec<u32>,
}

/// The findings, with tenants grouped by verdict. Tenants whose proof fails in the same place share
/// one counterexample, which is searched once.
fn grouped<'a>(
    view: &View<'a>,
    prove: impl Fn(&Tenant<'a>) -> Result<Derived, Doubt>,
    explain: impl Fn(&Tenant<'a>) -> Counterexample,
) -> Vec<Finding> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<Result<Derived, Refusal>, usize> = HashMap::new();
    for tenant in &view.tenants {
        let (key, counterexample) = match prove(tenant) {
            Ok(derived) => (Ok(derived), None),
            Err(Doubt { refusal, known }) => (Err(refusal), known),
        };
        let group = match known.get(&key) {
            Some(&group) => group,
            None => {
                let failed = |refusal: &Refusal| Failure {
                    refusal: refusal.clone(),
                    counterexample: counterexample.unwrap_or_else(|| Box::new(explain(tenant))),
                };
                let verdict = verdict(key.as_ref().map_err(failed).cloned());
                groups.push(Group { verdict, places: Vec::new() });
                known.insert(key, groups.len() - 1);
                groups.len() - 1
            }
        };
        groups[group].places.push(tenant.place);
    }
    groups.into_iter().map(|Group { verdict, places }| Finding { about: About::of(&places), verdict }).collect()
}

fn verdict(outcome: Result<Derived, Failure>) -> Verdict {
    match outcome {
        Ok(Derived { witness, risk: None }) => Verdict::Proven(witness),
        Ok(Derived { witness, risk: Some(risk) }) => Verdict::Residual { risk: risk.to_owned(), witness },
        Err(Failure { refusal: Refusal { at, reason }, counterexample }) => {
            Verdict::Refuted { at, reason, counterexample }
        }
    }
}
