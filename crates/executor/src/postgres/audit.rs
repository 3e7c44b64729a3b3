//! Reads the catalog as the administrator, for findings that a tenant's attempts cannot show: rights that
//! no role has used yet. Read-only.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Transaction;

use super::PostgresError;
use super::access::{Open, open};
use super::catalog::{Columns, Drift, OutOfReach, TenantNames, drift, out_of_reach};
use super::outcome::{Attempt, Outcome, Probe, Probes};
use crate::error::Result;

/// Residual findings, which only an operator can judge: objects elsewhere that tenants own or have rights on, and
/// other databases that tenants may connect to. Those that lead to another tenant are found by [`super::reach`].
/// $1 to $4: schemas, owner roles, application roles and migrator roles, in step.
const RESIDUALS: &str = "
    WITH tenant AS (
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS t (schema, owner, app, migrator)
    ),
    role AS (
        SELECT schema, r.oid AS id
        FROM tenant CROSS JOIN LATERAL (VALUES (owner), (app), (migrator)) AS names (name)
        JOIN pg_roles r ON rolname = name
    )
    SELECT role.schema, format(CASE deptype WHEN 'o' THEN '%I owns %s' ELSE '%I has rights on %s' END,
        pg_get_userbyid(refobjid), pg_describe_object(classid, objid, objsubid))
    FROM role
    JOIN pg_shdepend ON refclassid = 'pg_authid'::regclass AND refobjid = role.id AND deptype IN ('a', 'o')
        AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    CROSS JOIN LATERAL pg_identify_object(classid, objid, objsubid) AS object
    CROSS JOIN LATERAL pg_identify_object_as_address(classid, objid, objsubid) AS address
    -- What is in a tenant's schema, or is one, is compared with the plan, and so is the schema
    -- `public` and that of the extensions. Every role may own large objects.
    WHERE classid NOT IN ('pg_default_acl'::regclass, 'pg_largeobject'::regclass)
        AND coalesce(object.schema, address.object_names[1]) <> ALL (SELECT tenant.schema FROM tenant)
        AND NOT (classid = 'pg_namespace'::regclass AND address.object_names[1] IN ('public', 'extensions'))
    UNION ALL
    SELECT schema, format('%I has rights on %s large objects of %I, such as %s', pg_get_userbyid(grantee), count(DISTINCT l.oid),
        pg_get_userbyid(lomowner), min(l.oid))
    FROM pg_largeobject_metadata l CROSS JOIN LATERAL aclexplode(lomacl) JOIN role ON role.id = grantee
    WHERE lomowner NOT IN (SELECT id FROM role)
    GROUP BY schema, grantee, lomowner
    UNION ALL
    SELECT schema, format('%I has %s on the database %I', pg_get_userbyid(grantee), privilege_type, datname)
    FROM pg_database, aclexplode(datacl) JOIN role ON role.id = grantee
    WHERE datname <> current_database()
    ORDER BY 1, 2";

/// Compares the catalog with the plan for these tenants, by their ids.
pub(super) async fn audit(
    transaction: &Transaction<'_>,
    tenants: &BTreeMap<String, TenantNames<'_>>,
) -> Result<Vec<Probe>> {
    let by_schema: BTreeMap<&str, &str> =
        tenants.iter().map(|(id, names)| (names.schema.as_str(), id.as_str())).collect();
    let mut probes = Probes::default();
    let Open { inside, elsewhere } = open(transaction).await?;
    for what in inside {
        probes.other(None, Attempt::Catalog, None, Outcome::Broken { what });
    }
    for what in elsewhere {
        probes.other(None, Attempt::Catalog, None, Outcome::Residual { what });
    }
    let drift = drift(transaction, tenants.values().copied()).await?;
    for Drift { schema, fault, .. } in &drift {
        let tenant = by_schema.get(schema.as_str()).copied();
        probes.other(tenant, Attempt::Catalog, None, Outcome::Broken { what: fault.clone() });
    }
    let residuals = transaction
        .query_typed(RESIDUALS, &Columns::of(tenants.values().copied()).roles())
        .await
        .map_err(PostgresError::while_doing("audit the rights that saas does not manage"))?;
    for row in &residuals {
        let tenant = by_schema.get(row.get::<_, &str>(0)).copied();
        probes.other(tenant, Attempt::Catalog, None, Outcome::Residual { what: row.get(1) });
    }
    for OutOfReach { schema, what } in out_of_reach(transaction, tenants.values().copied()).await? {
        let tenant = by_schema.get(schema.as_str()).copied();
        probes.other(tenant, Attempt::Catalog, None, Outcome::Residual { what });
    }
    let drifted: BTreeSet<&str> = drift.iter().map(|drift| drift.schema.as_str()).collect();
    for (schema, tenant) in by_schema {
        if !drifted.contains(schema) {
            probes.held(Some(tenant), Attempt::Catalog);
        }
    }
    Ok(probes.finish().collect())
}
