//! The administrator's single connection, through which all changes of the database pass in order.

use std::sync::atomic::Ordering;
use std::time::Duration;

use saas_model::resource::TenantSchema;
use tokio::time::Instant;
use tokio_postgres::{SimpleQueryMessage, Transaction};

use super::admin_session::AdminSession;
use super::database::{Database, planned};
use super::error::{LOCK_NOT_AVAILABLE, READ_ONLY, TOO_MANY_CONNECTIONS, WRONG_PASSWORD};
use super::holders::Holders;
use super::{Postgres, PostgresError};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::Event;

/// For how long to retry a transaction that fails with a transient error. An Aurora writer that reboots
/// or fails over answers again within one or two minutes. Source: Amazon Aurora User Guide, "High
/// availability for Amazon Aurora".
const RETRY_TIMEOUT: Duration = Duration::from_secs(180);

/// For how long to retry while every connection is in use, or while a reader answers instead of the
/// writer. An application that ends, or a DNS name that follows the failover, takes seconds.
const BRIEF_RETRY_TIMEOUT: Duration = Duration::from_secs(60);

/// The settings of the administrator's session, and the query that reads its properties. Names resolve in
/// the system catalog only, so that no object of a tenant can shadow them. A lock that a tenant holds
/// fails that tenant's transaction instead of blocking the connection. Timeouts that an operator sets for
/// roles or the database end no statement.
fn session_settings(lock_timeout: Duration) -> String {
    let millis = lock_timeout.as_millis();
    format!(
        "SET search_path = pg_catalog; SET lock_timeout = '{millis}ms'; SET client_min_messages = error; \
         SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; \
         SELECT pg_backend_pid(), pg_is_in_recovery()"
    )
}

impl Postgres {
    /// Runs `work` in one transaction as the administrator, after all earlier ones have finished.
    ///
    /// The transaction is retried when the connection broke or another session interfered, even if its
    /// commit may have succeeded. So `work` must be idempotent.
    pub(crate) async fn administer<T>(
        &self,
        cx: &Context<'_>,
        work: impl AsyncFn(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let database = Database::needed(cx)?;
        let mut admin_session = self.admin_session.lock().await;
        let start = Instant::now();
        let mut pauses = cx.retry_policy.pauses();
        loop {
            let (error, retry_timeout) = match self.transact(cx, &database, &mut admin_session, &work).await {
                Err(Error::Postgres(error)) => match self.retry_timeout(cx, &error) {
                    Some(retry_timeout) => (error, retry_timeout),
                    None => return Err(error.into()),
                },
                other => return other,
            };
            if start.elapsed() >= retry_timeout.min(cx.retry_policy.timeout) {
                // The next transaction does not wait as long for the same server.
                self.reached.store(false, Ordering::Relaxed);
                return Err(error.into());
            }
            if let Some(address) = cx.at {
                cx.report(Event::Retrying { address: address.clone(), why: error.to_string() });
            }
            if cx.pause(pauses.next()).await.is_break() {
                return Err(error.into());
            }
        }
    }

    /// For how long to retry an error, if it is transient. An unreachable server is retried only if it
    /// was reached before: then it is restarting, and the address is right.
    fn retry_timeout(&self, cx: &Context<'_>, error: &PostgresError) -> Option<Duration> {
        let unreachable = matches!(error, PostgresError::Unreachable { .. });
        if error.is_transient() || unreachable && self.reached.load(Ordering::Relaxed) {
            return Some(RETRY_TIMEOUT);
        }
        let reads_only = error.is(READ_ONLY) && self.on_reader.load(Ordering::Relaxed);
        // RDS takes a while until PostgreSQL accepts a new password.
        let is_being_set = error.is(WRONG_PASSWORD) && cx.aws.lease.may_write();
        (error.is(TOO_MANY_CONNECTIONS) || reads_only || is_being_set).then_some(BRIEF_RETRY_TIMEOUT)
    }

    async fn transact<T>(
        &self,
        cx: &Context<'_>,
        database: &Database,
        admin_session: &mut Option<AdminSession>,
        work: &impl AsyncFn(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        // Taken out, so that a connection with a failure is never reused.
        let mut session = match admin_session.take().filter(|session| !session.client.is_closed()) {
            Some(session) => session,
            None => self.log_in(cx, database).await?,
        };
        cx.aws.lease.check()?;
        let _stopped_clock = self.stop_clock().await;
        let begun = session.client.transaction().await;
        let transaction = begun.map_err(PostgresError::while_doing("begin a transaction"))?;
        let holders = Holders::default();
        let result = tokio::select! {
            biased;
            result = work(&transaction) => result,
            never = self.watch(cx, database, session.process, &holders) => match never {},
        };
        let value = result.map_err(|error| match error {
            Error::Postgres(error) if error.is(LOCK_NOT_AVAILABLE) => error.with_note(holders.seen()).into(),
            other => other,
        })?;
        // Uncommitted changes have no effect.
        cx.aws.lease.check()?;
        transaction.commit().await.map_err(PostgresError::while_doing("commit"))?;
        *admin_session = Some(session);
        Ok(value)
    }

    /// Opens the administrator's session.
    async fn log_in(&self, cx: &Context<'_>, database: &Database) -> Result<AdminSession> {
        let password = cx.password(&database.admin_password).await?;
        let _stopped_clock = self.stop_clock().await;
        let client = match self.connect(database, &database.admin, &password).await {
            Ok(client) => client,
            Err(error) => {
                let limits = error.is(TOO_MANY_CONNECTIONS).then(|| allowed_connections(cx));
                return Err(error.with_note(limits).into());
            }
        };
        let answer = client.simple_query(&session_settings(self.options.lock_timeout)).await;
        let answer = answer.map_err(PostgresError::while_doing("set up the session"))?;
        let column = |column| {
            let row = answer.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            });
            row.and_then(|row| row.get(column)).unwrap_or_default()
        };
        self.reached.store(true, Ordering::Relaxed);
        self.on_reader.store(column(1) == "t", Ordering::Relaxed);
        let process = column(0).parse().unwrap_or_default();
        Ok(AdminSession { client, process })
    }
}

/// The number of connections that the plan grants to tenants, for the error. Other sessions need some
/// besides.
fn allowed_connections(cx: &Context<'_>) -> String {
    let limits = planned::<TenantSchema>(cx).map(|tenant| u64::from(tenant.connection_limit));
    let (tenants, connections) = limits.fold((0, 0), |(tenants, sum), limit| (tenants + 1, sum + limit));
    format!("the plan allows {tenants} tenants {connections} connections in total")
}
