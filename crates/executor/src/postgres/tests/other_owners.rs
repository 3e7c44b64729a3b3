//! Foreign objects in a tenant's schema affect that tenant alone, and the error names the remedy.

use super::stage::{Stage, address};
use crate::postgres::{Probe, probe};

const TENANTS: [&str; 2] = ["acme-corp", "globex-inc"];

#[tokio::test]
async fn table_of_another_role_does_not_stop_an_apply() {
    let stage = Stage::with(&TENANTS).await;
    stage.migrate("acme-corp", "CREATE TABLE t (id int)").await;
    stage.superuser(
        "CREATE ROLE bob; CREATE TABLE acme_corp.o (id serial); ALTER TABLE acme_corp.o OWNER TO bob;
         CREATE FUNCTION acme_corp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT SELECT ON acme_corp.o TO PUBLIC",
    );
    assert!(stage.is_as_planned("acme-corp").await, "there is nothing to do that could be done");
    for tenant in TENANTS {
        stage.make(&address(tenant)).await;
        assert!(stage.is_as_planned(tenant).await);
    }
    let probes = probe(&stage.bench.cx(), None).await.expect("the administrator can look");
    assert!(probes.iter().all(Probe::is_good), "{probes:#?}");
    let reported: Vec<String> = probes.iter().filter(|probe| probe.is_residual()).map(ToString::to_string).collect();
    for cure in [
        "the table acme_corp.o belongs to bob, so its rights cannot be set: run `ALTER TABLE acme_corp.o OWNER TO t_acme_corp_owner`",
        "the routine acme_corp.f() belongs to postgres, so its rights cannot be set: run `ALTER ROUTINE acme_corp.f() OWNER TO t_acme_corp_owner`",
    ] {
        let found = reported.iter().any(|text| text.starts_with("acme-corp: ") && text.contains(cure));
        assert!(found, "{reported:#?}");
    }
    // After that, the apply succeeds as usual.
    stage.superuser(
        "ALTER TABLE acme_corp.o OWNER TO t_acme_corp_owner; ALTER ROUTINE acme_corp.f() OWNER TO t_acme_corp_owner",
    );
    assert!(!stage.is_as_planned("acme-corp").await);
    stage.make(&address("acme-corp")).await;
    assert!(stage.is_as_planned("acme-corp").await);
    stage.tenant("acme-corp").await.batch_execute("INSERT INTO o DEFAULT VALUES; SELECT f()").await.expect("it may");
}

#[tokio::test]
async fn transferable_objects_are_transferred_to_the_owner_role() {
    let stage = Stage::with(&TENANTS).await;
    stage.superuser("CREATE ROLE bob; GRANT bob TO saasadmin");
    for owner in ["saasadmin", "bob", "t_globex_inc_owner"] {
        stage.superuser(&format!(
            "CREATE TABLE acme_corp.o (id serial); ALTER TABLE acme_corp.o OWNER TO {owner};
             CREATE VIEW acme_corp.v AS SELECT * FROM acme_corp.o; ALTER VIEW acme_corp.v OWNER TO {owner}"
        ));
        assert!(!stage.is_as_planned("acme-corp").await, "{owner}");
        stage.make(&address("acme-corp")).await;
        assert!(stage.is_as_planned("acme-corp").await, "{owner}");
        stage
            .tenant("acme-corp")
            .await
            .batch_execute("INSERT INTO o DEFAULT VALUES; SELECT * FROM v")
            .await
            .expect("it may");
        stage.migrate("acme-corp", "DROP TABLE o CASCADE").await;
    }
}

#[tokio::test]
async fn tenant_with_a_table_of_another_role_can_be_offboarded() {
    let stage = Stage::with(&TENANTS).await;
    stage.superuser("CREATE ROLE bob; CREATE TABLE acme_corp.o (id serial); ALTER TABLE acme_corp.o OWNER TO bob");
    super::offboarding::offboard(&stage, "acme-corp").await;
    assert_eq!(stage.found("acme-corp").await, None);
    assert!(stage.is_as_planned("globex-inc").await);
}

#[tokio::test]
async fn privileges_of_a_tenant_in_other_schemas_are_reported() {
    let stage = Stage::with(&["acme-corp"]).await;
    stage.superuser(
        "CREATE SCHEMA shared; CREATE TABLE shared.t (); GRANT SELECT ON shared.t TO t_acme_corp_app; SELECT lo_create(4711);
         GRANT SELECT ON LARGE OBJECT 4711 TO t_acme_corp_app",
    );
    let probes = probe(&stage.bench.cx(), None).await.expect("the administrator can look");
    let reported: Vec<String> = probes.iter().filter(|probe| probe.is_residual()).map(ToString::to_string).collect();
    for expected in [
        "t_acme_corp_app has rights on table shared.t",
        "t_acme_corp_app has rights on 1 large objects of postgres, such as 4711",
    ] {
        assert_eq!(reported.iter().filter(|text| text.ends_with(expected)).count(), 1, "{reported:#?}");
    }
}
