//! Tests of `saas init` and `saas schema`.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const FLAGS: &str = "init --name shop --account 123456789012 --region eu-west-1 --domain shop.example.com --tenant acme --tenant globex";

const ATTRIBUTES: &str = "*.msgpack diff=saas\nsaas.toml merge=saas-spec\nsaas.lock merge=saas-lock\n";

/// An empty directory.
struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory can be made"))
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).expect("the file is there")
    }

    /// Runs a command that must exit with `code`; returns its stdout and stderr.
    fn saas(&self, words: &str, code: i32) -> (String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saas"));
        command.args(words.split_whitespace()).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        let Output { status, stdout, stderr } = command.output().expect("saas runs");
        let text = |bytes| String::from_utf8(bytes).expect("the command writes text");
        let (stdout, stderr) = (text(stdout), text(stderr));
        assert_eq!(status.code(), Some(code), "saas {words}\n{stdout}\n{stderr}");
        (stdout, stderr)
    }
}

#[test]
fn first_spec_is_planned_and_proven() {
    let directory = Directory::new();
    let (stdout, _) = directory.saas(FLAGS, 0);
    assert!(stdout.starts_with("saas.toml: written, platform `shop`\n.gitattributes: "), "{stdout}");
    assert!(stdout.contains("\n  git config diff.saas.textconv \"saas show\""), "{stdout}");
    assert!(stdout.contains("\n  git config merge.saas-spec.driver \"saas merge-driver spec %O %A %B "), "{stdout}");
    assert_eq!(directory.read(".gitattributes"), ATTRIBUTES);
    let (stdout, _) = directory.saas("plan", 0);
    assert!(stdout.contains(" obligations proven for 2 tenants"), "{stdout}");
    let (stdout, _) = directory.saas("show plan.msgpack", 0);
    assert!(stdout.contains("tenant/acme/service/web") && stdout.contains("tenant/globex/service/web"), "{stdout}");
    directory.saas("plan --check", 0);
}

#[cfg(feature = "embedded-postgres")]
#[test]
fn first_spec_is_rehearsed() {
    let directory = Directory::new();
    directory.saas(FLAGS, 0);
    directory.saas("plan", 0);
    let (stdout, _) = directory.saas("rehearse plan.msgpack", 0);
    assert!(stdout.starts_with("rehearsal succeeded"), "{stdout}");
}

#[test]
fn spec_is_never_overwritten() {
    let directory = Directory::new();
    std::fs::write(directory.path("saas.toml"), "# mine\n").expect("the file can be written");
    let (_, stderr) = directory.saas(FLAGS, 4);
    assert!(stderr.starts_with("error: `saas.toml` exists already\nhint: "), "{stderr}");
    assert_eq!(directory.read("saas.toml"), "# mine\n");
    assert!(!directory.path(".gitattributes").exists());
}

#[test]
fn attributes_join_those_of_the_repository() {
    let directory = Directory::new();
    std::fs::write(directory.path(".gitattributes"), "*.png binary").expect("the file can be written");
    directory.saas(FLAGS, 0);
    assert_eq!(directory.read(".gitattributes"), format!("*.png binary\n{ATTRIBUTES}"));
    std::fs::remove_file(directory.path("saas.toml")).expect("it is there");
    let (stdout, _) = directory.saas(FLAGS, 0);
    assert!(!stdout.contains("gitattributes"), "{stdout}");
    assert_eq!(directory.read(".gitattributes"), format!("*.png binary\n{ATTRIBUTES}"));
}

#[test]
fn missing_and_invalid_answers_write_nothing() {
    let directory = Directory::new();
    let (_, stderr) = directory.saas("init --name shop --region eu-west-1", 2);
    assert!(stderr.starts_with("error: there is no answer for --account, --domain, --tenant\nhint: add "), "{stderr}");
    let (_, stderr) = directory.saas(&FLAGS.replace("123456789012", "12"), 2);
    assert!(stderr.contains("is not a valid AWS account id"), "{stderr}");
    // Each answer is valid, and they do not fit together.
    let (_, stderr) = directory.saas(&format!("{FLAGS} --tenant acme"), 2);
    assert!(stderr.contains("duplicate") && stderr.contains("saas.toml"), "{stderr}");
    assert!(!directory.path("saas.toml").exists() && !directory.path(".gitattributes").exists());
}

#[test]
fn schema_is_printed() {
    let (stdout, _) = Directory::new().saas("schema", 0);
    let schema: serde_json::Value = serde_json::from_str(&stdout).expect("it is JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["$defs"]["service"]["properties"]["port"]["type"], "integer");
}
