//! The end of an execution: what happens once the steps are done.

use std::collections::BTreeSet;

use saas_model::resource::{Direction, Peer, SecurityGroup, SecurityGroupRule};
use saas_model::{Address, Kind};
use serde_json::json;
use wiremock::matchers::body_string_contains;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::execute::execute;
use crate::apply::change_set::{Action, Change, ChangeSet, Reason};
use crate::apply::report::Execution;
use crate::state::observed::{Identity, ObservedResource, Tags};
use crate::testing::Bench;
use crate::testing::application::{DEFINITION_ARN, SERVICE, SERVICE_ARN, bench, nodes, to};
use crate::testing::json_api::{ECS, answer, called};

const GROUP: &str = "tenant/acme/security-group";
const RULE: &str = "tenant/acme/rule/egress/587/203.0.113.0-24";

/// The removal of a rule of the tenant.
fn removed_rule() -> Change {
    let rule = SecurityGroupRule {
        group: to(GROUP),
        direction: Direction::Egress,
        port: 587,
        peer: Peer::Cidr("203.0.113.0/24".parse().expect("valid")),
        description: "mail".into(),
    };
    let address = Address::literal(RULE);
    let found = ObservedResource::at(Kind::SecurityGroupRule, address.clone(), Identity::of_id("sgr-1"), Tags::new());
    let action = Action::Delete { reason: Reason::NotPlanned };
    Change { found: Some(found.with_fields(rule)), ..Change::new(address, Kind::SecurityGroupRule, action, None) }
}

/// An update of the service, of which no field differs.
fn updated_service(bench: &Bench) -> Change {
    let found = bench.live.get(&Address::literal(SERVICE));
    let action = Action::Update { fields: Vec::new() };
    Change { found, ..Change::new(Address::literal(SERVICE), Kind::Service, action, None) }
}

/// Removes the rule while the deployment of the service has this state. Returns what was done, and how many rules
/// were revoked.
async fn run(rollout: &str, with_service: bool) -> (Execution, usize) {
    let server = MockServer::start().await;
    let deployment = json!({ "status": "PRIMARY", "rolloutState": rollout, "rolloutStateReason": "tasks failed." });
    let service = json!({
        "serviceArn": SERVICE_ARN, "status": "ACTIVE", "taskDefinition": DEFINITION_ARN,
        "desiredCount": 2, "runningCount": 2, "deployments": [deployment],
    });
    called(ECS, "DescribeServices").respond_with(answer(json!({ "services": [service] }))).mount(&server).await;
    called(ECS, "TagResource").respond_with(answer(json!({}))).mount(&server).await;
    let revoked = "<RevokeSecurityGroupEgressResponse><return>true</return></RevokeSecurityGroupEgressResponse>";
    Mock::given(body_string_contains("Action=RevokeSecurityGroupEgress&"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(revoked, "text/xml"))
        .mount(&server)
        .await;
    let group = SecurityGroup {
        vpc: to("network/vpc"),
        name: "saas-platform-acme".parse().expect("valid"),
        description: "tasks".into(),
    };
    let nodes = nodes().into_iter().chain([(GROUP, group.into())]).collect();
    let bench = bench(&server.uri(), nodes).await;
    bench.assume(GROUP, Identity::of_id("sg-1"));
    bench.assume(SERVICE, Identity::of_arn(SERVICE_ARN));
    let service = with_service.then(|| updated_service(&bench));
    let changes = service.into_iter().chain([removed_rule()]).collect();
    let execution = execute(&bench.cx(), &ChangeSet { changes, ..ChangeSet::empty(bench.plan.id()) }).await;
    let requests = server.received_requests().await.expect("requests are recorded");
    let revoked = requests.iter().filter(|request| String::from_utf8_lossy(&request.body).contains("Revoke")).count();
    (execution, revoked)
}

fn done(execution: &Execution) -> BTreeSet<&str> {
    execution.done.iter().map(|step| step.address.as_str()).collect()
}

#[tokio::test]
async fn removed_rule_is_deleted_when_the_service_is_stable() {
    let (execution, revoked) = run("COMPLETED", true).await;
    assert!(execution.is_complete(), "{execution:#?}");
    assert_eq!((done(&execution), revoked), ([SERVICE, RULE].into(), 1));
}

#[tokio::test]
async fn removed_rule_stays_while_a_deployment_fails() {
    let (execution, revoked) = run("FAILED", true).await;
    assert_eq!((done(&execution), revoked), ([SERVICE].into(), 0));
    let [skipped] = execution.not_reached.as_slice() else { panic!("{execution:#?}") };
    assert_eq!((skipped.address.as_str(), skipped.because.as_str()), (RULE, SERVICE));
}

/// A killed run has updated the service, so that this run has nothing to do but the rule.
#[tokio::test]
async fn removed_rule_waits_for_a_service_that_an_earlier_run_updated() {
    let (execution, revoked) = run("FAILED", false).await;
    assert_eq!((done(&execution), revoked), ([].into(), 0));
    let (execution, revoked) = run("COMPLETED", false).await;
    assert!(execution.is_complete(), "{execution:#?}");
    assert_eq!((done(&execution), revoked), ([RULE].into(), 1));
}
