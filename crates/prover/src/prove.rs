//! Creates the certificate of a plan.
//!
//! Each claim is proven for each tenant. The time depends on the tenant's own resources, not on the
//! number of tenants. Tenants for which a claim holds for the same reason share one finding.

use std::collections::HashMap;

use saas_model::Plan;

use crate::catalogue::CATALOGUE;
use crate::certificate::{About, Body, Certificate, Finding, Obligation, Verdict};
use crate::channels::claims;
use crate::channels::s3::denial;
use crate::claim::{Claim, Derivation, Derived, Facts, Failure, Proof, Refusal};
use crate::counterexample::Counterexample;
use crate::remarks;
use crate::view::{Tenant, View};

/// The prover's name and version, as certificates state it.
pub(crate) const VERSION: &str = concat!("saas-prover ", env!("CARGO_PKG_VERSION"));

/// Proves the claims about a plan. A claim that cannot be decided is refuted.
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
            let (outcome, counterexample) = result(facts);
            vec![Finding { about: About::Platform, verdict: verdict(outcome, counterexample) }]
        }
        Proof::Tenant(prove) => Groups::of(view, |groups, tenant| {
            let mut facts = Facts::default();
            prove(view, tenant, &mut facts);
            let (outcome, counterexample) = result(facts);
            groups.group(outcome, counterexample)
        }),
        Proof::Derived(Derivation { prove, check: _, explain }) => {
            Groups::of(view, |groups, tenant| groups.group(prove(view, tenant), || Box::new(explain(view, tenant))))
        }
        Proof::Denied(kind) => {
            let policies = view.bucket_policies();
            // The group of each form.
            let mut known: HashMap<usize, usize> = HashMap::new();
            Groups::of(view, |groups, tenant| {
                let form = policies.number(tenant);
                let prove = || {
                    let outcome = denial::prove(policies, policies.form(form), kind);
                    groups.group(outcome, || Box::new(denial::explain(view, tenant, kind)))
                };
                *known.entry(form).or_insert_with(prove)
            })
        }
    };
    Obligation {
        id: claim.id.to_owned(),
        channel: claim.channel,
        layer: claim.layer,
        claim: claim.text.to_owned(),
        findings,
    }
}

/// Tenants grouped by verdict. Tenants whose proof fails in the same place share one counterexample,
/// which is searched once.
#[derive(Default)]
struct Groups {
    verdicts: Vec<Verdict>,
    known: HashMap<Result<Derived, Refusal>, usize>,
}

impl Groups {
    /// The findings, where `group` returns the group of a tenant.
    fn of<'a>(view: &View<'a>, mut group: impl FnMut(&mut Self, &Tenant<'a>) -> usize) -> Vec<Finding> {
        let mut groups = Self::default();
        let mut places: Vec<Vec<u32>> = Vec::new();
        for tenant in &view.tenants {
            let group = group(&mut groups, tenant);
            places.resize_with(groups.verdicts.len(), Vec::new);
            places[group].push(tenant.place);
        }
        let finding = |(verdict, places): (Verdict, Vec<u32>)| Finding { about: About::of(&places), verdict };
        groups.verdicts.into_iter().zip(places).map(finding).collect()
    }

    /// The group of the tenants with this outcome.
    fn group(
        &mut self,
        outcome: Result<Derived, Refusal>,
        counterexample: impl FnOnce() -> Box<Counterexample>,
    ) -> usize {
        if let Some(&group) = self.known.get(&outcome) {
            return group;
        }
        self.verdicts.push(verdict(outcome.clone(), counterexample));
        self.known.insert(outcome, self.verdicts.len() - 1);
        self.verdicts.len() - 1
    }
}

/// The outcome of reading facts, and the counterexample if one of them does not hold.
fn result(facts: Facts) -> (Result<Derived, Refusal>, impl FnOnce() -> Box<Counterexample>) {
    let (outcome, found) = match facts.result() {
        Ok(derived) => (Ok(derived), None),
        Err(Failure { refusal, counterexample }) => (Err(refusal), Some(counterexample)),
    };
    (outcome, || found.expect("a fact that does not hold has a counterexample"))
}

fn verdict(outcome: Result<Derived, Refusal>, counterexample: impl FnOnce() -> Box<Counterexample>) -> Verdict {
    match outcome {
        Ok(Derived { witness, risk: None }) => Verdict::Proven(witness),
        Ok(Derived { witness, risk: Some(risk) }) => Verdict::Residual { risk: risk.to_owned(), witness },
        Err(Refusal { at, reason }) => Verdict::Refuted { at, reason, counterexample: counterexample() },
    }
}
