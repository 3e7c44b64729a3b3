//! Compares the sandbox with known responses of AWS: the facts of `crates/sandbox/truth`, each replayed
//! to a new sandbox.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use fs_err as fs;
use saas_sandbox::{Account, Dials, Lag, Pace, Sandbox, Service, Settings, Time};
use saas_tests::setup;
use serde_json::Value;

/// The directory of the facts.
const TRUTH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/sandbox/truth");

/// The facts of all files, by id.
fn facts() -> BTreeMap<String, Value> {
    let files = fs::read_dir(Path::new(TRUTH)).expect("the directory of facts exists");
    let files = files.map(|entry| entry.expect("it can be read").path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut facts = BTreeMap::new();
    for path in files {
        let text = fs::read(&path).expect("it can be read");
        let file: Value = serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for fact in file["facts"].as_array().into_iter().flatten() {
            let id = fact["id"].as_str().expect("a fact has an id").to_owned();
            assert!(facts.insert(id.clone(), fact.clone()).is_none(), "duplicate fact {id}");
        }
    }
    facts
}

/// A sandbox for a fact: without latency and with all dials off, unless the fact sets them.
fn sandbox(fact: &Value) -> Sandbox {
    let seconds = |value: &Value| Duration::from_secs_f64(value.as_f64().expect("seconds"));
    let mut dials = Dials::default();
    for (dial, value) in fact["dials"].as_object().into_iter().flatten() {
        match dial.as_str() {
            "linked_roles" => dials.linked_roles = seconds(value),
            "versioning" => dials.versioning = seconds(value),
            "bucket_names" => dials.bucket_names = seconds(value),
            "passed_roles" => dials.passed_roles = seconds(value),
            "staleness" => {
                for (name, lag) in value.as_object().expect("services") {
                    let service = Service::ALL.into_iter().find(|service| service.signing_name() == name);
                    let lag = Lag::of_creations(seconds(lag));
                    dials.staleness = std::mem::take(&mut dials.staleness).with(service.expect("a service"), lag);
                }
            }
            other => panic!("unknown dial {other}"),
        }
    }
    let pace = match fact["pace"].as_str() {
        Some("realistic") => Pace::Realistic,
        Some(other) => panic!("unknown pace {other}"),
        None => Pace::Instant,
    };
    Sandbox::new(Settings { account: Account::example("us-east-1"), beginning: Time::BEGINNING, pace, dials })
}

/// Replays facts on request.
struct Replayer {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Replayer {
    fn start() -> Self {
        let mut python = Command::new(setup::python().expect("Python is set up").join("python3"));
        python.args(["-B", "truth"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        let mut process = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python runs");
        let input = process.stdin.take().expect("it is piped");
        let output = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        Self { _process: process, input, output }
    }

    /// Replays a fact and returns the differences, if any.
    fn replay(&mut self, id: &str, endpoint: &str) -> Option<String> {
        writeln!(self.input, "{id} {endpoint}").expect("it is read");
        let answer = self.output.next().expect("it answers").expect("a text");
        (answer != "ok").then(|| format!("{id}: {answer}"))
    }
}

#[tokio::test]
async fn sandbox_responds_like_aws() {
    let facts = facts();
    assert!(facts.len() >= 200, "only {} facts were found", facts.len());
    let mut replayer = Replayer::start();
    let mut wrong = Vec::new();
    for (id, fact) in facts {
        let served = sandbox(&fact).serve().expect("a loopback port is free");
        let url = served.url();
        // The server may run on this thread's runtime, which must not be blocked.
        let (returned, answer) = tokio::task::spawn_blocking(move || {
            let answer = replayer.replay(&id, &url);
            (replayer, answer)
        })
        .await
        .expect("it is replayed");
        replayer = returned;
        wrong.extend(answer);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
