//! Refusals before the first write, on a sandbox in a directory.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use saas_sandbox::{Account, Dials, Pace, Sandbox, Settings, Time};
use tempfile::TempDir;

/// A directory with a spec.
struct Repository(TempDir);

const FIXTURE: &str = include_str!("../../../fixtures/saas-platform/saas.toml");
const PROTECTED: (&str, &str) = ("deletion_protection = false", "deletion_protection = true");

impl Repository {
    /// A directory with the fixture's plan.
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().expect("a directory can be made"));
        repository.plan("plan.msgpack", &[]);
        repository
    }

    /// Plans the fixture's spec with these changes.
    fn plan(&self, out: &str, changes: &[(&str, &str)]) {
        let spec = changes.iter().fold(FIXTURE.to_owned(), |spec, (from, to)| {
            assert!(spec.contains(from), "{from}");
            spec.replace(from, to)
        });
        let directory = self.0.path().join(out.trim_end_matches(".msgpack"));
        std::fs::create_dir_all(&directory).expect("a directory can be made");
        std::fs::write(directory.join("saas.toml"), spec).expect("the spec can be written");
        let stem = out.trim_end_matches(".msgpack");
        self.expect(0, &format!("plan --spec {stem}/saas.toml --out {out}"));
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saas"));
        for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"] {
            command.env_remove(variable);
        }
        command.args(words.split_whitespace()).current_dir(self.0.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command that must exit with `code`; returns its stdout and stderr.
    fn expect(&self, code: i32, words: &str) -> (String, String) {
        let Output { status, stdout, stderr } = self.command(words).output().expect("saas runs");
        let [stdout, stderr] = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert_eq!(status.code(), Some(code), "saas {words}:\n{stdout}\n{stderr}");
        (stdout, stderr)
    }

    fn apply(&self, plan: &str) {
        self.expect(0, &format!("apply {plan} --sandbox=aws --yes"));
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }
}

#[test]
fn environment_and_region_cannot_be_changed() {
    let repository = Repository::new();
    repository.apply("plan.msgpack");
    let stage = ("environment = \"development\"", "environment = \"staging\"");
    repository.plan("stage.msgpack", &[stage, PROTECTED]);
    let region = ("us-east-1", "eu-west-1");
    repository.plan("region.msgpack", &[region]);
    for (plan, text) in [("stage.msgpack", "live environment is `development`"), ("region.msgpack", "`us-east-1`")] {
        for command in
            ["apply", "destroy --disable-deletion-protection --allow-data-loss tenant --allow-data-loss database"]
        {
            let (_, stderr) = repository.expect(4, &format!("{command} {plan} --sandbox=aws --yes"));
            assert!(stderr.contains(text) && stderr.contains("cannot be changed"), "{stderr}");
        }
        let (_, stderr) = repository.expect(4, &format!("rehearse {plan} --from plan.msgpack"));
        assert!(stderr.contains(text) && stderr.contains("cannot be changed"), "{stderr}");
    }
    // The refused commands changed nothing.
    repository.expect(0, "status plan.msgpack --sandbox=aws");
}

#[test]
fn names_of_another_platform_are_refused_with_their_owner() {
    let repository = Repository::new();
    repository.apply("plan.msgpack");
    repository.plan("other.msgpack", &[("name = \"saas-platform\"", "name = \"other-platform\"")]);
    let (_, stderr) = repository.expect(4, "apply other.msgpack --sandbox=aws --yes");
    for part in [
        "secret `rds/tenant/acme-corp/password` (`tenant/acme-corp/password`) belongs to platform `saas-platform`",
        "log-group `/ecs/tenant/globex-inc`",
        "[names] scope = \"platform\"",
    ] {
        assert!(stderr.contains(part), "{part}\n{stderr}");
    }
    assert!(!stderr.contains("remove it"), "{stderr}");
    let (stdout, _) = repository.expect(3, "status other.msgpack --sandbox=aws");
    assert!(stdout.contains("82 to create"), "nothing was created: {stdout}");
}

#[test]
fn older_plan_requires_rollback() {
    let repository = Repository::new();
    repository.plan("newer.msgpack", &[("retention_days = 30", "retention_days = 60")]);
    repository.apply("plan.msgpack");
    repository.apply("plan.msgpack");
    repository.apply("newer.msgpack");
    let (_, stderr) = repository.expect(4, "apply plan.msgpack --sandbox=aws --yes");
    assert!(stderr.contains("reverts the newer plan's changes") && stderr.contains("--rollback"), "{stderr}");
    repository.expect(0, "status newer.msgpack --sandbox=aws");
    repository.expect(0, "apply plan.msgpack --sandbox=aws --yes --rollback");
    // The plan of the last apply is never an older plan, even if it was applied before.
    repository.apply("plan.msgpack");
}

