//! Tests of rehearsals, and of applies to a sandbox in a directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A directory with a spec.
struct Repository(TempDir);

const FIXTURE: &str = include_str!("../../../fixtures/saas-platform/saas.toml");

/// Services, workers, jobs, migrations, secrets and permissions.
const REAL_APPLICATION: &str = include_str!("../../../fixtures/real-application/saas.toml");

const MANY_FEATURES: &[u8] = include_bytes!("../../../fixtures/many-features/plan.msgpack");

impl Repository {
    /// A directory with the fixture's spec, edited, and its plan.
    fn planned(edit: impl Fn(&str) -> String) -> Self {
        let repository = Self(tempfile::tempdir().expect("a directory can be made"));
        repository.plan(edit, "plan.msgpack");
        repository
    }

    fn plan(&self, edit: impl Fn(&str) -> String, out: &str) {
        self.plan_spec(&edit(FIXTURE), out);
    }

    fn plan_spec(&self, spec: &str, out: &str) {
        std::fs::write(self.path("saas.toml"), spec).expect("the spec can be written");
        self.saas(&format!("plan --out {out}"), 0);
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// Runs the command without credentials; it must exit with this code. Returns what it prints as its result.
    fn saas(&self, words: &str, code: i32) -> String {
        self.outputs(words, code).0
    }

    /// The same, with what it says beside its result.
    fn outputs(&self, words: &str, code: i32) -> (String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saas"));
        for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"] {
            command.env_remove(variable);
        }
        let output = command.args(words.split_whitespace()).current_dir(self.0.path()).output().expect("saas runs");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "saas {words}:\n{printed}\n{stderr}");
        (printed, stderr)
    }

    fn json(&self, words: &str) -> Value {
        serde_json::from_str(&self.saas(words, 0)).expect("it prints JSON")
    }
}

fn with_tenant(spec: &str, id: &str) -> String {
    format!("{spec}\n[[tenant]]\nid = \"{id}\"\ncost_center = \"cc-{id}\"\n")
}

#[test]
fn rehearsed_change_set_can_be_approved_and_applied() {
    let repository = Repository::planned(str::to_owned);
    let rehearsal = repository.json("rehearse plan.msgpack --format json");
    let digest = rehearsal["change_set"].as_str().expect("a digest");
    let applied = repository.saas(&format!("apply plan.msgpack --sandbox=aws --approve {digest}"), 0);
    assert!(applied.contains("verified"), "{applied}");
    assert!(repository.saas("status plan.msgpack --sandbox=aws", 0).contains("nothing to do"));
    assert!(repository.saas("verify plan.msgpack --sandbox=aws", 0).contains("live equals plan"));
    let outputs = repository.json("outputs plan.msgpack --sandbox=aws --format json");
    assert_eq!(outputs["tenant/acme-corp/url"], "http://acme-corp.example.com");
    let of_one = repository.json("outputs plan.msgpack --sandbox=aws --format json --tenant acme-corp");
    let names: Vec<&String> = of_one.as_object().expect("an object").keys().collect();
    assert!(!names.is_empty() && names.iter().all(|name| name.starts_with("tenant/acme-corp/")), "{names:?}");
    repository.saas("outputs plan.msgpack --sandbox=aws --tenant nobody", 2);
    // A review counts what an apply counts.
    repository.plan(|spec| spec.replace("cpu = 1024", "cpu = 512"), "smaller.msgpack");
    let review = repository.json("review smaller.msgpack --from plan.msgpack --no-rehearsal --format json");
    let status = repository.saas("status smaller.msgpack --sandbox=aws", 3);
    let counted = format!("{} to update", review["changes"]["updated"]);
    assert!(counted != "0 to update" && status.contains(&counted), "{counted}\n{status}");
    let destroy = "destroy plan.msgpack --sandbox=aws --yes --allow-data-loss tenant --allow-data-loss database";
    assert!(repository.saas(destroy, 0).contains("no resources left"));
}

#[test]
fn only_an_apply_creates_a_sandbox() {
    let repository = Repository::planned(str::to_owned);
    for command in ["status", "outputs", "verify", "history", "destroy", "lease show"] {
        let (_, stderr) = repository.outputs(&format!("{command} plan.msgpack --sandbox=nope"), 2);
        assert!(stderr.starts_with("error: there is no sandbox in `nope`: the directory does not exist\n"), "{stderr}");
        assert!(stderr.contains("`saas apply PLAN --sandbox=nope` creates it"), "{stderr}");
    }
    assert!(!repository.path("nope").exists());
}

