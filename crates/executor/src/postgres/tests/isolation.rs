//! Each tenant, with its own password, against every object of each other tenant and against shared
//! objects.

use tokio_postgres::Client;

use super::stage::Stage;

pub(super) const TENANTS: [&str; 3] = ["acme-corp", "globex-inc", "initech-llc"];

/// The migration of a tenant. The function would show another tenant's rows to its caller.
const MIGRATION: &str = "
    CREATE TABLE account (id int PRIMARY KEY, name text);
    INSERT INTO account VALUES (1, current_schema());
    CREATE SEQUENCE counter;
    CREATE VIEW names AS SELECT name FROM account;
    CREATE FUNCTION secret() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_schema()::text';
    CREATE PROCEDURE work() LANGUAGE sql AS 'SELECT 1';
    CREATE TYPE colour AS ENUM ('red');";

pub(super) async fn migrated() -> Stage {
    let stage = Stage::with(&TENANTS).await;
    for tenant in TENANTS {
        stage.migrate(tenant, MIGRATION).await;
    }
    stage
}

async fn code(client: &Client, sql: &str) -> String {
    match client.batch_execute(sql).await {
        Ok(()) => "done".to_owned(),
        Err(error) => error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned()),
    }
}

#[tokio::test]
async fn app_role_can_use_objects_created_by_migrations() {
    let stage = migrated().await;
    let client = stage.tenant("acme-corp").await;
    for sql in [
        "SELECT * FROM account",
        "INSERT INTO account VALUES (2, 'two')",
        "UPDATE account SET name = 'zwei' WHERE id = 2",
        "DELETE FROM account WHERE id = 2",
        "SELECT nextval('counter')",
        "SELECT * FROM names",
        "SELECT secret()",
        "CALL work()",
        "SELECT 'red'::colour",
        "SELECT * FROM acme_corp.account",
    ] {
        assert_eq!(code(&client, sql).await, "done", "{sql}");
    }
    // Statements that only the owner role may run.
    for sql in [
        "TRUNCATE account",
        "DROP TABLE account",
        "ALTER TABLE account ADD x int",
        "CREATE TABLE mine ()",
        "CREATE INDEX ON account (name)",
    ] {
        assert_eq!(code(&client, sql).await, "42501", "{sql}");
    }
    // The role owns nothing, so it can grant nothing.
    for given in ["SELECT ON account", "USAGE ON SCHEMA acme_corp", "EXECUTE ON FUNCTION secret()"] {
        // PostgreSQL reports success, and warns that nothing was granted.
        assert_eq!(code(&client, &format!("GRANT {given} TO t_globex_inc_app")).await, "done");
    }
    assert!(stage.is_as_planned("acme-corp").await);
}

#[tokio::test]
async fn tenant_cannot_access_another_tenant() {
    let stage = migrated().await;
    for tenant in TENANTS {
        let client = stage.tenant(tenant).await;
        for other in TENANTS.into_iter().filter(|other| *other != tenant) {
            let s = stage.planned(other).schema.clone();
            for sql in [
                format!("SELECT * FROM {s}.account"),
                format!("INSERT INTO {s}.account VALUES (3, 'three')"),
                format!("UPDATE {s}.account SET name = ''"),
                format!("DELETE FROM {s}.account"),
                format!("TRUNCATE {s}.account"),
                format!("LOCK TABLE {s}.account; ROLLBACK"),
                format!("COPY {s}.account TO STDOUT"),
                format!("SELECT * FROM {s}.names"),
                format!("SELECT {s}.secret()"),
                format!("CALL {s}.work()"),
                format!("SELECT nextval('{s}.counter')"),
                format!("SELECT last_value FROM {s}.counter"),
                format!("SELECT 'red'::{s}.colour"),
                format!("SELECT query_to_xml('SELECT * FROM {s}.account', true, true, '')"),
                format!("CREATE TABLE {s}.t ()"),
                format!("CREATE FUNCTION {s}.f() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
                format!("DROP SCHEMA {s} CASCADE"),
                format!("ALTER DEFAULT PRIVILEGES FOR ROLE t_{s}_owner GRANT SELECT ON TABLES TO PUBLIC"),
                format!("SET ROLE t_{s}_owner"),
                format!("SET ROLE t_{s}_app"),
                format!("SET SESSION AUTHORIZATION t_{s}_app"),
                format!("ALTER ROLE t_{s}_app PASSWORD NULL"),
                format!("COMMENT ON SCHEMA {s} IS NULL"),
                format!("COMMENT ON ROLE t_{s}_app IS NULL"),
            ] {
                assert_eq!(code(&client, &sql).await, "42501", "{tenant}: {sql}");
            }
        }
    }
}

#[tokio::test]
async fn tenant_cannot_access_shared_objects() {
    let stage = migrated().await;
    for tenant in TENANTS {
        let client = stage.tenant(tenant).await;
        let own = stage.planned(tenant).schema.clone();
        for sql in [
            "CREATE TABLE public.t ()".to_owned(),
            "CREATE TEMPORARY TABLE t ()".into(),
            "CREATE SCHEMA mine".into(),
            "CREATE ROLE mine".into(),
            "CREATE DATABASE mine".into(),
            "DROP EXTENSION plpgsql".into(),
            "COPY (SELECT 1) TO PROGRAM 'true'".into(),
            "SELECT * FROM pg_authid".into(),
            "SELECT pg_read_file('pg_hba.conf')".into(),
            "SET ROLE saasadmin".into(),
            "COMMENT ON DATABASE saas IS NULL".into(),
            format!("SET ROLE t_{own}_owner"),
            format!("DROP SCHEMA {own} CASCADE"),
            format!("COMMENT ON ROLE t_{own}_app IS NULL"),
        ] {
            assert_eq!(code(&client, &sql).await, "42501", "{tenant}: {sql}");
        }
    }
}

#[tokio::test]
async fn tenant_cannot_log_in_as_another_tenant() {
    let stage = migrated().await;
    for (tenant, other) in [("acme-corp", "globex-inc"), ("globex-inc", "acme-corp")] {
        let error = stage.log_in(tenant, &super::stage::password(other)).await.expect_err("it is refused");
        assert!(error.to_string().contains("28P01"), "{error}");
    }
}

#[tokio::test]
async fn connection_limit_is_enforced() {
    let stage =
        Stage::with(&["acme-corp"]).await.replanned(&["acme-corp"], &|tenant| tenant.connection_limit = 1).await;
    stage.make("tenant/acme-corp/schema").await;
    let _first = stage.tenant("acme-corp").await;
    let error = stage.log_in("acme-corp", &super::stage::password("acme-corp")).await.expect_err("one is the limit");
    assert!(error.to_string().contains("53300"), "{error}");
}
