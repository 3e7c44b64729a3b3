//! EventBridge Scheduler, with the answers of its REST API.

use saas_model::Address;
use saas_model::fields::FieldChange;
use saas_model::policy::Policy;
use saas_model::resource::{
    CapacityProvider, Kind, Resource, Role, Schedule, ScheduleGroup, SecurityGroup, Subnet, TaskRun, Vpc,
};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::provider::{self, Changes};
use crate::state::observed::{Identity, ObservedResource};
use crate::testing::Bench;
use crate::testing::application::{self, CLUSTER, CLUSTER_ARN, LOGS, ROLE, to};

const GROUP: &str = "tenant/acme/schedule-group";
const GROUP_NAME: &str = "saas-platform-acme";
const GROUP_ARN: &str = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/saas-platform-acme";
const SCHEDULE: &str = "tenant/acme/job/nightly";
const NAME: &str = "saas-platform-acme--nightly";
const DEFINITION: &str = "tenant/acme/job/nightly/task-definition";
const DEFINITION_ARN: &str = "arn:aws:ecs:us-east-1:123456789012:task-definition/saas-platform-acme--nightly:4";
const SCHEDULER_ROLE: &str = "tenant/acme/scheduler-role";
const SCHEDULER_ROLE_ARN: &str = "arn:aws:iam::123456789012:role/saas/development/saas-platform-acme-scheduler";
const SUBNET: &str = "network/subnet/private/a";
const SECURITY_GROUP: &str = "tenant/acme/security-group";

fn schedule() -> Schedule {
    Schedule {
        name: NAME.parse().expect("valid"),
        group: to(GROUP),
        expression: "cron(0 3 * * ? *)".parse().expect("valid"),
        timezone: "Europe/Berlin".parse().expect("valid"),
        role: to(SCHEDULER_ROLE),
        retries: 0,
        task: TaskRun {
            cluster: to(CLUSTER),
            task_definition: to(DEFINITION),
            platform_version: "1.4.0".into(),
            capacity: CapacityProvider::FargateSpot,
            subnets: [to(SUBNET)].into(),
            security_groups: [to(SECURITY_GROUP)].into(),
            public_ip: false,
        },
    }
}

