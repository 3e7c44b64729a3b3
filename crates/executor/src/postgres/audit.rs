//! What the administrator sees in the catalog that tenants could not find out by trying: rights
//! that nobody has used yet. It only looks.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Transaction;

use super::PostgresError;
use super::access::open;
use super::catalog::{Columns, TenantNames, drift};
use super::proof::{Attempt, Finding, Proof, Severity};
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
pub(super) async fn audit(transaction: &Transaction<'_>, tenants: &BTreeMap<String, TenantNames<'_>>) -> Result<Proof> {
    let mut proof = Proof::default();
    let mut find = |schema: Option<&str>, severity, what| {
        let tenant = schema.and_then(|schema| tenants.iter().find(|(_, names)| names.schema.as_str() == schema));
        let tenant = tenant.map(|(id, _)| id.clone());
        proof.findings.push(Finding { tenant, attempt: Attempt::Catalog, against: None, severity, what });
    };
    let everybody = open(transaction).await?;
    everybody.inside.into_iter().for_each(|what| find(None, Severity::Broken, what));
    everybody.elsewhere.into_iter().for_each(|what| find(None, Severity::Residual, what));
    let drift = drift(transaction, tenants.values().copied()).await?;
    for drift in &drift {
        find(Some(&drift.schema), Severity::Broken, drift.fault.clone());
    }
    let rows = transaction
        .query_typed(RESIDUALS, &Columns::of(tenants.values().copied()).parameters())
        .await
        .map_err(PostgresError::while_doing("look for what remains open"))?;
    for row in &rows {
        find(Some(row.get(0)), Severity::Residual, row.get(1));
    }
    let faulty: BTreeSet<&str> = drift.iter().map(|drift| drift.schema.as_str()).collect();
    proof.hold(Attempt::Catalog, (tenants.len() - faulty.len()) as u64);
    Ok(proof)
}
