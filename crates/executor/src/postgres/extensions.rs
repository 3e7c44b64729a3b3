//! The extensions of the database. All are in one schema, on which tenants have `USAGE`; only the
//! administrator creates anything in it.

use saas_model::Set;
use saas_model::identifier::{ExtensionName, PgIdent};
use saas_model::resource::EXTENSIONS_SCHEMA;
use tokio_postgres::Transaction;
use tokio_postgres::types::Type;

use super::PostgresError;
use super::tenant::run;
use crate::error::Result;

/// The extensions outside of the schemas of the server, each with whether it is in the schema of extensions, and
/// whether another extension requires it.
/// $1: the schema of extensions.
const INSTALLED: &str = "
    SELECT extname, nspname = $1, EXISTS (SELECT FROM pg_depend
        WHERE refclassid = 'pg_extension'::regclass AND refobjid = e.oid AND classid = 'pg_extension'::regclass)
    FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
    ORDER BY 1";

struct Installed {
    name: String,
    is_in_schema: bool,
    is_required: bool,
}

async fn installed(transaction: &Transaction<'_>) -> Result<Vec<Installed>> {
    let rows = transaction
        .query_typed(INSTALLED, &[(&EXTENSIONS_SCHEMA, Type::TEXT)])
        .await
        .map_err(PostgresError::while_doing("list the extensions"))?;
    let each =
        |row: &tokio_postgres::Row| Installed { name: row.get(0), is_in_schema: row.get(1), is_required: row.get(2) };
    Ok(rows.iter().map(each).collect())
}

/// The extensions in the schema of extensions. One that another requires counts only if it is planned: PostgreSQL
/// creates it together with the other.
pub(crate) async fn extensions(transaction: &Transaction<'_>, planned: &Set<ExtensionName>) -> Result<Vec<String>> {
    let in_schema = installed(transaction).await?.into_iter().filter(|extension| extension.is_in_schema);
    let counts = |extension: &Installed| !extension.is_required || is_among(planned, &extension.name);
    Ok(in_schema.filter(counts).map(|extension| extension.name).collect())
}

fn is_among(planned: &Set<ExtensionName>, name: &str) -> bool {
    planned.iter().any(|planned| planned.as_str() == name)
}

/// Creates the planned extensions, and drops the others of their schema.
///
/// # Errors
/// When an object of a tenant still uses an extension that is to be dropped: nothing else is dropped with it.
pub(super) async fn set_extensions(transaction: &Transaction<'_>, planned: &Set<ExtensionName>) -> Result<()> {
    let schema = PgIdent::new(EXTENSIONS_SCHEMA).map(|name| name.quoted()).unwrap_or_default();
    if !planned.is_empty() {
        let create = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        run(transaction, "create the schema of the extensions", &[create]).await?;
    }
    for name in planned {
        let quoted = quoted(name.as_str());
        let there = installed(transaction).await?;
        let mut statements = Vec::new();
        match there.iter().find(|extension| extension.name == name.as_str()) {
            Some(there) if there.is_in_schema => continue,
            // The administrator owns the extension but not its objects, so it cannot move them.
            Some(_) => statements.push(format!("DROP EXTENSION {quoted}")),
            None => {}
        }
        statements.push(format!("CREATE EXTENSION {quoted} SCHEMA {schema} CASCADE"));
        let doing = format!("create the extension `{name}` in the schema {schema}");
        run(transaction, &doing, &statements).await?;
    }
    // Dropping one may leave another without use.
    loop {
        let left = extensions(transaction, planned).await?;
        let Some(name) = left.iter().find(|name| !is_among(planned, name)) else { break };
        let drop = format!("DROP EXTENSION {}", quoted(name));
        run(transaction, &format!("drop the extension `{name}`"), &[drop]).await?;
    }
    if planned.is_empty() && is_empty(transaction).await? {
        let drop = format!("DROP SCHEMA IF EXISTS {schema}");
        run(transaction, "drop the schema of the extensions", &[drop]).await?;
    }
    Ok(())
}

/// The name of an extension in double quotes: `uuid-ossp` needs them.
fn quoted(extension: &str) -> String {
    format!("\"{}\"", extension.replace('"', "\"\""))
}

/// Whether the schema of extensions is the administrator's, and nothing is in it.
async fn is_empty(transaction: &Transaction<'_>) -> Result<bool> {
    const EMPTY: &str = "
        SELECT EXISTS (SELECT FROM pg_namespace n WHERE nspname = $1 AND pg_has_role(nspowner, 'USAGE')
            AND NOT EXISTS (SELECT FROM pg_depend
                WHERE refclassid = 'pg_namespace'::regclass AND refobjid = n.oid AND deptype = 'n'))";
    let row = transaction
        .query_typed_one(EMPTY, &[(&EXTENSIONS_SCHEMA, Type::TEXT)])
        .await
        .map_err(PostgresError::while_doing("inspect the schema of the extensions"))?;
    Ok(row.get(0))
}
