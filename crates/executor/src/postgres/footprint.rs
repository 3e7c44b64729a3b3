//! The footprint of each tenant: its existing schema and roles.
//!
//! A commit record names the tenant of an object. A record can get lost: a single manual `COMMENT`
//! replaces it. So an object with a tenant's name and no record still belongs to that tenant in two
//! cases: another part of the tenant has a record, or the schema belongs to the tenant's owner role. A
//! schema that belongs to neither the owner role nor the administrator has another owner. A tenant with a
//! missing record is incomplete, and the next apply writes the record again. A renamed part keeps its
//! record, and gets its name back.

use std::collections::{BTreeMap, BTreeSet};

use saas_model::Address;
use saas_model::identifier::{PgIdent, TenantId};
use saas_model::names::Names;
use saas_model::resource::{ResourceSpec, TenantSchema};
use tokio_postgres::types::Type;
use tokio_postgres::{Row, Transaction};

use super::PostgresError;
use super::catalog::TenantNames;
use super::database::Database;
use super::record::{Part, Parts, Record};
use crate::context::Context;
use crate::error::Result;

/// The existing parts of one tenant: all of them, or the remainder after manual changes.
#[derive(Clone, Debug)]
pub(crate) struct Footprint {
    /// The record on the schema, or on a role when the schema has none. A tenant that lost all its
    /// records gets one without digests.
    pub(crate) record: Record,
    /// Whether every existing part carries its record.
    pub(crate) is_recorded: bool,
    pub(crate) schema: Option<PgIdent>,
    pub(crate) owner: Option<PgIdent>,
    pub(crate) app: Option<LoginRole>,
    pub(crate) migrator: Option<LoginRole>,
    /// The secret of the migrator's password, according to its record.
    pub(crate) migrator_password: Option<Address>,
    /// The comments on the parts, including foreign text.
    pub(super) comments: Parts<Option<String>>,
}

impl Footprint {
    /// The names, if all parts exist that every tenant has.
    pub(crate) fn names(&self) -> Option<TenantNames<'_>> {
        let (schema, owner, app) = (self.schema.as_ref()?, self.owner.as_ref()?, &self.app.as_ref()?.name);
        let migrator = self.migrator.as_ref().map(|migrator| &migrator.name);
        Some(TenantNames { schema, owner, app, migrator, search_path: None })
    }

    /// The names of the existing roles.
    pub(crate) fn roles(&self) -> impl Iterator<Item = &PgIdent> {
        self.owner.iter().chain(self.login_roles())
    }

    /// The names of the existing roles that log in.
    pub(crate) fn login_roles(&self) -> impl Iterator<Item = &PgIdent> {
        self.app.iter().chain(&self.migrator).map(|role| &role.name)
    }

    /// The names of the existing parts.
    pub(super) fn parts(&self) -> Parts<Option<&PgIdent>> {
        Parts {
            schema: self.schema.as_ref(),
            owner: self.owner.as_ref(),
            app: self.app.as_ref().map(|app| &app.name),
            migrator: self.migrator.as_ref().map(|migrator| &migrator.name),
        }
    }
}

/// A role of a tenant that logs in.
#[derive(Clone, Debug)]
pub(crate) struct LoginRole {
    pub(crate) name: PgIdent,
    /// Its connection limit; `u32::MAX` for none.
    pub(crate) connection_limit: u32,
    /// Its settings in this database.
    settings: BTreeMap<String, String>,
}

impl LoginRole {
    /// A timeout in milliseconds; 0 means no timeout, in PostgreSQL as well.
    pub(crate) fn timeout_ms(&self, setting: &str) -> u32 {
        self.settings.get(setting).map_or(0, |text| milliseconds(text))
    }

    /// The schemas in which it looks up names, in order; `None` when the model cannot represent the setting.
    pub(crate) fn search_path(&self) -> Option<Vec<PgIdent>> {
        let text = self.settings.get("search_path").map_or("", String::as_str);
        let name = |part: &str| PgIdent::new(part.trim().trim_matches('"')).ok();
        text.split(',').filter(|part| !part.trim().is_empty()).map(name).collect()
    }

    /// The setting of the schemas in which it looks up names, as PostgreSQL stores it.
    pub(crate) fn search_path_as_stored(&self) -> &str {
        self.settings.get("search_path").map_or("", String::as_str)
    }
}

