//! A place to run `saas` in: a directory with a spec, an emulator of AWS, and a PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use saas_tests::moto::Moto;
use saas_tests::postgres::{PostgresServer, Setup};
use saas_tests::setup;
use tempfile::TempDir;

use crate::cargo::{self, Profile};

/// Everything that it started ends with it.
pub(crate) struct Stage {
    saas: PathBuf,
    work: TempDir,
    endpoint: String,
    database: String,
    _moto: Moto,
    _postgres: PostgresServer,
}

impl Stage {
    /// Sets up what the machine lacks, builds `saas`, and starts both servers on loopback ports.
    pub(crate) fn set(profile: Profile) -> Result<Self> {
        setup::python()?;
        setup::postgres()?;
        let saas = cargo::build_saas(profile)?;
        let moto = Moto::start()?;
        let postgres = PostgresServer::start(&Setup::default())?;
        let (endpoint, database) = (moto.url(), postgres.hostaddr());
        Ok(Self { saas, work: tempfile::tempdir()?, endpoint, database, _moto: moto, _postgres: postgres })
    }

    /// Where the emulator of AWS listens.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Where the commands run.
    pub(crate) fn directory(&self) -> &Path {
        self.work.path()
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

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.saas);
        command
            .args(arguments)
            .current_dir(self.work.path())
            .env("AWS_ACCESS_KEY_ID", "demo")
            .env("AWS_SECRET_ACCESS_KEY", "demo")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN");
        command
    }

    /// Runs `saas`, its output to the terminal.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<()> {
        let status = self.command(arguments).status().context("saas cannot be run")?;
        ensure!(status.success(), "`saas {}` ended with {status}", arguments.join(" "));
        Ok(())
    }

    /// Runs `saas` and gives what it printed: its result, then what it told on the way.
    pub(crate) fn result(&self, arguments: &[&str]) -> Result<String> {
        let Output { status, stdout, stderr } = self.command(arguments).output().context("saas cannot be run")?;
        let told = String::from_utf8_lossy(&stderr);
        ensure!(status.success(), "`saas {}` ended with {status}:\n{told}", arguments.join(" "));
        Ok(format!("{}{told}", String::from_utf8_lossy(&stdout)))
    }
}