fn nodes() -> Vec<(&'static str, Resource)> {
    let vpc = || Vpc { cidr: "10.0.0.0/16".parse().expect("valid"), dns_support: true, dns_hostnames: true };
    let role = Role {
        name: "saas-platform-acme-scheduler".parse().expect("valid"),
        path: "/saas/development/".into(),
        description: "starts jobs".into(),
        trust: Policy::default(),
        permissions_boundary: None,
        policies: [].into(),
    };
    let subnet = Subnet {
        vpc: to("network/vpc"),
        zone: "us-east-1a".parse().expect("valid"),
        cidr: "10.0.0.0/24".parse().expect("valid"),
        public_ip_on_launch: false,
    };
    let group = SecurityGroup {
        name: "saas-platform-acme".parse().expect("valid"),
        description: "tasks".into(),
        vpc: to("network/vpc"),
    };
    let mut nodes: Vec<(&'static str, Resource)> =
        application::nodes().into_iter().filter(|(address, _)| [CLUSTER, LOGS, ROLE].contains(address)).collect();
    nodes.extend([
        ("network/vpc", vpc().into()),
        (SUBNET, subnet.into()),
        (SECURITY_GROUP, group.into()),
        (SCHEDULER_ROLE, role.into()),
        (DEFINITION, application::task_definition().into()),
        (GROUP, ScheduleGroup { name: GROUP_NAME.parse().expect("valid") }.into()),
        (SCHEDULE, schedule().into()),
    ]);
    nodes
}

/// A plan of which all but the group and its schedule are live.
async fn bench(server: &MockServer) -> Bench {
    let bench = Bench::new(&server.uri(), nodes()).await;
    bench.assume(CLUSTER, Identity::of_arn(CLUSTER_ARN));
    bench.assume(DEFINITION, Identity::of_arn(DEFINITION_ARN));
    bench.assume(SCHEDULER_ROLE, Identity::of_id("saas-platform-acme-scheduler").with_arn(Some(SCHEDULER_ROLE_ARN)));
    bench.assume(SUBNET, Identity::of_id("subnet-1"));
    bench.assume(SECURITY_GROUP, Identity::of_id("sg-1"));
    bench
}

fn with_group(bench: Bench) -> Bench {
    bench.assume(GROUP, Identity::of_id(GROUP_NAME).with_arn(Some(GROUP_ARN)));
    bench
}

async fn on(server: &MockServer, verb: &str, at: &str, response: ResponseTemplate) {
    Mock::given(method(verb)).and(path(at)).respond_with(response).mount(server).await;
}

fn answer(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn refusal(status: u16, code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("x-amzn-errortype", code).set_body_json(json!({ "Message": message }))
}

async fn sent(server: &MockServer, verb: &str) -> Vec<Request> {
    let requests = server.received_requests().await.expect("requests are recorded");
    requests.into_iter().filter(|request| request.method.as_str() == verb).collect()
}

fn body(request: &Request) -> Value {
    request.body_json().expect("the body is JSON")
}

/// The schedule as the API returns it.
fn live() -> Value {
    json!({
        "Arn": format!("arn:aws:scheduler:us-east-1:123456789012:schedule/{GROUP_NAME}/{NAME}"),
        "GroupName": GROUP_NAME,
        "Name": NAME,
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "Description": format!("saas:address={SCHEDULE}"),
        "State": "ENABLED",
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "ActionAfterCompletion": "NONE",
        "Target": {
            "Arn": CLUSTER_ARN,
            "RoleArn": SCHEDULER_ROLE_ARN,
            "RetryPolicy": { "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 86_400 },
            "EcsParameters": {
                "TaskDefinitionArn": DEFINITION_ARN,
                "TaskCount": 1,
                "PlatformVersion": "1.4.0",
                "CapacityProviderStrategy": [{ "capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0 }],
                "NetworkConfiguration": { "awsvpcConfiguration": {
                    "Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"], "AssignPublicIp": "DISABLED"
                } },
            },
        },
    })
}

/// What a listing finds of these schedules.
async fn found(bench: &Bench, server: &MockServer, schedules: &[Value]) -> Vec<ObservedResource> {
    let summaries: Vec<Value> = schedules
        .iter()
        .map(|schedule| json!({ "GroupName": schedule["GroupName"], "Name": schedule["Name"] }))
        .collect();
    on(server, "GET", "/schedules", answer(json!({ "Schedules": summaries }))).await;
    for schedule in schedules {
        let name = schedule["Name"].as_str().expect("it has a name");
        on(server, "GET", &format!("/schedules/{name}"), answer(schedule.clone())).await;
    }
    provider::list(Kind::Schedule, &bench.cx()).await.expect("everything is answered")
}

async fn differences(change: impl FnOnce(&mut Value)) -> Vec<(String, Value)> {
    let server = MockServer::start().await;
    let bench = with_group(bench(&server).await);
    let mut schedule = live();
    change(&mut schedule);
    let found = found(&bench, &server, &[schedule]).await;
    let reading = provider::describe(&bench.cx(), &found[0]).await.expect("the listing shows it").expect("it is there");
    let fields = reading.differences_to(&bench.node(SCHEDULE).resource);
    let changes: Vec<FieldChange> = fields.into_iter().chain(reading.unmodelled).collect();
    changes.into_iter().map(|change| (change.field, change.before)).collect()
}

#[tokio::test]
async fn created_schedule_has_all_settings_of_the_plan() {
    let server = MockServer::start().await;
    let denied = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.";
    Mock::given(method("POST"))
        .respond_with(refusal(400, "ValidationException", denied))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    on(&server, "POST", &format!("/schedules/{NAME}"), answer(json!({ "ScheduleArn": "arn" }))).await;
    let bench = with_group(bench(&server).await);
    let node = bench.node(SCHEDULE);
    provider::create(&bench.cx(), node).await.expect("the role can be assumed in the end");
    let calls = sent(&server, "POST").await;
    let [refused, taken] = &calls[..] else { panic!("{} calls", calls.len()) };
    assert_eq!(body(refused), body(taken));
    let sent = body(taken);
    assert_eq!(sent["ClientToken"], bench.cx().token(node).expect("everything is live"));
    let mut live = live();
    // What the service adds.
    live["Target"]["RetryPolicy"].as_object_mut().expect("an object").remove("MaximumEventAgeInSeconds");
    for field in ["ScheduleExpression", "ScheduleExpressionTimezone", "Description", "FlexibleTimeWindow", "GroupName"]
    {
        assert_eq!(sent[field], live[field], "{field}");
    }
    for field in ["Arn", "RoleArn", "RetryPolicy"] {
        assert_eq!(sent["Target"][field], live["Target"][field], "{field}");
    }
    let (task, wanted) = (&sent["Target"]["EcsParameters"], &live["Target"]["EcsParameters"]);
    for field in ["TaskDefinitionArn", "TaskCount", "PlatformVersion", "NetworkConfiguration"] {
        assert_eq!(task[field], wanted[field], "{field}");
    }
    let provider = &task["CapacityProviderStrategy"][0];
    assert_eq!((&provider["capacityProvider"], &provider["weight"]), (&json!("FARGATE_SPOT"), &json!(1)));
}

#[tokio::test]
async fn schedule_that_exists_is_replaced() {
    let server = MockServer::start().await;
    on(&server, "POST", &format!("/schedules/{NAME}"), refusal(409, "ConflictException", "exists")).await;
    on(&server, "PUT", &format!("/schedules/{NAME}"), answer(json!({ "ScheduleArn": "arn" }))).await;
    let bench = with_group(bench(&server).await);
    provider::create(&bench.cx(), bench.node(SCHEDULE)).await.expect("it is replaced");
    let [call] = &sent(&server, "PUT").await[..] else { panic!("one call") };
    assert_eq!(body(call)["Target"]["EcsParameters"]["TaskDefinitionArn"], DEFINITION_ARN);
}

#[tokio::test]
async fn schedule_as_planned_has_no_difference_and_each_setting_is_compared() {
    assert_eq!(differences(|_| {}).await, []);
    let one = |field: &str, live: Value| vec![(field.to_owned(), live)];
    let expression = differences(|live| live["ScheduleExpression"] = json!("rate(1 hour)")).await;
    assert_eq!(expression, one("expression", json!("rate(1 hour)")));
    let zone = differences(|live| drop(live.as_object_mut().expect("an object").remove("ScheduleExpressionTimezone")));
    assert_eq!(zone.await, one("timezone", json!("UTC")));
    let retries = differences(|live| drop(live["Target"].as_object_mut().expect("an object").remove("RetryPolicy")));
    assert_eq!(retries.await, one("retries", json!(185)));
    let capacity = differences(|live| {
        live["Target"]["EcsParameters"]["CapacityProviderStrategy"][0]["capacityProvider"] = json!("my-instances");
    });
    assert_eq!(capacity.await, one("task.capacity", json!("my-instances")));
    let revision = differences(|live| {
        live["Target"]["EcsParameters"]["TaskDefinitionArn"] = json!(DEFINITION_ARN.replace(":4", ":3"));
    });
    let revision = revision.await;
    assert_eq!(revision.len(), 1);
    assert_eq!(revision[0].0, "task.task_definition");
    let settings = |settings: &[&str]| one("settings", json!(settings));
    assert_eq!(differences(|live| live["State"] = json!("DISABLED")).await, settings(&["State DISABLED"]));
    let input = differences(|live| live["Target"]["Input"] = json!("{\"containerOverrides\":[]}")).await;
    assert_eq!(input, settings(&["Target.Input"]));
    let count = differences(|live| live["Target"]["EcsParameters"]["TaskCount"] = json!(3)).await;
    assert_eq!(count, settings(&["TaskCount 3"]));
    let window =
        differences(|live| live["FlexibleTimeWindow"] = json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5 }));
    assert_eq!(window.await, settings(&["FlexibleTimeWindow FLEXIBLE"]));
}

#[tokio::test]
async fn schedule_that_is_not_planned_is_found_by_its_description_and_deleted() {
    let server = MockServer::start().await;
    let bench = with_group(bench(&server).await);
    let named = |name: &str, group: &str, description: &str| {
        let mut schedule = live();
        schedule["Name"] = json!(name);
        schedule["GroupName"] = json!(group);
        schedule["Description"] = json!(description);
        schedule
    };
    let schedules = [
        named("saas-platform-acme--weekly", GROUP_NAME, "saas:address=tenant/acme/job/weekly"),
        // Of another group, of another tenant, and of an operator.
        named("saas-platform-b--weekly", "default", "saas:address=tenant/b/job/weekly"),
        named("saas-platform-acme--forged", GROUP_NAME, "saas:address=tenant/b/job/forged"),
        named("saas-platform-acme--own", GROUP_NAME, "by hand"),
    ];
    let found = found(&bench, &server, &schedules).await;
    let addresses: Vec<&str> = found.iter().map(|found| found.address.as_str()).collect();
    assert_eq!(addresses, ["tenant/acme/job/weekly"]);
    Mock::given(method("DELETE"))
        .and(path("/schedules/saas-platform-acme--weekly"))
        .and(query_param("groupName", GROUP_NAME))
        .respond_with(answer(json!({})))
        .expect(1)
        .mount(&server)
        .await;
    provider::delete(&bench.cx(), &found[0]).await.expect("it can be deleted");
}

#[tokio::test]
async fn group_is_created_with_tags_and_listed_with_those_of_the_index() {
    let server = MockServer::start().await;
    on(&server, "POST", &format!("/schedule-groups/{GROUP_NAME}"), answer(json!({ "ScheduleGroupArn": GROUP_ARN })))
        .await;
    let bench = bench(&server).await;
    let node = bench.node(GROUP);
    let made = provider::create(&bench.cx(), node).await.expect("it is created");
    assert_eq!((made.id.as_str(), made.arn.as_deref()), (GROUP_NAME, Some(GROUP_ARN)));
    let sent = body(&sent(&server, "POST").await[0]);
    let tags = sent["Tags"].clone();
    assert!(tags.as_array().expect("a list").contains(&json!({ "Key": "saas:address", "Value": GROUP })));
    server.reset().await;
    let groups = json!({ "ScheduleGroups": [
        { "Name": GROUP_NAME, "Arn": GROUP_ARN, "State": "ACTIVE" },
        { "Name": "saas-platform-of-others", "Arn": format!("{GROUP_ARN}-of-others"), "State": "ACTIVE" },
    ] });
    on(&server, "GET", "/schedule-groups", answer(groups)).await;
    on(&server, "POST", "/", answer(json!({ "ResourceTagMappingList": [{ "ResourceARN": GROUP_ARN, "Tags": tags }] })))
        .await;
    let found = provider::list(Kind::ScheduleGroup, &bench.cx()).await.expect("everything is answered");
    let [found] = &found[..] else { panic!("{found:?}") };
    assert_eq!((found.digest, found.fields.as_ref()), (Some(node.digest), Some(&node.resource)));
}

#[tokio::test]
async fn deleted_group_is_waited_for() {
    let server = MockServer::start().await;
    let at = format!("/schedule-groups/{GROUP_NAME}");
    on(&server, "DELETE", &at, answer(json!({}))).await;
    let deleting = json!({ "Name": GROUP_NAME, "Arn": GROUP_ARN, "State": "DELETING" });
    Mock::given(method("GET")).and(path(&*at)).respond_with(answer(deleting)).up_to_n_times(2).mount(&server).await;
    on(&server, "GET", &at, refusal(404, "ResourceNotFoundException", "gone")).await;
    let bench = with_group(bench(&server).await);
    let found = bench.live.get(&Address::literal(GROUP)).expect("it is taken as live");
    provider::delete(&bench.cx(), &found).await.expect("it is gone in the end");
    assert_eq!(sent(&server, "GET").await.len(), 3);
}

#[tokio::test]
async fn updated_group_gets_its_tags() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer(json!({}))).mount(&server).await;
    let bench = with_group(bench(&server).await);
    let found = bench.live.get(&Address::literal(GROUP)).expect("it is taken as live");
    provider::update(&bench.cx(), bench.node(GROUP), &found, Changes(&[])).await.expect("it is tagged");
    let [call] = &sent(&server, "POST").await[..] else { panic!("one call") };
    assert!(call.url.path().starts_with("/tags/"), "{}", call.url);
}
