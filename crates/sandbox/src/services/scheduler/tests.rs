//! Tests of EventBridge Scheduler: calls as a provisioner sends them, and their validation.

use std::time::Duration;

use serde_json::{Value, json};

use crate::dials::{Lag, Staleness};
use crate::services::Service;
use crate::services::ecs::tests::with;
use crate::testing::{Bench, item, pass};

const ROLE: &str = "arn:aws:iam::123456789012:role/scheduler";
const GROUP: &str = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/acme";

fn call(bench: &Bench, operation: &str, input: &Value) -> Value {
    bench.json(Service::Scheduler, operation, input).unwrap_or_else(|code| panic!("{operation} is refused: {code}"))
}

/// Asserts that a call fails with this status and code, and that its message contains this text.
fn refused(bench: &Bench, operation: &str, input: &Value, (status, code): (u16, &str), part: &str) {
    let (found, value) = bench.answer(Service::Scheduler, operation, input);
    let text = value["message"].as_str().unwrap_or_default();
    assert!(value["__type"] == code && text.contains(part), "{operation} of {input} answers {value}");
    assert_eq!(found, status);
}

const INVALID: (u16, &str) = (400, "ValidationException");
const CONFLICT: (u16, &str) = (409, "ConflictException");
const NOT_FOUND: (u16, &str) = (404, "ResourceNotFoundException");

pub(crate) fn make_role(bench: &Bench, name: &str, source: &str) {
    let statement = json!({
        "Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": {"ArnEquals": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": "123456789012"}},
    });
    let trust = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let input = [("RoleName", name), ("AssumeRolePolicyDocument", &*trust)];
    bench.query(Service::Iam, "CreateRole", &input).expect("a role");
}

/// A bench with a role that Scheduler can assume, and with a group.
async fn prepared() -> Bench {
    let bench = Bench::new();
    make_role(&bench, "scheduler", GROUP);
    pass(Duration::from_secs(60)).await;
    call(&bench, "CreateScheduleGroup", &json!({"Name": "acme", "Tags": [{"Key": "tenant", "Value": "acme"}]}));
    bench
}

fn target() -> Value {
    json!({
        "Arn": "arn:aws:ecs:us-east-1:123456789012:cluster/shop",
        "RoleArn": ROLE,
        "RetryPolicy": {"MaximumRetryAttempts": 0},
        "EcsParameters": {
            "TaskDefinitionArn": "arn:aws:ecs:us-east-1:123456789012:task-definition/report:1",
            "TaskCount": 1,
            "CapacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
            "PlatformVersion": "1.4.0",
            "NetworkConfiguration": {"awsvpcConfiguration": {
                "Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"], "AssignPublicIp": "DISABLED",
            }},
        },
    })
}

fn schedule(name: &str) -> Value {
    json!({
        "Name": name,
        "GroupName": "acme",
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "State": "ENABLED",
        "Description": "digest",
        "Target": target(),
        "ClientToken": "token-1",
    })
}

fn named(name: &str) -> Value {
    json!({"Name": name, "GroupName": "acme"})
}

#[tokio::test(start_paused = true)]
async fn a_group_is_made_once_and_again_with_its_token() {
    let bench = Bench::new();
    let input = json!({"Name": "acme", "ClientToken": "t", "Tags": [{"Key": "tenant", "Value": "acme"}]});
    for _ in 0..2 {
        assert_eq!(call(&bench, "CreateScheduleGroup", &input), json!({"ScheduleGroupArn": GROUP}));
    }
    let exists = "Schedule group acme already exists.";
    refused(&bench, "CreateScheduleGroup", &json!({"Name": "acme"}), CONFLICT, exists);
    refused(&bench, "CreateScheduleGroup", &json!({"Name": "default"}), CONFLICT, "already exists");
    let other = json!({"Name": "other", "ClientToken": "t"});
    refused(&bench, "CreateScheduleGroup", &other, CONFLICT, "other parameters");
    let found = call(&bench, "GetScheduleGroup", &json!({"Name": "acme"}));
    assert_eq!([&found["Arn"], &found["Name"], &found["State"]], [GROUP, "acme", "ACTIVE"]);
    assert!(found["CreationDate"].is_number() && found["LastModificationDate"].is_number());
    let missing = "Schedule group none does not exist.";
    refused(&bench, "GetScheduleGroup", &json!({"Name": "none"}), NOT_FOUND, missing);
    refused(&bench, "CreateScheduleGroup", &json!({"Name": "a b"}), INVALID, "regular expression");
}

