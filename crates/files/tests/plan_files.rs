//! Tests of spec, lock and plan on disk.

use std::fs;
use std::path::Path;

use saas_files::plan_files::{LOCK, Notice, PLAN, PlanFiles, PlanFilesError, Prepared, SPEC, StaleReason};

const FIXTURE: &str = include_str!("../../../fixtures/saas-platform/saas.toml");

fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    fs::write(directory.path().join(SPEC), FIXTURE).expect("it can be written to");
    directory
}

fn prepared(directory: &Path) -> Prepared {
    PlanFiles::of_directory(directory).prepare().expect("the fixture can be planned")
}

fn edit(directory: &Path, from: &str, to: &str) {
    let path = directory.join(SPEC);
    let text = fs::read_to_string(&path).expect("the spec is there");
    assert!(text.contains(from), "the spec does not hold {from}");
    fs::write(path, text.replacen(from, to, 1)).expect("it can be written to");
}

#[test]
fn written_files_are_not_stale() {
    let directory = directory();
    let first = prepared(directory.path());
    let missing = first.stale();
    assert!(matches!(missing[..], [ref lock, ref plan] if lock.path.ends_with(LOCK) && plan.path.ends_with(PLAN)
        && matches!((&lock.reason, &plan.reason), (StaleReason::Missing, StaleReason::Missing))));
    assert!(!directory.path().join(PLAN).exists(), "preparing writes nothing");
    first.write().expect("the directory can be written to");
    assert!(prepared(directory.path()).stale().is_empty());
    let mut names: Vec<_> = fs::read_dir(directory.path())
        .expect("the directory is there")
        .map(|entry| entry.expect("it can be read").file_name())
        .collect();
    names.sort();
    assert_eq!(names, [PLAN, LOCK, SPEC], "no temporary file is left");
}

#[test]
fn changed_spec_makes_the_plan_stale() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    edit(directory.path(), "retention_days = 30", "retention_days = 60");
    let stale = prepared(directory.path()).stale();
    assert_eq!(stale.len(), 1, "{stale:?}");
    let StaleReason::Plan(change) = &stale[0].reason else { panic!("{stale:?}") };
    assert_eq!(change.plan.nodes.len(), 3);
}

#[test]
fn added_tenant_makes_lock_and_plan_stale() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    edit(directory.path(), "[[tenant]]", "[[tenant]]\nid = \"hooli\"\ncost_center = \"cc-hooli\"\n\n[[tenant]]");
    let stale = prepared(directory.path()).stale();
    assert!(matches!(stale[0].reason, StaleReason::Slots), "{stale:?}");
    assert!(
        matches!(&stale[1].reason, StaleReason::Plan(change) if change.plan.tenants_added.contains("hooli")),
        "{stale:?}"
    );
}

#[test]
fn reformatted_lock_and_altered_plan_are_stale() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    let lock = directory.path().join(LOCK);
    let text = fs::read_to_string(&lock).expect("the lock was written");
    fs::write(&lock, format!("# mine\n{text}")).expect("it can be written to");
    fs::write(directory.path().join(PLAN), b"\x81").expect("it can be written to");
    let stale = prepared(directory.path()).stale();
    assert!(matches!(stale[0].reason, StaleReason::Spelling), "{stale:?}");
    assert!(matches!(stale[1].reason, StaleReason::Unreadable(_)), "{stale:?}");
}

#[test]
fn errors_are_distinguished() {
    let directory = directory();
    let error = |directory: &Path| PlanFiles::of_directory(directory).prepare().expect_err("it cannot be planned");

    let few = fs::read_to_string(directory.path().join(SPEC)).expect("the spec is there");
    let many = (0..2_500).map(|n| format!("\n[[tenant]]\nid = \"tenant-{n}\"\ncost_center = \"cc\"\n"));
    fs::write(directory.path().join(SPEC), format!("{few}{}", many.collect::<String>())).expect("it can be written to");
    let findings = error(directory.path());
    assert!(matches!(&findings, PlanFilesError::Findings(findings) if findings.len() == 1), "{findings}");
    assert!(findings.to_string().contains("5006 IAM roles in the account"), "{findings}");
    fs::write(directory.path().join(SPEC), few).expect("it can be written to");

    edit(directory.path(), "retention_days = 30", "retention_days = 31");
    assert!(matches!(error(directory.path()), PlanFilesError::Problems(_)));

    fs::remove_file(directory.path().join(SPEC)).expect("it was there");
    let missing = error(directory.path());
    assert!(matches!(&missing, PlanFilesError::NoSpec { .. }), "{missing}");
}

