//! Lost commit records and renamed objects: everything is repaired, and nothing replaced.

use super::stage::{Stage, address};
use crate::error::Error;

const TENANTS: [&str; 2] = ["acme-corp", "globex-inc"];

#[tokio::test]
async fn changed_database_comment_causes_no_replacement() {
    let stage = Stage::with(&TENANTS).await;
    for comment in
        ["'prod; ask Ann'", "NULL", "'saas:platform=another saas:address=database/access saas:part=database'"]
    {
        stage.superuser(&format!("COMMENT ON DATABASE saas IS {comment}"));
        let access = stage.observe(saas_model::Kind::DatabaseAccess).await.remove("database/access");
        let access = access.expect("the database is there");
        let node = stage.bench.node("database/access");
        assert_eq!((access.digest, access.fields.as_ref()), (None, Some(&node.resource)), "{comment}");
        for tenant in TENANTS {
            assert!(stage.is_as_planned(tenant).await, "{tenant}");
        }
        stage.make("database/access").await;
        let access = stage.observe(saas_model::Kind::DatabaseAccess).await.remove("database/access");
        assert_eq!(access.expect("it is there").digest, Some(node.digest), "{comment}");
    }
    stage.superuser("COMMENT ON DATABASE saas IS 'prod; ask Ann'");
    stage.make("database/access").await;
    stage.make("database/access").await;
    let comment =
        stage.superuser("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'saas'");
    assert!(comment.starts_with("saas:platform=saas-platform "), "{comment}");
    assert!(comment.ends_with("\nprod; ask Ann"), "{comment}");
}

#[tokio::test]
async fn overwritten_tenant_record_is_restored() {
    let [schema, owner, app] = [
        "COMMENT ON SCHEMA acme_corp IS 'of Ann'",
        "COMMENT ON ROLE t_acme_corp_owner IS 'of Ann'",
        "COMMENT ON ROLE t_acme_corp_app IS 'of Ann'",
    ];
    let stage = Stage::with(&TENANTS).await;
    stage.migrate("acme-corp", "CREATE TABLE t (id int); INSERT INTO t VALUES (1)").await;
    for statement in
        [schema.to_owned(), owner.into(), app.into(), [schema, owner].join("; "), [schema, owner, app].join("; ")]
    {
        stage.superuser(&statement);
        assert_eq!(stage.found("acme-corp").await.expect("it is there").digest, None, "{statement}");
        assert!(stage.fields_to_change("acme-corp").await.is_empty(), "{statement}");
        stage.make(&address("acme-corp")).await;
        assert!(stage.is_as_planned("acme-corp").await, "{statement}");
        assert!(stage.is_as_planned("globex-inc").await, "{statement}");
    }
    let comment = stage.superuser("SELECT obj_description('acme_corp'::regnamespace)");
    assert!(comment.ends_with("\nof Ann"), "{comment}");
    let rows = stage.tenant("acme-corp").await.query_one("SELECT count(*) FROM t", &[]).await.expect("its table");
    assert_eq!(rows.get::<_, i64>(0), 1);
}

#[tokio::test]
async fn renamed_tenant_objects_get_their_names_back() {
    let stage = Stage::with(&TENANTS).await;
    stage.migrate("acme-corp", "CREATE TABLE t (id int); INSERT INTO t VALUES (1)").await;
    let renamed = [
        ("ALTER ROLE t_acme_corp_owner RENAME TO ann", "owner"),
        ("ALTER ROLE t_acme_corp_app RENAME TO \"Ann's own\"", "app"),
        ("ALTER SCHEMA acme_corp RENAME TO old", "schema"),
    ];
    for (statement, field) in renamed {
        stage.superuser(statement);
        assert_eq!(stage.fields_to_change("acme-corp").await, [field], "{statement}");
        stage.make(&address("acme-corp")).await;
        assert!(stage.is_as_planned("acme-corp").await, "{statement}");
    }
    let rows = stage.tenant("acme-corp").await.query_one("SELECT count(*) FROM t", &[]).await.expect("its table");
    assert_eq!(rows.get::<_, i64>(0), 1);
    assert_eq!(
        stage.superuser("SELECT count(*) FROM pg_roles WHERE rolname LIKE 't\\_acme%' OR rolname ILIKE 'ann%'"),
        "2"
    );
}

#[tokio::test]
async fn name_taken_by_another_owner_is_an_error() {
    let stage = Stage::with(&TENANTS).await;
    stage.superuser("ALTER SCHEMA acme_corp RENAME TO old; CREATE SCHEMA acme_corp");
    let error = stage.try_make(&address("acme-corp")).await.expect_err("the name is taken");
    assert!(matches!(&error, Error::Taken { name, .. } if name == "acme_corp"), "{error}");
    // The roles of the tenant exist, but the schema has another owner: it does not belong to the tenant.
    stage.superuser("DROP SCHEMA globex_inc; CREATE SCHEMA globex_inc");
    let error = stage.try_make(&address("globex-inc")).await.expect_err("the name is taken");
    assert!(matches!(&error, Error::Taken { name, .. } if name == "globex_inc"), "{error}");
}
