//! Connections break, the server restarts, and others hold locks.

use std::net::TcpStream;
use std::time::Duration;

use saas_tests::postgres::PostgresServer;
use saas_tests::statements::{Statements, Strike};
use tokio::time::sleep;

use super::leaving::leave;
use super::stage::{Stage, address, bench, options, setup};
use crate::error::Error;
use crate::manage::{self, Changes};
use crate::postgres::{PostgresError, PostgresOptions};

/// A server that is reached through a proxy.
async fn through_proxy(tenants: &[&str]) -> (Stage, Statements) {
    let server = PostgresServer::start(&setup()).expect("PostgreSQL is installed");
    let upstream = server.hostaddr().parse().expect("an address");
    let proxy = Statements::start(upstream).expect("a loopback port is free");
    let options = PostgresOptions { hostaddr: Some(proxy.hostaddr()), ..options(&server) };
    (Stage { bench: bench(tenants, &|_| {}, options).await, server }, proxy)
}

/// Every statement of making a tenant, the commit too, with the connection lost before it is sent
/// and before its answer is seen.
#[tokio::test]
async fn a_tenant_is_made_wherever_the_connection_is_lost() {
    let (stage, proxy) = through_proxy(&["acme-corp"]).await;
    stage.make("database/access").await;
    let (before, tenant) = (proxy.seen(), address("acme-corp"));
    stage.make(&tenant).await;
    let statements = proxy.seen() - before;
    assert!(statements > 5, "{statements}");
    for number in 0..statements {
        for strike in [Strike::Before(number), Strike::After(number)] {
            leave(&stage, "acme-corp").await;
            stage.found("acme-corp").await;
            proxy.cut(strike);
            stage.make(&tenant).await;
            assert!(proxy.seen() > statements, "nothing was lost at {strike:?}");
            assert!(stage.is_as_planned("acme-corp").await, "{strike:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_restarts_is_waited_for() {
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
    manage::update(&bench.cx(), node, &found, Changes(&[])).await.expect("the server comes back");
    let stage = Stage { server: restarting.await.expect("it has started again"), bench };
    assert!(stage.is_as_planned("acme-corp").await);
}

#[tokio::test]
async fn who_holds_a_lock_is_waited_for_and_stops_that_tenant_alone() {
    let server = PostgresServer::start(&setup()).expect("PostgreSQL is installed");
    let options = PostgresOptions { lock_timeout: Duration::from_millis(300), ..options(&server) };
    let stage = Stage { bench: bench(&["acme-corp", "globex-inc"], &|_| {}, options).await, server };
    let acme = address("acme-corp");
    stage.make("database/access").await;
    stage.make(&acme).await;
    let other = stage.admin().await;
    other.batch_execute("BEGIN; ALTER ROLE t_acme_corp_app CONNECTION LIMIT 3").await.expect("it may");

    let error = stage.try_make(&acme).await.expect_err("somebody holds the lock");
    let refused =
        |code: &str| matches!(&error, Error::Postgres(PostgresError::Refused { code: found, .. }) if found == code);
    assert!(refused("55P03"), "{error}");
    stage.make(&address("globex-inc")).await;
    assert!(stage.is_as_planned("globex-inc").await);

    // What was waited for has changed the row in the meantime, which passes too.
    let (made, ended) = tokio::join!(stage.try_make(&acme), async {
        sleep(Duration::from_millis(100)).await;
        other.batch_execute("COMMIT").await
    });
    ended.expect("the other transaction can end");
    made.expect("the lock was given back in time");
    assert!(stage.is_as_planned("acme-corp").await);
}
