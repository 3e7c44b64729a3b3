//! Creates the database access and the tenants' schemas, repeatedly.

use saas_model::Kind;
use saas_model::resource::{DatabaseAccess, ResourceSpec};

use super::stage::{ADMIN_PASSWORD, Stage, address, bench, options, password, setup};
use crate::error::Error;
use crate::postgres::{PostgresError, access, probe};
use saas_tests::postgres::{PostgresServer, Setup};

#[tokio::test]
async fn created_tenant_matches_the_plan() {
    let stage = Stage::with(&["acme-corp", "order"]).await;
    assert!(stage.is_as_planned("acme-corp").await);
    // PostgreSQL must quote a name that is an SQL keyword.
    assert!(stage.is_as_planned("order").await);
    let access = stage.observe(Kind::DatabaseAccess).await.remove("database/access").expect("it was made");
    let node = stage.bench.node("database/access");
    assert_eq!((access.digest, access.fields.as_ref()), (Some(node.digest), Some(&node.resource)));
}

#[tokio::test]
async fn creating_a_tenant_again_changes_nothing() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage.migrate("acme-corp", "CREATE TABLE t (id serial)").await;
    let rights = "SELECT (SELECT array_agg(nspacl::text ORDER BY oid) FROM pg_namespace), \
        (SELECT array_agg(relacl::text ORDER BY oid) FROM pg_class), (SELECT array_agg(datacl::text ORDER BY oid) FROM pg_database), \
        (SELECT array_agg(defaclacl::text ORDER BY oid) FROM pg_default_acl), (SELECT array_agg(setconfig ORDER BY setrole) FROM pg_db_role_setting), \
        (SELECT array_agg(r::text ORDER BY oid) FROM pg_roles r), (SELECT array_agg(m::text ORDER BY m) FROM pg_auth_members m)";
    let before = stage.superuser(rights);
    stage.make("database/access").await;
    stage.make(&address("acme-corp")).await;
    assert_eq!(stage.superuser(rights), before);
    assert!(stage.is_as_planned("acme-corp").await);
}

#[tokio::test]
async fn limits_are_updated_in_place() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage.migrate("acme-corp", "CREATE TABLE t (); ").await;
    let stage = stage
        .replanned(&["acme-corp"], &|tenant| {
            tenant.connection_limit = 7;
            tenant.statement_timeout_ms = 1_234;
            tenant.lock_timeout_ms = 0;
        })
        .await;
    assert!(!stage.is_as_planned("acme-corp").await);
    stage.make(&address("acme-corp")).await;
    assert!(stage.is_as_planned("acme-corp").await);
    let client = stage.tenant("acme-corp").await;
    let shown = |setting: &'static str| client.query_one(setting, &[]);
    assert_eq!(shown("SHOW statement_timeout").await.expect("a setting").get::<_, &str>(0), "1234ms");
    assert_eq!(shown("SELECT count(*)::text FROM t").await.expect("its table").get::<_, &str>(0), "0");
}

#[tokio::test]
async fn new_password_replaces_the_old_password() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage.bench.know("tenant/acme-corp/secret", "another-one");
    stage.make(&address("acme-corp")).await;
    assert!(stage.log_in("acme-corp", "another-one").await.is_ok());
    let error = stage.log_in("acme-corp", &password("acme-corp")).await.expect_err("the old one is refused");
    assert!(matches!(&error, PostgresError::Refused { code, .. } if code == "28P01"), "{error}");
    assert!(!error.to_string().contains("plain-text"));
}

#[tokio::test]
async fn names_taken_by_other_owners_are_errors() {
    let stage = Stage::empty(&["acme-corp", "globex-inc"]).await;
    stage.make("database/access").await;
    stage.superuser("CREATE SCHEMA acme_corp; CREATE TABLE acme_corp.theirs (); CREATE ROLE t_globex_inc_app");
    for (tenant, name) in [("acme-corp", "acme_corp"), ("globex-inc", "t_globex_inc_app")] {
        let error = stage.try_make(&address(tenant)).await.expect_err("the name is taken");
        assert!(matches!(&error, Error::Taken { name: taken, .. } if taken == name), "{error}");
    }
    // The transaction leaves nothing behind.
    assert_eq!(stage.superuser("SELECT count(*) FROM pg_roles WHERE rolname LIKE 't\\_%'"), "1");
}

