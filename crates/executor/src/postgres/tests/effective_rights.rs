//! Ways from a tenant to another's rows that a superuser opened by hand: each is really read through, found in the
//! catalog, and closed by the statement that the finding names.

use tokio_postgres::Client;

use super::isolation::{TENANTS, migrated};
use super::stage::{self, Stage, address, with_migrator};
use crate::postgres::{Attempt, Outcome, Probe, probe};

const ACME: Option<&str> = Some("acme-corp");
const GLOBEX: Option<&str> = Some("globex-inc");

/// What a tenant's application reads, or the code of the error.
async fn read(client: &Client, sql: &str) -> String {
    match client.query_one(sql, &[]).await {
        Ok(row) => row.get(0),
        Err(error) => error.code().map_or_else(|| error.to_string(), |code| code.code().to_owned()),
    }
}

async fn probes(stage: &Stage) -> Vec<Probe> {
    probe(&stage.bench.cx(), None).await.expect("the administrator can look")
}

/// The findings of the catalog about ways between tenants.
fn ways(probes: &[Probe]) -> Vec<&Probe> {
    let in_catalog = [Attempt::HaveSchema, Attempt::HaveRole, Attempt::Reach];
    probes.iter().filter(|probe| !probe.is_good() && in_catalog.contains(&probe.attempt)).collect()
}

/// The statement that a finding says to run.
fn remedy(probe: &Probe) -> String {
    let Outcome::Broken { what } = &probe.outcome else { panic!("{probe}") };
    let (_, rest) = what.split_once("run `").unwrap_or_else(|| panic!("no remedy: {probe}"));
    rest.split('`').next().expect("it ends").to_owned()
}

/// A way that a superuser opens, with what the finding says.
struct Hole {
    name: &'static str,
    opened_by: String,
    /// What the first tenant's application runs to see the second's row.
    read: &'static str,
    /// Who reaches whom.
    found: (Option<&'static str>, Option<&'static str>),
    says: &'static str,
    remedy: &'static str,
}

/// The row of the second tenant, as the migration of all tenants wrote it.
const ROW: &str = "globex_inc";

/// A view or a function in another schema that the first tenant may use.
const SHARED: &str = "CREATE SCHEMA shared; GRANT USAGE ON SCHEMA shared TO t_acme_corp_app;";

