//! PostgreSQL: connections, what the administrator does, and what tenants can do.
//!
//! Everything that changes the database goes through one ordered lane, one transaction a tenant:
//! concurrent grants deadlock, or fail with "tuple concurrently updated". What AWS knows of the
//! database is not here but with the other kinds.

mod access;
mod audit;
mod catalog;
mod clock;
mod connect;
mod database;
mod dependents;
mod error;
mod footprint;
mod holders;
mod lane;
mod login;
mod offboard;
mod outcome;
mod probe;
mod record;
mod taken;
mod tenant;
#[cfg(test)]
mod tests;
mod tls;
mod trials;
mod visit;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lane::AdminSession;
use tokio::sync::Mutex;
use tokio_postgres_rustls::MakeRustlsConnect;

pub(crate) use access::{close, forget, open, record_of_database};
pub(crate) use catalog::{Drift, drift};
pub use clock::VirtualTime;
pub(crate) use database::Database;
pub(crate) use dependents::{at_stake, dependents_elsewhere};
pub use error::PostgresError;
pub(crate) use footprint::{Footprint, footprints};
pub(crate) use login::{can_log_in, is_wrong_password};
pub(crate) use offboard::offboard;
pub use outcome::{Attempt, Outcome, Probe};
pub(crate) use probe::probe;
pub(crate) use taken::taken_names;
pub(crate) use tenant::ensure;
pub use tls::check_certificates;

/// How PostgreSQL is reached.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Dial this `HOST:PORT` instead of the cluster's endpoint, whose name is still verified: for
    /// a tunnel.
    pub hostaddr: Option<String>,
    /// How the connection is protected.
    pub tls: TlsMode,
    /// Certificates to trust, in PEM, instead of those of Amazon RDS.
    pub ca: Option<Vec<u8>>,
    /// How long to wait for somebody else who holds a lock.
    pub lock_timeout: Duration,
    /// Whether a block of PL/pgSQL catches errors, so that many statements can be tried in one request.
    /// Every server does that; a PostgreSQL in WebAssembly, which cannot unwind its stack, does not.
    pub catches_errors: bool,
    /// The virtual time of the runtime, whose clock is paused; `None` where time is real.
    pub virtual_time: Option<VirtualTime>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            hostaddr: None,
            tls: TlsMode::default(),
            ca: None,
            lock_timeout: Duration::from_secs(60),
            catches_errors: true,
            virtual_time: None,
        }
    }
}

/// How a connection is protected; the words are those of libpq's `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// Encrypted, the certificate and its name verified.
    #[default]
    VerifyFull,
    /// Encrypted, nothing verified.
    Require,
    /// Not encrypted.
    Disable,
}

/// The connections of one run.
pub struct Postgres {
    options: PostgresOptions,
    /// The administrator's one connection, when there is one. Who holds the lock is in the lane.
    lane: Mutex<Option<AdminSession>>,
    /// Whether the administrator has ever had a connection in this run.
    reached: AtomicBool,
    /// Whether the administrator's last connection was to a server that only reads.
    on_reader: AtomicBool,
    /// Made for the first connection, for it reads many certificates.
    tls: OnceLock<MakeRustlsConnect>,
}

impl Postgres {
    /// Connects to nothing yet.
    #[must_use]
    pub const fn new(options: PostgresOptions) -> Self {
        Self {
            options,
            lane: Mutex::const_new(None),
            reached: AtomicBool::new(false),
            on_reader: AtomicBool::new(false),
            tls: OnceLock::new(),
        }
    }

    /// The address that is dialled instead of the cluster's endpoint.
    pub(crate) fn dialled(&self) -> Option<&str> {
        self.options.hostaddr.as_deref()
    }

    /// Whether the administrator has had a connection in this run.
    pub(crate) fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A text as SQL writes it, quoted.
fn literal(text: &str) -> String {
    postgres_protocol::escape::escape_literal(text)
}
