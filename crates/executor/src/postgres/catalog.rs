//! What the catalog shows of tenants: the schemas and roles that carry commit records, and what
//! about their rights is not as planned. It only looks.

use std::collections::BTreeMap;

use saas_model::Address;
use saas_model::identifier::PgIdent;
use saas_model::resource::TenantSchema;
use tokio_postgres::Transaction;
use tokio_postgres::types::{ToSql, Type};

use super::PostgresError;
use super::record::{Part, Record};
use crate::context::Cx;
use crate::error::{Error, Result};

/// What is there of one tenant: all of it, or what was left when something was done by hand.
#[derive(Clone, Debug)]
pub(crate) struct Footprint {
    /// The record on the schema; on a role where there is no schema any more.
    pub(crate) record: Record,
    pub(crate) schema: Option<PgIdent>,
    pub(crate) owner: Option<PgIdent>,
    pub(crate) app: Option<App>,
}

/// The role that an application logs in as.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) name: PgIdent,
    /// How many connections it may have; `u32::MAX` for as many as there are.
    pub(crate) connection_limit: u32,
    /// Its settings in this database.
    settings: BTreeMap<String, String>,
}

impl App {
    /// A timeout in milliseconds; 0 is none, for PostgreSQL as well.
    pub(crate) fn timeout_ms(&self, setting: &str) -> u32 {
        self.settings.get(setting).map_or(0, |text| milliseconds(text))
    }
}

/// Something that differs from how a tenant's schema and roles are planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drift {
    pub(crate) schema: String,
    /// What differs, in words.
    pub(crate) fault: String,
    /// The statement that takes it back; none where granting what is missing is enough.
    pub(crate) repair: Option<String>,
}

/// Everything that carries a record of the platform, or of one of its addresses.
const FOOTPRINTS: &str = "
    SELECT nspname, obj_description(oid, 'pg_namespace') AS comment, NULL::int AS connections, NULL::text[] AS settings
    FROM pg_namespace WHERE starts_with(obj_description(oid, 'pg_namespace'), $1)
    UNION ALL
    SELECT rolname, shobj_description(r.oid, 'pg_authid'), rolconnlimit, s.setconfig
    FROM pg_roles r
    LEFT JOIN pg_db_role_setting s
        ON s.setrole = r.oid AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    WHERE starts_with(shobj_description(r.oid, 'pg_authid'), $1)
    ORDER BY comment";

/// What there is of every tenant of the platform, or of the one at `address`.
pub(crate) async fn footprints(
    cx: &Cx<'_>,
    transaction: &Transaction<'_>,
    address: Option<&Address>,
) -> Result<BTreeMap<Address, Footprint>> {
    let platform = &cx.plan.header().platform;
    let prefix = match address {
        Some(address) => format!("saas:platform={platform} saas:address={address} "),
        None => format!("saas:platform={platform} "),
    };
    let rows = transaction
        .query_typed(FOOTPRINTS, &[(&prefix, Type::TEXT)])
        .await
        .map_err(PostgresError::while_doing("list the tenants"))?;
    let mut found: BTreeMap<Address, Footprint> = BTreeMap::new();
    for row in rows {
        let Some(record) = Record::parse(row.get("comment")) else { continue };
        let name = identifier(row.get(0))?;
        let footprint = found.entry(record.address.clone()).or_insert_with(|| Footprint {
            record: record.clone(),
            schema: None,
            owner: None,
            app: None,
        });
        match record.part {
            Part::Schema => {
                footprint.schema = Some(name);
                footprint.record = record;
            }
            Part::Owner => footprint.owner = Some(name),
            Part::App => {
                let connections: Option<i32> = row.get("connections");
                let settings: Option<Vec<String>> = row.get("settings");
                footprint.app = Some(App {
                    name,
                    connection_limit: connections.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(u32::MAX),
                    settings: settings
                        .unwrap_or_default()
                        .iter()
                        .filter_map(|setting| setting.split_once('='))
                        .map(|(name, value)| (name.to_owned(), value.to_owned()))
                        .collect(),
                });
            }
            Part::Database => {}
        }
    }
    Ok(found)
}

/// What a tenant's things are called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TenantNames<'a> {
    pub(crate) schema: &'a PgIdent,
    pub(crate) owner: &'a PgIdent,
    pub(crate) app: &'a PgIdent,
}

impl<'a> TenantNames<'a> {
    pub(crate) const fn of(tenant: &'a TenantSchema) -> Self {
        Self { schema: &tenant.schema, owner: &tenant.owner, app: &tenant.app }
    }
}

impl Footprint {
    /// The names, when all three are there.
    pub(crate) fn names(&self) -> Option<TenantNames<'_>> {
        let (schema, owner, app) = (self.schema.as_ref()?, self.owner.as_ref()?, &self.app.as_ref()?.name);
        Some(TenantNames { schema, owner, app })
    }
}

/// The names of many tenants as columns: the parameters of queries that look at all of them.
pub(super) struct Columns<'a>([Vec<&'a str>; 3]);

impl<'a> Columns<'a> {
    pub(super) fn of(tenants: impl IntoIterator<Item = TenantNames<'a>>) -> Self {
        let mut columns = [Vec::new(), Vec::new(), Vec::new()];
        for TenantNames { schema, owner, app } in tenants {
            let [schemas, owners, apps] = &mut columns;
            schemas.push(schema.as_str());
            owners.push(owner.as_str());
            apps.push(app.as_str());
        }
        Self(columns)
    }

    /// `$1`, `$2`, `$3`: schemas, owner roles and application roles, in step.
    pub(super) fn parameters(&self) -> [(&(dyn ToSql + Sync), Type); 3] {
        self.0.each_ref().map(|column| (column as &(dyn ToSql + Sync), Type::TEXT_ARRAY))
    }
}

/// What differs from the plan in the rights of tenants. A tenant of which a schema or a role is
/// missing is left out.
pub(crate) async fn drift<'a>(
    transaction: &Transaction<'_>,
    tenants: impl IntoIterator<Item = TenantNames<'a>>,
) -> Result<Vec<Drift>> {
    let rows = transaction
        .query_typed(include_str!("drift.sql"), &Columns::of(tenants).parameters())
        .await
        .map_err(PostgresError::while_doing("read the rights of the tenants"))?;
    Ok(rows.iter().map(|row| Drift { schema: row.get(0), fault: row.get(1), repair: row.get(2) }).collect())
}

fn identifier(name: &str) -> Result<PgIdent> {
    PgIdent::new(name).map_err(|error| Error::Unexpected { what: format!("`{name}`"), reason: error.to_string() })
}

/// The milliseconds of a setting, which may have a unit.
/// Source: PostgreSQL documentation, section 20.1.1.
fn milliseconds(text: &str) -> u32 {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        // Microseconds and fractions are never written by us, so they differ from all that is.
        _ => return u32::MAX,
    };
    number.parse::<u32>().ok().and_then(|number| number.checked_mul(factor)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_may_have_units() {
        let read = ["30000", "30s", "1h", "1min", "250us", "1.5s", ""].map(milliseconds);
        assert_eq!(read, [30_000, 30_000, 3_600_000, 60_000, u32::MAX, u32::MAX, u32::MAX]);
    }
}
