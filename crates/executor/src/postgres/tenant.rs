//! Creates a tenant's schema, its roles and their rights, in one transaction.
//!
//! The owner role cannot log in, and the application may use the objects that it creates. The application's
//! role owns nothing, so it can grant nothing. Where a tenant has migrations, they log in as the migrator, whose
//! sessions act as the owner: what they create belongs to the owner, and they have no other right.
//! [`super::offboard`] removes a tenant.
//!
//! Some abilities of a role cannot be revoked in PostgreSQL 15: to read names, sizes and the source of
//! functions in the catalog, to see that other roles are connected, to share advisory locks and
//! notifications with them, to create large objects, and to change its own password and its own timeouts.

use std::collections::BTreeSet;

use itertools::Itertools as _;
use saas_model::Node;
use saas_model::identifier::PgIdent;
use saas_model::resource::TenantSchema;
use tokio_postgres::Transaction;

use super::catalog::{Drift, TenantNames, drift, out_of_reach};
use super::database::Database;
use super::footprint::{Footprint, Survey};
use super::record::{Part, Parts, Record};
use super::{PostgresError, literal};
use crate::context::Context;
use crate::error::{Error, Result};

/// The password verifiers of a tenant's roles for PostgreSQL: see
/// [`postgres_protocol::password::scram_sha_256`].
pub(crate) struct Verifiers {
    pub(crate) app: String,
    /// That of the migrator, if one is planned.
    pub(crate) migrator: Option<String>,
}

/// How many rounds of reverting drift to make: a revert may uncover more drift.
const MAX_ROUNDS: usize = 4;

/// Brings a tenant's schema and roles from any present state to the plan. Returns the objects in the
/// schema that it cannot change, because their owners are roles that the administrator cannot act for.
///
/// # Errors
/// When another owner has a name, and when the catalog shows afterwards that a right could not be granted
/// or revoked.
pub(crate) async fn ensure(
    cx: &Context<'_>,
    transaction: &Transaction<'_>,
    node: &Node,
    tenant: &TenantSchema,
    verifiers: &Verifiers,
) -> Result<Vec<String>> {
    let schema = &tenant.schema;
    let names = [TenantNames::of(tenant)];
    let survey = Survey::read(cx, transaction, Some(&node.address)).await?;
    let footprint = survey.footprints(cx, Some(&node.address)).remove(&node.address);
    let missing = missing(&survey, footprint.as_ref(), tenant, version(transaction).await?)?;
    run(transaction, &format!("create the schema `{schema}` and its roles"), &missing).await?;

    let comments = comments(cx, node, tenant, footprint.as_ref())?;
    let mut rights = rights(&Database::needed(cx)?, tenant, verifiers);
    rights.extend(comments);
    let setting_up = format!("set up the schema `{schema}`");
    let revoking = format!("revoke what is not planned in the schema `{schema}`");
    let mut tried = BTreeSet::new();
    let mut refused = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let not_applied = run_each(transaction, &setting_up, &rights).await?;
        let drift = drift(transaction, names).await?;
        let repairs: Vec<String> = drift
            .iter()
            .filter_map(|drift| drift.repair.clone())
            .filter(|repair| tried.insert(repair.clone()))
            .collect();
        if repairs.is_empty() {
            return match not_as_set(schema, &drift, &not_applied, &refused) {
                Some(error) => Err(error.into()),
                None => Ok(out_of_reach(transaction, names).await?.into_iter().map(|current| current.what).collect()),
            };
        }
        refused.extend(run_each(transaction, &revoking, &repairs).await?);
    }
    let drift = drift(transaction, names).await?;
    Err(not_as_set(schema, &drift, &[], &refused).map_or_else(
        || Error::Unexpected {
            what: format!("the rights on the schema `{schema}`"),
            reason: "they change concurrently".into(),
        },
        Error::from,
    ))
}

/// The error that names the unset rights, with the statements for a role that may set them.
fn not_as_set(
    schema: &PgIdent,
    drift: &[Drift],
    not_applied: &[Refusal],
    refused: &[Refusal],
) -> Option<PostgresError> {
    let remaining = drift.iter().map(|Drift { fault, repair, .. }| match repair {
        None => fault.clone(),
        Some(repair) => {
            let why = refused.iter().find(|refusal| refusal.statement == *repair);
            let why = why.map(|refusal| format!(" ({})", refusal.message())).unwrap_or_default();
            format!("{fault}; run `{repair}` as a role with the privilege to do so{why}")
        }
    });
    let faults: Vec<String> = remaining.chain(not_applied.iter().map(Refusal::message)).collect();
    (!faults.is_empty()).then(|| PostgresError::NotAsSet { what: format!("the schema `{schema}`"), faults })
}

