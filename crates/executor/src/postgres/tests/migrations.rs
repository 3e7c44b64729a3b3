//! The role of migrations, and the record of migrations in the comment on a schema.

use saas_model::{Address, Digest};
use tokio_postgres::Client;

use super::stage::{Stage, address, with_migrator};
use crate::postgres::{MigrationRecord, MigrationStart, Outcome, Probe, migrations, probe, record_migration};

const TENANTS: [&str; 2] = ["acme-corp", "globex-inc"];

/// Two tenants with migrations.
async fn stage() -> Stage {
    let stage = Stage::empty(&TENANTS).await.replanned(&TENANTS, &with_migrator).await;
    stage.make("database/access").await;
    for tenant in TENANTS {
        stage.make(&address(tenant)).await;
    }
    stage
}

async fn code(client: &Client, sql: &str) -> String {
    match client.batch_execute(sql).await {
        Ok(()) => "done".to_owned(),
        Err(error) => error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned()),
    }
}

async fn broken(stage: &Stage) -> Vec<String> {
    let probes = probe(&stage.bench.cx(), None).await.expect("the administrator can look");
    probes.iter().filter(|probe| matches!(probe.outcome, Outcome::Broken { .. })).map(Probe::to_string).collect()
}

#[tokio::test]
async fn migrator_creates_objects_of_the_owner_that_the_application_uses() {
    let stage = stage().await;
    assert!(stage.is_as_planned("acme-corp").await);
    let migrator = stage.migrator("acme-corp").await;
    for sql in [
        "CREATE TABLE account (id int PRIMARY KEY); INSERT INTO account VALUES (1)",
        "ALTER TABLE account ADD name text",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ] {
        assert_eq!(code(&migrator, sql).await, "done", "{sql}");
    }
    let owners = "SELECT string_agg(DISTINCT pg_get_userbyid(relowner), ',') FROM pg_class c
        JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'acme_corp'";
    assert_eq!(stage.superuser(owners), "t_acme_corp_owner");
    let app = stage.tenant("acme-corp").await;
    assert_eq!(code(&app, "SELECT * FROM account; SELECT f()").await, "done");
    assert!(stage.is_as_planned("acme-corp").await);
    let shown = migrator.query_one("SHOW statement_timeout", &[]).await.expect("a setting");
    assert_eq!(shown.get::<_, &str>(0), "0");
}

#[tokio::test]
async fn migrator_reaches_no_other_tenant_and_has_no_right_of_its_own() {
    let stage = stage().await;
    stage.migrate("globex-inc", "CREATE TABLE account (id int)").await;
    let migrator = stage.migrator("acme-corp").await;
    for sql in [
        "SELECT * FROM globex_inc.account",
        "CREATE TABLE globex_inc.t ()",
        "SET ROLE t_globex_inc_owner",
        "SET ROLE t_globex_inc_migrator",
        "SET ROLE t_globex_inc_app",
        "SET ROLE saasadmin",
        "CREATE TABLE public.t ()",
        "CREATE SCHEMA mine",
        "COMMENT ON ROLE t_acme_corp_owner IS NULL",
        "ALTER ROLE t_acme_corp_app PASSWORD 'x'",
        "GRANT t_acme_corp_owner TO t_globex_inc_app",
        // As itself, it may not even read the names in the schema.
        "SET ROLE NONE; CREATE TABLE acme_corp.t ()",
    ] {
        assert_eq!(code(&migrator, sql).await, "42501", "{sql}");
        migrator.batch_execute("RESET ROLE").await.expect("it may");
    }
    let app = stage.tenant("acme-corp").await;
    for sql in ["SET ROLE t_acme_corp_migrator", "SET ROLE t_acme_corp_owner"] {
        assert_eq!(code(&app, sql).await, "42501", "{sql}");
    }
}