fn holes(port: u16) -> Vec<Hole> {
    let hole = |name, opened_by: &str, read, found, says, remedy| Hole {
        name,
        opened_by: opened_by.to_owned(),
        read,
        found,
        says,
        remedy,
    };
    vec![
        hole(
            "a view in a third schema",
            "CREATE VIEW shared.v AS SELECT name FROM globex_inc.account; GRANT SELECT ON shared.v TO t_acme_corp_app",
            "SELECT name FROM shared.v",
            (ACME, GLOBEX),
            "t_acme_corp_app has SELECT on view shared.v, rule _RETURN on view shared.v depends on table globex_inc.account",
            "REVOKE ALL ON TABLE shared.v FROM t_acme_corp_app CASCADE",
        ),
        hole(
            "a view over a view, open to PUBLIC",
            "CREATE SCHEMA inner_; CREATE VIEW inner_.w AS SELECT name FROM globex_inc.account;
             CREATE VIEW shared.v AS SELECT name FROM inner_.w; GRANT SELECT ON shared.v TO PUBLIC",
            "SELECT name FROM shared.v",
            (ACME, GLOBEX),
            "PUBLIC has SELECT on view shared.v",
            "REVOKE ALL ON TABLE shared.v FROM PUBLIC CASCADE",
        ),
        hole(
            "a materialized view in a schema that is open to PUBLIC",
            "CREATE MATERIALIZED VIEW shared.v AS SELECT name FROM globex_inc.account;
             GRANT SELECT ON shared.v TO t_acme_corp_app; GRANT USAGE ON SCHEMA shared TO PUBLIC",
            "SELECT name FROM shared.v",
            (ACME, GLOBEX),
            "depends on table globex_inc.account",
            "REVOKE ALL ON TABLE shared.v FROM t_acme_corp_app CASCADE",
        ),
        hole(
            "a column of a view",
            "CREATE VIEW shared.v AS SELECT * FROM globex_inc.account; GRANT SELECT (name) ON shared.v TO t_acme_corp_app",
            "SELECT name FROM shared.v",
            (ACME, GLOBEX),
            "t_acme_corp_app has SELECT on view shared.v",
            "REVOKE ALL ON TABLE shared.v FROM t_acme_corp_app CASCADE",
        ),
        hole(
            "a function of another tenant's owner",
            "CREATE FUNCTION acme_corp.leak() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT name FROM globex_inc.account';
             ALTER FUNCTION acme_corp.leak() OWNER TO t_globex_inc_owner",
            "SELECT acme_corp.leak()",
            (ACME, GLOBEX),
            "function acme_corp.leak() runs with the rights of t_globex_inc_owner",
            "ALTER ROUTINE acme_corp.leak() OWNER TO t_acme_corp_owner",
        ),
        hole(
            "a function of a superuser in a third schema",
            "CREATE FUNCTION shared.leak() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT name FROM globex_inc.account'",
            "SELECT shared.leak()",
            (ACME, None),
            "t_acme_corp_app has USAGE on schema shared, PUBLIC has EXECUTE on function shared.leak(), \
             function shared.leak() runs with the rights of postgres, postgres is",
            "REVOKE ALL ON ROUTINE shared.leak() FROM PUBLIC CASCADE",
        ),
        hole(
            "a view of another tenant's owner",
            "CREATE VIEW acme_corp.v AS SELECT name FROM globex_inc.account; ALTER VIEW acme_corp.v OWNER TO t_globex_inc_owner;
             GRANT SELECT ON acme_corp.v TO t_acme_corp_app",
            "SELECT name FROM acme_corp.v",
            (ACME, GLOBEX),
            "rule _RETURN on view acme_corp.v depends on table globex_inc.account",
            "DROP VIEW acme_corp.v",
        ),
        hole(
            "a view of a superuser in the tenant's schema",
            "CREATE VIEW acme_corp.v AS SELECT name FROM globex_inc.account; GRANT SELECT ON acme_corp.v TO t_acme_corp_app",
            "SELECT name FROM acme_corp.v",
            (ACME, GLOBEX),
            "rule _RETURN on view acme_corp.v depends on table globex_inc.account",
            "DROP VIEW acme_corp.v",
        ),
        hole(
            "a function of a role that is a member of the other tenant's owner",
            "CREATE ROLE bi; GRANT t_globex_inc_owner TO bi;
             CREATE FUNCTION shared.report() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT name FROM globex_inc.account';
             ALTER FUNCTION shared.report() OWNER TO bi",
            "SELECT shared.report()",
            (ACME, GLOBEX),
            "function shared.report() runs with the rights of bi, bi is a member of t_globex_inc_owner",
            "REVOKE ALL ON ROUTINE shared.report() FROM PUBLIC CASCADE",
        ),
        hole(
            "a table in the other tenant's schema",
            "ALTER TABLE globex_inc.account OWNER TO t_acme_corp_owner; GRANT USAGE ON SCHEMA globex_inc TO t_acme_corp_owner;
             CREATE FUNCTION acme_corp.peek() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT name FROM globex_inc.account';
             ALTER FUNCTION acme_corp.peek() OWNER TO t_acme_corp_owner",
            "SELECT acme_corp.peek()",
            (ACME, GLOBEX),
            "t_acme_corp_owner owns table globex_inc.account",
            "ALTER TABLE globex_inc.account OWNER TO t_globex_inc_owner",
        ),
        hole(
            "a table that inherits from the tenant's",
            "CREATE TABLE acme_corp.parent (name text); ALTER TABLE acme_corp.parent OWNER TO t_acme_corp_owner;
             GRANT SELECT ON acme_corp.parent TO t_acme_corp_app; ALTER TABLE globex_inc.account INHERIT acme_corp.parent",
            "SELECT name FROM acme_corp.parent",
            (ACME, GLOBEX),
            "globex_inc.account inherits from acme_corp.parent",
            "ALTER TABLE globex_inc.account NO INHERIT acme_corp.parent",
        ),
        hole(
            "a mapping of a foreign server",
            &format!(
                "CREATE EXTENSION postgres_fdw; CREATE SERVER again FOREIGN DATA WRAPPER postgres_fdw
                     OPTIONS (host '127.0.0.1', port '{port}', dbname 'saas');
                 CREATE USER MAPPING FOR t_acme_corp_app SERVER again OPTIONS (user 't_globex_inc_app', password '{}');
                 CREATE FOREIGN TABLE acme_corp.f (name text) SERVER again OPTIONS (schema_name 'globex_inc', table_name 'account');
                 ALTER FOREIGN TABLE acme_corp.f OWNER TO t_acme_corp_owner; GRANT SELECT ON acme_corp.f TO t_acme_corp_app",
                stage::password("globex-inc")
            ),
            "SELECT name FROM acme_corp.f",
            (ACME, None),
            "t_acme_corp_app has a user mapping on the foreign server again",
            "DROP USER MAPPING FOR t_acme_corp_app SERVER again",
        ),
        hole(
            "a large object",
            "SET ROLE t_globex_inc_app; SELECT lo_from_bytea(4711, 'globex_inc'); GRANT SELECT ON LARGE OBJECT 4711 TO t_acme_corp_app",
            "SELECT convert_from(lo_get(4711), 'UTF8')",
            (ACME, GLOBEX),
            "t_acme_corp_app has SELECT on 1 large objects of t_globex_inc_app, such as 4711",
            "REVOKE ALL ON LARGE OBJECT 4711 FROM t_acme_corp_app",
        ),
        hole(
            "all large objects",
            "SET ROLE t_globex_inc_app; SELECT lo_from_bytea(4711, 'globex_inc'); RESET ROLE;
             ALTER DATABASE saas SET lo_compat_privileges = on",
            "SELECT convert_from(lo_get(4711), 'UTF8')",
            (None, None),
            "lo_compat_privileges is set for every role of a database",
            "ALTER DATABASE saas RESET lo_compat_privileges",
        ),
        hole(
            "a right on the catalog of large objects",
            "SET ROLE t_globex_inc_app; SELECT lo_from_bytea(4711, 'globex_inc'); RESET ROLE;
             GRANT SELECT ON pg_largeobject TO t_acme_corp_app",
            "SELECT convert_from(data, 'UTF8') FROM pg_largeobject WHERE loid = 4711",
            (ACME, None),
            "t_acme_corp_app has rights on table pg_largeobject",
            "REVOKE ALL ON TABLE pg_catalog.pg_largeobject FROM t_acme_corp_app CASCADE",
        ),
        hole(
            "a view of a catalog that only superusers may read",
            "SET ROLE t_globex_inc_app; SELECT lo_from_bytea(4711, 'globex_inc'); RESET ROLE;
             CREATE VIEW shared.v AS SELECT * FROM pg_largeobject; GRANT SELECT ON shared.v TO t_acme_corp_app",
            "SELECT convert_from(data, 'UTF8') FROM shared.v WHERE loid = 4711",
            (ACME, None),
            "view shared.v may read a catalog that holds data of all tenants",
            "REVOKE ALL ON TABLE shared.v FROM t_acme_corp_app CASCADE",
        ),
    ]
}

