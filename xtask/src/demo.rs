//! `cargo xtask demo`: the whole way once, against an emulator and a real PostgreSQL.
//!
//! It sets up what the machine lacks, starts both on loopback ports, runs the commands that a
//! person would run, and ends what it started. To the commands, the two are an endpoint URL and a
//! database address and nothing else.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::Args;
use saas_tests::moto::Moto;
use saas_tests::postgres::{PostgresServer, Setup};
use saas_tests::setup;

use crate::cargo;

/// Plan, apply, verify and destroy the fixture on this machine.
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// The directory of the spec.
    #[arg(default_value = "fixtures/saas-platform")]
    directory: PathBuf,
}

pub(crate) fn run(arguments: &DemoArgs) -> Result<ExitCode> {
    say("setting up: moto in a virtual environment under target/, and PostgreSQL where there is none");
    setup::python()?;
    setup::postgres()?;
    say("building saas; the first time, the AWS SDKs take some minutes");
    let saas = cargo::build_saas()?;

    let moto = Moto::start()?;
    let postgres = PostgresServer::start(&Setup::default())?;
    let work = tempfile::tempdir()?;
    for file in ["saas.toml", "saas.lock"] {
        let from = arguments.directory.join(file);
        std::fs::copy(&from, work.path().join(file)).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    let stage = Stage { saas, work: work.path(), endpoint: moto.url(), database: postgres.hostaddr() };

    stage.run("a short spec becomes one content-addressed plan", &["plan"])?;
    stage.run(
        "AWS and PostgreSQL are made equal to it, and it is proved",
        &stage.live(&["apply", "plan.msgpack", "--yes"]),
    )?;
    stage.run("nothing is left to do", &stage.live(&["status", "plan.msgpack"]))?;
    stage.run(
        "live equals plan field by field, and no tenant reaches another's",
        &stage.live(&["verify", "plan.msgpack"]),
    )?;
    stage.run("what people and programs want to know", &stage.live(&["outputs", "plan.msgpack"]))?;
    let everything =
        ["destroy", "plan.msgpack", "--yes", "--allow-data-loss", "tenant", "--allow-data-loss", "database"];
    stage.run("and all of it can go again, for this is development", &stage.live(&everything))?;
    Ok(ExitCode::SUCCESS)
}

/// Where the commands run, and what they talk to.
struct Stage<'w> {
    saas: PathBuf,
    work: &'w Path,
    endpoint: String,
    database: String,
}

impl Stage<'_> {
    /// The arguments of a command that talks to AWS and PostgreSQL.
    fn live<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let connection = [
            "--endpoint-url",
            &self.endpoint,
            "--database-hostaddr",
            &self.database,
            // The server of the demo has no certificate, and an emulator knows neither the caller
            // nor the versions of Aurora.
            "--database-tls",
            "disable",
            "--skip-preflight",
            "caller",
            "--skip-preflight",
            "engine-version",
        ];
        arguments.iter().copied().chain(connection).collect()
    }

    fn run(&self, what: &str, arguments: &[&str]) -> Result<()> {
        say(what);
        eprintln!("$ saas {}", arguments.join(" "));
        let status = Command::new(&self.saas)
            .args(arguments)
            .current_dir(self.work)
            .env("AWS_ACCESS_KEY_ID", "demo")
            .env("AWS_SECRET_ACCESS_KEY", "demo")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .status()
            .context("saas cannot be run")?;
        ensure!(status.success(), "`saas {}` ended with {status}", arguments.join(" "));
        Ok(())
    }
}

fn say(what: &str) {
    eprintln!("\n# {what}");
}
