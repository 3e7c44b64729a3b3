//! The administrator's single connection, through which all changes of the database pass in order.

use std::sync::atomic::Ordering;
use std::time::Duration;

use saas_model::resource::TenantSchema;
use tokio::time::Instant;
use tokio_postgres::{SimpleQueryMessage, Transaction};

use super::admin_session::AdminSession;
use super::database::{Database, planned};
use super::error::{CROWDED, LOCKED, READ_ONLY, WRONG_PASSWORD};
use super::holders::Holders;
use super::{Postgres, PostgresError};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::event::Event;

/// For how long to retry a transaction that fails with a transient error. An Aurora writer that reboots
/// or fails over answers again within one or two minutes. Source: Amazon Aurora User Guide, "High
/// availability for Amazon Aurora".
const PATIENCE: Duration = Duration::from_secs(180);

/// For how long to retry while every connection is in use, or while a reader answers instead of the
/// writer. An application that ends, or a DNS name that follows the failover, takes seconds.
const BRIEF_PATIENCE: Duration = Duration::from_secs(60);

/// The settings of the administrator's session, and the query that reads its properties. Names resolve in
/// the system catalog only, so that no object of a tenant can shadow them. A lock that a tenant holds
/// fails that tenant's transaction instead of blocking the connection. Timeouts that an operator sets for
/// roles or the database end no statement.
fn session(lock_timeout: Duration) -> String {
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
        let mut lane = self.lane.lock().await;
        let start = Instant::now();
        let mut pauses = cx.pace.pauses();
        loop {
            let (error, patience) = match self.transact(cx, &database, &mut lane, &work).await {
                Err(Error::Postgres(error)) => match self.patience(cx, &error) {
                    Some(patience) => (error, patience),
                    None => return Err(error.into()),
                },
                other => return other,
            };
            if start.elapsed() >= patience.min(cx.pace.patience) {
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
    fn patience(&self, cx: &Context<'_>, error: &PostgresError) -> Option<Duration> {
        let unreachable = matches!(error, PostgresError::Unreachable { .. });
        if error.passes() || unreachable && self.reached.load(Ordering::Relaxed) {
            return Some(PATIENCE);
        }
        let reads_only = error.is(READ_ONLY) && self.on_reader.load(Ordering::Relaxed);
        // RDS takes a while until PostgreSQL accepts a new password.
        let is_being_set = error.is(WRONG_PASSWORD) && cx.aws.hold.may_write();
        (error.is(CROWDED) || reads_only || is_being_set).then_some(BRIEF_PATIENCE)
    }

    async fn transact<T>(
        &self,
        cx: &Context<'_>,
        database: &Database,
        lane: &mut Option<AdminSession>,
        work: &impl AsyncFn(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        // Taken out, so that a connection with a failure is never reused.
        let mut seat = match lane.take().filter(|seat| !seat.client.is_closed()) {
            Some(seat) => seat,
            None => self.log_in(cx, database).await?,
        };
        cx.aws.hold.check()?;
        let _still = self.stand_still().await;
        let begun = seat.client.transaction().await;
        let transaction = begun.map_err(PostgresError::while_doing("begin a transaction"))?;
        let holders = Holders::default();
        let worked = tokio::select! {
            biased;
            worked = work(&transaction) => worked,
            never = self.watch(cx, database, seat.process, &holders) => match never {},
        };
        let value = worked.map_err(|error| match error {
            Error::Postgres(error) if error.is(LOCKED) => error.noting(holders.seen()).into(),
            other => other,
        })?;
        // Uncommitted changes have no effect.
        cx.aws.hold.check()?;
        transaction.commit().await.map_err(PostgresError::while_doing("commit"))?;
        *lane = Some(seat);
        Ok(value)
    }

    /// Opens the administrator's session.
    async fn log_in(&self, cx: &Context<'_>, database: &Database) -> Result<AdminSession> {
        let password = cx.password(&database.admin_password).await?;
        let _still = self.stand_still().await;
        let client = match self.connect(database, &database.admin, &password).await {
            Ok(client) => client,
            Err(error) => {
                let limits = error.is(CROWDED).then(|| allowed_connections(cx));
                return Err(error.noting(limits).into());
            }
        };
        let answer = client.simple_query(&session(self.options.lock_timeout)).await;
        let answer = answer.map_err(PostgresError::while_doing("set up the session"))?;
        let told = |column| {
            let row = answer.iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            });
            row.and_then(|row| row.get(column)).unwrap_or_default()
        };
        self.reached.store(true, Ordering::Relaxed);
        self.on_reader.store(told(1) == "t", Ordering::Relaxed);
        let process = told(0).parse().unwrap_or_default();
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
