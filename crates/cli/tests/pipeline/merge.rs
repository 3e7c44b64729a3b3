//! The merge drivers, as Git runs them.

use std::process::Command;

use crate::repository::Repository;

#[test]
fn two_onboarding_branches_merge() {
    let repository = Repository::new();
    repository.onboard("beta");
    repository.git("checkout --quiet main", 0);
    repository.onboard("gamma");
    // The plan is made again afterwards; Git leaves ours, whose tenants keep their slots.
    let (stdout, stderr) = repository.git("merge beta", 1);
    let conflicts = repository.git("diff --name-only --diff-filter=U", 0).0;
    assert_eq!(conflicts, "plan.msgpack\n", "{stdout}\n{stderr}");
    assert!(stderr.contains("`saas.toml` is merged; `saas plan` computes the plan of the merge"), "{stderr}");
    let spec = repository.read("saas.toml");
    for tenant in ["beta", "gamma"] {
        assert!(spec.contains(&format!("# Signed in {tenant}.\n[[tenant]]\nid = \"{tenant}\"\n")), "{spec}");
    }
    let (_, stderr) = repository.run("saas", "plan", 0);
    let moved =
        "`gamma` and `beta` were both in slot 1 of shard 0; `gamma` keeps it, and `beta` gets slot 2 of shard 0";
    assert!(stderr.contains(moved), "{stderr}");
    repository.commit("Merge");
    repository.run("saas", "plan --check", 0);
    let slot = |tenant: &str, slot: u32| format!("{{ id = \"{tenant}\", shard = 0, slot = {slot} }},");
    assert_eq!(repository.slots(), [slot("acme", 0), slot("beta", 2), slot("gamma", 1)]);
}

#[test]
fn conflict_names_both_values() {
    let repository = Repository::new();
    repository.branch("small", "memory = 512", "memory = 1024");
    repository.branch("large", "memory = 512", "memory = 2048");
    let (_, stderr) = repository.git("merge small", 1);
    assert!(
        stderr.contains("conflict in `saas.toml`: `[service.web]`, `memory`: 2048 (ours), 1024 (theirs)"),
        "{stderr}"
    );
    let spec = repository.read("saas.toml");
    let block: Vec<&str> = spec.lines().skip_while(|line| !line.starts_with('<')).take(5).collect();
    let memory = |value: u32| format!("memory = {value}                            # in MiB");
    assert_eq!(block, ["<<<<<<< ours", &memory(2048)[..], "=======", &memory(1024), ">>>>>>> theirs"], "{spec}");
    let (_, stderr) = repository.run("saas", "plan", 2);
    assert!(stderr.contains("unresolved merge conflict"), "{stderr}");
}

#[test]
fn unreadable_side_is_merged_line_by_line() {
    let repository = Repository::new();
    repository.branch("small", "memory = 512", "memory = 1024");
    repository.git("checkout --quiet main", 0);
    let spec = repository.read("saas.toml");
    std::fs::write(repository.path("saas.toml"), format!("{spec}\n[unclosed\n")).expect("the spec can be written");
    repository.commit("Unreadable");
    let (_, stderr) = repository.git("merge small", 0);
    assert!(stderr.contains("warning: `saas.toml` is merged line by line: our side is not TOML"), "{stderr}");
    let spec = repository.read("saas.toml");
    assert!(spec.contains("memory = 1024") && spec.ends_with("[unclosed\n"), "{spec}");
}

#[test]
fn locks_of_different_platforms_conflict() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let lock = |region: &str| {
        format!(
            "version = 2\nplatform = {{ name = \"shop\", account = \"123456789012\", region = \"{region}\" }}\ntenants = []\n"
        )
    };
    for (file, region) in [("base", "us-east-1"), ("ours", "eu-west-1"), ("theirs", "us-west-2")] {
        std::fs::write(directory.path().join(file), lock(region)).expect("the lock can be written");
    }
    let mut saas = Command::new(env!("CARGO_BIN_EXE_saas"));
    let words = ["merge-driver", "lock", "base", "ours", "theirs", "--path", "saas.lock", "--marker-size", "9"];
    let output = saas.args(words).current_dir(directory.path()).output().expect("saas runs");
    let stderr = String::from_utf8(output.stderr).expect("it writes text");
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("the two sides are locks of different platforms"), "{stderr}");
    let merged = std::fs::read_to_string(directory.path().join("ours")).expect("it is there");
    assert!(merged.contains("\n<<<<<<<<< ours\nplatform = ") && merged.contains("us-west-2"), "{merged}");
}
