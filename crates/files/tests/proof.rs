//! Tests of proofs: what is refused, and what changes between two plans.

#[path = "../../prover/tests/common/mod.rs"]
mod plans;

use std::fs;

use plans::{MANY_FEATURES, SPEC, changed, hostile, planned, prefixes};
use saas_files::plan_files::{PLAN, PlanFiles, PlanFilesError, SPEC as SPEC_FILE, write_certificate};
use saas_files::proof::{Access, Unproven, compare, prove};
use saas_files::render;
use saas_model::Plan;
use saas_prover::{Certificate, InvalidCertificate, check};

fn directory(spec: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    fs::write(directory.path().join(SPEC_FILE), spec).expect("it can be written to");
    directory
}

fn certificate(plan: &Plan) -> Certificate {
    saas_prover::prove(plan)
}

/// The refuted claims of the error.
fn refuted(error: &PlanFilesError) -> Vec<String> {
    let PlanFilesError::Unproven { source: Unproven::Refuted(certificate), .. } = error else { panic!("{error:?}") };
    let mut claims: Vec<String> = certificate.body().refuted().map(|(obligation, _)| obligation.id.clone()).collect();
    claims.dedup();
    claims
}

#[test]
fn unproven_plan_is_not_written() {
    let provisioner = "arn:aws:iam::123456789012:role/saas-provisioner";
    let tenants = "arn:aws:iam::123456789012:role/saas/development/saas-platform-acme-corp-task";
    assert!(SPEC.contains(provisioner));
    let directory = directory(&SPEC.replace(provisioner, tenants));
    let error = PlanFiles::of_directory(directory.path()).prepare().expect_err("a tenant could change all policies");
    assert!(refuted(&error).contains(&"iam/administrators".to_owned()), "{error:?}");
    assert!(!directory.path().join(PLAN).exists());
}

#[test]
fn an_existing_plan_that_opens_everything_is_refused_and_can_be_written_anew() {
    let directory = directory(SPEC);
    fs::write(directory.path().join(PLAN), hostile().encode()).expect("it can be written to");
    let prepared = PlanFiles::of_directory(directory.path()).prepare().expect("the spec can be planned");
    let error = prepared.checked().expect_err("the existing plan opens everything");
    let claims = refuted(&error);
    for claim in ["iam/identity", "iam/trust", "s3/objects", "secrets/injection", "network/database", "sql/names"] {
        assert!(claims.contains(&claim.to_owned()), "{claim}: {claims:?}");
    }
    prepared.write().expect("it can be written to");
    let prepared = PlanFiles::of_directory(directory.path()).prepare().expect("the spec can be planned");
    assert!(prepared.checked().expect("the plan is proven").is_empty());
}

#[test]
fn certificate_is_for_one_plan() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let path = directory.path().join("certificate");
    let plan = prefixes();
    let proven = prove(&plan).expect("the plan is proven");
    write_certificate(&path, &proven).expect("it can be written to");
    write_certificate(&path, &proven).expect("it can be replaced");
    assert_eq!(fs::read_dir(directory.path()).expect("it is there").count(), 1, "no temporary file is left");
    let read = Certificate::decode(&fs::read(&path).expect("it was written")).expect("it is a certificate");
    assert!(check(&plan, &read).expect("the certificate holds").is_proven());
    let other = planned(SPEC, &["acme"]);
    let refused = check(&other, &read);
    assert_eq!(refused, Err(InvalidCertificate::OtherPlan { stated: plan.id(), actual: other.id() }));
    let nowhere = write_certificate(&directory.path().join("missing/certificate"), &proven);
    assert!(matches!(nowhere, Err(PlanFilesError::Unwritable { .. })), "{nowhere:?}");
}

#[test]
fn another_tenant_makes_nothing_newly_reachable() {
    let (one, two) = (planned(SPEC, &["acme"]), planned(SPEC, &["acme", "globex"]));
    let diff = compare(&certificate(&one), &certificate(&two));
    assert!(diff.opened.is_empty() && diff.closed.is_empty(), "{diff:?}");
    assert!(
        render::proof::changes(&diff).starts_with("nothing is newly reachable; 66 obligations proven for 2 tenants")
    );
}

#[test]
fn new_access_lists_tenants_and_counterexample() {
    let open = |plan: &Plan, tenant: &str| {
        let change = |fields: &mut serde_json::Value| fields["policy"] = serde_json::json!([]);
        changed(plan, &format!("tenant/{tenant}/bucket"), change).expect("it is a plan")
    };
    let safe = prefixes();
    let one = open(&safe, "acme");
    let two = open(&one, "acm");
    let diff = compare(&certificate(&one), &certificate(&two));
    assert!(diff.closed.is_empty(), "{diff:?}");
    let of_acm = |access: &Access| matches!(access, Access::Refuted { tenants, .. } if tenants == &["acm"]);
    assert!(!diff.opened.is_empty() && diff.opened.iter().all(of_acm), "acme's was open before: {diff:?}");
    let back = compare(&certificate(&two), &certificate(&safe));
    assert!(back.opened.is_empty());
    let both = |access: &Access| matches!(access, Access::Refuted { tenants, .. } if tenants == &["acm", "acme"]);
    assert!(!back.closed.is_empty() && back.closed.iter().all(both), "{back:?}");
}

#[test]
fn new_risks_and_trusted_roles_are_newly_reachable() {
    let encrypted = planned(MANY_FEATURES, &["acme"]);
    let plain = planned(SPEC, &["acme"]);
    let diff = compare(&certificate(&encrypted), &certificate(&plain));
    let risks: Vec<&str> = diff
        .opened
        .iter()
        .filter_map(|access| match access {
            Access::Risk(risk) => Some(risk.id.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(risks, ["plain-http"]);
    let trusted = |access: &Access| matches!(access, Access::Trusted(role) if role.ends_with("break-glass"));
    assert!(diff.closed.iter().any(trusted), "{diff:?}");
}

#[test]
fn proofs_and_refutations_are_rendered() {
    let text = anstream::adapter::strip_str(&render::proof::text(&certificate(&prefixes()))).to_string();
    let shown = [
        "66 obligations proven for 5 tenants",
        "\n  ownership  8 proven  ",
        "\n  s3-actions-open: ",
        "\n  catalogue: ",
    ];
    for part in shown {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.ends_with("trusted roles\n  arn:aws:iam::123456789012:role/saas-provisioner\n"), "{text}");
    let refuted = render::proof::refutations(&certificate(&hostile()));
    assert!(
        refuted.contains("\n    this request succeeds: s3:GetObject on arn:aws:s3:::saas-platform-acme-corp-data/"),
        "{refuted}"
    );
    let markdown = render::proof::markdown(&certificate(&hostile()));
    assert!(markdown.starts_with("### saas prove: NOT PROVEN: 19 of 66 obligations"), "{markdown}");
    assert_eq!(markdown.matches("\n```\n").count(), 4, "{markdown}");
}

#[test]
fn escape_sequences_in_a_plan_do_not_reach_the_terminal() {
    let name = "s3:\u{1b}[2J\u{202e}";
    let add = |fields: &mut serde_json::Value| fields["policies"]["bucket"][1]["actions"] = serde_json::json!([name]);
    let plan = changed(&prefixes(), "tenant/acme/task-role", add).expect("it is a plan");
    let text = render::proof::refutations(&certificate(&plan));
    assert!(text.contains("\\u{1b}[2J\\u{202e}"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
}
