//! Tests of the commands that need no AWS.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A port without a listener, which the system never assigns as a free port.
const NO_PORT: u16 = 1;

/// A directory with the first fixture.
struct Repository(TempDir);

/// The outcome of a command.
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(path)
}

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("a directory can be made"));
        for file in ["saas.toml", "saas.lock", "plan.msgpack"] {
            std::fs::copy(fixture("saas-platform").join(file), repository.path(file)).expect("the fixture is complete");
        }
        repository
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn read(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.path(file)).expect("the file is there")
    }

    fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(file), bytes).expect("the file can be written");
    }

    /// Replaces `from` in the spec; panics if the spec does not contain it.
    fn edit(&self, from: &str, to: &str) {
        let spec = String::from_utf8(self.read("saas.toml")).expect("the spec is text");
        assert!(spec.contains(from), "{from}");
        self.write("saas.toml", spec.replace(from, to));
    }

    /// The command, in a clean environment.
    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saas"));
        command.args(words.split_whitespace()).current_dir(self.0.path()).env_clear().stdin(Stdio::null());
        let environment = [
            ("HOME", self.0.path().to_str().expect("temporary directories have plain names")),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_MAX_ATTEMPTS", "1"),
        ];
        command.envs(environment);
        command
    }

    fn run(&self, words: &str) -> Ended {
        let Output { status, stdout, stderr } = self.command(words).output().expect("the command starts");
        let text = |bytes| String::from_utf8(bytes).expect("the command writes text");
        Ended { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Runs a command that must exit with `code`; returns its stdout and stderr.
    fn expect(&self, code: i32, words: &str) -> (String, String) {
        let Ended { code: ended, stdout, stderr } = self.run(words);
        assert_eq!(ended, Some(code), "saas {words}\n{stdout}\n{stderr}");
        (stdout, stderr)
    }

    /// Like [`Self::expect`], for commands that write JSON.
    fn json(&self, words: &str) -> Value {
        serde_json::from_str(&self.expect(0, words).0).expect("it is JSON")
    }
}

#[test]
fn recomputed_plan_is_identical() {
    let repository = Repository::new();
    let (lock, plan) = (repository.read("saas.lock"), repository.read("plan.msgpack"));
    repository.expect(0, "plan --check");
    std::fs::remove_file(repository.path("plan.msgpack")).expect("it is there");
    let (stdout, stderr) = repository.expect(0, "plan");
    assert!(stdout.starts_with("plan.msgpack: written, 82 nodes, id "), "{stdout}");
    let warning =
        "warning: the plan needs 48 Fargate vCPU in the Region, with every service at `max_count` during a deployment";
    assert!(stderr.starts_with(warning) && stderr.lines().count() == 1, "{stderr}");
    assert!(stdout.ends_with("\ncapacity: 46 tenants like these; limited by addresses in the private subnets\n"));
    assert_eq!((repository.read("saas.lock"), repository.read("plan.msgpack")), (lock, plan));
    assert!(repository.expect(0, "plan").0.starts_with("plan.msgpack: unchanged, "));
}

#[test]
fn lock_is_written_beside_the_spec() {
    let repository = Repository::new();
    std::fs::create_dir(repository.path("specs")).expect("it can be made");
    std::fs::rename(repository.path("saas.toml"), repository.path("specs/a.toml")).expect("it can be moved");
    repository.expect(0, "plan --spec specs/a.toml --out b.msgpack");
    assert_eq!(repository.read("specs/a.lock"), repository.read("saas.lock"));
    assert_eq!(repository.read("b.msgpack"), repository.read("plan.msgpack"));
}

#[test]
fn missing_lock_is_recovered_from_the_plan() {
    let repository = Repository::new();
    let (lock, plan) = (repository.read("saas.lock"), repository.read("plan.msgpack"));
    std::fs::remove_file(repository.path("saas.lock")).expect("it is there");
    let (stdout, stderr) = repository.expect(0, "plan");
    assert!(stdout.starts_with("plan.msgpack: written, ") || stdout.starts_with("plan.msgpack: unchanged"), "{stdout}");
    assert!(stderr.starts_with("warning: `saas.lock` is missing: the slots of 3 tenants are taken from"), "{stderr}");
    assert_eq!((repository.read("saas.lock"), repository.read("plan.msgpack")), (lock, plan));
}

#[test]
fn lock_of_another_platform_is_refused_with_a_hint() {
    let repository = Repository::new();
    repository.edit("name = \"saas-platform\"", "name = \"second\"");
    let (_, stderr) = repository.expect(2, "plan");
    for part in ["`saas.lock` is the lock of platform `saas-platform`", "`second`", "hint: ", "--lock FILE"] {
        assert!(stderr.contains(part), "{part}\n{stderr}");
    }
    let (_, stderr) = repository.expect(2, "plan --lock second.lock");
    for part in ["`plan.msgpack` is the plan of platform `saas-platform`", "`second`", "hint: ", "--out FILE"] {
        assert!(stderr.contains(part), "{part}\n{stderr}");
    }
    repository.expect(0, "plan --lock second.lock --out second.msgpack");
    let (stdout, _) = repository.expect(0, "diff plan.msgpack second.msgpack");
    let another = "cannot be changed on a live platform: the platform (platform); instead: create a second platform";
    assert!(stdout.contains(another), "{stdout}");
}

/// Each spec has its own lock and plan, without flags for either.
#[test]
fn two_specs_in_one_directory_have_separate_plans() {
    let repository = Repository::new();
    let fixture = repository.read("plan.msgpack");
    for name in ["prod", "stage"] {
        let spec = String::from_utf8(repository.read("saas.toml")).expect("it is UTF-8");
        let spec = spec.replace("name = \"saas-platform\"", &format!("name = \"{name}-platform\""));
        repository.write(&format!("{name}.toml"), spec);
        let (stdout, stderr) = repository.expect(0, &format!("plan --spec {name}.toml"));
        assert!(stdout.starts_with(&format!("{name}.msgpack: written")), "{stdout}");
        assert!(!stderr.contains("cannot be changed"), "{stderr}");
    }
    let (stdout, _) = repository.expect(0, "plan --spec prod.toml --check");
    assert_eq!(stdout, "");
    assert_eq!(repository.read("plan.msgpack"), fixture);
    repository.expect(2, "plan --spec prod.toml --out stage.msgpack");
}

#[test]
fn wrong_files_are_named_with_a_hint() {
    let repository = Repository::new();
    let (_, stderr) = repository.expect(2, "status saas.toml");
    assert!(stderr.contains("`saas.toml` is a spec, but this command needs a plan"), "{stderr}");
    assert!(stderr.contains("`saas plan --spec saas.toml` writes its plan to `plan.msgpack`"), "{stderr}");
    let (_, stderr) = repository.expect(2, "status other.msgpack");
    assert!(stderr.contains("hint: `saas plan` computes the plan"), "{stderr}");
    let (_, stderr) = repository.expect(1, "plan --out missing/plan.msgpack");
    assert!(stderr.contains("there is no directory `missing`"), "{stderr}");
    repository.write("empty.toml", "# nothing yet\n");
    let (_, stderr) = repository.expect(2, "plan --spec empty.toml");
    assert!(stderr.contains("`empty.toml` is empty") && stderr.contains("[platform]"), "{stderr}");
}

#[test]
fn plan_and_diff_report_immutable_changes() {
    let repository = Repository::new();
    repository.edit("10.0.11.0/24", "10.0.21.0/24");
    repository.edit("db.r6g.large", "db.r6g.xlarge");
    let cannot = "cannot be changed on a live platform: network/subnet/private/us-east-1a (cidr); instead: do not \
                  change the `[[network.zone]]`; add another one\n";
    repository.expect(0, "plan --out new.msgpack");
    let (stdout, _) = repository.expect(0, "diff plan.msgpack new.msgpack");
    let restart = "restarts the database: about 5 minutes of downtime for all tenants (database/writer (class))\n";
    assert!(stdout.contains(&format!("\nimpact\n  ! {cannot}  ! {restart}")), "{stdout}");
    let (markdown, _) = repository.expect(0, "diff plan.msgpack new.msgpack --format markdown");
    assert!(markdown.contains(&format!("#### impact\n\n```diff\n! {cannot}! {restart}")), "{markdown}");
    let json = repository.json("diff plan.msgpack new.msgpack --format json");
    assert_eq!(json["impact"][0]["impact"]["restarts-database"]["minutes"], 5);
    assert!(json["impact"][1]["impact"]["cannot-change-live"]["instead"].is_string(), "{json}");
    let (_, stderr) = repository.expect(0, "plan");
    assert!(stderr.contains(&format!("warning: compared with the existing `plan.msgpack`: {cannot}")), "{stderr}");
}

#[test]
fn check_shows_differences_and_writes_nothing() {
    let repository = Repository::new();
    let before = repository.read("plan.msgpack");
    repository.edit("retention_days = 30", "retention_days = 60");
    let (stdout, _) = repository.expect(3, "plan --check");
    assert!(stdout.starts_with("plan.msgpack: out of date: it does not match the spec\n"), "{stdout}");
    let collapsed = "tenant/*/log-group (log-group), 3 tenants: acme-corp, globex-inc, initech-llc\n      \
                     retention_days: 30 → 60\n";
    assert!(stdout.contains(collapsed), "{stdout}");
    assert_eq!(repository.read("plan.msgpack"), before);
}

#[test]
fn every_problem_of_a_spec_is_reported_with_its_location() {
    let repository = Repository::new();
    repository.edit("retention_days = 30", "retention_days = 31");
    repository.edit("id = \"acme-corp\"", "id = \"Acme\"");
    let (stdout, stderr) = repository.expect(2, "plan");
    assert_eq!(stdout, "");
    for part in ["2 problems in saas.toml", "[saas.toml:78:18]", "[saas.toml:83:7]", "31", "Acme"] {
        assert!(stderr.contains(part), "{part}\n{stderr}");
    }
}

#[test]
fn exceeded_default_quota_is_a_warning() {
    let repository = Repository::new();
    let zones: String = ["d", "e", "f"]
        .iter()
        .zip(4..)
        .map(|(zone, n)| {
            format!(
                "[[network.zone]]\nname = \"us-east-1{zone}\"\npublic = \"10.0.{n}.0/24\"\nprivate = \"10.0.1{n}.0/24\"\n\n"
            )
        })
        .collect();
    repository.edit("# One Aurora", &format!("{zones}# One Aurora"));
    let (stdout, stderr) = repository.expect(0, "plan");
    assert!(stdout.contains("written (nodes: "), "{stdout}");
    assert!(stderr.starts_with("warning: the plan needs 6 elastic IP addresses"), "{stderr}");
}

#[test]
fn show_groups_nodes_and_lists_unknown_values() {
    let repository = Repository::new();
    let (stdout, _) = repository.expect(0, "show plan.msgpack");
    for part in [
        "platform    saas-platform, development",
        "\nshared: 34 nodes\n",
        "\ntenant acme-corp: 16 nodes\n",
        "saas-platform-acme-corp-data",
        "database/cluster.endpoint, used by 3 nodes and 4 outputs",
        "database/endpoint = ${database/cluster.endpoint}",
    ] {
        assert!(stdout.contains(part), "{part}\n{stdout}");
    }
    assert!(!stdout.contains('\u{1b}'), "a pipe gets no colours");
}

#[test]
fn show_as_json_contains_the_whole_plan() {
    let repository = Repository::new();
    let shown = repository.json("show plan.msgpack --format json");
    let keys: Vec<&String> = shown.as_object().expect("it is an object").keys().collect();
    assert_eq!(keys, ["format", "header", "id", "nodes", "outputs", "proof", "unknown"]);
    let nodes = shown["nodes"].as_array().expect("it is a list");
    assert_eq!(nodes.len(), 82);
    for node in nodes {
        for key in ["address", "kind", "digest", "closure", "after", "initial", "tags", "fields"] {
            assert!(node.get(key).is_some(), "{key}: {node}");
        }
        assert_eq!(node["tags"]["saas:digest"], node["digest"]);
    }
}

#[test]
fn diff_groups_tenants_and_exits_3_only_with_exit_code() {
    let repository = Repository::new();
    repository.edit("cpu_target = 60", "cpu_target = 50");
    repository.expect(0, "plan --out new.msgpack");
    let (stdout, _) = repository.expect(0, "diff plan.msgpack new.msgpack");
    assert!(stdout.contains("nodes: 3 changed"), "{stdout}");
    assert_eq!(stdout.matches("policies.cpu.target: 60 → 50").count(), 1, "{stdout}");
    repository.expect(3, "diff plan.msgpack new.msgpack --exit-code");
    repository.expect(0, "diff plan.msgpack plan.msgpack --exit-code");
    let json = repository.json("diff plan.msgpack new.msgpack --format json");
    assert_eq!(json["nodes"]["tenant/acme-corp/service/web/scaling"]["changed"]["fields"][0]["after"], 50);
}

#[test]
fn large_diff_fits_a_comment() {
    let repository = Repository::new();
    let spec = String::from_utf8(repository.read("saas.toml")).expect("the spec is text");
    let tenants = |cost_center: &str| -> String {
        (0..200).map(|n| format!("\n[[tenant]]\nid = \"t{n:03}\"\ncost_center = \"{cost_center}{n}\"\n")).collect()
    };
    repository.write("saas.toml", format!("{spec}{}", tenants("a")));
    repository.expect(0, "plan --out old.msgpack");
    repository.write("saas.toml", format!("{spec}{}", tenants("b")));
    repository.expect(0, "plan --out new.msgpack");
    let (markdown, _) = repository.expect(0, "diff old.msgpack new.msgpack --format markdown");
    assert!(markdown.chars().count() <= 65_536, "{}", markdown.chars().count());
    assert!(markdown.starts_with("### saas plan: nodes: 3200 changed\n"), "{}", &markdown[..200]);
    assert!(markdown.ends_with(" more entries do not fit here: see `saas diff`.\n"));
    assert_eq!(markdown.lines().filter(|line| line.starts_with("```")).count() % 2, 0);
}

#[test]
fn invalid_plan_exits_2() {
    let repository = Repository::new();
    let mut altered = repository.read("plan.msgpack");
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    repository.write("altered.msgpack", altered);
    repository.write("garbage.msgpack", "garbage");
    let commands = ["show", "diff plan.msgpack", "status", "apply --yes", "verify", "outputs", "destroy --yes"];
    for command in commands {
        for file in ["altered.msgpack", "garbage.msgpack", "missing.msgpack"] {
            let (stdout, stderr) = repository.expect(2, &format!("{command} {file}"));
            assert_eq!(stdout, "");
            assert!(stderr.starts_with(&format!("error: `{file}` cannot be ")), "{stderr}");
            assert!(stderr.contains("caused by: "), "{stderr}");
        }
    }
}

#[test]
fn unreachable_endpoint_fails_without_hanging() {
    let repository = Repository::new();
    let port = NO_PORT;
    let start = Instant::now();
    for command in ["apply", "status", "verify", "outputs", "destroy"] {
        let (stdout, stderr) =
            repository.expect(1, &format!("{command} plan.msgpack --endpoint-url http://127.0.0.1:{port}"));
        assert_eq!(stdout, "");
        // A command that only reads checks the account first.
        let error = match command {
            "apply" | "destroy" => "error: cannot list the live resources\n",
            _ => "error: preflight checks failed\n  cannot check the caller's identity",
        };
        assert!(stderr.contains(error), "{stderr}");
        assert!(stderr.contains(&format!("cannot reach `http://127.0.0.1:{port}`: ")), "{stderr}");
    }
    // Throttled calls are retried for 45 minutes; refused connections are not.
    assert!(start.elapsed() < Duration::from_secs(600), "{:?}", start.elapsed());
}

#[test]
fn events_are_written_to_the_requested_file() {
    let repository = Repository::new();
    let (_, stderr) =
        repository.expect(1, "apply plan.msgpack --endpoint-url http://127.0.0.1:9 --events events.ndjson");
    assert!(stderr.starts_with("   observing\n"), "{stderr}");
    let events = String::from_utf8(repository.read("events.ndjson")).expect("it is text");
    let first: Value = serde_json::from_str(events.lines().next().expect("something happened")).expect("it is JSON");
    assert_eq!(first, serde_json::json!({ "event": "phase", "phase": "observe" }));
    let (stdout, _) = repository.expect(1, "apply plan.msgpack --endpoint-url http://127.0.0.1:9 --events -");
    assert_eq!(stdout, events);
    repository.expect(2, "apply plan.msgpack --events no/such/directory");
}

#[test]
fn destroy_refuses_deletion_protection() {
    let repository = Repository::new();
    let plan = fixture("many-features/plan.msgpack");
    let (stdout, stderr) = repository.expect(4, &format!("destroy --yes {}", plan.display()));
    assert_eq!(stdout, "");
    assert!(stderr.contains("`database/cluster`") && stderr.contains("--disable-deletion-protection"), "{stderr}");
}

/// The first command of a new user.
#[test]
fn missing_credentials_give_instructions() {
    let repository = Repository::new();
    for command in
        ["status", "apply --yes", "destroy --yes", "verify", "outputs", "history", "lease show", "lease break"]
    {
        let mut command = repository.command(&format!("{command} plan.msgpack"));
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        let ended = command.output().expect("the command starts");
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{stderr}");
        for part in ["no AWS credentials found", "AWS_PROFILE", "aws sso login", "--sandbox"] {
            assert!(stderr.contains(part), "{part}\n{stderr}");
        }
        assert!(!stderr.contains("IMDS") && !stderr.contains("dispatch failure"), "{stderr}");
    }
}

#[test]
fn missing_profile_is_named() {
    let repository = Repository::new();
    repository.write("config", "[profile dev]\nregion = us-east-1\naws_access_key_id = a\naws_secret_access_key = b\n");
    for config in ["config", "no-such-file"] {
        let mut command = repository.command("status plan.msgpack");
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        command.env("AWS_PROFILE", "nope").env("AWS_CONFIG_FILE", repository.path(config));
        let ended = command.output().expect("the command starts");
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert!(stderr.contains("the profile `nope` (AWS_PROFILE)"), "{stderr}");
    }
    repository.write(
        "config",
        "[profile nope]\nregion = us-east-1\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\n",
    );
    let mut command = repository.command("status plan.msgpack");
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_PROFILE", "nope").env("AWS_CONFIG_FILE", repository.path("config"));
    let ended = command.output().expect("the command starts");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(stderr.contains("the profile `base`, which the profile `nope` (AWS_PROFILE) refers to"), "{stderr}");
}

#[test]
fn missing_sso_session_gives_instructions() {
    let repository = Repository::new();
    let config = "[profile dev]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = admin\nregion = us-east-1\n\
                  [sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example.com/start\n";
    repository.write("config", config);
    let mut command = repository.command("status plan.msgpack");
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_PROFILE", "dev").env("AWS_CONFIG_FILE", repository.path("config"));
    let ended = command.output().expect("the command starts");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(stderr.contains("`dev`") && stderr.contains("aws sso login"), "{stderr}");
}

#[test]
fn malformed_endpoint_exits_2() {
    let repository = Repository::new();
    for flags in [
        "--endpoint-url 127.0.0.1:5000",
        "--endpoint-url http://",
        "--endpoint-url http://host:port",
        "--database-hostaddr localhost",
        "--database-hostaddr localhost:99999",
        "--database-hostaddr http://localhost:5432",
    ] {
        let (stdout, stderr) = repository.expect(2, &format!("status plan.msgpack {flags}"));
        assert_eq!(stdout, "");
        assert!(stderr.contains("invalid value"), "{stderr}");
    }
    let (_, stderr) = repository.expect(2, "status plan.msgpack --database-ca saas.toml");
    assert!(stderr.contains("`saas.toml` cannot be read") && stderr.contains("no PEM certificate"), "{stderr}");
    let mut command = repository.command("status plan.msgpack");
    let ended = command.env("AWS_ENDPOINT_URL", "localhost:5000").output().expect("the command starts");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("invalid value `localhost:5000` of AWS_ENDPOINT_URL"), "{stderr}");
    for (proxy, shown) in [("127.0.0.1:9x", "`127.0.0.1:9x`"), ("http://me:s3cret@a:b:c", "`a:b:c`")] {
        let mut command = repository.command("status plan.msgpack");
        let ended = command.env("HTTPS_PROXY", proxy).output().expect("the command starts");
        let stderr = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(shown) && stderr.contains("HTTPS_PROXY") && !stderr.contains("s3cret"), "{stderr}");
    }
}

