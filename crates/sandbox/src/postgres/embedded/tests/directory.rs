//! Data in a directory survives a restart.

use std::fs;
use std::net::TcpStream;

use tempfile::TempDir;

use super::{admin, config, run, text, try_connect};
#[cfg(unix)]
use crate::postgres::InstalledPostgres;
use crate::postgres::{EmbeddedPostgres, PostgresError, Setup};

#[tokio::test]
async fn data_in_a_directory_survives_a_restart() {
    let directory = TempDir::new().expect("there is room");
    let postgres = EmbeddedPostgres::start(Some(directory.path())).expect("the directory is empty");
    let client = admin(&postgres).await;
    run(
        &client,
        "CREATE ROLE t_acme_corp_owner NOLOGIN; GRANT t_acme_corp_owner TO CURRENT_USER WITH INHERIT TRUE, SET TRUE;
        CREATE SCHEMA acme_corp AUTHORIZATION t_acme_corp_owner; COMMENT ON SCHEMA acme_corp IS 'saas:platform=p';
        CREATE TABLE acme_corp.invoices (id int); INSERT INTO acme_corp.invoices VALUES (7)",
    )
    .await;
    run(&client, "BEGIN; INSERT INTO acme_corp.invoices VALUES (8)").await;
    postgres.stop().expect("it ends as it should");
    assert!(client.batch_execute("SELECT 1").await.is_err(), "its sessions have ended");

    // Dropping it also ends it.
    for round in 0..2 {
        let postgres = EmbeddedPostgres::start(Some(directory.path())).expect("it was stopped");
        let client = admin(&postgres).await;
        assert_eq!(text(&client, "SELECT array_agg(id ORDER BY id) FROM acme_corp.invoices").await, "{7}", "{round}");
        assert_eq!(text(&client, "SELECT obj_description('acme_corp'::regnamespace)").await, "saas:platform=p");
        assert_eq!(text(&client, "SELECT count(*) FROM pg_database WHERE datname = 'saas'").await, "1");
    }
}

#[tokio::test]
async fn a_directory_can_be_set_up_for_another_database() {
    let directory = TempDir::new().expect("there is room");
    let postgres = EmbeddedPostgres::start(Some(directory.path())).expect("the directory is empty");
    run(&admin(&postgres).await, "CREATE TABLE t (id int)").await;
    drop(postgres);

    let setup = Setup { database: "Shop \"2\"".into(), admin: "shop-admin".into() };
    let postgres = EmbeddedPostgres::start_with(&setup, Some(directory.path())).expect("the names are for PostgreSQL");
    let mut config = config(&postgres, "shop-admin");
    let client = try_connect(config.dbname("Shop \"2\"")).await.expect("it is there");
    assert_eq!(text(&client, "SELECT current_database()").await, "Shop \"2\"");
    drop(postgres);

    let postgres = EmbeddedPostgres::start(Some(directory.path())).expect("it is still there");
    assert_eq!(text(&admin(&postgres).await, "SELECT to_regclass('t')").await, "t");
}

#[tokio::test]
async fn the_administrator_may_have_the_name_of_the_initial_superuser() {
    let directory = TempDir::new().expect("there is room");
    let setup = Setup { database: "saas".into(), admin: "postgres".into() };
    for round in 0..2 {
        let start = EmbeddedPostgres::start_with(&setup, Some(directory.path()));
        let postgres = start.expect("the name is for PostgreSQL");
        let client = try_connect(&config(&postgres, "postgres")).await.expect("it is the administrator");
        let who = "SELECT concat_ws(' ', current_user, session_user, rolsuper, rolcreaterole)
            FROM pg_roles WHERE rolname = current_user";
        assert_eq!(text(&client, who).await, "postgres postgres f t", "{round}");
        let superuser = try_connect(&config(&postgres, "rdsadmin")).await;
        assert!(superuser.is_err(), "no client logs in as the superuser");
        if round == 0 {
            run(&client, "CREATE SCHEMA acme; CREATE TABLE acme.t (id int)").await;
        }
        assert_eq!(text(&client, "SELECT to_regclass('acme.t')").await, "acme.t");
    }
}

#[test]
fn a_directory_in_use_is_locked() {
    let directory = TempDir::new().expect("there is room");
    let first = EmbeddedPostgres::start(Some(directory.path())).expect("the directory is empty");
    let second = EmbeddedPostgres::start(Some(directory.path())).expect_err("the first is running");
    assert!(matches!(&second, PostgresError::Start { .. }), "{second}");
    assert!(second.to_string().contains("already in use"), "{second}");
    drop(first);
    EmbeddedPostgres::start(Some(directory.path())).expect("the first has ended");
}

#[test]
fn unusable_directories_fail_with_a_reason() {
    let directory = TempDir::new().expect("there is room");
    let file = directory.path().join("file");
    fs::write(&file, "").expect("there is room");
    assert!(matches!(EmbeddedPostgres::start(Some(&file)), Err(PostgresError::Serve(_))));
    let setup = Setup { admin: "pg_admin".into(), ..Setup::default() };
    let error = EmbeddedPostgres::start_with(&setup, None).expect_err("such names are PostgreSQL's own");
    assert!(matches!(&error, PostgresError::SetUp { code, .. } if code == "42939"), "{error}");
}

#[test]
fn embedded_and_installed_directories_are_not_interchangeable() {
    let directory = TempDir::new().expect("there is room");
    fs::create_dir(directory.path().join("data")).expect("there is room");
    let error = EmbeddedPostgres::start(Some(directory.path())).expect_err("it is of an installed one");
    assert!(error.to_string().contains("the files of an installed PostgreSQL"), "{error}");
    fs::remove_dir(directory.path().join("data")).expect("it is empty");
    drop(EmbeddedPostgres::start(Some(directory.path())).expect("the directory is empty"));
    #[cfg(unix)]
    {
        let installed = InstalledPostgres::start(&Setup::default(), Some(directory.path()));
        let error = installed.expect_err("it is of an embedded one");
        assert!(error.to_string().contains("the files of the embedded PostgreSQL"), "{error}");
    }
}

#[test]
fn temporary_directories_are_removed() {
    let postgres = EmbeddedPostgres::start(None).expect("it has all that it needs");
    let address = postgres.hostaddr();
    let directory = postgres.temporary.as_ref().expect("it is temporary").path().to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    drop(postgres);
    assert!(TcpStream::connect(&address).is_err());
    assert!(!directory.exists());
}
