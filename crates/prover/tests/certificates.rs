//! A certificate applies to one plan, has one form, and its witnesses are validated.

mod common;

use common::{fixtures, planned, prefixes, prefixes_of_an_application};
use saas_model::Plan;
use saas_prover::certificate::{About, Body, Certificate, UnreadableCertificate, Verdict};
use saas_prover::{Denial, InvalidCertificate, Reach, Witness, check, prove};

/// The certificate with altered content and the matching id.
fn altered(certificate: &Certificate, alter: impl FnOnce(&mut Body)) -> Certificate {
    let mut body = certificate.body().clone();
    alter(&mut body);
    Certificate::new(body)
}

#[test]
fn certificate_of_another_plan_is_rejected() {
    let [one, other, _] = fixtures();
    let error = check(&one, &prove(&other)).expect_err("it is another plan's");
    assert!(matches!(error, InvalidCertificate::OtherPlan { .. }), "{error}");
    // Even if it states this plan's id.
    let plan = one.id();
    let error = check(&one, &altered(&prove(&other), |body| body.plan = plan)).expect_err("it is another plan's");
    assert_eq!(error, InvalidCertificate::WrongBody);
}

#[test]
fn certificate_with_other_tenants_is_rejected() {
    let few = planned(common::SPEC, &["acme", "acme-corp"]);
    let more = prefixes();
    for (plan, other) in [(&few, &more), (&more, &few)] {
        let own = prove(plan);
        let stolen = altered(&own, |body| body.obligations = prove(other).body().obligations.clone());
        assert!(check(plan, &stolen).is_err());
    }
}

#[test]
fn every_claim_covers_every_tenant_exactly_once() {
    let plan = prefixes();
    let certificate = prove(&plan);
    for at in 0..certificate.body().obligations.len() {
        let missing = altered(&certificate, |body| drop(body.obligations.remove(at)));
        assert!(check(&plan, &missing).is_err(), "{at}");
        let empty = altered(&certificate, |body| body.obligations[at].findings.clear());
        assert!(check(&plan, &empty).is_err(), "{at}");
        let weaker = altered(&certificate, |body| body.obligations[at].claim = "all is well".to_owned());
        assert!(check(&plan, &weaker).is_err(), "{at}");
        let twice = altered(&certificate, |body| {
            let finding = body.obligations[at].findings[0].clone();
            body.obligations[at].findings.push(finding);
        });
        assert!(check(&plan, &twice).is_err(), "{at}");
        for about in [About::Tenants(vec![(0, 4)]), About::Tenants(vec![(0, 6)]), About::Tenants(vec![(u32::MAX, 2)])] {
            let less = altered(&certificate, |body| body.obligations[at].findings[0].about = about);
            assert!(check(&plan, &less).is_err(), "{at}");
        }
    }
}

/// A witness of a certificate, to be altered.
fn witness(body: &mut Body, at: usize) -> &mut Witness {
    match &mut body.obligations[at].findings[0].verdict {
        Verdict::Proven(witness) | Verdict::Residual { witness, .. } => witness,
        Verdict::Refuted { .. } => panic!("the plan is proven"),
    }
}