#[test]
fn added_tenant_is_rehearsed_on_the_live_plan() {
    let repository = Repository::planned(str::to_owned);
    repository.plan(|spec| with_tenant(spec, "hooli-xyz"), "more.msgpack");
    let rehearsal = repository.json("rehearse more.msgpack --from plan.msgpack --format json");
    for call in rehearsal["calls"].as_array().expect("calls") {
        let address = call["address"].as_str().expect("each changing call is for a node");
        // The lease and the receipt are objects in the control bucket.
        let kept =
            address == "control/bucket" && ["PutObject", "DeleteObjects"].iter().any(|put| call["operation"] == *put);
        assert!(kept || address.starts_with("tenant/hooli-xyz/"), "{call}");
    }
    let text = repository.saas("rehearse more.msgpack --from plan.msgpack", 0);
    for line in [
        "rehearsal succeeded",
        "to stabilize `tenant/hooli-xyz/service/web`",
        "a second apply makes no mutating calls",
        "a destroy leaves no resources",
        "no data loss",
    ] {
        assert!(text.contains(line), "`{line}` is missing:\n{text}");
    }
    // Removing the tenant again loses its data.
    let review = repository.saas("review plan.msgpack --from more.msgpack --format markdown", 0);
    assert!(
        review.starts_with("### 1 tenant leaves (hooli-xyz), its data is lost. Everything else stays.\n"),
        "{review}"
    );
    // The command that it prints is what an apply takes.
    let command = review.lines().find_map(|line| line.strip_prefix("saas ")).expect("it has a command");
    assert!(command.ends_with(" --allow-data-loss tenant/hooli-xyz"), "{command}");
    repository.saas("apply more.msgpack --sandbox=aws --yes", 0);
    repository.saas(&format!("{command} --sandbox=aws"), 0);
}

#[test]
fn real_application_is_rehearsed_and_names_what_it_assumes() {
    let repository = Repository(tempfile::tempdir().expect("a directory can be made"));
    repository.plan_spec(REAL_APPLICATION, "plan.msgpack");
    let text = repository.saas("rehearse plan.msgpack", 0);
    for line in [
        "rehearsal succeeded",
        "warning: this assumes that the account has what the plan does not create: the secrets `harbor/license/acme` with \
         the key `license`",
        "the parameter `/harbor/sentry-dsn`",
        "ECS RunTask  tenant/acme/job/migrate",
        "Scheduler CreateSchedule  tenant/globex/job/nightly",
        "a second apply makes no mutating calls",
        "leaves only what is kept by design",
    ] {
        assert!(text.contains(line), "`{line}` is missing:\n{text}");
    }
}

#[test]
fn apply_to_a_sandbox_names_what_it_assumes() {
    let repository = Repository(tempfile::tempdir().expect("a directory can be made"));
    repository.plan_spec(REAL_APPLICATION, "plan.msgpack");
    let (_, told) = repository.outputs("apply plan.msgpack --sandbox --yes", 0);
    let warning = "warning: this assumes that the account has what the plan does not create: the secrets \
                   `harbor/license/acme` with the key `license`";
    assert!(told.contains(warning), "{told}");
}

#[test]
fn changes_of_a_real_application_are_rehearsed() {
    let repository = Repository(tempfile::tempdir().expect("a directory can be made"));
    repository.plan_spec(REAL_APPLICATION, "plan.msgpack");
    let rehearse = |spec: &str| {
        repository.plan_spec(spec, "new.msgpack");
        repository.saas("rehearse new.msgpack --from plan.msgpack", 0)
    };
    let image = rehearse(&REAL_APPLICATION.replace("2c26b46b68ffc68ff99b453c", "aaaab46b68ffc68ff99b453c"));
    assert!(image.contains("! runs 3 migrations, each before the services of its tenant change"), "{image}");
    let at = |line: &str| image.find(line).unwrap_or_else(|| panic!("`{line}` is missing:\n{image}"));
    assert!(at("ECS RunTask  tenant/acme/job/migrate") < at("ECS UpdateService  tenant/acme/service/web"), "{image}");
    let more = rehearse(&with_tenant(REAL_APPLICATION, "hooli"));
    assert!(more.contains("0 to update, 0 to replace, 0 to delete") && more.contains("no data loss"), "{more}");
    let (before, rest) = REAL_APPLICATION.split_once("[[tenant]]\nid = \"globex\"").expect("it is in the spec");
    let (_, after) = rest.split_once("[[tenant]]").expect("it is not the last tenant");
    let less = rehearse(&format!("{before}[[tenant]]{after}"));
    assert!(
        less.contains("0 to create") && less.contains("`tenant/globex/schema` loses its data, if it has any"),
        "{less}"
    );
}

