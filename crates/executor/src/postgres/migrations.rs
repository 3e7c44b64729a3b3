//! Reads and writes the record of migrations in the comments on tenants' schemas.

use saas_model::Address;
use tokio_postgres::Transaction;

use super::footprint::{Footprint, footprints};
use super::literal;
use super::migration_record::MigrationRecord;
use super::record::{Part, Record};
use super::tenant::run;
use crate::context::Context;
use crate::error::{Error, Result};

/// The migrations of all tenants, or of the one whose schema is at `address`: the address of each schema, and
/// its record.
pub(crate) async fn migrations(
    cx: &Context<'_>,
    transaction: &Transaction<'_>,
    address: Option<&Address>,
) -> Result<Vec<(Address, MigrationRecord)>> {
    let footprints = footprints(cx, transaction, address).await?.into_iter();
    Ok(footprints.filter_map(|(address, footprint)| Some((address, migration_of(&footprint)?))).collect())
}

/// The record on the schema. The records on roles have none.
fn migration_of(footprint: &Footprint) -> Option<MigrationRecord> {
    footprint.record.migration.clone().filter(|_| footprint.record.part == Part::Schema)
}

/// Sets or removes the record of the migration of the schema at `address`. The rest of the comment stays.
///
/// # Errors
/// When a record is set and there is no schema.
pub(crate) async fn record_migration(
    cx: &Context<'_>,
    transaction: &Transaction<'_>,
    address: &Address,
    migration: Option<&MigrationRecord>,
) -> Result<()> {
    let footprint = footprints(cx, transaction, Some(address)).await?.remove(address);
    let schema = footprint.as_ref().and_then(|footprint| Some((footprint, footprint.schema.as_ref()?)));
    let Some((footprint, schema)) = schema else {
        return if migration.is_some() { Err(Error::NotLive(address.clone())) } else { Ok(()) };
    };
    let present = Some(&footprint.record).filter(|record| record.part == Part::Schema).cloned();
    // A schema whose record was overwritten gets its own one again with the next apply.
    let record = Record { migration: migration.cloned(), ..present.unwrap_or_else(|| Record::lost(cx, address)) };
    let comment = literal(&record.in_comment(footprint.comments.schema.as_deref()));
    let statement = format!("COMMENT ON SCHEMA {} IS {comment}", schema.quoted());
    run(transaction, &format!("record the migration of the schema `{schema}`"), &[statement]).await
}