#[tokio::test]
async fn probes_of_tenants_with_migrations_pass() {
    let stage = stage().await;
    assert_eq!(broken(&stage).await, [""; 0]);
    stage.superuser("ALTER ROLE t_acme_corp_migrator PASSWORD 'x'; GRANT t_globex_inc_owner TO t_acme_corp_migrator");
    let broken = broken(&stage).await;
    for told in [
        "acme-corp: act as the owner of its schema in migrations: failed",
        "acme-corp: be a member of another tenant's role (globex-inc): failed",
        "t_acme_corp_migrator is a member of t_globex_inc_owner",
    ] {
        assert!(broken.iter().any(|probe| probe.contains(told)), "{told}: {broken:#?}");
    }
}

#[tokio::test]
async fn changes_of_the_migrator_by_hand_are_reverted() {
    let stage = stage().await;
    for (by_hand, told) in [
        (
            "REVOKE t_acme_corp_owner FROM t_acme_corp_migrator",
            "t_acme_corp_migrator is no member of t_acme_corp_owner",
        ),
        (
            "ALTER ROLE t_acme_corp_migrator IN DATABASE saas RESET role",
            "t_acme_corp_migrator does not act as t_acme_corp_owner",
        ),
        (
            "ALTER ROLE t_acme_corp_migrator IN DATABASE saas SET role = 't_globex_inc_owner'",
            "t_acme_corp_migrator is set to role=t_globex_inc_owner",
        ),
        ("ALTER ROLE t_acme_corp_migrator NOLOGIN", "t_acme_corp_migrator cannot log in"),
        ("ALTER ROLE t_acme_corp_migrator CREATEROLE", "t_acme_corp_migrator is CREATEROLE"),
        (
            "GRANT USAGE ON SCHEMA globex_inc TO t_acme_corp_migrator",
            "t_acme_corp_migrator has USAGE on schema globex_inc",
        ),
        (
            "ALTER ROLE t_acme_corp_migrator IN DATABASE saas SET search_path = globex_inc",
            "t_acme_corp_migrator finds names elsewhere than in acme_corp",
        ),
    ] {
        stage.superuser(by_hand);
        let tenant = if told.ends_with("schema globex_inc") { "globex-inc" } else { "acme-corp" };
        let found = stage.found(tenant).await.expect("it is there");
        let faults = format!("{:?}", found.unmodelled);
        assert!(faults.contains(told), "{told}: {faults}");
        stage.make(&address(tenant)).await;
        assert!(stage.is_as_planned(tenant).await, "{by_hand}");
    }
    stage.superuser("ALTER ROLE t_acme_corp_migrator IN DATABASE saas SET statement_timeout = '1s'");
    let found = stage.found("acme-corp").await.expect("it is there");
    assert_eq!(found.raw_values, [("migrator.statement_timeout_ms".to_owned(), 1_000.into())]);
}

#[tokio::test]
async fn removed_migrator_is_dropped_and_what_it_created_stays() {
    let stage = stage().await;
    let migrator = stage.migrator("acme-corp").await;
    migrator.batch_execute("CREATE TABLE account (id int)").await.expect("it may");
    let stage = stage.replanned(&TENANTS, &|_| {}).await;
    assert_eq!(stage.fields_to_change("acme-corp").await, ["migrator"]);
    stage.make(&address("acme-corp")).await;
    assert!(stage.is_as_planned("acme-corp").await);
    assert_eq!(stage.superuser("SELECT count(*) FROM pg_roles WHERE rolname = 't_acme_corp_migrator'"), "0");
    assert!(migrator.batch_execute("SELECT 1").await.is_err(), "its session was ended");
    assert_eq!(code(&stage.tenant("acme-corp").await, "SELECT * FROM account").await, "done");
    // It comes back with the next plan that has one.
    let stage = stage.replanned(&TENANTS, &with_migrator).await;
    stage.make(&address("acme-corp")).await;
    assert!(stage.is_as_planned("acme-corp").await);
    assert_eq!(code(&stage.migrator("acme-corp").await, "DROP TABLE account").await, "done");
}

