//! Reads the rights of tenants from the catalog: drift from the plan, and objects that the administrator
//! cannot change. Read-only.

use itertools::Itertools as _;
use saas_model::identifier::PgIdent;
use saas_model::resource::TenantSchema;
use tokio_postgres::Transaction;
use tokio_postgres::types::{ToSql, Type};

use super::PostgresError;
use crate::error::Result;

/// A difference between a tenant's schema and roles and their plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drift {
    pub(crate) schema: String,
    /// The description.
    pub(crate) fault: String,
    /// The statement that reverts it; `None` where the statements that set up a tenant do so.
    pub(crate) repair: Option<String>,
}

/// The names of a tenant's schema and roles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TenantNames<'a> {
    pub(crate) schema: &'a PgIdent,
    pub(crate) owner: &'a PgIdent,
    pub(crate) app: &'a PgIdent,
    /// The role that migrations log in as, if there is one.
    pub(crate) migrator: Option<&'a PgIdent>,
    /// The schemas in which the roles look up names; `None` for a tenant that is not planned.
    pub(crate) search_path: Option<&'a [PgIdent]>,
}

impl<'a> TenantNames<'a> {
    pub(crate) const fn of(tenant: &'a TenantSchema) -> Self {
        let TenantSchema { schema, owner, app, migrator, search_path, .. } = tenant;
        let migrator = match migrator {
            Some(migrator) => Some(&migrator.role),
            None => None,
        };
        Self { schema, owner, app, migrator, search_path: Some(search_path.as_slice()) }
    }
}

/// The names of many tenants as columns, for queries over all of them.
pub(super) struct Columns<'a> {
    names: [Vec<&'a str>; 3],
    migrators: Vec<Option<&'a str>>,
    /// Each with commas between the names, which have none.
    search_paths: Vec<Option<String>>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(tenants: impl IntoIterator<Item = TenantNames<'a>>) -> Self {
        let mut columns =
            Self { names: [Vec::new(), Vec::new(), Vec::new()], migrators: Vec::new(), search_paths: Vec::new() };
        for TenantNames { schema, owner, app, migrator, search_path } in tenants {
            let [schemas, owners, apps] = &mut columns.names;
            schemas.push(schema.as_str());
            owners.push(owner.as_str());
            apps.push(app.as_str());
            columns.migrators.push(migrator.map(PgIdent::as_str));
            columns.search_paths.push(search_path.map(|path| path.iter().map(PgIdent::as_str).join(",")));
        }
        columns
    }

    /// `$1` to `$5`: schemas, owner roles, application roles, migrator roles and search paths, in step.
    pub(super) fn parameters(&self) -> [(&(dyn ToSql + Sync), Type); 5] {
        let [schemas, owners, apps, migrators] = self.roles();
        [schemas, owners, apps, migrators, (&self.search_paths, Type::TEXT_ARRAY)]
    }

    /// `$1` to `$4`: schemas, owner roles, application roles and migrator roles, in step.
    pub(super) fn roles(&self) -> [(&(dyn ToSql + Sync), Type); 4] {
        let [schemas, owners, apps] = self.names();
        [schemas, owners, apps, (&self.migrators, Type::TEXT_ARRAY)]
    }

    /// `$1`, `$2`, `$3`: schemas, owner roles and application roles, in step.
    pub(super) fn names(&self) -> [(&(dyn ToSql + Sync), Type); 3] {
        self.names.each_ref().map(|column| (column as &(dyn ToSql + Sync), Type::TEXT_ARRAY))
    }
}

/// The drift in the rights of tenants. Omits a tenant without its schema or one of its roles.
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

/// An object in a tenant's schema whose owner is a role that the administrator cannot act for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutOfReach {
    pub(crate) schema: String,
    /// The object, its owner, and what the operator can do about it.
    pub(crate) what: String,
}

/// $1, $2, $3: schemas, owner roles and application roles, in step.
const OUT_OF_REACH: &str = "
    WITH tenant AS (
        SELECT t.schema, t.owner, n.oid AS namespace
        FROM unnest($1::text[], $2::text[], $3::text[]) AS t (schema, owner, app) JOIN pg_namespace n ON nspname = t.schema
    ),
    object AS (
        SELECT schema, owner, 'TABLE' AS class, relowner AS holder, format('%I.%I', schema, relname) AS name,
            CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                WHEN 'S' THEN 'sequence' ELSE 'table' END AS word
        FROM tenant JOIN pg_class c ON relnamespace = namespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid
            -- What is an extension's, and the sequences that belong to a column.
            AND (deptype = 'e' OR relkind = 'S' AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')))
        UNION ALL
        SELECT schema, owner, 'ROUTINE', proowner, p.oid::regprocedure::text, 'routine'
        FROM tenant JOIN pg_proc p ON pronamespace = namespace
        WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
    )
    SELECT schema, format('the %s %s belongs to %I, so its rights cannot be set: run `ALTER %s %s OWNER TO %I` as a superuser, or as a role that is a member of both',
        word, name, pg_get_userbyid(holder), class, name, owner)
    FROM object
    WHERE pg_get_userbyid(holder) <> owner AND NOT pg_has_role(holder, 'USAGE')
    ORDER BY 1, 2";

/// Lists objects in tenants' schemas whose owners are roles that the administrator cannot act for.
pub(crate) async fn out_of_reach<'a>(
    transaction: &Transaction<'_>,
    tenants: impl IntoIterator<Item = TenantNames<'a>>,
) -> Result<Vec<OutOfReach>> {
    let rows = transaction
        .query_typed(OUT_OF_REACH, &Columns::of(tenants).names())
        .await
        .map_err(PostgresError::while_doing("list objects of other owners in tenants' schemas"))?;
    Ok(rows.iter().map(|row| OutOfReach { schema: row.get(0), what: row.get(1) }).collect())
}