#[test]
fn plan_that_aws_would_refuse_fails() {
    // An instance class that RDS does not offer yet.
    let repository = Repository::planned(|spec| spec.replace("\"db.r6g.large\"", "\"db.r9g.large\""));
    let text = repository.saas("rehearse plan.msgpack", 1);
    assert!(text.contains("rehearsal failed") && text.contains("db.r9g.large"), "{text}");
}

#[test]
fn any_engine_version_can_be_rehearsed() {
    let repository = Repository::planned(str::to_owned);
    std::fs::write(repository.path("many.msgpack"), MANY_FEATURES).expect("a plan can be written");
    let text = repository.saas("rehearse many.msgpack", 0);
    let warning = "warning: AWS is not known to offer aurora-postgresql 16.6, and would then refuse to create a cluster \
                   with it; the nearest versions that it offers are 16.8, 16.9, 16.10, 16.11";
    assert!(text.contains(warning), "{text}");
    // A version that AWS never offered is treated equally: AWS may have added it since.
    repository.plan(|spec| spec.replace("\"15.4\"", "\"15.99\""), "newest.msgpack");
    let text = repository.saas("rehearse newest.msgpack --from plan.msgpack", 0);
    assert!(text.contains("AWS is not known to offer aurora-postgresql 15.99"), "{text}");
}

#[test]
fn rehearsal_uses_the_partition_and_zones_of_the_region() {
    for (region, partition) in [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")] {
        let elsewhere =
            |spec: &str| spec.replace("us-east-1", region).replace("arn:aws:", &format!("arn:{partition}:"));
        let repository = Repository::planned(elsewhere);
        let rehearsal = repository.json("rehearse plan.msgpack --format json");
        assert!(!rehearsal["warnings"].to_string().contains("Availability Zones"), "{rehearsal}");
        repository.saas("apply plan.msgpack --sandbox=aws --yes", 0);
        let kept = std::fs::read_to_string(repository.path("aws/aws.json")).expect("the sandbox is kept");
        assert!(kept.contains(&format!("arn:{partition}:")) && !kept.contains("arn:aws:"), "{region}");
    }
}

#[test]
fn invalid_sandbox_directory_fails() {
    let repository = Repository::planned(str::to_owned);
    std::fs::create_dir(repository.path("aws")).expect("a directory can be made");
    std::fs::write(Path::new(&repository.path("aws")).join("aws.json"), "{}").expect("a file can be written");
    repository.saas("status plan.msgpack --sandbox=aws", 1);
}

#[test]
fn immutable_change_fails_without_being_tried() {
    let repository = Repository::planned(str::to_owned);
    repository.plan(|spec| spec.replace("10.0.11.0/24", "10.0.21.0/24"), "new.msgpack");
    let text = repository.saas("rehearse new.msgpack --from plan.msgpack", 4);
    let cannot = "cannot be changed on a live platform: network/subnet/private/us-east-1a (cidr); instead: do not change \
                  the `[[network.zone]]`";
    assert!(text.contains("rehearsal failed") && text.contains(cannot), "{text}");
    assert!(!text.contains("DeleteSubnet"), "nothing was tried: {text}");
    let review = repository.saas("review new.msgpack --from plan.msgpack --format markdown", 4);
    assert!(review.starts_with("### No live platform can make this change, so an apply refuses it."), "{review}");
    assert!(review.contains("It cannot be approved: no live platform can make the change."), "{review}");
}

#[test]
fn rehearsal_reports_the_impact_on_tenants() {
    let repository = Repository::planned(str::to_owned);
    repository.plan(|spec| spec.replace("db.r6g.large", "db.r6g.xlarge"), "new.msgpack");
    let rehearsal = repository.json("rehearse new.msgpack --from plan.msgpack --format json");
    assert_eq!(rehearsal["impact"][0]["impact"]["restarts-database"]["minutes"], 5, "{}", rehearsal["impact"]);
    let text = repository.saas("rehearse new.msgpack --from plan.msgpack", 0);
    assert!(text.contains("! restarts the database: about 5 minutes of downtime for all tenants"), "{text}");
}
