//! Extensions, in a schema that tenants use and cannot change.

use saas_model::Kind;
use saas_model::resource::TenantSchema;
use tokio_postgres::Client;

use super::stage::{Stage, address, with_migrator};
use crate::error::Error;
use crate::postgres::{Outcome, Probe, probe};

const TENANTS: [&str; 2] = ["acme-corp", "globex-inc"];

fn with_extensions(schema: &mut TenantSchema) {
    with_migrator(schema);
    schema.search_path.push("extensions".parse().expect("valid"));
}

async fn make_all(stage: &Stage) {
    stage.make("database/access").await;
    for tenant in TENANTS {
        stage.make(&address(tenant)).await;
    }
}

async fn stage() -> Stage {
    let stage = Stage::empty(&TENANTS).await.planned_with(&TENANTS, &["pg_trgm", "pgcrypto"], &with_extensions).await;
    make_all(&stage).await;
    stage
}

async fn code(client: &Client, sql: &str) -> String {
    match client.batch_execute(sql).await {
        Ok(()) => "done".to_owned(),
        Err(error) => error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned()),
    }
}

/// The extensions of the server, with their schemas.
fn installed(stage: &Stage) -> String {
    stage.superuser(
        "SELECT string_agg(extname || ' in ' || extnamespace::regnamespace, ', ' ORDER BY extname)
         FROM pg_extension WHERE extname <> 'plpgsql'",
    )
}

async fn is_as_planned(stage: &Stage) -> bool {
    let access = stage.observe(Kind::DatabaseAccess).await.remove("database/access").expect("it was made");
    let node = stage.bench.node("database/access");
    let database = access.digest == Some(node.digest) && access.fields.as_ref() == Some(&node.resource);
    let unchanged = access.unmodelled.is_empty() && access.raw_values.is_empty();
    database && unchanged && stage.is_as_planned("acme-corp").await && stage.is_as_planned("globex-inc").await
}

#[tokio::test]
async fn tenants_use_extensions_and_cannot_change_their_schema() {
    let stage = stage().await;
    assert_eq!(installed(&stage), "pg_trgm in extensions, pgcrypto in extensions");
    assert!(is_as_planned(&stage).await);
    let migrator = stage.migrator("acme-corp").await;
    let migration = "CREATE TABLE t (name text); CREATE INDEX ON t USING gin (name gin_trgm_ops)";
    assert_eq!(code(&migrator, migration).await, "done");
    let app = stage.tenant("acme-corp").await;
    assert_eq!(code(&app, "SELECT crypt('a', gen_salt('md5')), similarity('a', 'b') FROM t").await, "done");
    for client in [&app, &migrator] {
        for sql in [
            "CREATE TABLE extensions.t ()",
            "CREATE FUNCTION extensions.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "DROP EXTENSION pgcrypto",
            "ALTER EXTENSION pgcrypto SET SCHEMA acme_corp",
            "CREATE EXTENSION hstore",
        ] {
            assert_eq!(code(client, sql).await, "42501", "{sql}");
        }
    }
    let probes = probe(&stage.bench.cx(), None).await.expect("the administrator can look");
    let bad: Vec<String> = probes
        .iter()
        .filter(|probe| match probe.outcome {
            Outcome::Broken { .. } => true,
            Outcome::Residual { .. } => probe.tenant.is_some(),
            Outcome::Held { .. } => false,
        })
        .map(Probe::to_string)
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[tokio::test]
async fn rights_on_the_schema_of_extensions_are_put_right() {
    let stage = stage().await;
    stage.superuser("GRANT CREATE ON SCHEMA extensions TO t_acme_corp_app; REVOKE USAGE ON SCHEMA extensions FROM t_globex_inc_owner");
    stage.superuser("GRANT ALL ON SCHEMA extensions TO PUBLIC");
    for tenant in TENANTS {
        assert!(!stage.is_as_planned(tenant).await, "{tenant}");
    }
    let access = stage.observe(Kind::DatabaseAccess).await.remove("database/access").expect("it was made");
    assert!(format!("{:?}", access.unmodelled).contains("PUBLIC has CREATE, USAGE on schema extensions"));
    make_all(&stage).await;
    assert!(is_as_planned(&stage).await);
}

#[tokio::test]
async fn extensions_are_added_moved_and_removed_in_place() {
    let stage = stage().await;
    stage.superuser("SET ROLE saasadmin; CREATE EXTENSION hstore SCHEMA public");
    let stage = stage.planned_with(&TENANTS, &["cube", "hstore", "pg_trgm"], &with_extensions).await;
    let found = stage.observe(Kind::DatabaseAccess).await.remove("database/access").expect("it was made");
    assert_ne!(found.fields.as_ref(), Some(&stage.bench.node("database/access").resource));
    make_all(&stage).await;
    assert_eq!(installed(&stage), "cube in extensions, hstore in extensions, pg_trgm in extensions");
    assert!(is_as_planned(&stage).await);
    let stage = stage.planned_with(&TENANTS, &[], &with_migrator).await;
    make_all(&stage).await;
    assert_eq!(installed(&stage), "");
    assert_eq!(stage.superuser("SELECT count(*) FROM pg_namespace WHERE nspname = 'extensions'"), "0");
    assert!(is_as_planned(&stage).await);
}

#[tokio::test]
async fn extension_that_another_requires_is_no_difference() {
    let stage = stage().await;
    // Only a superuser may create this one before PostgreSQL 16.
    stage.superuser("CREATE EXTENSION earthdistance SCHEMA extensions CASCADE");
    let planned = ["earthdistance", "pg_trgm", "pgcrypto"];
    let stage = stage.planned_with(&TENANTS, &planned, &with_extensions).await;
    make_all(&stage).await;
    let all = "cube in extensions, earthdistance in extensions, pg_trgm in extensions, pgcrypto in extensions";
    assert_eq!(installed(&stage), all);
    assert!(is_as_planned(&stage).await);
}

#[tokio::test]
async fn extension_that_a_tenant_uses_is_not_dropped() {
    let stage = stage().await;
    stage
        .migrate("acme-corp", "CREATE TABLE t (name text); CREATE INDEX ON t USING gin (name extensions.gin_trgm_ops)")
        .await;
    let stage = stage.planned_with(&TENANTS, &["pgcrypto"], &with_extensions).await;
    let error = stage.try_make("database/access").await.expect_err("an index depends on it");
    let told = error.to_string();
    assert!(matches!(error, Error::Postgres(_)) && told.contains("drop the extension `pg_trgm`"), "{told}");
    assert!(told.contains("index acme_corp.t_name_idx"), "{told}");
    assert_eq!(installed(&stage), "pg_trgm in extensions, pgcrypto in extensions");
}
