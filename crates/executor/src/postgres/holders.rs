//! Who holds a lock that the administrator waits for. When the wait has ended in an error the server
//! no longer knows, so it is asked over another connection while the wait lasts.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::types::Type;

use super::Postgres;
use super::database::Database;
use crate::context::Context;
use crate::event::Event;

/// The sessions that one waits for: no query, for it may hold data.
/// $1: the process of the session that waits.
const HOLDERS: &str = "
    SELECT string_agg(format('session %s of %s%s%s', pid, coalesce(quote_ident(usename), 'the server'),
        format(', application %s', quote_literal(nullif(application_name, ''))),
        coalesce(to_char(xact_start AT TIME ZONE 'UTC', '\", in a transaction since \"YYYY-MM-DD HH24:MI:SS\" UTC\"'), '')),
        ' and ' ORDER BY pid)
    FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids($1))";

/// How often it is asked while a lock may be waited for as long as the session's limit says.
const LOOKS: u32 = 4;

/// Who was seen to hold a lock.
#[derive(Debug, Default)]
pub(super) struct Holders(Mutex<Option<String>>);

impl Holders {
    /// Who was seen last, in words.
    pub(super) fn seen(&self) -> Option<String> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        seen.map(|holders| format!("the lock is held by {holders}"))
    }

    fn note(&self, holders: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(holders.to_owned());
    }
}

impl Postgres {
    /// Looks now and then for whom the administrator's session waits; never ends. Where it cannot
    /// look, nothing is seen.
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
