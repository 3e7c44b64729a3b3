//! An AWS emulator and a PostgreSQL server for measurements.

use anyhow::Result;
use saas_tests::moto::Moto;
use saas_tests::postgres::{PostgresServer, Setup};
use saas_tests::setup;

/// Dropping it stops both servers.
pub(crate) struct Stage {
    endpoint: String,
    database: String,
    _moto: Moto,
    _postgres: PostgresServer,
}

impl Stage {
    /// Installs missing dependencies, and starts both servers on loopback ports.
    pub(crate) fn set() -> Result<Self> {
        setup::python()?;
        setup::postgres()?;
        let moto = Moto::start()?;
        let postgres = PostgresServer::start(&Setup::default())?;
        let (endpoint, database) = (moto.url(), postgres.hostaddr());
        Ok(Self { endpoint, database, _moto: moto, _postgres: postgres })
    }

    /// The endpoint of the AWS emulator.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The arguments for a command that talks to AWS and PostgreSQL.
    pub(crate) fn live<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let connection = [
            "--endpoint-url",
            &self.endpoint,
            "--database-hostaddr",
            &self.database,
            // The server has no certificate, and the emulator has neither the caller's account nor
            // Aurora versions.
            "--database-tls",
            "disable",
            "--skip-preflight",
            "caller",
            "--skip-preflight",
            "engine-version",
        ];
        arguments.iter().copied().chain(connection).collect()
    }
}
