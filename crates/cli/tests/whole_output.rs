//! Compares the whole output and the exit codes of commands with snapshots.
//!
//! Values that differ between runs (times, run ids, the order of parallel steps) are normalised first;
//! the rest is compared exactly. `cargo insta review` accepts intended changes.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use saas_model::Spec;
use tempfile::TempDir;

/// A directory with a spec and its plan.
struct Repository(TempDir);

impl Repository {
    /// The smallest platform: two zones and one tenant.
    fn small() -> Self {
        let repository = Self(tempfile::tempdir().expect("a directory can be made"));
        std::fs::write(repository.0.path().join("saas.toml"), Spec::EXAMPLE).expect("the spec can be written");
        repository.output_of("plan");
        repository
    }

    /// The first fixture, with three tenants.
    fn fixture() -> Self {
        let repository = Self(tempfile::tempdir().expect("a directory can be made"));
        let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/saas-platform");
        for file in ["saas.toml", "saas.lock", "plan.msgpack"] {
            std::fs::copy(fixture.join(file), repository.0.path().join(file)).expect("the fixture is complete");
        }
        repository
    }

    /// Replaces `from` in the spec; panics if the spec does not contain it.
    fn edit(&self, from: &str, to: &str) {
        let path = self.0.path().join("saas.toml");
        let spec = std::fs::read_to_string(&path).expect("the spec is text");
        assert!(spec.contains(from), "{from}");
        std::fs::write(path, spec.replace(from, to)).expect("the spec can be written");
    }

    /// The output and exit code of a command.
    fn output_of(&self, words: &str) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saas"));
        command.args(words.split_whitespace()).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        let Output { status, stdout, stderr } = command.output().expect("saas runs");
        let mut text = format!("$ saas {words}\n");
        for (name, bytes) in [("stdout", stdout), ("stderr", stderr)] {
            let printed = in_order(&String::from_utf8(bytes).expect("the command writes text"));
            if !printed.is_empty() {
                let _ = write!(text, "--- {name}\n{printed}");
            }
        }
        let code = status.code().expect("no signal ended it");
        let _ = write!(text, "--- exit {code}\n\n");
        text
    }

    /// The output of several commands in order.
    fn outputs_of(&self, commands: &[&str]) -> String {
        commands.iter().map(|words| self.output_of(words)).collect()
    }
}

/// Whether a line belongs to a step, whose order relative to other steps varies. Verbs are
/// right-aligned.
fn is_step(line: &str) -> bool {
    line.starts_with("  ") && line.trim_start().split(' ').nth(1).is_some_and(|address| address.contains('/'))
}

/// Whether a line reports a wait, which depends on the machine's speed.
fn is_wait(line: &str) -> bool {
    ["waiting ", "retrying "].iter().any(|verb| line.starts_with(' ') && line.trim_start().starts_with(verb))
}

/// Sorts consecutive step lines by address; lines of the same address keep their order.
fn in_order(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().filter(|line| !is_wait(line)).collect();
    for steps in lines.chunk_by_mut(|a, b| is_step(a) == is_step(b)) {
        if is_step(steps[0]) {
            steps.sort_by_key(|line| line.split_whitespace().nth(1));
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

macro_rules! assert_shown {
    ($name:literal, $text:expr) => {
        insta::with_settings!({ omit_expression => true, filters => FILTERS.to_vec() }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

/// Filters for values that differ between runs.
const FILTERS: [(&str, &str); 8] = [
    (r"\d{8}T\d{6}Z-[0-9a-f]{8}", "[time]-[id]"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  [0-9a-f]{8}", "[time]  [id]"),
    (r"receipt [0-9a-f]{8}", "receipt [id]"),
    (r" in \d[\d.]* s\b", " in [time]"),
    (r"at most \d+ at a time", "at most [number] at a time"),
    (r"\.cluster-[a-z0-9]{12}\.", ".cluster-[id]."),
    (r"-\d+\.us-east-1\.elb", "-[id].us-east-1.elb"),
    // The number of polling calls depends on the machine.
    (r"(calls to AWS[^:\n]*): \d+, of them [1-9]\d* mutating: .*", "$1: [calls]"),
];

const DESTROY: &str = "destroy plan.msgpack --sandbox=aws --yes --allow-data-loss tenant --allow-data-loss database";

#[test]
fn from_a_spec_to_a_plan() {
    let repository = Repository::fixture();
    let mut text = repository.outputs_of(&["plan", "plan --check", "show plan.msgpack"]);
    repository.edit("cpu_target = 60", "cpu_target = 50");
    repository.edit("id = \"initech-llc\"", "id = \"hooli-xyz\"");
    text += &repository.outputs_of(&[
        "plan --check",
        "plan --out new.msgpack",
        "diff plan.msgpack new.msgpack --exit-code",
        "diff plan.msgpack new.msgpack --format markdown",
        "diff plan.msgpack plan.msgpack --exit-code",
    ]);
    assert_shown!("from_a_spec_to_a_plan", text);
}

#[test]
fn invalid_spec() {
    let repository = Repository::fixture();
    let mut text = String::new();
    for (from, to) in [
        ("retention_days = 30", "retention_days = 31"),
        ("id = \"acme-corp\"", "id = \"Acme\""),
        ("engine_version", "engine_versoin"),
    ] {
        repository.edit(from, to);
        text += &repository.output_of("plan");
    }
    text += &repository.outputs_of(&[
        "plan --check",
        "plan --spec missing.toml",
        "show saas.toml",
        "show missing.msgpack",
        "aply",
    ]);
    assert_shown!("invalid_spec", text);
}

#[test]
fn rehearsal() {
    let repository = Repository::small();
    repository.edit("cpu_target = 60", "cpu_target = 50");
    let text = repository.outputs_of(&[
        "rehearse plan.msgpack",
        "plan --out new.msgpack",
        "rehearse new.msgpack --from plan.msgpack",
        "review new.msgpack --from plan.msgpack",
        "review new.msgpack --from plan.msgpack --format markdown",
        "review plan.msgpack --from plan.msgpack --format markdown",
    ]);
    assert_shown!("rehearsal", text);
}

#[test]
fn permissions() {
    let repository = Repository::small();
    let text = repository.outputs_of(&[
        "permissions plan.msgpack",
        "permissions plan.msgpack --read-only --format terraform --github acme/infra",
        "permissions plan.msgpack --read-only --format cloudformation --github acme/infra:production",
        "permissions plan.msgpack --github acme",
    ]);
    assert_shown!("permissions", text);
}

#[test]
fn lifecycle_of_a_platform() {
    let repository = Repository::small();
    let text = repository.outputs_of(&[
        "status plan.msgpack --sandbox=aws",
        "lease show plan.msgpack --sandbox=aws",
        "outputs plan.msgpack --sandbox=aws",
        "apply plan.msgpack --sandbox=aws --yes",
        "apply plan.msgpack --sandbox=aws --yes",
        "status plan.msgpack --sandbox=aws",
        "verify plan.msgpack --sandbox=aws",
        "outputs plan.msgpack --sandbox=aws",
        "history plan.msgpack --sandbox=aws",
        "lease show plan.msgpack --sandbox=aws",
        "lease show plan.msgpack --sandbox=aws --format json",
        "lease break plan.msgpack --sandbox=aws",
        "destroy plan.msgpack --sandbox=aws --yes",
        DESTROY,
        DESTROY,
    ]);
    assert_shown!("lifecycle_of_a_platform", text);
}
