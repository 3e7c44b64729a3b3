//! Makes a tenant's schema, its two roles and their rights, in one transaction.
//!
//! The owner role cannot log in: the administrator becomes it for migrations, and what it makes is
//! the application's to use. The application's role owns nothing, so it can give nothing away. How
//! a tenant leaves is in [`super::offboard`].
//!
//! What a role can do that nobody can take from it on PostgreSQL 15: read names, sizes and the
//! source of functions in the catalog, see that others are connected, share advisory locks and
//! notifications with them, make large objects, change its own password and its own timeouts.

use saas_model::Node;
use saas_model::resource::TenantSchema;
use tokio_postgres::Transaction;
use tokio_postgres::types::{ToSql, Type};

use super::catalog::{TenantNames, drift};
use super::database::Database;
use super::record::{Part, Record};
use super::{PostgresError, literal};
use crate::context::Cx;
use crate::error::{Error, Result};

/// Brings a tenant's schema and roles to what is planned, from whatever is there.
///
/// `verifier` is what PostgreSQL is to know of the password: see
/// [`postgres_protocol::password::scram_sha_256`].
///
/// # Errors
/// When a name is taken by somebody else, and when the catalog shows afterwards that a right could
/// not be given or taken.
pub(crate) async fn ensure(
    cx: &Cx<'_>,
    transaction: &Transaction<'_>,
    node: &Node,
    tenant: &TenantSchema,
    verifier: &str,
) -> Result<()> {
    let records = Records {
        schema: Record::of(cx, node, Part::Schema)?,
        owner: Record::of(cx, node, Part::Owner)?,
        app: Record::of(cx, node, Part::App)?,
    };
    let schema = &tenant.schema;
    let names = [TenantNames::of(tenant)];
    let standing = standing(transaction, tenant, &records).await?;
    run(transaction, &format!("make the schema `{schema}` and its roles"), &standing.missing(tenant)).await?;
    let repairs = drift(transaction, names).await?.into_iter().filter_map(|drift| drift.repair).collect::<Vec<_>>();
    run(transaction, &format!("take back what is not planned in the schema `{schema}`"), &repairs).await?;
    let database = Database::needed(cx)?;
    let rights = rights(&database, tenant, &records, verifier);
    run(transaction, &format!("set up the schema `{schema}`"), &rights).await?;
    let faults: Vec<String> = drift(transaction, names).await?.into_iter().map(|drift| drift.fault).collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(PostgresError::NotAsSet { what: format!("the schema `{schema}`"), faults }.into())
    }
}

/// The commit records of one tenant.
struct Records {
    schema: Record,
    owner: Record,
    app: Record,
}

/// What is there already.
#[derive(Default)]
struct Standing {
    /// As `server_version_num`: 150018 is 15.18.
    version: i32,
    schema: bool,
    owner: bool,
    app: bool,
}

/// Looks what is there already under the tenant's names, and that it is the tenant's.
async fn standing(transaction: &Transaction<'_>, tenant: &TenantSchema, records: &Records) -> Result<Standing> {
    const STANDING: &str = "
        SELECT 'version', current_setting('server_version_num')
        UNION ALL
        SELECT 'schema', obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = $1
        UNION ALL
        SELECT 'owner', shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = $2
        UNION ALL
        SELECT 'app', shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = $3";
    let names = [&tenant.schema, &tenant.owner, &tenant.app].map(|name| name.as_str());
    let parameters: Vec<(&(dyn ToSql + Sync), Type)> =
        names.iter().map(|name| (name as &(dyn ToSql + Sync), Type::TEXT)).collect();
    let doing = format!("look at the schema `{}`", tenant.schema);
    let rows = transaction.query_typed(STANDING, &parameters).await.map_err(PostgresError::while_doing(&doing))?;
    let mut standing = Standing::default();
    for row in &rows {
        let text: Option<&str> = row.get(1);
        let ours = |expected: &Record, kind, name: &saas_model::identifier::PgIdent| {
            if text.and_then(Record::parse).is_some_and(|record| record.is_of(expected)) {
                Ok(true)
            } else {
                Err(Error::Taken { kind, name: name.to_string() })
            }
        };
        match row.get(0) {
            "schema" => standing.schema = ours(&records.schema, "the schema", &tenant.schema)?,
            "owner" => standing.owner = ours(&records.owner, "the database role", &tenant.owner)?,
            "app" => standing.app = ours(&records.app, "the database role", &tenant.app)?,
            _ => standing.version = text.and_then(|version| version.parse().ok()).unwrap_or_default(),
        }
    }
    Ok(standing)
}

