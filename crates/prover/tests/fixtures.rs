//! The fixtures are proven, and so is every plan of the planner.

mod common;

use common::{
    MANY_FEATURES, REAL_APPLICATION, SPEC, fixtures, planned, prefixes, prefixes_of_an_application,
    prefixes_with_features, try_planned,
};
use proptest::prelude::*;
use saas_model::Plan;
use saas_prover::{Certificate, check, prove};

/// Proves a plan, and checks the certificate after encoding and decoding it.
fn proven(plan: &Plan) -> Certificate {
    let certificate = prove(plan);
    let read = Certificate::decode(&certificate.encode()).expect("what is written can be read");
    assert_eq!(read, certificate);
    let checked = check(plan, &read).expect("the prover's certificates are valid");
    let shown: Vec<String> =
        certificate.body().refuted().map(|(obligation, finding)| format!("{} {:?}", obligation.id, finding)).collect();
    assert!(checked.is_proven(), "{shown:#?}");
    certificate
}

#[test]
fn fixtures_are_proven() {
    for plan in fixtures() {
        let _ = proven(&plan);
    }
}

#[test]
fn tenants_with_a_common_id_prefix_are_isolated() {
    let _ = proven(&prefixes());
    let _ = proven(&prefixes_with_features());
    let _ = proven(&prefixes_of_an_application());
}

#[test]
fn residual_risks_are_listed() {
    let [plain, features, application] = fixtures().map(|plan| proven(&plan));
    let risks = |certificate: &Certificate| -> Vec<String> {
        certificate.body().risks.iter().map(|risk| risk.id.clone()).collect()
    };
    let expected = [
        "log-groups-without-policy",
        "endpoint-without-policy",
        "default-group-open",
        "plain-http",
        "https-egress",
        "shared-database",
    ];
    assert_eq!(risks(&plain), expected);
    let encrypted: Vec<&str> = expected.into_iter().filter(|risk| *risk != "plain-http").collect();
    assert_eq!(risks(&features), encrypted, "the second fixture has a certificate");
    let of_application = [
        "external-secrets",
        "permissions-of-the-spec",
        "permissions-on-everything",
        "metrics-of-queues",
        "exec",
        "writable-root",
        "egress-of-the-spec",
        "migrations-without-statement-limit",
    ];
    let (first, last) = encrypted.split_at(encrypted.len() - 2);
    assert_eq!(risks(&application), [first, &of_application, last].concat());
}

#[test]
fn trusted_roles_are_listed() {
    let [plain, features, _] = fixtures().map(|plan| proven(&plan));
    assert_eq!(plain.body().trusted, ["arn:aws:iam::123456789012:role/saas-provisioner"]);
    let expected = [
        "arn:aws:iam::210987654321:role/delivery/saas-provisioner",
        "arn:aws:iam::210987654321:role/security/break-glass",
    ];
    assert_eq!(features.body().trusted, expected);
}

#[test]
fn platform_without_tenants_is_proven() {
    let plan = planned::<&str>(SPEC, &[]);
    assert!(proven(&plan).body().tenants.is_empty());
}

#[test]
fn certificate_of_many_tenants_is_smaller_than_its_plan() {
    let tenants: Vec<String> = (0..250).map(|n| format!("tenant-{n}")).collect();
    for spec in [SPEC, REAL_APPLICATION] {
        let plan = planned(spec, &tenants);
        let certificate = proven(&plan);
        let (certified, planned) = (certificate.encode().len(), plan.encode().len());
        assert!(certified * 20 < planned, "{certified} of {planned}");
        // One finding per claim, because all tenants are alike.
        assert!(certificate.body().obligations.iter().all(|obligation| obligation.findings.len() == 1));
    }
}

fn ids() -> impl Strategy<Value = Vec<String>> {
    // Few letters, so that ids share prefixes.
    prop::collection::btree_set("[ab]{3,5}(-[ab]{1,4}){0,2}", 1..12).prop_map(|ids| ids.into_iter().collect())
}

/// A permission of the spec to read: its resources and an action.
fn permission() -> impl Strategy<Value = (String, &'static str)> {
    let of = |prefix: &'static str, action: &'static str, names: &'static [&'static str]| {
        let name = prop::collection::vec(prop::sample::select(names), 1..5);
        name.prop_map(move |name| (prefix.to_owned() + &name.concat(), action))
    };
    let secret = "arn:aws:secretsmanager:us-west-2:345678901234:secret:";
    let queue = "arn:aws:sqs:us-west-2:345678901234:";
    let group = "arn:aws:logs:us-west-2:345678901234:log-group:";
    let secrets = &["rds/harbor/tenant/", "{tenant.id}", "/password", "-??????", "*", "x"];
    prop_oneof![
        of("arn:aws:s3:::", "s3:GetObject", &["harbor", "-", "{tenant.id}", "-data", "/", "*", "?", "ab", "control"]),
        of(secret, "secretsmanager:GetSecretValue", secrets),
        of(group, "logs:GetLogEvents", &["/ecs/harbor/tenant/", "{tenant.id}", "*", ":*", "?", "ab"]),
        of(queue, "sqs:ReceiveMessage", &["harbor", "-", "{tenant.id}", "*", "?"]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// The planner and the prover decide about permissions of the spec each on its own.
    #[test]
    fn permission_that_the_planner_accepts_is_proven(ids in ids(), (resource, action) in permission()) {
        let statement = |action: &str, resource: &str| format!("actions = [\"{action}\"]\nresources = [\"{resource}\"]");
        let before = statement("sqs:SendMessage", "arn:aws:sqs:us-west-2:345678901234:harbor-work-{tenant.id}");
        prop_assert!(REAL_APPLICATION.contains(&before));
        if let Some(plan) = try_planned(&REAL_APPLICATION.replace(&before, &statement(action, &resource)), &ids) {
            let _ = proven(&plan);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_plan_of_the_planner_is_proven(
        ids in ids(),
        spec in prop::sample::select(vec![SPEC, MANY_FEATURES, REAL_APPLICATION]),
    ) {
        let _ = proven(&planned(spec, &ids));
    }
}
