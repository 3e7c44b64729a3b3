//! Broken connections, server restarts and foreign locks.

use std::net::TcpStream;
use std::time::Duration;

use saas_tests::postgres::{PostgresServer, Setup};
use saas_tests::statements::{FailurePoint, StatementProxy};
use tokio::time::sleep;

use super::offboarding::offboard;
use super::stage::{Stage, address, bench, options, setup};
use crate::error::Error;
use crate::postgres::{PostgresError, PostgresOptions};
use crate::provider::{self, Changes};

/// A server behind a proxy.
async fn through_proxy(tenants: &[&str]) -> (Stage, StatementProxy) {
    let server = PostgresServer::start(&setup()).expect("PostgreSQL is installed");
    let upstream = server.hostaddr().parse().expect("an address");
    let proxy = StatementProxy::start(upstream).expect("a loopback port is free");
    let options = PostgresOptions { hostaddr: Some(proxy.hostaddr()), ..options(&server) };
    (Stage { bench: bench(tenants, &|_| {}, options).await, server }, proxy)
}

/// Loses the connection before each statement of a tenant's creation is sent, commit included, and again
/// before its answer arrives.
#[tokio::test]
async fn tenant_is_created_despite_a_connection_lost_at_any_statement() {
    let (stage, proxy) = through_proxy(&["acme-corp"]).await;
    stage.make("database/access").await;
    let (before, tenant) = (proxy.request_count(), address("acme-corp"));
    stage.make(&tenant).await;
    let statements = proxy.request_count() - before;
    assert!(statements > 5, "{statements}");
    for number in 0..statements {
        for failure in [FailurePoint::Before(number), FailurePoint::After(number)] {
            offboard(&stage, "acme-corp").await;
            stage.found("acme-corp").await;
            proxy.inject_cut(failure);
            stage.make(&tenant).await;
            assert!(proxy.request_count() > statements, "nothing was lost at {failure:?}");
            assert!(stage.is_as_planned("acme-corp").await, "{failure:?}");
        }
    }
}

#[tokio::test]
async fn restarting_server_is_waited_for() {
    let Stage { mut server, bench } = Stage::with(&["acme-corp"]).await;
    let at = server.hostaddr();
    let restarting = tokio::task::spawn_blocking(move || {
        server.restart(Duration::from_millis(700)).expect("it starts again");
        server
    });
    while TcpStream::connect(&at).is_ok() {
        sleep(Duration::from_millis(10)).await;
    }
    let node = bench.node("tenant/acme-corp/schema");
    let found = bench.live.get(&node.address).expect("it is there");
    provider::update(&bench.cx(), node, &found, Changes(&[])).await.expect("the server comes back");
    let stage = Stage { server: restarting.await.expect("it has started again"), bench };
    assert!(stage.is_as_planned("acme-corp").await);
}

#[tokio::test]
async fn lock_holder_is_waited_for_and_blocks_only_its_tenant() {
    let server = PostgresServer::start(&setup()).expect("PostgreSQL is installed");
    let options = PostgresOptions { lock_timeout: Duration::from_secs(2), ..options(&server) };
    let stage = Stage { bench: bench(&["acme-corp", "globex-inc"], &|_| {}, options).await, server };
    let acme = address("acme-corp");
    stage.make("database/access").await;
    stage.make(&acme).await;
    let other = stage.admin().await;
    other.batch_execute("BEGIN; ALTER ROLE t_acme_corp_app CONNECTION LIMIT 3").await.expect("it may");

    let error = stage.try_make(&acme).await.expect_err("another session holds the lock");
    let refused =
        |code: &str| matches!(&error, Error::Postgres(PostgresError::Refused { code: found, .. }) if found == code);
    assert!(refused("55P03"), "{error}");
    // The session, but not its query.
    let text = error.to_string();
    assert!(text.contains("; the lock is held by session "), "{text}");
    assert!(text.contains(" of saasadmin, application 'saas', in a transaction since 2"), "{text}");
    assert!(!text.contains("CONNECTION LIMIT"), "{text}");
    assert!(error.hint().expect("there is a way out").contains("pg_terminate_backend"));
    stage.make(&address("globex-inc")).await;
    assert!(stage.is_as_planned("globex-inc").await);

    // The lock holder changed the row in the meantime, which is a transient error as well.
    let (made, ended) = tokio::join!(stage.try_make(&acme), async {
        sleep(Duration::from_millis(100)).await;
        other.batch_execute("COMMIT").await
    });
    ended.expect("the other transaction can end");
    made.expect("the lock was given back in time");
    assert!(stage.is_as_planned("acme-corp").await);
}

