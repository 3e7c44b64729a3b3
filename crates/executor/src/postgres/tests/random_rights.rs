//! Random rights, memberships, views, routines and large objects of three tenants and two other roles: whatever a
//! tenant really reads, the catalog shows.
//!
//! The cases are the same in every run, unless `PROPTEST_CASES` sets their number: then they are random.

use std::cell::Cell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use saas_model::resource::TenantSchema;

use super::isolation::TENANTS;
use super::stage::{Stage, address};
use crate::postgres::TenantNames;
use crate::postgres::reach::{Finding, Party, Reach};

/// How many cases to play unless `PROPTEST_CASES` is set.
const CASES: u32 = 8;
/// The roles that belong to no tenant.
const OTHERS: [&str; 2] = ["bi", "etl"];

/// The schema of a tenant, which is also what its row says.
fn schema(tenant: usize) -> String {
    TENANTS[tenant].replace('-', "_")
}

/// One of the roles of tenants, or of the others.
fn role() -> impl Strategy<Value = String> {
    let tenants = (0..TENANTS.len(), prop_oneof![Just("owner"), Just("app")]);
    prop_oneof![
        3 => tenants.prop_map(|(tenant, kind)| format!("t_{}_{kind}", schema(tenant))),
        1 => prop::sample::select(&OTHERS[..]).prop_map(str::to_owned),
    ]
}

fn grantee() -> impl Strategy<Value = String> {
    prop_oneof![6 => role(), 1 => Just("PUBLIC".to_owned())]
}

/// A schema of a tenant, or the shared one.
fn place() -> impl Strategy<Value = String> {
    prop_oneof![1 => (0..TENANTS.len()).prop_map(schema), 2 => Just("shared".to_owned())]
}

/// What can be selected from: a tenant's table, or a view that an earlier statement may have made.
fn relation() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => (0..TENANTS.len()).prop_map(|tenant| format!("{}.account", schema(tenant))),
        1 => (place(), 0..2u8).prop_map(|(place, number)| format!("{place}.v{number}")),
    ]
}

/// A statement of a superuser. One that fails, because what it is about does not exist, changes nothing.
fn statement() -> impl Strategy<Value = String> {
    let view = (place(), 0..2u8, relation(), role(), 0..4u8, grantee());
    let view = view.prop_map(|(place, number, from, owner, kind, grantee)| {
        let (kind, with) = match kind {
            0 => ("MATERIALIZED VIEW", ""),
            1 => ("VIEW", "WITH (security_invoker = on)"),
            _ => ("VIEW", ""),
        };
        let name = format!("{place}.v{number}");
        format!(
            "CREATE {kind} {name} {with} AS SELECT name FROM {from}; ALTER {kind} {name} OWNER TO {owner};
             GRANT SELECT ON {name} TO {grantee}"
        )
    });
    let routine = (place(), 0..2u8, relation(), role(), any::<bool>(), any::<bool>());
    let routine = routine.prop_map(|(place, number, from, owner, is_definers, is_open)| {
        let (name, security) = (format!("{place}.f{number}()"), if is_definers { "DEFINER" } else { "INVOKER" });
        let close = if is_open { String::new() } else { format!("; REVOKE ALL ON FUNCTION {name} FROM PUBLIC") };
        format!(
            "CREATE FUNCTION {name} RETURNS text LANGUAGE plpgsql SECURITY {security} AS
                 'BEGIN RETURN (SELECT string_agg(name, '' '') FROM {from}); END';
             ALTER FUNCTION {name} OWNER TO {owner}{close}"
        )
    });
    let of_relation = (prop_oneof![Just("SELECT"), Just("SELECT (name)"), Just("ALL")], relation(), grantee());
    prop_oneof![
        4 => view,
        4 => routine,
        3 => of_relation.prop_map(|(right, on, to)| format!("GRANT {right} ON {on} TO {to}")),
        3 => (place(), grantee()).prop_map(|(on, to)| format!("GRANT USAGE ON SCHEMA {on} TO {to}")),
        3 => (role(), role()).prop_map(|(of, to)| format!("GRANT {of} TO {to}")),
        1 => (place(), 0..2u8, grantee()).prop_map(|(place, number, to)| format!("GRANT EXECUTE ON FUNCTION {place}.f{number}() TO {to}")),
        1 => (relation(), role()).prop_map(|(of, to)| format!("ALTER TABLE {of} OWNER TO {to}")),
        1 => (0..TENANTS.len(), 0..TENANTS.len()).prop_map(|(child, parent)| format!(
            "ALTER TABLE {}.account INHERIT {}.parent", schema(child), schema(parent)
        )),
        1 => (0..TENANTS.len(), grantee()).prop_map(|(tenant, to)| format!(
            "GRANT SELECT ON LARGE OBJECT {} TO {to}", 5000 + tenant
        )),
        1 => role().prop_map(|to| format!("GRANT pg_read_all_data TO {to}")),
    ]
}

