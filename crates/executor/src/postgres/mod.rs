//! PostgreSQL: connections, what the administrator does, and what tenants can do.

/// How PostgreSQL is reached.
#[derive(Clone, Debug, Default)]
pub struct PostgresOptions {
    /// Dial this `HOST:PORT` instead of the cluster's endpoint, whose name is still verified: for
    /// a tunnel.
    pub hostaddr: Option<String>,
    /// How the connection is protected.
    pub tls: TlsMode,
    /// Certificates to trust, in PEM, instead of those of Amazon RDS.
    pub ca: Option<Vec<u8>>,
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
#[derive(Debug)]
pub struct Postgres {
    options: PostgresOptions,
}

impl Postgres {
    /// Connects to nothing yet.
    #[must_use]
    pub const fn new(options: PostgresOptions) -> Self {
        Self { options }
    }
}

/// PostgreSQL refused a statement, or the connection failed.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The server refused.
    #[error("{0}")]
    Refused(String),
}

/// Placeholder.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Probe;
impl Probe {
    /// Placeholder.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        true
    }
}
impl std::fmt::Display for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("probe")
    }
}
pub(crate) async fn probe(_cx: &crate::context::Cx<'_>) -> crate::error::Result<Vec<Probe>> {
    Ok(vec![])
}
