//! Closes the database: revokes every right of `PUBLIC`, which is all roles, and reads the catalog to
//! confirm it. [`super::extensions`] brings the extensions to the plan.
//!
//! A `REVOKE` without the necessary authority succeeds with only a warning, so its success proves
//! nothing.

use saas_model::Node;
use saas_model::identifier::PgIdent;
use saas_model::resource::DatabaseAccess;
use tokio_postgres::Transaction;

use super::PostgresError;
use super::extensions::set_extensions;
use super::record::{Part, Record, others};
use super::tenant::{Refusal, run, run_each};
use crate::context::Context;
use crate::error::Result;

/// A right or an owner that a closed database must not have.
struct Fault {
    /// The description.
    what: String,
    /// Whether it concerns the platform's database.
    inside: bool,
    /// The statement that repairs it.
    repair: String,
    /// Whether the administrator has the authority for that statement.
    ours: bool,
}

/// The rights of `PUBLIC` in databases that accept connections, and whether the administrator owns the
/// platform's database. `rdsadmin` is Amazon's own database, and no other role may connect to it. Source:
/// Amazon Aurora User Guide, "Master user account privileges".
const FAULTS: &str = "
    SELECT format('PUBLIC has %s on database %I', string_agg(privilege_type, ', ' ORDER BY privilege_type), datname),
        datname = current_database(), format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname), pg_has_role(datdba, 'USAGE')
    FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
    WHERE grantee = 0 AND datallowconn AND datname <> 'rdsadmin'
    GROUP BY datname, datdba
    UNION ALL
    SELECT format('PUBLIC has %s on schema %I', string_agg(privilege_type, ', ' ORDER BY privilege_type), nspname),
        true, format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', nspname), true
    FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
    WHERE grantee = 0 AND nspname IN ('public', 'extensions')
    GROUP BY nspname
    UNION ALL
    SELECT format('the database %I belongs to %I', datname, pg_get_userbyid(datdba)), true,
        format('ALTER DATABASE %I OWNER TO %I', datname, current_user), false
    FROM pg_database
    WHERE datname = current_database() AND NOT pg_has_role(datdba, 'USAGE')";

async fn faults(transaction: &Transaction<'_>) -> Result<Vec<Fault>> {
    let rows =
        transaction.query_typed(FAULTS, &[]).await.map_err(PostgresError::while_doing("read the rights of PUBLIC"))?;
    let fault = |row: &tokio_postgres::Row| Fault {
        what: row.get(0),
        inside: row.get(1),
        repair: row.get(2),
        ours: row.get(3),
    };
    Ok(rows.iter().map(fault).collect())
}

/// Closes the database, brings its extensions to the plan and writes its commit record. Returns the rights of `PUBLIC` in other databases of
/// the cluster that the administrator cannot revoke.
///
/// # Errors
/// When `PUBLIC` still has a right on the database or on one of its shared schemas, when an extension cannot be
/// created or dropped, and when the record cannot be written.
pub(crate) async fn close(
    cx: &Context<'_>,
    transaction: &Transaction<'_>,
    node: &Node,
    access: &DatabaseAccess,
) -> Result<Vec<String>> {
    let database = &access.database;
    set_extensions(transaction, &access.extensions).await?;
    let record = Record::of(cx, node, Part::Database)?.in_comment(comment_on_database(transaction).await?.as_deref());
    let repairs = faults(transaction).await?.into_iter().filter(|fault| fault.ours).map(|fault| fault.repair);
    let statements: Vec<String> = repairs.chain([comment(database, Some(&record))]).collect();
    let refused = run_each(transaction, &format!("close the database `{database}` to PUBLIC"), &statements).await?;
    let (inside, elsewhere): (Vec<Fault>, Vec<Fault>) =
        faults(transaction).await?.into_iter().partition(|fault| fault.inside);
    if inside.is_empty() && refused.is_empty() {
        return Ok(elsewhere.into_iter().map(|fault| fault.what).collect());
    }
    let texts = inside
        .into_iter()
        .map(|fault| format!("{}; run `{}` as a role with the privilege to do so", fault.what, fault.repair));
    let faults = texts.chain(refused.iter().map(Refusal::message)).collect();
    Err(PostgresError::NotAsSet { what: format!("the database `{database}`"), faults }.into())
}

/// Descriptions of all faults.
pub(crate) struct Open {
    /// In the platform's database.
    pub(crate) inside: Vec<String>,
    /// In other databases of its cluster.
    pub(crate) elsewhere: Vec<String>,
}

/// Reads the rights of `PUBLIC`.
pub(crate) async fn open(transaction: &Transaction<'_>) -> Result<Open> {
    let (inside, elsewhere): (Vec<_>, Vec<_>) = faults(transaction).await?.into_iter().partition(|fault| fault.inside);
    let texts = |faults: Vec<Fault>| faults.into_iter().map(|fault| fault.what).collect();
    Ok(Open { inside: texts(inside), elsewhere: texts(elsewhere) })
}

/// The record on the database, if it belongs to this platform.
pub(crate) async fn record_of_database(cx: &Context<'_>, transaction: &Transaction<'_>) -> Result<Option<Record>> {
    let record = comment_on_database(transaction).await?.as_deref().and_then(Record::parse);
    Ok(record.filter(|record| record.platform == cx.plan.header().platform.as_str() && record.part == Part::Database))
}

async fn comment_on_database(transaction: &Transaction<'_>) -> Result<Option<String>> {
    let row = transaction
        .query_typed_one(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()",
            &[],
        )
        .await
        .map_err(PostgresError::while_doing("read the comment on the database"))?;
    Ok(row.get(0))
}

/// Removes the record from the database, which stays closed.
pub(crate) async fn forget(transaction: &Transaction<'_>, database: &PgIdent) -> Result<()> {
    let doing = format!("remove the comment from the database `{database}`");
    let left = others(comment_on_database(transaction).await?.as_deref());
    run(transaction, &doing, &[comment(database, left.as_deref())]).await
}

fn comment(database: &PgIdent, text: Option<&str>) -> String {
    let text = text.map_or_else(|| "NULL".to_owned(), super::literal);
    format!("COMMENT ON DATABASE {} IS {text}", database.quoted())
}