/// Small alterations of a witness.
fn tampered(witness: &Witness) -> Vec<Witness> {
    let mut all = vec![Witness::Facts(0), Witness::Reaches(Vec::new()), Witness::Trusts(Vec::new())];
    all.push(Witness::Denials(Vec::new()));
    match witness {
        Witness::Facts(count) => all.extend([Witness::Facts(count + 1), Witness::Facts(count.saturating_sub(1))]),
        Witness::Reaches(reaches) => {
            for at in 0..reaches.len() {
                let others = [
                    Reach::Nothing,
                    Reach::Elsewhere,
                    Reach::Own("schema".into()),
                    Reach::Own("bucket2".into()),
                    Reach::External("bucket".into()),
                    Reach::Image("bucket".into()),
                ];
                for other in others {
                    let mut changed = reaches.clone();
                    changed[at] = other;
                    all.push(Witness::Reaches(changed));
                }
                let mut shorter = reaches.clone();
                shorter.remove(at);
                all.push(Witness::Reaches(shorter));
            }
            all.push(Witness::Reaches(reaches.iter().cloned().chain([Reach::Nothing]).collect()));
        }
        Witness::Trusts(trusts) => {
            for at in 0..trusts.len() {
                for field in 0..5 {
                    let mut changed = trusts.clone();
                    match field {
                        0 => changed[at].statement += 1,
                        1 => changed[at].account += 1,
                        2 => changed[at].source += 7,
                        3 => {
                            let other =
                                if trusts[at].group.is_some() { None } else { Some("schedule-group".to_owned()) };
                            changed[at].group = other;
                        }
                        _ => changed[at].role = "bucket".to_owned(),
                    }
                    all.push(Witness::Trusts(changed));
                }
            }
        }
        Witness::Denials(denials) => {
            let mut change = |change: fn(&mut Denial)| {
                let mut changed = denials.clone();
                change(&mut changed[0]);
                all.push(Witness::Denials(changed));
            };
            change(|denial| denial.bucket = "other".to_owned());
            change(|denial| denial.on_bucket = vec![9]);
            change(|denial| denial.on_objects = vec![9]);
            change(|denial| {
                // Without the statements that deny.
                denial.on_bucket.clear();
                denial.on_objects.clear();
            });
            change(|denial| {
                denial.on_bucket = denial.on_bucket.iter().map(|at| (at + 1) % 5).collect();
                denial.on_objects = denial.on_objects.iter().map(|at| (at + 1) % 5).collect();
            });
        }
        Witness::Domain { domain, hosts } => all.extend([
            Witness::Domain { domain: "com".to_owned(), hosts: *hosts },
            Witness::Domain { domain: domain.clone(), hosts: hosts + 1 },
        ]),
    }
    all.retain(|other| other != witness);
    all
}

#[test]
fn altered_witness_is_rejected() {
    for plan in [prefixes(), prefixes_of_an_application()] {
        assert_altered_witnesses_are_rejected(&plan);
    }
}

fn assert_altered_witnesses_are_rejected(plan: &Plan) {
    let certificate = prove(plan);
    let mut tried = 0;
    for at in 0..certificate.body().obligations.len() {
        let mut original = certificate.body().clone();
        for other in tampered(witness(&mut original, at)) {
            tried += 1;
            let id = certificate.body().obligations[at].id.clone();
            let changed = altered(&certificate, |body| *witness(body, at) = other.clone());
            assert!(check(plan, &changed).is_err(), "{id}: {other:?}");
        }
        let residual = altered(&certificate, |body| {
            let verdict = &mut body.obligations[at].findings[0].verdict;
            *verdict = match verdict.clone() {
                Verdict::Proven(witness) => Verdict::Residual { risk: "plain-http".to_owned(), witness },
                Verdict::Residual { witness, .. } => Verdict::Proven(witness),
                refuted @ Verdict::Refuted { .. } => refuted,
            };
        });
        assert!(check(plan, &residual).is_err(), "{at}");
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn only_canonical_bytes_decode() {
    let certificate = prove(&prefixes());
    let bytes = certificate.encode();
    for at in [0, 5, 20, 60, bytes.len() / 2, bytes.len() - 1] {
        let mut other = bytes.clone();
        other[at] ^= 1;
        assert!(Certificate::decode(&other).is_err(), "{at}");
        assert!(Certificate::decode(&bytes[..at]).is_err(), "{at}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(matches!(Certificate::decode(&longer), Err(UnreadableCertificate::Altered)));
    assert!(Certificate::decode(&prefixes().encode()).is_err(), "a plan is none");
}

#[test]
fn certificates_are_deterministic() {
    assert_eq!(prove(&prefixes()).encode(), prove(&prefixes()).encode());
    assert_eq!(prove(&prefixes()).id(), prove(&prefixes()).id());
}
