//! Logins and the roles that they get.

use std::fs;

use super::{InstalledPostgres, PostgresError, Setup, admin, config, connect, room, start, text};

#[tokio::test]
async fn the_administrator_owns_the_database_without_being_a_superuser() {
    let postgres = start(None);
    let client = admin(&postgres).await;
    let is =
        "SELECT concat_ws(' ', current_user, session_user, current_database(), rolsuper, rolcreaterole, rolcreatedb)
        FROM pg_roles WHERE rolname = current_user";
    assert_eq!(text(&client, is).await, "saasadmin saasadmin saas f t t");
    let owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'saas'";
    assert_eq!(text(&client, owner).await, "saasadmin");
    assert_eq!(text(&client, "SHOW timezone").await, "UTC");
    assert_eq!(text(&client, "SELECT count(*) FROM pg_roles WHERE rolsuper AND rolcanlogin").await, "1");
    let error = connect(&config(&postgres, "rdsadmin")).await.expect_err("it is the superuser");
    assert_eq!(error.code().map(|code| code.code()), Some("28000"), "{error:?}");
}

#[tokio::test]
async fn tenant_logins_require_the_password() {
    let postgres = start(None);
    let client = admin(&postgres).await;
    client.batch_execute("CREATE ROLE app LOGIN PASSWORD 'right'; CREATE ROLE bare LOGIN").await.expect("it may");
    let verifier = "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid";
    assert!(client.batch_execute(verifier).await.is_err(), "only the superuser may look");
    for (user, password) in [("app", "wrong"), ("app", ""), ("bare", "any"), ("nobody", "any")] {
        let error = connect(config(&postgres, user).password(password)).await.expect_err("it is not let in");
        assert_eq!(error.code().map(|code| code.code()), Some("28P01"), "{user}: {error:?}");
    }
    assert!(connect(&config(&postgres, "app")).await.is_err(), "it has to have one");
    let app = connect(config(&postgres, "app").password("right")).await.expect("it is the password");
    assert_eq!(text(&app, "SELECT current_user").await, "app");
}

#[tokio::test]
async fn names_are_quoted() {
    let room = room();
    let setup = Setup { database: "Shop \"2\"".into(), admin: "postgres".into() };
    let postgres = InstalledPostgres::start(&setup, Some(room.path())).expect("the names are for PostgreSQL");
    let client = connect(config(&postgres, "postgres").dbname("Shop \"2\"")).await.expect("it is there");
    assert_eq!(text(&client, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user").await, "f");
    drop(postgres);

    // Other names can be set up in the same files.
    let odd = Setup { database: "saas".into(), admin: "shop, \"admin\" #1".into() };
    let postgres = InstalledPostgres::start(&odd, Some(room.path())).expect("the names are for PostgreSQL");
    let client = connect(&config(&postgres, &odd.admin)).await.expect("it is the administrator");
    assert_eq!(text(&client, "SELECT current_user").await, odd.admin);
    assert_eq!(text(&client, "SELECT count(*) FROM pg_database WHERE datname LIKE 'Shop%'").await, "1");
    assert!(connect(&config(&postgres, "postgres")).await.is_err(), "it is the administrator no more");
}

#[test]
fn reserved_and_invalid_names_are_refused() {
    for (admin, expected) in [("pg_admin", "42939"), ("a;\nCREATE ROLE b SUPERUSER", "42602"), ("", "42601")] {
        let setup = Setup { admin: admin.into(), ..Setup::default() };
        let error = InstalledPostgres::start(&setup, None).expect_err("it is no name");
        assert!(matches!(&error, PostgresError::SetUp { code, .. } if code == expected), "{admin}: {error}");
    }
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let room = room();
    let postgres = start(Some(room.path()));
    let port = postgres.hostaddr().strip_prefix("127.0.0.1:").expect("it is on loopback").to_owned();
    let log = fs::read_to_string(room.path().join("log")).expect("it has a log");
    let listening: Vec<&str> =
        log.lines().filter_map(|line| line.split_once("listening on ")).map(|(_, on)| on).collect();
    assert_eq!(listening, [format!("IPv4 address \"127.0.0.1\", port {port}")]);
}

#[tokio::test]
async fn the_log_contains_no_statements() {
    let room = room();
    let postgres = start(Some(room.path()));
    let client = admin(&postgres).await;
    client.batch_execute("CREATE ROLE pg_x PASSWORD 'hidden'").await.expect_err("the name is PostgreSQL's own");
    postgres.stop().expect("it ends as it should");
    let log = fs::read_to_string(room.path().join("log")).expect("it has a log");
    assert!(log.contains("pg_x") && !log.contains("hidden"), "{log}");
}
