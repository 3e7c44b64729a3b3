//! The one ordered lane through which the administrator changes the database.

use tokio::time::sleep;
use tokio_postgres::{Client, Transaction};

use super::database::Database;
use super::{Postgres, PostgresError};
use crate::context::Cx;
use crate::error::{Error, Result};
use crate::event::Event;

/// How often a transaction is tried that fails for a reason that passes.
const ATTEMPTS: usize = 5;

/// What the administrator's session is set to. Names are found in the system's catalog only, so
/// that nothing a tenant has made can stand in for it; a lock that a tenant holds fails that
/// tenant's transaction instead of holding up the lane.
const SESSION: &str = "SET search_path = pg_catalog; SET lock_timeout = '60s'; SET client_min_messages = error";

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
        let mut pauses = cx.pace.pauses();
        for _ in 1..ATTEMPTS {
            let error = match self.transact(cx, &database, &mut lane, &work).await {
                Err(Error::Postgres(error)) if error.passes() => error,
                other => return other,
            };
            if let Some(address) = cx.at {
                cx.tell(Event::Retrying { address: address.clone(), why: error.to_string() });
            }
            sleep(pauses.next().unwrap_or(cx.pace.longest)).await;
        }
        self.transact(cx, &database, &mut lane, &work).await
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
        let _still = self.stand_still();
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
        let _still = self.stand_still();
        let client = self.connect(database, &database.admin, &password).await?;
        client.batch_execute(SESSION).await.map_err(PostgresError::while_doing("set up the session"))?;
        Ok(client)
    }
}