/// Every schema and role, or those with certain names or with records for one address, and the owners of such
/// schemas.
/// $1: the address as it is in a record, or null. $2: the names.
const SURVEY: &str = "
    SELECT true AS is_schema, nspname AS name, obj_description(oid, 'pg_namespace') AS comment,
        pg_get_userbyid(nspowner) AS holder, NULL::int AS connections, NULL::text[] AS settings
    FROM pg_namespace
    WHERE $1 = '' OR nspname = ANY ($2) OR position($1 IN obj_description(oid, 'pg_namespace')) > 0
    UNION ALL
    SELECT false, rolname, shobj_description(r.oid, 'pg_authid'), NULL, rolconnlimit, s.setconfig
    FROM pg_roles r
    LEFT JOIN pg_db_role_setting s
        ON s.setrole = r.oid AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    WHERE $1 = '' OR rolname = ANY ($2) OR position($1 IN shobj_description(r.oid, 'pg_authid')) > 0
        OR EXISTS (SELECT FROM pg_namespace n WHERE nspowner = r.oid AND position($1 IN obj_description(n.oid, 'pg_namespace')) > 0)
    ORDER BY 1, 2";

/// A schema or a role.
struct Entry {
    app: LoginRole,
    comment: Option<String>,
    /// The record in the comment, even one of another tenant or platform.
    record: Option<Record>,
    /// The owner role of a schema.
    holder: Option<String>,
}

impl Entry {
    /// `None` when the name is one of the server's own.
    fn of(row: &Row) -> Option<Self> {
        let name = PgIdent::new(row.get::<_, &str>("name")).ok()?;
        let (connections, settings): (Option<i32>, Option<Vec<String>>) = (row.get("connections"), row.get("settings"));
        let comment: Option<String> = row.get("comment");
        Some(Self {
            app: LoginRole {
                name,
                connection_limit: connections.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(u32::MAX),
                settings: settings
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|setting| setting.split_once('='))
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
            },
            record: comment.as_deref().and_then(Record::parse),
            comment,
            holder: row.get("holder"),
        })
    }
}

/// The existing schemas and roles.
pub(super) struct Survey {
    schemas: Vec<Entry>,
    roles: Vec<Entry>,
}

/// The footprints of every tenant of the platform, or of the one at `address`.
pub(crate) async fn footprints(
    cx: &Context<'_>,
    transaction: &Transaction<'_>,
    address: Option<&Address>,
) -> Result<BTreeMap<Address, Footprint>> {
    Ok(Survey::read(cx, transaction, address).await?.footprints(cx, address))
}

impl Survey {
    /// Reads all schemas and roles, or those that may concern the tenant at `address`.
    pub(super) async fn read(
        cx: &Context<'_>,
        transaction: &Transaction<'_>,
        address: Option<&Address>,
    ) -> Result<Self> {
        let names: Vec<String> = address
            .map(|address| expected(cx, address).into_iter().flatten().map(|name| name.to_string()).collect())
            .unwrap_or_default();
        let recorded = address.map(|address| format!("saas:address={address} ")).unwrap_or_default();
        let rows = transaction
            .query_typed(SURVEY, &[(&recorded, Type::TEXT), (&names, Type::TEXT_ARRAY)])
            .await
            .map_err(PostgresError::while_doing("list schemas and roles"))?;
        let mut survey = Self { schemas: Vec::new(), roles: Vec::new() };
        for row in &rows {
            let entries = if row.get("is_schema") { &mut survey.schemas } else { &mut survey.roles };
            entries.extend(Entry::of(row));
        }
        Ok(survey)
    }

    /// Whether a schema or role of this name exists.
    pub(super) fn has(&self, part: Part, name: &PgIdent) -> bool {
        self.entries(part).iter().any(|entry| entry.app.name == *name)
    }

    /// The platform in the record of the schema or role of this name, and the owner role of a schema;
    /// `None` when the name does not exist.
    pub(super) fn holder(&self, part: Part, name: &PgIdent) -> Option<(Option<&str>, Option<&str>)> {
        let entry = self.entries(part).iter().find(|entry| entry.app.name == *name)?;
        Some((entry.record.as_ref().map(|record| record.platform.as_str()), entry.holder.as_deref()))
    }

    /// The footprints of every tenant of the platform, or of the one at `address`.
    pub(super) fn footprints(&self, cx: &Context<'_>, address: Option<&Address>) -> BTreeMap<Address, Footprint> {
        let records = self.schemas.iter().chain(&self.roles).filter_map(|entry| entry.record.as_ref());
        let recorded = records.filter(|record| record.platform == cx.plan.header().platform.as_str());
        let planned = cx.plan.nodes().iter().filter(|node| TenantSchema::of(&node.resource).is_some());
        let addresses: BTreeSet<&Address> =
            recorded.map(|record| &record.address).chain(planned.map(|node| &node.address)).collect();
        addresses
            .into_iter()
            .filter(|&found| address.is_none_or(|address| address == found))
            .filter_map(|address| Some((address.clone(), self.footprint(cx, address)?)))
            .collect()
    }

