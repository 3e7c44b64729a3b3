//! What tenants can do, found out by trying: each over a connection of its own with its own
//! password, as its application would be. Nothing that is tried is kept.
//!
//! Every tenant is tried on every other, in two ways. PostgreSQL is asked for all rights on all
//! schemas and roles of all others, in one query. Then it is really attempted: on all others up to
//! 50 tenants; beyond that, for a thousand tenants would be four million attempts, on 20 others
//! that are different ones in each run.

use std::collections::BTreeMap;

use futures::StreamExt;
use futures::future::join_all;
use futures::stream;
use saas_model::Ref;
use saas_model::identifier::PgIdent;
use saas_model::resource::{Secret, TenantSchema, Wanted};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use super::PostgresError;
use super::audit::audit;
use super::catalog::{Columns, TenantNames};
use super::database::Database;
use super::outcome::{Attempt, Outcome, Probe, Probes};
use crate::context::Cx;
use crate::error::Result;

/// Up to how many tenants every one is really tried on every other.
const ALL_PAIRS: usize = 50;
/// On how many others each is really tried beyond that.
const SAMPLE: usize = 20;
/// How many tenants are probed at a time; each needs one connection.
const AT_A_TIME: usize = 8;
/// How many of its own tables a tenant really selects from.
const OWN_TABLES: i64 = 20;

/// Probes all tenants of the plan, and compares the catalog with the plan. Where no database is
/// live there is nothing to probe.
///
/// # Errors
/// When the administrator cannot look. That a tenant cannot log in is a probe that is broken.
pub(crate) async fn probe(cx: &Cx<'_>) -> Result<Vec<Probe>> {
    let Some(database) = Database::live(cx) else { return Ok(Vec::new()) };
    let tenants: Vec<Tenant<'_>> = cx
        .plan
        .nodes()
        .iter()
        .filter_map(|node| {
            let schema = TenantSchema::of(&node.resource)?;
            let id = node.address.tenant().unwrap_or(schema.schema.as_str()).to_owned();
            Some(Tenant { id, names: TenantNames::of(schema), password: &schema.password })
        })
        .collect();
    let by_id: BTreeMap<String, TenantNames<'_>> =
        tenants.iter().map(|tenant| (tenant.id.clone(), tenant.names)).collect();
    let mut all = cx.postgres.administer(cx, async |transaction| audit(transaction, &by_id).await).await?;
    // A secret that cannot be read stops them all from being read together, and not one by one:
    // then each tenant's own probe tells of it.
    let _ = cx.learn_passwords(tenants.iter().map(|tenant| tenant.password)).await;
    let turn = getrandom::u32().map_or(0, |number| number as usize);
    let visits = (0..tenants.len()).map(|index| Visit {
        cx,
        database: &database,
        tenants: &tenants,
        index,
        turn,
        probes: Probes::default(),
    });
    let found: Vec<Probes> = stream::iter(visits).map(Visit::run).buffer_unordered(AT_A_TIME).collect().await;
    all.extend(found.into_iter().flat_map(Probes::finish));
    all.sort();
    Ok(all)
}

/// A tenant as probes see it.
struct Tenant<'a> {
    id: String,
    names: TenantNames<'a>,
    password: &'a Ref<Secret>,
}

/// One tenant, being probed.
struct Visit<'a> {
    cx: &'a Cx<'a>,
    database: &'a Database,
    tenants: &'a [Tenant<'a>],
    index: usize,
    /// With whom the sample begins in this run.
    turn: usize,
    probes: Probes,
}

/// Something that must be refused.
struct Forbidden<'a> {
    attempt: Attempt,
    against: Option<&'a str>,
    sql: String,
}

/// The code with which PostgreSQL refuses what one has no right to: `insufficient_privilege`.
const NO_RIGHT: &str = "42501";

impl<'a> Visit<'a> {
    async fn run(mut self) -> Probes {
        if let Err(error) = self.attempt_all().await {
            self.broken(Attempt::Login, None, error.to_string());
        }
        self.probes
    }

