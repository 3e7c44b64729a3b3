//! `saas review` without a rehearsal: formats, prices and exit codes.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

struct Repository(TempDir);

impl Repository {
    /// The first fixture, and a plan with another tenant in `more.msgpack`.
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("a directory can be made"));
        let fixture = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/saas-platform");
        for file in ["saas.toml", "saas.lock", "plan.msgpack"] {
            std::fs::copy(fixture.join(file), repository.0.path().join(file)).expect("the fixture is complete");
        }
        let spec = repository.0.path().join("saas.toml");
        let text = std::fs::read_to_string(&spec).expect("the spec is text");
        let more = format!("{text}\n[[tenant]]\nid = \"umbrella\"\ncost_center = \"cc-umbrella\"\n");
        std::fs::write(&spec, more).expect("the spec can be written");
        repository.saas("plan --out more.msgpack", 0);
        repository
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.0.path().join(file), text).expect("a file can be written");
    }

    /// The output of a command with this exit code.
    fn saas(&self, words: &str, code: i32) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saas"));
        command.args(words.split_whitespace()).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        let output = command.output().expect("saas runs");
        let text =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("it writes text")).concat();
        assert_eq!(output.status.code(), Some(code), "{text}");
        text
    }
}

const WORDS: &str = "review more.msgpack --from plan.msgpack --no-rehearsal";

#[test]
fn every_format_has_the_headline() {
    let repository = Repository::new();
    let headline = "1 tenant joins (umbrella). Everything else stays.";
    let markdown = repository.saas(&format!("{WORDS} --format markdown"), 0);
    assert!(markdown.starts_with(&format!("### {headline}\n")), "{markdown}");
    let text = repository.saas(WORDS, 0);
    assert!(headline.split_inclusive(". ").all(|sentence| text.contains(sentence.trim())), "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&repository.saas(&format!("{WORDS} --format json"), 0)).expect("it is JSON");
    assert_eq!(json["headline"], serde_json::json!(["1 tenant joins (umbrella).", "Everything else stays."]));
    assert_eq!(json["cost"]["monthly"]["difference"]["minimum"], "73.4802");
    assert_eq!(json["isolation"]["proof"]["refuted"], 0);
    let page = repository.saas(&format!("{WORDS} --format html"), 0);
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<h1>1 tenant joins (umbrella).</h1>"), "{page}");
    let nothing = repository.saas("review plan.msgpack --from plan.msgpack --no-rehearsal --format markdown", 0);
    assert!(nothing.starts_with("### Nothing changes.\n") && !nothing.contains("How to approve"), "{nothing}");
}

#[test]
fn receipt_is_read_from_its_file() {
    let repository = Repository::new();
    let error = repository.saas(&format!("{WORDS} --receipt plan.msgpack"), 2);
    assert!(error.contains("`plan.msgpack` cannot be read as a receipt"), "{error}");
    let error = repository.saas(&format!("{WORDS} --receipt missing.msgpack"), 2);
    assert!(error.contains("missing.msgpack"), "{error}");
}

#[test]
fn prices_are_those_of_the_file() {
    let repository = Repository::new();
    let table = |region: &str, key: &str, usd: &str| {
        let price = format!(r#"{{"usd": "{usd}", "as_of": "2026-02-03", "source": "an invoice"}}"#);
        format!(r#"{{"read": "2026-02-03", "regions": {{"{region}": {{"{key}": {price}}}}}}}"#)
    };
    repository.write("prices.json", &table("us-east-1", "secret-month", "1.25"));
    let text = repository.saas(&format!("{WORDS} --prices prices.json"), 0);
    assert!(
        text.contains("+$1.25") && text.contains("as of 2026-02-03") && text.contains("`nat-gateway-hour`"),
        "{text}"
    );
    repository.write("prices.json", &table("eu-west-1", "secret-month", "1.25"));
    let text = repository.saas(&format!("{WORDS} --prices prices.json"), 0);
    assert!(text.contains("No prices of us-east-1 are known"), "{text}");
    repository.write("prices.json", &table("us-east-1", "secret-month", "1,25"));
    let error = repository.saas(&format!("{WORDS} --prices prices.json"), 2);
    assert!(error.contains("`prices.json` cannot be read as a table of prices") && error.contains("`1,25`"), "{error}");
}