    fn footprint(&self, cx: &Context<'_>, address: &Address) -> Option<Footprint> {
        let names = expected(cx, address);
        let recorded = names.as_ref().map(|part, name| self.recorded(cx, address, part, name.as_ref()));
        let mut unrecorded = names.as_ref().map(|part, name| self.unrecorded(part, name.as_ref()?));
        let owners = [names.owner.clone(), recorded.owner.map(|entry| entry.app.name.clone())];
        let is_held_by = |holders: &[Option<PgIdent>], entry: &Entry| {
            holders.iter().flatten().any(|name| entry.holder.as_deref() == Some(name.as_str()))
        };
        let schema_is_the_owners = unrecorded.schema.is_some_and(|entry| is_held_by(&owners, entry));
        let admin = Database::live(cx).map(|database| database.admin);
        unrecorded.schema = unrecorded.schema.filter(|entry| schema_is_the_owners || is_held_by(&[admin], entry));
        if !schema_is_the_owners && recorded.into_iter().all(|entry| entry.is_none()) {
            return None;
        }
        let found = recorded.zip(unrecorded).map(|_, (recorded, other)| recorded.or(other));
        let Parts { schema, owner, app, migrator } = found;
        let records = || {
            let entries = found.into_iter().flatten();
            entries.map(|entry| entry.record.as_ref().filter(|record| record.address == *address))
        };
        Some(Footprint {
            record: records().flatten().next().cloned().unwrap_or_else(|| Record::lost(cx, address)),
            is_recorded: records().all(|record| record.is_some()),
            schema: schema.map(|entry| entry.app.name.clone()),
            owner: owner.map(|entry| entry.app.name.clone()),
            app: app.map(|entry| entry.app.clone()),
            migrator: migrator.map(|entry| entry.app.clone()),
            migrator_password: migrator.and_then(|entry| entry.record.as_ref()?.password.clone()),
            comments: found.map(|_, entry| entry?.comment.clone()),
        })
    }

    /// The object that carries the record of a part; if several do, the one with the expected name.
    fn recorded(&self, cx: &Context<'_>, address: &Address, part: Part, name: Option<&PgIdent>) -> Option<&Entry> {
        let platform = cx.plan.header().platform.as_str();
        let carries = |entry: &&Entry| {
            let record = entry.record.as_ref();
            let is_its = record.is_some_and(|record| {
                (record.platform.as_str(), &record.address, record.part) == (platform, address, part)
            });
            is_its && !self.is_forged(entry)
        };
        let all = || self.entries(part).iter().filter(carries);
        all().find(|entry| Some(&entry.app.name) == name).or_else(|| all().next())
    }

    /// Whether the record of a schema is about another tenant than that of its owner role. Migrations act as the
    /// owner of their schema, and could write any record into its comment; into those of roles, they cannot.
    fn is_forged(&self, schema: &Entry) -> bool {
        let owner = self.roles.iter().find(|role| schema.holder.as_deref() == Some(role.app.name.as_str()));
        let of_owner = owner.and_then(|role| role.record.as_ref());
        let own = schema.record.as_ref();
        of_owner.zip(own).is_some_and(|(of_owner, own)| of_owner.address != own.address)
    }

    /// The object with this name and without a record that counts.
    fn unrecorded(&self, part: Part, name: &PgIdent) -> Option<&Entry> {
        self.entries(part)
            .iter()
            .find(|entry| entry.app.name == *name && (entry.record.is_none() || self.is_forged(entry)))
    }

    fn entries(&self, part: Part) -> &[Entry] {
        match part {
            Part::Schema => &self.schemas,
            Part::Owner | Part::App | Part::Migrator => &self.roles,
            Part::Database => &[],
        }
    }
}

/// The names of the parts of the tenant at `address`: from the plan, or from the naming rule of plans.
fn expected(cx: &Context<'_>, address: &Address) -> Parts<Option<PgIdent>> {
    let planned = cx.plan.node(address).and_then(|node| TenantSchema::of(&node.resource));
    if let Some(planned) = planned {
        return Parts::planned(planned).map(|_, name| name.cloned());
    }
    let Some(tenant) = address.tenant().and_then(|id| TenantId::new(id).ok()) else { return Parts::default() };
    let platform = Names::new(cx.plan.header().platform.clone());
    let names = platform.tenant(&tenant);
    let (owner, app, migrator) = (names.owner_role(), names.app_role(), names.migrator_role());
    Parts { schema: names.schema(), owner, app, migrator }.map(|_, name| Some(name))
}

/// The milliseconds of a setting, which may have a unit. Source: PostgreSQL documentation, section
/// 20.1.1.
fn milliseconds(text: &str) -> u32 {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        // saas never writes microseconds or fractions, so they differ from every planned value.
        _ => return u32::MAX,
    };
    number.parse::<u32>().ok().and_then(|number| number.checked_mul(factor)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeout_settings_with_units_are_parsed() {
        let read = ["30000", "30s", "1h", "1min", "250us", "1.5s", ""].map(milliseconds);
        assert_eq!(read, [30_000, 30_000, 3_600_000, 60_000, u32::MAX, u32::MAX, u32::MAX]);
    }
}