/// The statements that create missing parts, and rename renamed parts back. The administrator needs the
/// owner role before that role can receive a schema: PostgreSQL 15 requires membership, 16 membership
/// with `SET`.
fn missing(survey: &Survey, footprint: Option<&Footprint>, tenant: &TenantSchema, version: i32) -> Result<Vec<String>> {
    let planned = Parts::planned(tenant);
    let current = footprint.map(Footprint::parts).unwrap_or_default();
    let mut statements = Vec::new();
    let mut taken = None;
    let states = planned.zip(current).map(|part, (name, current)| {
        let Some(name) = name else { return current.is_some() };
        if current != Some(name) && survey.has(part, name) {
            let kind = if part == Part::Schema { "the schema" } else { "the database role" };
            taken = Some(Error::Taken { kind, name: name.to_string() });
        }
        let object = if part == Part::Schema { "SCHEMA" } else { "ROLE" };
        if let Some(current) = current.filter(|current| *current != name) {
            statements.push(format!("ALTER {object} {} RENAME TO {}", current.quoted(), name.quoted()));
        }
        current.is_some()
    });
    if let Some(taken) = taken {
        return Err(taken);
    }
    let Parts { schema: _, owner, app, migrator } = planned.map(|_, name| name.map(PgIdent::quoted));
    let roles = [(owner, states.owner), (app, states.app), (migrator, states.migrator)];
    for role in roles.into_iter().filter(|(_, exists)| !exists).filter_map(|(role, _)| role) {
        statements.push(format!("CREATE ROLE {role} NOLOGIN NOINHERIT NOCREATEDB NOCREATEROLE"));
    }
    let [schema, owner] = [&tenant.schema, &tenant.owner].map(PgIdent::quoted);
    statements.push(become_member(&owner, version));
    if let (None, Some(migrator)) = (&tenant.migrator, current.migrator) {
        statements.extend(without_migrator(migrator, version));
    }
    if !states.schema {
        statements.push(format!("CREATE SCHEMA {schema} AUTHORIZATION {owner}"));
    }
    Ok(statements)
}

/// The statements that drop a migrator that is not planned any more, after they end its sessions.
fn without_migrator(migrator: &PgIdent, version: i32) -> [String; 5] {
    let (role, name) = (migrator.quoted(), literal(migrator.as_str()));
    [
        format!("ALTER ROLE {role} NOLOGIN"),
        // Without membership, the administrator may neither end its sessions nor drop its grants.
        become_member(&role, version),
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = {name}"),
        format!("DROP OWNED BY {role}"),
        format!("DROP ROLE {role}"),
    ]
}

/// The statements that write the commit records, and preserve foreign text in the comments.
fn comments(
    cx: &Context<'_>,
    node: &Node,
    tenant: &TenantSchema,
    footprint: Option<&Footprint>,
) -> Result<Vec<String>> {
    let comments = footprint.map(|footprint| footprint.comments.clone()).unwrap_or_default();
    let statements = Parts::planned(tenant).zip(comments).map(|part, (name, comment)| {
        let name = name?;
        let schema = footprint.filter(|_| part == Part::Schema);
        let migration = schema.and_then(|footprint| footprint.record.migration.clone());
        let record = match Record::of(cx, node, part) {
            Ok(record) => Record { migration, ..record }.in_comment(comment.as_deref()),
            Err(error) => return Some(Err(error)),
        };
        let object = if part == Part::Schema { "SCHEMA" } else { "ROLE" };
        Some(Ok(format!("COMMENT ON {object} {} IS {}", name.quoted(), literal(&record))))
    });
    statements.into_iter().flatten().collect()
}

/// The statement that makes the administrator a member of a role, with the right to act on its objects
/// and to become it. Before 16, every membership has both. Source: PostgreSQL 16 release notes,
/// "Privileges".
pub(super) fn become_member(role: &str, version: i32) -> String {
    let options = if version >= 160_000 { " WITH INHERIT TRUE, SET TRUE" } else { "" };
    format!("GRANT {role} TO CURRENT_USER{options}")
}

