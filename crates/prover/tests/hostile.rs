//! A correctly sealed plan that exposes everything.

mod common;

use common::{drafts, hostile, hostile_application, prefixes};
use saas_model::Plan;
use saas_prover::{Counterexample, Verdict, check, prove};

#[test]
fn each_hole_is_refuted_with_a_counterexample() {
    let plan = hostile();
    let certificate = prove(&plan);
    let checked = check(&plan, &certificate).expect("a refutation is a valid certificate");
    let expected = [
        "ownership/references",
        "iam/identity",
        "iam/actions",
        "iam/trust",
        "iam/session-tags",
        "s3/objects",
        "s3/control",
        "s3/configuration",
        "s3/use",
        "s3/foreign",
        "s3/transport",
        "secrets/reads",
        "secrets/changes",
        "secrets/grants",
        "secrets/injection",
        "secrets/administrator",
        "network/database",
        "ingress/hosts",
        "sql/names",
    ];
    assert_eq!(checked.refuted, expected);
    for (obligation, finding) in certificate.body().refuted() {
        let Verdict::Refuted { counterexample, .. } = &finding.verdict else { unreachable!("it is refuted") };
        let undecided = matches!(**counterexample, Counterexample::Undecided(_));
        assert!(!undecided, "{}: {counterexample}", obligation.id);
    }
}

#[test]
fn each_hole_of_an_application_is_refuted_with_a_counterexample() {
    let plan = hostile_application();
    let certificate = prove(&plan);
    let checked = check(&plan, &certificate).expect("a refutation is a valid certificate");
    let expected = [
        "ownership/platform-tags",
        "ownership/references",
        "iam/identity",
        "iam/actions",
        "iam/allowed",
        "iam/scheduler",
        "iam/boundary",
        "iam/trust",
        "secrets/injection",
        "secrets/migrator",
        "ecs/scaling",
        "ecs/jobs",
        "ecs/containers",
        "ecs/environment",
        "network/egress",
        "network/tasks",
        "network/groups",
        "ingress/hosts",
        "sql/names",
        "sql/passwords",
        "sql/search-path",
        "sql/extensions",
        "sql/limits",
    ];
    assert_eq!(checked.refuted, expected);
    for (obligation, finding) in certificate.body().refuted() {
        let Verdict::Refuted { counterexample, .. } = &finding.verdict else { unreachable!("it is refuted") };
        let undecided = matches!(**counterexample, Counterexample::Undecided(_));
        assert!(!undecided, "{}: {counterexample}", obligation.id);
    }
    let shown = |id: &str| -> String {
        let found = certificate.body().refuted().find(|(obligation, _)| obligation.id == id);
        let Some(Verdict::Refuted { counterexample, .. }) = found.map(|(_, finding)| &finding.verdict) else {
            panic!("{id} is not refuted")
        };
        counterexample.to_string()
    };
    let allowed = "s3:GetObject on arn:aws:s3:::harbor-ac";
    assert!(shown("iam/allowed").starts_with(allowed), "{}", shown("iam/allowed"));
    assert!(shown("iam/scheduler").contains("ecs:RunTask on "), "{}", shown("iam/scheduler"));
    let trust = "aws:SourceArn = arn:aws:scheduler:us-west-2:345678901234:schedule-group/harbor-acm";
    assert!(shown("iam/trust").contains(trust), "{}", shown("iam/trust"));
    assert!(shown("sql/search-path").contains("\"public\""), "{}", shown("sql/search-path"));
}

#[test]
fn counterexamples_can_be_replayed() {
    let certificate = prove(&hostile());
    let shown = |id: &str| -> String {
        let body = certificate.body();
        let found = body.refuted().find(|(obligation, _)| obligation.id == id);
        let Some(Verdict::Refuted { counterexample, .. }) = found.map(|(_, finding)| &finding.verdict) else {
            panic!("{id} is not refuted")
        };
        counterexample.to_string()
    };
    assert!(shown("iam/identity").contains("arn:aws:s3:::saas-platform-ac"), "{}", shown("iam/identity"));
    assert!(shown("s3/objects").contains("arn:aws:s3:::saas-platform-acme-corp-data/"), "{}", shown("s3/objects"));
    assert!(shown("ingress/hosts").starts_with("`Host: acm"), "{}", shown("ingress/hosts"));
    assert!(shown("sql/names").contains("SET ROLE"), "{}", shown("sql/names"));
    assert!(
        shown("network/database").contains("0.0.0.0/0 -> database/rule/from-clients"),
        "{}",
        shown("network/database")
    );
}

#[test]
fn tenant_role_as_provisioner_is_refuted() {
    let plan = prefixes();
    let mut header = plan.header().clone();
    let role = "arn:aws:iam::123456789012:role/saas/development/saas-platform-acme-task";
    header.provisioner = role.parse().expect("it is an ARN");
    let (plan, _) = Plan::seal(header, drafts(&plan), plan.outputs().clone()).expect("the nodes make a plan");
    assert!(common::refuted(&plan).contains(&"iam/administrators".to_owned()));
}

#[test]
fn plan_of_another_account_is_refuted() {
    let plan = prefixes();
    let mut header = plan.header().clone();
    header.account = "999988887777".parse().expect("it is an account");
    let (plan, _) = Plan::seal(header, drafts(&plan), plan.outputs().clone()).expect("the nodes make a plan");
    let refuted = common::refuted(&plan);
    for id in ["iam/identity", "iam/trust", "s3/foreign"] {
        assert!(refuted.contains(&id.to_owned()), "{id}: {refuted:?}");
    }
}
