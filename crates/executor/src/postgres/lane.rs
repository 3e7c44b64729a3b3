//! The one ordered lane through which the administrator changes the database.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;
use tokio_postgres::{Client, Transaction};

use super::database::Database;
use super::{Postgres, PostgresError};
use crate::context::Cx;
use crate::error::{Error, Result};
use crate::event::Event;

/// For how long a transaction is tried again that fails for a reason that passes. A writer of Aurora
/// that is rebooted, or fails over, answers again within one or two minutes.
/// Source: Amazon Aurora User Guide, "High availability for Amazon Aurora".
const PATIENCE: Duration = Duration::from_secs(180);

/// What the administrator's session is set to. Names are found in the system's catalog only, so
/// that nothing a tenant has made can stand in for it; a lock that a tenant holds fails that
/// tenant's transaction instead of holding up the lane.
fn session(lock_timeout: Duration) -> String {
    let millis = lock_timeout.as_millis();
    format!("SET search_path = pg_catalog; SET lock_timeout = '{millis}ms'; SET client_min_messages = error")
}

impl Postgres {
    /// Does something in one transaction as the administrator, when everybody before has finished.
    ///
    /// The transaction is repeated when the connection broke or somebody else was in the way, also
    /// when its commit may have come through: so `work` must leave the same whether it has been
    /// done before or not.
    pub(crate) async fn administer<T>(
        &self,
        cx: &Cx<'_>,
        work: impl AsyncFn(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let database = Database::needed(cx)?;
        let mut lane = self.lane.lock().await;
        let start = Instant::now();
        let mut pauses = cx.pace.pauses();
        loop {
            let error = match self.transact(cx, &database, &mut lane, &work).await {
                Err(Error::Postgres(error)) if self.passes(&error) => error,
                other => return other,
            };
            if start.elapsed() >= PATIENCE {
                // Whoever comes next in the lane does not wait as long for the same server.
                self.reached.store(false, Ordering::Relaxed);
                return Err(error.into());
            }
            if let Some(address) = cx.at {
                cx.tell(Event::Retrying { address: address.clone(), why: error.to_string() });
            }
            if cx.pause(pauses.next()).await.is_break() {
                return Err(error.into());
            }
        }
    }

    /// Whether the same may well succeed later. A server that cannot be reached is waited for when
    /// it could be before: then it restarts, and is not at another address.
    fn passes(&self, error: &PostgresError) -> bool {
        let unreachable = matches!(error, PostgresError::Unreachable { .. });
        error.passes() || unreachable && self.reached.load(Ordering::Relaxed)
    }

    async fn transact<T>(
        &self,
        cx: &Cx<'_>,
        database: &Database,
        lane: &mut Option<Client>,
        work: &impl AsyncFn(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        // Taken out, so that a connection on which something failed is never used again.
        let mut client = match lane.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.log_in(cx, database).await?,
        };
        cx.aws.hold.check()?;
        let _still = self.stand_still().await;
        let transaction = client.transaction().await.map_err(PostgresError::while_doing("begin a transaction"))?;
        let value = work(&transaction).await?;
        // What is not committed has not been.
        cx.aws.hold.check()?;
        transaction.commit().await.map_err(PostgresError::while_doing("commit"))?;
        *lane = Some(client);
        Ok(value)
    }

    /// The administrator's session.
    async fn log_in(&self, cx: &Cx<'_>, database: &Database) -> Result<Client> {
        let password = cx.password(&database.admin_password).await?;
        let _still = self.stand_still().await;
        let client = self.connect(database, &database.admin, &password).await?;
        let session = session(self.options.lock_timeout);
        client.batch_execute(&session).await.map_err(PostgresError::while_doing("set up the session"))?;
        self.reached.store(true, Ordering::Relaxed);
        Ok(client)
    }
}
