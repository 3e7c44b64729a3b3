//! Data in a directory survives a restart.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::{admin, reason, room, run_program, start, text};
use crate::postgres::installed::user::User;

#[tokio::test]
async fn data_in_a_directory_survives_a_restart() {
    let room = room();
    let directory = room.path().join("sandbox/postgres");
    let postgres = start(Some(&directory));
    let client = admin(&postgres).await;
    client.batch_execute("CREATE TABLE t AS SELECT 7 AS id").await.expect("it may");
    client.batch_execute("BEGIN; INSERT INTO t VALUES (8)").await.expect("it may");
    postgres.stop().expect("it ends as it should");
    assert!(client.batch_execute("SELECT 1").await.is_err(), "its sessions have ended");

    // Dropping it also ends it.
    for _ in 0..2 {
        let postgres = start(Some(&directory));
        assert_eq!(text(&admin(&postgres).await, "SELECT array_agg(id) FROM t").await, "{7}");
    }
}

#[test]
fn a_directory_in_use_is_locked() {
    let room = room();
    let first = start(Some(room.path()));
    assert_eq!(reason(room.path()), "it is already in use by another process");
    drop(first);
    drop(start(Some(room.path())));
}

#[test]
fn unusable_directories_fail_with_a_reason() {
    let room = room();
    let file = room.path().join("file");
    fs::write(&file, "").expect("there is room");
    assert!(reason(&file).contains("exists"), "{}", reason(&file));

    let embedded = room.path().join("embedded");
    fs::create_dir_all(embedded.join("tmp/pglite/base")).expect("there is room");
    let expected = "it contains the files of the embedded PostgreSQL; start that one, or use another directory";
    assert_eq!(reason(&embedded), expected);

    let other = room.path().join("other");
    fs::create_dir_all(other.join("data")).expect("there is room");
    assert!(reason(&other).starts_with("its `data` is not a PostgreSQL data directory: "), "{}", reason(&other));
}

#[test]
fn files_of_another_major_version_require_that_version() {
    let room = room();
    fs::create_dir(room.path().join("data")).expect("there is room");
    fs::write(room.path().join("data/PG_VERSION"), "9\n").expect("there is room");
    let error = super::InstalledPostgres::start(&super::Setup::default(), Some(room.path())).expect_err("it is old");
    assert!(error.to_string().ends_with("but the files are of version 9"), "{error}");
}

#[test]
fn incomplete_files_are_created_again() {
    let room = room();
    let incomplete = room.path().join("data.incomplete");
    fs::create_dir(&incomplete).expect("there is room");
    fs::write(incomplete.join("PG_VERSION"), "15\n").expect("there is room");
    drop(start(Some(room.path())));
    assert!(!incomplete.exists());
}

#[test]
fn as_root_the_files_belong_to_another_user() {
    let room = room();
    let data = room.path().join("data");
    let Some(user) = User::other_than_root(&data).expect("there is a user for it") else { return };
    drop(start(Some(room.path())));
    let uid = || fs::metadata(data.join("base")).expect("it is there").uid();
    assert_eq!(uid(), user.uid);
    // As after restoring a copy.
    run_program("chown", &["-R", "0:0", &data.to_string_lossy()]);
    drop(start(Some(room.path())));
    assert_eq!(uid(), user.uid);
    // As when another user created it.
    run_program("chown", &["-R", "65534", &data.to_string_lossy()]);
    drop(start(Some(room.path())));
    assert_eq!(uid(), 65534);
}

#[test]
fn as_root_the_directory_must_be_accessible_to_other_users() {
    let room = room();
    if User::other_than_root(room.path()).expect("there is a user for it").is_none() {
        return;
    }
    fs::set_permissions(room.path(), Permissions::from_mode(0o700)).expect("it is ours");
    let reason = reason(&room.path().join("postgres"));
    assert!(reason.contains("must be able to enter this directory and all above it"), "{reason}");
}