/// The lock's lines with the slot of each tenant, in a directory.
fn slots(directory: &Path) -> Vec<String> {
    let text = fs::read_to_string(directory.join(LOCK)).expect("the lock was written");
    text.lines().filter(|line| line.contains("id = ")).map(|line| line.trim().to_owned()).collect()
}

/// Adds tenants to the spec, plans and writes.
fn with_tenants(directory: &Path, tenants: &[&str]) {
    for tenant in tenants {
        let table =
            format!("[[tenant]]\nid = \"{tenant}\"\ncost_center = \"cc-{tenant}\"\n\n[[tenant]]\nid = \"acme-corp\"");
        edit(directory, "[[tenant]]\nid = \"acme-corp\"", &table);
    }
}

#[test]
fn missing_lock_is_recovered_from_the_plan() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    // The ids sort differently than the slots, so newly assigned slots would differ.
    with_tenants(directory.path(), &["aaa-first"]);
    prepared(directory.path()).write().expect("the directory can be written to");
    let plan = fs::read(directory.path().join(PLAN)).expect("the plan was written");
    let lock = slots(directory.path());
    fs::remove_file(directory.path().join(LOCK)).expect("it was there");
    let again = prepared(directory.path());
    assert!(matches!(&again.notices[..], [Notice::Recovered { tenants: 4, .. }]), "{:?}", again.notices);
    again.write().expect("the directory can be written to");
    assert_eq!(fs::read(directory.path().join(PLAN)).expect("it is there"), plan);
    assert_eq!(slots(directory.path()), lock);
}

#[test]
fn missing_lock_is_recovered_for_another_output_path() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    with_tenants(directory.path(), &["aaa-first"]);
    prepared(directory.path()).write().expect("the directory can be written to");
    let lock = slots(directory.path());
    fs::remove_file(directory.path().join(LOCK)).expect("it was there");
    let (spec, elsewhere) = (directory.path().join(SPEC), directory.path().join("other.msgpack"));
    let again = PlanFiles::new(spec.clone(), elsewhere.clone()).prepare().expect("it can be planned");
    assert!(matches!(&again.notices[..], [Notice::Recovered { tenants: 4, .. }]), "{:?}", again.notices);
    again.write().expect("the directory can be written to");
    assert_eq!(slots(directory.path()), lock);

    fs::remove_file(directory.path().join(LOCK)).expect("it was there");
    fs::remove_file(&elsewhere).expect("it was there");
    fs::write(directory.path().join(PLAN), b"\x81").expect("it can be written to");
    let error = PlanFiles::new(spec, elsewhere).prepare().expect_err("slots would move");
    assert!(matches!(error, PlanFilesError::SlotsLost { .. }), "{error}");
}

#[test]
fn missing_lock_beside_another_platforms_plan_gives_a_notice() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    fs::remove_file(directory.path().join(LOCK)).expect("it was there");
    edit(directory.path(), "name = \"saas-platform\"", "name = \"other-platform\"");
    let files = PlanFiles::new(directory.path().join(SPEC), directory.path().join("other.msgpack"));
    let notices = files.prepare().expect("a plan of its own can be made").notices;
    let told = notices.iter().any(|notice| matches!(notice, Notice::NotRecovered { .. }));
    assert!(told, "{notices:?}");
}

#[test]
fn missing_lock_beside_a_corrupt_plan_is_refused() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    fs::remove_file(directory.path().join(LOCK)).expect("it was there");
    fs::write(directory.path().join(PLAN), b"\x81").expect("it can be written to");
    let error = PlanFiles::of_directory(directory.path()).prepare().expect_err("slots would move");
    assert!(matches!(error, PlanFilesError::SlotsLost { .. }), "{error}");
}

#[test]
fn version_1_lock_is_rewritten_with_the_same_slots() {
    let directory = directory();
    let lock = "version = 1\n[[slot]]\nnumber = 0\ntenant = \"gone\"\nremoved = true\n[[slot]]\nnumber = 1\n\
                tenant = \"initech-llc\"\n[[slot]]\nnumber = 57\ntenant = \"acme-corp\"\n[[slot]]\nnumber = 2\n\
                tenant = \"globex-inc\"\n";
    fs::write(directory.path().join(LOCK), lock).expect("it can be written to");
    prepared(directory.path()).write().expect("the directory can be written to");
    assert_eq!(
        slots(directory.path()),
        [
            "{ id = \"acme-corp\", shard = 1, slot = 7 },",
            "{ id = \"globex-inc\", shard = 0, slot = 2 },",
            "{ id = \"initech-llc\", shard = 0, slot = 1 },",
        ]
    );
}

