//! Compares the symbolic answer with brute force: random policies over a small universe, and every
//! request in it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use saas_model::Set;
use saas_model::policy::{Condition, Effect, Operator, Principal};
use saas_prover::catalogue::{CATALOGUE, Unlisted};
use saas_prover::policy::{Names, Rule};
use saas_prover::region::{Region, Texts};
use saas_prover::request::{Answer, Request, evaluate};
use saas_prover::solve::{allowed, not_denied};

const ACTIONS: [&str; 4] = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "secretsmanager:GetSecretValue"];
const ACTION_PATTERNS: [&str; 7] =
    ["s3:GetObject", "s3:*Object", "s3:*", "*", "s3:ListBucket", "secretsmanager:Get*", "s3:GetObjec?"];
const RESOURCES: [&str; 7] = [
    "arn:aws:s3:::p-acme-data",
    "arn:aws:s3:::p-acme-data/k",
    "arn:aws:s3:::p-acme-corp-data",
    "arn:aws:s3:::p-acme-corp-data/k",
    "arn:aws:s3:::other",
    "arn:aws:secretsmanager:r:1:secret:acme-abcdef",
    "arn:aws:secretsmanager:r:1:secret:acme-corp-abcdef",
];
const RESOURCE_PATTERNS: [&str; 11] = [
    "arn:aws:s3:::p-acme-data",
    "arn:aws:s3:::p-acme-data/*",
    "arn:aws:s3:::p-acme*",
    "arn:aws:s3:::p-*-data",
    "*",
    "arn:aws:s3:::p-acme-????-data/*",
    "arn:aws:secretsmanager:r:1:secret:acme-??????",
    "arn:aws:secretsmanager:r:1:secret:acme*",
    "arn:aws:s3:::p-${aws:PrincipalTag/tenant_id}-data/*",
    "arn:aws:s3:::p-acme-corp-data*",
    "arn:aws:s3:::${*}",
];
/// Keys with values; each value represents one class of values that conditions can distinguish.
const TENANTS: [Option<&str>; 4] = [Some("acme"), Some("acme-corp"), Some("x"), None];
const ARNS: [Option<&str>; 6] = [
    Some("arn:aws:iam::123456789012:role/saas/acme"),
    Some("arn:aws:iam::123456789012:role/admin"),
    Some("arn:aws:iam::210987654321:role/admin"),
    Some("arn:aws:iam::123456789012:role/x"),
    Some("arn:aws:iam::210987654321:role/saas/x"),
    None,
];
const TRANSPORT: [Option<&str>; 3] = [Some("true"), Some("false"), None];

#[derive(Clone, Debug)]
struct Owned {
    effect: Effect,
    principal: Option<Principal>,
    actions: (bool, Vec<String>),
    resources: (bool, Vec<String>),
    conditions: Vec<Condition>,
}

fn names((of, patterns): &(bool, Vec<String>)) -> Names<'_> {
    if *of { Names::Of(patterns) } else { Names::AllBut(patterns) }
}

impl Owned {
    fn rule(&self) -> Rule<'_> {
        Rule {
            effect: self.effect,
            principal: self.principal.as_ref(),
            actions: names(&self.actions),
            resources: Some(names(&self.resources)),
            conditions: &self.conditions,
        }
    }
}

fn some_of(patterns: &'static [&'static str]) -> impl Strategy<Value = (bool, Vec<String>)> {
    let chosen =
        prop::sample::subsequence(patterns, 1..3).prop_map(|chosen| chosen.into_iter().map(str::to_owned).collect());
    (prop::bool::weighted(0.8), chosen)
}

fn condition() -> impl Strategy<Value = Condition> {
    let values = |values: &'static [&'static str]| {
        prop::sample::subsequence(values, 1..3).prop_map(|chosen| chosen.into_iter().map(str::to_owned).collect())
    };
    let make = |(operator, values): (Operator, Set<String>), key: &'static str| Condition {
        operator,
        key: key.into(),
        values,
    };
    use Operator::{ArnLike, ArnNotLike, Bool, BoolIfExists, StringEquals, StringLike, StringNotEquals, StringNotLike};
    let tenant = (
        prop::sample::select(vec![StringEquals, StringNotEquals, StringLike, StringNotLike]),
        values(&["acme", "acme*", "acme-corp", "*"]),
    );
    let arn = (
        prop::sample::select(vec![ArnLike, ArnNotLike]),
        values(&[
            "arn:aws:iam::123456789012:role/*",
            "arn:aws:iam::123456789012:role/admin",
            "arn:*:iam::*:role/saas/*",
        ]),
    );
    let transport = (prop::sample::select(vec![Bool, BoolIfExists]), values(&["true", "false"]));
    prop_oneof![
        tenant.prop_map(move |it| make(it, "aws:PrincipalTag/tenant_id")),
        arn.prop_map(move |it| make(it, "aws:PrincipalArn")),
        transport.prop_map(move |it| make(it, "aws:SecureTransport")),
    ]
}