#[tokio::test]
async fn offboarding_drops_the_migrator_and_ends_its_sessions() {
    let stage = stage().await;
    let migrator = stage.migrator("acme-corp").await;
    migrator.batch_execute("CREATE TABLE account (id int); BEGIN; LOCK TABLE account").await.expect("it may");
    super::offboarding::offboard(&stage, "acme-corp").await;
    let left = "SELECT (SELECT count(*) FROM pg_roles WHERE rolname LIKE 't\\_acme%')
        + (SELECT count(*) FROM pg_namespace WHERE nspname = 'acme_corp')";
    assert_eq!(stage.superuser(left), "0");
    assert!(migrator.batch_execute("SELECT 1").await.is_err(), "its session was ended");
    assert!(stage.is_as_planned("globex-inc").await);
}

fn record(number: u64) -> MigrationRecord {
    MigrationRecord {
        address: Address::literal("tenant/acme-corp/job/migrate"),
        succeeded: Some(Digest::from_bytes([1; 32])),
        started: Some(MigrationStart { task: Digest::from_bytes([2; 32]), number }),
    }
}

async fn write(stage: &Stage, record: Option<&MigrationRecord>) {
    let cx = stage.bench.cx();
    let schema = Address::literal(address("acme-corp"));
    let written = cx
        .postgres
        .administer(&cx, async |transaction| record_migration(&cx, transaction, &schema, record).await)
        .await;
    written.expect("the administrator may comment on the schema");
}

async fn read(stage: &Stage) -> Vec<(String, MigrationRecord)> {
    let cx = stage.bench.cx();
    let read = cx.postgres.administer(&cx, async |transaction| migrations(&cx, transaction, None).await).await;
    let read = read.expect("the server answers").into_iter();
    read.map(|(address, record)| (address.to_string(), record)).collect()
}

#[tokio::test]
async fn record_of_a_migration_stays_when_the_schema_is_updated() {
    let stage = stage().await;
    stage.superuser("COMMENT ON SCHEMA globex_inc IS 'of Ann'");
    assert_eq!(read(&stage).await, []);
    write(&stage, Some(&record(7))).await;
    assert_eq!(read(&stage).await, [(address("acme-corp"), record(7))]);
    assert!(stage.is_as_planned("acme-corp").await);
    stage.make(&address("acme-corp")).await;
    assert_eq!(read(&stage).await, [(address("acme-corp"), record(7))]);
    write(&stage, Some(&record(8))).await;
    write(&stage, Some(&record(8))).await;
    assert_eq!(read(&stage).await, [(address("acme-corp"), record(8))]);
    write(&stage, None).await;
    assert_eq!(read(&stage).await, []);
    assert!(stage.is_as_planned("acme-corp").await);
}

#[tokio::test]
async fn schema_created_again_has_no_record_of_a_migration() {
    let stage = stage().await;
    write(&stage, Some(&record(7))).await;
    stage.superuser("DROP SCHEMA acme_corp CASCADE");
    assert_eq!(read(&stage).await, []);
    stage.observe(saas_model::Kind::TenantSchema).await;
    let (cx, node) = (stage.bench.cx(), stage.bench.node(&address("acme-corp")));
    crate::provider::create(&cx, node).await.expect("it can be made");
    assert!(stage.is_as_planned("acme-corp").await);
    assert_eq!(read(&stage).await, []);
}

/// A migration acts as the owner of its schema, who may comment on it.
#[tokio::test]
async fn record_that_a_migration_forges_about_another_tenant_counts_for_nothing() {
    let stage = stage().await;
    let comment = "saas:platform=saas-platform saas:address=tenant/globex-inc/schema saas:part=schema";
    let forge = format!("COMMENT ON SCHEMA acme_corp IS '{comment}'");
    assert_eq!(code(&stage.migrator("acme-corp").await, &forge).await, "done");
    // Even where the other tenant's own record is lost.
    stage.superuser("COMMENT ON SCHEMA globex_inc IS NULL");
    for tenant in ["globex-inc", "acme-corp"] {
        assert!(stage.fields_to_change(tenant).await.is_empty(), "{tenant}");
        stage.make(&address(tenant)).await;
        assert!(stage.is_as_planned(tenant).await, "{tenant}");
    }
}