impl Standing {
    /// The statements that make what is not there. Whoever owns a role must have been given it
    /// before a schema can be: PostgreSQL 15 wants a member, 16 one that may become it.
    fn missing(&self, tenant: &TenantSchema) -> Vec<String> {
        let [schema, owner, app] = [&tenant.schema, &tenant.owner, &tenant.app].map(|name| name.quoted());
        let mut statements = Vec::new();
        if !self.owner {
            statements.push(format!("CREATE ROLE {owner} NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE"));
        }
        if !self.app {
            statements.push(format!("CREATE ROLE {app} NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE"));
        }
        statements.push(become_member(&owner, self.version));
        if !self.schema {
            statements.push(format!("CREATE SCHEMA {schema} AUTHORIZATION {owner}"));
        }
        statements
    }
}

/// The statement that gives the administrator a role, to act on what it owns and to become it.
/// Before 16, every membership does both.
/// Source: PostgreSQL 16 release notes, "Privileges".
pub(super) fn become_member(role: &str, version: i32) -> String {
    let options = if version >= 160_000 { " WITH INHERIT TRUE, SET TRUE" } else { "" };
    format!("GRANT {role} TO CURRENT_USER{options}")
}

/// The statements that set what can be set over and over. The commit records come last.
fn rights(database: &Database, tenant: &TenantSchema, records: &Records, verifier: &str) -> Vec<String> {
    let TenantSchema {
        access: _,
        schema,
        owner,
        app,
        password: _,
        connection_limit,
        statement_timeout_ms,
        lock_timeout_ms,
        idle_in_transaction_timeout_ms,
    } = tenant;
    let [schema, owner, app, database] = [schema, owner, app, &database.name].map(|name| name.quoted());
    let defaults = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {owner}");
    let setting = format!("ALTER ROLE {app} IN DATABASE {database} SET");
    vec![
        format!("ALTER ROLE {owner} NOLOGIN NOINHERIT PASSWORD NULL"),
        format!(
            "ALTER ROLE {app} LOGIN NOINHERIT CONNECTION LIMIT {connection_limit} PASSWORD {} VALID UNTIL 'infinity'",
            literal(verifier)
        ),
        format!("GRANT CONNECT ON DATABASE {database} TO {app}"),
        format!("GRANT USAGE ON SCHEMA {schema} TO {app}"),
        // What is there already; the defaults hold for what the owner makes from now on.
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {app}"),
        format!("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {app}"),
        format!("GRANT EXECUTE ON ALL ROUTINES IN SCHEMA {schema} TO {app}"),
        // With `IN SCHEMA` this would do nothing: such defaults add to the built-in ones, and take
        // nothing from them.
        format!("{defaults} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"),
        format!("{defaults} IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}"),
        format!("{defaults} IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {app}"),
        format!("{defaults} IN SCHEMA {schema} GRANT EXECUTE ON FUNCTIONS TO {app}"),
        format!("{setting} search_path = {schema}"),
        format!("{setting} statement_timeout = {statement_timeout_ms}"),
        format!("{setting} lock_timeout = {lock_timeout_ms}"),
        format!("{setting} idle_in_transaction_session_timeout = {idle_in_transaction_timeout_ms}"),
        format!("COMMENT ON ROLE {owner} IS {}", literal(&records.owner.to_string())),
        format!("COMMENT ON ROLE {app} IS {}", literal(&records.app.to_string())),
        format!("COMMENT ON SCHEMA {schema} IS {}", literal(&records.schema.to_string())),
    ]
}

/// Runs statements in one round trip.
pub(super) async fn run(transaction: &Transaction<'_>, doing: &str, statements: &[String]) -> Result<()> {
    if statements.is_empty() {
        return Ok(());
    }
    transaction.batch_execute(&statements.join(";\n")).await.map_err(PostgresError::while_doing(doing))?;
    Ok(())
}
