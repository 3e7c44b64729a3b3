//! Closes the database: what everybody may do in it, which is what `PUBLIC` stands for, is taken
//! away, and the catalog is read to see that it is gone.
//!
//! Taking a right away without the authority to do so succeeds with a warning only, so the answer
//! of a `REVOKE` is never taken for its effect.

use saas_model::Node;
use saas_model::identifier::PgIdent;
use tokio_postgres::Transaction;

use super::PostgresError;
use super::record::{Part, Record};
use crate::context::Cx;
use crate::error::Result;

/// A right that everybody has.
struct OpenRight {
    /// The right and what it is on.
    what: String,
    /// Whether it is on the platform's database or in it.
    inside: bool,
    /// The statement that takes it away.
    repair: String,
    /// Whether the administrator has the authority for it.
    ours: bool,
}

/// What everybody may do in databases that accept connections. `rdsadmin` is Amazon's own, and its
/// server lets nobody else in. Source: Amazon Aurora User Guide, "Master user account privileges".
const OPEN_RIGHTS: &str = "
    SELECT format('%s on database %I', string_agg(privilege_type, ', ' ORDER BY privilege_type), datname),
        datname = current_database(), format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname), pg_has_role(datdba, 'USAGE')
    FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
    WHERE grantee = 0 AND datallowconn AND datname <> 'rdsadmin'
    GROUP BY datname, datdba
    UNION ALL
    SELECT format('%s on schema public', string_agg(privilege_type, ', ' ORDER BY privilege_type)),
        true, 'REVOKE ALL ON SCHEMA public FROM PUBLIC', true
    FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
    WHERE grantee = 0 AND nspname = 'public'
    GROUP BY nspname";

async fn open_rights(transaction: &Transaction<'_>) -> Result<Vec<OpenRight>> {
    let rows = transaction
        .query_typed(OPEN_RIGHTS, &[])
        .await
        .map_err(PostgresError::while_doing("read the rights of PUBLIC"))?;
    let right = |row: &tokio_postgres::Row| OpenRight {
        what: row.get(0),
        inside: row.get(1),
        repair: row.get(2),
        ours: row.get(3),
    };
    Ok(rows.iter().map(right).collect())
}

/// Closes the database and writes its commit record. Gives what everybody may still do in other
/// databases of the cluster, where the administrator cannot take it away.
///
/// # Errors
/// When everybody still has a right on the database or on its schema `public`.
pub(crate) async fn close(
    cx: &Cx<'_>,
    transaction: &Transaction<'_>,
    node: &Node,
    database: &PgIdent,
) -> Result<Vec<String>> {
    let record = Record::of(cx, node, Part::Database)?;
    let mut statements: Vec<String> = open_rights(transaction)
        .await?
        .into_iter()
        .filter(|right| right.inside || right.ours)
        .map(|right| right.repair)
        .collect();
    statements.push(comment(database, Some(&record)));
    transaction
        .batch_execute(&statements.join(";\n"))
        .await
        .map_err(PostgresError::while_doing(&format!("close the database `{database}`")))?;
    let Open { inside, elsewhere } = open(transaction).await?;
    if inside.is_empty() {
        return Ok(elsewhere);
    }
    Err(PostgresError::NotAsSet { what: format!("the database `{database}`"), faults: inside }.into())
}

/// What everybody may do, in words.
pub(crate) struct Open {
    /// In the platform's database.
    pub(crate) inside: Vec<String>,
    /// In other databases of its cluster.
    pub(crate) elsewhere: Vec<String>,
}

/// Reads what everybody may do.
pub(crate) async fn open(transaction: &Transaction<'_>) -> Result<Open> {
    let (inside, elsewhere): (Vec<_>, Vec<_>) =
        open_rights(transaction).await?.into_iter().partition(|right| right.inside);
    let told = |rights: Vec<OpenRight>| rights.into_iter().map(|right| format!("PUBLIC has {}", right.what)).collect();
    Ok(Open { inside: told(inside), elsewhere: told(elsewhere) })
}

/// The record on the database, when it is one of this platform.
pub(crate) async fn record_of_database(cx: &Cx<'_>, transaction: &Transaction<'_>) -> Result<Option<Record>> {
    let row = transaction
        .query_typed_one(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()",
            &[],
        )
        .await
        .map_err(PostgresError::while_doing("read the comment on the database"))?;
    let record = row.get::<_, Option<&str>>(0).and_then(Record::parse);
    Ok(record.filter(|record| record.platform == cx.plan.header().platform.as_str() && record.part == Part::Database))
}

/// Takes the record from the database, which stays closed.
pub(crate) async fn forget(transaction: &Transaction<'_>, database: &PgIdent) -> Result<()> {
    let doing = format!("take the comment from the database `{database}`");
    transaction.batch_execute(&comment(database, None)).await.map_err(PostgresError::while_doing(&doing))?;
    Ok(())
}

fn comment(database: &PgIdent, record: Option<&Record>) -> String {
    let text = record.map_or_else(|| "NULL".to_owned(), |record| super::literal(&record.to_string()));
    format!("COMMENT ON DATABASE {} IS {text}", database.quoted())
}
