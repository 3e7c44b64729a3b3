//! Generates random policies and requests with this evaluator's answers, one JSON document a line.
//! `differential/compare.mjs` compares them with another implementation of IAM:
//!
//! `cargo run -p saas-prover --example decisions -- SEED COUNT | node differential/compare.mjs`

#![expect(clippy::print_stdout, reason = "an example that prints")]

use std::collections::BTreeMap;
use std::error::Error;

use saas_model::policy::{Actions, Condition, Effect, Operator, Policy, Principal, Statement};
use saas_prover::policy::rules;
use saas_prover::request::{Answer, Request, evaluate};
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";
const ROLES: [&str; 3] = ["role/saas/acme-task", "role/saas/acme-corp-task", "role/admin"];
const REQUESTS: [(&str, &str); 6] = [
    ("s3:GetObject", "arn:aws:s3:::p-acme-data/k"),
    ("s3:PutObject", "arn:aws:s3:::p-acme-corp-data/k"),
    ("s3:ListBucket", "arn:aws:s3:::p-acme-data"),
    ("s3:ListBucket", "arn:aws:s3:::p-acme-corp-data"),
    ("s3:PutBucketPolicy", "arn:aws:s3:::p-acme-data"),
    ("s3:GetObjectVersion", "arn:aws:s3:::p-acme-data/k/k"),
];
const ACTIONS: [&str; 8] =
    ["s3:GetObject", "s3:GetObject*", "s3:*", "*", "s3:List*", "s3:PutObjec?", "S3:putobject", "s3:PutBucketPolicy"];
const RESOURCES: [&str; 9] = [
    "*",
    "arn:aws:s3:::p-acme-data",
    "arn:aws:s3:::p-acme-data/*",
    "arn:aws:s3:::p-acme*",
    "arn:aws:s3:::p-*-data/*",
    "arn:aws:s3:::p-acme-corp-data",
    "arn:aws:s3:::p-acme-????-data/k",
    "arn:aws:s3:::p-${aws:PrincipalTag/tenant_id}-data/*",
    "arn:aws:s3:::p-acme-data/k",
];
const CONDITIONS: [(Operator, &str, &[&str]); 13] = [
    (Operator::StringEquals, "aws:PrincipalTag/tenant_id", &["acme"]),
    (Operator::StringNotEquals, "aws:PrincipalTag/tenant_id", &["acme"]),
    (Operator::StringNotEquals, "aws:PrincipalTag/tenant_id", &["acme", "acme-corp"]),
    (Operator::StringLike, "aws:PrincipalTag/tenant_id", &["acme*"]),
    (Operator::StringNotLike, "aws:PrincipalTag/tenant_id", &["acme-*"]),
    (Operator::ArnLike, "aws:PrincipalArn", &["arn:aws:iam::123456789012:role/saas/*"]),
    (Operator::ArnNotLike, "aws:PrincipalArn", &["arn:aws:iam::123456789012:role/admin"]),
    (Operator::ArnNotLike, "aws:PrincipalArn", &["arn:*:iam::*:role/saas/acme-*"]),
    (Operator::Bool, "aws:SecureTransport", &["false"]),
    (Operator::Bool, "aws:SecureTransport", &["true"]),
    (Operator::BoolIfExists, "aws:PrincipalIsAWSService", &["false"]),
    (Operator::StringNotEquals, "aws:PrincipalAccount", &[ACCOUNT]),
    (Operator::BoolIfExists, "aws:SecureTransport", &["false"]),
];

/// SplitMix64: simple and deterministic on every platform.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap_or_default()
    }

    fn some<'a>(&mut self, from: &[&'a str], most: usize) -> Vec<&'a str> {
        (0..=self.below(most)).map(|_| from[self.below(from.len())]).collect()
    }

    fn statement(&mut self, at: usize, principal: Option<Principal>) -> Statement {
        let mut conditions = Vec::new();
        for _ in 0..self.below(3) {
            let (operator, key, values) = CONDITIONS[self.below(CONDITIONS.len())];
            let values = values.iter().map(|value| (*value).to_owned()).collect();
            // A key occurs once per operator in a document.
            if !conditions.iter().any(|one: &Condition| one.operator == operator && one.key == key) {
                conditions.push(Condition { operator, key: key.into(), values });
            }
        }
        let actions: saas_model::Set<String> = self.some(&ACTIONS, 2).into_iter().map(str::to_owned).collect();
        let allows = principal.is_none() && self.below(4) > 0;
        Statement {
            sid: format!("S{at}").into(),
            effect: if allows { Effect::Allow } else { Effect::Deny },
            principal,
            actions: if self.below(4) > 0 { Actions::Of(actions) } else { Actions::AllBut(actions) },
            resources: self.some(&RESOURCES, 2).into_iter().map(str::to_owned).collect(),
            conditions: conditions.into(),
        }
    }

    fn request(&mut self) -> Request {
        let (action, resource) = REQUESTS[self.below(REQUESTS.len())];
        let principal = format!("arn:aws:iam::{ACCOUNT}:{}", ROLES[self.below(ROLES.len())]);
        let keys = [
            ("aws:PrincipalTag/tenant_id", [Some("acme"), Some("acme-corp"), Some("other"), None][self.below(4)]),
            ("aws:SecureTransport", [Some("true"), Some("false")][self.below(2)]),
            ("aws:PrincipalIsAWSService", Some("false")),
            ("aws:PrincipalAccount", Some(ACCOUNT)),
            ("aws:PrincipalArn", Some(principal.as_str())),
        ];
        let context: BTreeMap<String, String> =
            keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned()))).collect();
        Request { action: action.to_owned(), resource: resource.to_owned(), context, principal }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let seed: u64 = arguments.next().ok_or("give a seed")?.parse()?;
    let count: usize = arguments.next().ok_or("give a count")?.parse()?;
    let mut random = Random(seed);
    for _ in 0..count {
        let identity = Policy { statements: (0..=random.below(3)).map(|at| random.statement(at, None)).collect() };
        let bucket = (0..random.below(3)).map(|at| random.statement(at, Some(Principal::Anyone))).collect();
        let bucket = Policy { statements: bucket };
        let request = random.request();
        // A resource pattern that contains the tag cannot be decided if the request has no tag.
        let Ok(answer) = evaluate(rules(&identity).chain(rules(&bucket)), &request) else { continue };
        let document = |policy: &Policy| serde_json::from_str::<Value>(&policy.to_json());
        let line = json!({
            "identity": document(&identity)?,
            "bucket": if bucket.statements.is_empty() { Value::Null } else { document(&bucket)? },
            "request": request,
            "allowed": answer == Answer::Allowed,
        });
        println!("{line}");
    }
    Ok(())
}
