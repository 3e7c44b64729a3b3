//! PostgreSQL: connections, the administrator's changes, and the probes of tenants' rights.
//!
//! All changes of the database go through one connection, with one transaction for each tenant:
//! concurrent grants deadlock, or fail with "tuple concurrently updated". The AWS resources of the
//! database are among the resource providers.

mod access;
mod admin_session;
mod administer;
mod audit;
mod catalog;
mod clock;
mod connect;
mod database;
mod dependents;
mod error;
mod extensions;
mod footprint;
mod holders;
mod login;
mod migration_record;
mod migrations;
mod offboard;
mod outcome;
mod probe;
mod probed_tenant;
mod reach;
mod record;
mod ring;
mod taken;
mod tenant;
mod tenant_probes;
#[cfg(test)]
pub(crate) mod tests;
mod tls;
mod trials;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use admin_session::AdminSession;
use tokio::sync::Mutex;
use tokio_postgres_rustls::MakeRustlsConnect;

pub(crate) use access::{close, forget, open, record_of_database};
pub(crate) use catalog::{Drift, TenantNames, drift};
pub use clock::VirtualTime;
pub(crate) use database::Database;
pub(crate) use dependents::{at_stake, dependents_elsewhere};
pub use error::PostgresError;
pub(crate) use extensions::extensions;
pub(crate) use footprint::{Footprint, footprints};
pub(crate) use login::{can_log_in, is_wrong_password, learn_passwords_of_tenants};
pub(crate) use migration_record::{MigrationRecord, MigrationStart};
pub(crate) use migrations::{migrations, record_migration};
pub(crate) use offboard::offboard;
pub use outcome::{Attempt, Outcome, Probe};
pub(crate) use probe::probe;
pub(crate) use taken::taken_names;
pub(crate) use tenant::{Verifiers, ensure};
pub use tls::check_certificates;

/// How to reach PostgreSQL.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// The `HOST:PORT` to dial instead of the cluster's endpoint, for a tunnel. The name of the endpoint
    /// is still verified.
    pub hostaddr: Option<String>,
    /// The protection of the connection.
    pub tls: TlsMode,
    /// Trusted certificates in PEM, instead of those of Amazon RDS.
    pub ca: Option<Vec<u8>>,
    /// The timeout for locks that other sessions hold.
    pub lock_timeout: Duration,
    /// Whether a PL/pgSQL block can catch errors, so that one request can try many statements. Every
    /// server can; a PostgreSQL in WebAssembly, which cannot unwind its stack, cannot.
    pub catches_errors: bool,
    /// The virtual time of a runtime with a paused clock; `None` when time is real.
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

/// The protection of a connection, in the terms of libpq's `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// Encrypted, with the certificate and its name verified.
    #[default]
    VerifyFull,
    /// Encrypted, without verification.
    Require,
    /// Not encrypted.
    Disable,
}

/// The PostgreSQL connections of one run.
pub struct Postgres {
    options: PostgresOptions,
    /// The administrator's connection, if open. The lock gives exclusive use of it.
    admin_session: Mutex<Option<AdminSession>>,
    /// Whether the administrator has connected in this run.
    reached: AtomicBool,
    /// Whether the administrator's last connection was to a read-only server.
    on_reader: AtomicBool,
    /// Created for the first connection, because it reads many certificates.
    tls: OnceLock<MakeRustlsConnect>,
}

impl Postgres {
    /// Creates the state without a connection.
    #[must_use]
    pub const fn new(options: PostgresOptions) -> Self {
        Self {
            options,
            admin_session: Mutex::const_new(None),
            reached: AtomicBool::new(false),
            on_reader: AtomicBool::new(false),
            tls: OnceLock::new(),
        }
    }

    /// The address to dial instead of the cluster's endpoint.
    pub(crate) fn dialled(&self) -> Option<&str> {
        self.options.hostaddr.as_deref()
    }

    /// Whether the administrator has connected in this run.
    pub(crate) fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A text as an SQL literal, quoted.
fn literal(text: &str) -> String {
    postgres_protocol::escape::escape_literal(text)
}
