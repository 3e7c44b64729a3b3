//! Each tenant with its own password on everything of each other tenant, and on what they share.

use tokio_postgres::Client;

use super::stage::Stage;
use crate::postgres::{Attempt, Outcome, Probe, probe};

const TENANTS: [&str; 3] = ["acme-corp", "globex-inc", "initech-llc"];

/// What a tenant's migrations make. The function would show another tenant's rows to its caller.
const MIGRATION: &str = "
    CREATE TABLE account (id int PRIMARY KEY, name text);
    INSERT INTO account VALUES (1, current_schema());
    CREATE SEQUENCE counter;
    CREATE VIEW names AS SELECT name FROM account;
    CREATE FUNCTION secret() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_schema()::text';
    CREATE PROCEDURE work() LANGUAGE sql AS 'SELECT 1';
    CREATE TYPE colour AS ENUM ('red');";

async fn migrated() -> Stage {
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
async fn a_tenant_can_work_with_what_its_migrations_made() {
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
    // What the owner role alone may do.
    for sql in [
        "TRUNCATE account",
        "DROP TABLE account",
        "ALTER TABLE account ADD x int",
        "CREATE TABLE mine ()",
        "CREATE INDEX ON account (name)",
    ] {
        assert_eq!(code(&client, sql).await, "42501", "{sql}");
    }
    // It owns nothing, so it has nothing to give.
    for given in ["SELECT ON account", "USAGE ON SCHEMA acme_corp", "EXECUTE ON FUNCTION secret()"] {
        // PostgreSQL says that it is done, and warns that nothing was given.
        assert_eq!(code(&client, &format!("GRANT {given} TO t_globex_inc_app")).await, "done");
    }
    assert!(stage.is_as_planned("acme-corp").await);
}

#[tokio::test]
async fn no_tenant_reaches_another() {
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
async fn nobody_reaches_what_is_shared() {
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
async fn nobody_logs_in_as_another() {
    let stage = migrated().await;
    for (tenant, other) in [("acme-corp", "globex-inc"), ("globex-inc", "acme-corp")] {
        let error = stage.log_in(tenant, &super::stage::password(other)).await.expect_err("it is refused");
        assert!(error.to_string().contains("28P01"), "{error}");
    }
}

#[tokio::test]
async fn the_connection_limit_holds() {
    let stage =
        Stage::with(&["acme-corp"]).await.replanned(&["acme-corp"], &|tenant| tenant.connection_limit = 1).await;
    stage.make("tenant/acme-corp/schema").await;
    let _first = stage.tenant("acme-corp").await;
    let error = stage.log_in("acme-corp", &super::stage::password("acme-corp")).await.expect_err("one is the limit");
    assert!(error.to_string().contains("53300"), "{error}");
}

/// How often an attempt ended as it must, tenant by tenant.
fn held(probes: &[Probe], attempt: Attempt) -> Vec<(&str, u64)> {
    let of = probes.iter().filter(|probe| probe.attempt == attempt);
    of.filter_map(|probe| match (&probe.tenant, &probe.outcome) {
        (Some(tenant), Outcome::Held { times }) => Some((tenant.as_str(), *times)),
        _ => None,
    })
    .collect()
}

#[tokio::test]
async fn probes_hold_and_leave_nothing() {
    let stage = migrated().await;
    let before = stage.superuser("SELECT count(*), max(oid) FROM pg_class");
    let probes = probe(&stage.bench.cx()).await.expect("the administrator can look");
    let bad: Vec<String> = probes.iter().filter(|probe| !probe.is_good()).map(ToString::to_string).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    let each = |times| TENANTS.map(|tenant| (tenant, times)).to_vec();
    for attempt in [
        Attempt::Login,
        Attempt::UseOwnSchema,
        Attempt::UseOwnTables,
        Attempt::CreateInOwnSchema,
        Attempt::CreateInPublic,
        Attempt::CreateSchema,
        Attempt::CreateTemporaryTable,
        Attempt::BecomeOwner,
        Attempt::BecomeAdmin,
        Attempt::Catalog,
    ] {
        assert_eq!(held(&probes, attempt), each(1), "{attempt}");
    }
    for attempt in [Attempt::HaveSchema, Attempt::HaveRole, Attempt::Select, Attempt::Create] {
        assert_eq!(held(&probes, attempt), each(2), "{attempt}");
    }
    assert_eq!(held(&probes, Attempt::Become), each(4));
    let residuals: Vec<String> = probes.iter().filter(|probe| probe.is_residual()).map(ToString::to_string).collect();
    assert_eq!(
        residuals,
        [
            "everybody: have the planned rights: remains open: PUBLIC has CONNECT on database template1",
            "everybody: have the planned rights: remains open: PUBLIC has CONNECT, TEMPORARY on database postgres",
        ]
    );
    assert_eq!(stage.superuser("SELECT count(*), max(oid) FROM pg_class"), before);
}

#[tokio::test]
async fn probes_find_what_is_open() {
    let stage = migrated().await;
    stage.superuser(
        "GRANT USAGE, CREATE ON SCHEMA globex_inc TO t_acme_corp_app; GRANT CREATE ON SCHEMA public TO t_acme_corp_app;
         GRANT t_initech_llc_owner TO t_acme_corp_app; GRANT TEMPORARY, CREATE ON DATABASE saas TO t_acme_corp_app;
         ALTER ROLE t_globex_inc_app PASSWORD 'x'; REVOKE DELETE ON initech_llc.account FROM t_initech_llc_app",
    );
    let probes = probe(&stage.bench.cx()).await.expect("the administrator can look");
    let broken: Vec<(&str, Attempt, Option<&str>)> = probes
        .iter()
        .filter(|probe| !probe.is_good() && probe.attempt != Attempt::Catalog)
        .map(|probe| (probe.tenant.as_deref().unwrap_or_default(), probe.attempt, probe.against.as_deref()))
        .collect();
    assert_eq!(
        broken,
        [
            ("acme-corp", Attempt::CreateInPublic, None),
            ("acme-corp", Attempt::CreateSchema, None),
            ("acme-corp", Attempt::CreateTemporaryTable, None),
            ("acme-corp", Attempt::HaveSchema, Some("globex-inc")),
            ("acme-corp", Attempt::HaveRole, Some("initech-llc")),
            // Refused, but because there is no such table.
            ("acme-corp", Attempt::Select, Some("globex-inc")),
            ("acme-corp", Attempt::Create, Some("globex-inc")),
            ("acme-corp", Attempt::Become, Some("initech-llc")),
            ("globex-inc", Attempt::Login, None),
            ("initech-llc", Attempt::UseOwnTables, None),
        ]
    );
    let in_catalog = |tenant: &str| {
        probes.iter().any(|probe| {
            !probe.is_good() && probe.attempt == Attempt::Catalog && probe.tenant.as_deref() == Some(tenant)
        })
    };
    assert!(in_catalog("acme-corp") && in_catalog("globex-inc") && in_catalog("initech-llc"));
    assert_eq!(stage.superuser("SELECT count(*) FROM pg_class WHERE relname = 'saas_probe'"), "0");
}

#[tokio::test]
async fn beyond_fifty_each_is_really_tried_on_twenty() {
    let ids: Vec<String> = (10..62).map(|number| format!("tenant-{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let stage = Stage::empty(&ids).await;
    stage.make("database/access").await;
    let cx = stage.bench.cx();
    for id in &ids {
        let node = stage.bench.node(&super::stage::address(id));
        crate::manage::create(&cx, node).await.expect("it can be made");
    }
    let probes = probe(&cx).await.expect("the administrator can look");
    assert!(probes.iter().all(Probe::is_good), "{probes:#?}");
    for (attempt, times) in [(Attempt::HaveSchema, 51), (Attempt::Select, 20), (Attempt::Become, 40)] {
        let expected: Vec<(&str, u64)> = ids.iter().map(|id| (*id, times)).collect();
        assert_eq!(held(&probes, attempt), expected, "{attempt}");
    }
}