#[test]
fn protected_platform_is_destroyed_only_with_the_flag() {
    let repository = Repository::new();
    repository.plan("protected.msgpack", &[PROTECTED]);
    repository.apply("protected.msgpack");
    let everything = "--yes --allow-data-loss tenant --allow-data-loss database";
    // Protection is in the plan, or only in the live resources.
    for plan in ["protected.msgpack", "plan.msgpack"] {
        let (_, stderr) = repository.expect(4, &format!("destroy {plan} --sandbox=aws {everything}"));
        for part in ["`database/cluster`", "load-balancer`", "--disable-deletion-protection"] {
            assert!(stderr.contains(part), "{part}\n{stderr}");
        }
    }
    repository.expect(0, "status protected.msgpack --sandbox=aws");
    let destroy = format!("destroy protected.msgpack --sandbox=aws --disable-deletion-protection {everything}");
    let (stdout, _) = repository.expect(0, &destroy);
    assert!(stdout.contains("no resources left"), "{stdout}");
}

#[test]
fn rehearsal_destroys_protected_resources() {
    let repository = Repository::new();
    repository.plan("protected.msgpack", &[PROTECTED]);
    let (stdout, _) = repository.expect(0, "rehearse protected.msgpack");
    assert!(stdout.contains("a destroy with `--disable-deletion-protection` leaves no resources"), "{stdout}");
    assert!(stdout.contains("saas apply protected.msgpack --approve "), "{stdout}");
}

/// The sandbox has the live platform of the earlier plan, whatever names the new plan has.
#[test]
fn rehearsal_starts_from_the_earlier_plan() {
    let repository = Repository::new();
    for (field, other) in [("admin = \"saasadmin\"", "admin = \"boss\""), ("name = \"saas\"\n", "name = \"records\"\n")]
    {
        repository.plan("other.msgpack", &[(field, other)]);
        let (stdout, stderr) = repository.expect(4, "rehearse other.msgpack --from plan.msgpack");
        assert!(stdout.contains("cannot be changed on a live platform: database/"), "{stdout}");
        assert!(!stderr.contains("does not exist"), "{stderr}");
    }
}

/// All such changes are reported at once, with the other changes and one exit code.
#[test]
fn immutable_changes_are_refused_by_every_command() {
    let repository = Repository::new();
    let changes = [
        ("admin = \"saasadmin\"", "admin = \"boss\""),
        ("name = \"saas\"\n", "name = \"records\"\n"),
        ("10.0.11.0/24", "10.0.21.0/24"),
        ("retention_days = 30", "retention_days = 60"),
    ];
    repository.plan("other.msgpack", &changes);
    repository.plan("moved.msgpack", &[("us-east-1b", "us-east-1d")]);
    repository.apply("plan.msgpack");
    for (plan, fields) in [
        ("other.msgpack", ["database/cluster (admin)", "network/subnet/private/us-east-1a (cidr)"].as_slice()),
        ("moved.msgpack", &["network/subnet/private/us-east-1b"]),
    ] {
        let (stdout, _) = repository.expect(4, &format!("rehearse {plan} --from plan.msgpack"));
        for field in fields {
            assert!(stdout.contains(field) && stdout.contains("to update"), "{field}\n{stdout}");
        }
        for command in ["status", "apply --yes"] {
            let (stdout, stderr) = repository.expect(4, &format!("{command} {plan} --sandbox=aws"));
            for field in fields {
                assert!(stdout.contains(field) && stdout.contains("to update"), "{field}\n{stdout}");
            }
            assert!(
                stderr.contains("error: the change set contains changes that no live platform can make"),
                "{stderr}"
            );
            assert!(!stderr.contains("depend on each other"), "{stderr}");
        }
    }
    let (_, stderr) = repository.expect(4, "status other.msgpack --sandbox=aws");
    for part in ["`admin` cannot be changed", "`database` cannot be changed", "`cidr` cannot be changed"] {
        assert!(stderr.contains(part), "{part}\n{stderr}");
    }
    // The refused commands changed nothing.
    repository.expect(0, "status plan.msgpack --sandbox=aws");
}

