//! A PostgreSQL beside the sandbox, on loopback: what an Aurora cluster is to those who set up what
//! is in its database.
//!
//! There are two kinds. `EmbeddedPostgres` is built into this program, with the cargo feature
//! `postgres`: it needs nothing but is not quite a server. `InstalledPostgres` runs the server that
//! is installed on this machine.
//!
//! Both look to their clients as Aurora does: the administrator is no superuser, may create roles
//! and owns the database, and no client logs in as the superuser. Every client on this machine may
//! log in as the administrator, which has no password. Both keep their files in a directory, if
//! they are given one, where a later start of the same kind finds them again.

#[cfg(feature = "postgres")]
mod embedded;
#[cfg(unix)]
mod installed;
mod quote;

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

#[cfg(feature = "postgres")]
pub use embedded::EmbeddedPostgres;
#[cfg(unix)]
pub use installed::InstalledPostgres;

/// What is in a database before anybody comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The database.
    pub database: String,
    /// The role that owns it, and may create roles and databases.
    pub admin: String,
}

impl Default for Setup {
    fn default() -> Self {
        Self { database: "saas".into(), admin: "saasadmin".into() }
    }
}

/// What can go wrong with a PostgreSQL as a whole.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// None is installed that can be used.
    #[error("no PostgreSQL is installed that can be used: {0}")]
    NotInstalled(String),
    /// Its files cannot be made, are in use, or are of another version.
    #[error("cannot start PostgreSQL in {}: {reason}", directory.display())]
    Start {
        /// Where its files are.
        directory: PathBuf,
        /// What happened.
        reason: String,
    },
    /// The database or its administrator cannot be made.
    #[error("cannot set up PostgreSQL: {message} (SQLSTATE {code})")]
    SetUp {
        /// The code of the error.
        code: String,
        /// What PostgreSQL says.
        message: String,
    },
    /// There is no port or no thread for it.
    #[error("cannot serve PostgreSQL on 127.0.0.1")]
    Serve(#[from] io::Error),
    /// It broke, and cannot be started again.
    #[error("PostgreSQL broke down: {0}")]
    Broken(String),
}

/// A directory for files: the given one, or a temporary one.
fn directory_or_temporary(given: Option<&Path>) -> io::Result<(Option<TempDir>, PathBuf)> {
    if let Some(given) = given {
        return Ok((None, given.to_owned()));
    }
    let temporary = TempDir::with_prefix("saas-sandbox-postgres-")?;
    let path = temporary.path().to_owned();
    Ok((Some(temporary), path))
}

/// What only one kind of PostgreSQL has in its directory.
struct Files {
    of: &'static str,
    name: &'static str,
}

const EMBEDDED: Files = Files { of: "the PostgreSQL that is built in", name: "tmp/pglite" };
const INSTALLED: Files = Files { of: "a PostgreSQL that was installed", name: "data" };

impl Files {
    /// Refuses a directory of this kind, for the other cannot use it.
    fn must_not_be_in(&self, directory: &Path) -> Result<(), PostgresError> {
        if directory.join(self.name).exists() {
            let reason = format!("it holds the files of {}; start that one, or take another directory", self.of);
            return Err(PostgresError::Start { directory: directory.to_owned(), reason });
        }
        Ok(())
    }
}
