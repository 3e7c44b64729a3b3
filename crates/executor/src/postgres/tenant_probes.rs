//! The attempts of one tenant.

use std::time::Duration;

use saas_model::identifier::PgIdent;
use saas_model::resource::{EXTENSIONS_SCHEMA, Migrator};
use tokio::time::Instant;
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::PostgresError;
use super::catalog::TenantNames;
use super::database::Database;
use super::error::TOO_MANY_CONNECTIONS;
use super::outcome::{Attempt, Outcome, Probes};
use super::probed_tenant::Tenant;
use super::trials::{UnexpectedResult, try_all};
use crate::context::Context;
use crate::error::{Error, Result};

/// How many of its own tables a tenant really selects from.
const OWN_TABLES: i64 = 20;
/// For how long to retry a login while a tenant uses all of its connections.
const LOGIN_RETRY_TIMEOUT: Duration = Duration::from_secs(5);

/// The probes of one tenant.
pub(super) struct TenantProbes<'a> {
    cx: &'a Context<'a>,
    database: &'a Database,
    tenant: &'a Tenant<'a>,
    /// The tenants to attempt statements against.
    others: Vec<&'a Tenant<'a>>,
    /// Whether it also makes the attempts that are against no other tenant.
    is_touched: bool,
    probes: Probes,
}

/// A statement that must be refused.
struct Forbidden<'a> {
    attempt: Attempt,
    against: Option<&'a str>,
    sql: String,
}

impl<'a> TenantProbes<'a> {
    pub(super) fn new(
        cx: &'a Context<'a>,
        database: &'a Database,
        tenant: &'a Tenant<'a>,
        others: Vec<&'a Tenant<'a>>,
        is_touched: bool,
    ) -> Self {
        Self { cx, database, tenant, others, is_touched, probes: Probes::default() }
    }

    pub(super) async fn run(mut self) -> Probes {
        if let Err(error) = self.attempt_all().await {
            let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            self.broken(Attempt::Login, None, format!("{error}{hint}"));
        }
        self.probes
    }

    /// # Errors
    /// When the tenant cannot log in, or its connection breaks.
    async fn attempt_all(&mut self) -> Result<()> {
        let client = match self.log_in().await {
            Err(Error::Postgres(error)) if error.is(TOO_MANY_CONNECTIONS) => {
                self.not_attempted(&error);
                return Ok(());
            }
            other => other?,
        };
        // AWS answers while the clock runs, so the password is read before it stops.
        let migrator = match self.tenant.migrator.filter(|_| self.is_touched) {
            Some(migrator) => Some((migrator, self.cx.password(&migrator.password).await?)),
            None => None,
        };
        let _stopped_clock = self.cx.postgres.stop_clock().await;
        self.held(Attempt::Login);
        let mut forbidden = Vec::new();
        if self.is_touched {
            self.own_schema(&client).await?;
            forbidden.extend(self.forbidden_alone());
            self.own_tables(&client).await?;
            if let Some((migrator, password)) = &migrator {
                self.migrate(migrator, password).await?;
            }
        }
        forbidden.extend(self.others.iter().copied().flat_map(forbidden_on));
        let statements: Vec<String> = forbidden.iter().map(|forbidden| forbidden.sql.clone()).collect();
        let mut results = try_all(&client, &statements, self.cx.postgres.options.catches_errors).await?;
        for (index, Forbidden { attempt, against, .. }) in forbidden.into_iter().enumerate() {
            match results.remove(&index) {
                None => self.held(attempt),
                // Without a schema `public`, no role can create in it.
                Some(UnexpectedResult::OtherError { code, .. })
                    if attempt == Attempt::CreateInPublic && code == "3F000" =>
                {
                    self.held(attempt);
                }
                Some(UnexpectedResult::OtherError { code, message }) => {
                    self.broken(
                        attempt,
                        against,
                        format!("refused for an unexpected reason: {message} (SQLSTATE {code})"),
                    );
                }
                Some(UnexpectedResult::Succeeded) => {
                    self.broken(attempt, against, "the statement succeeded".to_owned())
                }
            }
        }
        Ok(())
    }

    async fn log_in(&self) -> Result<Client> {
        let password = self.cx.password(self.tenant.password).await?;
        let (start, mut pauses) = (Instant::now(), self.cx.retry_policy.pauses());
        loop {
            let stopped_clock = self.cx.postgres.stop_clock().await;
            let error = match self.cx.postgres.connect(self.database, self.tenant.names.app, &password).await {
                Err(error) if error.is(TOO_MANY_CONNECTIONS) && start.elapsed() < LOGIN_RETRY_TIMEOUT => error,
                other => return Ok(other?),
            };
            drop(stopped_clock);
            if self.cx.pause(pauses.next()).await.is_break() {
                return Err(error.into());
            }
        }
    }

    /// A tenant without a free connection is not broken: the catalog shows its rights on others.
    fn not_attempted(&mut self, error: &PostgresError) {
        let what = format!(
            "its rights were read from the catalog, but not tested, because all of its {} connections are in use: {}",
            self.tenant.connection_limit,
            error.message()
        );
        self.probes.other(Some(&self.tenant.id), Attempt::Login, None, Outcome::Residual { what });
    }

    fn held(&mut self, attempt: Attempt) {
        let tenant = &self.tenant.id;
        self.probes.held(Some(tenant), attempt);
    }

    fn broken(&mut self, attempt: Attempt, against: Option<&str>, what: String) {
        let tenant = &self.tenant.id;
        self.probes.other(Some(tenant), attempt, against, Outcome::Broken { what });
    }

