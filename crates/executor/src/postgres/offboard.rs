//! Offboards a tenant: locks out its login roles, ends their sessions, then drops its schema and roles in one
//! transaction.
//!
//! The lock-out must be committed before sessions are ended, or new ones connect. So if the run is
//! killed, at worst a locked-out role remains, which the next apply finds by its commit record and drops.

use saas_model::identifier::PgIdent;
use saas_model::{Address, Kind};
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;

use super::PostgresError;
use super::dependents::dependents_elsewhere;
use super::footprint::{Footprint, footprints};
use super::tenant::{become_member, run, version};
use crate::context::{Context, Readiness};
use crate::error::Result;
use crate::state::observed::ObservedResource;

/// Removes every part of the tenant at `address`, even after a partial attempt.
///
/// # Errors
/// When objects elsewhere depend on it; then nothing is changed.
pub(crate) async fn offboard(cx: &Context<'_>, address: &Address) -> Result<()> {
    let Some(footprint) = lock_out(cx, address).await? else { return Ok(()) };
    for role in footprint.login_roles() {
        end_sessions(cx, role).await?;
    }
    cx.postgres
        .administer(cx, async |transaction| {
            must_not_be_needed(cx, transaction, &footprint).await?;
            drop_all(transaction, &footprint).await
        })
        .await
}

/// Refuses to drop what other objects depend on, except those of tenants that are dropped as well.
async fn must_not_be_needed(cx: &Context<'_>, transaction: &Transaction<'_>, footprint: &Footprint) -> Result<()> {
    let dependents = dependents_elsewhere(transaction, footprint, &leaving(cx)).await?;
    if dependents.is_empty() {
        return Ok(());
    }
    let schema = footprint.schema.as_ref().map(ToString::to_string);
    let schema = schema.unwrap_or_else(|| footprint.record.address.to_string());
    Err(PostgresError::NeededElsewhere { schema, dependents }.into())
}

/// The schemas that this run drops: those of tenants outside the plan, or all.
fn leaving(cx: &Context<'_>) -> Vec<String> {
    let schemas = cx.live.of_kind(Kind::TenantSchema).into_iter();
    let leaves = |found: &ObservedResource| cx.plan.node(&found.address).is_none() || cx.live.leaves(&found.address);
    schemas.filter(leaves).map(|found| found.identity.id).collect()
}

/// Prevents logins as the tenant. `None` when the tenant does not exist.
async fn lock_out(cx: &Context<'_>, address: &Address) -> Result<Option<Footprint>> {
    cx.postgres
        .administer(cx, async |transaction| {
            let Some(footprint) = footprints(cx, transaction, Some(address)).await?.remove(address) else {
                return Ok(None);
            };
            must_not_be_needed(cx, transaction, &footprint).await?;
            let version = version(transaction).await?;
            for role in footprint.login_roles().map(PgIdent::quoted) {
                let statements = [
                    format!("ALTER ROLE {role} NOLOGIN CONNECTION LIMIT 0"),
                    // Without membership, the administrator may neither end its sessions nor drop its
                    // grants.
                    become_member(&role, version),
                ];
                run(transaction, &format!("disable logins of the role {role}"), &statements).await?;
            }
            Ok(Some(footprint))
        })
        .await
}

/// Ends the sessions of a role and waits until they are gone.
async fn end_sessions(cx: &Context<'_>, role: &PgIdent) -> Result<()> {
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
                Ok(if sessions == 0 {
                    Readiness::Ready(())
                } else {
                    Readiness::NotYet(format!("{sessions} sessions left"))
                })
            })
            .await
    })
    .await
}

/// Drops the schema with its contents, the objects that the roles own elsewhere, and the roles.
async fn drop_all(transaction: &Transaction<'_>, footprint: &Footprint) -> Result<()> {
    let version = version(transaction).await?;
    let roles: Vec<String> = footprint.login_roles().chain(&footprint.owner).map(PgIdent::quoted).collect();
    let mut statements = Vec::new();
    statements.extend(roles.iter().map(|role| become_member(role, version)));
    statements
        .extend(footprint.schema.iter().map(|schema| format!("DROP SCHEMA IF EXISTS {} CASCADE", schema.quoted())));
    statements.extend(roles.iter().map(|role| format!("DROP OWNED BY {role}")));
    statements.extend(roles.iter().map(|role| format!("DROP ROLE {role}")));
    run(transaction, &format!("drop `{}`", footprint.record.address), &statements).await
}
