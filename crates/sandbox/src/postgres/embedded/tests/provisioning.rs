//! What a provisioner of tenants does in a database, with its own statements where they can be
//! read from its source: those that it puts together are put together here in the same way.

use std::fs;

use futures::future::{join, join_all};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Transaction};

use super::{admin, code, code_of, config, connect, run, start, text, try_connect};
use crate::postgres::EmbeddedPostgres;

const TENANTS: [&str; 3] = ["acme_corp", "globex_inc", "initech_llc"];

const VERIFIER: &str = "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$\
    uIQ4Tp6UNyrZdVvT/o2zXfuWQcDpIHfnyRuu4v8cSvI=:vDmTkPUDU6JsK2UqTOnE/LDWXz4JqL2SiNIkGqV7dyI=";

/// A query of the provisioner: a file of SQL, or a constant in a file of Rust.
fn query_of(file: &str, constant: Option<&str>) -> String {
    let path = format!("{}/../executor/src/postgres/{file}", env!("CARGO_MANIFEST_DIR"));
    let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let Some(constant) = constant else { return source };
    let (_, rest) = source.split_once(&format!("const {constant}: &str = \"")).expect("there is such a constant");
    rest.split_once("\";").expect("it ends").0.to_owned()
}

/// A tenant's schema, owner role and application role.
fn names(tenant: &str) -> [String; 3] {
    [tenant.to_owned(), format!("t_{tenant}_owner"), format!("t_{tenant}_app")]
}

