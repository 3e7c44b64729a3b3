//! Tasks that `RunTask` starts.

use std::time::Duration;

use serde_json::json;

use super::around::delete_role;
use super::*;
use crate::clock::Time;
use crate::dials::TaskOutcome;
use crate::testing::{item, pass};

/// From the call until the task runs, and from the end of its containers until it is stopped.
const STARTING: Duration = Duration::from_secs(40);
const STOPPING: Duration = Duration::from_secs(15);

fn input() -> Value {
    json!({
        "cluster": CLUSTER,
        "taskDefinition": FAMILY,
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "networkConfiguration": service()["networkConfiguration"],
        "startedBy": "digest/1_a-b",
    })
}

/// Runs a task and returns its id.
fn run(bench: &Bench, changes: &Value) -> String {
    let answer = call(bench, "RunTask", &with(&input(), changes));
    assert_eq!((answer["tasks"].as_array().map(Vec::len), &answer["failures"]), (Some(1), &json!([])));
    let arn = answer["tasks"][0]["taskArn"].as_str().expect("an ARN").to_owned();
    arn.rsplit('/').next().expect("an id").to_owned()
}

fn task(bench: &Bench, id: &str) -> Value {
    let input = json!({"cluster": CLUSTER, "tasks": [id], "include": ["TAGS"]});
    call(bench, "DescribeTasks", &input)["tasks"][0].clone()
}

fn listed(bench: &Bench, filter: &Value) -> usize {
    let answer = call(bench, "ListTasks", &with(&json!({"cluster": CLUSTER}), filter));
    answer["taskArns"].as_array().map_or(0, Vec::len)
}

