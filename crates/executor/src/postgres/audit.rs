//! What the administrator sees in the catalog that tenants could not find out by trying: rights
//! that nobody has used yet. It only looks.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Transaction;

use super::PostgresError;
use super::access::{Open, open};
use super::catalog::{Columns, Drift, TenantNames, drift};
use super::outcome::{Attempt, Outcome, Probe, Probes};
use crate::error::Result;

/// What remains, and what only a person can judge: members of tenants' roles beside the
/// administrator, tables in tenants' schemas that others hold, and other databases that tenants
/// are let into.
/// $1, $2, $3: schemas, owner roles and application roles, in step.
const RESIDUALS: &str = "
    WITH tenant AS (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS t (schema, owner, app)),
    role AS (
        SELECT schema, r.oid AS id
        FROM (SELECT schema, owner AS name FROM tenant UNION ALL SELECT schema, app FROM tenant) AS names
        JOIN pg_roles r ON rolname = name
    )
    SELECT DISTINCT schema, format('%I is a member of %I', pg_get_userbyid(member), pg_get_userbyid(roleid))
    FROM role JOIN pg_auth_members ON roleid = role.id
    WHERE pg_get_userbyid(member) <> current_user
    UNION ALL
    SELECT schema, format('%I.%I is held by %I', schema, relname, pg_get_userbyid(relowner))
    FROM tenant
    JOIN pg_namespace n ON nspname = schema
    JOIN pg_class c ON relnamespace = n.oid AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    WHERE pg_get_userbyid(relowner) <> owner
    UNION ALL
    SELECT schema, format('%I has %s on the database %I', pg_get_userbyid(grantee), privilege_type, datname)
    FROM pg_database, aclexplode(datacl) JOIN role ON role.id = grantee
    WHERE datname <> current_database()
    ORDER BY 1, 2";

/// Compares the catalog with what is planned for tenants, given by their ids.
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
        .query_typed(RESIDUALS, &Columns::of(tenants.values().copied()).parameters())
        .await
        .map_err(PostgresError::while_doing("look for what remains open"))?;
    for row in &residuals {
        let tenant = by_schema.get(row.get::<_, &str>(0)).copied();
        probes.other(tenant, Attempt::Catalog, None, Outcome::Residual { what: row.get(1) });
    }
    let drifted: BTreeSet<&str> = drift.iter().map(|drift| drift.schema.as_str()).collect();
    for (schema, tenant) in by_schema {
        if !drifted.contains(schema) {
            probes.held(Some(tenant), Attempt::Catalog);
        }
    }
    Ok(probes.finish().collect())
}
