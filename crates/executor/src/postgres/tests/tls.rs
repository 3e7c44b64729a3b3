//! Every connection verifies the name of the cluster's endpoint, whichever address it dials.

use saas_tests::postgres::{PostgresServer, Setup};

use super::stage::{ADMIN_PASSWORD, ENDPOINT, bench, setup};
use crate::postgres::{Database, PostgresError, PostgresOptions, TlsMode};

async fn log_in(options: PostgresOptions) -> Result<String, PostgresError> {
    let bench = bench(&[], &|_| {}, options).await;
    let cx = bench.cx();
    let database = Database::live(&cx).expect("the cluster is taken as live");
    let client = cx.postgres.connect(&database, &database.admin, ADMIN_PASSWORD).await?;
    let row = client
        .query_one("SELECT version || ' for ' || current_setting('application_name') FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl", &[])
        .await
        .map_err(PostgresError::while_doing("ask for the protection"))?;
    Ok(row.get(0))
}

fn server(name: &str) -> PostgresServer {
    PostgresServer::start(&Setup { tls_names: vec![name.to_owned()], ..setup() }).expect("PostgreSQL is installed")
}

/// Dials a name, like a tunnel. The name has an IPv6 address as well, where no server listens.
fn through_tunnel(server: &PostgresServer, tls: TlsMode, ca: Option<Vec<u8>>) -> PostgresOptions {
    PostgresOptions { hostaddr: Some(format!("localhost:{}", server.port())), tls, ca, ..PostgresOptions::default() }
}

#[tokio::test]
async fn endpoint_name_is_verified_when_another_address_is_dialled() {
    let server = server(ENDPOINT);
    let ca = server.authority().expect("it has one");
    let shown = log_in(through_tunnel(&server, TlsMode::VerifyFull, Some(ca.clone()))).await;
    assert_eq!(shown.expect("the certificate is for the endpoint"), "TLSv1.3 for saas");

    let error =
        log_in(through_tunnel(&server, TlsMode::VerifyFull, None)).await.expect_err("its authority is not Amazon's");
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    assert!(error.to_string().contains(&format!("{ENDPOINT}:5432 through localhost:{}", server.port())), "{error}");
    assert!(log_in(through_tunnel(&server, TlsMode::Require, None)).await.is_ok(), "nothing is verified");

    let error = log_in(through_tunnel(&server, TlsMode::Disable, None)).await.expect_err("the server wants encryption");
    assert!(matches!(&error, PostgresError::Refused { code, .. } if code == "28000"), "{error}");
}

#[tokio::test]
async fn certificate_for_another_name_is_rejected() {
    let server = server("localhost");
    let ca = server.authority().expect("it has one");
    let error = log_in(through_tunnel(&server, TlsMode::VerifyFull, Some(ca))).await.expect_err("the name is another");
    assert!(error.to_string().contains("not valid for name"), "{error}");
    assert!(!error.to_string().contains(ADMIN_PASSWORD), "{error}");
}

#[tokio::test]
async fn server_without_tls_is_rejected() {
    let server = PostgresServer::start(&setup()).expect("PostgreSQL is installed");
    let error = log_in(through_tunnel(&server, TlsMode::Require, None)).await.expect_err("it cannot encrypt");
    assert!(error.to_string().contains("server does not support TLS"), "{error}");
}

#[tokio::test]
async fn unresponsive_server_is_named_in_the_error() {
    let options = PostgresOptions { hostaddr: Some("127.0.0.1:1".into()), ..PostgresOptions::default() };
    let error = log_in(options).await.expect_err("nothing listens there");
    assert!(
        error.to_string().starts_with(&format!("cannot reach PostgreSQL at {ENDPOINT}:5432 through 127.0.0.1:1: ")),
        "{error}"
    );
}