    fn check(&mut self, attempt: Attempt, against: Option<&str>, held: bool, what: &str) {
        if held { self.held(attempt) } else { self.broken(attempt, against, what.to_owned()) }
    }

    async fn own_schema(&mut self, client: &Client) -> Result<()> {
        let row = client
            .query_typed_one("SELECT current_schemas(false)::text[]", &[])
            .await
            .map_err(PostgresError::while_doing("read the current schemas"))?;
        let found: Vec<String> = row.get(0);
        let held = found.iter().map(String::as_str).eq(self.tenant.search_path.iter().map(PgIdent::as_str));
        self.check(Attempt::UseOwnSchema, None, held, &format!("names resolve in {found:?}"));
        Ok(())
    }

    /// Logs in as the migrator, and asks as whom its sessions act.
    async fn migrate(&mut self, migrator: &Migrator, password: &str) -> Result<()> {
        let client = match self.cx.postgres.connect(self.database, &migrator.role, password).await {
            Ok(client) => client,
            Err(error) => {
                self.broken(Attempt::Migrate, None, error.to_string());
                return Ok(());
            }
        };
        let row = client
            .query_typed_one("SELECT current_user::text, current_schemas(false)::text[]", &[])
            .await
            .map_err(PostgresError::while_doing("read the current role of the migrator"))?;
        let (acts_as, found): (String, Vec<String>) = (row.get(0), row.get(1));
        let looks_up = found.iter().map(String::as_str).eq(self.tenant.search_path.iter().map(PgIdent::as_str));
        let held = acts_as == self.tenant.names.owner.as_str() && looks_up;
        self.check(Attempt::Migrate, None, held, &format!("it acts as {acts_as}, and names resolve in {found:?}"));
        Ok(())
    }

    /// Asks for the rights on rows, because probes must not write; really selects, but no rows. A table
    /// whose owner is not the owner role is reported as out of reach, and not tried.
    async fn own_tables(&mut self, client: &Client) -> Result<()> {
        const TABLES: &str = "
            SELECT format('%I.%I', nspname, relname), has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')
            FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname = $1 AND relkind IN ('r', 'p') AND pg_get_userbyid(relowner) = $3 ORDER BY relname LIMIT $2";
        let TenantNames { schema, owner, .. } = self.tenant.names;
        let tables = client
            .query_typed(
                TABLES,
                &[(&schema.as_str(), Type::TEXT), (&OWN_TABLES, Type::INT8), (&owner.as_str(), Type::TEXT)],
            )
            .await
            .map_err(PostgresError::while_doing("list its own tables"))?;
        for row in &tables {
            let (table, all_rights): (&str, bool) = (row.get(0), row.get(1));
            let selected = client.batch_execute(&format!("SELECT FROM {table} LIMIT 0")).await;
            match selected.map_err(PostgresError::while_doing("select from its own tables")) {
                Ok(()) => self.check(Attempt::UseOwnTables, None, all_rights, &format!("it lacks rights on {table}")),
                Err(PostgresError::Refused { message, .. }) => self.broken(Attempt::UseOwnTables, None, message),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Statements that are forbidden regardless of other tenants.
    fn forbidden_alone(&self) -> impl Iterator<Item = Forbidden<'a>> + use<'a> {
        let TenantNames { schema, owner, .. } = self.tenant.names;
        let become_migrator = self.tenant.names.migrator.map(|migrator| (Attempt::BecomeOwner, set_role(migrator)));
        let in_extensions = format!("CREATE TABLE {EXTENSIONS_SCHEMA}.saas_probe ()");
        let in_extensions = self.tenant.has_extensions().then_some((Attempt::CreateInExtensions, in_extensions));
        let attempts = [
            (Attempt::CreateInOwnSchema, create_table(schema)),
            (Attempt::CreateInPublic, "CREATE TABLE public.saas_probe ()".to_owned()),
            (Attempt::CreateSchema, "CREATE SCHEMA saas_probe".to_owned()),
            (Attempt::CreateTemporaryTable, "CREATE TEMPORARY TABLE saas_probe ()".to_owned()),
            (Attempt::BecomeOwner, set_role(owner)),
            (Attempt::BecomeAdmin, set_role(&self.database.admin)),
        ];
        let attempts = attempts.into_iter().chain(in_extensions).chain(become_migrator);
        attempts.map(|(attempt, sql)| Forbidden { attempt, against: None, sql })
    }
}

/// Statements that are forbidden against another tenant.
fn forbidden_on<'a>(other: &'a Tenant<'a>) -> impl Iterator<Item = Forbidden<'a>> + use<'a> {
    let TenantNames { schema, owner, app, migrator, search_path: _ } = other.names;
    // PostgreSQL checks the right on the schema before the table, so the table need not exist.
    let select = format!("SELECT FROM {}.saas_probe", schema.quoted());
    let attempts = [
        (Attempt::Select, select),
        (Attempt::Create, create_table(schema)),
        (Attempt::Become, set_role(owner)),
        (Attempt::Become, set_role(app)),
    ];
    let migrator = migrator.map(|migrator| (Attempt::Become, set_role(migrator)));
    let attempts = attempts.into_iter().chain(migrator);
    attempts.map(|(attempt, sql)| Forbidden { attempt, against: Some(&other.id), sql })
}

fn create_table(schema: &PgIdent) -> String {
    format!("CREATE TABLE {}.saas_probe ()", schema.quoted())
}

fn set_role(role: &PgIdent) -> String {
    format!("SET ROLE {}", role.quoted())
}
