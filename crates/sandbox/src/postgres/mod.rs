//! A PostgreSQL server next to the sandbox, on loopback. It represents an Aurora cluster to clients
//! that manage the content of its database.
//!
//! There are two implementations. `EmbeddedPostgres` is built into this program with the cargo
//! feature `postgres`: it has no dependencies, but is not a complete server. `InstalledPostgres`
//! runs the server that is installed on this machine.
//!
//! Both behave like Aurora for their clients: the administrator is not a superuser, may create
//! roles and owns the database, and no client can log in as the superuser. The administrator has no
//! password, so every client on this machine can log in as it. Both keep their files in a
//! directory, if one is given, and a later start of the same implementation reuses them.

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

/// The initial content of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The name of the database.
    pub database: String,
    /// The role that owns the database and may create roles and databases.
    pub admin: String,
}

impl Default for Setup {
    fn default() -> Self {
        Self { database: "saas".into(), admin: "saasadmin".into() }
    }
}

impl Setup {
    /// The statement that creates the administrator: like Aurora's master user, without the privileges
    /// that exist only in Amazon RDS.
    /// Source: Amazon Aurora User Guide, "Master user account privileges".
    fn create_admin(&self) -> String {
        format!("CREATE ROLE {} LOGIN NOSUPERUSER CREATEROLE CREATEDB", quote::identifier(&self.admin))
    }

    /// The statements that give the administrator the databases that always exist, each with its name: Amazon RDS does
    /// too, so that its master user can revoke what `PUBLIC` may do there.
    /// Source: asheiduk.de, "Setup a new PostgreSQL database on AWS-RDS".
    fn give_databases(&self) -> [(&'static str, String); 2] {
        let admin = quote::identifier(&self.admin);
        ["postgres", "template1"].map(|name| (name, format!("ALTER DATABASE {name} OWNER TO {admin}")))
    }
}

/// An error of the PostgreSQL server as a whole.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No usable PostgreSQL is installed.
    #[error("no usable PostgreSQL installation: {0}")]
    NotInstalled(String),
    /// Its files cannot be created, are in use, or belong to another version.
    #[error("cannot start PostgreSQL in {}: {reason}", directory.display())]
    Start {
        /// The directory of its files.
        directory: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The database or its administrator cannot be created.
    #[error("cannot set up PostgreSQL: {message} (SQLSTATE {code})")]
    SetUp {
        /// The SQLSTATE.
        code: String,
        /// PostgreSQL's message.
        message: String,
    },
    /// No port or thread is available.
    #[error("cannot serve PostgreSQL on 127.0.0.1")]
    Serve(#[from] io::Error),
    /// The server crashed and cannot be restarted.
    #[error("PostgreSQL failed: {0}")]
    Broken(String),
}

/// The given directory, or a new temporary one.
fn directory_or_temporary(given: Option<&Path>) -> io::Result<(Option<TempDir>, PathBuf)> {
    if let Some(given) = given {
        return Ok((None, given.to_owned()));
    }
    let temporary = TempDir::with_prefix("saas-sandbox-postgres-")?;
    let path = temporary.path().to_owned();
    Ok((Some(temporary), path))
}

/// The entry of a directory that identifies the implementation that created it.
struct Files {
    of: &'static str,
    name: &'static str,
}

const EMBEDDED: Files = Files { of: "the embedded PostgreSQL", name: "tmp/pglite" };
const INSTALLED: Files = Files { of: "an installed PostgreSQL", name: "data" };

impl Files {
    /// Rejects a directory of this implementation; the other one cannot use it.
    fn reject_directory(&self, directory: &Path) -> Result<(), PostgresError> {
        if directory.join(self.name).exists() {
            let reason = format!("it contains the files of {}; start that one, or use another directory", self.of);
            return Err(PostgresError::Start { directory: directory.to_owned(), reason });
        }
        Ok(())
    }
}