#[tokio::test]
async fn free_connection_is_waited_for_when_all_are_in_use() {
    let parameters = vec![("max_connections".to_owned(), "10".to_owned())];
    let server = PostgresServer::start(&Setup { parameters, ..setup() }).expect("PostgreSQL is installed");
    let options = options(&server);
    let stage = Stage { bench: bench(&["acme-corp", "globex-inc"], &|_| {}, options.clone()).await, server };
    for address in ["database/access", &address("acme-corp"), &address("globex-inc")] {
        stage.make(address).await;
    }
    // Another run, whose administrator has not connected yet.
    let stage = Stage { bench: bench(&["acme-corp", "globex-inc"], &|_| {}, options).await, server: stage.server };
    let (mut taken, mut refused) = (Vec::new(), 0);
    while refused < 10 {
        match stage.log_in("acme-corp", &super::stage::password("acme-corp")).await {
            Ok(client) => taken.push(client),
            // A connection that has just ended occupies its slot for a moment.
            Err(_) => {
                refused += 1;
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let cx = stage.bench.cx();
    let error = provider::list(saas_model::Kind::TenantSchema, &cx).await.expect_err("all are taken");
    assert!(error.to_string().contains("SQLSTATE 53300"), "{error}");
    assert!(error.to_string().contains("the plan allows 2 tenants 40 connections in total"), "{error}");
    assert!(error.hint().expect("there is a way out").contains("max_connections"));

    let (found, ()) = tokio::join!(provider::list(saas_model::Kind::TenantSchema, &cx), async {
        sleep(Duration::from_millis(200)).await;
        taken.clear();
    });
    assert_eq!(found.expect("connections are free again").len(), 2);
}

#[tokio::test]
async fn read_only_database_error_has_a_hint() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage.superuser("ALTER DATABASE saas SET default_transaction_read_only = on");
    stage.superuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'saasadmin'");
    assert!(stage.is_as_planned("acme-corp").await, "it can be read");
    let error = stage.try_make(&address("acme-corp")).await.expect_err("it cannot be written");
    assert!(matches!(&error, Error::Postgres(PostgresError::Refused { code, .. }) if code == "25006"), "{error}");
    assert!(error.hint().expect("there is a way out").contains("default_transaction_read_only"));
}

#[tokio::test]
async fn error_shows_dependent_objects_but_no_row_contents() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage
        .migrate("acme-corp", "CREATE TABLE t (mail text PRIMARY KEY); INSERT INTO t VALUES ('ann@example.com')")
        .await;
    let cx = stage.bench.cx();
    let refused = async |sql: &str| {
        let run = async |transaction: &tokio_postgres::Transaction<'_>| {
            transaction.batch_execute(sql).await.map_err(PostgresError::while_doing("try it"))?;
            Ok(())
        };
        cx.postgres.administer(&cx, run).await.expect_err("it is refused").to_string()
    };
    let text = refused("DROP ROLE t_acme_corp_owner").await;
    assert!(text.contains("owner of schema acme_corp") && text.contains("owner of table acme_corp.t"), "{text}");
    let text = refused("INSERT INTO acme_corp.t VALUES ('ann@example.com')").await;
    assert!(text.contains("SQLSTATE 23505") && !text.contains("ann@example.com"), "{text}");
}
