//! A tenant leaves: its role is locked out, its sessions are ended, then schema and roles are
//! dropped in one transaction.
//!
//! Locking out must be committed before sessions are ended, or new ones come. So this is killed at
//! worst with a locked-out role, which the next apply finds by its commit record and removes.

use saas_model::Address;
use saas_model::identifier::PgIdent;
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;

use super::PostgresError;
use super::catalog::{Footprint, footprints};
use super::tenant::{become_member, run};
use crate::context::{Cx, Look};
use crate::error::Result;

/// Removes everything that carries a record of `address`, wherever an earlier attempt stopped.
pub(crate) async fn offboard(cx: &Cx<'_>, address: &Address) -> Result<()> {
    let Some(footprint) = lock_out(cx, address).await? else { return Ok(()) };
    if let Some(app) = &footprint.app {
        end_sessions(cx, &app.name).await?;
    }
    cx.postgres.administer(cx, async |transaction| drop_all(transaction, &footprint).await).await
}

/// Nobody can log in as the tenant any more. Nothing, when the tenant is not there.
async fn lock_out(cx: &Cx<'_>, address: &Address) -> Result<Option<Footprint>> {
    cx.postgres
        .administer(cx, async |transaction| {
            let Some(footprint) = footprints(cx, transaction, Some(address)).await?.remove(address) else {
                return Ok(None);
            };
            if let Some(app) = footprint.app.as_ref().map(|app| app.name.quoted()) {
                let statements = [
                    format!("ALTER ROLE {app} NOLOGIN CONNECTION LIMIT 0"),
                    // Without it, neither may its sessions be ended nor what it has been granted be dropped.
                    become_member(&app, version(transaction).await?),
                ];
                run(transaction, &format!("lock out the role {app}"), &statements).await?;
            }
            Ok(Some(footprint))
        })
        .await
}

/// Ends the sessions of a role and waits until they are gone.
async fn end_sessions(cx: &Cx<'_>, role: &PgIdent) -> Result<()> {
    let doing = format!("end the sessions of `{role}`");
    cx.wait(&format!("the sessions of `{role}` to end"), async || {
        cx.postgres
            .administer(cx, async |transaction| {
                let row = transaction
                    .query_typed_one(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1",
                        &[(&role.as_str(), Type::TEXT)],
                    )
                    .await
                    .map_err(PostgresError::while_doing(&doing))?;
                let sessions: i64 = row.get(0);
                Ok(if sessions == 0 { Look::Ready(()) } else { Look::NotYet(format!("{sessions} sessions")) })
            })
            .await
    })
    .await
}

/// Drops the schema with all that is in it, what the roles own elsewhere, and the roles.
async fn drop_all(transaction: &Transaction<'_>, footprint: &Footprint) -> Result<()> {
    let version = version(transaction).await?;
    let app = footprint.app.as_ref().map(|app| &app.name);
    let roles: Vec<String> = app.into_iter().chain(&footprint.owner).map(PgIdent::quoted).collect();
    let mut statements = Vec::new();
    statements.extend(roles.iter().map(|role| become_member(role, version)));
    statements
        .extend(footprint.schema.iter().map(|schema| format!("DROP SCHEMA IF EXISTS {} CASCADE", schema.quoted())));
    statements.extend(roles.iter().map(|role| format!("DROP OWNED BY {role}")));
    statements.extend(roles.iter().map(|role| format!("DROP ROLE {role}")));
    run(transaction, &format!("remove `{}`", footprint.record.address), &statements).await
}

async fn version(transaction: &Transaction<'_>) -> Result<i32> {
    let row = transaction
        .query_typed_one("SELECT current_setting('server_version_num')::int", &[])
        .await
        .map_err(PostgresError::while_doing("ask for the version"))?;
    Ok(row.get(0))
}

/// What would be lost with a tenant's schema; `None` when it is empty.
///
/// No row is read, for a view or a policy could run what a tenant has written: a table holds rows
/// when it has pages.
pub(crate) async fn at_stake(transaction: &Transaction<'_>, footprint: &Footprint) -> Result<Option<String>> {
    const CONTENT: &str = "
        SELECT count(*) FILTER (WHERE relkind IN ('r', 'p', 'm', 'f')),
            count(*) FILTER (WHERE relkind IN ('r', 'm') AND pg_relation_size(c.oid) > 0),
            pg_size_pretty(coalesce(sum(pg_total_relation_size(c.oid)) FILTER (WHERE relkind IN ('r', 'm')), 0)),
            count(*) FILTER (WHERE relkind IN ('v', 'S'))
                + (SELECT count(*) FROM pg_proc WHERE pronamespace = to_regnamespace($1)),
            (SELECT count(*) FROM pg_largeobject_metadata WHERE pg_get_userbyid(lomowner) = $2)
        FROM pg_class c WHERE relnamespace = to_regnamespace($1)";
    let schema = footprint.schema.as_ref().map(PgIdent::quoted).unwrap_or_default();
    let app = footprint.app.as_ref().map(|app| app.name.to_string()).unwrap_or_default();
    let row = transaction
        .query_typed_one(CONTENT, &[(&schema, Type::TEXT), (&app, Type::TEXT)])
        .await
        .map_err(PostgresError::while_doing("look what the schema holds"))?;
    let (tables, holding, size): (i64, i64, &str) = (row.get(0), row.get(1), row.get(2));
    let (others, large): (i64, i64) = (row.get(3), row.get(4));
    let said = [
        (tables > 0).then(|| format!("tables: {tables}, with rows: {holding} ({size})")),
        (others > 0).then(|| format!("views, sequences and functions: {others}")),
        (large > 0).then(|| format!("large objects: {large}")),
    ];
    let said: Vec<String> = said.into_iter().flatten().collect();
    Ok((!said.is_empty()).then(|| said.join("; ")))
}
