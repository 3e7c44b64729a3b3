//! `saas permissions` allows every call that saas makes, and no statement is of no use.
//!
//! `tests/permissions` says what IAM is asked for each recorded call, and another implementation of IAM answers.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;
use std::process::{Command, Stdio};
use std::time::Duration;

use saas_executor::event::Silent;
use saas_executor::preflight::Check;
use saas_executor::verify::Scope;
use saas_executor::{Intent, PossibleCall, Session, possible_calls};
use saas_model::policy::{Policy, Statement};
use saas_model::resource::{ResourceSpec, Role};
use saas_model::{Lock, Plan};
use saas_permissions::{Access, DeclaredCall, LONGEST_POLICY, Permissions, Purpose, counted};
use saas_sandbox::Lag;
use saas_tests::fault_proxy::{Exchange, Fault};
use saas_tests::setup;
use serde_json::{Map, Value, json};

use crate::calls::{SPECS, run};
use crate::cloud::Cloud;
use crate::platform::{edited, plan, with_tenant};

/// The permissions of a plan.
fn permissions(plan: &Plan, access: Access) -> Permissions {
    let declared = |possible: PossibleCall| {
        let PossibleCall { kind, call, applies } = possible;
        DeclaredCall { kind, call, purpose: if applies { Purpose::Write } else { Purpose::Read } }
    };
    let calls: Vec<DeclaredCall> = possible_calls().map(declared).collect();
    saas_permissions::permissions(plan, &calls, access, None)
}

#[tokio::test]
async fn first_fixture_is_allowed_exactly() {
    assert_exact(SPECS[0]).await;
}

#[tokio::test]
async fn fixture_with_many_features_is_allowed_exactly() {
    assert_exact(SPECS[1]).await;
}

#[tokio::test]
async fn real_application_is_allowed_exactly() {
    assert_exact(SPECS[2]).await;
}

/// A first apply, one tenant more, an update, one tenant less and a destroy, with the policies of the first plan; and
/// what reads, with the policies for that.
async fn assert_exact((spec, port, other_port): (&str, &str, &str)) {
    let (before, lock) = plan(spec, &Lock::default());
    let (more, lock) = plan(&with_tenant(spec, "hooli-xyz"), &lock);
    let (changed, lock) = plan(&with_tenant(&edited(spec, port, other_port), "hooli-xyz"), &lock);
    let (less, _) = plan(&edited(spec, port, other_port), &lock);
    let cloud = Cloud::sandbox_for(&[&more]).await.with_fault(Fault::None);
    let mut reads = Vec::new();
    for plan in [&before, &more, &changed, &less] {
        run(&cloud, plan, Intent::Plan { deep: false }, &BTreeSet::new()).await;
        reads.push(read(&cloud, plan).await);
        // A listing that shows no new role, so roles are looked up by name.
        cloud.set_lag_of_iam(Lag::of_creations(Duration::from_secs(300)));
        reads.push(read(&cloud, plan).await);
        cloud.set_lag_of_iam(Lag::default());
    }
    run(&cloud, &less, Intent::Nothing, &Check::all().collect()).await;

    let exchanges = cloud.exchanges();
    let platform = &before.header().platform;
    let apply = permissions(&before, Access::Apply);
    let asked = questions(&before, &exchanges, |_| true);
    answers(&asked, &documents(&apply)).assert_exact(&format!("{platform}, apply"));
    let reading = permissions(&before, Access::ReadOnly);
    let asked = questions(&before, &exchanges, |at| reads.iter().any(|read| read.contains(&at)));
    answers(&asked, &documents(&reading)).assert_exact(&format!("{platform}, read-only"));
}

/// Makes the calls of `status`, `history` and `verify`, and returns their numbers.
async fn read(cloud: &Cloud, plan: &Plan) -> Range<usize> {
    let before = cloud.exchanges().len();
    let session = Session::open(plan, cloud.options(), &Silent).await;
    let last = session.recognise().await.expect("the account is the plan's");
    session.status(Intent::Plan { deep: true }, &last).await.expect("live resources can be listed");
    session.history(10).await.expect("receipts can be read");
    let verification = session.verify(&Scope::All).await.expect("live resources can be read");
    assert!(verification.compared > 0);
    before..cloud.exchanges().len()
}