    /// # Errors
    /// When the tenant cannot log in, or its connection breaks.
    async fn attempt_all(&mut self) -> Result<()> {
        let me = self.me();
        let password = self.cx.password(me.password).await?;
        let _still = self.cx.postgres.stand_still().await;
        let client = self.cx.postgres.connect(self.database, me.names.app, &password).await?;
        self.held(Attempt::Login);
        self.own_schema(&client).await?;
        self.own_tables(&client).await?;
        self.rights_on_others(&client).await?;
        let forbidden = self.forbidden();
        let outcomes = join_all(forbidden.iter().map(|forbidden| attempt(&client, &forbidden.sql))).await;
        for (Forbidden { attempt, against, .. }, outcome) in forbidden.into_iter().zip(outcomes) {
            match outcome {
                Err(PostgresError::Refused { code, .. }) if code == NO_RIGHT => self.held(attempt),
                // Where there is no schema `public`, nothing can be made in it either.
                Err(PostgresError::Refused { code, .. }) if attempt == Attempt::CreateInPublic && code == "3F000" => {
                    self.held(attempt);
                }
                Err(PostgresError::Refused { code, message, .. }) => {
                    self.broken(attempt, against, format!("refused for another reason: {message} (SQLSTATE {code})"));
                }
                Err(lost) => return Err(lost.into()),
                Ok(()) => self.broken(attempt, against, "it was let".to_owned()),
            }
        }
        Ok(())
    }

    fn me(&self) -> &'a Tenant<'a> {
        &self.tenants[self.index]
    }

    fn held(&mut self, attempt: Attempt) {
        let tenant = &self.tenants[self.index].id;
        self.probes.held(Some(tenant), attempt);
    }

    fn broken(&mut self, attempt: Attempt, against: Option<&str>, what: String) {
        let tenant = &self.tenants[self.index].id;
        self.probes.other(Some(tenant), attempt, against, Outcome::Broken { what });
    }

    fn check(&mut self, attempt: Attempt, against: Option<&str>, held: bool, what: &str) {
        if held { self.held(attempt) } else { self.broken(attempt, against, what.to_owned()) }
    }

    async fn own_schema(&mut self, client: &Client) -> Result<()> {
        let row = client
            .query_typed_one("SELECT current_schemas(false)::text[]", &[])
            .await
            .map_err(PostgresError::while_doing("ask for the schema in use"))?;
        let found: Vec<String> = row.get(0);
        let held = found == [self.me().names.schema.as_str()];
        self.check(Attempt::UseOwnSchema, None, held, &format!("names are found in {found:?}"));
        Ok(())
    }

    /// Rights on rows are asked for, for nothing may be written; selecting is really done, of no row.
    async fn own_tables(&mut self, client: &Client) -> Result<()> {
        const TABLES: &str = "
            SELECT format('%I.%I', nspname, relname), has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE')
            FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE nspname = $1 AND relkind IN ('r', 'p') ORDER BY relname LIMIT $2";
        let schema = self.me().names.schema.as_str();
        let tables = client
            .query_typed(TABLES, &[(&schema, Type::TEXT), (&OWN_TABLES, Type::INT8)])
            .await
            .map_err(PostgresError::while_doing("list its own tables"))?;
        for row in &tables {
            let (table, all_rights): (&str, bool) = (row.get(0), row.get(1));
            match attempt(client, &format!("SELECT FROM {table} LIMIT 0")).await {
                Ok(()) => self.check(Attempt::UseOwnTables, None, all_rights, &format!("not all rights on {table}")),
                Err(PostgresError::Refused { message, .. }) => self.broken(Attempt::UseOwnTables, None, message),
                Err(lost) => return Err(lost.into()),
            }
        }
        Ok(())
    }