#[test]
fn unreachable_proxy_is_named_without_its_password() {
    let repository = Repository::new();
    let port = NO_PORT;
    let mut command = repository.command("status plan.msgpack");
    command.env("HTTPS_PROXY", format!("http://me:s3cret@127.0.0.1:{port}"));
    let ended = command.output().expect("the command starts");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains(&format!("through the proxy `http://127.0.0.1:{port}`: ")), "{stderr}");
    assert!(!stderr.contains("s3cret"), "{stderr}");
}

#[test]
fn wrong_usage_exits_2() {
    let repository = Repository::new();
    for words in ["", "aply", "diff plan.msgpack", "apply plan.msgpack --approve 12", "plan --spec missing.toml"] {
        let (stdout, stderr) = repository.expect(2, words);
        assert_eq!(stdout, "", "{words}");
        assert!(!stderr.is_empty(), "{words}");
    }
}

#[test]
fn completion_scripts_call_saas() {
    let repository = Repository::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (stdout, _) = repository.expect(0, &format!("completions {shell}"));
        assert!(stdout.contains("saas") && stdout.contains("COMPLETE"), "{shell}: {stdout}");
    }
}

/// Completes as bash's script does: passes the words of the line and the index of the current one.
#[test]
fn commands_flags_and_addresses_are_completed() {
    let repository = Repository::new();
    std::fs::rename(repository.path("plan.msgpack"), repository.path("other.msgpack")).expect("it can be moved");
    let completed = |words: &str| {
        let mut command = repository.command("--");
        let words: Vec<&str> = words.split(' ').collect();
        command.args(&words).env("COMPLETE", "bash").env("_CLAP_IFS", "\n");
        command.env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
        let Output { status, stdout, stderr } = command.output().expect("the command starts");
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        let text = String::from_utf8(stdout).expect("it is text");
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(completed("saas re"), ["rehearse", "review"]);
    assert_eq!(completed("saas lease ")[..2], ["show", "break"]);
    assert_eq!(completed("saas apply --allow-d"), ["--allow-data-loss"]);
    let tenants = completed("saas apply other.msgpack --allow-data-loss tenant/");
    assert!(
        tenants.contains(&"tenant/acme-corp".to_owned()) && tenants.contains(&"tenant/acme-corp/".to_owned()),
        "{tenants:?}"
    );
    let nodes = completed("saas destroy --allow-data-loss=tenant/acme-corp/bu");
    assert!(nodes.is_empty(), "no plan is at hand: {nodes:?}");
}

#[test]
fn every_command_has_a_manual_page() {
    let repository = Repository::new();
    repository.expect(0, "man share/man1");
    let page = |name: &str| String::from_utf8(repository.read(&format!("share/man1/{name}.1"))).expect("it is text");
    assert!(page("saas").contains("another platform"), "the exit codes are in it");
    for name in ["saas-plan", "saas-apply", "saas-lease-show", "saas-lease-break", "saas-sandbox"] {
        assert!(page(name).starts_with(".ie"), "{name}");
    }
    repository.expect(2, "man saas.toml");
}

#[test]
fn closed_pipe_is_not_an_error() {
    let repository = Repository::new();
    let mut command = repository.command("show plan.msgpack --format json");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("the command ends");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn colours_follow_the_environment() {
    let repository = Repository::new();
    let mut forced = repository.command("show plan.msgpack");
    let stdout = forced.env("CLICOLOR_FORCE", "1").output().expect("the command starts").stdout;
    assert!(stdout.contains(&0x1b));
    let mut refused = repository.command("show plan.msgpack");
    let stdout = refused.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().expect("the command starts").stdout;
    assert!(!stdout.contains(&0x1b));
}