/// Policies admit only the provisioner, so neither role could change them to admit the other.
#[test]
fn provisioner_is_replaced_in_two_steps() {
    let repository = Repository::new();
    let next = "provisioner = \"arn:aws:iam::123456789012:role/next\"";
    let now = FIXTURE.lines().find(|line| line.starts_with("provisioner = ")).expect("the fixture names one");
    repository.plan("at-once.msgpack", &[(now, next)]);
    repository.plan("both.msgpack", &[(now, &format!("{now}\nnext_{next}"))]);
    let instruction = "set the new role as `next_provisioner`";
    let (stdout, _) = repository.expect(0, "diff plan.msgpack at-once.msgpack");
    assert!(stdout.contains(instruction), "{stdout}");
    let admits = "role/next`; it admits `arn:aws:iam::123456789012:role/saas-provisioner`";
    let (_, stderr) = repository.expect(4, "rehearse at-once.msgpack --from plan.msgpack");
    assert!(stderr.contains(admits) && stderr.contains("set it as `next_provisioner`"), "{stderr}");
    repository.apply("plan.msgpack");
    let (_, stderr) = repository.expect(4, "status at-once.msgpack --sandbox=aws");
    assert!(stderr.contains(instruction), "{stderr}");
    let (_, stderr) = repository.expect(4, "apply at-once.msgpack --sandbox=aws --yes");
    assert!(stderr.contains("denies access to the caller, `arn:aws:iam::123456789012:role/next`"), "{stderr}");
    repository.expect(0, "status plan.msgpack --sandbox=aws");

    repository.expect(0, "rehearse both.msgpack --from plan.msgpack");
    let (stdout, _) = repository.expect(0, "rehearse at-once.msgpack --from both.msgpack");
    assert!(stdout.contains("apply this plan with `arn:aws:iam::123456789012:role/next`"), "{stdout}");
    repository.apply("both.msgpack");
    repository.apply("at-once.msgpack");
    repository.expect(0, "status at-once.msgpack --sandbox=aws");
}

#[test]
fn sandbox_directory_is_locked_by_one_process() {
    let repository = Repository::new();
    // The process locks the directory until it is killed, and reports when it is ready.
    let mut first = Running(repository.command("sandbox --listen 127.0.0.1:0 --dir aws").spawn().expect("saas runs"));
    let ready = BufReader::new(first.0.stdout.take().expect("it is piped")).lines().next().expect("it says something");
    assert!(ready.expect("it is text").starts_with("The sandbox is ready"));
    let (_, stderr) = repository.expect(4, "status plan.msgpack --sandbox=aws");
    assert!(stderr.contains(&format!("is in use by process {}", first.0.id())), "{stderr}");
    drop(first);
    repository.expect(3, "status plan.msgpack --sandbox=aws");
}

#[test]
fn killed_run_leaves_its_changes_in_the_directory() {
    let repository = Repository::new();
    // On a busy machine the run can end before the kill; then the test repeats it.
    while !killed_in_the_middle(&repository) {
        std::fs::remove_dir_all(repository.path("aws")).expect("it was kept");
    }
    let (_, stderr) = repository.expect(4, "apply plan.msgpack --sandbox=aws --yes");
    assert!(stderr.contains("has held the lease since") && !stderr.contains("waiting"), "{stderr}");
    let (_, stderr) = repository.expect(4, "apply plan.msgpack --sandbox=aws --yes --wait=1s");
    assert!(stderr.contains("waiting for the lease of `"), "{stderr}");
    // Created here, started below: by then `lease break` has freed the lease.
    let mut waits = repository.command("apply plan.msgpack --sandbox=aws --yes --wait");
    let (stdout, _) = repository.expect(0, "lease show plan.msgpack --sandbox=aws");
    assert!(stdout.starts_with("lease of arn:aws:sts::"), "{stdout}");
    repository.expect(0, "lease break plan.msgpack --sandbox=aws --yes");
    assert!(waits.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("saas runs").success());
}

/// A process that is killed at the end of its test, also when the test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Saves an empty sandbox whose clock shows a later day. It runs only while a command uses the sandbox, so a lease does
/// not expire between two commands, however slow the machine is.
fn save_sandbox_of_a_later_day(repository: &Repository) {
    let tomorrow = SystemTime::now() + Duration::from_secs(24 * 60 * 60);
    let since = tomorrow.duration_since(UNIX_EPOCH).expect("it is after 1970");
    let beginning = Time::from_millis(u64::try_from(since.as_millis()).expect("it is of this era"));
    let account = Account::example("us-east-1");
    let sandbox = Sandbox::new(Settings { account, beginning, pace: Pace::Instant, dials: Dials::default() });
    sandbox.save(&repository.path("aws")).expect("it can be written");
}

/// Kills an apply that holds the lease; returns whether the kill came before its end.
fn killed_in_the_middle(repository: &Repository) -> bool {
    save_sandbox_of_a_later_day(repository);
    let mut command = repository.command("apply plan.msgpack --sandbox=aws --yes");
    let mut run = Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("saas runs"));
    // The sandbox is saved while the apply runs.
    let kept = || std::fs::read_to_string(repository.path("aws/aws.json")).unwrap_or_default();
    while !kept().contains("lease.json") && run.0.try_wait().expect("it can be asked").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    run.0.kill().expect("it can be killed");
    run.0.wait().expect("it has ended").code().is_none()
}
