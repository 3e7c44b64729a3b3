//! Tests with an ordinary PostgreSQL client.

mod directory;
mod extensions;
mod logins;
mod sessions;

use tokio_postgres::{Client, Config, NoTls};

use super::{EmbeddedPostgres, Setup};

/// It can be sent to and shared between threads.
const _: fn() = || {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<EmbeddedPostgres>();
};

fn start() -> EmbeddedPostgres {
    EmbeddedPostgres::start(None).expect("it has all that it needs")
}

/// A client configuration; the password is not checked.
fn config(postgres: &EmbeddedPostgres, user: &str) -> Config {
    let address: std::net::SocketAddr = postgres.hostaddr().parse().expect("an address and a port");
    let mut config = Config::new();
    config.user(user).password("any").dbname("saas").application_name("saas").options("-c jit=off");
    config.host(address.ip().to_string()).port(address.port());
    config
}

async fn try_connect(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn connect(postgres: &EmbeddedPostgres, user: &str) -> Client {
    try_connect(&config(postgres, user)).await.expect("it lets the user in")
}

async fn admin(postgres: &EmbeddedPostgres) -> Client {
    connect(postgres, &Setup::default().admin).await
}

async fn run(client: &Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql).await {
        panic!("{sql}: {error:?}");
    }
}

/// The SQLSTATE of a rejected statement.
async fn code(client: &Client, sql: &str) -> String {
    match client.batch_execute(sql).await {
        Ok(()) => panic!("it was let: {sql}"),
        Err(error) => code_of(&error),
    }
}

fn code_of(error: &tokio_postgres::Error) -> String {
    error.code().unwrap_or_else(|| panic!("not of PostgreSQL: {error:?}")).code().to_owned()
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
