//! Tenants are offboarded, in one or several attempts, without remnants.

use saas_model::Address;

use super::stage::{Stage, address};
use crate::error::Error;
use crate::postgres::PostgresError;
use crate::provider;

/// The remnants of a tenant anywhere in the server.
const REMNANTS: &str = "
    SELECT (SELECT count(*) FROM pg_roles WHERE rolname LIKE 't\\_acme%') + (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'acme%')
        + (SELECT count(*) FROM pg_db_role_setting s WHERE NOT EXISTS (SELECT FROM pg_roles WHERE oid = s.setrole))
        + (SELECT count(*) FROM pg_default_acl WHERE NOT EXISTS (SELECT FROM pg_roles WHERE oid = defaclrole))
        + (SELECT count(*) FROM pg_database WHERE datacl::text LIKE '%acme%')";

pub(super) async fn offboard(stage: &Stage, tenant: &str) {
    let cx = stage.bench.cx();
    let found = stage.found(tenant).await.expect("it is there");
    provider::delete(&cx, &found).await.expect("it can leave");
}

#[tokio::test]
async fn offboarding_removes_everything_and_leaves_other_tenants_unchanged() {
    let stage = Stage::with(&["acme-corp", "globex-inc"]).await;
    stage.migrate("acme-corp", "CREATE TABLE t (id serial); INSERT INTO t DEFAULT VALUES").await;
    let connected = stage.tenant("acme-corp").await;
    connected.batch_execute("BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE; SELECT lo_create(0)").await.expect("it may");
    offboard(&stage, "acme-corp").await;
    assert_eq!(stage.superuser(REMNANTS), "0");
    assert!(connected.batch_execute("SELECT 1").await.is_err(), "its session was ended");
    assert_eq!(stage.found("acme-corp").await, None);
    assert!(stage.is_as_planned("globex-inc").await);
    stage.tenant("globex-inc").await;
}

#[tokio::test]
async fn interrupted_offboarding_is_found_and_completed() {
    for killed_after in [
        "ALTER ROLE t_acme_corp_app NOLOGIN CONNECTION LIMIT 0",
        "DROP SCHEMA acme_corp CASCADE",
        "DROP SCHEMA acme_corp CASCADE; DROP OWNED BY t_acme_corp_app; DROP ROLE t_acme_corp_app",
        "DROP SCHEMA acme_corp CASCADE; DROP OWNED BY t_acme_corp_owner; DROP ROLE t_acme_corp_owner",
    ] {
        let stage = Stage::with(&["acme-corp", "globex-inc"]).await;
        stage.superuser(killed_after);
        let stage = stage.replanned(&["globex-inc"], &|_| {}).await;
        offboard(&stage, "acme-corp").await;
        assert_eq!(stage.superuser(REMNANTS), "0", "{killed_after}");
        assert!(stage.is_as_planned("globex-inc").await);
    }
}

#[tokio::test]
async fn offboarding_twice_is_no_error() {
    let stage = Stage::with(&["acme-corp"]).await;
    let found = stage.found("acme-corp").await.expect("it is there");
    offboard(&stage, "acme-corp").await;
    provider::delete(&stage.bench.cx(), &found).await.expect("what is gone is no error");
}

#[tokio::test]
async fn tenant_created_again_after_offboarding_is_empty() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage.migrate("acme-corp", "CREATE TABLE t ()").await;
    offboard(&stage, "acme-corp").await;
    stage.bench.live.remove(&stage.bench.live.get(&Address::literal(address("acme-corp"))).expect("it was live"));
    stage.make(&address("acme-corp")).await;
    assert!(stage.is_as_planned("acme-corp").await);
    assert!(stage.tenant("acme-corp").await.batch_execute("SELECT FROM t").await.is_err());
}

