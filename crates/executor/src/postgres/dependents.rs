//! The objects that would be dropped with a tenant: the contents of its schema, and dependent objects
//! elsewhere.
//!
//! `DROP SCHEMA ... CASCADE` drops without confirmation all views, keys, columns, defaults, triggers and
//! functions of other schemas that depend on an object in the schema.

use saas_model::identifier::PgIdent;
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;

use super::PostgresError;
use super::footprint::Footprint;
use crate::error::Result;

/// The objects that `DROP SCHEMA ... CASCADE` would drop in other schemas, and those that roles own in
/// other databases, from where they cannot be dropped.
///
/// Every object that depends on a dropped one is dropped. Dropping an internal part also drops the object
/// that it belongs to: with the rule of a view, the view. The result contains whole objects only: no
/// column, type or key of a table that is dropped as well. Source: PostgreSQL documentation, section
/// 53.18, `pg_depend`.
/// $1: the schema. $2: its roles. $3: schemas that are dropped as well.
const DEPENDENTS: &str = "
    WITH RECURSIVE dropped (classid, objid, objsubid) AS (
        SELECT 'pg_namespace'::regclass::oid, oid, 0 FROM pg_namespace WHERE nspname = $1
        UNION
        SELECT next.* FROM dropped d, LATERAL (
            SELECT classid, objid, objsubid FROM pg_depend
            WHERE refclassid = d.classid AND refobjid = d.objid AND (d.objsubid = 0 OR refobjsubid = d.objsubid)
            UNION ALL
            SELECT refclassid, refobjid, refobjsubid FROM pg_depend
            WHERE classid = d.classid AND objid = d.objid AND deptype IN ('i', 'P', 'S')
        ) AS next
    ),
    whole AS (
        SELECT * FROM dropped d
        WHERE NOT EXISTS (
            SELECT FROM pg_depend p
            WHERE p.classid = d.classid AND p.objid = d.objid AND p.objsubid = d.objsubid AND (deptype = 'i'
                OR deptype = 'a' AND EXISTS (SELECT FROM dropped o
                    WHERE o.classid = refclassid AND o.objid = refobjid AND o.objsubid = 0)))
    )
    SELECT pg_describe_object(classid, objid, objsubid)
    FROM whole
    CROSS JOIN LATERAL pg_identify_object(classid, objid, objsubid) AS object
    CROSS JOIN LATERAL pg_identify_object_as_address(classid, objid, objsubid) AS address
    -- A trigger, default or policy has no schema but that of its table.
    JOIN pg_namespace ON nspname = coalesce(object.schema, address.object_names[1])
    WHERE nspname <> $1 AND NOT starts_with(nspname, 'pg_') AND nspname <> ALL ($3)
        AND classid <> 'pg_default_acl'::regclass
    UNION
    SELECT format('%s objects of %I in the database %I', count(*), pg_get_userbyid(refobjid), datname)
    FROM pg_shdepend
    JOIN pg_database d ON d.oid = dbid
    WHERE refclassid = 'pg_authid'::regclass AND pg_get_userbyid(refobjid) = ANY ($2)
        AND datname <> current_database()
    GROUP BY refobjid, datname
    ORDER BY 1";

/// Objects elsewhere that depend on a tenant's schema or roles, by kind and name: they would be dropped
/// too, or prevent the drop. Objects in `others`, which are dropped as well, do not count.
pub(crate) async fn dependents_elsewhere(
    transaction: &Transaction<'_>,
    footprint: &Footprint,
    others: &[String],
) -> Result<Vec<String>> {
    let schema = footprint.schema.as_ref().map(PgIdent::as_str).unwrap_or_default();
    let roles: Vec<&str> = footprint.roles().map(PgIdent::as_str).collect();
    let rows = transaction
        .query_typed(DEPENDENTS, &[(&schema, Type::TEXT), (&roles, Type::TEXT_ARRAY), (&others, Type::TEXT_ARRAY)])
        .await
        .map_err(PostgresError::while_doing("list the objects that depend on the schema"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The objects that a tenant's roles own outside of its schema, which are dropped with them.
/// $1: the schema. $2: its roles.
const OWNED_ELSEWHERE: &str = "
    SELECT pg_describe_object(classid, objid, objsubid)
    FROM pg_shdepend, LATERAL pg_identify_object(classid, objid, objsubid) AS object
    WHERE refclassid = 'pg_authid'::regclass AND pg_get_userbyid(refobjid) = ANY ($2) AND deptype = 'o'
        AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND object.schema IS NOT NULL AND object.schema <> $1
        AND NOT EXISTS (SELECT FROM pg_depend p
            WHERE p.classid = pg_shdepend.classid AND p.objid = pg_shdepend.objid AND p.deptype IN ('i', 'a'))
    ORDER BY 1";

/// The data that would be lost with a tenant's schema; `None` when it is empty.
///
/// It reads no row, because a view or a policy could run code of the tenant: a table contains rows when
/// it has pages.
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
    let failed = || PostgresError::while_doing("inspect the contents of the schema");
    let row =
        transaction.query_typed_one(CONTENT, &[(&schema, Type::TEXT), (&app, Type::TEXT)]).await.map_err(failed())?;
    let (tables, holding, size): (i64, i64, &str) = (row.get(0), row.get(1), row.get(2));
    let (others, large): (i64, i64) = (row.get(3), row.get(4));
    let schema = footprint.schema.as_ref().map(PgIdent::as_str).unwrap_or_default();
    let roles: Vec<&str> = footprint.roles().map(PgIdent::as_str).collect();
    let elsewhere = transaction
        .query_typed(OWNED_ELSEWHERE, &[(&schema, Type::TEXT), (&roles, Type::TEXT_ARRAY)])
        .await
        .map_err(failed())?;
    let elsewhere: Vec<&str> = elsewhere.iter().map(|row| row.get(0)).collect();
    let losses = [
        (tables > 0).then(|| format!("tables: {tables}, with rows: {holding} ({size})")),
        (others > 0).then(|| format!("views, sequences and functions: {others}")),
        (large > 0).then(|| format!("large objects: {large}")),
        (!elsewhere.is_empty()).then(|| format!("objects of its roles elsewhere: {}", elsewhere.join(", "))),
    ];
    let losses: Vec<String> = losses.into_iter().flatten().collect();
    Ok((!losses.is_empty()).then(|| losses.join("; ")))
}