    /// Asks for every right on every other tenant's schema and roles.
    async fn rights_on_others(&mut self, client: &Client) -> Result<()> {
        const RIGHTS: &str = "
            SELECT n.oid IS NOT NULL AND (has_schema_privilege(n.oid, 'USAGE') OR has_schema_privilege(n.oid, 'CREATE')),
                (o.oid IS NOT NULL AND pg_has_role(o.oid, 'MEMBER')) OR (a.oid IS NOT NULL AND pg_has_role(a.oid, 'MEMBER'))
            FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS t (schema, owner, app, position)
            LEFT JOIN pg_namespace n ON nspname = schema
            LEFT JOIN pg_roles o ON o.rolname = owner
            LEFT JOIN pg_roles a ON a.rolname = app
            ORDER BY position";
        let others: Vec<&Tenant<'_>> = self.others().collect();
        let rows = client
            .query_typed(RIGHTS, &Columns::of(others.iter().map(|other| other.names)).parameters())
            .await
            .map_err(PostgresError::while_doing("ask for rights on other tenants"))?;
        for (other, row) in others.iter().zip(&rows) {
            let (on_schema, on_roles): (bool, bool) = (row.get(0), row.get(1));
            self.check(Attempt::HaveSchema, Some(&other.id), !on_schema, "it has a right on the schema");
            self.check(Attempt::HaveRole, Some(&other.id), !on_roles, "it is a member of a role");
        }
        Ok(())
    }

    /// All other tenants, beginning with the next one.
    fn others(&self) -> impl Iterator<Item = &'a Tenant<'a>> + use<'a> {
        let (tenants, index) = (self.tenants, self.index);
        (1..tenants.len()).map(move |step| &tenants[(index + step) % tenants.len()])
    }

    /// Everything that is really tried and must be refused.
    fn forbidden(&self) -> Vec<Forbidden<'a>> {
        let TenantNames { schema, owner, .. } = self.me().names;
        let mut all: Vec<Forbidden<'a>> = [
            (Attempt::CreateInOwnSchema, create_table(schema)),
            (Attempt::CreateInPublic, "CREATE TABLE public.saas_probe ()".to_owned()),
            (Attempt::CreateSchema, "CREATE SCHEMA saas_probe".to_owned()),
            (Attempt::CreateTemporaryTable, "CREATE TEMPORARY TABLE saas_probe ()".to_owned()),
            (Attempt::BecomeOwner, set_role(owner)),
            (Attempt::BecomeAdmin, set_role(&self.database.admin)),
        ]
        .into_iter()
        .map(|(attempt, sql)| Forbidden { attempt, against: None, sql })
        .collect();
        let others: Vec<&Tenant<'_>> = self.others().collect();
        let tried = if self.tenants.len() <= ALL_PAIRS { others.len() } else { SAMPLE };
        for other in others.iter().cycle().skip(self.turn % others.len().max(1)).take(tried) {
            let TenantNames { schema, owner, app } = other.names;
            // The right on the schema is looked at before the table, so this needs no table.
            let select = format!("SELECT FROM {}.saas_probe", schema.quoted());
            let attempts = [
                (Attempt::Select, select),
                (Attempt::Create, create_table(schema)),
                (Attempt::Become, set_role(owner)),
                (Attempt::Become, set_role(app)),
            ];
            all.extend(attempts.map(|(attempt, sql)| Forbidden { attempt, against: Some(&other.id), sql }));
        }
        all
    }
}

fn create_table(schema: &PgIdent) -> String {
    format!("CREATE TABLE {}.saas_probe ()", schema.quoted())
}

fn set_role(role: &PgIdent) -> String {
    format!("SET ROLE {}", role.quoted())
}

/// Tries something and takes it back. Attempts made together travel together, and are done one
/// after the other.
///
/// Statements sent together are one transaction, and `ROLLBACK` ends it.
/// Source: PostgreSQL documentation, section 55.2.2.1.
async fn attempt(client: &Client, sql: &str) -> Result<(), PostgresError> {
    client.batch_execute(&format!("{sql}; ROLLBACK")).await.map_err(PostgresError::while_doing("try what is forbidden"))
}