#[test]
fn specs_in_one_directory_have_separate_locks() {
    let directory = directory();
    for name in ["prod", "stage"] {
        let spec = FIXTURE.replace("name = \"saas-platform\"", &format!("name = \"{name}-platform\""));
        fs::write(directory.path().join(format!("{name}.toml")), spec).expect("it can be written to");
        let path = |file: String| directory.path().join(file);
        let files = PlanFiles::new(path(format!("{name}.toml")), path(format!("{name}.msgpack")));
        files.prepare().expect("it can be planned").write().expect("it can be written");
        assert!(path(format!("{name}.lock")).exists());
    }
}

#[test]
fn lock_of_another_platform_is_refused() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    edit(directory.path(), "name = \"saas-platform\"", "name = \"other-platform\"");
    let error = PlanFiles::of_directory(directory.path()).prepare().expect_err("the lock is not its own");
    let PlanFilesError::ForeignLock { owner, platform, .. } = &error else { panic!("{error}") };
    assert_eq!((owner.as_str(), platform.as_str()), ("saas-platform", "other-platform"));
    let with = |plan: &str| {
        let files = PlanFiles::new(directory.path().join(SPEC), directory.path().join(plan));
        files.with_lock(Some(directory.path().join("other.lock"))).prepare()
    };
    let error = with(PLAN).expect_err("the plan is not its own");
    assert!(matches!(error, PlanFilesError::ForeignPlan { .. }), "{error}");
    with("other.msgpack").expect("with a lock and a plan of its own it can be planned");
}

#[test]
fn lock_of_another_account_gives_a_notice() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    let spec = fs::read_to_string(directory.path().join(SPEC)).expect("the spec is there");
    fs::write(directory.path().join(SPEC), spec.replace("123456789012", "210987654321")).expect("it can be written to");
    let notices = prepared(directory.path()).notices;
    assert!(notices[0].to_string().contains("account 123456789012, us-east-1; now"), "{notices:?}");
}

#[test]
fn branches_that_each_add_a_tenant_are_merged() {
    let base = directory();
    prepared(base.path()).write().expect("the directory can be written to");
    let branch = |tenant: &str| {
        let branch = tempfile::tempdir().expect("a temporary directory can be made");
        for file in [SPEC, LOCK, PLAN] {
            fs::copy(base.path().join(file), branch.path().join(file)).expect("it can be copied");
        }
        with_tenants(branch.path(), &[tenant]);
        prepared(branch.path()).write().expect("the directory can be written to");
        branch
    };
    let (ours, theirs) = (branch("zeta"), branch("beta"));
    let line = |directory: &Path, tenant: &str| slots(directory).into_iter().find(|line| line.contains(tenant));
    let (zeta, beta) = (line(ours.path(), "zeta"), line(theirs.path(), "beta"));
    let (zeta, beta) = (zeta.expect("it has a slot"), beta.expect("it has a slot"));
    assert!(zeta.contains("slot = 3") && beta.contains("slot = 3"), "{zeta} {beta}");

    // The plan is ours, as Git keeps a conflicting binary file; the spec has both tenants.
    with_tenants(ours.path(), &["beta"]);
    let lock = fs::read_to_string(ours.path().join(LOCK)).expect("it is there");
    let conflicted =
        lock.replace(&format!("  {zeta}\n"), &format!("<<<<<<< HEAD\n  {zeta}\n=======\n  {beta}\n>>>>>>> theirs\n"));
    let kept_both = lock.replace(&format!("  {zeta}\n"), &format!("  {beta}\n  {zeta}\n"));
    for text in [conflicted, kept_both] {
        fs::write(ours.path().join(LOCK), &text).expect("it can be written to");
        let merged = prepared(ours.path());
        let notes: Vec<String> = merged.notices.iter().map(Notice::to_string).collect();
        assert!(
            notes.iter().any(|note| note.contains("`zeta` keeps it, and `beta` gets slot 4 of shard 0")),
            "{notes:?}"
        );
        assert_eq!(notes.iter().any(|note| note.contains("conflict markers")), text.contains("<<<<<<<"), "{notes:?}");
        let text = merged.planned.lock.to_toml();
        assert!(
            text.contains("id = \"zeta\", shard = 0, slot = 3") && text.contains("id = \"beta\", shard = 0, slot = 4")
        );
    }
}

#[test]
fn plan_is_rejected_as_a_spec() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    let plan = directory.path().join(PLAN);
    let refused = PlanFiles::new(plan.clone(), directory.path().join("out.msgpack")).prepare().err();
    assert!(matches!(&refused, Some(PlanFilesError::PlanForSpec { path }) if *path == plan), "{refused:?}");
}
