//! Opens a connection: dials one host, verifies the name of another, and passes the password without any
//! text that could be displayed.

use std::net::SocketAddr;
use std::time::Duration;

use saas_model::identifier::PgIdent;
use tokio::net::lookup_host;
use tokio::time::timeout;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};

use super::database::Database;
use super::error::with_causes;
use super::{Postgres, PostgresError, TlsMode, tls};

/// The timeout of dialling, handshake and authentication together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The timeout of a silent connection: a dead tunnel sends no error.
const SILENCE: Duration = Duration::from_secs(60);

impl Postgres {
    /// Opens a connection to the database as `user`.
    pub(super) async fn connect(
        &self,
        database: &Database,
        user: &PgIdent,
        password: &str,
    ) -> Result<Client, PostgresError> {
        let dialled = self.options.hostaddr.as_ref().map(|dialled| format!(" through {dialled}")).unwrap_or_default();
        let at = format!("{}:{}{dialled}", database.host, database.port);
        let unreachable = |reason: String| PostgresError::Unreachable { at: at.clone(), reason };
        let attempt = async {
            let config = self.config(database, user, password).await.map_err(unreachable)?;
            self.open(&config).await.map_err(|error| match error {
                Failed::Tls(error) => error,
                Failed::Connect(error) if error.as_db_error().is_some() => {
                    PostgresError::while_doing(&format!("log in as `{user}`"))(error)
                }
                Failed::Connect(error) => unreachable(with_causes(&error)),
            })
        };
        timeout(CONNECT_TIMEOUT, attempt)
            .await
            .unwrap_or_else(|_| Err(unreachable(format!("no response within {} s", CONNECT_TIMEOUT.as_secs()))))
    }

    async fn config(&self, database: &Database, user: &PgIdent, password: &str) -> Result<Config, String> {
        let dialled = match &self.options.hostaddr {
            Some(hostaddr) => hostaddr.clone(),
            None => format!("{}:{}", database.host, database.port),
        };
        let addresses: Vec<SocketAddr> = lookup_host(&dialled).await.map_err(|error| error.to_string())?.collect();
        let mut config = Config::new();
        config
            .user(user.as_str())
            .password(password)
            .dbname(database.name.as_str())
            .application_name("saas")
            // The query planner overestimates the cost of catalog queries. Compiling them takes seconds,
            // where running them takes milliseconds.
            .options("-c jit=off")
            .ssl_mode(if self.options.tls == TlsMode::Disable { SslMode::Disable } else { SslMode::Require })
            .keepalives_idle(SILENCE / 2)
            .tcp_user_timeout(SILENCE);
        // The certificate is verified against the host name, and the connection dials the address. A host
        // may have several addresses, which are tried in turn.
        for address in addresses {
            config.host(&database.host).hostaddr(address.ip()).port(address.port());
        }
        if config.get_hostaddrs().is_empty() { Err(format!("`{dialled}` has no address")) } else { Ok(config) }
    }

    async fn open(&self, config: &Config) -> Result<Client, Failed> {
        if self.options.tls == TlsMode::Disable {
            let (client, connection) = config.connect(NoTls).await.map_err(Failed::Connect)?;
            // The client receives the errors of the connection.
            tokio::spawn(connection);
            return Ok(client);
        }
        let tls = match self.tls.get() {
            Some(tls) => tls.clone(),
            None => {
                let tls = tls::connector(&self.options).map_err(Failed::Tls)?;
                self.tls.get_or_init(|| tls).clone()
            }
        };
        let (client, connection) = config.connect(tls).await.map_err(Failed::Connect)?;
        tokio::spawn(connection);
        Ok(client)
    }
}

enum Failed {
    Tls(PostgresError),
    Connect(tokio_postgres::Error),
}
