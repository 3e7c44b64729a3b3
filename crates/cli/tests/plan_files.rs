//! A spec with its lock and its plan, on disk.

use std::fs;
use std::path::Path;

use saas_cli::plan_files::{LOCK, PLAN, PlanFiles, PlanFilesError, Prepared, SPEC, StaleReason};

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
fn what_is_written_is_not_stale() {
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
fn a_changed_spec_makes_the_plan_stale() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    edit(directory.path(), "retention_days = 30", "retention_days = 60");
    let stale = prepared(directory.path()).stale();
    assert_eq!(stale.len(), 1, "{stale:?}");
    let StaleReason::Plan(diff) = &stale[0].reason else { panic!("{stale:?}") };
    assert_eq!(diff.nodes.len(), 3);
}

#[test]
fn another_tenant_makes_the_lock_stale_as_well() {
    let directory = directory();
    prepared(directory.path()).write().expect("the directory can be written to");
    edit(directory.path(), "[[tenant]]", "[[tenant]]\nid = \"hooli\"\ncost_center = \"cc-hooli\"\n\n[[tenant]]");
    let stale = prepared(directory.path()).stale();
    assert!(matches!(stale[0].reason, StaleReason::Slots), "{stale:?}");
    assert!(matches!(&stale[1].reason, StaleReason::Plan(diff) if diff.tenants_added.contains("hooli")), "{stale:?}");
}

#[test]
fn a_lock_that_was_reformatted_and_a_plan_that_was_altered() {
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
fn what_is_wrong_is_told_by_kind() {
    let directory = directory();
    let error = |directory: &Path| PlanFiles::of_directory(directory).prepare().expect_err("it cannot be planned");

    edit(directory.path(), "[service]", "connections_per_tenant = 5000\n[service]");
    let findings = error(directory.path());
    assert!(matches!(&findings, PlanFilesError::Findings(findings) if findings.len() == 1), "{findings}");
    assert!(findings.to_string().contains("15000 database connections"), "{findings}");

    edit(directory.path(), "retention_days = 30", "retention_days = 31");
    assert!(matches!(error(directory.path()), PlanFilesError::Problems(_)));

    fs::remove_file(directory.path().join(SPEC)).expect("it was there");
    let unreadable = error(directory.path());
    assert!(matches!(&unreadable, PlanFilesError::Unreadable { path, .. } if path.ends_with(SPEC)), "{unreadable}");
}
