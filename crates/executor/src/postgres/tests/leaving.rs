//! Tenants leave, also in several attempts, and leave nothing behind.

use saas_model::Address;

use super::stage::{Stage, address};
use crate::manage;

/// What is left of a tenant anywhere in the server.
const TRACES: &str = "
    SELECT (SELECT count(*) FROM pg_roles WHERE rolname LIKE 't\\_acme%') + (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'acme%')
        + (SELECT count(*) FROM pg_db_role_setting s WHERE NOT EXISTS (SELECT FROM pg_roles WHERE oid = s.setrole))
        + (SELECT count(*) FROM pg_default_acl WHERE NOT EXISTS (SELECT FROM pg_roles WHERE oid = defaclrole))
        + (SELECT count(*) FROM pg_database WHERE datacl::text LIKE '%acme%')";

pub(super) async fn leave(stage: &Stage, tenant: &str) {
    let cx = stage.bench.cx();
    let found = stage.found(tenant).await.expect("it is there");
    manage::delete(&cx, &found).await.expect("it can leave");
}

#[tokio::test]
async fn nothing_is_left_and_nobody_else_is_touched() {
    let stage = Stage::with(&["acme-corp", "globex-inc"]).await;
    stage.migrate("acme-corp", "CREATE TABLE t (id serial); INSERT INTO t DEFAULT VALUES").await;
    let connected = stage.tenant("acme-corp").await;
    connected.batch_execute("BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE; SELECT lo_create(0)").await.expect("it may");
    leave(&stage, "acme-corp").await;
    assert_eq!(stage.superuser(TRACES), "0");
    assert!(connected.batch_execute("SELECT 1").await.is_err(), "its session was ended");
    assert_eq!(stage.found("acme-corp").await, None);
    assert!(stage.is_as_planned("globex-inc").await);
    stage.tenant("globex-inc").await;
}

#[tokio::test]
async fn what_was_begun_is_found_and_finished() {
    for killed_after in [
        "ALTER ROLE t_acme_corp_app NOLOGIN CONNECTION LIMIT 0",
        "DROP SCHEMA acme_corp CASCADE",
        "DROP SCHEMA acme_corp CASCADE; DROP OWNED BY t_acme_corp_app; DROP ROLE t_acme_corp_app",
        "DROP SCHEMA acme_corp CASCADE; DROP OWNED BY t_acme_corp_owner; DROP ROLE t_acme_corp_owner",
    ] {
        let stage = Stage::with(&["acme-corp", "globex-inc"]).await;
        stage.superuser(killed_after);
        let stage = stage.replanned(&["globex-inc"], &|_| {}).await;
        leave(&stage, "acme-corp").await;
        assert_eq!(stage.superuser(TRACES), "0", "{killed_after}");
        assert!(stage.is_as_planned("globex-inc").await);
    }
}

#[tokio::test]
async fn who_leaves_twice_is_gone() {
    let stage = Stage::with(&["acme-corp"]).await;
    let found = stage.found("acme-corp").await.expect("it is there");
    leave(&stage, "acme-corp").await;
    manage::delete(&stage.bench.cx(), &found).await.expect("what is gone is no error");
}

#[tokio::test]
async fn who_comes_back_begins_anew() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage.migrate("acme-corp", "CREATE TABLE t ()").await;
    leave(&stage, "acme-corp").await;
    stage.bench.live.remove(&stage.bench.live.get(&Address::literal(address("acme-corp"))).expect("it was live"));
    stage.make(&address("acme-corp")).await;
    assert!(stage.is_as_planned("acme-corp").await);
    assert!(stage.tenant("acme-corp").await.batch_execute("SELECT FROM t").await.is_err());
}

#[tokio::test]
async fn what_would_be_lost_is_told() {
    let stage = Stage::with(&["acme-corp"]).await;
    let at_stake = async || {
        let found = stage.found("acme-corp").await.expect("it is there");
        manage::at_stake(&stage.bench.cx(), &found).await.expect("the administrator can look")
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
async fn forgetting_the_database_leaves_it_closed() {
    let stage = Stage::with(&["acme-corp"]).await;
    let found = stage.observe(saas_model::Kind::DatabaseAccess).await.remove("database/access").expect("it was made");
    manage::delete(&stage.bench.cx(), &found).await.expect("the administrator may");
    assert!(stage.observe(saas_model::Kind::DatabaseAccess).await.is_empty());
    assert_eq!(stage.superuser("SELECT has_database_privilege('public', 'saas', 'CONNECT')"), "f");
}
