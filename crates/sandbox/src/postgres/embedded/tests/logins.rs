//! Logins and the roles that they get.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::{admin, code_of, config, connect, run, start, text, try_connect};

#[tokio::test]
async fn the_administrator_owns_the_database_without_being_a_superuser() {
    let postgres = start();
    let client = admin(&postgres).await;
    let is =
        "SELECT concat_ws(' ', current_user, session_user, current_database(), rolsuper, rolcreaterole, rolcreatedb)
        FROM pg_roles WHERE rolname = current_user";
    assert_eq!(text(&client, is).await, "saasadmin saasadmin saas f t t");
    let owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'saas'";
    assert_eq!(text(&client, owner).await, "saasadmin");
    assert_eq!(text(&client, "SHOW jit").await, "off");
    assert_eq!(text(&client, "SHOW search_path").await, "\"$user\", public");
    assert_eq!(text(&client, "SHOW application_name").await, "saas");
}

#[tokio::test]
async fn sessions_start_with_the_settings_of_their_role() {
    let postgres = start();
    let client = admin(&postgres).await;
    run(
        &client,
        "CREATE ROLE app LOGIN; ALTER ROLE app SET statement_timeout = '1s'; ALTER ROLE app SET lock_timeout = '2s';
        ALTER DATABASE saas SET lock_timeout = '9s'; ALTER DATABASE saas SET work_mem = '1MB';
        ALTER ROLE app IN DATABASE saas SET statement_timeout = '3s';
        ALTER ROLE app IN DATABASE saas SET search_path = acme_corp",
    )
    .await;
    let mut config = config(&postgres, "app");
    let client = try_connect(config.options("-c jit=off -c lock_timeout=4s")).await.expect("it may log in");
    let mut found = Vec::new();
    for name in ["statement_timeout", "lock_timeout", "work_mem", "search_path"] {
        found.push(text(&client, &format!("SHOW {name}")).await);
    }
    assert_eq!(found, ["3s", "4s", "1MB", "acme_corp"]);
    run(&client, "SET statement_timeout = 0").await;
    run(&client, "DISCARD ALL").await;
    assert_eq!(text(&client, "SHOW statement_timeout").await, "3s");
    run(&client, "RESET ALL").await;
    assert_eq!(text(&client, "SELECT current_setting('lock_timeout') || current_user").await, "4sapp");
}

#[tokio::test]
async fn sessions_start_with_the_role_that_their_role_sets() {
    let postgres = start();
    let client = admin(&postgres).await;
    run(
        &client,
        "CREATE ROLE owner NOLOGIN; CREATE ROLE migrator LOGIN NOINHERIT; CREATE ROLE other LOGIN;
        GRANT owner TO migrator; ALTER ROLE migrator SET role = owner; ALTER ROLE migrator SET work_mem = '1MB';
        ALTER ROLE other SET role = owner",
    )
    .await;
    let who = "SELECT concat_ws(' ', session_user, current_user)";
    let migrator = connect(&postgres, "migrator").await;
    assert_eq!(text(&migrator, who).await, "migrator owner");
    assert_eq!(text(&migrator, "SHOW work_mem").await, "1MB");
    // It keeps the role while others have their turns.
    let other = connect(&postgres, "other").await;
    assert_eq!(text(&other, who).await, "other other", "it is no member of the role");
    assert_eq!(text(&migrator, who).await, "migrator owner");
    run(&migrator, "RESET ALL").await;
    assert_eq!(text(&migrator, who).await, "migrator owner");
}

#[tokio::test]
async fn refused_logins_return_a_reason() {
    let postgres = start();
    run(
        &admin(&postgres).await,
        "CREATE ROLE owner NOLOGIN; CREATE ROLE app LOGIN; CREATE ROLE one LOGIN CONNECTION LIMIT 1;
        REVOKE ALL ON DATABASE saas FROM PUBLIC; GRANT CONNECT ON DATABASE saas TO one",
    )
    .await;
    let one = connect(&postgres, "one").await;
    for (user, database, code, message) in [
        ("nobody", "saas", "28000", "role \"nobody\" does not exist"),
        ("owner", "saas", "28000", "role \"owner\" is not permitted to log in"),
        ("app", "saas", "42501", "permission denied for database \"saas\""),
        ("one", "saas", "53300", "too many connections for role \"one\""),
        ("app", "nowhere", "3D000", "database \"nowhere\" does not exist"),
        ("saasadmin", "postgres", "0A000", "the PostgreSQL of a sandbox serves only the database \"saas\""),
        (
            "postgres",
            "saas",
            "28000",
            "no pg_hba.conf entry for host \"127.0.0.1\", user \"postgres\", database \"saas\"",
        ),
    ] {
        let mut config = config(&postgres, user);
        let error = try_connect(config.dbname(database)).await.expect_err("it is not let in");
        assert_eq!(code_of(&error), code, "{user} {database}");
        assert_eq!(error.as_db_error().expect("it is of PostgreSQL").message(), message);
    }
    let mut config = config(&postgres, "saasadmin");
    let error = try_connect(config.options("-c work_mem=much")).await.expect_err("that is no size");
    assert_eq!(code_of(&error), "22023");
    // A closed connection frees a slot.
    drop(one);
    while try_connect(&super::config(&postgres, "one")).await.is_err() {}
}

#[test]
fn encryption_is_declined_and_protocols_are_downgraded() {
    let postgres = start();
    let mut stream = TcpStream::connect(postgres.hostaddr()).expect("it listens");
    stream.write_all(b"\0\0\0\x08\x04\xd2\x16\x2f").expect("it reads");
    let mut byte = [0];
    stream.read_exact(&mut byte).expect("it answers");
    assert_eq!(&byte, b"N");
    let parameters = b"user\0saasadmin\0database\0saas\0_pq_.x\0y\0\0";
    let length = u32::try_from(parameters.len() + 8).expect("it is short");
    stream.write_all(&[&length.to_be_bytes()[..], b"\0\x03\0\x02", parameters].concat()).expect("it reads");
    let mut answer = [0; 20];
    stream.read_exact(&mut answer).expect("it answers");
    assert_eq!(&answer, b"v\0\0\0\x13\0\0\0\0\0\0\0\x01_pq_.x\0");
}
