//! Compares the short arguments of certificates with the solver: a proven claim has no request, and
//! a refuted claim with a request has that request.

mod common;

use common::{changed, planned};
use proptest::prelude::*;
use saas_model::Plan;
use saas_model::policy::Policy;
use saas_model::resource::Resource;
use saas_prover::catalogue::{ActionSet, CATALOGUE, Unlisted};
use saas_prover::glob::Glob;
use saas_prover::policy::{Rule, rules};
use saas_prover::region::{Region, Texts};
use saas_prover::request::{Answer, evaluate};
use saas_prover::solve::{allowed, not_denied};
use saas_prover::{Counterexample, Request, Verdict, Witness, prove};
use serde_json::{Value, json};

const BUCKET: &str = "arn:aws:s3:::saas-platform-acme-data";
const OTHER: &str = "arn:aws:s3:::saas-platform-acme-data-data";
const ACCOUNT: &str = "123456789012";
const ROLE: &str = "arn:aws:iam::123456789012:role/saas/development/saas-platform-acme-task";

fn plan() -> Plan {
    planned(common::SPEC, &["acme", "acme-data"])
}

fn statement(
    effect: Vec<&'static str>,
    principal: Vec<Value>,
    actions: Vec<Value>,
    resources: Vec<Value>,
    conditions: Vec<Value>,
) -> impl Strategy<Value = Value> {
    let most = conditions.len().min(4);
    (
        prop::sample::select(effect),
        prop::sample::select(principal),
        prop::sample::select(actions),
        prop::sample::select(resources),
        prop::sample::subsequence(conditions, 0..most),
    )
        .prop_map(|(effect, principal, actions, resources, conditions)| {
            json!({
                "sid": "Any", "effect": effect, "principal": principal, "actions": actions,
                "resources": resources, "conditions": conditions,
            })
        })
}

fn condition(operator: &str, key: &str, values: &[&str]) -> Value {
    json!({ "operator": operator, "key": key, "values": values })
}

fn of_bucket() -> impl Strategy<Value = Value> {
    let data = json!([
        "s3:AbortMultipartUpload",
        "s3:DeleteObject*",
        "s3:GetObject*",
        "s3:ListBucket*",
        "s3:ListMultipartUploadParts",
        "s3:PutObject*",
        "s3:RestoreObject"
    ]);
    let both = json!([BUCKET, format!("{BUCKET}/*")]);
    statement(
        vec!["Deny", "Deny", "Deny", "Deny", "Allow"],
        vec![json!("anyone"), json!("anyone"), json!("anyone"), json!({ "aws": [ACCOUNT] })],
        vec![
            data.clone(),
            data,
            json!(["s3:*"]),
            json!(["*"]),
            json!(["s3:Get*", "s3:Put*"]),
            json!(["s3:ListBucket*"]),
            json!({ "all-but": ["s3:GetBucket*"] }),
            json!({ "all-but": ["s3:ListBucket", "s3:PutObject"] }),
        ],
        vec![
            both.clone(),
            both,
            json!([BUCKET]),
            json!([format!("{BUCKET}/*")]),
            json!([format!("{BUCKET}*")]),
            json!(["*"]),
            json!([OTHER, format!("{OTHER}/*")]),
        ],
        vec![
            condition("StringNotEquals", "aws:PrincipalTag/tenant_id", &["acme"]),
            condition("StringNotEquals", "aws:PrincipalTag/tenant_id", &["acme", "acme-data"]),
            condition("StringNotLike", "aws:PrincipalTag/tenant_id", &["acme*"]),
            condition("ArnNotLike", "aws:PrincipalArn", &["arn:aws:iam::123456789012:role/saas-provisioner"]),
            condition("ArnNotLike", "aws:PrincipalArn", &["arn:aws:iam::123456789012:role/saas/*"]),
            condition("BoolIfExists", "aws:PrincipalIsAWSService", &["false"]),
            condition("Bool", "aws:SecureTransport", &["false"]),
            condition("StringNotEquals", "aws:PrincipalAccount", &[ACCOUNT]),
        ],
    )
}

fn of_role() -> impl Strategy<Value = Value> {
    let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds/tenant/acme";
    let logs = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/tenant/acme";
    statement(
        vec!["Allow", "Allow", "Allow", "Deny"],
        vec![Value::Null],
        vec![
            json!(["s3:GetObject"]),
            json!(["s3:*"]),
            json!(["*"]),
            json!(["secretsmanager:GetSecretValue", "logs:PutLogEvents"]),
            json!(["ecr:GetAuthorizationToken"]),
        ],
        vec![
            json!([BUCKET]),
            json!([format!("{BUCKET}/*")]),
            json!([format!("{BUCKET}*")]),
            json!([format!("{secret}/password-??????")]),
            json!([format!("{secret}*")]),
            json!([format!("{secret}-data/password-??????")]),
            json!([format!("{logs}:*"), logs]),
            json!([format!("{logs}*")]),
            json!([format!("{logs}-data:log-stream:*")]),
            json!(["*"]),
        ],
        vec![
            condition("StringEquals", "aws:PrincipalTag/tenant_id", &["acme"]),
            condition("StringEquals", "aws:PrincipalTag/tenant_id", &["acme-data"]),
            condition("Bool", "aws:SecureTransport", &["true"]),
            condition("ArnLike", "aws:PrincipalArn", &["arn:aws:iam::*:role/saas/*"]),
        ],
    )
}