/// The boundary allows what the roles of the plan may do, and of one with other tenants.
#[test]
fn boundary_allows_the_roles_of_every_tenant() {
    for (spec, ..) in SPECS {
        let (before, lock) = plan(spec, &Lock::default());
        let (more, _) = plan(&with_tenant(spec, "hooli-xyz"), &lock);
        let boundary = permissions(&before, Access::Apply).boundary.expect("an apply creates roles");
        let roles = more.nodes().iter().filter_map(|node| Role::of(&node.resource));
        let statements = roles.flat_map(|role| role.policies.values()).flat_map(|policy| &policy.statements);
        let asked: String = statements.flat_map(allowed).map(|question| format!("{question}\n")).collect();
        let answers = answers(&asked, &[boundary.policy.document]);
        answers.assert_exact(&format!("{}, boundary", before.header().platform));
    }
}

/// What would let the provisioner widen itself, or touch what is not the platform's, is denied.
#[test]
fn provisioner_can_neither_widen_itself_nor_leave_its_platform() {
    let (plan, _) = plan(SPECS[2].0, &Lock::default());
    let role = "arn:aws:iam::345678901234:role/saas/staging/harbor-acme-task";
    let own = "arn:aws:iam::345678901234:role/saas-provisioner";
    let vpc = "arn:aws:ec2:us-west-2:345678901234:vpc/vpc-0123456789abcdef0";
    let other = json!({"aws:ResourceTag/saas:platform": "other"});
    let asked = [
        ("iam:CreateRole", role, json!({})),
        ("iam:CreateRole", role, json!({"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"})),
        ("iam:PutRolePolicy", role, json!({})),
        ("iam:AttachRolePolicy", role, json!({})),
        ("iam:DeleteRolePermissionsBoundary", role, json!({})),
        ("iam:PutRolePolicy", own, json!({})),
        ("iam:UpdateAssumeRolePolicy", own, json!({})),
        ("iam:CreatePolicyVersion", "arn:aws:iam::345678901234:policy/harbor-boundary", json!({})),
        ("iam:PassRole", role, json!({"iam:PassedToService": "lambda.amazonaws.com"})),
        ("iam:PassRole", own, json!({"iam:PassedToService": "ecs-tasks.amazonaws.com"})),
        ("iam:CreateServiceLinkedRole", role, json!({"iam:AWSServiceName": "ecs.amazonaws.com"})),
        ("sts:AssumeRole", role, json!({})),
        ("ec2:DeleteVpc", vpc, json!({})),
        ("ec2:DeleteVpc", vpc, other.clone()),
        ("ec2:CreateTags", vpc, json!({"aws:RequestTag/saas:platform": "harbor"})),
        ("ec2:CreateVpc", "arn:aws:ec2:us-west-2:345678901234:vpc/*", json!({})),
        ("elasticloadbalancing:DeleteTargetGroup", TARGETS, other),
        ("ecs:RunTask", TASKS, json!({"ecs:cluster": "arn:aws:ecs:us-west-2:345678901234:cluster/other"})),
        ("s3:GetObject", "arn:aws:s3:::harbor-acme-data/letter", json!({})),
        ("s3:PutObject", "arn:aws:s3:::harbor-acme-data/letter", json!({})),
        ("s3:DeleteBucket", "arn:aws:s3:::other", json!({})),
        ("rds:DeleteDBCluster", "arn:aws:rds:us-west-2:345678901234:cluster:other", json!({})),
        ("secretsmanager:GetSecretValue", SECRET, json!({})),
    ];
    let line = |(action, resource, context): &(&str, &str, Value)| {
        format!("{}\n", json!({"call": "an attack", "action": action, "resource": resource, "context": context}))
    };
    let lines: String = asked.iter().map(line).collect();
    let Answers(answers) = answers(&lines, &documents(&permissions(&plan, Access::Apply)));
    assert_eq!(answers["denied"].as_array().map(Vec::len), Some(asked.len()), "{:#?}", answers["denied"]);
}