#[tokio::test(start_paused = true)]
async fn groups_are_listed_by_prefix_and_in_pages() {
    let bench = Bench::new();
    for number in 0..51 {
        call(&bench, "CreateScheduleGroup", &json!({"Name": format!("shop-{number:02}")}));
    }
    let listed = |input: Value| {
        let answer = call(&bench, "ListScheduleGroups", &input);
        let groups = answer["ScheduleGroups"].as_array().cloned().unwrap_or_default();
        (groups.len(), groups[0]["Name"].clone(), answer["NextToken"].clone())
    };
    let (count, first, token) = listed(json!({}));
    assert_eq!((count, first), (50, json!("default")));
    assert_eq!(listed(json!({"NextToken": token})).0, 2);
    assert_eq!(listed(json!({"NamePrefix": "shop-1", "MaxResults": 100})).0, 10);
    assert_eq!(listed(json!({"MaxResults": 1})).0, 1);
    refused(&bench, "ListScheduleGroups", &json!({"NextToken": "mine"}), INVALID, "");
    refused(&bench, "ListScheduleGroups", &json!({"MaxResults": 101}), INVALID, "less than or equal to 100");
    refused(&bench, "ListScheduleGroups", &json!({"MaxResults": "many"}), (400, "SerializationException"), "");
}

#[tokio::test(start_paused = true)]
async fn a_group_takes_its_schedules_along() {
    let bench = prepared().await;
    call(&bench, "CreateSchedule", &schedule("nightly"));
    assert!(item(&bench.inventory(), "scheduler:schedule", "acme/nightly").is_some());
    call(&bench, "DeleteScheduleGroup", &json!({"Name": "acme", "ClientToken": "t"}));
    assert_eq!(call(&bench, "GetScheduleGroup", &json!({"Name": "acme"}))["State"], "DELETING");
    assert_eq!(call(&bench, "GetSchedule", &named("nightly"))["Name"], "nightly");
    let deleting = "Schedule group acme is being deleted.";
    for (operation, input) in [
        ("DeleteScheduleGroup", json!({"Name": "acme"})),
        ("CreateScheduleGroup", json!({"Name": "acme"})),
        ("CreateSchedule", schedule("other")),
        ("UpdateSchedule", schedule("nightly")),
        ("TagResource", json!({"ResourceArn": GROUP, "Tags": []})),
    ] {
        let part = if operation == "CreateScheduleGroup" { "already exists" } else { deleting };
        refused(&bench, operation, &input, CONFLICT, part);
    }
    pass(Duration::from_secs(30)).await;
    refused(&bench, "GetScheduleGroup", &json!({"Name": "acme"}), NOT_FOUND, "");
    refused(&bench, "DeleteScheduleGroup", &json!({"Name": "acme"}), NOT_FOUND, "");
    refused(&bench, "GetSchedule", &named("nightly"), NOT_FOUND, "");
    refused(&bench, "DeleteScheduleGroup", &json!({"Name": "default"}), INVALID, "default");
    assert!(bench.inventory().iter().all(|item| !item.kind.starts_with("scheduler")));
    call(&bench, "CreateScheduleGroup", &json!({"Name": "acme"}));
}

#[tokio::test(start_paused = true)]
async fn only_groups_have_tags() {
    let bench = prepared().await;
    let tags = |bench: &Bench| call(bench, "ListTagsForResource", &json!({"ResourceArn": GROUP}))["Tags"].clone();
    assert_eq!(tags(&bench), json!([{"Key": "tenant", "Value": "acme"}]));
    call(&bench, "TagResource", &json!({"ResourceArn": GROUP, "Tags": [{"Key": "a/b", "Value": "1"}]}));
    assert_eq!(bench.tagged(Service::Scheduler).len(), 1);
    let listed = bench.json(Service::Tagging, "GetResources", &json!({"ResourceTypeFilters": ["scheduler"]}));
    assert_eq!(listed.expect("a list")["ResourceTagMappingList"][0]["ResourceARN"], GROUP);
    call(&bench, "UntagResource", &json!({"ResourceArn": GROUP, "TagKeys": ["a/b", "tenant"]}));
    assert_eq!(tags(&bench), json!([]));
    let schedule = json!({"ResourceArn": "arn:aws:scheduler:us-east-1:123456789012:schedule/acme/nightly"});
    refused(&bench, "ListTagsForResource", &schedule, INVALID, "regular expression");
    let none = json!({"ResourceArn": GROUP.replace("acme", "none")});
    refused(&bench, "ListTagsForResource", &none, NOT_FOUND, "none");
    let many: Vec<Value> = (0..51).map(|number| json!({"Key": format!("k{number}"), "Value": "v"})).collect();
    refused(&bench, "TagResource", &json!({"ResourceArn": GROUP, "Tags": many}), INVALID, "50");
}