/// What every hole starts from.
fn reset(stage: &Stage) {
    stage.superuser(
        "DROP SCHEMA IF EXISTS shared, inner_ CASCADE; DROP EXTENSION IF EXISTS postgres_fdw CASCADE;
         SELECT lo_unlink(oid) FROM pg_largeobject_metadata; ALTER DATABASE saas RESET lo_compat_privileges;
         DROP FUNCTION IF EXISTS acme_corp.leak, acme_corp.peek; DROP VIEW IF EXISTS acme_corp.v;
         DROP TABLE IF EXISTS acme_corp.parent; DROP ROLE IF EXISTS bi",
    );
}

#[tokio::test]
async fn every_way_to_another_tenants_rows_is_found_and_closed_by_the_statement_that_is_named() {
    let stage = migrated().await;
    for hole in holes(stage.server.port()) {
        let Hole { name, opened_by, read: sql, found, says, remedy: expected } = hole;
        stage.superuser(&format!("{SHARED} {opened_by}"));
        assert_eq!(read(&stage.tenant("acme-corp").await, sql).await, ROW, "{name}: the row is really read");
        let broken = probes(&stage).await;
        let finding = ways(&broken).into_iter().find(|probe| {
            (probe.tenant.as_deref(), probe.against.as_deref()) == found && probe.to_string().contains(says)
        });
        let finding = finding.unwrap_or_else(|| panic!("{name}: {:#?}", ways(&broken)));
        assert!(finding.to_string().contains(&format!("run `{expected}` as the owner")), "{name}: {finding}");
        stage.superuser(expected);
        assert_ne!(read(&stage.tenant("acme-corp").await, sql).await, ROW, "{name}: it is closed");

        reset(&stage);
        for tenant in TENANTS {
            stage.make(&address(tenant)).await;
        }
        let repaired = probes(&stage).await;
        assert!(repaired.iter().all(Probe::is_good), "{name}: {repaired:#?}");
    }
}