/// Removes what a case made, and creates the tenants anew, each with a row and a large object.
async fn reset(stage: &Stage) {
    stage.superuser(
        "DROP SCHEMA IF EXISTS shared, acme_corp, globex_inc, initech_llc CASCADE;
         SELECT lo_unlink(oid) FROM pg_largeobject_metadata;
         DO $$ DECLARE granted record; BEGIN
             FOR granted IN SELECT roleid::regrole AS role, member::regrole AS member FROM pg_auth_members
                 WHERE member <> 'saasadmin'::regrole AND member >= 16384
             LOOP EXECUTE format('REVOKE %s FROM %s', granted.role, granted.member); END LOOP;
         END $$;
         DO $$ BEGIN DROP OWNED BY bi, etl; EXCEPTION WHEN undefined_object THEN NULL; END $$;
         DROP ROLE IF EXISTS bi, etl; CREATE ROLE bi; CREATE ROLE etl; CREATE SCHEMA shared",
    );
    for (number, tenant) in TENANTS.iter().enumerate() {
        stage.observe(saas_model::Kind::TenantSchema).await;
        let (cx, node) = (stage.bench.cx(), stage.bench.node(&address(tenant)));
        crate::provider::create(&cx, node).await.expect("it can be made");
        let own = schema(number);
        let migration = format!(
            "CREATE TABLE account (id int, name text); INSERT INTO account VALUES (1, '{own}'); CREATE TABLE parent (name text)"
        );
        stage.migrate(tenant, &migration).await;
        stage.superuser(&format!("SET ROLE t_{own}_app; SELECT lo_from_bytea({}, '{own}')", 5000 + number));
    }
}

/// The tenants whose rows a tenant really reads, as its application and as its owner role, as every role that these
/// can become.
fn read(stage: &Stage, tenant: usize) -> BTreeSet<usize> {
    let mut rows = String::new();
    for kind in ["app", "owner"] {
        rows += &stage.superuser(&format!(
            "SELECT set_config('test.statements', (SELECT jsonb_agg(sql) FROM (
                 SELECT format('SELECT string_agg(name, '' '') FROM %I.%I', nspname, relname) FROM pg_class
                     JOIN pg_namespace n ON n.oid = relnamespace WHERE relname ~ '^(account|parent|v[01])$'
                 UNION ALL SELECT format('SELECT %I.%I()', nspname, proname) FROM pg_proc
                     JOIN pg_namespace n ON n.oid = pronamespace WHERE proname ~ '^f[01]$'
                 UNION ALL SELECT format('SELECT convert_from(lo_get(%s), ''UTF8'')', oid) FROM pg_largeobject_metadata
             ) AS s (sql))::text, false) IS NULL;
             SELECT set_config('test.roles', (SELECT jsonb_agg(rolname) FROM pg_roles WHERE oid >= 16384)::text, false) IS NULL;
             SET SESSION AUTHORIZATION t_{}_{kind};
             DO $$
             DECLARE role_ text; sql text; row_ text; found text := '';
             BEGIN
                 FOR role_ IN SELECT 'none' UNION ALL SELECT jsonb_array_elements_text(current_setting('test.roles')::jsonb) LOOP
                     BEGIN
                         EXECUTE format('SET ROLE %I', role_);
                         FOR sql IN SELECT jsonb_array_elements_text(current_setting('test.statements')::jsonb) LOOP
                             BEGIN
                                 EXECUTE sql INTO row_;
                                 found := found || ' ' || coalesce(row_, '');
                             EXCEPTION WHEN OTHERS THEN NULL;
                             END;
                         END LOOP;
                         RESET ROLE;
                     EXCEPTION WHEN OTHERS THEN NULL;
                     END;
                 END LOOP;
                 PERFORM set_config('test.found', found, false);
             END $$;
             SELECT current_setting('test.found')",
            schema(tenant)
        ));
    }
    (0..TENANTS.len()).filter(|&other| other != tenant && rows.contains(&schema(other))).collect()
}

/// What the catalog shows.
async fn findings(stage: &Stage) -> Vec<Finding> {
    let cx = stage.bench.cx();
    let names = || TENANTS.iter().map(|tenant| TenantNames::of(stage.planned(tenant) as &TenantSchema));
    let reach = cx.postgres.administer(&cx, async |transaction| Reach::read(transaction, names()).await).await;
    reach.expect("the administrator can look").findings(TENANTS.len(), |_| true)
}

/// Plays a case, and returns how many tenants read rows of how many others.
async fn play(stage: &Stage, statements: &[String]) -> Result<usize, TestCaseError> {
    reset(stage).await;
    let untouched = findings(stage).await;
    prop_assert!(untouched.is_empty(), "{untouched:#?}");
    let made: Vec<&String> = statements
        .iter()
        .filter(|sql| stage.server.superuser("saas", &format!("BEGIN; {sql}; COMMIT")).is_ok())
        .collect();
    let findings = findings(stage).await;
    let mut reads = 0;
    for (tenant, id) in TENANTS.iter().enumerate() {
        let own = Party::Tenant(tenant);
        for other in read(stage, tenant) {
            reads += 1;
            let is_found = |finding: &Finding| {
                let to = |to: &Party| [Party::Tenant(other), Party::Every].contains(to);
                [own, Party::Every].contains(&finding.from) && finding.to.iter().any(to)
            };
            prop_assert!(
                findings.iter().any(is_found),
                "{id} reads the row of {} after {made:#?}; found: {findings:#?}",
                TENANTS[other]
            );
        }
    }
    Ok(reads)
}

#[test]
fn whatever_a_tenant_reads_the_catalog_shows() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let stage = runtime.block_on(Stage::with(&TENANTS));
    let chosen: Option<u32> = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = Config { cases: chosen.unwrap_or(CASES), failure_persistence: None, ..Config::default() };
    let mut runner = match chosen {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let reads = Cell::new(0);
    let statements = prop::collection::vec(statement(), 1..14);
    let played = runner.run(&statements, |statements| {
        reads.set(reads.get() + runtime.block_on(play(&stage, &statements))?);
        Ok(())
    });
    played.unwrap_or_else(|error| panic!("{error}"));
    assert!(reads.get() > 0, "no case opened a way");
}
