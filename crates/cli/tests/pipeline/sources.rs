//! Plans of commits and of standard input, parts of a plan, and output for programs.

use std::process::Stdio;

use serde_json::Value;

use crate::repository::Repository;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

#[test]
fn plan_is_read_from_a_commit() {
    let repository = Repository::new();
    repository.onboard("beta");
    let (stdout, _) = repository.run("saas", "diff main:plan.msgpack plan.msgpack", 0);
    assert!(stdout.contains("+ beta ("), "{stdout}");
    let (stdout, _) = repository.run("saas", "review --from main:plan.msgpack --no-rehearsal", 0);
    assert!(stdout.contains("beta"), "{stdout}");
    let (_, stderr) = repository.run("saas", "show nowhere:plan.msgpack", 2);
    assert!(stderr.starts_with("error: `nowhere:plan.msgpack` cannot be read\n  caused by: git: fatal: "), "{stderr}");
}

#[test]
fn plan_is_read_from_standard_input() {
    let repository = Repository::new();
    let plan = std::fs::File::open(repository.path("plan.msgpack")).expect("the plan is there");
    let mut saas = repository.command("saas");
    let output = saas.args(["show", "-", "--format", "json"]).stdin(Stdio::from(plan)).output().expect("saas runs");
    let from_file = repository.run("saas", "show --format json", 0).0;
    assert_eq!(String::from_utf8(output.stdout).expect("it writes text"), from_file);
}

#[test]
fn part_of_a_plan_is_shown() {
    let repository = Repository::new();
    let (stdout, _) = repository.run("saas", "show plan.msgpack tenant/acme/bucket", 0);
    assert!(
        stdout.starts_with("tenant/acme/bucket (bucket)  ") && stdout.contains("\n  tag: tenant_id = acme\n"),
        "{stdout}"
    );
    let nodes = json(&repository.run("saas", "show plan.msgpack tenant/acme --format json", 0).0);
    let whole = json(&repository.run("saas", "show --format json", 0).0);
    let of_acme = |node: &&Value| node["address"].as_str().expect("an address").starts_with("tenant/acme/");
    let expected: Vec<&Value> = whole["nodes"].as_array().expect("a list").iter().filter(of_acme).collect();
    assert_eq!(nodes.as_array().expect("a list").iter().collect::<Vec<_>>(), expected);
    let (_, stderr) = repository.run("saas", "show plan.msgpack tenant/beta", 2);
    assert_eq!(stderr, "error: `plan.msgpack` has no node `tenant/beta`, and none under it\n");
}

#[test]
fn plan_is_reported_for_programs() {
    let repository = Repository::new();
    let current = json(&repository.run("saas", "plan --check --format json", 0).0);
    assert_eq!((&current["stale"], &current["path"]), (&Value::Array(Vec::new()), &"plan.msgpack".into()));
    assert_eq!(current["proof"]["refuted"], 0);
    let spec = repository.read("saas.toml").replace("retention_days = 30", "retention_days = 60");
    std::fs::write(repository.path("saas.toml"), spec).expect("the spec can be written");
    let stale = json(&repository.run("saas", "plan --check --format json", 3).0);
    assert_eq!((&stale["stale"][0]["reason"], stale["stale"].as_array().map(Vec::len)), (&"plan".into(), Some(1)));
    assert!(stale["stale"][0]["change"]["nodes"].is_object(), "{stale}");
}

#[test]
fn version_names_the_format_of_plans() {
    let (stdout, _) = Repository::new().run("saas", "--version", 0);
    assert!(stdout.starts_with(concat!("saas ", env!("CARGO_PKG_VERSION"), " (")), "{stdout}");
    assert!(stdout.trim_end().ends_with(&format!("plan format {})", saas_model::plan::FORMAT)), "{stdout}");
}

/// Colours are for terminals, unless they are asked for.
#[test]
fn colours_follow_the_flag() {
    let repository = Repository::new();
    let coloured = |flag: &str| repository.run("saas", &format!("show {flag}"), 0).0.contains('\u{1b}');
    assert_eq!(["", "--color always", "--color never"].map(coloured), [false, true, false]);
}

#[cfg(feature = "embedded-postgres")]
#[test]
fn calls_are_counted_and_progress_is_silent_on_request() {
    let repository = Repository::new();
    let status = |flags: &str| repository.run("saas", &format!("status --sandbox {flags}"), 3);
    assert!(!status("").1.contains("calls to AWS"));
    assert!(status("--verbose").1.contains("calls to AWS: "));
    let (quiet, silence) = status("--quiet");
    assert!(quiet.starts_with("change set "), "{quiet}");
    assert_eq!(silence, "");
}
