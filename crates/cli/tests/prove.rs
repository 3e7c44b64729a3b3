//! Tests of `saas prove`, and of the commands that refuse a plan that is not proven.

#[path = "../../prover/tests/common/mod.rs"]
mod plans;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use saas_model::Plan;
use saas_prover::{Certificate, check};
use serde_json::Value;
use tempfile::TempDir;

/// A directory with the first fixture, and a plan that opens everything.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("a directory can be made"));
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/saas-platform");
        for file in ["saas.toml", "saas.lock", "plan.msgpack"] {
            std::fs::copy(fixture.join(file), repository.path(file)).expect("the fixture is complete");
        }
        std::fs::write(repository.path("hostile.msgpack"), plans::hostile().encode()).expect("it can be written");
        repository
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn read(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.path(file)).expect("the file is there")
    }

    /// Runs a command that must exit with `code`; returns its stdout and stderr.
    fn expect(&self, code: i32, words: &str) -> (String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saas"));
        command.args(words.split_whitespace()).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        let Output { status, stdout, stderr } = command.output().expect("the command starts");
        let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).expect("it writes text"));
        assert_eq!(status.code(), Some(code), "saas {words}\n{stdout}\n{stderr}");
        (stdout, stderr)
    }
}

#[test]
fn fixture_is_proven_in_every_format() {
    let repository = Repository::new();
    let (text, stderr) = repository.expect(0, "prove plan.msgpack");
    assert!(text.contains("51 obligations proven for 3 tenants") && stderr.is_empty(), "{text}{stderr}");
    let (json, _) = repository.expect(0, "prove plan.msgpack --format json");
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["obligations"].as_array().map(Vec::len), Some(51), "{json}");
    assert!(text.contains(json["id"].as_str().expect("an id")), "{text}");
    let (markdown, _) = repository.expect(0, "prove plan.msgpack --format markdown");
    assert!(markdown.starts_with("### saas prove: 51 obligations proven for 3 tenants"), "{markdown}");
}

#[test]
fn written_certificate_can_be_checked() {
    let repository = Repository::new();
    repository.expect(0, "prove plan.msgpack --certificate certificate");
    let plan = Plan::decode(&repository.read("plan.msgpack")).expect("it is a plan");
    let certificate = Certificate::decode(&repository.read("certificate")).expect("it is a certificate");
    assert!(check(&plan, &certificate).expect("it holds").is_proven());
    assert!(check(&plans::prefixes(), &certificate).is_err(), "it is about another plan");
    let (_, stderr) = repository.expect(1, "prove plan.msgpack --certificate missing/certificate");
    assert!(stderr.contains("`missing/certificate` cannot be written"), "{stderr}");
}

#[test]
fn open_plan_is_refuted_with_counterexamples() {
    let repository = Repository::new();
    let (text, _) = repository.expect(2, "prove hostile.msgpack --certificate certificate");
    assert!(text.contains("NOT PROVEN: 14 of 51 obligations"), "{text}");
    for attack in ["this request succeeds: s3:", "SET ROLE", "Host: acm", "0.0.0.0/0 -> database/rule/from-clients"] {
        assert!(text.contains(attack), "{attack}: {text}");
    }
    let certificate = Certificate::decode(&repository.read("certificate")).expect("it is a certificate");
    assert!(!check(&plans::hostile(), &certificate).expect("a refutation is valid").is_proven());
    let (json, _) = repository.expect(2, "prove hostile.msgpack --format json");
    assert!(json.contains("\"counterexample\""), "{json}");
}

#[test]
fn plan_check_refuses_a_plan_that_opens_everything() {
    let repository = Repository::new();
    std::fs::copy(repository.path("hostile.msgpack"), repository.path("plan.msgpack")).expect("it can be copied");
    let (stdout, stderr) = repository.expect(2, "plan --check");
    assert!(stdout.is_empty(), "{stdout}");
    assert!(stderr.contains("iam/identity") && stderr.contains("this request succeeds: s3:"), "{stderr}");
    // Planning again repairs it.
    repository.expect(0, "plan");
    repository.expect(0, "plan --check");
}

#[test]
fn plan_writes_no_plan_in_which_a_tenant_is_the_provisioner() {
    let repository = Repository::new();
    let spec = String::from_utf8(repository.read("saas.toml")).expect("it is text");
    let tenants = "role/saas/development/saas-platform-acme-corp-task";
    std::fs::write(repository.path("saas.toml"), spec.replace("role/saas-provisioner", tenants))
        .expect("it is written");
    let before = repository.read("plan.msgpack");
    let (_, stderr) = repository.expect(2, "plan");
    assert!(stderr.contains("iam/administrators"), "{stderr}");
    assert_eq!(repository.read("plan.msgpack"), before);
}

#[test]
fn show_and_diff_state_what_is_proven() {
    let repository = Repository::new();
    let (shown, _) = repository.expect(0, "show plan.msgpack");
    assert!(shown.contains("  isolation   51 obligations proven for 3 tenants"), "{shown}");
    let (shown, _) = repository.expect(0, "show hostile.msgpack");
    assert!(shown.contains("  isolation   NOT PROVEN: 14 of 51 obligations"), "{shown}");
    let (json, _) = repository.expect(0, "show plan.msgpack --format json");
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!((&json["proof"]["obligations"], &json["proof"]["refuted"]), (&51.into(), &0.into()));

    let (same, _) = repository.expect(0, "diff plan.msgpack plan.msgpack");
    assert!(same.contains("isolation: nothing is newly reachable; 51 obligations proven"), "{same}");
    let (opened, _) = repository.expect(0, "diff plan.msgpack hostile.msgpack --format markdown");
    let first = opened.find("#### ").map(|at| &opened[at..]).expect("there are sections");
    assert!(first.starts_with("#### who may newly reach what"), "{opened}");
    let (json, _) = repository.expect(0, "diff plan.msgpack hostile.msgpack --format json");
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["proof"]["opened"].as_array().map(Vec::len), Some(14), "{json}");
    assert!(json["nodes"].is_object(), "the difference of the plans is beside it: {json}");
}