/// The statements that set all repeatable settings. [`drift`] grants the application's rights on existing
/// objects; the defaults apply to objects that the owner creates from now on.
fn rights(database: &Database, tenant: &TenantSchema, verifiers: &Verifiers) -> Vec<String> {
    let TenantSchema {
        access: _,
        schema,
        owner,
        app,
        password: _,
        migrator,
        search_path,
        connection_limit,
        statement_timeout_ms,
        lock_timeout_ms,
        idle_in_transaction_timeout_ms,
    } = tenant;
    let [schema, owner, app, database] = [schema, owner, app, &database.name].map(|name| name.quoted());
    let defaults = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {owner}");
    let logs_in = |role: &str, verifier: &str| {
        let verifier = literal(verifier);
        format!(
            "ALTER ROLE {role} LOGIN NOINHERIT CONNECTION LIMIT {connection_limit} PASSWORD {verifier} VALID UNTIL 'infinity'"
        )
    };
    let search_path = search_path.iter().map(PgIdent::quoted).join(", ");
    // A migration may take long, but others must not wait long for the locks that it waits for.
    let settings = |role: &str, statement_timeout_ms: u32| {
        let setting = format!("ALTER ROLE {role} IN DATABASE {database} SET");
        [
            format!("{setting} search_path = {search_path}"),
            format!("{setting} statement_timeout = {statement_timeout_ms}"),
            format!("{setting} lock_timeout = {lock_timeout_ms}"),
            format!("{setting} idle_in_transaction_session_timeout = {idle_in_transaction_timeout_ms}"),
        ]
    };
    let mut statements = vec![
        format!("ALTER ROLE {owner} NOLOGIN NOINHERIT PASSWORD NULL"),
        logs_in(&app, &verifiers.app),
        format!("GRANT CONNECT ON DATABASE {database} TO {app}"),
        format!("GRANT USAGE ON SCHEMA {schema} TO {app}"),
        // With `IN SCHEMA` this would have no effect: such defaults add to the built-in ones, and revoke
        // nothing.
        format!("{defaults} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"),
        format!("{defaults} IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}"),
        format!("{defaults} IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {app}"),
        format!("{defaults} IN SCHEMA {schema} GRANT EXECUTE ON FUNCTIONS TO {app}"),
    ];
    statements.extend(settings(&app, *statement_timeout_ms));
    if let (Some(migrator), Some(verifier)) = (migrator, &verifiers.migrator) {
        let role = migrator.role.quoted();
        statements.extend([
            logs_in(&role, verifier),
            format!("GRANT CONNECT ON DATABASE {database} TO {role}"),
            format!("GRANT {owner} TO {role}"),
            format!("ALTER ROLE {role} IN DATABASE {database} SET role = {owner}"),
        ]);
        statements.extend(settings(&role, 0));
    }
    statements
}

/// Runs statements in one round trip.
pub(super) async fn run(transaction: &Transaction<'_>, doing: &str, statements: &[String]) -> Result<()> {
    if statements.is_empty() {
        return Ok(());
    }
    transaction.batch_execute(&statements.join(";\n")).await.map_err(PostgresError::while_doing(doing))?;
    Ok(())
}

/// A statement that PostgreSQL refused.
pub(super) struct Refusal {
    statement: String,
    error: PostgresError,
}

impl Refusal {
    /// The message of the server. The statement is omitted: it may contain the verifier of a password.
    pub(super) fn message(&self) -> String {
        self.error.message()
    }
}

/// Runs statements in one round trip. If one of them is refused, runs them one by one, so that the others
/// take effect. Returns the refused ones.
///
/// # Errors
/// When the failure is not due to a statement itself: another session holds a lock, or the connection
/// broke.
pub(super) async fn run_each(
    transaction: &Transaction<'_>,
    doing: &str,
    statements: &[String],
) -> Result<Vec<Refusal>> {
    const ROLLBACK: &str = "ROLLBACK TO SAVEPOINT saas; RELEASE SAVEPOINT saas";
    let attempt = async |sql: &str| {
        let sql = format!("SAVEPOINT saas; {sql}; RELEASE SAVEPOINT saas");
        transaction.batch_execute(&sql).await.map_err(PostgresError::while_doing(doing))
    };
    let mut refused = Vec::new();
    match attempt(&statements.join(";\n")).await {
        Err(error) if error.is_final() => run(transaction, doing, &[ROLLBACK.to_owned()]).await?,
        other => return other.map(|()| refused).map_err(Error::from),
    }
    for statement in statements {
        match attempt(statement).await {
            Err(error) if error.is_final() => {
                run(transaction, doing, &[ROLLBACK.to_owned()]).await?;
                refused.push(Refusal { statement: statement.clone(), error });
            }
            other => other?,
        }
    }
    Ok(refused)
}

/// The server version, as `server_version_num`: 150018 is 15.18.
pub(super) async fn version(transaction: &Transaction<'_>) -> Result<i32> {
    let row = transaction
        .query_typed_one("SELECT current_setting('server_version_num')::int", &[])
        .await
        .map_err(PostgresError::while_doing("read the server version"))?;
    Ok(row.get(0))
}
