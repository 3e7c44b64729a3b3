//! The flags for connections to AWS and PostgreSQL.

mod endpoint;
#[cfg(feature = "sandbox")]
mod sandbox;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use saas_executor::event::{Event, Reporter};
use saas_executor::postgres::{PostgresOptions, TlsMode, check_certificates};
use saas_executor::preflight::Check;
use saas_executor::{AwsOptions, Options};
use saas_model::{Header, Plan};

pub(crate) use endpoint::Malformed;

use crate::failure::Failure;
use crate::plan_files::read_regular;
#[cfg(feature = "sandbox")]
use crate::sandbox::{RunningSandbox, SandboxFailure, warning};

/// What to do when the directory of a sandbox does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Create it: the command makes a platform.
    Create,
    /// Refuse: the command is about a platform that exists.
    Refuse,
}

/// How AWS and PostgreSQL are reached.
///
/// Credentials come from the standard environment of AWS; the region is the plan's.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Connections")]
pub(crate) struct ConnectArgs {
    /// The endpoint of all services, instead of AWS's (also: AWS_ENDPOINT_URL)
    #[arg(long, value_name = "URL", value_parser = endpoint::url)]
    endpoint_url: Option<String>,
    /// Connect here instead of to the cluster's endpoint, whose name is still verified; for a tunnel
    #[arg(long, value_name = "HOST:PORT", value_parser = endpoint::host_and_port)]
    database_hostaddr: Option<String>,
    /// The encryption of connections to PostgreSQL
    #[arg(long, value_name = "MODE", value_enum, default_value_t = DatabaseTls::VerifyFull)]
    database_tls: DatabaseTls,
    /// Send credentials and data unencrypted over a network: allows an `http://` endpoint of another machine, and
    /// `--database-tls disable` for a database of another machine
    #[arg(long)]
    allow_unencrypted_remote_connections: bool,
    /// CA certificates to trust, in PEM, instead of those of Amazon RDS
    #[arg(long, value_name = "FILE")]
    database_ca: Option<PathBuf>,
    #[cfg(feature = "sandbox")]
    #[command(flatten)]
    sandbox: sandbox::SandboxFlags,
    /// Skip this preflight check; may be repeated
    #[arg(long, value_name = "NAME", value_parser = check())]
    skip_preflight: Vec<Check>,
}

/// The words of libpq's `sslmode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DatabaseTls {
    /// Encrypted; certificate and host name are verified
    VerifyFull,
    /// Encrypted; nothing is verified
    Require,
    /// Not encrypted
    Disable,
}

fn check() -> impl TypedValueParser<Value = Check> {
    let names: Vec<&'static str> = Check::all().map(Into::into).collect();
    PossibleValuesParser::new(names).try_map(|name| Check::from_str(&name))
}

impl ConnectArgs {
    /// Converts the flags to the executor's options.
    ///
    /// # Errors
    /// If the certificate file cannot be read, or the environment names a malformed endpoint.
    pub(crate) fn options(&self) -> Result<Options, Failure> {
        let read = |path: &PathBuf| {
            let pem = read_regular(path)?;
            check_certificates(&pem).map_err(io::Error::other)?;
            Ok(pem)
        };
        let read = |path: &PathBuf| read(path).map_err(|source| Failure::Unreadable { path: path.clone(), source });
        let tls = match self.database_tls {
            DatabaseTls::VerifyFull => TlsMode::VerifyFull,
            DatabaseTls::Require => TlsMode::Require,
            DatabaseTls::Disable => TlsMode::Disable,
        };
        endpoint::check_environment()?;
        self.check_encryption()?;
        Ok(Options {
            aws: AwsOptions {
                endpoint_url: self.endpoint_url.clone(),
                attempts: attempts_of_environment(),
                ..AwsOptions::default()
            },
            postgres: PostgresOptions {
                hostaddr: self.database_hostaddr.clone(),
                tls,
                ca: self.database_ca.as_ref().map(read).transpose()?,
                ..PostgresOptions::default()
            },
            ..Options::default()
        })
    }

    /// Checks that nothing is sent unencrypted over a network, unless that is allowed.
    ///
    /// # Errors
    /// The connection that would be unencrypted.
    fn check_encryption(&self) -> Result<(), Failure> {
        #[cfg(feature = "sandbox")]
        if self.sandbox.place().is_some() {
            return Ok(());
        }
        if self.allow_unencrypted_remote_connections {
            return Ok(());
        }
        let aws = match &self.endpoint_url {
            Some(url) => endpoint::is_unencrypted(url).then(|| ("--endpoint-url".to_owned(), url.clone())),
            None => endpoint::unencrypted_in_environment(),
        };
        let database = match &self.database_hostaddr {
            _ if self.database_tls != DatabaseTls::Disable => None,
            Some(address) if endpoint::is_local(address) => None,
            Some(address) => Some(address.as_str()),
            None => Some("the cluster's endpoint"),
        };
        let database = database.map(|target| ("--database-tls disable".to_owned(), target.to_owned()));
        match aws.or(database) {
            Some((setting, target)) => Err(Failure::Unencrypted { setting, target }),
            None => Ok(()),
        }
    }

    /// The requested sandbox, if any.
    ///
    /// # Errors
    /// If the sandbox cannot be started.
    #[cfg(feature = "sandbox")]
    pub(crate) fn sandbox(&self, plan: &Plan, missing: Missing) -> Result<Option<RunningSandbox>, SandboxFailure> {
        self.sandbox.start(plan, missing)
    }

    /// A warning that names what the sandbox has and an account may not; `None` without a sandbox.
    #[cfg(feature = "sandbox")]
    pub(crate) fn assumptions(&self, plan: &Plan) -> Option<String> {
        self.sandbox.place().and_then(|_| warning(&plan.external_resources()))
    }

    /// The platform and its location, as shown to the operator who approves.
    pub(crate) fn place(&self, plan: &Plan) -> String {
        let Header { platform, environment, account, region, .. } = plan.header();
        let place = format!("platform `{platform}` ({environment}) in account {account}, {region}");
        #[cfg(feature = "sandbox")]
        if let Some(sandbox) = self.sandbox.place() {
            return format!("{place}, in {sandbox}");
        }
        match &self.endpoint_url {
            Some(url) => format!("{place}, at {url}"),
            None => place,
        }
    }

    /// The preflight checks to skip. Those that the operator asked to skip are reported; the others do not apply.
    pub(crate) fn skipped(&self, reporter: &dyn Reporter) -> BTreeSet<Check> {
        for check in &self.skip_preflight {
            reporter.report(Event::PreflightSkipped { check: check.to_string() });
        }
        let skipped = self.skip_preflight.iter().copied();
        #[cfg(feature = "sandbox")]
        let skipped = skipped.chain(self.sandbox.unneeded_check());
        skipped.collect()
    }
}

/// The number of attempts per call, if AWS's standard environment variable sets it.
/// Source: AWS SDKs and Tools Reference Guide, "Retry behavior", `AWS_MAX_ATTEMPTS`.
fn attempts_of_environment() -> Option<u32> {
    std::env::var("AWS_MAX_ATTEMPTS").ok()?.parse().ok().filter(|attempts| *attempts > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_names_parse_back() {
        for check in Check::all() {
            assert_eq!(Check::from_str(check.into()), Ok(check));
        }
    }
}
