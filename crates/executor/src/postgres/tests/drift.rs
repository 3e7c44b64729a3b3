//! Manual changes are detected, reported and repaired.

use saas_model::fields::FieldChange;
use serde_json::json;

use super::stage::{Stage, address};
use crate::error::Error;
use crate::postgres::{Attempt, Outcome, PostgresError, probe};

const TENANTS: [&str; 2] = ["acme-corp", "globex-inc"];

/// Manual changes, with their descriptions in the catalog check.
const DRIFTS: [(&str, &str); 32] = [
    ("GRANT USAGE ON SCHEMA acme_corp TO t_globex_inc_app", "t_globex_inc_app has USAGE on schema acme_corp"),
    ("GRANT USAGE ON SCHEMA acme_corp TO PUBLIC", "PUBLIC has USAGE on schema acme_corp"),
    ("GRANT CREATE ON SCHEMA acme_corp TO t_acme_corp_app", "t_acme_corp_app has CREATE on schema acme_corp"),
    ("GRANT SELECT ON acme_corp.t TO PUBLIC", "PUBLIC has SELECT on table acme_corp.t"),
    (
        "SET ROLE t_acme_corp_owner; GRANT SELECT (id), UPDATE (id) ON acme_corp.t TO t_globex_inc_app",
        "t_globex_inc_app has SELECT (id), UPDATE (id) on table acme_corp.t",
    ),
    ("GRANT TRUNCATE ON acme_corp.t TO t_acme_corp_app", "t_acme_corp_app has TRUNCATE on table acme_corp.t"),
    (
        "GRANT SELECT ON acme_corp.t TO t_acme_corp_app WITH GRANT OPTION",
        "t_acme_corp_app has SELECT on table acme_corp.t",
    ),
    (
        "GRANT ALL ON SEQUENCE acme_corp.s TO t_globex_inc_owner",
        "t_globex_inc_owner has SELECT, UPDATE, USAGE on sequence acme_corp.s",
    ),
    ("GRANT EXECUTE ON FUNCTION acme_corp.f() TO PUBLIC", "PUBLIC has EXECUTE on routine acme_corp.f()"),
    (
        "REVOKE DELETE, INSERT ON acme_corp.t FROM t_acme_corp_app",
        "t_acme_corp_app lacks DELETE, INSERT on table acme_corp.t",
    ),
    ("REVOKE USAGE ON SCHEMA acme_corp FROM t_acme_corp_app", "t_acme_corp_app lacks USAGE on schema acme_corp"),
    ("REVOKE CONNECT ON DATABASE saas FROM t_acme_corp_app", "t_acme_corp_app lacks CONNECT on database saas"),
    ("GRANT TEMPORARY ON DATABASE saas TO t_acme_corp_owner", "t_acme_corp_owner has TEMPORARY on database saas"),
    ("GRANT USAGE ON SCHEMA public TO t_acme_corp_app", "t_acme_corp_app has USAGE on schema public"),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE t_acme_corp_owner IN SCHEMA acme_corp GRANT SELECT ON TABLES TO t_globex_inc_app",
        "t_globex_inc_app will have SELECT on what t_acme_corp_owner makes",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE t_acme_corp_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "PUBLIC will have EXECUTE on what t_acme_corp_owner makes",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE t_acme_corp_owner IN SCHEMA acme_corp REVOKE DELETE ON TABLES FROM t_acme_corp_app",
        "t_acme_corp_app will lack DELETE on what t_acme_corp_owner makes",
    ),
    ("ALTER SCHEMA acme_corp OWNER TO saasadmin", "the schema is owned by saasadmin"),
    (
        "SET ROLE saasadmin; GRANT t_globex_inc_owner TO t_acme_corp_app",
        "t_acme_corp_app is a member of t_globex_inc_owner",
    ),
    ("ALTER ROLE t_acme_corp_app CREATEROLE", "t_acme_corp_app is CREATEROLE"),
    ("ALTER ROLE t_acme_corp_app NOLOGIN", "t_acme_corp_app cannot log in"),
    (
        "ALTER ROLE t_acme_corp_app IN DATABASE saas SET search_path = globex_inc, acme_corp",
        "t_acme_corp_app finds names elsewhere than in acme_corp",
    ),
    ("GRANT pg_read_all_data TO t_acme_corp_app", "t_acme_corp_app is a member of pg_read_all_data"),
    ("GRANT pg_write_all_data TO t_acme_corp_owner", "t_acme_corp_owner is a member of pg_write_all_data"),
    (
        "ALTER ROLE t_acme_corp_app VALID UNTIL '2020-01-01 00:00:00Z'",
        "t_acme_corp_app cannot log in after 2020-01-01 00:00:00",
    ),
    (
        "ALTER ROLE t_acme_corp_app SET default_transaction_read_only = on",
        "t_acme_corp_app is set to default_transaction_read_only=on",
    ),
    (
        "ALTER ROLE t_acme_corp_app IN DATABASE saas SET role = 't_globex_inc_owner'",
        "t_acme_corp_app is set to role=t_globex_inc_owner",
    ),
    ("GRANT CREATE ON SCHEMA public TO t_acme_corp_app", "t_acme_corp_app has CREATE on schema public"),
    ("CREATE ROLE bi; GRANT USAGE ON SCHEMA acme_corp TO bi", "bi has USAGE on schema acme_corp"),
    ("REVOKE t_acme_corp_owner FROM saasadmin", "saasadmin is no member of t_acme_corp_owner"),
    ("ALTER TABLE acme_corp.t OWNER TO saasadmin", "the table acme_corp.t belongs to saasadmin"),
    (
        "ALTER ROUTINE acme_corp.f() OWNER TO t_globex_inc_owner",
        "the routine acme_corp.f() belongs to t_globex_inc_owner",
    ),
];

