//! Finds out which sessions hold a lock that the administrator waits for. After the wait ended in an
//! error the server no longer knows, so another connection asks during the wait.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::types::Type;

use super::Postgres;
use super::database::Database;
use crate::context::Context;
use crate::event::Event;

/// The sessions that block a session, without their queries, which may contain data.
/// $1: the process of the waiting session.
const HOLDERS: &str = "
    SELECT string_agg(format('session %s of %s%s%s', pid, coalesce(quote_ident(usename), 'the server'),
        format(', application %s', quote_literal(nullif(application_name, ''))),
        coalesce(to_char(xact_start AT TIME ZONE 'UTC', '\", in a transaction since \"YYYY-MM-DD HH24:MI:SS\" UTC\"'), '')),
        ' and ' ORDER BY pid)
    FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids($1))";

/// How often to check within the session's lock timeout.
const LOOKS: u32 = 4;

/// The last observed holders of a lock.
#[derive(Debug, Default)]
pub(super) struct Holders(Mutex<Option<String>>);

impl Holders {
    /// A description of the last observed holders.
    pub(super) fn seen(&self) -> Option<String> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        seen.map(|holders| format!("the lock is held by {holders}"))
    }

    fn note(&self, holders: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(holders.to_owned());
    }
}

impl Postgres {
    /// Periodically checks which sessions block the administrator's session; never ends. When it cannot
    /// check, it records no holders.
    pub(super) async fn watch(
        &self,
        cx: &Context<'_>,
        database: &Database,
        session: i32,
        holders: &Holders,
    ) -> Infallible {
        let (start, pause) = (Instant::now(), self.options.lock_timeout / LOOKS);
        let mut watcher = None;
        loop {
            sleep(pause.max(Duration::from_millis(1))).await;
            if watcher.is_none() {
                let Ok(password) = cx.password(&database.admin_password).await else { continue };
                watcher = self.connect(database, &database.admin, &password).await.ok();
            }
            let Some(client) = &watcher else { continue };
            let Ok(row) = client.query_typed_one(HOLDERS, &[(&session, Type::INT4)]).await else {
                watcher = None;
                continue;
            };
            let Some(seen) = row.get::<_, Option<&str>>(0) else { continue };
            holders.note(seen);
            if let Some(address) = cx.at {
                let (what, last) = ("a lock in PostgreSQL".to_owned(), format!("held by {seen}"));
                let seconds = start.elapsed().as_secs();
                cx.report(Event::Waiting { address: address.clone(), what, last, seconds });
            }
        }
    }
}