#[tokio::test(start_paused = true)]
async fn a_schedule_is_returned_with_its_defaults() {
    let bench = prepared().await;
    let arn = json!({"ScheduleArn": "arn:aws:scheduler:us-east-1:123456789012:schedule/acme/nightly"});
    for _ in 0..2 {
        assert_eq!(call(&bench, "CreateSchedule", &schedule("nightly")), arn, "the token makes it idempotent");
    }
    let again = with(&schedule("nightly"), &json!({"ClientToken": "token-2"}));
    refused(&bench, "CreateSchedule", &again, CONFLICT, "Schedule nightly already exists.");
    let found = call(&bench, "GetSchedule", &named("nightly"));
    for key in ["Name", "GroupName", "ScheduleExpression", "ScheduleExpressionTimezone", "State", "FlexibleTimeWindow"]
    {
        assert_eq!(found[key], schedule("nightly")[key], "{key}");
    }
    let retry = json!({"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 0});
    assert_eq!(found["Target"]["RetryPolicy"], retry);
    assert_eq!(found["Target"]["EcsParameters"], target()["EcsParameters"]);
    assert_eq!((&found["ActionAfterCompletion"], &found["Description"]), (&json!("NONE"), &json!("digest")));
    // An update sets what it does not name to the defaults.
    let bare = json!({"Description": null, "ScheduleExpressionTimezone": null, "ScheduleExpression": "rate(1 hour)"});
    let bare = with(&schedule("nightly"), &bare);
    let bare = with(&bare, &json!({"Target": with(&target(), &json!({"RetryPolicy": null}))}));
    assert_eq!(call(&bench, "UpdateSchedule", &bare), arn);
    let found = call(&bench, "GetSchedule", &named("nightly"));
    assert_eq!((&found["ScheduleExpressionTimezone"], &found["Description"]), (&json!("UTC"), &Value::Null));
    assert_eq!(found["Target"]["RetryPolicy"]["MaximumRetryAttempts"], 185);
}

#[tokio::test(start_paused = true)]
async fn schedules_are_listed_and_deleted_by_group() {
    let bench = prepared().await;
    call(&bench, "CreateSchedule", &schedule("nightly"));
    call(&bench, "CreateSchedule", &with(&schedule("weekly"), &json!({"State": "DISABLED", "ClientToken": null})));
    let listed = |input: Value| {
        let answer = call(&bench, "ListSchedules", &input);
        answer["Schedules"].as_array().cloned().unwrap_or_default()
    };
    let all = listed(json!({"GroupName": "acme"}));
    assert_eq!(all.iter().map(|one| one["Name"].clone()).collect::<Vec<_>>(), ["nightly", "weekly"]);
    assert_eq!((&all[0]["State"], &all[0]["Target"]["Arn"]), (&json!("ENABLED"), &target()["Arn"]));
    assert_eq!(listed(json!({"NamePrefix": "week"})).len(), 1);
    assert_eq!(listed(json!({"State": "ENABLED"})).len(), 1);
    assert_eq!(listed(json!({"GroupName": "default"})), Vec::<Value>::new());
    refused(&bench, "ListSchedules", &json!({"GroupName": "none"}), NOT_FOUND, "Schedule group none");
    call(&bench, "DeleteSchedule", &with(&named("weekly"), &json!({"ClientToken": "t"})));
    refused(&bench, "DeleteSchedule", &named("weekly"), NOT_FOUND, "Schedule weekly does not exist.");
    refused(&bench, "DeleteSchedule", &json!({"Name": "nightly"}), NOT_FOUND, "");
    refused(&bench, "UpdateSchedule", &schedule("weekly"), NOT_FOUND, "Schedule weekly does not exist.");
    refused(&bench, "CreateSchedule", &with(&schedule("a"), &json!({"GroupName": "none"})), NOT_FOUND, "group none");
}

#[tokio::test(start_paused = true)]
async fn the_role_must_be_one_that_scheduler_can_assume_for_the_group() {
    let bench = Bench::new();
    call(&bench, "CreateScheduleGroup", &json!({"Name": "acme"}));
    let assume = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.";
    refused(&bench, "CreateSchedule", &schedule("nightly"), INVALID, assume);
    make_role(&bench, "scheduler", GROUP);
    make_role(&bench, "other", &GROUP.replace("acme", "other"));
    refused(&bench, "CreateSchedule", &schedule("nightly"), INVALID, assume);
    pass(Duration::from_secs(10)).await;
    call(&bench, "CreateSchedule", &schedule("nightly"));
    let other = with(&target(), &json!({"RoleArn": ROLE.replace("scheduler", "other")}));
    refused(&bench, "UpdateSchedule", &with(&schedule("nightly"), &json!({"Target": other})), INVALID, assume);
    bench.cloud(|cloud| cloud.dials.passed_roles = Duration::from_secs(20));
    refused(&bench, "UpdateSchedule", &schedule("nightly"), (403, "AccessDeniedException"), "iam:PassRole");
}

#[tokio::test(start_paused = true)]
async fn a_schedule_is_checked() {
    let bench = prepared().await;
    let ecs = |changes: Value| {
        let parameters = with(&target()["EcsParameters"], &changes);
        json!({"Target": with(&target(), &json!({"EcsParameters": parameters}))})
    };
    let public = json!({"awsvpcConfiguration": {"Subnets": ["subnet-1"], "AssignPublicIp": "ENABLED"}});
    for (changes, part) in [
        (json!({"ScheduleExpression": "rate(10 seconds)"}), "Invalid Schedule Expression rate(10 seconds)."),
        (json!({"ScheduleExpressionTimezone": "Mars"}), "Mars"),
        (json!({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}), "MaximumWindowInMinutes"),
        (json!({"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}}), "MaximumWindowInMinutes"),
        (json!({"Target": with(&target(), &json!({"EcsParameters": null}))}), "EcsParameters"),
        (json!({"Target": with(&target(), &json!({"RetryPolicy": {"MaximumRetryAttempts": 186}}))}), "185"),
        (json!({"Target": with(&target(), &json!({"RetryPolicy": {"MaximumEventAgeInSeconds": 59}}))}), "60"),
        (json!({"Target": with(&target(), &json!({"RoleArn": "scheduler"}))}), "regular expression"),
        (ecs(json!({"TaskDefinitionArn": "report:1"})), "task definition"),
        (ecs(json!({"TaskCount": 11})), "10"),
        (ecs(json!({"LaunchType": "FARGATE"})), "LaunchType parameter must be omitted"),
        (ecs(json!({"PlatformVersion": "newest"})), "PlatformVersion"),
        (ecs(json!({"NetworkConfiguration": public})), "AssignPublicIp"),
        (json!({"FlexibleTimeWindow": null}), "flexibleTimeWindow"),
    ] {
        refused(&bench, "CreateSchedule", &with(&schedule("nightly"), &changes), INVALID, part);
    }
    let queue = with(&target(), &json!({"Arn": "arn:aws:sqs:us-east-1:123456789012:jobs"}));
    refused(&bench, "CreateSchedule", &with(&schedule("a"), &json!({"Target": queue})), (501, "NotModelled"), "sqs");
    let spot = with(
        &target()["EcsParameters"],
        &json!({
            "CapacityProviderStrategy": null, "LaunchType": "FARGATE", "NetworkConfiguration": public,
            "EnableECSManagedTags": true, "EnableExecuteCommand": true, "PropagateTags": "TASK_DEFINITION",
        }),
    );
    let input = with(&schedule("a"), &json!({"Target": with(&target(), &json!({"EcsParameters": spot}))}));
    call(&bench, "CreateSchedule", &input);
}

#[tokio::test(start_paused = true)]
async fn what_is_new_is_read_late() {
    let bench = prepared().await;
    bench.cloud(|cloud| cloud.dials.staleness = Staleness::everywhere(Lag::of(Duration::from_secs(5))));
    call(&bench, "CreateSchedule", &schedule("nightly"));
    refused(&bench, "GetSchedule", &named("nightly"), NOT_FOUND, "");
    pass(Duration::from_secs(5)).await;
    call(&bench, "GetSchedule", &named("nightly"));
}

#[tokio::test(start_paused = true)]
async fn there_is_a_quota_of_groups() {
    let bench = Bench::new();
    for number in 0..499 {
        call(&bench, "CreateScheduleGroup", &json!({"Name": format!("g{number}")}));
    }
    let quota = (402, "ServiceQuotaExceededException");
    refused(&bench, "CreateScheduleGroup", &json!({"Name": "more"}), quota, "500");
}

#[tokio::test(start_paused = true)]
async fn the_code_is_in_a_header_and_unknown_paths_are_no_operations() {
    let bench = Bench::new();
    let answer = bench.send(Service::Scheduler, "GET", "/schedule-groups/none", &[], Vec::new());
    assert_eq!(answer.headers()["x-amzn-errortype"], "ResourceNotFoundException");
    for (method, path) in [("GET", "/nothing"), ("PATCH", "/schedules/a"), ("GET", "/schedules/a/b")] {
        assert_eq!(bench.send(Service::Scheduler, method, path, &[], Vec::new()).status(), 501, "{method} {path}");
    }
    let unknown = bench.send(Service::Scheduler, "GET", "/schedules?Group=a", &[], Vec::new());
    assert_eq!(unknown.headers()["x-amzn-errortype"], "SerializationException");
}
