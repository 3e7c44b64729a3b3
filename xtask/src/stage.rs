//! An emulator of AWS and a PostgreSQL, on which `saas` is measured.

use anyhow::Result;
use saas_tests::moto::Moto;
use saas_tests::postgres::{PostgresServer, Setup};
use saas_tests::setup;

/// Everything that it started ends with it.
pub(crate) struct Stage {
    endpoint: String,
    database: String,
    _moto: Moto,
    _postgres: PostgresServer,
}

impl Stage {
    /// Sets up what the machine lacks, and starts both servers on loopback ports.
    pub(crate) fn set() -> Result<Self> {
        setup::python()?;
        setup::postgres()?;
        let moto = Moto::start()?;
        let postgres = PostgresServer::start(&Setup::default())?;
        let (endpoint, database) = (moto.url(), postgres.hostaddr());
        Ok(Self { endpoint, database, _moto: moto, _postgres: postgres })
    }

    /// Where the emulator of AWS listens.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The arguments of a command that talks to AWS and PostgreSQL.
    pub(crate) fn live<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let connection = [
            "--endpoint-url",
            &self.endpoint,
            "--database-hostaddr",
            &self.database,
            // The server has no certificate, and an emulator knows neither the caller nor the
            // versions of Aurora.
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