fn outcome(bench: &Bench, outcome: TaskOutcome) {
    bench.cloud(|cloud| cloud.dials.tasks.insert(FAMILY.to_owned(), outcome));
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_and_ends_with_an_exit_code() {
    let bench = prepared();
    let id = run(&bench, &json!({}));
    let found = task(&bench, &id);
    assert_eq!([&found["lastStatus"], &found["desiredStatus"]], ["PROVISIONING", "RUNNING"]);
    assert_eq!([&found["group"], &found["startedBy"], &found["launchType"]], ["family:web", "digest/1_a-b", "FARGATE"]);
    assert_eq!((&found["stopCode"], &found["containers"][0]["exitCode"]), (&Value::Null, &Value::Null));
    assert!(item(&bench.inventory(), "ecs:task", &id).is_some());
    for (time, status) in [(15, "PENDING"), (25, "RUNNING"), (60, "DEPROVISIONING"), (15, "STOPPED")] {
        pass(Duration::from_secs(time)).await;
        assert_eq!(task(&bench, &id)["lastStatus"], status);
    }
    let found = task(&bench, &id);
    assert_eq!([&found["desiredStatus"], &found["stopCode"]], ["STOPPED", "EssentialContainerExited"]);
    assert_eq!(found["stoppedReason"], "Essential container in task exited");
    assert_eq!(found["containers"][0]["exitCode"], 0);
    assert!(item(&bench.inventory(), "ecs:task", &id).is_none());
    pass(Duration::from_secs(20)).await;
    assert_eq!(interfaces(&bench), 0);
    assert_eq!(listed(&bench, &json!({"family": FAMILY})), 0);
    assert_eq!(listed(&bench, &json!({"family": FAMILY, "desiredStatus": "STOPPED"})), 1);
    pass(Duration::from_secs(3_600)).await;
    assert_eq!(listed(&bench, &json!({"family": FAMILY, "desiredStatus": "STOPPED"})), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dial_sets_how_the_tasks_of_a_family_end() {
    let bench = prepared();
    let output = ["one", "two", "three"].map(str::to_owned).into();
    outcome(&bench, TaskOutcome { exit_code: Some(3), duration: Duration::from_secs(5), output });
    let id = run(&bench, &json!({}));
    pass(STARTING + Duration::from_secs(5)).await;
    assert_eq!(task(&bench, &id)["containers"][0]["exitCode"], 3);
    let stream = json!({"logGroupName": LOG_GROUP, "logStreamName": format!("task/web/{id}"), "limit": 2});
    let answer = bench.json(Service::Logs, "GetLogEvents", &stream).expect("the stream of the task");
    let lines: Vec<&Value> = answer["events"].as_array().into_iter().flatten().map(|event| &event["message"]).collect();
    assert_eq!(lines, ["two", "three"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_may_fail_to_start() {
    let bench = prepared();
    outcome(&bench, TaskOutcome { exit_code: None, ..TaskOutcome::default() });
    let id = run(&bench, &json!({}));
    pass(STARTING + STOPPING).await;
    let found = task(&bench, &id);
    assert_eq!([&found["lastStatus"], &found["stopCode"]], ["STOPPED", "TaskFailedToStart"]);
    assert!(found["stoppedReason"].as_str().is_some_and(|reason| reason.starts_with("CannotPullContainerError")));
    assert_eq!((&found["startedAt"], &found["containers"][0]["exitCode"]), (&Value::Null, &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_task_needs_the_parameters_and_the_keys_of_its_secrets() {
    let bench = prepared();
    let parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/app/dsn";
    let registered = |from: &str| {
        let container = with(&container(), &json!({"secrets": [{"name": "DSN", "valueFrom": from}]}));
        call(&bench, "RegisterTaskDefinition", &with(&definition(), &json!({"containerDefinitions": [container]})));
        run(&bench, &json!({}))
    };
    for (from, part) in [(parameter, "invalid parameters: /app/dsn"), (&*format!("{}:key::", AROUND.secret), "asm")] {
        let id = registered(from);
        pass(STARTING).await;
        let reason = task(&bench, &id)["stoppedReason"].clone();
        assert!(reason.as_str().is_some_and(|reason| reason.contains(part)), "{reason}");
    }
    bench.cloud(|cloud| cloud.ssm.add("/app/dsn", Time::BEGINNING));
    let id = registered(parameter);
    pass(STARTING).await;
    assert_eq!(task(&bench, &id)["lastStatus"], "RUNNING");
}

#[tokio::test(start_paused = true)]
async fn what_started_a_task_is_the_only_filter() {
    let bench = running().await;
    run(&bench, &json!({}));
    run(&bench, &json!({"startedBy": "other"}));
    assert_eq!(listed(&bench, &json!({"startedBy": "digest/1_a-b"})), 1);
    assert_eq!(listed(&bench, &json!({"startedBy": "other", "desiredStatus": "STOPPED"})), 0);
    assert_eq!((listed(&bench, &json!({})), listed(&bench, &json!({"serviceName": "web"}))), (4, 2));
    for other in [json!({"family": FAMILY}), json!({"serviceName": "web"}), json!({"launchType": "FARGATE"})] {
        let input = with(&other, &json!({"cluster": CLUSTER, "startedBy": "other"}));
        refused(&bench, "ListTasks", &input, "InvalidParameterException", "only filter");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_token_runs_no_second_task() {
    let bench = prepared();
    let token = json!({"clientToken": "a".repeat(64)});
    let first = run(&bench, &token);
    pass(STARTING).await;
    assert_eq!(run(&bench, &token), first);
    assert_eq!(listed(&bench, &json!({})), 1);
    let other = with(&with(&input(), &token), &json!({"startedBy": "other"}));
    refused(&bench, "RunTask", &other, "ConflictException", "other parameters");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_runs_tasks_is_checked() {
    let bench = prepared();
    let strategy = json!([{"capacityProvider": "FARGATE", "weight": 1}]);
    for (changes, part) in [
        (json!({"count": 11}), "count"),
        (json!({"count": 0}), "count"),
        (json!({"startedBy": "a".repeat(129)}), "startedBy"),
        (json!({"startedBy": "a b"}), "startedBy"),
        (json!({"clientToken": "a".repeat(65)}), "clientToken"),
        (json!({"propagateTags": "SERVICE"}), "propagateTags"),
        (json!({"capacityProviderStrategy": strategy}), "but not both"),
        (json!({"capacityProviderStrategy": strategy, "launchType": null}), "not associated with this cluster"),
        (json!({"launchType": null}), "No Container Instances were found in your cluster."),
        (json!({"networkConfiguration": null}), "Network Configuration must be provided"),
    ] {
        refused(&bench, "RunTask", &with(&input(), &changes), "InvalidParameterException", part);
    }
    let unknown = with(&input(), &json!({"taskDefinition": "none"}));
    refused(&bench, "RunTask", &unknown, "ClientException", "TaskDefinition not found.");
    refused(&bench, "RunTask", &with(&input(), &json!({"cluster": "none"})), "ClusterNotFoundException", "");
    let volume = json!({"volumeConfigurations": [{"name": "scratch"}]});
    refused(&bench, "RunTask", &with(&input(), &volume), "UnsupportedFeatureException", "volumes");
    call(&bench, "RegisterTaskDefinition", &with(&definition(), &json!({"taskRoleArn": null})));
    let exec = json!({"enableExecuteCommand": true});
    refused(&bench, "RunTask", &with(&input(), &exec), "InvalidParameterException", "valid taskRoleArn");
    let service = with(&service(), &exec);
    refused(&bench, "CreateService", &service, "InvalidParameterException", "valid taskRoleArn");
    let first = json!({"taskDefinition": "web:1"});
    bench.cloud(|cloud| cloud.dials.passed_roles = Duration::from_secs(7_200));
    refused(&bench, "RunTask", &with(&input(), &first), "AccessDeniedException", "iam:PassRole");
    bench.cloud(|cloud| cloud.dials.passed_roles = Duration::ZERO);
    delete_role(&bench, TASK_ROLE);
    refused(&bench, "RunTask", &with(&input(), &first), "ClientException", "ECS was unable to assume the role");
    assert_eq!(listed(&bench, &json!({})), 0);
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_on_the_capacity_that_a_strategy_chooses() {
    let bench = prepared();
    let providers = json!({
        "cluster": CLUSTER, "capacityProviders": ["FARGATE", "FARGATE_SPOT"], "defaultCapacityProviderStrategy": [],
    });
    call(&bench, "PutClusterCapacityProviders", &providers);
    let strategy = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1}]);
    let id = run(&bench, &json!({"launchType": null, "capacityProviderStrategy": strategy, "group": "batch"}));
    let found = task(&bench, &id);
    assert_eq!(
        [&found["capacityProviderName"], &found["launchType"], &found["group"]],
        ["FARGATE_SPOT", "FARGATE", "batch"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_has_the_tags_of_the_call_and_of_its_definition() {
    let bench = prepared();
    let tags = json!({"tags": [{"key": "tenant", "value": "acme"}, {"key": "a", "value": "1"}]});
    call(&bench, "RegisterTaskDefinition", &with(&definition(), &tags));
    let changes = json!({
        "propagateTags": "TASK_DEFINITION", "enableECSManagedTags": true, "enableExecuteCommand": true,
        "tags": [{"key": "a", "value": "2"}],
    });
    let id = run(&bench, &changes);
    let found = task(&bench, &id);
    let tag = |key: &str, value: &str| json!({"key": key, "value": value});
    assert_eq!(found["tags"], json!([tag("a", "2"), tag("aws:ecs:clusterName", CLUSTER), tag("tenant", "acme")]));
    assert_eq!(found["enableExecuteCommand"], true);
    assert_eq!(task(&bench, &run(&bench, &json!({})))["tags"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_task_is_stopped_by_a_call() {
    let bench = running().await;
    let id = run(&bench, &json!({}));
    pass(STARTING).await;
    let stop = |id: &str, changes: Value| {
        let input = with(&json!({"cluster": CLUSTER, "task": id}), &changes);
        call(&bench, "StopTask", &input)["task"].clone()
    };
    let stopped = stop(&id, json!({"reason": "too late"}));
    assert_eq!([&stopped["desiredStatus"], &stopped["stopCode"]], ["STOPPED", "UserInitiated"]);
    pass(Duration::from_secs(30) + STOPPING).await;
    let found = stop(&id, json!({}));
    assert_eq!([&found["lastStatus"], &found["stoppedReason"]], ["STOPPED", "too late"]);
    assert_eq!(found["containers"][0]["exitCode"], 143);
    let none = json!({"cluster": CLUSTER, "task": "none"});
    refused(&bench, "StopTask", &none, "InvalidParameterException", "The referenced task was not found.");
    // The service replaces a task that is stopped.
    let of_service = tasks(&bench, "RUNNING")[0]["taskArn"].as_str().expect("an ARN").to_owned();
    assert_eq!(stop(&of_service, json!({}))["stoppedReason"], "Task stopped by user");
    pass(LONG).await;
    assert_eq!(described(&bench)["runningCount"], 2);
}

/// A schedule starts its task as Scheduler would, without a service and with the schedule's settings.
#[tokio::test(start_paused = true)]
async fn a_schedule_starts_its_task_when_it_is_told_to() {
    let bench = prepared();
    let definition = call(&bench, "DescribeTaskDefinition", &json!({"taskDefinition": FAMILY}));
    let network = &service()["networkConfiguration"]["awsvpcConfiguration"];
    let group = "arn:aws:scheduler:us-east-1:123456789012:schedule-group/default";
    crate::services::scheduler::tests::make_role(&bench, "scheduler", group);
    pass(Duration::from_secs(60)).await;
    let schedule = json!({
        "Name": "a-report-with-a-long-name",
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": format!("arn:aws:ecs:us-east-1:123456789012:cluster/{CLUSTER}"),
            "RoleArn": "arn:aws:iam::123456789012:role/scheduler",
            "EcsParameters": {
                "TaskDefinitionArn": definition["taskDefinition"]["taskDefinitionArn"],
                "CapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
                "NetworkConfiguration": {"awsvpcConfiguration": {
                    "Subnets": network["subnets"], "SecurityGroups": network["securityGroups"],
                }},
            },
        },
    });
    call(
        &bench,
        "PutClusterCapacityProviders",
        &json!({
            "cluster": CLUSTER, "capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": [],
        }),
    );
    bench.json(Service::Scheduler, "CreateSchedule", &schedule).expect("a schedule");
    bench.run_schedule("default", "a-report-with-a-long-name").expect("its task starts");
    let tasks = call(&bench, "ListTasks", &json!({"cluster": CLUSTER, "family": FAMILY}))["taskArns"].clone();
    let described = call(&bench, "DescribeTasks", &json!({"cluster": CLUSTER, "tasks": tasks}))["tasks"].clone();
    assert_eq!(described.as_array().map(Vec::len), Some(1));
    let found = &described[0];
    assert_eq!([&found["group"], &found["startedBy"]], ["family:web", "chronos-schedule/a-report-with-a-lon"]);
    assert_eq!(found["capacityProviderName"], "FARGATE");
    let refused = bench.run_schedule("default", "none").expect_err("there is no such schedule");
    assert_eq!(refused, "ResourceNotFoundException: Schedule none does not exist.");
}