fn statement() -> impl Strategy<Value = Owned> {
    let principal = prop_oneof![
        4 => Just(None),
        2 => Just(Some(Principal::Anyone)),
        1 => Just(Some(Principal::Aws(["arn:aws:iam::123456789012:role/admin".to_owned()].into()))),
    ];
    (
        prop::sample::select(vec![Effect::Allow, Effect::Deny]),
        principal,
        some_of(&ACTION_PATTERNS),
        some_of(&RESOURCE_PATTERNS),
        prop::collection::vec(condition(), 0..3),
    )
        .prop_map(|(effect, principal, actions, resources, conditions)| Owned {
            effect,
            principal,
            actions,
            resources,
            conditions,
        })
}

fn universe() -> Vec<Request> {
    let mut all = Vec::new();
    for action in ACTIONS {
        for resource in RESOURCES {
            for tenant in TENANTS {
                for arn in ARNS {
                    for transport in TRANSPORT {
                        let keys = [
                            ("aws:PrincipalTag/tenant_id", tenant),
                            ("aws:PrincipalArn", arn),
                            ("aws:SecureTransport", transport),
                        ];
                        let context: BTreeMap<String, String> = keys
                            .iter()
                            .filter_map(|(key, value)| Some(((*key).to_owned(), (*value)?.to_owned())))
                            .collect();
                        all.push(Request {
                            principal: arn.unwrap_or("*").to_owned(),
                            action: action.to_owned(),
                            resource: resource.to_owned(),
                            context,
                        });
                    }
                }
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// For each region (one resource and one value of the tag, everything else unrestricted), the
    /// solver returns a request if and only if brute force does, and the policies allow that
    /// request.
    #[test]
    fn symbolic_answer_equals_brute_force(
        statements in prop::collection::vec(statement(), 1..5),
        resource in prop::sample::select(RESOURCES.to_vec()),
        tenant in prop::sample::select(TENANTS.to_vec()),
    ) {
        let rules: Vec<Rule<'_>> = statements.iter().map(Owned::rule).collect();
        let key = "aws:PrincipalTag/tenant_id";
        let actions = CATALOGUE.like(&ACTIONS, Unlisted::IfAll);
        let on = Texts::like(saas_prover::glob::Glob::exactly(resource));
        let region = match tenant {
            Some(tenant) => Region::new(actions, on).with(key, tenant),
            None => Region::new(actions, on).without(key),
        };
        let requests = universe();
        let mut requests = requests.iter().filter(|r| r.resource == resource && r.value(key) == tenant);
        // Without a tag, neither can decide a pattern that contains it.
        let answers: Result<Vec<Answer>, _> =
            requests.clone().map(|request| evaluate(rules.iter().copied(), request)).collect();
        let Ok(answers) = answers else { return Ok(()) };
        let (found, free) = (allowed(&rules, &region), not_denied(&rules, &region));
        let (Ok(found), Ok(free)) = (found, free) else {
            prop_assert!(tenant.is_none(), "undecided");
            return Ok(());
        };
        prop_assert_eq!(found.is_some(), answers.contains(&Answer::Allowed), "{:?}", found);
        prop_assert_eq!(free.is_some(), answers.iter().any(|answer| *answer != Answer::Denied), "{:?}", free);
        if let Some(request) = found {
            prop_assert_eq!(evaluate(rules.iter().copied(), &request), Ok(Answer::Allowed), "{}", request);
            prop_assert!(requests.any(|known| known.action == request.action));
        }
        if let Some(request) = free {
            prop_assert_ne!(evaluate(rules.iter().copied(), &request), Ok(Answer::Denied), "{}", request);
        }
    }
}
