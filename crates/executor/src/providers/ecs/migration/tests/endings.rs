//! How tasks are started, and what becomes of each ending.

use std::collections::BTreeMap;

use serde_json::json;

use super::fake::Plan;
use super::*;
use crate::apply::report::FailedStep;
use crate::error::{Error, chain};
use crate::event::Verb;
use crate::migration_failure::TaskEnding;

#[tokio::test]
async fn task_runs_once_and_its_success_is_recorded() {
    let stage = Stage::new().await;
    assert!(stage.found().await.is_empty());
    stage.run().await.expect("it succeeds");
    assert!(stage.is_complete().await);
    let [call] = &stage.ecs.calls("RunTask")[..] else { panic!("it is started once") };
    assert_eq!(call["startedBy"], "saas-platform/acme-corp/migration");
    assert_eq!(call["taskDefinition"], DEFINITION_ARN);
    assert_eq!((&call["cluster"], &call["platformVersion"]), (&json!(CLUSTER_ARN), &json!("1.4.0")));
    assert_eq!(call["capacityProviderStrategy"][0]["capacityProvider"], "FARGATE_SPOT");
    assert_eq!(call["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"], "DISABLED");
    assert!(call["launchType"].is_null());
    let tags: BTreeMap<&str, &str> = call["tags"]
        .as_array()
        .expect("it has tags")
        .iter()
        .map(|tag| (tag["key"].as_str().unwrap_or_default(), tag["value"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(tags["saas:address"], JOB);
    assert_eq!(tags["tenant_id"], TENANT);
    assert_eq!(call["clientToken"], tags["saas:bound"]);
    let before = stage.ecs.state().calls.len();
    stage.run().await.expect("nothing is to be done");
    assert_eq!(stage.ecs.state().calls.len(), before);
}

#[tokio::test]
async fn later_revision_runs_again_and_another_timeout_does_not() {
    let stage = Stage::new().await;
    stage.run().await.expect("it succeeds");
    let longer = Migration { timeout_seconds: 90, ..migration() };
    let stage = stage.replanned(&[(JOB, longer.into())]).await;
    stage.run().await.expect("nothing is to be done");
    assert_eq!(stage.ecs.calls("RunTask").len(), 1);
    revise(&stage.bench, 2);
    assert!(!stage.is_complete().await);
    let found = stage.found().await;
    assert_eq!(found[0].unmodelled[0].field, "task");
    stage.run().await.expect("it succeeds");
    assert_eq!(stage.ecs.calls("RunTask").len(), 2);
    assert!(stage.is_complete().await);
    // So does another capacity, which no reference shows.
    let mut on_demand = migration();
    on_demand.task.capacity = CapacityProvider::Fargate;
    let stage = stage.replanned(&[(JOB, on_demand.into())]).await;
    revise(&stage.bench, 2);
    assert!(!stage.is_complete().await);
}

#[tokio::test]
async fn lost_record_runs_the_task_again() {
    let stage = Stage::new().await;
    stage.run().await.expect("it succeeds");
    stage.lose_record();
    assert!(stage.found().await.is_empty());
    stage.run().await.expect("it succeeds");
    // Although ECS still has the first task, which stopped with success.
    assert_eq!(stage.ecs.calls("RunTask").len(), 2);
    assert!(stage.is_complete().await);
}

#[tokio::test]
async fn failed_task_is_told_with_its_output_apart() {
    let stage = Stage::new().await;
    stage.ecs.state().next = Plan::Exit { after: 1, code: 3 };
    let error = stage.run().await.expect_err("it fails");
    let text = error.to_string();
    for told in ["exited with code 3", "`task1`", "`migrate/migrate/task1`", "`/ecs/tenant/acme`"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let lines: Vec<String> = error.output().expect("it has lines").lines_for_terminal().collect();
    assert_eq!(lines, ["Migrating", "hunter2: duplicate \\u{1b}[31mkey"]);
    let [call] = &stage.ecs.calls("GetLogEvents")[..] else { panic!("the lines are read once") };
    assert_eq!(call["logStreamName"], "migrate/migrate/task1");
    // What events and receipts contain of an error, and what a report is serialized to.
    let step = FailedStep { address: Address::literal(JOB), verb: Verb::Create, error };
    let stored = [
        chain(&step.error),
        step.reason(),
        format!("{step:?}"),
        step.error.hint().unwrap_or_default().to_owned(),
        serde_json::to_string(&step).expect("it can be serialized"),
    ];
    assert!(stored.iter().all(|text| !text.contains("hunter2")), "{stored:#?}");
    assert!(!stage.is_complete().await);
    stage.ecs.state().next = Plan::Exit { after: 1, code: 0 };
    stage.run().await.expect("it runs again");
    let calls = stage.ecs.calls("RunTask");
    assert_ne!(calls[0]["clientToken"], calls[1]["clientToken"]);
    assert!(stage.is_complete().await);
}

#[tokio::test]
async fn task_that_runs_too_long_is_stopped() {
    let stage = Stage::new().await;
    let short = Migration { timeout_seconds: 1, ..migration() };
    let stage = stage.replanned(&[(JOB, short.into())]).await;
    stage.ecs.state().next = Plan::RunOn;
    let error = stage.run().await.expect_err("it does not end");
    let Error::Migration(failure) = &error else { panic!("{error}") };
    assert_eq!(failure.ending, TaskEnding::TimedOut { seconds: 1 });
    assert_eq!(stage.ecs.calls("StopTask").len(), 1);
    assert!(error.output().is_some());
    assert!(!stage.is_complete().await);
}

#[tokio::test]
async fn task_that_a_new_role_cannot_start_is_started_again() {
    let stage = Stage::new().await;
    stage.ecs.state().next = Plan::Unstarted("ECS was unable to assume the role");
    let run = stage.run();
    let repair = async {
        while stage.ecs.calls("RunTask").len() < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        stage.ecs.state().next = Plan::Exit { after: 0, code: 0 };
    };
    let (run, ()) = tokio::join!(run, repair);
    run.expect("the role is visible in the end");
    let tokens: Vec<_> = stage.ecs.calls("RunTask").iter().map(|call| call["clientToken"].to_string()).collect();
    assert!(tokens.windows(2).all(|pair| pair[0] != pair[1]), "{tokens:?}");
    stage.lose_record();
    stage.ecs.state().next = Plan::Unstarted("CannotPullContainerError: not found");
    let error = stage.run().await.expect_err("that does not pass");
    assert!(error.to_string().contains("CannotPullContainerError: not found"), "{error}");
}

#[tokio::test]
async fn removed_migration_leaves_no_running_task_and_no_record() {
    let stage = Stage::new().await;
    stage.ecs.state().next = Plan::RunOn;
    stage.bench.stop.cancel();
    let error = stage.run().await.expect_err("it is interrupted");
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    assert!(!stage.ecs.state().tasks[0].is_stopped, "an interrupted apply leaves its task running");
    let stage = stage.replanned(&[]).await;
    let [found] = &stage.found().await[..] else { panic!("it is found by its record") };
    assert_eq!((found.address.as_str(), found.digest), (JOB, None));
    provider::delete(&stage.bench.cx(), found).await.expect("it can be removed");
    assert!(stage.ecs.state().tasks[0].is_stopped);
    assert!(stage.found().await.is_empty());
    provider::delete(&stage.bench.cx(), found).await.expect("what is gone is no error");
}
