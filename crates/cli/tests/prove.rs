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
        std::fs::write(repository.path("open.msgpack"), open().encode()).expect("it can be written");
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

/// A plan of which one obligation is refuted: every address can connect to the database.
fn open() -> Plan {
    let open = |fields: &mut Value| fields["peer"] = serde_json::json!({ "cidr": "0.0.0.0/0" });
    plans::changed(&plans::prefixes(), "database/rule/from-clients", open).expect("it is a plan")
}

#[test]
fn apply_refuses_a_plan_that_is_not_proven() {
    let repository = Repository::new();
    let (_, stderr) = repository.expect(4, "apply hostile.msgpack --yes --sandbox=sandbox");
    assert!(stderr.contains("19 of 66 obligations are refuted"), "{stderr}");
    assert!(stderr.contains("this request succeeds: s3:GetObject"), "{stderr}");
    assert!(stderr.contains("--accept-risk iam/identity --accept-risk"), "{stderr}");
    assert!(!repository.path("sandbox").exists(), "nothing was started");
    let (_, stderr) = repository.expect(4, "apply hostile.msgpack --yes --sandbox --accept-risk iam/identity");
    assert!(stderr.contains("18 of 66 obligations") && !stderr.contains("--accept-risk iam/identity"), "{stderr}");
}

#[test]
fn accepted_risks_are_recorded_in_the_receipt() {
    let repository = Repository::new();
    let (_, stderr) = repository.expect(4, "apply open.msgpack --yes --sandbox");
    let (_, flags) = stderr.split_once("add: ").expect("the refusal names the flags");
    let apply = "apply open.msgpack --yes --sandbox=sandbox --receipt receipt";
    repository.expect(0, &format!("{apply} {flags}"));
    let (json, _) = repository.expect(0, "show receipt --format json");
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    let accepted = json["isolation"]["accepted_risks"].as_array().expect("a list").iter();
    let accepted: Vec<String> = accepted.map(|id| format!("--accept-risk {}", id.as_str().expect("an id"))).collect();
    assert_eq!(accepted.join(" "), flags.trim());
    let (text, _) = repository.expect(0, "show receipt");
    assert!(text.contains("; accepted although refuted: network/"), "{text}");
}

#[test]
fn apply_takes_only_a_certificate_of_its_plan() {
    let repository = Repository::new();
    repository.expect(0, "prove plan.msgpack --certificate certificate");
    repository.expect(2, "prove open.msgpack --certificate other");
    repository.expect(0, "apply plan.msgpack --yes --sandbox --certificate certificate");
    let (_, stderr) = repository.expect(4, "apply plan.msgpack --yes --sandbox --certificate other");
    assert!(stderr.contains("the certificate is for plan"), "{stderr}");
    let (_, stderr) = repository.expect(2, "apply plan.msgpack --yes --sandbox --certificate saas.toml");
    assert!(stderr.contains("`saas.toml` is not a certificate"), "{stderr}");
}

#[test]
fn rehearsal_states_the_proof_and_who_may_newly_reach_what() {
    let repository = Repository::new();
    let (text, _) = repository.expect(0, "rehearse plan.msgpack");
    assert!(text.contains("\nisolation: 66 obligations proven for 3 tenants"), "{text}");
    std::fs::write(repository.path("prefixes.msgpack"), plans::prefixes().encode()).expect("it can be written");
    let words = "rehearse open.msgpack --from prefixes.msgpack";
    let (text, _) = repository.expect(4, words);
    assert!(text.contains("apply refuses this plan") && text.contains("0.0.0.0/0"), "{text}");
    let (json, _) = repository.expect(4, &format!("{words} --format json"));
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert!(json["proof"]["refuted"].as_u64() > Some(0), "{json}");
    assert!(json["proof"]["changes"]["opened"].as_array().is_some_and(|opened| !opened.is_empty()), "{json}");
}

#[cfg(unix)]
#[test]
fn pipe_is_refused_as_a_plan() {
    let repository = Repository::new();
    let pipe = repository.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there");
    assert!(made.success());
    for words in ["show pipe", "apply pipe --yes --sandbox", "apply plan.msgpack --yes --sandbox --certificate pipe"] {
        let (_, stderr) = repository.expect(2, words);
        assert!(stderr.contains("pass a regular file"), "{words}: {stderr}");
    }
}

#[test]
fn connections_to_other_machines_are_encrypted() {
    let repository = Repository::new();
    for flag in [
        "--endpoint-url http://moto.example.com:5000",
        "--database-tls disable",
        "--database-tls disable --database-hostaddr 10.0.0.1:5432",
    ] {
        let (_, stderr) = repository.expect(2, &format!("status plan.msgpack {flag}"));
        assert!(stderr.contains("--allow-unencrypted-remote-connections"), "{flag}: {stderr}");
    }
}

#[cfg(unix)]
#[test]
fn endpoints_of_the_environment_are_checked_beside_values_that_are_not_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let repository = Repository::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_saas"));
    command.args(["status", "plan.msgpack"]).current_dir(repository.0.path()).env_clear();
    command.env("AREA", std::ffi::OsStr::from_bytes(b"Z\xfcrich"));
    command.env("AWS_ENDPOINT_URL_S3", "http://moto.example.com:5000");
    let Output { status, stderr, .. } = command.output().expect("the command starts");
    let stderr = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("`AWS_ENDPOINT_URL_S3` would send credentials or data unencrypted"), "{stderr}");
}

#[test]
fn fixture_is_proven_in_every_format() {
    let repository = Repository::new();
    let (text, stderr) = repository.expect(0, "prove plan.msgpack");
    assert!(text.contains("66 obligations proven for 3 tenants") && stderr.is_empty(), "{text}{stderr}");
    let (json, _) = repository.expect(0, "prove plan.msgpack --format json");
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["obligations"].as_array().map(Vec::len), Some(66), "{json}");
    assert!(text.contains(json["id"].as_str().expect("an id")), "{text}");
    let (markdown, _) = repository.expect(0, "prove plan.msgpack --format markdown");
    assert!(markdown.starts_with("### saas prove: 66 obligations proven for 3 tenants"), "{markdown}");
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
    assert!(text.contains("NOT PROVEN: 19 of 66 obligations"), "{text}");
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
    assert!(shown.contains("  isolation   66 obligations proven for 3 tenants"), "{shown}");
    let (shown, _) = repository.expect(0, "show hostile.msgpack");
    assert!(shown.contains("  isolation   NOT PROVEN: 19 of 66 obligations"), "{shown}");
    let (json, _) = repository.expect(0, "show plan.msgpack --format json");
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!((&json["proof"]["obligations"], &json["proof"]["refuted"]), (&66.into(), &0.into()));

    let (same, _) = repository.expect(0, "diff plan.msgpack plan.msgpack");
    assert!(same.contains("isolation: nothing is newly reachable; 66 obligations proven"), "{same}");
    let (opened, _) = repository.expect(0, "diff plan.msgpack hostile.msgpack --format markdown");
    let first = opened.find("#### ").map(|at| &opened[at..]).expect("there are sections");
    assert!(first.starts_with("#### who may newly reach what"), "{opened}");
    let (json, _) = repository.expect(0, "diff plan.msgpack hostile.msgpack --format json");
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["proof"]["opened"].as_array().map(Vec::len), Some(19), "{json}");
    assert!(json["nodes"].is_object(), "the difference of the plans is beside it: {json}");
}
