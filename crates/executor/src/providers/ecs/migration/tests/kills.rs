//! Applies that are killed at every call, and what the next apply does.

use tokio_util::sync::CancellationToken;

use super::fake::{Kill, Plan};
use super::*;

/// What happens between the kill and the next apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meanwhile {
    /// The next apply follows at once.
    Nothing,
    /// The task ends.
    Ends,
    /// The task ends, and ECS forgets it.
    EndsLongAgo,
}

/// Runs an apply that is killed at a call. Returns whether it got that far.
async fn killed(stage: &Stage, at: usize, has_effect: bool) -> bool {
    let token = CancellationToken::new();
    {
        let mut state = stage.ecs.state();
        state.calls.clear();
        state.kill = Some(Kill { at, has_effect, token: token.clone() });
    }
    let killed = tokio::select! {
        biased;
        () = token.cancelled() => true,
        ended = stage.run() => {
            ended.expect("without a kill it succeeds");
            false
        }
    };
    stage.ecs.state().kill = None;
    killed
}

#[tokio::test]
async fn apply_killed_at_any_call_is_continued_without_a_second_task() {
    for meanwhile in [Meanwhile::Nothing, Meanwhile::Ends, Meanwhile::EndsLongAgo] {
        for has_effect in [true, false] {
            let stage = Stage::new().await;
            let mut at = 1;
            loop {
                stage.lose_record();
                stage.ecs.state().tasks.clear();
                let was_killed = killed(&stage, at, has_effect).await;
                match meanwhile {
                    Meanwhile::Nothing => {}
                    Meanwhile::Ends => stage.ecs.end_all(),
                    Meanwhile::EndsLongAgo => {
                        stage.ecs.end_all();
                        stage.ecs.forget_stopped();
                    }
                }
                let told = format!("killed at call {at}, effect {has_effect}, {meanwhile:?}");
                stage.run().await.unwrap_or_else(|error| panic!("{told}: {error}"));
                assert!(stage.is_complete().await, "{told}");
                let tasks = stage.ecs.state().tasks.len();
                let at_once = stage.ecs.state().most_at_once;
                // A task that ECS has forgotten may have run, with an unknown outcome.
                assert!(tasks <= 1 && at_once <= 1, "{told}: {tasks} tasks, {at_once} at once");
                if !was_killed {
                    break;
                }
                at += 1;
            }
            assert!(at > 3, "the apply makes several calls");
        }
    }
}

#[tokio::test]
async fn running_task_of_a_killed_apply_is_found_and_waited_for() {
    let stage = Stage::new().await;
    stage.ecs.state().next = Plan::RunOn;
    // The listing, the start, and a description.
    assert!(killed(&stage, 3, true).await);
    assert_eq!(stage.ecs.state().tasks.len(), 1);
    stage.ecs.all_tasks(Plan::Exit { after: 2, code: 0 });
    stage.run().await.expect("the task succeeds");
    assert_eq!(stage.ecs.state().tasks.len(), 1);
    assert!(stage.is_complete().await);
}

#[tokio::test]
async fn task_that_failed_after_a_kill_runs_again() {
    let stage = Stage::new().await;
    assert!(killed(&stage, 3, true).await);
    stage.ecs.all_tasks(Plan::Exit { after: 0, code: 1 });
    stage.ecs.end_all();
    stage.run().await.expect("the second task succeeds");
    let state = stage.ecs.state();
    assert_eq!((state.tasks.len(), state.most_at_once), (2, 1));
    assert_ne!(state.tasks[0].request["clientToken"], state.tasks[1].request["clientToken"]);
}

#[tokio::test]
async fn task_of_an_earlier_plan_ends_before_that_of_the_next_one_starts() {
    let stage = Stage::new().await;
    assert!(killed(&stage, 3, true).await);
    // The next plan has another image and another job.
    let job = "tenant/acme-corp/job/renamed";
    let stage = stage.replanned(&[(job, migration().into())]).await;
    revise(&stage.bench, 2);
    let node = stage.bench.node(job);
    provider::create(&stage.bench.cx().at(&node.address), node).await.expect("it succeeds");
    {
        let state = stage.ecs.state();
        assert_eq!((state.tasks.len(), state.most_at_once), (2, 1));
        assert!(state.tasks.iter().all(|task| task.is_stopped));
    }
    let found = stage.found().await;
    assert_eq!(found.iter().map(|found| found.address.as_str()).collect::<Vec<_>>(), [job]);
}

#[tokio::test]
async fn start_with_an_unknown_effect_is_repeated_with_the_same_token() {
    let stage = Stage::new().await;
    // The second call is the start; its answer is lost with the process.
    assert!(killed(&stage, 2, true).await);
    stage.ecs.state().lists_are_late = true;
    stage.run().await.expect("the task succeeds");
    let calls = stage.ecs.calls("RunTask");
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0], calls[1]);
    assert_eq!(stage.ecs.state().tasks.len(), 1);
}
