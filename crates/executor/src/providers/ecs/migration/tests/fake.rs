//! A small ECS that runs tasks, forgets nothing, and can be asked how many ran at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::testing::application::CLUSTER_ARN;

/// What the tasks do that are started from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// They run for so many descriptions, and end with this exit code.
    Exit { after: u32, code: i32 },
    /// They never end.
    RunOn,
    /// ECS cannot start them, for the reason.
    Unstarted(&'static str),
}

#[derive(Clone, Debug)]
pub(super) struct FakeTask {
    pub(super) request: Value,
    pub(super) arn: String,
    plan: Plan,
    pub(super) is_stopped: bool,
    was_stopped_by_call: bool,
}

/// When the process that calls is killed.
#[derive(Clone, Debug)]
pub(super) struct Kill {
    /// The number of the call at which it is killed, beginning with 1.
    pub(super) at: usize,
    /// Whether that call still has its effect.
    pub(super) has_effect: bool,
    pub(super) token: CancellationToken,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) tasks: Vec<FakeTask>,
    pub(super) next: Plan,
    pub(super) calls: Vec<(String, Value)>,
    pub(super) most_at_once: usize,
    pub(super) kill: Option<Kill>,
    /// Whether listings do not show the tasks yet, as ECS is eventually consistent.
    pub(super) lists_are_late: bool,
    lines: Vec<String>,
}

/// The server and what it knows.
pub(super) struct FakeEcs {
    pub(super) server: MockServer,
    state: Arc<Mutex<State>>,
}

struct Answers(Arc<Mutex<State>>);

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeEcs {
    pub(super) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            tasks: Vec::new(),
            next: Plan::Exit { after: 2, code: 0 },
            calls: Vec::new(),
            most_at_once: 0,
            kill: None,
            lists_are_late: false,
            lines: vec!["Migrating".into(), "hunter2: duplicate \u{1b}[31mkey".into()],
        }));
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(Answers(state.clone())).mount(&server).await;
        Self { server, state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The bodies of all calls of an operation.
    pub(super) fn calls(&self, operation: &str) -> Vec<Value> {
        let state = self.state();
        state.calls.iter().filter(|(name, _)| name == operation).map(|(_, body)| body.clone()).collect()
    }

    /// What the tasks of before do now.
    pub(super) fn all_tasks(&self, plan: Plan) {
        self.state().tasks.iter_mut().for_each(|task| task.plan = plan);
    }

    /// Ends every running task while no apply looks.
    pub(super) fn end_all(&self) {
        self.state().tasks.iter_mut().for_each(|task| task.is_stopped = true);
    }

    /// An hour later.
    pub(super) fn forget_stopped(&self) {
        self.state().tasks.retain(|task| !task.is_stopped);
    }
}

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let target = request.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body: Value = request.body_json().expect("the body is JSON");
        let mut state = lock(&self.0);
        state.calls.push((operation.clone(), body.clone()));
        let count = state.calls.len();
        if let Some(Kill { has_effect, token, .. }) = state.kill.clone().filter(|kill| kill.at == count) {
            if has_effect {
                answer(&mut state, &operation, &body);
            }
            token.cancel();
            // The caller was killed: no response may let it continue before it notices.
            return ResponseTemplate::new(400).set_body_json(json!({ "__type": "Killed" })).set_delay(LONG);
        }
        ResponseTemplate::new(200).set_body_json(answer(&mut state, &operation, &body))
    }
}

const LONG: std::time::Duration = std::time::Duration::from_secs(30);

fn answer(state: &mut State, operation: &str, body: &Value) -> Value {
    match operation {
        "RunTask" => run(state, body),
        "ListTasks" => list(state, body),
        "DescribeTasks" => describe(state, body),
        "StopTask" => {
            for task in state.tasks.iter_mut().filter(|task| body["task"] == task.arn.as_str()) {
                task.is_stopped = true;
                task.was_stopped_by_call = true;
            }
            json!({})
        }
        "GetLogEvents" => {
            let events: Vec<Value> = state.lines.iter().map(|line| json!({ "message": line })).collect();
            json!({ "events": events })
        }
        other => panic!("an unexpected call: {other}"),
    }
}

fn run(state: &mut State, body: &Value) -> Value {
    let known = state.tasks.iter().find(|task| task.request["clientToken"] == body["clientToken"]).cloned();
    let task = known.unwrap_or_else(|| {
        let plan = state.next;
        let arn = format!("arn:aws:ecs:us-east-1:123456789012:task/saas-platform/task{}", state.tasks.len() + 1);
        let is_stopped = matches!(plan, Plan::Unstarted(_));
        let task = FakeTask { request: body.clone(), arn, plan, is_stopped, was_stopped_by_call: false };
        state.tasks.push(task.clone());
        task
    });
    let running = state.tasks.iter().filter(|task| !task.is_stopped).count();
    state.most_at_once = state.most_at_once.max(running);
    json!({ "tasks": [shown(&task)], "failures": [] })
}

fn list(state: &State, body: &Value) -> Value {
    let filters = body.as_object().expect("it is an object");
    assert_eq!(body["cluster"], CLUSTER_ARN);
    if state.lists_are_late {
        return json!({ "taskArns": [] });
    }
    let matches = |task: &&FakeTask| match (filters.get("startedBy"), filters.get("family")) {
        (Some(started_by), None) => {
            assert_eq!(filters.len(), 2, "ECS accepts no other filter beside it: {body}");
            !task.is_stopped && task.request["startedBy"] == *started_by
        }
        (None, Some(family)) => {
            assert_eq!(body["desiredStatus"], "STOPPED");
            let definition = task.request["taskDefinition"].as_str().unwrap_or_default();
            task.is_stopped && definition.contains(&format!("/{}:", family.as_str().unwrap_or_default()))
        }
        other => panic!("an unexpected listing: {other:?}"),
    };
    let arns: Vec<&str> = state.tasks.iter().filter(matches).map(|task| task.arn.as_str()).collect();
    json!({ "taskArns": arns })
}

fn describe(state: &mut State, body: &Value) -> Value {
    assert_eq!(body["include"], json!(["TAGS"]));
    let wanted = body["tasks"].as_array().expect("it names tasks").clone();
    let mut found = Vec::new();
    for task in state.tasks.iter_mut().filter(|task| wanted.contains(&json!(task.arn))) {
        if let (Plan::Exit { after, code }, false) = (task.plan, task.is_stopped) {
            task.is_stopped = after == 0;
            task.plan = Plan::Exit { after: after.saturating_sub(1), code };
        }
        found.push(shown(task));
    }
    json!({ "tasks": found, "failures": [] })
}

fn shown(task: &FakeTask) -> Value {
    let mut container = json!({ "name": "migrate", "lastStatus": "RUNNING" });
    let mut shown = json!({
        "taskArn": task.arn,
        "taskDefinitionArn": task.request["taskDefinition"],
        "startedBy": task.request["startedBy"],
        "tags": task.request["tags"],
        "lastStatus": if task.is_stopped { "STOPPED" } else { "RUNNING" },
    });
    if task.is_stopped {
        match task.plan {
            Plan::Exit { code, .. } if !task.was_stopped_by_call => container["exitCode"] = json!(code),
            Plan::Unstarted(reason) => {
                shown["stopCode"] = json!("TaskFailedToStart");
                shown["stoppedReason"] = json!(reason);
            }
            Plan::Exit { .. } | Plan::RunOn => container["exitCode"] = json!(143),
        }
    }
    shown["containers"] = json!([{ "name": "sidecar", "exitCode": 7 }, container]);
    shown
}