#[tokio::test]
async fn a_trigger_that_copies_rows_to_another_tenant_is_found() {
    let stage = migrated().await;
    stage.superuser(
        "CREATE TABLE acme_corp.copy (name text); ALTER TABLE acme_corp.copy OWNER TO t_acme_corp_owner;
         GRANT SELECT ON acme_corp.copy TO t_acme_corp_app; CREATE SCHEMA shared;
         CREATE FUNCTION shared.copy() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
             'BEGIN INSERT INTO acme_corp.copy VALUES (NEW.name); RETURN NEW; END';
         CREATE TRIGGER copy AFTER INSERT ON globex_inc.account FOR EACH ROW EXECUTE FUNCTION shared.copy()",
    );
    let globex = stage.tenant("globex-inc").await;
    globex.batch_execute("INSERT INTO account VALUES (7, 'seven')").await.expect("it is its own table");
    let acme = stage.tenant("acme-corp").await;
    assert_eq!(read(&acme, "SELECT name FROM acme_corp.copy").await, "seven");
    let broken = probes(&stage).await;
    let says = "trigger copy on table globex_inc.account depends on function shared.copy(), function shared.copy() runs \
                with the rights of postgres";
    let finding = ways(&broken).into_iter().find(|probe| probe.to_string().contains(says));
    let finding = finding.unwrap_or_else(|| panic!("{:#?}", ways(&broken)));
    assert_eq!((finding.tenant.as_deref(), finding.against.as_deref()), (GLOBEX, None));
    assert_eq!(remedy(finding), "DROP TRIGGER copy ON globex_inc.account");
    stage.superuser(&remedy(finding));
    assert!(ways(&probes(&stage).await).is_empty());

    // A function of the other tenant receives the rows too.
    stage.superuser(
        "CREATE FUNCTION acme_corp.copy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         ALTER FUNCTION acme_corp.copy() OWNER TO t_acme_corp_owner;
         CREATE TRIGGER copy AFTER INSERT ON globex_inc.account FOR EACH ROW EXECUTE FUNCTION acme_corp.copy()",
    );
    let broken = probes(&stage).await;
    let pairs: Vec<_> = ways(&broken).iter().map(|it| (it.tenant.as_deref(), it.against.as_deref())).collect();
    assert!(pairs.contains(&(ACME, GLOBEX)), "{broken:#?}");
}