/// The names of tenants as parameters, in step.
async fn about(transaction: &Transaction<'_>, sql: &str, tenants: &[&str]) -> Vec<Row> {
    let names: Vec<[String; 3]> = tenants.iter().map(|tenant| names(tenant)).collect();
    let columns = [0, 1, 2].map(|index| names.iter().map(|names| names[index].as_str()).collect::<Vec<_>>());
    let parameters = columns.each_ref().map(|column| (column as &(dyn ToSql + Sync), Type::TEXT_ARRAY));
    transaction.query_typed(sql, &parameters).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

/// The administrator, with a session as the provisioner sets it.
async fn lane(postgres: &EmbeddedPostgres) -> Client {
    let client = admin(postgres).await;
    run(&client, "SET search_path = pg_catalog; SET lock_timeout = '60s'; SET client_min_messages = error").await;
    client
}

async fn batch(transaction: &Transaction<'_>, statements: &[String]) {
    let sql = statements.join(";\n");
    transaction.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// What everybody may do is taken away, as in `access.rs`. Gives what remains elsewhere.
async fn close(client: &mut Client) -> Vec<String> {
    let open = query_of("access.rs", Some("OPEN_RIGHTS"));
    let transaction = client.transaction().await.expect("it is idle");
    let rights = transaction.query_typed(&open, &[]).await.expect("everybody may look");
    let ours = rights.iter().filter(|row| row.get(1) || row.get(3)).map(|row| row.get(2));
    let mut statements: Vec<String> = ours.collect();
    statements.push("COMMENT ON DATABASE \"saas\" IS 'saas:platform=p saas:address=database'".to_owned());
    batch(&transaction, &statements).await;
    let rest = transaction.query_typed(&open, &[]).await.expect("everybody may look");
    let comment = transaction
        .query_typed_one(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()",
            &[],
        )
        .await
        .expect("there is one database");
    assert_eq!(comment.get::<_, &str>(0), "saas:platform=p saas:address=database");
    transaction.commit().await.expect("nothing is in the way");
    assert!(!rest.iter().any(|row| row.get(1)), "the database is closed");
    rest.iter().map(|row| row.get(0)).collect()
}

/// Makes a tenant's schema, roles and rights in one transaction, as in `tenant.rs`.
async fn ensure(client: &mut Client, tenant: &str) {
    let [schema, owner, app] = names(tenant);
    let transaction = client.transaction().await.expect("it is idle");
    let standing = query_of("tenant.rs", Some("STANDING"));
    let parameters = [&schema, &owner, &app].map(|name| (name as &(dyn ToSql + Sync), Type::TEXT));
    let standing = transaction.query_typed(&standing, &parameters).await.expect("everybody may look");
    let there: Vec<&str> = standing.iter().map(|row| row.get(0)).collect();
    let version: &str = standing.iter().find(|row| row.get::<_, &str>(0) == "version").expect("there is one").get(1);
    assert_eq!(version, "170005");
    let mut missing = Vec::new();
    for (part, role) in [("owner", &owner), ("app", &app)] {
        if !there.contains(&part) {
            missing.push(format!("CREATE ROLE \"{role}\" NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE"));
        }
    }
    missing.push(become_member(&owner));
    if !there.contains(&"schema") {
        missing.push(format!("CREATE SCHEMA \"{schema}\" AUTHORIZATION \"{owner}\""));
    }
    batch(&transaction, &missing).await;
    let drift = query_of("drift.sql", None);
    let repairs = about(&transaction, &drift, &[tenant]).await;
    let repairs: Vec<String> = repairs.iter().filter_map(|row| row.get(2)).collect();
    batch(&transaction, &repairs).await;
    batch(&transaction, &rights(tenant)).await;
    let faults = about(&transaction, &drift, &[tenant]).await;
    assert_eq!(faults.iter().map(|row| row.get::<_, String>(1)).collect::<Vec<_>>(), <[String; 0]>::default());
    transaction.commit().await.expect("nothing is in the way");
}

fn become_member(role: &str) -> String {
    format!("GRANT \"{role}\" TO CURRENT_USER WITH INHERIT TRUE, SET TRUE")
}

fn rights(tenant: &str) -> Vec<String> {
    let [schema, owner, app] = names(tenant).map(|name| format!("\"{name}\""));
    let defaults = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {owner}");
    let setting = format!("ALTER ROLE {app} IN DATABASE \"saas\" SET");
    let record = |part: &str| format!("'saas:platform=p saas:address=tenant/{tenant}/schema saas:part={part}'");
    vec![
        format!("ALTER ROLE {owner} NOLOGIN NOINHERIT PASSWORD NULL"),
        format!("ALTER ROLE {app} LOGIN NOINHERIT CONNECTION LIMIT 20 PASSWORD '{VERIFIER}' VALID UNTIL 'infinity'"),
        format!("GRANT CONNECT ON DATABASE \"saas\" TO {app}"),
        format!("GRANT USAGE ON SCHEMA {schema} TO {app}"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {app}"),
        format!("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {app}"),
        format!("GRANT EXECUTE ON ALL ROUTINES IN SCHEMA {schema} TO {app}"),
        format!("{defaults} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"),
        format!("{defaults} IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}"),
        format!("{defaults} IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {app}"),
        format!("{defaults} IN SCHEMA {schema} GRANT EXECUTE ON FUNCTIONS TO {app}"),
        format!("{setting} search_path = {schema}"),
        format!("{setting} statement_timeout = 30000"),
        format!("{setting} lock_timeout = 5000"),
        format!("{setting} idle_in_transaction_session_timeout = 60000"),
        format!("COMMENT ON ROLE {owner} IS {}", record("owner")),
        format!("COMMENT ON ROLE {app} IS {}", record("app")),
        format!("COMMENT ON SCHEMA {schema} IS {}", record("schema")),
    ]
}

/// A migration, for which the administrator becomes the owner.
async fn migrate(client: &Client, tenant: &str) {
    let sql = format!(
        "BEGIN; SET LOCAL ROLE \"t_{tenant}_owner\"; SET LOCAL search_path = {tenant};
        CREATE TABLE invoices (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text);
        CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM invoices'; COMMIT"
    );
    run(client, &sql).await;
}

/// What is found by trying, as in `probe.rs`: as the tenant, over a connection of its own.
async fn probe(postgres: &EmbeddedPostgres, tenant: &str) {
    let client = connect(postgres, &names(tenant)[2]).await;
    let row = client.query_typed_one("SELECT current_schemas(false)::text[]", &[]).await.expect("everybody may");
    assert_eq!(row.get::<_, Vec<String>>(0), [tenant]);
    let is = "SELECT concat_ws(' ', current_user, session_user, current_setting('statement_timeout'))";
    assert_eq!(text(&client, is).await, format!("t_{tenant}_app t_{tenant}_app 30s"));
    run(&client, "INSERT INTO invoices (text) VALUES ('x'); UPDATE invoices SET text = 'y'").await;
    assert_eq!(text(&client, "SELECT total() > 0").await, "t");
    // The administrator is somebody else from now on, in between.
    let tables = query_of("probe.rs", Some("TABLES"));
    let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&tenant, Type::TEXT), (&20_i64, Type::INT8)];
    let tables = client.query_typed(&tables, &parameters).await.expect("everybody may look");
    let tables: Vec<(&str, bool)> = tables.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(tables, [(format!("{tenant}.invoices").as_str(), true)]);

    let others: Vec<&str> = TENANTS.into_iter().filter(|other| *other != tenant).collect();
    let names_of: Vec<[String; 3]> = others.iter().map(|other| names(other)).collect();
    let columns = [0, 1, 2].map(|index| names_of.iter().map(|names| names[index].as_str()).collect::<Vec<_>>());
    let parameters = columns.each_ref().map(|column| (column as &(dyn ToSql + Sync), Type::TEXT_ARRAY));
    let rights = query_of("probe.rs", Some("RIGHTS"));
    let rows = client.query_typed(&rights, &parameters).await.expect("everybody may look");
    assert!(rows.iter().all(|row| !row.get::<_, bool>(0) && !row.get::<_, bool>(1)));

    let mut forbidden = vec![
        format!("CREATE TABLE \"{tenant}\".saas_probe ()"),
        "CREATE TABLE public.saas_probe ()".to_owned(),
        "CREATE SCHEMA saas_probe".to_owned(),
        "CREATE TEMPORARY TABLE saas_probe ()".to_owned(),
        format!("SET ROLE \"t_{tenant}_owner\""),
        "SET ROLE \"saasadmin\"".to_owned(),
    ];
    for other in others {
        let [schema, owner, app] = names(other);
        forbidden.push(format!("SELECT FROM \"{schema}\".saas_probe"));
        forbidden.push(format!("SELECT FROM \"{schema}\".invoices"));
        forbidden.push(format!("CREATE TABLE \"{schema}\".saas_probe ()"));
        forbidden.push(format!("SET ROLE \"{owner}\""));
        forbidden.push(format!("SET ROLE \"{app}\""));
    }
    // All of them travel together, and are done one after the other.
    let attempts = join_all(forbidden.iter().map(|sql| {
        let (client, sql) = (&client, format!("{sql}; ROLLBACK"));
        async move { client.batch_execute(&sql).await }
    }));
    for (sql, outcome) in forbidden.iter().zip(attempts.await) {
        assert_eq!(code_of(&outcome.expect_err(sql)), "42501", "{sql}");
    }
}

/// A tenant leaves, as in `offboard.rs`.
async fn offboard(client: &mut Client, tenant: &str) {
    let [schema, owner, app] = names(tenant);
    let transaction = client.transaction().await.expect("it is idle");
    batch(&transaction, &[format!("ALTER ROLE \"{app}\" NOLOGIN CONNECTION LIMIT 0"), become_member(&app)]).await;
    transaction.commit().await.expect("nothing is in the way");

    let transaction = client.transaction().await.expect("it is idle");
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1";
    let row = transaction.query_typed_one(end, &[(&app, Type::TEXT)]).await.expect("a member may");
    assert_eq!(row.get::<_, i64>(0), 0, "sessions are no backends here");
    let content = query_of("offboard.rs", Some("CONTENT"));
    let parameters: [(&(dyn ToSql + Sync), Type); 2] = [(&schema, Type::TEXT), (&app, Type::TEXT)];
    let row = transaction.query_typed_one(&content, &parameters).await.expect("everybody may look");
    let (tables, holding, others, large): (i64, i64, i64, i64) = (row.get(0), row.get(1), row.get(3), row.get(4));
    assert_eq!((tables, holding, others, large), (1, 1, 2, 0));
    transaction.commit().await.expect("nothing is in the way");

    let transaction = client.transaction().await.expect("it is idle");
    batch(
        &transaction,
        &[
            become_member(&app),
            become_member(&owner),
            format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE"),
            format!("DROP OWNED BY \"{app}\""),
            format!("DROP OWNED BY \"{owner}\""),
            format!("DROP ROLE \"{app}\""),
            format!("DROP ROLE \"{owner}\""),
        ],
    )
    .await;
    transaction.commit().await.expect("nothing is in the way");
}

/// What carries a record, as in `catalog.rs`.
async fn footprints(client: &Client) -> Vec<String> {
    let sql = query_of("catalog.rs", Some("FOOTPRINTS"));
    let rows = client.query_typed(&sql, &[(&"saas:platform=p ", Type::TEXT)]).await.expect("everybody may look");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn tenants_come_are_kept_apart_and_leave() {
    let postgres = start();
    let mut client = lane(&postgres).await;
    let elsewhere = close(&mut client).await;
    assert_eq!(elsewhere, ["CONNECT, TEMPORARY on database postgres", "CONNECT on database template1"]);
    for tenant in TENANTS {
        ensure(&mut client, tenant).await;
        migrate(&client, tenant).await;
        // Once more changes nothing.
        ensure(&mut client, tenant).await;
    }
    assert_eq!(footprints(&client).await.len(), 9);

    // The administrator's session stays open while the tenants are probed.
    let audit = async {
        let residuals = query_of("audit.rs", Some("RESIDUALS"));
        let transaction = client.transaction().await.expect("it is idle");
        let found = about(&transaction, &residuals, &TENANTS).await;
        transaction.commit().await.expect("nothing is in the way");
        found.iter().map(|row| row.get(1)).collect::<Vec<String>>()
    };
    let (found, _) = join(audit, join_all(TENANTS.map(|tenant| probe(&postgres, tenant)))).await;
    assert_eq!(found, <[String; 0]>::default());

    for tenant in TENANTS {
        offboard(&mut client, tenant).await;
        let error = try_connect(&config(&postgres, &names(tenant)[2])).await.expect_err("the role is gone");
        assert_eq!(code_of(&error), "28000");
    }
    assert_eq!(footprints(&client).await, <[String; 0]>::default());
    assert_eq!(text(&client, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 't\\_%'").await, "0");
}

#[tokio::test]
async fn two_administrators_work_at_a_time() {
    let postgres = start();
    let (mut one, mut other) = (lane(&postgres).await, lane(&postgres).await);
    close(&mut one).await;
    let work = async |client: &mut Client, tenant: &'static str| {
        for _ in 0..2 {
            ensure(client, tenant).await;
            migrate(client, tenant).await;
            offboard_after_use(&postgres, client, tenant).await;
        }
    };
    join(work(&mut one, "acme_corp"), work(&mut other, "globex_inc")).await;
    assert_eq!(footprints(&one).await, <[String; 0]>::default());
}

async fn offboard_after_use(postgres: &EmbeddedPostgres, client: &mut Client, tenant: &str) {
    let app = connect(postgres, &names(tenant)[2]).await;
    run(&app, "INSERT INTO invoices (text) VALUES ('x')").await;
    offboard(client, tenant).await;
    assert_eq!(code(&app, "SELECT 1").await, "57P01");
}

#[tokio::test]
async fn what_the_administrator_has_no_authority_for_has_no_effect() {
    let postgres = start();
    let mut client = lane(&postgres).await;
    ensure(&mut client, "acme_corp").await;
    run(&client, "REVOKE ALL ON DATABASE postgres FROM PUBLIC").await;
    assert!(close(&mut client).await.contains(&"CONNECT, TEMPORARY on database postgres".to_owned()));
    assert_eq!(code(&client, "ALTER ROLE t_acme_corp_app SUPERUSER").await, "42501");
    // The verifier is stored as it is, and nobody but a superuser may read it.
    assert_eq!(code(&client, "SELECT rolpassword FROM pg_authid").await, "42501");
    let drifted = "GRANT USAGE ON SCHEMA acme_corp TO PUBLIC; GRANT CREATE ON SCHEMA acme_corp TO t_acme_corp_app;
        GRANT SELECT ON ALL TABLES IN SCHEMA acme_corp TO PUBLIC; ALTER ROLE t_acme_corp_app CREATEROLE";
    run(&client, drifted).await;
    let transaction = client.transaction().await.expect("it is idle");
    let faults = about(&transaction, &query_of("drift.sql", None), &["acme_corp"]).await;
    let faults: Vec<String> = faults.iter().map(|row| row.get(1)).collect();
    let expected = [
        "PUBLIC has USAGE on schema acme_corp",
        "t_acme_corp_app has CREATE on schema acme_corp",
        "t_acme_corp_app is CREATEROLE",
    ];
    assert_eq!(faults, expected);
    transaction.commit().await.expect("nothing is in the way");
    ensure(&mut client, "acme_corp").await;
}