#[tokio::test]
async fn drift_is_detected_reported_and_repaired() {
    let stage = Stage::with(&TENANTS).await;
    stage
        .migrate(
            "acme-corp",
            "CREATE TABLE t (id int); CREATE SEQUENCE s; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        )
        .await;
    for (statement, expected) in DRIFTS {
        assert!(stage.is_as_planned("acme-corp").await, "before {statement}");
        stage.superuser(statement);
        let found = stage.found("acme-corp").await.expect("it is there");
        let [FieldChange { field, before, .. }] = found.unmodelled.as_slice() else { panic!("{statement}: {found:?}") };
        let faults = before.as_array().expect("a list of what is not as planned");
        assert!(field == "rights" && faults.contains(&expected.into()), "{statement}: {field}: {before}");
        let probes = probe(&stage.bench.cx(), None).await.expect("the administrator can look");
        let reported: Vec<&str> = probes
            .iter()
            .filter_map(|probe| match &probe.outcome {
                Outcome::Broken { what } if probe.attempt == Attempt::Catalog => Some(what.as_str()),
                _ => None,
            })
            .collect();
        assert!(reported.contains(&expected), "{statement}: {reported:?}");
        stage.make(&address("acme-corp")).await;
        assert!(stage.is_as_planned("acme-corp").await, "after {statement}");
    }
    let probes = probe(&stage.bench.cx(), None).await.expect("the administrator can look");
    assert!(probes.iter().all(crate::postgres::Probe::is_good), "{probes:#?}");
}

#[tokio::test]
async fn settings_changed_by_a_tenant_are_detected_and_repaired() {
    let stage = Stage::with(&["acme-corp"]).await;
    let client = stage.tenant("acme-corp").await;
    client
        .batch_execute("ALTER ROLE CURRENT_USER IN DATABASE saas SET statement_timeout = '1h'")
        .await
        .expect("PostgreSQL lets everybody set this");
    let planned = stage.planned("acme-corp").clone();
    let seen = stage.found("acme-corp").await.expect("it is there").fields.expect("it is whole");
    let expected = saas_model::resource::TenantSchema { statement_timeout_ms: 3_600_000, ..planned };
    assert_eq!(seen, expected.into());
    stage.make(&address("acme-corp")).await;
    assert!(stage.is_as_planned("acme-corp").await);
}

#[tokio::test]
async fn dropped_objects_are_created_again() {
    let stage = Stage::with(&TENANTS).await;
    stage.superuser("DROP OWNED BY t_acme_corp_app; DROP ROLE t_acme_corp_app");
    let found = stage.found("acme-corp").await.expect("the schema is there");
    let roles = FieldChange {
        field: "roles".to_owned(),
        before: json!(["t_acme_corp_owner"]),
        after: json!(["t_acme_corp_owner", "t_acme_corp_app"]),
    };
    assert_eq!(found.unmodelled, [roles]);
    stage.make(&address("acme-corp")).await;
    assert!(stage.is_as_planned("acme-corp").await);

    stage.superuser("DROP SCHEMA globex_inc CASCADE");
    assert_eq!(stage.found("globex-inc").await, None);
    stage.make(&address("globex-inc")).await;
    assert!(stage.is_as_planned("globex-inc").await);
}

#[tokio::test]
async fn privilege_that_cannot_be_revoked_is_an_error() {
    let stage = Stage::with(&["acme-corp"]).await;
    // Only a superuser can revoke what only a superuser can grant.
    stage.superuser("ALTER ROLE t_acme_corp_app SUPERUSER");
    let error = stage.try_make(&address("acme-corp")).await.expect_err("the administrator is no superuser");
    assert!(matches!(&error, Error::Postgres(PostgresError::NotAsSet { .. })), "{error}");
    let cure = "t_acme_corp_app is SUPERUSER; run `ALTER ROLE t_acme_corp_app NOSUPERUSER` as a role with the privilege to do so";
    assert!(error.to_string().contains(cure), "{error}");
    assert!(!error.to_string().contains("SCRAM"), "{error}");
    assert!(!stage.found("acme-corp").await.expect("it is there").unmodelled.is_empty());
}
