//! Tests with a client of the server that is installed on this machine.

mod directory;
mod logins;
mod processes;

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};

use super::{InstalledPostgres, PostgresError, Setup};

/// It can be sent to and shared between threads.
const _: fn() = || {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<InstalledPostgres>();
};

fn start(directory: Option<&Path>) -> InstalledPostgres {
    InstalledPostgres::start(&Setup::default(), directory).expect("PostgreSQL is installed")
}

/// Why the server does not start in a directory.
fn reason(directory: &Path) -> String {
    match InstalledPostgres::start(&Setup::default(), Some(directory)) {
        Ok(_) => panic!("it started"),
        Err(PostgresError::Start { reason, .. }) => reason,
        Err(error) => panic!("another error: {error}"),
    }
}

/// A directory that every user may enter.
fn room() -> TempDir {
    tempfile::Builder::new().permissions(Permissions::from_mode(0o755)).tempdir().expect("there is room")
}

/// Runs a system program.
fn run_program(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().expect("every system has it");
    assert!(status.success(), "{program} {arguments:?}");
}

fn config(postgres: &InstalledPostgres, user: &str) -> Config {
    let address: SocketAddr = postgres.hostaddr().parse().expect("an address and a port");
    let mut config = Config::new();
    config.user(user).dbname("saas").host(address.ip().to_string()).port(address.port());
    config
}

async fn connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn admin(postgres: &InstalledPostgres) -> Client {
    connect(&config(postgres, "saasadmin")).await.expect("it lets the administrator in")
}

/// The single value that a query returns, as text.
async fn text(client: &Client, sql: &str) -> String {
    let rows = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let value = rows.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    value.unwrap_or_default()
}