#[tokio::test]
async fn members_of_tenants_roles_are_found_and_removed() {
    let stage = migrated().await;
    for role in ["t_globex_inc_owner", "t_globex_inc_app"] {
        stage.superuser(&format!("CREATE ROLE bi; GRANT {role} TO bi"));
        let expected = format!("globex-inc: have the planned rights: failed: bi is a member of {role}");
        let broken = probes(&stage).await;
        let reported: Vec<String> = broken.iter().filter(|it| !it.is_good()).map(ToString::to_string).collect();
        assert_eq!(reported, [expected]);
        stage.make(&address("globex-inc")).await;
        assert!(stage.is_as_planned("globex-inc").await);
        assert!(probes(&stage).await.iter().all(Probe::is_good));
        stage.superuser("DROP ROLE bi");
    }
}

/// An operator's shared objects lead nowhere, and neither do extensions, the server's own objects and migrators.
#[tokio::test]
async fn what_leads_to_no_other_tenant_is_not_found() {
    let stage = Stage::empty(&TENANTS).await.planned_with(&TENANTS, &["pg_trgm", "pgcrypto"], &with_migrator).await;
    stage.make("database/access").await;
    for tenant in TENANTS {
        stage.make(&address(tenant)).await;
        let migrator = stage.migrator(tenant).await;
        let migration = "CREATE TABLE account (id serial PRIMARY KEY, name text, parent int REFERENCES account);
             CREATE VIEW names AS SELECT name FROM account;
             CREATE FUNCTION own() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM pg_class';
             CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER touch BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION touch();
             CREATE TRIGGER same BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()";
        migrator.batch_execute(migration).await.expect("the migration runs");
    }
    stage.superuser(
        "CREATE SCHEMA shared; GRANT USAGE ON SCHEMA shared TO PUBLIC; CREATE TABLE shared.country (code text PRIMARY KEY);
         GRANT SELECT ON shared.country TO PUBLIC; CREATE VIEW shared.codes AS SELECT code FROM shared.country;
         GRANT SELECT ON shared.codes TO PUBLIC;
         CREATE FUNCTION shared.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER shared BEFORE INSERT ON acme_corp.account FOR EACH ROW EXECUTE FUNCTION shared.touch();
         CREATE TRIGGER shared BEFORE INSERT ON globex_inc.account FOR EACH ROW EXECUTE FUNCTION shared.touch();
         ALTER TABLE acme_corp.account ADD country text REFERENCES shared.country;
         ALTER TABLE globex_inc.account ADD country text REFERENCES shared.country;
         CREATE VIEW shared.mine WITH (security_invoker = on) AS SELECT name FROM globex_inc.account;
         GRANT SELECT ON shared.mine TO PUBLIC;
         CREATE ROLE bi; CREATE VIEW shared.report AS SELECT name FROM globex_inc.account; GRANT SELECT ON shared.report TO bi;
         CREATE FUNCTION shared.closed() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT name FROM globex_inc.account';
         REVOKE ALL ON FUNCTION shared.closed() FROM PUBLIC; GRANT EXECUTE ON FUNCTION shared.closed() TO bi",
    );
    let acme = stage.tenant("acme-corp").await;
    for sql in ["SELECT name FROM shared.mine", "SELECT name FROM shared.report", "SELECT shared.closed()"] {
        assert_eq!(read(&acme, sql).await, "42501", "{sql}");
    }
    let probes = probes(&stage).await;
    let bad: Vec<String> = probes.iter().filter(|probe| !probe.is_good()).map(ToString::to_string).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}
