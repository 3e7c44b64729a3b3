//! A PostgreSQL beside the sandbox, on loopback: what an Aurora cluster is to those who set up what
//! is in its database.
//!
//! There is one kind. `EmbeddedPostgres` is built into this program, with the cargo feature
//! `postgres`: it needs nothing but is not quite a server.
//!
//! It looks to its clients as Aurora does: the administrator is no superuser, may create roles
//! and owns the database, and nobody is let in as the superuser. Everybody on this machine is taken
//! for the administrator, for nobody sets its password. It keeps its files in a directory, if
//! it is given one, where a later start finds them again.

#[cfg(feature = "postgres")]
mod embedded;
#[cfg(feature = "postgres")]
mod quote;

use std::io;
use std::path::PathBuf;

#[cfg(feature = "postgres")]
pub use embedded::EmbeddedPostgres;

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
