//! A ready sandbox: its addresses, and the environment variables for AWS clients.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use saas_sandbox::postgres::Setup;
use saas_sandbox::{Account, Served};
use serde::Serialize;

use super::style::{self, styled};

/// The addresses of a sandbox.
#[derive(Debug, Serialize)]
pub(crate) struct Ready<'a> {
    endpoint_url: String,
    database_hostaddr: &'a str,
    account: &'a str,
    region: &'a str,
    /// The directory that keeps its state, if any.
    directory: Option<&'a Path>,
    /// Variables for AWS SDKs, the AWS CLI and PostgreSQL clients.
    environment: BTreeMap<&'static str, String>,
}

impl<'a> Ready<'a> {
    pub(crate) fn new(
        served: &Served,
        account: &'a Account,
        database: &'a str,
        setup: &Setup,
        directory: Option<&'a Path>,
    ) -> Self {
        let (host, port) = database.rsplit_once(':').unwrap_or((database, "5432"));
        let environment = BTreeMap::from([
            ("AWS_ENDPOINT_URL", served.url()),
            ("AWS_ACCESS_KEY_ID", "sandbox".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "sandbox".to_owned()),
            // boto3 reads only the second.
            ("AWS_REGION", account.region.clone()),
            ("AWS_DEFAULT_REGION", account.region.clone()),
            ("PGHOST", host.to_owned()),
            ("PGPORT", port.to_owned()),
            ("PGDATABASE", setup.database.clone()),
            ("PGUSER", setup.admin.clone()),
            ("PGSSLMODE", "disable".to_owned()),
        ]);
        Self {
            endpoint_url: served.url(),
            database_hostaddr: database,
            account: &account.id,
            region: &account.region,
            directory,
            environment,
        }
    }
}

/// The addresses, and `export` lines for a shell.
pub(crate) fn text(ready: &Ready<'_>) -> String {
    let Ready { endpoint_url, database_hostaddr, account, region, directory, environment } = ready;
    let mut text = format!(
        "The sandbox is ready: account {account}, {region}\n  AWS         {}\n  PostgreSQL  {}\n",
        styled(style::BOLD, endpoint_url),
        styled(style::BOLD, database_hostaddr)
    );
    let end = match directory {
        Some(directory) => format!("saves it in `{}` and stops it", directory.display()),
        None => "stops it and discards its state".to_owned(),
    };
    let _ = writeln!(text, "Ctrl-C {end}. In another shell:\n");
    for (name, value) in environment {
        let _ = writeln!(text, "export {name}={value}");
    }
    text
}

/// The same as one line of JSON; `environment` is an object, name to value.
///
/// # Panics
/// Never: all rendered maps have string keys.
pub(crate) fn json(ready: &Ready<'_>) -> String {
    let mut text = serde_json::to_string(ready).expect("the keys of what is rendered are texts");
    text.push('\n');
    text
}