#[tokio::test]
async fn data_loss_of_offboarding_is_reported() {
    let stage = Stage::with(&["acme-corp"]).await;
    let at_stake = async || {
        let found = stage.found("acme-corp").await.expect("it is there");
        provider::data_loss(&stage.bench.cx(), &found).await.expect("the administrator can look")
    };
    assert_eq!(at_stake().await, None);
    stage.migrate("acme-corp", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'").await;
    assert_eq!(at_stake().await.as_deref(), Some("views, sequences and functions: 1"));
    stage.migrate("acme-corp", "DROP FUNCTION f(); CREATE TABLE a (id int); CREATE TABLE b (id int)").await;
    assert_eq!(at_stake().await.as_deref(), Some("tables: 2, with rows: 0 (0 bytes)"));
    stage.migrate("acme-corp", "INSERT INTO b VALUES (1)").await;
    assert_eq!(at_stake().await.as_deref(), Some("tables: 2, with rows: 1 (8192 bytes)"));
}

#[tokio::test]
async fn offboarding_is_refused_while_objects_of_others_depend_on_the_schema() {
    let stage = Stage::with(&["acme-corp", "globex-inc"]).await;
    stage.migrate("acme-corp", "CREATE TABLE t (id int PRIMARY KEY); CREATE TYPE colour AS ENUM ('red'); CREATE VIEW own AS SELECT * FROM t").await;
    stage.superuser(
        "CREATE SCHEMA bi; CREATE VIEW bi.report AS SELECT * FROM acme_corp.t; CREATE VIEW bi.second AS SELECT * FROM bi.report;
         CREATE TABLE bi.key (id int REFERENCES acme_corp.t, colour acme_corp.colour);
         CREATE FUNCTION bi.rows() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM acme_corp.t; END",
    );
    let dependents = [
        "column colour of table bi.key",
        "constraint key_id_fkey on table bi.key",
        "function bi.rows()",
        "view bi.report",
        "view bi.second",
    ];
    let found = stage.found("acme-corp").await.expect("it is there");
    let error = provider::delete(&stage.bench.cx(), &found).await.expect_err("others would lose something");
    match &error {
        Error::Postgres(PostgresError::NeededElsewhere { schema, dependents: reported }) => {
            assert_eq!(
                (schema.as_str(), reported.iter().map(String::as_str).collect::<Vec<_>>()),
                ("acme_corp", dependents.into())
            );
        }
        other => panic!("{other}"),
    }
    // The tenant is unchanged.
    assert!(stage.is_as_planned("acme-corp").await);
    stage.tenant("acme-corp").await.batch_execute("SELECT FROM own").await.expect("it works as before");
    stage.superuser("DROP SCHEMA bi CASCADE");
    offboard(&stage, "acme-corp").await;
    assert_eq!(stage.superuser(REMNANTS), "0");
}

#[tokio::test]
async fn offboarding_is_refused_while_roles_own_objects_in_another_database() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage.superuser("CREATE DATABASE other");
    stage.server.superuser("other", "CREATE TABLE t (); GRANT SELECT ON t TO t_acme_corp_app").expect("it may");
    let found = stage.found("acme-corp").await.expect("it is there");
    let error = provider::delete(&stage.bench.cx(), &found).await.expect_err("the role cannot be dropped");
    assert!(error.to_string().contains("1 objects of t_acme_corp_app in the database other"), "{error}");
    assert!(stage.is_as_planned("acme-corp").await);
}

#[tokio::test]
async fn objects_owned_in_other_schemas_are_reported_as_data_loss() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage.superuser(
        "CREATE SCHEMA shared; CREATE TABLE shared.t (id serial); ALTER TABLE shared.t OWNER TO t_acme_corp_owner",
    );
    let found = stage.found("acme-corp").await.expect("it is there");
    let data_loss = provider::data_loss(&stage.bench.cx(), &found).await.expect("the administrator can look");
    assert_eq!(data_loss.as_deref(), Some("objects of its roles elsewhere: table shared.t"));
}

#[tokio::test]
async fn tenant_without_records_has_data_loss_and_is_removed_completely() {
    let lost = ["COMMENT ON SCHEMA acme_corp IS 'of a person'", "COMMENT ON ROLE t_acme_corp_owner IS NULL"];
    for statement in [lost[0].to_owned(), lost.join("; ")] {
        let stage = Stage::with(&["acme-corp", "globex-inc"]).await;
        stage.migrate("acme-corp", "CREATE TABLE t (id int); INSERT INTO t VALUES (1)").await;
        stage.superuser(&statement);
        let stage = stage.replanned(&["globex-inc"], &|_| {}).await;
        let found = stage.found("acme-corp").await.expect("a record is left");
        let data_loss = provider::data_loss(&stage.bench.cx(), &found).await.expect("the administrator can look");
        assert_eq!(data_loss.as_deref(), Some("tables: 1, with rows: 1 (8192 bytes)"), "{statement}");
        offboard(&stage, "acme-corp").await;
        assert_eq!(stage.superuser(REMNANTS), "0", "{statement}");
    }
}

#[tokio::test]
async fn deleting_database_access_leaves_the_database_closed_to_public() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage.superuser("COMMENT ON DATABASE saas IS 'ask Ann'");
    stage.make("database/access").await;
    let found = stage.observe(saas_model::Kind::DatabaseAccess).await.remove("database/access").expect("it was made");
    provider::delete(&stage.bench.cx(), &found).await.expect("the administrator may");
    let comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'saas'";
    assert_eq!(stage.superuser(comment), "ask Ann");
    assert_eq!(stage.superuser("SELECT has_database_privilege('public', 'saas', 'CONNECT')"), "f");
}