#[tokio::test]
async fn passwords_are_not_logged() {
    let parameters = [("log_statement", "all"), ("log_min_messages", "debug1"), ("log_connections", "on")];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let server = PostgresServer::start(&Setup { parameters, ..setup() }).expect("PostgreSQL is installed");
    let options = options(&server);
    let stage = Stage { bench: bench(&["acme-corp", "globex-inc"], &|_| {}, options).await, server };
    stage.make("database/access").await;
    stage.make(&address("acme-corp")).await;
    // PostgreSQL logs a failed statement regardless of its settings.
    stage.superuser("CREATE SCHEMA globex_inc");
    stage.try_make(&address("globex-inc")).await.expect_err("the name is taken");
    probe(&stage.bench.cx(), None).await.expect("the administrator can look");
    let log = stage.server.log().expect("the server logs");
    assert!(log.contains("SCRAM-SHA-256$4096:"), "the statement with the verifier is in the log");
    // Statements of the test itself, run by the superuser's tool, do not count.
    let ours: Vec<&str> = log.lines().filter(|line| !line.contains("CREATE ROLE \"saasadmin\"")).collect();
    for secret in [password("acme-corp"), password("globex-inc"), ADMIN_PASSWORD.to_owned()] {
        assert!(ours.iter().all(|line| !line.contains(&secret)), "{secret}");
    }
}

#[tokio::test]
async fn revoke_without_effect_is_an_error() {
    let stage = Stage::empty(&[]).await;
    // The administrator can then use the schema, but cannot grant or revoke it: a warning in PostgreSQL.
    stage.superuser("ALTER SCHEMA public OWNER TO postgres; GRANT USAGE ON SCHEMA public TO saasadmin");
    let error = stage.try_make("database/access").await.expect_err("PUBLIC still has its right");
    assert!(matches!(&error, Error::Postgres(PostgresError::NotAsSet { .. })), "{error}");
    assert!(error.to_string().contains("PUBLIC has USAGE on schema public"), "{error}");
}

#[tokio::test]
async fn other_databases_are_closed_to_public_or_reported() {
    let stage = Stage::empty(&[]).await;
    stage.superuser("CREATE DATABASE ours OWNER saasadmin");
    let cx = stage.bench.cx();
    let node = stage.bench.node("database/access");
    let planned = DatabaseAccess::of(&node.resource).expect("it is the database");
    let close =
        async |transaction: &tokio_postgres::Transaction<'_>| access::close(&cx, transaction, node, planned).await;
    let residuals = cx.postgres.administer(&cx, close).await.expect("it can be closed");
    let expected = ["postgres", "template1"].map(|name| {
        let rights = if name == "postgres" { "CONNECT, TEMPORARY" } else { "CONNECT" };
        format!("PUBLIC has {rights} on database {name}")
    });
    assert_eq!(residuals, expected);
    assert_eq!(stage.superuser("SELECT has_database_privilege('public', 'ours', 'CONNECT')"), "f");
}

#[tokio::test]
async fn unavailable_database_lists_no_resources() {
    let stage = Stage::empty(&["acme-corp"]).await;
    let bench = bench(&["acme-corp"], &|_| {}, options(&stage.server)).await;
    drop(stage);
    let cx = bench.cx();
    let observe = || crate::provider::list(Kind::TenantSchema, &cx);
    let error = observe().await.expect_err("a complete instance must answer");
    assert!(matches!(error, Error::Postgres(PostgresError::Unreachable { .. })), "{error}");
    let writer = bench.live.get(&"database/writer".parse().expect("valid")).expect("it is taken as live");
    bench.live.insert(writer.clone().incomplete());
    assert!(observe().await.expect("nothing is known yet").is_empty());
    bench.live.remove(&writer);
    assert!(observe().await.expect("there is no instance").is_empty());
}

#[tokio::test]
async fn admin_connection_is_reopened_after_it_was_closed() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage.superuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'saasadmin'");
    stage.make(&address("acme-corp")).await;
    assert!(stage.is_as_planned("acme-corp").await);
}