const TARGETS: &str = "arn:aws:elasticloadbalancing:us-west-2:345678901234:targetgroup/other-01234567/0123456789abcdef";
const TASKS: &str = "arn:aws:ecs:us-west-2:345678901234:task-definition/harbor-acme:1";
const SECRET: &str = "arn:aws:secretsmanager:us-west-2:345678901234:secret:rds/tenant/acme/password-abcdef";

/// A question for each action and resource of a statement, in which its conditions hold.
fn allowed(statement: &Statement) -> Vec<Value> {
    let values = statement.conditions.iter().map(|condition| (condition.key.to_string(), json!(condition.values[0])));
    let context: Map<String, Value> = values.collect();
    let resource = |pattern: &String| if pattern == "*" { pattern.clone() } else { pattern.replace(['*', '?'], "x") };
    let resources: Vec<String> = statement.resources.iter().map(resource).collect();
    let of =
        |action: &String| {
            let action = action.clone();
            resources.iter().filter(|resource| belongs(&action, resource)).map({
            let (action, context) = (action.clone(), context.clone());
            move |resource| json!({"call": "a role", "action": action, "resource": resource, "context": context})
        }).collect::<Vec<_>>()
        };
    statement.actions.patterns().iter().flat_map(of).collect()
}

/// A statement about logs names groups as well; its actions are about their streams.
fn belongs(action: &str, resource: &str) -> bool {
    !action.starts_with("logs:") || resource.contains(":log-stream:")
}

fn documents(permissions: &Permissions) -> Vec<Policy> {
    let documents: Vec<Policy> = permissions.policies.iter().map(|policy| policy.document.clone()).collect();
    assert!(documents.iter().all(|document| counted(document) <= LONGEST_POLICY));
    documents
}

/// What IAM is asked for those of the exchanges, a question a line.
fn questions(plan: &Plan, exchanges: &[Exchange], is_asked: impl Fn(usize) -> bool) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("calls.ndjson");
    let lines = exchanges.iter().enumerate().fold(String::new(), |mut text, (at, exchange)| {
        let Exchange { call, headers, answer } = exchange;
        let line = json!({
            "service": call.service, "target": call.target, "headers": headers, "body": call.body, "answer": answer,
            "asked": is_asked(at),
        });
        writeln!(text, "{line}").expect("writing to memory cannot fail");
        text
    });
    fs_err::write(&file, lines).expect("the calls are written");
    let header = plan.header();
    let python = setup::python().expect("Python is set up").join("python3");
    let output = Command::new(python)
        .args(["-B", "permissions"])
        .arg(&file)
        .args([header.account.as_str(), header.region.as_str(), header.place().partition()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it writes text")
}

/// What another implementation of IAM answers.
struct Answers(Value);

impl Answers {
    /// Panics if a question is denied, or if all are allowed without one of the statements.
    fn assert_exact(&self, what: &str) {
        let Self(answers) = self;
        let number = |key: &str| answers[key].as_u64().expect("a number");
        let [calls, asked, distinct, statements] = ["calls", "asked", "distinct", "statements"].map(number);
        eprintln!("{what}: {calls} calls ask {asked} questions, {distinct} of them distinct; {statements} statements");
        assert!(asked > 0, "{what}");
        let [denied, unneeded] = ["denied", "unneeded"].map(|key| answers[key].as_array().expect("a list"));
        assert!(denied.is_empty(), "{what}: IAM denies {denied:#?}");
        assert!(unneeded.is_empty(), "{what}: no question needs {unneeded:?}");
    }
}

fn answers(questions: &str, policies: &[Policy]) -> Answers {
    let packages = setup::iam_simulate().expect("Node.js is set up");
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("policies.json");
    let documents: Vec<Value> =
        policies.iter().map(|policy| serde_json::from_str(&policy.to_json()).expect("it is JSON")).collect();
    fs_err::write(&file, json!(documents).to_string()).expect("the policies are written");
    let mut node = Command::new("node")
        .arg("permissions/simulate.mjs")
        .args([&packages, &file])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js runs");
    let mut input = node.stdin.take().expect("it is piped");
    input.write_all(questions.as_bytes()).expect("it is read");
    drop(input);
    let output = node.wait_with_output().expect("it ends");
    assert!(output.status.success(), "the simulation fails");
    Answers(serde_json::from_slice(&output.stdout).expect("it writes JSON"))
}
