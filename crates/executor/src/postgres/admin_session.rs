//! The administrator's session.

use tokio_postgres::Client;

/// The administrator's session.
#[derive(Debug)]
pub(super) struct AdminSession {
    pub(super) client: Client,
    /// Its process id on the server.
    pub(super) process: i32,
}