/// The verdict for the tenant `acme`.
fn verdict(plan: &Plan, id: &str) -> Verdict {
    let certificate = prove(plan);
    let body = certificate.body();
    let obligation = body.obligations.iter().find(|obligation| obligation.id == id).expect("it is claimed");
    let of_acme = obligation.findings.iter().find(|finding| body.names(&finding.about).any(|name| name == "acme"));
    of_acme.expect("it is claimed of every tenant").verdict.clone()
}

fn policy(plan: &Plan) -> Policy {
    let node = plan.nodes().iter().find(|node| node.address.as_str() == "tenant/acme/bucket").expect("it is there");
    let Resource::Bucket(bucket) = &node.resource else { panic!("it is a bucket") };
    bucket.policy.clone()
}

/// The actions of the claim about objects.
fn objects() -> ActionSet {
    let listing = ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"];
    let about = CATALOGUE.having(|action| action.service() == "s3" && action.types.contains(&"object"));
    about.or(&CATALOGUE.like(&listing, Unlisted::IfAll))
}

fn regions(actions: &ActionSet) -> [Region; 2] {
    let on = |kind: &str, texts: Glob| {
        let about = CATALOGUE.having(|action| action.is_about(kind));
        Region::new(actions.and(&about), Texts::like(texts))
    };
    [on("bucket", Glob::exactly(BUCKET)), on("object", Glob::exactly(BUCKET).then_like("/*"))]
}

fn is_let_through(rules: &[Rule<'_>], request: &Request) -> bool {
    evaluate(rules.iter().copied(), request) != Ok(Answer::Denied)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn proven_bucket_denies_all_requests(statements in prop::collection::vec(of_bucket(), 1..5)) {
        let plan = changed(&plan(), "tenant/acme/bucket", |fields| fields["policy"] = json!(statements));
        let plan = plan.expect("it is a plan");
        let policy = policy(&plan);
        let rules: Vec<Rule<'_>> = rules(&policy).collect();
        let everything = CATALOGUE.of_service("s3");
        let in_account = |region: Region| {
            region
                .with("aws:PrincipalAccount", ACCOUNT)
                .with_like("aws:PrincipalArn", Glob::like("arn:aws:iam::123456789012:role/?*"))
                .with("aws:PrincipalIsAWSService", "false")
                .with_none_of("aws:PrincipalTag/tenant_id", ["acme"])
        };
        let foreign = |region: Region| {
            region
                .with("aws:PrincipalAccount", "999988887777")
                .with_like("aws:PrincipalArn", Glob::like("arn:aws:iam::999988887777:role/?*"))
                .with("aws:PrincipalIsAWSService", "false")
        };
        let in_the_clear = |region: Region| region.with("aws:SecureTransport", "false");
        for (id, narrow) in [
            ("s3/objects", &in_account as &dyn Fn(Region) -> Region),
            ("s3/foreign", &foreign),
            ("s3/transport", &in_the_clear),
        ] {
            match verdict(&plan, id) {
                Verdict::Proven(Witness::Denials(_)) => {
                    let actions = if id == "s3/objects" { objects() } else { everything.clone() };
                    for region in regions(&actions) {
                        prop_assert_eq!(not_denied(&rules, &narrow(region)), Ok(None), "{}", id);
                    }
                }
                Verdict::Refuted { counterexample, .. } => {
                    if let Counterexample::Request(request) = *counterexample {
                        prop_assert!(is_let_through(&rules, &request), "{}: {}", id, request);
                    }
                }
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn proven_role_has_no_access_to_other_tenants(statements in prop::collection::vec(of_role(), 1..4)) {
        let plan = changed(&plan(), "tenant/acme/task-role", |fields| fields["policies"]["bucket"] = json!(statements));
        let plan = plan.expect("it is a plan");
        let policy: Policy = serde_json::from_value(json!(statements)).expect("it is a policy");
        let rules: Vec<Rule<'_>> = rules(&policy).collect();
        let foreign = [
            Glob::exactly(OTHER),
            Glob::exactly(OTHER).then_like("/*"),
            Glob::like("arn:aws:secretsmanager:us-east-1:123456789012:secret:rds/tenant/acme-data/password-??????"),
            Glob::like("arn:aws:logs:us-east-1:123456789012:log-group:/ecs/tenant/acme-data:*"),
            Glob::exactly("arn:aws:logs:us-east-1:123456789012:log-group:/ecs/tenant/acme-data"),
        ];
        let services = ["s3", "secretsmanager", "logs"].map(|service| CATALOGUE.of_service(service));
        let actions = services.iter().fold(CATALOGUE.none(), |all, service| all.or(service));
        match verdict(&plan, "iam/identity") {
            Verdict::Refuted { counterexample, .. } => {
                if let Counterexample::Request(request) = *counterexample {
                    let answer = evaluate(rules.iter().copied(), &request);
                    prop_assert_eq!(answer, Ok(Answer::Allowed), "{}", request);
                }
            }
            _ => for texts in foreign {
                let region = Region::new(actions.clone(), Texts::like(texts))
                    .with("aws:PrincipalArn", ROLE)
                    .with("aws:PrincipalTag/tenant_id", "acme");
                prop_assert_eq!(allowed(&rules, &region), Ok(None));
            },
        }
    }
}
